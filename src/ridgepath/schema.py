"""The tables of ``study.db``, version by version: their columns, how they are made, and how an older file gets them.

What version 1 lacked is added, never changed: a column at the end of the trials, or a table. So a file of any version
is read as it is, and is given what it lacks in the transaction that writes to it next. For a further version, raise
:data:`VERSION`, say in :data:`ADDED` what it adds, and keep a file of the last one in ``tests/oracles``.
"""

from __future__ import annotations

import math
import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ridgepath import gallery
from ridgepath.database import quoted
from ridgepath.errors import StudyError
from ridgepath.results import DIVERGED, DONE, FAILED, Table, epoch_columns, trial_columns

VERSION = 3
"""Of the tables; a file with a higher one was written by a newer ridgepath."""
ADDED = {2: ("gradient_share", "update_share", "sensitivity"), 3: ("trained_epochs", "kept_epoch")}
"""Version → the columns that it added to the table of trials, behind those that were there."""
PORTRAYED = 3
"""The first version with a table of portraits."""

KEY_TYPES = {"variant": "TEXT", "strength": "REAL", "seed": "INTEGER"}
OUTCOME_TYPES = {"status": "TEXT", "reason": "TEXT", "engine": "TEXT", "seconds": "REAL"}
OTHERS = {
    "sessions": {"started": "TEXT", "seconds": "REAL", "workers": "INTEGER", "trials": "INTEGER"},
    "study": {"study": "TEXT", "metrics": "TEXT", "context": "TEXT"},
}
_FURTHER_KEY = {"trials": "", "epochs": ", epoch", "example_losses": ", split", "portraits": ""}
_NUMPY_TYPES = {"TEXT": object, "REAL": np.float64, "INTEGER": np.int64}


@dataclass(frozen=True)
class Schema:
    """The tables of a study.

    Attributes:
        metrics: names of the network's metrics.
        tested: whether there are figures of test examples.
    """

    metrics: tuple[str, ...]
    tested: bool

    def columns(self, table: str) -> dict[str, str]:
        """Name the columns of a table, each with its type in SQLite."""
        if table == "trials":
            figures = trial_columns(self.metrics, test=self.tested)
            return KEY_TYPES | OUTCOME_TYPES | dict.fromkeys(figures, "REAL")
        if table == "epochs":
            return KEY_TYPES | {"epoch": "INTEGER"} | dict.fromkeys(epoch_columns(self.metrics), "REAL")
        if table == "portraits":
            return KEY_TYPES | gallery.COLUMNS
        return KEY_TYPES | {"split": "TEXT", "losses": "BLOB"}

    def check(self) -> None:
        """Refuse metrics whose columns meet another column; SQLite takes ``Loss`` and ``loss`` for the same.

        Raises:
            StudyError: the name of a metric is taken by a column.
        """
        figures = (epoch_columns(self.metrics), trial_columns(self.metrics, test=True))
        for names in ((*KEY_TYPES, "epoch", *figures[0]), (*KEY_TYPES, *OUTCOME_TYPES, *figures[1])):
            folded = [name.casefold() for name in names]
            twice = next((name for name in names if folded.count(name.casefold()) > 1), None)
            if twice is not None:
                raise StudyError(
                    "the metrics of a network need names of their own",
                    received=f"{', '.join(self.metrics)}, which give the column {twice} twice",
                    remedy="Give the metric another name, as in keras.metrics.Mean(name='...').",
                )

    def create(self, connection: sqlite3.Connection) -> None:
        """Make all tables in an empty file, and mark it as one of this version."""
        connection.execute(f"PRAGMA user_version = {VERSION}")
        for table in _FURTHER_KEY:
            self._create(connection, table)
        for table, columns in OTHERS.items():
            connection.execute(f"CREATE TABLE {table} ({_typed(columns)})")

    def upgrade(self, connection: sqlite3.Connection) -> None:
        """Give a file what its version lacks, within the transaction at hand."""
        version = version_of(connection)
        for name in _missing_columns(version):
            connection.execute(f"ALTER TABLE trials ADD COLUMN {quoted(name)} REAL")
        if version < PORTRAYED:
            self._create(connection, "portraits")
        if version < VERSION:
            connection.execute(f"PRAGMA user_version = {VERSION}")

    def read(self, connection: sqlite3.Connection, table: str) -> Table:
        """Read the trials or the epochs, with NaN in the columns that the file's version lacks.

        Raises:
            ValueError, TypeError, OverflowError: the table is not what it should be.
        """
        columns = self.columns(table)
        missing = _missing_columns(version_of(connection)) if table == "trials" else []
        cursor = connection.execute(f"SELECT * FROM {table} ORDER BY variant, strength, seed, 4")
        if [column[0] for column in cursor.description] != [name for name in columns if name not in missing]:
            raise ValueError("other columns")
        absent = (math.nan,) * len(missing)
        rows = np.array(
            [(*row, *absent) for row in cursor], [(name, _NUMPY_TYPES[kind]) for name, kind in columns.items()]
        )
        _check_values(rows, texts=[name for name, kind in columns.items() if kind == "TEXT"])
        return rows

    def _create(self, connection: sqlite3.Connection, table: str) -> None:
        key = f"PRIMARY KEY (variant, strength, seed{_FURTHER_KEY[table]})"
        connection.execute(f"CREATE TABLE {table} ({_typed(self.columns(table))}, {key})")


def version_of(connection: sqlite3.Connection) -> int:
    """Return the version of a file's tables."""
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_tables(connection: sqlite3.Connection) -> None:
    """Check that the names of our tables stand for plain tables: a view, or a virtual table, would compute.

    Raises:
        ValueError: one does not.
    """
    kinds = connection.execute("SELECT name, type, sql FROM sqlite_master").fetchall()
    for name, kind, made in kinds:
        if name in {*_FURTHER_KEY, *OTHERS} and (kind != "table" or not str(made).startswith("CREATE TABLE")):
            raise ValueError(f"{name} is no plain table")


def _typed(columns: dict[str, str]) -> str:
    return ", ".join(f"{quoted(name)} {kind}" for name, kind in columns.items())


def _missing_columns(version: int) -> list[str]:
    """Name the columns of trials that came after a version."""
    return [name for later, names in ADDED.items() if later > version for name in names]


def _check_values(rows: Table, *, texts: Sequence[str]) -> None:
    for name in texts:
        if not all(isinstance(text, str) for text in rows[name]):
            raise TypeError(f"{name} that is no text")
    if "status" in texts and (others := set(rows["status"]) - {DONE, DIVERGED, FAILED}):
        raise ValueError(f"the status {others.pop()}")
    if not np.isfinite(rows["strength"]).all():
        raise ValueError("a strength that is not finite")
