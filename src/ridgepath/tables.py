"""Tables of the user's own: CSV and Parquet files and pandas DataFrames, checked column by column.

Rows are counted from 1, without the line of names.
"""

from __future__ import annotations

import difflib
import importlib.util
import re
import warnings
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
import pandas as pd

from ridgepath.errors import InputError

SUFFIXES = (".csv", ".parquet")

MOST_MIXED = 10
"""Different numbers, at most, among the values of a column of categories: more are numbers with something wrong."""

LISTED = 8
"""Columns, at most, that an error names."""

LARGEST = float(np.finfo(np.float32).max)

NUMBER, CATEGORY = "numbers", "categories"


@dataclass(frozen=True)
class Table:
    """A table and, for each column, whether it holds :data:`NUMBER` or :data:`CATEGORY`."""

    frame: pd.DataFrame
    kinds: dict[str, str]

    def take(self, rows: np.ndarray) -> Table:
        """Return the table of some rows."""
        return Table(self.frame.iloc[rows], self.kinds)

    def only(self, columns: Iterable[str]) -> Table:
        """Return the table of some columns."""
        names = list(columns)
        return Table(self.frame[names], {name: self.kinds[name] for name in names})


def is_table(data: object) -> bool:
    """Tell whether data is a DataFrame or the name of a file of a table."""
    if isinstance(data, str | Path):
        return Path(data).suffix.lower() in SUFFIXES
    return isinstance(data, pd.DataFrame)


def read_table(data: Any, *, like: Table | None = None) -> Table:
    """Read a table whole.

    Args:
        data: a DataFrame, or a ``.csv`` or ``.parquet`` file.
        like: a table whose columns of categories are read as such, even where a CSV file has only numbers in them.

    Raises:
        InputError: the file is not there or cannot be read, there is no row, columns lack names or share them, or one
            holds neither numbers nor categories.
    """
    text = [] if like is None else [n for n, kind in like.kinds.items() if is_text(like.frame[n])]
    if isinstance(data, pd.DataFrame):
        frame, what = data.copy(deep=False), "the table"
        frame.columns = pd.Index([str(name) for name in data.columns])
    else:
        path = Path(data).expanduser()
        what = str(path)
        frame = _read_file(path, text)
    _check_names(list(frame.columns), what)
    if frame.empty:
        remedy = "Give a table with examples."
        raise InputError(f"{what} must have rows and columns", received=f"shape {frame.shape}", remedy=remedy)
    frame = frame.infer_objects()
    return Table(frame, {name: kind_of(frame[name]) for name in frame.columns})


def joined(table: Table, other: Table) -> Table:
    """Return the rows of a table, then those of another one with the same columns."""
    return Table(pd.concat([table.frame, other.frame[list(table.kinds)]], ignore_index=True), table.kinds)


def _read_file(path: Path, text: Collection[str]) -> pd.DataFrame:
    is_parquet = path.suffix.lower() == ".parquet"
    if is_parquet and importlib.util.find_spec("pyarrow") is None:
        raise InputError(
            "a .parquet file needs the package pyarrow",
            received="no such package",
            remedy='Install it with: pip install "ridgepath[parquet]"; or save the table as .csv.',
        )
    try:
        return pd.read_parquet(path, engine="pyarrow") if is_parquet else _read_csv(path, text)
    except InputError:
        raise
    except FileNotFoundError:
        remedy = "Give the path of an existing file."
        raise InputError("a table that exists", received=path, remedy=remedy) from None
    except pd.errors.EmptyDataError:
        _refuse(path, "an empty file", "Give a table with a line of names and then examples.")
    except (OSError, ValueError, pd.errors.ParserWarning) as error:
        reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        _refuse(path, reason, "Save it again" + (" as Parquet." if is_parquet else " as UTF-8, with commas."))


def _read_csv(path: Path, text: Collection[str]) -> pd.DataFrame:
    names = pd.read_csv(path, header=None, nrows=1, dtype=str, skipinitialspace=True).iloc[0].fillna("").tolist()
    if len(names) == 1 and (other := re.search("[;\t|]", names[0])):
        separated = {"\t": "tabs"}.get(other[0], f"'{other[0]}'")
        _refuse(path, f"a line of names with {separated} between", "Save it with commas between the values.")
    _check_names(names, str(path))  # Before pandas makes other names of those that are there twice.
    with warnings.catch_warnings():
        warnings.simplefilter("error", pd.errors.ParserWarning)
        return pd.read_csv(
            path,
            dtype={name: str for name in text if name in names},
            skipinitialspace=True,
            index_col=False,
            low_memory=False,
        )


def _refuse(path: Path, received: object, remedy: str) -> NoReturn:
    raise InputError(f"{path} must be a table that can be read", received=received, remedy=remedy) from None


def _check_names(names: list[str], what: str) -> None:
    expected = f"the columns of {what} must have names of their own"
    for place, name in enumerate(names):
        if not name.strip():
            remedy = "Name it, or leave it out: row numbers, for example, with DataFrame.to_csv(..., index=False)."
            raise InputError(expected, received=f"none for column {place + 1}", remedy=remedy)
        if name in names[:place]:
            raise InputError(expected, received=f"{name!r} twice", remedy="Rename one of the two, or leave it out.")


def check_column(name: str, table: Table, *, role: str) -> None:
    """Check that a table has a column.

    Args:
        role: ``target`` or ``weight``.

    Raises:
        InputError: it has not; those with the nearest names are named.
    """
    present = list(table.kinds)
    if name in present:
        return
    folded = {each.casefold(): each for each in present}
    near = [folded[each] for each in difflib.get_close_matches(name.casefold(), folded, n=3)]
    guess = f"Do you mean {' or '.join(map(repr, near))}? " if near else ""
    received, remedy = repr(name), guess + listed(present)
    raise InputError(f"the name of the {role} column of the table", received=received, remedy=remedy)


def listed(columns: Sequence[str]) -> str:
    """Return a sentence that names the columns of a table, or the first of many."""
    more = f" and {len(columns) - LISTED} more" if len(columns) > LISTED else ""
    return f"The columns are {', '.join(columns[:LISTED])}{more}."


def check_like(table: Table, known: Table, *, split: str) -> None:
    """Check that a table has the columns of the training table, of the same kinds; their order does not matter.

    Raises:
        InputError: one lacks, is there besides, or is of another kind.
    """
    lacking = [repr(name) for name in known.kinds if name not in table.kinds]
    more = [repr(name) for name in table.kinds if name not in known.kinds]
    remedy = "Prepare both tables in the same way."
    if lacking or more:
        received = f"one without {', '.join(lacking)}" if lacking else f"one with {', '.join(more)} besides"
        raise InputError(f"a {split} table with the columns of the training table", received=received, remedy=remedy)
    for name, kind in known.kinds.items():
        if table.kinds[name] != kind:
            received = _place_of_text(table.frame[name]) if kind == NUMBER else table.kinds[name]
            expected = f"column {name!r} of the {split} table must hold {kind}, as in the training table"
            raise InputError(expected, received=received, remedy=remedy)


def check_values(table: Table, *, split: str) -> None:
    """Check that no value of a table is missing or infinite.

    Raises:
        InputError: one is; its column and its row are named.
    """
    missing = table.frame.isna().to_numpy()
    if missing.any():
        row, column = np.argwhere(missing)[0]
        rows = int(missing.any(axis=1).sum())
        also = f" ({rows} rows lack values)" if rows > 1 else ""
        raise InputError(
            f"the {split} table must have no missing values",
            received=f"none in column {table.frame.columns[column]!r}, row {row + 1}{also}",
            remedy="Fill them in, or leave such rows or columns out, for example with pandas' fillna or dropna.",
        )
    for name, kind in table.kinds.items():
        infinite = np.abs(numbers(table.frame[name])) > LARGEST if kind == NUMBER else np.zeros(1, bool)
        if infinite.any():
            row = int(infinite.argmax())
            raise InputError(
                f"the numbers of the {split} table must be finite and of float32",
                received=f"{table.frame[name].iloc[row]} in column {name!r}, row {row + 1}",
                remedy="Correct them, or leave such rows out.",
            )


def numbers(column: pd.Series) -> np.ndarray:
    """Return a column of numbers in float64."""
    return column.to_numpy(np.float64)


def is_text(column: pd.Series) -> bool:
    """Tell whether a column is of text."""
    return bool(pd.api.types.is_string_dtype(column.dtype))


def kind_of(column: pd.Series) -> str:
    """Return whether a column holds :data:`NUMBER` or :data:`CATEGORY`: text, truth values and pandas' categories.

    Raises:
        InputError: it holds neither, or text among numbers.
    """
    if isinstance(column.dtype, pd.CategoricalDtype) or pd.api.types.is_bool_dtype(column.dtype):
        return CATEGORY
    if pd.api.types.is_numeric_dtype(column.dtype) and not pd.api.types.is_complex_dtype(column.dtype):
        return NUMBER
    holds = pd.api.types.infer_dtype(column, skipna=True)
    if holds == "string":
        _check_no_text_among_numbers(column)
        return CATEGORY
    if holds == "boolean":
        return CATEGORY
    if holds == "empty":
        return NUMBER
    raise InputError(
        f"column {column.name!r} must hold numbers, text or truth values",
        received=holds if column.dtype == object else column.dtype,
        remedy="Make one of these of it, such as the year of a date, or leave it out.",
    )


def _check_no_text_among_numbers(column: pd.Series) -> None:
    """Refuse a mark such as ``?`` among numbers, and any text among many; ``0, 1, 2, 3+`` are categories."""
    values = pd.Series(column.dropna().unique(), dtype=object)
    texts = values[pd.to_numeric(values, errors="coerce").isna()]
    among = len(values) - len(texts)
    marks = [text for text in texts if not any(letter.isalnum() for letter in text)]
    if among and len(texts) and (marks or among > MOST_MIXED):
        raise InputError(
            f"column {column.name!r} must hold numbers or text, not both",
            received=_place_of_text(column, marks[0] if marks else None),
            remedy="Correct such values, or leave their rows out.",
        )


def _place_of_text(column: pd.Series, text: object = None) -> str:
    """Say where a text, or the first that is no number, is in a column."""
    wrong = pd.to_numeric(column.astype(object), errors="coerce").isna() if text is None else column == text
    row = int(wrong.to_numpy().argmax())
    return f"{column.iloc[row]!r} in row {row + 1}"
