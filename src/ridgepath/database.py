"""SQLite: connections that are closed, transactions that are whole, and one clear line for what goes wrong."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ridgepath.errors import StudyError
from ridgepath.texts import on_one_line

PATIENCE = 30.0
"""Seconds to wait for another process that is writing to the study."""

REMEDIES = {
    sqlite3.SQLITE_FULL: "Free some space on its disk and resume; finished trials are kept.",
    sqlite3.SQLITE_BUSY: "Another process is writing to this study; wait for it, or give another folder.",
    sqlite3.SQLITE_READONLY: "Make the folder and its study.db writable, or give another folder.",
    sqlite3.SQLITE_CANTOPEN: "Make the folder and its study.db readable and writable, or give another folder.",
    sqlite3.SQLITE_NOTADB: "It is not a study; give another folder.",
    sqlite3.SQLITE_CORRUPT: "It is damaged; restore it from a copy, or give another folder.",
}
OTHER_REMEDY = "Check its folder and disk, or give another folder."


@contextmanager
def connected(file: Path, *, mode: str) -> Iterator[sqlite3.Connection]:
    """Open a database without creating it (unless ``mode`` is ``rwc``), and say in a line what SQLite refuses."""
    try:
        address = f"{file.absolute().as_uri()}?mode={mode}"
        with closing(sqlite3.connect(address, timeout=PATIENCE, isolation_level=None, uri=True)) as connection:
            connection.text_factory = bytes.decode
            connection.execute("PRAGMA trusted_schema = OFF")
            connection.execute("PRAGMA cell_size_check = ON")
            yield connection
    except UnicodeDecodeError as error:
        remedy = REMEDIES[sqlite3.SQLITE_CORRUPT]
        raise StudyError(f"{file} must be a study that can be used", received=error, remedy=remedy) from error
    except sqlite3.Error as error:
        code = getattr(error, "sqlite_errorcode", None)
        if code is None:  # Not from SQLite but from a wrong call of it.
            raise
        remedy = REMEDIES.get(code & 0xFF, OTHER_REMEDY)
        received = on_one_line(str(error))
        raise StudyError(f"{file} must be a study that can be used", received=received, remedy=remedy) from error


@contextmanager
def transaction(file: Path, *, mode: str) -> Iterator[sqlite3.Connection]:
    """Write all that is done within it, or nothing."""
    with connected(file, mode=mode) as connection:
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
            connection.execute("COMMIT")
        except BaseException:
            if connection.in_transaction:
                connection.execute("ROLLBACK")
            raise


def quoted(name: str) -> str:
    """Write a name, whatever is in it, as SQL's identifier."""
    return '"' + name.replace('"', '""') + '"'
