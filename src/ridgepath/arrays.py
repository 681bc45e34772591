"""The examples of a study as arrays, in memory or in files that all workers map."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple, cast

import numpy as np

from ridgepath.study import DataCard

BLOCK_BYTES = 2**24


class Split(NamedTuple):
    """Features and targets; an example is a position along axis 0 of both."""

    x: np.ndarray
    y: np.ndarray


@dataclass(frozen=True, eq=False)
class Dataset:
    """The data of a study: what trains, what picks the strength, and what reports its performance."""

    name: str
    train: Split
    validation: Split
    test: Split | None = None

    @property
    def splits(self) -> dict[str, Split]:
        """The splits that are there, by name."""
        splits = {"train": self.train, "validation": self.validation}
        return splits if self.test is None else {**splits, "test": self.test}

    @cached_property
    def card(self) -> DataCard:
        """What a study remembers of this data; taking the fingerprint reads every array once."""
        counts = {name: len(split.y) for name, split in self.splits.items()}
        return DataCard(self.name, **{"test": 0, **counts}, fingerprint=_fingerprint(self))

    @cached_property
    def pool(self) -> Split:
        """Training examples, then validation examples: a copy, unless :meth:`open` found them in one file."""
        return Split(*(np.concatenate(parts) for parts in zip(self.train, self.validation, strict=True)))

    def save(self, folder: Path, *, pooled: bool = False) -> None:
        """Write every array to a file of its own in ``folder``, for other processes to :meth:`open`.

        Args:
            folder: made if it is not there.
            pooled: whether training and validation examples go into one file, for splits of all kinds.
        """
        folder.mkdir(parents=True, exist_ok=True)
        splits = self.splits
        if pooled:
            splits = {"pool": self.pool} | {name: splits[name] for name in splits if name == "test"}
        for name, split in splits.items():
            for axis, array in zip("xy", split, strict=True):
                np.save(folder / f"{name}_{axis}.npy", array, allow_pickle=False)
        saved = {"name": self.name, "splits": list(splits), "train": len(self.train.y)}
        (folder / "dataset.json").write_text(json.dumps(saved))

    @classmethod
    def open(cls, folder: Path) -> Dataset:
        """Open what :meth:`save` wrote: read-only arrays that stay on disk until they are touched."""
        saved = json.loads((folder / "dataset.json").read_text())
        splits = {name: Split(*(_mapped(folder / f"{name}_{axis}.npy") for axis in "xy")) for name in saved["splits"]}
        pool = splits.pop("pool", None)
        if pool is None:
            return cls(saved["name"], **splits)
        cuts = slice(None, saved["train"]), slice(saved["train"], None)
        train, validation = (Split(pool.x[part], pool.y[part]) for part in cuts)
        dataset = cls(saved["name"], train, validation, **splits)
        vars(dataset)["pool"] = pool  # What the property would join again, in memory of this process' own.
        return dataset


def _mapped(file: Path) -> np.ndarray:
    return cast(np.ndarray, np.load(file, mmap_mode="r", allow_pickle=False))


def _fingerprint(dataset: Dataset) -> str:
    digest = hashlib.sha256()
    for name, split in dataset.splits.items():
        for array in split:
            digest.update(f"{name} {array.shape} {array.dtype.str};".encode())
            for _, block in blocks(array):
                digest.update(np.ascontiguousarray(block).reshape(-1).view(np.uint8).data)
    return digest.hexdigest()


def blocks(array: np.ndarray) -> Iterator[tuple[int, np.ndarray]]:
    """Yield an array in parts of about 16 MiB, each with its first example: no check needs memory for all of it."""
    rows = max(1, BLOCK_BYTES // max(1, array[:1].nbytes))
    for start in range(0, len(array), rows):
        yield start, array[start : start + rows]
