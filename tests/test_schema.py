"""A file of every earlier version is read as it is, and becomes one of this version with what is written next."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ridgepath.results import DONE, TrialResult, column_names, trial_columns
from ridgepath.schema import ADDED, VERSION, version_of
from ridgepath.store import FILE, StudyStore
from ridgepath.study import Trial

ORACLES = Path(__file__).parent / "oracles"
EARLIER = range(1, VERSION)
TABLES = ("epochs", "example_losses", "portraits", "sessions", "study", "trials")


def stored(folder: Path, version: int) -> StudyStore:
    """Make the file that a version of ridgepath wrote, from its dump."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        connection.executescript((ORACLES / f"study_version_{version}.sql").read_text(encoding="utf-8"))
    return StudyStore.open(folder)


def columns(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    """Return the name, type and place in the key of every column of every table."""
    with closing(sqlite3.connect(folder / FILE)) as connection:
        return {
            table: [(row[1], row[2], row[5]) for row in connection.execute(f"PRAGMA table_info({table})")]
            for table in TABLES
        }


def everything(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with closing(sqlite3.connect(folder / FILE)) as connection:
        names = [row[0] for row in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {name: connection.execute(f"SELECT * FROM {name}").fetchall() for name in names}


def test_every_version_before_this_one_is_at_hand() -> None:
    """Whoever raises the version keeps a file of the last one."""
    assert sorted(ADDED) == list(range(2, VERSION + 1))
    assert {file.name for file in ORACLES.glob("study_version_*.sql")} == {f"study_version_{n}.sql" for n in EARLIER}


@pytest.mark.parametrize("version", EARLIER)
class TestEarlier:
    def test_is_read_as_it_is_with_nothing_in_what_it_lacks(self, tmp_path: Path, version: int) -> None:
        store = stored(tmp_path, version)
        content = (tmp_path / FILE).read_bytes()
        trials = store.results().trials
        assert column_names(trials)[7:] == trial_columns(store.metrics, test=True)
        lacking = [name for later, names in ADDED.items() if later > version for name in names]
        assert lacking
        assert all(np.isnan(trials[name]).all() for name in lacking)
        assert (tmp_path / FILE).read_bytes() == content

    def test_becomes_what_this_version_makes(self, tmp_path: Path, version: int) -> None:
        (tmp_path / "old").mkdir()
        old = stored(tmp_path / "old", version)
        new = StudyStore.create(tmp_path / "new", old.study, metrics=old.metrics, context=old.context)
        before = everything(old.folder)
        old.remember({})
        assert columns(old.folder) == columns(new.folder)
        after = everything(old.folder)
        for table, rows in before.items():
            width = len(rows[0]) if rows else 0
            assert [row[:width] for row in after[table]] == rows, table
            assert all(value is None for row in after[table] for value in row[width:]), table
        with closing(sqlite3.connect(old.folder / FILE)) as connection:
            assert (version_of(connection), connection.execute("PRAGMA integrity_check").fetchone()) == (
                VERSION,
                ("ok",),
            )

    def test_takes_a_trial_of_this_version_beside_its_own(self, tmp_path: Path, version: int) -> None:
        store = stored(tmp_path, version)
        before = store.trials()
        trial = Trial("l2", 0.5, 7)
        figures = {name: place / 4 for place, name in enumerate(trial_columns(store.metrics, test=True))}
        store.add(TrialResult(trial, DONE, "", "jax", 1.0, figures, {}))
        after = StudyStore.open(tmp_path).trials()
        own = (after["strength"] == trial.strength) & (after["seed"] == trial.seed)
        assert after[own][list(figures)].tolist() == [tuple(figures.values())]
        for name in column_names(before):
            np.testing.assert_array_equal(after[~own][name], before[name])

    def test_that_cannot_be_written_to_stays_of_its_version(self, tmp_path: Path, version: int) -> None:
        store = stored(tmp_path, version)
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.execute("CREATE TRIGGER late BEFORE UPDATE ON study BEGIN SELECT RAISE(ABORT, 'no room'); END")
        content = (tmp_path / FILE).read_bytes()
        with pytest.raises(ValueError, match="no room"):
            store.remember({"a": "b"})
        assert (tmp_path / FILE).read_bytes() == content
