"""Columns of a table as the numbers that a network takes: fitted to the training table, applied to all."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from ridgepath.arrays import standardize
from ridgepath.errors import InputError
from ridgepath.tables import CATEGORY, NUMBER, Table, numbers

MOST_CLASSES = 20
"""Different whole numbers, at most, that are taken for classes; more are a quantity, unless they are 0 to K - 1."""

MOST_CATEGORIES = 1_000
FEW_CATEGORIES = 20
"""Categories of a column that may always be; more must not be more than half of the rows, as names and texts are."""

SPELLED = 12
"""Classes, at most, whose names are spelled out in one sentence."""


@dataclass(frozen=True)
class Features:
    """How the columns of a table become features: numbers as they are, categories one-hot, in the table's order.

    Attributes:
        columns: name → the categories among the training examples, sorted; ``None`` for a column of numbers. A category
            that is not among them is all zeros.
    """

    columns: dict[str, tuple[Any, ...] | None]

    @classmethod
    def of(cls, table: Table, *, without: Collection[str | None]) -> Features:
        """Take the categories of the training table.

        Args:
            without: columns that are no features.

        Raises:
            InputError: no column is left, or one has too many categories.
        """
        columns = {
            name: _categories(table.frame[name]) if kind == CATEGORY else None
            for name, kind in table.kinds.items()
            if name not in without
        }
        if not columns:
            remedy = "Give a table with at least one column besides."
            raise InputError("a table with features", received=f"only {', '.join(table.kinds)}", remedy=remedy)
        return cls(columns)

    @property
    def standardized(self) -> tuple[int, ...]:
        """Positions of the columns of numbers among the features."""
        widths = [1 if known is None else len(known) for known in self.columns.values()]
        starts = np.cumsum([0, *widths[:-1]])
        pairs = zip(starts.tolist(), self.columns.values(), strict=True)
        return tuple(start for start, known in pairs if known is None)

    def values(self, table: Table, *, train: Table) -> np.ndarray:
        """Return the features of a table, float32 (example, feature), numbers standardized on the training table."""
        scaled = iter(standardize(self._numbers(table), by=self._numbers(train)).T)
        parts = [
            next(scaled)[:, None] if known is None else _one_hot(table.frame[name], known)
            for name, known in self.columns.items()
        ]
        return np.concatenate(parts, axis=1)

    def _numbers(self, table: Table) -> np.ndarray:
        columns = [numbers(table.frame[name]) for name, known in self.columns.items() if known is None]
        return np.stack(columns, axis=1) if columns else np.empty((len(table.frame), 0))

    def unseen(self, table: Table) -> dict[str, int]:
        """Return for each column how many examples have a category that no training example has, where some have."""
        counts = {
            name: int((_codes(table.frame[name], known) < 0).sum())
            for name, known in self.columns.items()
            if known is not None
        }
        return {name: count for name, count in counts.items() if count}

    def __str__(self) -> str:
        encoded = [known for known in self.columns.values() if known is not None]
        scaled = len(self.columns) - len(encoded)
        parts = [f"{_count(scaled, 'column')} of numbers, standardized on the training examples"] if scaled else []
        if encoded:
            parts.append(f"{_count(len(encoded), 'column')} of categories, one-hot as {sum(map(len, encoded))}")
        return f"{_count(scaled + sum(map(len, encoded)), 'feature')}: {', and '.join(parts)}."


@dataclass(frozen=True)
class Target:
    """How a column becomes targets: classes by number, or a quantity.

    Attributes:
        classes: their names, sorted; ``None`` for a quantity.
    """

    name: str
    classes: tuple[Any, ...] | None

    @classmethod
    def of(cls, column: pd.Series, *, kind: str) -> Target:
        """Tell classes from a quantity.

        Numbers of a float type are a quantity. Text, truth values and pandas' categories are classes, and so are
        whole numbers that are 0 to K - 1 or at most :data:`MOST_CLASSES` different ones.

        Raises:
            InputError: all values are the same.
        """
        known = _sorted(column.unique())
        if len(known) == 1:
            remedy = "Give examples of at least two classes, or of a quantity that varies."
            expected, received = f"a target {column.name!r} with at least two values", f"{known[0]!r} only"
            raise InputError(expected, received=received, remedy=remedy)
        is_quantity = kind == NUMBER and (
            pd.api.types.is_float_dtype(column.dtype)
            or (len(known) > MOST_CLASSES and known != tuple(range(len(known))))
        )
        return cls(str(column.name), None if is_quantity else known)

    def values(self, column: pd.Series, *, split: str) -> np.ndarray:
        """Return the targets of a table: int32 class numbers, or a quantity in float32.

        Raises:
            InputError: a class is not among those of the training table.
        """
        if self.classes is None:
            with np.errstate(over="ignore"):  # What does not fit becomes inf, and is refused as such.
                return numbers(column).astype(np.float32)
        codes = _codes(column, self.classes)
        if (codes < 0).any():
            row = int((codes < 0).argmax())
            raise InputError(
                f"the {split} targets must be among the classes of the training table, {_spelled(self.classes)}",
                received=f"{_plain(column.iloc[row])!r} in row {row + 1}",
                remedy="Correct them, or leave such rows out.",
            )
        return codes.astype(np.int32)

    def __str__(self) -> str:
        if self.classes is None:
            return f"Target {self.name!r} is a quantity."
        return f"Target {self.name!r} has {len(self.classes)} classes, numbered: {_spelled(self.classes)}."


def _categories(column: pd.Series) -> tuple[Any, ...]:
    known = _sorted(column.unique())
    most = min(MOST_CATEGORIES, max(FEW_CATEGORIES, len(column) // 2))
    if len(known) > most:
        raise InputError(
            f"column {column.name!r} must have at most {most} categories, for {len(column)} training examples",
            received=f"{len(known)}, such as {known[0]!r}",
            remedy="Leave out a column of names or texts, or make fewer categories of it.",
        )
    return known


def _sorted(values: Iterable[Any]) -> tuple[Any, ...]:
    plain = [_plain(value) for value in values]
    try:
        return tuple(sorted(plain))
    except TypeError:  # pandas' categories may be of several types.
        return tuple(sorted(plain, key=lambda value: (type(value).__name__, value)))


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def _codes(column: pd.Series, known: Sequence[Any]) -> np.ndarray:
    """Return the place of every value among those that are known, -1 for others."""
    values = pd.Index(column.astype(object), dtype=object)
    return np.asarray(pd.Index(list(known), dtype=object).get_indexer(values))


def _one_hot(column: pd.Series, known: Sequence[Any]) -> np.ndarray:
    is_this = _codes(column, known)[:, None] == np.arange(len(known))
    return np.asarray(is_this, np.float32)


def _spelled(classes: Sequence[Any]) -> str:
    spelled = [f"{number} is {name!r}" for number, name in enumerate(classes)]
    return ", ".join(spelled if len(spelled) <= SPELLED else [*spelled[: SPELLED - 1], "...", spelled[-1]])


def _count(count: int, noun: str) -> str:
    return f"{count:,} {noun}{'' if count == 1 else 's'}"
