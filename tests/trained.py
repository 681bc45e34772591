"""What is stored of a study's trials, to be compared bit for bit; and networks whose trials are under way for long."""

import sqlite3
from contextlib import closing
from pathlib import Path

from ridgepath.store import FILE

SHORT_LEGS = """
try:  # where there is training, so that a trial is under way for many legs
    from ridgepath.training import shard

    shard.LEG_SECONDS = {}
except ImportError:
    pass
"""
"""The beginning of a network's file, with the seconds of a leg."""


def tables(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return all that was stored of the trials of a study, but for the seconds that they took."""
    found = {}
    with closing(sqlite3.connect(folder / FILE)) as connection:
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            columns = [row[1] for row in connection.execute(f"PRAGMA table_info({table})")]
            named = ", ".join(f'"{column}"' for column in columns if column != "seconds")
            if table not in ("study", "sessions"):
                found[table] = sorted(connection.execute(f"SELECT {named} FROM {table}").fetchall())
    return found
