"""The examples of a study as arrays, in memory or in files that all workers map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import count
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any, NamedTuple, cast

import numpy as np

from ridgepath.study import DataCard

BLOCK_BYTES = 2**24

Tree = np.ndarray | tuple[np.ndarray, ...] | dict[str, np.ndarray]
"""One array, or several as Keras takes them: by place or by name. An example is a position along axis 0 of each."""


class Split(NamedTuple):
    """Examples: features, targets, and perhaps how much each example counts.

    Its length is that of a tuple; :attr:`examples` counts the examples.

    Attributes:
        x: features, one input of a network or several.
        y: targets, one output or several.
        weight: Keras' ``sample_weight``, (example,), float32, >= 0; in each split of a data set or in none.
    """

    x: Tree
    y: Tree
    weight: np.ndarray | None = None

    @property
    def examples(self) -> int:
        """Number of examples."""
        return examples_of(self.y)

    @property
    def batch(self) -> tuple[Any, ...]:
        """``(x, y)`` or ``(x, y, weight)``: what Keras' ``train_step`` takes."""
        return (self.x, self.y) if self.weight is None else tuple(self)

    def take(self, chosen: np.ndarray | slice) -> Split:
        """Return the examples at some positions: views for a slice, else copies."""
        return Split(*(taken(part, chosen) for part in self))

    def take_large(self, chosen: np.ndarray) -> Split:
        """Return the examples at some positions, out of a memory map in another one, in a file that nobody sees."""
        return Split(*(each(lambda array: _rows(array, chosen), part) for part in self))

    def arrays(self) -> Iterator[tuple[str, np.ndarray]]:
        """Yield every array with its name: ``x``, or ``x.0``, ..., or ``x.NAME``, ...; then of ``y``; ``weight``."""
        for part, tree in zip(self._fields, self, strict=True):
            for name, array in _named(tree):
                yield part + name, array


@dataclass(frozen=True, eq=False)
class Dataset:
    """The data of a study: what trains, what picks the strength, and what reports its performance.

    Attributes:
        standardized: columns of features (example, column) that were scaled to mean 0 and standard deviation 1 on the
            training examples; where every seed has training examples of its own, they are scaled anew by these.
        account: sentences that say how it was read and divided.
    """

    name: str
    train: Split
    validation: Split
    test: Split | None = None
    standardized: tuple[int, ...] = field(default=(), kw_only=True)
    account: tuple[str, ...] = field(default=(), kw_only=True)

    @classmethod
    def of(cls, name: str, splits: Mapping[str, Split], **settings: Any) -> Dataset:
        """Make a data set of splits by name."""
        return cls(name, splits["train"], splits["validation"], splits.get("test"), **settings)

    @property
    def splits(self) -> dict[str, Split]:
        """The splits that are there, by name."""
        splits = {"train": self.train, "validation": self.validation}
        return splits if self.test is None else {**splits, "test": self.test}

    @cached_property
    def card(self) -> DataCard:
        """What a study remembers of this data; taking the fingerprint reads every array once."""
        counts = {name: split.examples for name, split in self.splits.items()}
        return DataCard(self.name, **{"test": 0, **counts}, fingerprint=_fingerprint(self))

    @cached_property
    def pool(self) -> Split:
        """Training examples, then validation examples: a copy, unless :meth:`open` found them in one file."""
        return _joined(lambda *arrays: np.concatenate(arrays), self.train, self.validation)

    def pool_for(self, train: np.ndarray) -> Split:
        """Return the pool, with its standardized columns scaled by a seed's own training examples.

        Scaling by a mean and a standard deviation undoes every earlier one, so it does not matter by which examples
        the columns were scaled before.

        Args:
            train: positions of these training examples in the pool.
        """
        if not self.standardized:
            return self.pool
        return self._scaled(self.pool, train)

    def test_for(self, train: np.ndarray) -> Split | None:
        """Return the test split, scaled as :meth:`pool_for` scales the pool."""
        return self._scaled(self.test, train) if self.test and self.standardized else self.test

    def _scaled(self, split: Split, train: np.ndarray) -> Split:
        columns = list(self.standardized)
        features = cast(np.ndarray, split.x).copy()
        by = cast(np.ndarray, self.pool.x)[:, columns][train]
        features[:, columns] = standardize(features[:, columns], by=by)
        return split._replace(x=features)

    def save(self, folder: Path, *, pooled: bool = False) -> None:
        """Write every array to a file of its own in ``folder``, for other processes to :meth:`open`.

        Args:
            folder: made if it is not there.
            pooled: whether training and validation examples go into one file, for splits of all kinds.
        """
        folder.mkdir(parents=True, exist_ok=True)
        whole = {"test": [self.test]} if self.test else {}
        parts = (
            {"pool": [self.train, self.validation]}
            if pooled
            else {"train": [self.train], "validation": [self.validation]}
        )
        splits = {name: _written(folder, name, *parts) for name, parts in (parts | whole).items()}
        saved = {"name": self.name, "splits": splits, "train": self.train.examples}
        saved |= {"standardized": self.standardized, "account": self.account}
        (folder / "dataset.json").write_text(json.dumps(saved))

    @classmethod
    def open(cls, folder: Path) -> Dataset:
        """Open what :meth:`save` wrote: read-only arrays that stay on disk until they are touched."""
        saved = json.loads((folder / "dataset.json").read_text())
        splits = {name: _opened(folder, files) for name, files in saved["splits"].items()}
        pool = splits.pop("pool", None)
        if pool is not None:
            cut = saved["train"]
            splits |= {"train": pool.take(slice(None, cut)), "validation": pool.take(slice(cut, None))}
        settings = {name: tuple(saved[name]) for name in ("standardized", "account")}
        dataset = cls.of(saved["name"], splits, **settings)
        if pool is not None:
            vars(dataset)["pool"] = pool  # What the property would join again, in memory of this process' own.
        return dataset


def standardize(features: np.ndarray, *, by: np.ndarray) -> np.ndarray:
    """Return features, as float32, whose every column has mean 0 and standard deviation 1 in other examples.

    Sums are taken in float64, the standard deviation with divisor n. A column that is constant there, to the rounding
    of such sums, is only shifted.

    Args:
        features: (example, column).
        by: the examples whose means and deviations are taken, (example, column).
    """
    known = by.astype(np.float64)
    mean = known.mean(axis=0)
    deviation = np.sqrt(np.mean(np.square(known - mean), axis=0))
    deviation[deviation <= len(known) * np.finfo(np.float64).eps * np.abs(mean)] = 1
    scaled = (features.astype(np.float64) - mean) / deviation
    return cast(np.ndarray, scaled.astype(np.float32))


def examples_of(tree: Tree) -> int:
    """Return the number of examples in one array or several."""
    return len(next(array for _, array in _named(tree)))


def taken(tree: Any, chosen: np.ndarray | slice) -> Any:
    """Return a tree of the examples at some positions: views for a slice, else copies."""
    return each(lambda array: array[chosen], tree)


def each(function: Callable[..., Any], *trees: Any) -> Any:
    """Return a tree of what a function makes of the arrays at the same place in each of these trees; none of none."""
    first = trees[0]
    if isinstance(first, dict):
        return {name: function(*(tree[name] for tree in trees)) for name in first}
    if isinstance(first, tuple | list):
        return tuple(map(function, *trees))
    return None if first is None else function(*trees)


def blocks(array: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield an array in parts of about 16 MiB, each with its first example: no check needs memory for all of it."""
    rows = max(1, BLOCK_BYTES // max(1, array[:1].nbytes))
    for start in range(0, len(array), rows):
        yield start, array[start : start + rows]


def _named(tree: Tree | None) -> Iterator[tuple[str, np.ndarray]]:
    """Yield the arrays in a tree, each with what follows the tree's name in its own; names in alphabetical order."""
    if isinstance(tree, dict):
        yield from ((f".{name}", tree[name]) for name in sorted(tree))
    elif isinstance(tree, tuple):
        yield from ((f".{place}", array) for place, array in enumerate(tree))
    elif tree is not None:
        yield "", tree


def _rows(array: np.ndarray, chosen: np.ndarray) -> np.ndarray:
    if not isinstance(array, np.memmap):
        return cast(np.ndarray, array[chosen])
    with TemporaryFile() as file:  # The map keeps it open, and nothing is left when the map is gone.
        rows: np.ndarray = np.memmap(file, array.dtype, mode="w+", shape=(len(chosen), *array.shape[1:]))
    for start, block in blocks(rows):
        block[:] = array[chosen[start : start + len(block)]]
    return rows


def _joined(function: Callable[..., Any], *splits: Split) -> Split:
    return Split(*(each(function, *parts) for parts in zip(*splits, strict=True)))


def _written(folder: Path, name: str, *splits: Split) -> list[Any]:
    """Write the arrays of some splits, one behind the other, and return the names of the files in their places."""
    names = count()

    def write(*arrays: np.ndarray) -> str:
        file = f"{name}_{next(names)}.npy"
        if len(arrays) == 1:
            np.save(folder / file, arrays[0], allow_pickle=False)
        else:
            _save_joined(folder / file, arrays)
        return file

    return list(_joined(write, *splits))


def _save_joined(file: Path, arrays: Sequence[np.ndarray]) -> None:
    """Join arrays in a file, without a copy of all in memory."""
    shape = (sum(map(len, arrays)), *arrays[0].shape[1:])
    joined = np.lib.format.open_memmap(file, mode="w+", dtype=np.result_type(*arrays), shape=shape)
    np.concatenate(arrays, out=joined)
    joined.flush()


def _opened(folder: Path, files: list[Any]) -> Split:
    def mapped(file: str) -> np.ndarray:
        return cast(np.ndarray, np.load(folder / file, mmap_mode="r", allow_pickle=False))

    return Split(*(each(mapped, part) for part in files))


def _fingerprint(dataset: Dataset) -> str:
    """Return a SHA-256 of all arrays; for one input, one output and no weights, that from before there were more."""
    digest = hashlib.sha256()
    for name, split in dataset.splits.items():
        for place, array in split.arrays():
            label = name if place in ("x", "y") else f"{name} {place}"
            digest.update(f"{label} {array.shape} {array.dtype.str};".encode())
            for _, block in blocks(array):
                digest.update(np.ascontiguousarray(block).reshape(-1).view(np.uint8).data)
    if dataset.standardized:
        digest.update(f"standardized {dataset.standardized};".encode())
    return digest.hexdigest()
