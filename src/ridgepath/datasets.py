"""Data sets as users name or give them: loaded, checked, and made a training, a validation and perhaps a test split."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ridgepath import bundled
from ridgepath.archives import OWN_ARRAYS, as_weights, read_archive
from ridgepath.arrays import Dataset, Split, Tree
from ridgepath.encoding import Features, Target
from ridgepath.errors import InputError
from ridgepath.images import load_images
from ridgepath.soundness import check_labels, check_split, checked
from ridgepath.sources import NAMES, Source
from ridgepath.splits import set_apart
from ridgepath.tables import (
    NUMBER,
    SUFFIXES,
    Table,
    check_column,
    check_like,
    check_values,
    is_table,
    listed,
    numbers,
    read_table,
)

__all__ = ["NAMES", "Dataset", "Source", "Split", "check_labels", "load_dataset"]

SPLITS = ("train", "validation", "test")

VALIDATION_SHARE = 0.2
"""Of the examples, set apart to validate where no validation part is given."""

BUNDLED: dict[str, Callable[[], Dataset]] = {
    "mnist-5k": bundled.mnist_5k,
    "digits": bundled.digits,
    "breast-cancer": bundled.breast_cancer,
    "diabetes": bundled.diabetes,
}


def load_dataset(data: object) -> Dataset:
    """Return the data that the user asked for.

    Args:
        data: a name out of :data:`NAMES`; a table, as a DataFrame or as a ``.csv`` or ``.parquet`` file; an ``.npz``
            file, with ``x_train``, ``y_train``, perhaps ``x_val``, ``y_val``, ``x_test``, ``y_test``; a
            :class:`Dataset`; arrays ``(x, y)``, or ``((x, y), (x_val, y_val))``, perhaps with a third pair, the test
            split, and with a third array in each, the weights; or a :class:`~ridgepath.sources.Source` of one of these
            that says more. Several inputs are a tuple or a dict of arrays. In an ``.npz``, features of type
            ``uint8`` are pixels and are scaled to [0, 1], and float64 features become float32. Arrays are taken
            as they are. Where no validation part is given, one is set apart.

    Raises:
        InputError: it is none of these, or cannot be had, or what it holds cannot be trained on.
    """
    source = Source.of(data)
    if is_table(source.data):
        return _from_tables(source)
    _check_no_columns(source)
    given = source.data
    if isinstance(given, str) and (given.endswith(".npz") or os.sep in given):
        given = Path(given)
    match given:  # Types first: an array compared with a name would be compared value by value.
        case Dataset():
            return checked(_as_it_is(given, source))
        case str() if given in BUNDLED:
            return _as_it_is(BUNDLED[given](), source)
        case str() if given in NAMES:
            return checked(_as_it_is(load_images(given), source))
        case Path() if given.suffix in ("", ".npz"):
            return _divided(given.name, read_archive(given.expanduser()), source)
        case [_, _] | [_, _, _] if all(_is_pair(part) for part in given):
            splits = zip(SPLITS, (_as_split(*pair) for pair in given), strict=False)
            return _divided("arrays", dict(splits), source)
        case [x, y] | [x, y, _] if not isinstance(y, tuple) or not isinstance(x, tuple):
            return _divided("arrays", {"train": _as_split(*given)}, source, besides=_pairs_besides(source))
    raise InputError(
        "data must be a name, a file (.npz, .csv or .parquet), a table, a Dataset or pairs of arrays",
        received=repr(str(given)) if isinstance(given, str | Path) else f"a {type(given).__name__}",
        remedy=f"The names are {', '.join(NAMES)}; give {OWN_ARRAYS}.",
    )


def _as_it_is(dataset: Dataset, source: Source) -> Dataset:
    _shares(source, dataset.splits)
    _check_nothing_besides(source)
    return dataset


def _divided(name: str, given: dict[str, Split], source: Source, *, besides: dict[str, Split] | None = None) -> Dataset:
    """Make a data set of the parts that are given, of which what is lacking is set apart."""
    if besides is None:
        _check_nothing_besides(source)
    splits = given | (besides or {})
    shares = _shares(source, splits)
    for split in splits:
        check_split(split, splits[split], like=splits["train"])
    if not shares:
        return Dataset.of(name, splits)
    whole = splits["train"]
    parts = {split: whole.take_large(rows) for split, rows in set_apart(whole.y, shares).items()}
    return Dataset.of(name, splits | parts, account=(_account_of(whole.examples, parts),))


def _shares(source: Source, given: Collection[str]) -> dict[str, float]:
    """Return which parts are to be set apart: a validation part where there is none, and those that are asked for."""
    asked = {"validation": source.validation_share, "test": source.test_share}
    shares = {split: share for split, share in asked.items() if share is not None}
    twice = next((split for split in shares if split in given), None)
    if twice is not None:
        raise InputError(
            f"a {twice} share of data without a {twice} part",
            received=f"{shares[twice]:g} of data that has one",
            remedy="Leave the share out.",
        )
    return shares if "validation" in given else {"validation": VALIDATION_SHARE, **shares}


def _account_of(whole: int, parts: Mapping[str, Split]) -> str:
    apart = " and ".join(f"{parts[split].examples:,} for {split}" for split in SPLITS[1:] if split in parts)
    return f"Of {whole:,} examples {apart} are set apart, the same ones in every study."


def _check_no_columns(source: Source) -> None:
    for role in ("target", "weight"):
        if getattr(source, role) is not None:
            raise InputError(
                f"a {role} column goes with a table",
                received=f"{getattr(source, role)!r} for data that is none",
                remedy=f"Leave it out, or give a DataFrame or a file that ends in {' or '.join(SUFFIXES)}.",
            )


def _check_nothing_besides(source: Source) -> None:
    for name in ("validation_data", "test_data"):
        if getattr(source, name) is not None:
            raise InputError(
                f"{name.replace('_', ' ')} goes with a table or with (x, y)",
                received="data that holds all its parts itself",
                remedy="Leave it out.",
            )


def _pairs_besides(source: Source) -> dict[str, Split]:
    besides = {}
    for split, pair in (("validation", source.validation_data), ("test", source.test_data)):
        if pair is not None:
            if not _is_pair(pair):
                expected = f"{split} data as (x, y) or (x, y, weight), like the data"
                raise InputError(expected, received=type(pair).__name__, remedy="Give arrays.")
            besides[split] = _as_split(*pair)
    return besides


def _is_pair(part: object) -> bool:
    return isinstance(part, tuple | list) and len(part) in (2, 3)


def _from_tables(source: Source) -> Dataset:
    """Encode the columns of a table by its training part; see :mod:`ridgepath.encoding`."""
    tables = _read_tables(source)
    column, weight = _columns(source, tables["train"])
    for split, table in tables.items():
        check_like(table, tables["train"], split=split)
        check_values(table, split=split)
    whole = tables["train"]
    target = Target.of(whole.frame[column], kind=whole.kinds[column])
    y = {split: target.values(table.frame[column], split=split) for split, table in tables.items()}
    shares = _shares(source, tables)
    if shares:
        rows = set_apart(y["train"], shares)
        tables |= {split: whole.take(at) for split, at in rows.items()}
        y |= {split: y["train"][at] for split, at in rows.items()}
    features = Features.of(tables["train"], without=(column, weight))
    splits = {
        split: Split(features.values(table, train=tables["train"]), y[split], _weights(table, weight))
        for split, table in tables.items()
    }
    apart = [_account_of(len(whole.frame), splits)] if shares else []
    account = (str(features), str(target), *apart, *_unseen(features, tables))
    name = Path(source.data).name if isinstance(source.data, str | Path) else "table"
    return checked(Dataset.of(name, splits, standardized=features.standardized, account=account))


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


def _as_split(x: Any, y: Any, weight: Any = None) -> Split:
    return Split(_as_tree(x), _as_tree(y), None if weight is None else as_weights(_as_array(weight)))


def _as_tree(values: Any) -> Tree:
    """Take several inputs or outputs as a dict or as a tuple of arrays; a list, as ever, holds the examples of one."""
    if isinstance(values, dict):
        return {str(name): _as_array(array) for name, array in values.items()}
    if isinstance(values, tuple) and all(getattr(array, "ndim", 0) for array in values):
        return tuple(map(_as_array, values))
    return _as_array(values)


def _as_array(values: Any) -> np.ndarray:
    if isinstance(values, np.memmap):
        return values
    try:
        return np.asarray(values)
    except (ValueError, TypeError) as error:
        remedy = "Give examples of one shape along axis 0."
        raise InputError("every split must hold arrays", received=error, remedy=remedy) from None
