"""A file of every earlier version is read as it is, and becomes one of this version with what is written next."""

from __future__ import annotations

import dataclasses
import json
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from odd_study import execute
from ridgepath.errors import StudyError
from ridgepath.exports import export
from ridgepath.frames import frame
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


PROBES = ["gradient_share", "update_share", "sensitivity", "trained_epochs", "kept_epoch"]


class TestVersion1:
    """A study that version 1 of the store wrote: three of its four trials, the third of them diverged."""

    @pytest.fixture
    def old(self, tmp_path: Path) -> StudyStore:
        return stored(tmp_path, 1)

    def version(self, store: StudyStore) -> int:
        with closing(sqlite3.connect(store.folder / FILE)) as connection:
            return int(connection.execute("PRAGMA user_version").fetchone()[0])

    def result(self, trial: Trial) -> TrialResult:
        figures = trial_columns(["accuracy"], test=True)
        return TrialResult(trial, DONE, "", "jax", 4.5, {name: i / 4 for i, name in enumerate(figures)}, {})

    def test_is_read_as_it_is(self, old: StudyStore) -> None:
        before = (old.folder / FILE).read_bytes()
        trials = frame(old.results().trials)
        assert list(trials.columns)[7:] == list(trial_columns(["accuracy"], test=True))
        assert trials[PROBES].isna().all(axis=None)
        assert trials[PROBES].dtypes.tolist() == [np.float64] * 5
        assert trials[["seconds", "train_data_loss", "val_loss"]].to_numpy()[[0, 2]].tolist() == [
            [1.5, 0, 3],
            [2.5, 1, 4],
        ]
        assert (len(old.finished()), old.seconds) == (3, 4.5)
        assert ((old.folder / FILE).read_bytes(), self.version(old)) == (before, 1)

    def test_takes_the_columns_with_the_first_trial(self, old: StudyStore) -> None:
        before, added = old.results(), old.study.trials[3]
        old.add(self.result(added))
        assert self.version(old) == 3
        after = StudyStore.open(old.folder).results()
        is_new = (after.trials["strength"] == added.strength) & (after.trials["seed"] == added.seed)
        assert frame(after.trials)[is_new][PROBES].to_numpy().tolist() == [[3.25, 3.5, 3.75, 4.0, 4.25]]
        pd.testing.assert_frame_equal(frame(after.trials[~is_new]), frame(before.trials))
        pd.testing.assert_frame_equal(frame(after.epochs), frame(before.epochs))
        np.testing.assert_array_equal(after.example_losses["validation"][~is_new], before.example_losses["validation"])

    def test_takes_the_columns_with_anything_that_is_written(self, old: StudyStore) -> None:
        old.grow(dataclasses.replace(old.study, seeds=(5,)))
        old.add_session(started="2026-01-02T00:00:00+00:00", seconds=1.5, workers=1, trials=0)
        assert (self.version(old), old.seconds, frame(old.results().trials)[PROBES].notna().sum().sum()) == (3, 6.0, 0)
        assert StudyStore.open(old.folder).study.seeds == (0, 1, 5)

    def test_stays_whole_when_the_first_trial_cannot_be_written(self, old: StudyStore) -> None:
        execute(old, "CREATE TRIGGER late BEFORE INSERT ON trials BEGIN SELECT RAISE(ABORT, 'no room'); END")
        before = (old.folder / FILE).read_bytes()
        with pytest.raises(StudyError, match="received no room"):
            old.add(self.result(old.study.trials[3]))
        assert (old.folder / FILE).read_bytes() == before

    def test_has_no_column_of_a_later_version(self, old: StudyStore) -> None:
        execute(old, "ALTER TABLE trials ADD COLUMN gradient_share REAL")
        with pytest.raises(StudyError, match="other columns in trials"):
            old.results()
        with pytest.raises(StudyError, match="duplicate column name"):
            old.add(self.result(old.study.trials[3]))

    def test_is_not_written_once_a_newer_program_has(self, old: StudyStore) -> None:
        execute(old, "PRAGMA user_version = 4")
        with pytest.raises(StudyError, match=r"received version 4\. Update ridgepath"):
            old.add(self.result(old.study.trials[3]))
        assert self.version(old) == 4

    def test_is_exported_with_empty_columns(self, old: StudyStore, tmp_path: Path) -> None:
        old.add(self.result(old.study.trials[3]))
        export(old.results(), tmp_path / "t.json")
        lines = json.loads((tmp_path / "t.json").read_text())["trials"]
        assert [line["sensitivity"] for line in lines] == [None, None, None, 3.75]
        export(old.results(), tmp_path / "t.csv")
        assert pd.read_csv(tmp_path / "t.csv")[PROBES].isna().sum().tolist() == [3] * 5
