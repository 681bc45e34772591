"""MNIST and Fashion-MNIST in full, from wherever they are on this machine, or by Keras' download."""

from __future__ import annotations

import gzip
import math
import os
import subprocess
import sys
import zlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np

from ridgepath.archives import OWN_ARRAYS, as_pixels, damaged, member, opened
from ridgepath.arrays import Dataset, Split
from ridgepath.errors import InputError

DEBIAN = Path("/usr/share/datasets")
"""Where Debian's packages of data sets put their files."""

HELD_OUT = 5_000
"""Training images of the full image sets, the last ones, that are their validation split, as is customary."""

IDX_FILES = tuple(
    f"{part}-ubyte.gz" for part in ("train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1")
)
"""The files of MNIST and of those that took over its form: images and labels to train, then to test."""

WAYS = {
    "mnist": "Put mnist.npz into {cache}. Or connect to the internet, so that Keras downloads it there.",
    "fashion-mnist": "Install Debian's package dataset-fashion-mnist. Or connect to the internet, so that Keras "
    "downloads it, or put its four .gz files into {cache}/fashion-mnist.",
}

IDX = "an idx file of images or labels, compressed by gzip"


def load_images(name: str) -> Dataset:
    """Load a full image set from the first place that has it, else by Keras' download.

    Raises:
        InputError: it is nowhere and cannot be downloaded, or its files are damaged.
    """
    dataset = images_on_disk(name)
    failure = "" if dataset else _download(name)
    dataset = dataset or images_on_disk(name)
    if dataset:
        return dataset
    raise InputError(
        f"{name} must be on disk or downloadable",
        received=f"nothing in {DEBIAN / name} or {_cache()}, and Keras could not download it ({failure})",
        remedy=f"{ways(name)} Or give {OWN_ARRAYS}.",
    )


def ways(name: str) -> str:
    """Say how a full image set comes onto this machine."""
    return WAYS[name].format(cache=_cache())


def images_on_disk(name: str) -> Dataset | None:
    """Load a full image set from the first place that has it, if there is one.

    Raises:
        InputError: its files are damaged.
    """
    cache = _cache()
    for folder in (DEBIAN / name, cache / name):
        if all((folder / file).is_file() for file in IDX_FILES):
            return _from_idx(name, folder)
    file = cache / f"{name}.npz"
    return _from_keras(name, file) if file.is_file() else None


def _cache() -> Path:
    return Path(os.environ.get("KERAS_HOME") or "~/.keras").expanduser() / "datasets"


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
    with opened(path) as arrays:
        names = ("x_train", "y_train", "x_test", "y_test")
        return _with_validation(name, (member(arrays, array, path) for array in names))


def _with_validation(name: str, arrays: Iterator[np.ndarray]) -> Dataset:
    """Set the last training images apart for validation, as views: the images are in memory once."""
    x, y, *test = (as_pixels(array) if array.ndim == 3 else array.astype(np.int32) for array in arrays)
    return Dataset(name, Split(x[:-HELD_OUT], y[:-HELD_OUT]), Split(x[-HELD_OUT:], y[-HELD_OUT:]), Split(*test))


def _read_idx(path: Path, *, axes: int) -> np.ndarray:
    """Read bytes in the idx format: 0, 0, type (8 is uint8), number of axes, big-endian lengths, values."""
    try:
        with gzip.open(path) as stream:
            content = stream.read()
    except (OSError, EOFError, zlib.error) as error:
        damaged(path, IDX, error)
    header = 4 + 4 * axes
    if content[:4] != bytes((0, 0, 8, axes)) or len(content) < header:
        damaged(path, IDX, f"a file that begins with {content[:4].hex(' ') or 'nothing'}")
    shape = tuple(int(length) for length in np.frombuffer(content, ">u4", count=axes, offset=4))
    if len(content) - header != math.prod(shape):
        damaged(path, IDX, f"{len(content) - header} bytes for the shape {shape}")
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)
