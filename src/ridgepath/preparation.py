"""Tables made a data set: divided, encoded by the training part, and new rows encoded in the same way."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ridgepath.archives import as_weights
from ridgepath.arrays import Dataset, Split
from ridgepath.encoding import Features, Target
from ridgepath.errors import InputError
from ridgepath.soundness import checked
from ridgepath.sources import SPLITS, Source, shares_of
from ridgepath.splits import positions, set_apart
from ridgepath.tables import (
    NUMBER,
    SUFFIXES,
    Table,
    check_column,
    check_like,
    check_values,
    is_table,
    joined,
    listed,
    numbers,
    read_table,
)


@dataclass(frozen=True)
class _Prepared:
    """Tables by split, their targets, and how their columns become numbers.

    Attributes:
        examples: of the table of which parts were set apart; 0 if none were.
    """

    tables: dict[str, Table]
    targets: dict[str, np.ndarray]
    features: Features
    target: Target
    weight: str | None
    examples: int


def dataset_of_tables(source: Source) -> Dataset:
    """Return the data set of a table; see :mod:`ridgepath.encoding`.

    Raises:
        InputError: a table cannot be read, or a column is missing or holds what cannot be trained on.
    """
    made = _prepared(source)
    splits = {
        split: Split(
            made.features.values(table, train=made.tables["train"]), made.targets[split], _weights(table, made.weight)
        )
        for split, table in made.tables.items()
    }
    apart = [said_of_parts(made.examples, splits)] if made.examples else []
    account = (str(made.features), str(made.target), *apart, *_unseen(made.features, made.tables))
    name = Path(source.data).name if isinstance(source.data, str | Path) else "table"
    return checked(Dataset.of(name, splits, standardized=made.features.standardized, account=account))


def features_of_rows(source: Source, rows: Any, *, validation: str, seed: int) -> np.ndarray:
    """Return the features of new rows as a network of some seed takes them, float32 (example, feature).

    Args:
        source: the tables that the network was trained on.
        rows: a table with the same features; a target or a weight may be in it, and is left aside.
        validation: how the validation examples are chosen, see :mod:`ridgepath.splits`.

    Raises:
        InputError: as :func:`dataset_of_tables`, or the rows lack a column.
    """
    made = _prepared(source)
    pool = joined(made.tables["train"], made.tables["validation"])
    targets = np.concatenate([made.targets["train"], made.targets["validation"]])
    chosen = positions(validation, seed, targets, given=len(made.targets["validation"]))
    train = pool.take(chosen.train).only(made.features.columns)
    asked = read_table(rows, like=train)
    asked = asked.only([name for name in asked.kinds if name not in (made.target.name, made.weight)])
    check_like(asked, train, split="new")
    check_values(asked, split="new")
    return made.features.values(asked, train=train)


def said_of_parts(whole: int, parts: Mapping[str, Split]) -> str:
    """Say in a sentence which parts of a whole were set apart."""
    apart = " and ".join(f"{parts[split].examples:,} for {split}" for split in SPLITS[1:] if split in parts)
    return f"Of {whole:,} examples {apart} are set apart, the same ones in every study."


def _prepared(source: Source) -> _Prepared:
    tables = _read_tables(source)
    column, weight = _columns(source, tables["train"])
    for split, table in tables.items():
        check_like(table, tables["train"], split=split)
        check_values(table, split=split)
    whole = tables["train"]
    target = Target.of(whole.frame[column], kind=whole.kinds[column])
    targets = {split: target.values(table.frame[column], split=split) for split, table in tables.items()}
    shares = shares_of(source, tables)
    if shares:
        rows = set_apart(targets["train"], shares)
        tables |= {split: whole.take(at) for split, at in rows.items()}
        targets |= {split: targets["train"][at] for split, at in rows.items()}
    features = Features.of(tables["train"], without=(column, weight))
    return _Prepared(tables, targets, features, target, weight, len(whole.frame) if shares else 0)


def _read_tables(source: Source) -> dict[str, Table]:
    train = read_table(source.data)
    tables = {"train": train}
    for split, given in (("validation", source.validation_data), ("test", source.test_data)):
        if given is not None:
            if not is_table(given):
                received = repr(str(given)) if isinstance(given, str | Path) else type(given).__name__
                remedy = f"Give a DataFrame or a file that ends in {' or '.join(SUFFIXES)}."
                raise InputError(f"{split} data as a table, like the data", received=received, remedy=remedy)
            tables[split] = read_table(given, like=train)
    return tables


def _columns(source: Source, table: Table) -> tuple[str, str | None]:
    """Return the target and the weight column of a table."""
    if source.target is None:
        remedy = f"Name it: --target NAME, or target= in Python. {listed(list(table.kinds))}"
        raise InputError("a table needs a target column", received="none", remedy=remedy)
    check_column(source.target, table, role="target")
    if source.weight is not None:
        check_column(source.weight, table, role="weight")
        if source.weight == source.target or table.kinds[source.weight] != NUMBER:
            received = f"{source.weight!r}, the target" if source.weight == source.target else "categories"
            remedy = "Give a column that says how much each example counts."
            raise InputError("a weight column of numbers, apart from the target", received=received, remedy=remedy)
    return source.target, source.weight


def _weights(table: Table, column: str | None) -> np.ndarray | None:
    return None if column is None else as_weights(numbers(table.frame[column]))


def _unseen(features: Features, tables: Mapping[str, Table]) -> Iterator[str]:
    for split in SPLITS[1:]:
        for name, count in (features.unseen(tables[split]) if split in tables else {}).items():
            yield (
                f"In {count:,} {split} examples column {name!r} has a category that no training example has: "
                "all zeros there."
            )
