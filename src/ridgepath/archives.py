"""``.npz`` files of the user's own arrays."""

from __future__ import annotations

import lzma
import re
import struct
import tokenize
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NoReturn, cast

import numpy as np

from ridgepath.arrays import Split, Tree
from ridgepath.errors import InputError

NPZ = "an .npz file of plain arrays"
OWN_ARRAYS = "your own as FILE.npz (x_train, y_train, x_val, y_val), or as ((x, y), (x_val, y_val)) in Python"

PARTS = {"train": "train", "validation": "val", "test": "test"}
"""Splits → what they are called in the names of arrays."""

ROLES = ("x", "y", "weight")
NAME = re.compile(f"({'|'.join(ROLES)})_({'|'.join(PARTS.values())})(?:\\.(.+))?")
"""Of an array that is read: ``x_train``, or ``x_train.title`` for one input of several, which ``title`` names."""

UNREADABLE = (
    *(OSError, EOFError, ValueError, KeyError, OverflowError, RuntimeError, MemoryError),
    *(zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, SyntaxError, tokenize.TokenError),
)
"""What numpy and zipfile raise of a file that is damaged, or of one that lies: of its sizes, or of how it is packed."""

LIKE_OURS = re.compile("(x|y|w|weight|weights)_.*", re.IGNORECASE)


def read_archive(path: Path) -> dict[str, Split]:
    """Read the splits of an ``.npz`` file: training examples, and validation and test examples if it has them.

    Features of type ``uint8`` are pixels and are scaled to [0, 1]; float64 features become float32, and so do weights.
    Several inputs are named (``x_train.title``, ``x_train.body``) or counted (``x_train.0``, ``x_train.1``); outputs
    likewise.

    Raises:
        InputError: the file is damaged or lacks arrays, or features are pixels in some splits only.
    """
    with opened(path) as arrays:
        names = [found for name in arrays if (found := NAME.fullmatch(name))]
        present = {split for split, part in PARTS.items() if any(found[2] == part for found in names)}
        _check_present(path, list(arrays), {(found[1], found[2]) for found in names}, present)
        members: dict[tuple[str, str], dict[str, np.ndarray]] = {}
        for found in names:
            inputs = members.setdefault((found[1], found[2]), {})
            inputs[found[3] or ""] = member(arrays, found[0], path)
    _check_pixels(path, {part: inputs for (role, part), inputs in members.items() if role == "x"})
    return {split: _split(path, part, members) for split, part in PARTS.items() if split in present}


def _check_present(path: Path, arrays: list[str], found: Collection[tuple[str, str]], splits: Collection[str]) -> None:
    needed = [(role, PARTS[split]) for split in PARTS if split in {"train", *splits} for role in "xy"]
    missing = [f"{role}_{part}" for role, part in needed if (role, part) not in found]
    unknown = [name for name in arrays if LIKE_OURS.fullmatch(name) and not NAME.fullmatch(name)]
    if missing or (unknown and "validation" not in splits):
        without = f"without {', '.join(missing)}" if missing else f"where {', '.join(unknown)} have no meaning"
        raise InputError(
            f"{path} must hold x_train, y_train, and both or none of x_val, y_val and of x_test, y_test",
            received=f"{', '.join(arrays) or 'no array'} {without}",
            remedy="Save it with numpy.savez(file, x_train=..., y_train=..., x_val=..., y_val=...).",
        )


def _check_pixels(path: Path, features: dict[str, dict[str, np.ndarray]]) -> None:
    for name in features["train"]:
        types = {part: inputs[name].dtype for part, inputs in features.items() if name in inputs}
        if len({kind == np.uint8 for kind in types.values()}) > 1:
            end = f".{name}" if name else ""
            raise InputError(
                f"{path} must hold features of one type: uint8 are pixels, and are scaled to [0, 1]",
                received=", ".join(f"x_{part}{end} of type {kind}" for part, kind in types.items()),
                remedy="Store all of them as uint8, or none.",
            )


def _split(path: Path, part: str, members: dict[tuple[str, str], dict[str, np.ndarray]]) -> Split:
    convert: dict[str, Callable[[np.ndarray], np.ndarray]] = {"x": as_features, "y": np.asarray, "weight": as_weights}
    trees: dict[str, Any] = {
        role: _tree(path, f"{role}_{part}", {name: convert[role](array) for name, array in members[role, part].items()})
        for role in ROLES
        if (role, part) in members
    }
    if isinstance(trees.get("weight"), dict | tuple):
        received, remedy = f"several arrays weight_{part}", f"Give one array weight_{part}."
        raise InputError(f"{path} must hold one weight an example", received=received, remedy=remedy)
    return Split(**trees)


def _tree(path: Path, name: str, inputs: dict[str, np.ndarray]) -> Tree:
    if set(inputs) == {""}:
        return inputs[""]
    if "" in inputs:
        received = f"{name} and {', '.join(f'{name}.{each}' for each in inputs if each)}"
        remedy = "Name all inputs, or give one."
        raise InputError(f"{path} must hold one array {name} or several with names", received=received, remedy=remedy)
    counted = [str(place) for place in range(len(inputs))]
    return tuple(inputs[place] for place in counted) if set(inputs) == set(counted) else inputs


@contextmanager
def opened(path: Path) -> Iterator[Any]:
    """Open an ``.npz`` file for as long as its arrays are read.

    Raises:
        InputError: it is not there, or is no such file.
    """
    with ExitStack() as stack:
        try:
            # Given the open file, not its path: np.load leaves a file open that it finds to be damaged.
            arrays = np.load(stack.enter_context(path.open("rb")), allow_pickle=False)
        except FileNotFoundError:
            expected = "data must be an .npz file that exists"
            raise InputError(expected, received=path, remedy=f"Give {OWN_ARRAYS}.") from None
        except UNREADABLE as error:
            damaged(path, NPZ, error)
        if isinstance(arrays, np.ndarray):
            damaged(path, NPZ, "a single array")
        yield stack.enter_context(arrays)


def member(arrays: Any, name: str, path: Path) -> np.ndarray:
    """Read one array of an opened file.

    Raises:
        InputError: it is not there, or is damaged.
    """
    try:
        array = arrays[name]
    except UNREADABLE as error:
        damaged(path, NPZ, f"in {name}: {error}")
    if not isinstance(array, np.ndarray):
        damaged(path, NPZ, f"in {name}: something else")
    return array


def damaged(path: Path, form: str, received: object) -> NoReturn:
    """Refuse a file that does not have the form that it should have."""
    raise InputError(
        f"{path} must be {form}, undamaged", received=received, remedy="Save or download it again."
    ) from None


def as_features(array: np.ndarray) -> np.ndarray:
    """Scale pixels, and store the features of a file in float32."""
    if array.dtype == np.uint8:
        return as_pixels(array)
    with np.errstate(over="ignore"):  # What does not fit becomes inf, and is refused as such.
        return array.astype(np.float32) if array.dtype == np.float64 else array


def as_pixels(levels: np.ndarray) -> np.ndarray:
    """Scale 0..255 to [0, 1], with no second copy in float32."""
    return cast(np.ndarray, np.divide(levels, np.float32(255), dtype=np.float32))


def as_weights(array: np.ndarray) -> np.ndarray:
    """Store numbers in float32."""
    with np.errstate(over="ignore"):  # What does not fit becomes inf, and is refused as such.
        return array.astype(np.float32) if array.dtype.kind in "biuf" else array
