"""Data sets as users name or give them: loaded, checked, and made a training, a validation and perhaps a test split."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ridgepath import bundled
from ridgepath.archives import OWN_ARRAYS, as_weights, read_archive
from ridgepath.arrays import Dataset, Split, Tree
from ridgepath.errors import InputError
from ridgepath.images import load_images
from ridgepath.preparation import dataset_of_tables, said_of_parts
from ridgepath.soundness import check_labels, check_split, checked
from ridgepath.sources import NAMES, SPLITS, Source, shares_of
from ridgepath.splits import set_apart
from ridgepath.tables import SUFFIXES, is_table

__all__ = ["NAMES", "Dataset", "Source", "Split", "check_labels", "load_dataset"]

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
        return dataset_of_tables(source)
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
        remedy=f"The names are {', '.join(NAMES)}; or give a table with a target, or {OWN_ARRAYS}.",
    )


def _as_it_is(dataset: Dataset, source: Source) -> Dataset:
    _check_nothing_besides(source)
    if shares_of(source, dataset.splits):
        received, remedy = f"{source.test_share:g} of {dataset.name}", "Make the test split before, or leave it out."
        raise InputError("a test share goes with a table, arrays or an .npz", received=received, remedy=remedy)
    return dataset


def _divided(name: str, given: dict[str, Split], source: Source, *, besides: dict[str, Split] | None = None) -> Dataset:
    """Make a data set of the parts that are given, of which what is lacking is set apart."""
    if besides is None:
        _check_nothing_besides(source)
    splits = given | (besides or {})
    shares = shares_of(source, splits)
    for split in splits:
        check_split(split, splits[split], like=splits["train"])
    if not shares:
        return Dataset.of(name, splits)
    whole = splits["train"]
    parts = {split: whole.take_large(rows) for split, rows in set_apart(whole.y, shares).items()}
    return Dataset.of(name, splits | parts, account=(said_of_parts(whole.examples, parts),))


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
