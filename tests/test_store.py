from __future__ import annotations

import dataclasses
import json
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ridgepath import database
from ridgepath.callbacks import EarlyStopping
from ridgepath.errors import InputError, StudyError
from ridgepath.exports import FORMATS, export
from ridgepath.frames import frame
from ridgepath.question import QUESTION_FILE
from ridgepath.results import DIVERGED, DONE, FAILED, TrialResult, column_names, epoch_columns, trial_columns
from ridgepath.store import FILE, StudyStore, check_folder, find_studies
from ridgepath.study import BuilderCard, DataCard, Study, Trial, Variant

ODD_METRIC = 'a"b'
ODD_VARIANT = "<b>l2 تنظيم</b>; DROP TABLE trials --"
CONTEXT = {"ridgepath": "0.1.0", "machine": "مختبر 'a'", "command": "ridgepath run"}


def question(**changed: object) -> Study:
    study = Study(
        builder=BuilderCard("build", "net.py:build", "def build(strength): ...", "b" * 64),
        data=DataCard("mnist-5k", train=30, validation=4, test=3, fingerprint="d" * 64),
        variants=(Variant(ODD_VARIANT, (0.0, 1e-4)), Variant("l1", (0.001,))),
        seeds=(0, 2**32 - 1),
        epochs=2,
        batch_size=32,
        train_evaluated=30,
    )
    return dataclasses.replace(study, **changed)


def result_of(trial: Trial, study: Study, *, status: str = DONE, shift: float = 0.0) -> TrialResult:
    """Return a result whose every figure is a different number that no short decimal writes exactly."""
    figures = trial_columns([ODD_METRIC], test=study.data.test > 0)
    losses = {"validation": study.data.validation, "test": study.data.test}
    return TrialResult(
        trial,
        status,
        "" if status == DONE else "loss not finite\nin epoch 2",
        "jax",
        1.5 + shift,
        {name: trial.strength + shift + position / 3 for position, name in enumerate(figures)},
        {name: [shift + position / 7, position / 9] for position, name in enumerate(epoch_columns([ODD_METRIC]))},
        {split: np.arange(size, dtype=np.float32) / 3 + trial.seed for split, size in losses.items() if size},
    )


def created(folder: Path, study: Study | None = None) -> StudyStore:
    return StudyStore.create(folder, study or question(), metrics=[ODD_METRIC], context=CONTEXT)


@pytest.fixture
def store(tmp_path: Path) -> StudyStore:
    return created(tmp_path / "studies" / "l2 ?#%20")


@pytest.fixture
def filled(store: StudyStore) -> StudyStore:
    for trial in store.study.trials:
        store.add(result_of(trial, store.study))
    return store


def execute(store: StudyStore, *statements: str) -> None:
    with closing(sqlite3.connect(store.folder / FILE, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def counts(store: StudyStore) -> list[int]:
    with closing(sqlite3.connect(store.folder / FILE)) as connection:
        tables = ("trials", "epochs", "example_losses")
        return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]


class TestCreate:
    def test_is_opened_again(self, store: StudyStore) -> None:
        opened = StudyStore.open(store.folder)
        assert (opened.folder, opened.study, opened.metrics) == (store.folder, question(), (ODD_METRIC,))
        assert opened.context == CONTEXT
        assert sorted(os.listdir(store.folder)) == [FILE, QUESTION_FILE]

    def test_does_not_overwrite(self, filled: StudyStore) -> None:
        with pytest.raises(StudyError, match=r"must not hold a study yet"):
            created(filled.folder)
        assert counts(filled)[0] == 6

    def test_leaves_nothing_when_it_fails(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def fail(source: object, target: object) -> None:
            raise OSError("no room")

        monkeypatch.setattr(os, "replace", fail)
        kept = tmp_path / "kept"
        kept.mkdir()
        for folder in (kept, tmp_path / "new" / "deep" / "study"):
            with pytest.raises(StudyError, match="must be writable; received no room"):
                created(folder)
        assert sorted(tmp_path.rglob("*")) == [kept]

    def test_refuses_a_file_in_the_way(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        with pytest.raises(StudyError, match="must be writable"):
            created(tmp_path / "file" / "study")
        assert os.listdir(tmp_path) == ["file"]

    @pytest.mark.parametrize("metrics", [["penalty"], ["Loss"], ["mae", "MAE"], ["data_loss"], ["strength"]])
    def test_refuses_metrics_that_meet_a_column(self, tmp_path: Path, metrics: list[str]) -> None:
        with pytest.raises(StudyError, match=rf"names of their own; received {', '.join(metrics)}, .* twice"):
            StudyStore.create(tmp_path / "new", question(), metrics=metrics, context={})
        assert os.listdir(tmp_path) == []

    def test_can_be_read_by_any_tool(self, filled: StudyStore) -> None:
        with closing(sqlite3.connect(filled.folder / FILE)) as connection:
            assert connection.execute("PRAGMA application_id").fetchone()[0] == int.from_bytes(b"RPDH")
            assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
            row = connection.execute('SELECT sum("val_a""b") FROM trials').fetchone()
        assert row[0] == pytest.approx(filled.results().trials['val_a"b'].sum())


class TestOpen:
    def refuse(self, folder: Path, message: str) -> None:
        before = (folder / FILE).read_bytes() if (folder / FILE).is_file() else None
        with pytest.raises(StudyError, match=message) as refused:
            StudyStore.open(folder)
        assert "\n" not in str(refused.value)
        if before is not None:
            assert (folder / FILE).read_bytes() == before
            assert set(os.listdir(folder)) <= {FILE, QUESTION_FILE}

    def test_refuses_folders_without_a_study(self, tmp_path: Path) -> None:
        (tmp_path / "file").write_text("")
        self.refuse(tmp_path / "missing", "missing must be a study; received no such folder")
        self.refuse(tmp_path, r"received no study\.db in it\. Give the folder")
        self.refuse(tmp_path / "file", "received a file")
        assert os.listdir(tmp_path) == ["file"]

    @pytest.mark.parametrize("content", [b"", b"just text, and long enough to fill a header" * 10])
    def test_refuses_other_files(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / FILE).write_bytes(content)
        self.refuse(tmp_path, "another program's file|an empty file")

    def test_refuses_other_databases(self, tmp_path: Path) -> None:
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.execute("CREATE TABLE study (study TEXT)")
        self.refuse(tmp_path, "another program's file")

    def test_refuses_newer_studies(self, store: StudyStore) -> None:
        execute(store, "PRAGMA user_version = 4")
        self.refuse(store.folder, r"must have a version from 1 to 3; received version 4\. Update ridgepath")

    def test_refuses_cut_files(self, filled: StudyStore) -> None:
        whole = (filled.folder / FILE).read_bytes()
        for size in (50, 4096, len(whole) - 4096):
            (filled.folder / FILE).write_bytes(whole[:size])
            self.refuse(filled.folder, "malformed|another program" if size < 100 else "malformed")

    @pytest.mark.parametrize(
        ("statement", "message"),
        [
            ("DELETE FROM study", "cannot be read"),
            ("UPDATE study SET study = '{'", "cannot be read"),
            ("UPDATE study SET study = '{}'", "cannot be read"),
            ("UPDATE study SET study = '[]'", "cannot be read"),
            ("DROP TABLE study", "no such table"),
        ],
    )
    def test_refuses_damaged_questions(self, store: StudyStore, statement: str, message: str) -> None:
        execute(store, statement)
        self.refuse(store.folder, message)

    def test_needs_no_permission_to_write(self, filled: StudyStore) -> None:
        (filled.folder / FILE).chmod(0o400)
        filled.folder.chmod(0o500)
        assert len(StudyStore.open(filled.folder).results().trials) == 6
        filled.folder.chmod(0o700)


class TestAdd:
    def test_comes_back_exactly(self, filled: StudyStore) -> None:
        results = StudyStore.open(filled.folder).results()
        figures = trial_columns([ODD_METRIC], test=True)
        assert list(column_names(results.trials)) == [
            *("variant", "strength", "seed", "status", "reason", "engine", "seconds"),
            *figures,
        ]
        assert list(column_names(results.epochs)) == [
            "variant",
            "strength",
            "seed",
            "epoch",
            *epoch_columns([ODD_METRIC]),
        ]
        assert results.metrics == (ODD_METRIC,)
        trials = sorted(filled.study.trials)
        for row, trial in enumerate(trials):
            given = result_of(trial, filled.study)
            line = frame(results.trials).iloc[row]
            assert (line.variant, line.strength, line.seed) == (trial.variant, trial.strength, trial.seed)
            assert (line.status, line.reason, line.engine, line.seconds) == (DONE, "", "jax", 1.5)
            assert line[list(figures)].tolist() == list(given.figures.values())
            lines = frame(results.epochs).iloc[2 * row : 2 * row + 2]
            assert lines.epoch.tolist() == [1, 2]
            assert set(zip(lines.variant, lines.strength, lines.seed, strict=True)) == {dataclasses.astuple(trial)}
            for name, values in given.epochs.items():
                assert lines[name].tolist() == values
            for split, losses in given.example_losses.items():
                np.testing.assert_array_equal(results.example_losses[split][row], losses, strict=True)
        assert (len(results.trials), len(results.epochs)) == (6, 12)

    def test_has_the_same_types_without_any_trial(self, store: StudyStore) -> None:
        empty, results = store.results(), None
        assert (len(empty.trials), len(empty.epochs)) == (0, 0)
        assert {split: array.shape for split, array in empty.example_losses.items()} == {
            "validation": (0, 4),
            "test": (0, 3),
        }
        store.add(result_of(store.study.trials[0], store.study))
        results = store.results()
        assert frame(empty.trials).dtypes.to_dict() == frame(results.trials).dtypes.to_dict()
        assert frame(empty.epochs).dtypes.to_dict() == frame(results.epochs).dtypes.to_dict()
        assert frame(results.trials).seed.dtype == np.int64
        assert frame(results.trials).best_epoch.dtype == np.float64

    def test_keeps_what_is_not_finite_apart(self, store: StudyStore) -> None:
        trial = store.study.trials[0]
        given = result_of(trial, store.study, status=DIVERGED)
        given.figures.update({"val_data_loss": np.inf, "penalty": -np.inf, "loss": np.nan})
        del given.figures["best_epoch"]
        given.epochs["loss"][1] = np.nan
        given.example_losses["validation"][1:3] = np.inf, np.nan
        del given.example_losses["test"]
        store.add(given)
        results = store.results()
        line = frame(results.trials).iloc[0]
        assert (line.val_data_loss, line.penalty) == (np.inf, -np.inf)
        assert line[["loss", "best_epoch"]].isna().all()
        assert (line.status, line.reason) == (DIVERGED, "loss not finite\nin epoch 2")
        assert frame(results.epochs).loss.isna().tolist() == [False, True]
        np.testing.assert_array_equal(results.example_losses["validation"], [[0, np.inf, np.nan, 1]])
        assert np.isnan(results.example_losses["test"]).all()
        with closing(sqlite3.connect(store.folder / FILE)) as connection:
            assert connection.execute("SELECT count(*) FROM trials WHERE loss IS NULL").fetchone() == (1,)

    def test_takes_a_failed_trial_without_figures(self, store: StudyStore) -> None:
        store.add(TrialResult(store.study.trials[0], FAILED, "out of memory", "jax", 0.1, {}, {}))
        results = store.results()
        assert frame(results.trials).iloc[0].reason == "out of memory"
        assert frame(results.trials).val_data_loss.isna().all()
        assert len(results.epochs) == 0

    def test_takes_numbers_of_numpy(self, store: StudyStore) -> None:
        trial = Trial("l1", np.float64(0.001), np.int64(0))  # type: ignore[arg-type]
        given = result_of(trial, store.study)
        given.figures["penalty"] = np.float32(0.5)  # type: ignore[assignment]
        given.epochs["loss"] = np.array([1, 2], np.float32)  # type: ignore[assignment]
        store.add(given)
        assert frame(store.results().trials).penalty.tolist() == [0.5]
        assert frame(store.results().epochs).loss.tolist() == [1, 2]
        assert store.finished() == {Trial("l1", 0.001, 0)}

    @pytest.mark.parametrize("status", [DONE, DIVERGED])
    def test_leaves_an_ended_trial(self, store: StudyStore, status: str) -> None:
        trial = store.study.trials[0]
        store.add(result_of(trial, store.study, status=status))
        store.add(result_of(trial, store.study, shift=1.0))
        assert frame(store.results().trials)[["status", "seconds"]].to_numpy().tolist() == [[status, 1.5]]
        assert counts(store) == [1, 2, 2]

    def test_replaces_a_failed_trial(self, store: StudyStore) -> None:
        trial = store.study.trials[0]
        store.add(result_of(trial, store.study, status=FAILED))
        assert store.finished() == frozenset()
        store.add(result_of(trial, store.study, shift=1.0))
        assert frame(store.results().trials)[["status", "seconds"]].to_numpy().tolist() == [[DONE, 2.5]]
        assert frame(store.results().epochs).loss.tolist() == [1.0, 0.0]
        assert counts(store) == [1, 2, 2]

    def test_names_what_is_finished(self, store: StudyStore) -> None:
        statuses = dict(zip(store.study.trials, [DONE, DIVERGED, FAILED], strict=False))
        for trial, status in statuses.items():
            store.add(result_of(trial, store.study, status=status))
        assert store.finished() == set(store.study.trials[:2])

    def test_refuses_losses_of_other_examples(self, store: StudyStore) -> None:
        given = result_of(store.study.trials[0], store.study)
        for losses in ({"validation": np.zeros(5)}, {"holdout": np.zeros(4)}):
            with pytest.raises(ValueError, match="example losses"):
                store.add(dataclasses.replace(given, example_losses=losses))
        assert counts(store) == [0, 0, 0]


class TestSafety:
    def test_writes_a_trial_whole_or_not_at_all(self, store: StudyStore) -> None:
        first, second = store.study.trials[:2]
        store.add(result_of(first, store.study, status=FAILED))
        execute(
            store,
            "CREATE TRIGGER late BEFORE INSERT ON example_losses WHEN new.split = 'test' "
            "BEGIN SELECT RAISE(ABORT, 'no room'); END",
        )
        for trial in (first, second):
            with pytest.raises(StudyError, match="received no room"):
                store.add(result_of(trial, store.study, shift=9.0))
        assert counts(store) == [1, 2, 2]
        assert frame(store.results().trials).seconds.tolist() == [1.5]
        execute(store, "DROP TRIGGER late")
        store.add(result_of(second, store.study))
        assert counts(store) == [2, 4, 4]

    def test_survives_a_kill_in_the_middle(self, filled: StudyStore) -> None:
        script = (
            "import os, sqlite3, sys\n"
            "database = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
            "database.execute('PRAGMA cache_size = 1')\n"
            "database.execute('BEGIN IMMEDIATE')\n"
            "database.execute('UPDATE trials SET reason = hex(zeroblob(20000))')\n"
            "database.execute('DELETE FROM epochs')\n"
            "os.kill(os.getpid(), 9)\n"
        )
        before = filled.results()
        killed = subprocess.run([sys.executable, "-c", script, filled.folder / FILE], check=False)
        assert killed.returncode == -signal.SIGKILL
        assert (filled.folder / f"{FILE}-journal").stat().st_size > 0, "nothing was left to recover from"
        after = StudyStore.open(filled.folder).results()
        pd.testing.assert_frame_equal(frame(after.trials), frame(before.trials))
        pd.testing.assert_frame_equal(frame(after.epochs), frame(before.epochs))

    def test_says_when_another_process_writes(self, store: StudyStore, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(database, "PATIENCE", 0.0)
        with closing(sqlite3.connect(store.folder / FILE, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            assert len(StudyStore.open(store.folder).results().trials) == 0
            with pytest.raises(StudyError, match=r"database is locked\. Another process is writing"):
                store.add(result_of(store.study.trials[0], store.study))

    def test_says_when_the_disk_takes_no_more(self, store: StudyStore) -> None:
        result = result_of(store.study.trials[0], store.study)
        large = dataclasses.replace(result, reason="x" * 200_000)
        with files_up_to(100_000), pytest.raises(StudyError, match=r"study\.db must .*; received disk I/O error\. "):
            store.add(large)
        assert counts(store) == [0, 0, 0]
        store.add(large)
        assert counts(store) == [1, 2, 2]

    def test_says_when_the_study_is_gone(self, store: StudyStore) -> None:
        (store.folder / FILE).unlink()
        for use in (store.finished, store.results, lambda: store.grow(question()), lambda: store.seconds):
            with pytest.raises(StudyError, match="unable to open database file"):
                use()
        assert os.listdir(store.folder) == [QUESTION_FILE]

    @pytest.mark.parametrize(
        "statement",
        [
            "ALTER TABLE trials RENAME COLUMN penalty TO other",
            "DELETE FROM trials",
            "UPDATE example_losses SET losses = x'00'",
            "UPDATE example_losses SET losses = NULL",
            "UPDATE trials SET seconds = 'long'",
        ],
    )
    def test_refuses_damaged_tables(self, filled: StudyStore, statement: str) -> None:
        execute(filled, statement)
        with pytest.raises(StudyError, match="must be a whole study"):
            filled.results()


PROBES = ["gradient_share", "update_share", "sensitivity", "trained_epochs", "kept_epoch"]


class TestVersion1:
    """A study that version 1 of the store wrote: three of its four trials, the third of them diverged."""

    @pytest.fixture
    def old(self, tmp_path: Path) -> StudyStore:
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.executescript((Path(__file__).parent / "oracles" / "study_version_1.sql").read_text())
        return StudyStore.open(tmp_path)

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


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size; that stops root too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


class TestGrow:
    def test_takes_up_strengths_seeds_and_variants(self, filled: StudyStore) -> None:
        more = question(variants=(Variant("l1", (0.0, 0.01)), Variant("dropout", (0.5,))), seeds=(0, 7))
        filled.grow(more)
        expected = question().grown_by(more)
        assert filled.study == expected
        assert StudyStore.open(filled.folder).study == expected
        assert len(filled.finished()) == 6

    def test_keeps_what_another_process_took_up(self, store: StudyStore) -> None:
        StudyStore.open(store.folder).grow(question(seeds=(5,)))
        store.grow(question(seeds=(6,)))
        assert store.study.seeds == (0, 5, 6, 2**32 - 1)
        assert StudyStore.open(store.folder).study.seeds == (0, 5, 6, 2**32 - 1)

    @pytest.mark.parametrize(
        ("changed", "stored", "asked"),
        [
            ({"epochs": 3}, r"has epochs 2;", r"question: epochs 3\."),
            ({"validation": "folds:5"}, r"has validation fixed;", r"question: validation folds:5\."),
            ({"keep": "best"}, r"has keep last;", r"question: keep best\."),
            (
                {"early_stopping": EarlyStopping(patience=2)},
                r"has early stopping none;",
                r"question: early stopping monitor=val_data_loss min_delta=0.0 patience=2 .*\.",
            ),
            (
                {"class_weight": ((0, 1.0), (1, 2.5))},
                r"has class weight none;",
                r"question: class weight 0=1\.0 1=2\.5\.",
            ),
            ({"batch_size": 8, "engine": "jax"}, r"batch size 32, engine auto;", r"batch size 8, engine jax\."),
            (
                {"data": DataCard("mnist", 30, 4, 3, "e" * 64)},
                r"data mnist-5k \(dddddddd\);",
                r"data mnist \(eeeeeeee\)\.",
            ),
            (
                {"builder": BuilderCard("build", None, "", "c" * 64)},
                r"network build \(bbbbbbbb\);",
                r"network build \(cccccccc\)\.",
            ),
        ],
    )
    def test_refuses_another_question(
        self, store: StudyStore, changed: dict[str, object], stored: str, asked: str
    ) -> None:
        other = question(**changed, seeds=(9,))
        for refuse in (store.grow, store.check_same_question):
            with pytest.raises(StudyError, match=f"{stored} received another .*{asked}"):
                refuse(other)
        assert StudyStore.open(store.folder).study == question()

    def test_is_the_same_question_with_other_seeds(self, store: StudyStore) -> None:
        store.check_same_question(question(seeds=(9,)))

    def test_adds_up_the_sittings(self, store: StudyStore) -> None:
        assert store.seconds == 0
        store.add_session(started="2025-01-01T00:00:00+00:00", seconds=1.5, workers=2, trials=3)
        store.add_session(started="2025-01-02T00:00:00+00:00", seconds=2.25, workers=1, trials=1)
        assert StudyStore.open(store.folder).seconds == 3.75
        with closing(sqlite3.connect(store.folder / FILE)) as connection:
            assert connection.execute("SELECT started, workers, trials FROM sessions").fetchall() == [
                ("2025-01-01T00:00:00+00:00", 2, 3),
                ("2025-01-02T00:00:00+00:00", 1, 1),
            ]

    def test_remembers_how_it_came_to_be(self, filled: StudyStore) -> None:
        other = StudyStore.open(filled.folder)
        filled.remember({"strengths": "auto: 1e-05 to 0.1"})
        other.remember({"strengths": "auto: 1e-05 to 1", "command": "ridgepath run 'ب'"})
        now = CONTEXT | {"strengths": "auto: 1e-05 to 1", "command": "ridgepath run 'ب'"}
        assert StudyStore.open(filled.folder).context == other.context == now
        assert counts(filled)[0] == 6


class TestExport:
    @pytest.mark.parametrize(
        ("ending", "read"),
        [
            (".csv", lambda file: pd.read_csv(file, keep_default_na=False)),
            (".parquet", pd.read_parquet),
        ],
    )
    def test_tables_come_back(
        self, filled: StudyStore, tmp_path: Path, ending: str, read: Callable[[Path], pd.DataFrame]
    ) -> None:
        files = export(filled.results(), tmp_path / f"my trials{ending}")
        assert files == [tmp_path / f"my trials{ending}", tmp_path / f"my trials.epochs{ending}"]
        results = filled.results()
        for file, table in zip(files, (results.trials, results.epochs), strict=True):
            pd.testing.assert_frame_equal(read(file), frame(table), check_dtype=False, check_exact=True)

    def test_json_holds_both(self, filled: StudyStore, tmp_path: Path) -> None:
        execute(filled, "UPDATE trials SET penalty = NULL, loss = 9e999", "UPDATE epochs SET near_zero = 1e-9 / 3")
        target = tmp_path / "all.JSON"
        assert export(filled.results(), target) == [target]
        document = json.loads(target.read_text(encoding="utf-8"), parse_constant=pytest.fail)
        assert (len(document["trials"]), len(document["epochs"])) == (6, 12)
        line = document["trials"][0]
        assert (line["variant"], line["seed"], line["penalty"], line["loss"]) == (ODD_VARIANT, 0, None, None)
        assert document["epochs"][0]["near_zero"] == 1e-9 / 3
        assert "تنظيم" in target.read_text(encoding="utf-8")

    def test_overwrites_and_leaves_nothing_beside(self, filled: StudyStore, tmp_path: Path) -> None:
        target = tmp_path / "out" / "t.csv"
        target.parent.mkdir()
        target.write_text("old")
        export(filled.results(), target)
        assert sorted(os.listdir(target.parent)) == ["t.csv", "t.epochs.csv"]
        assert len(pd.read_csv(target)) == 6

    def test_works_without_any_trial(self, store: StudyStore, tmp_path: Path) -> None:
        for ending in FORMATS:
            assert all(file.is_file() for file in export(store.results(), tmp_path / f"t{ending}"))

    def test_refuses_other_endings(self, filled: StudyStore, tmp_path: Path) -> None:
        for name in ("t.xlsx", "trials"):
            with pytest.raises(InputError, match=rf"ends in \.csv, \.json or \.parquet; received {name}\."):
                export(filled.results(), tmp_path / name)

    def test_says_how_to_get_parquet(self, filled: StudyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(InputError, match=r'pip install "ridgepath\[parquet\]"'):
            export(filled.results(), tmp_path / "t.parquet")

    def test_says_what_cannot_be_written(self, filled: StudyStore, tmp_path: Path) -> None:
        target = tmp_path / "t.csv"
        (tmp_path / "t.epochs.csv").mkdir()
        for wrong in (tmp_path / "none" / "t.csv", target):
            with pytest.raises(InputError, match=rf"{wrong} must be a file that can be written"):
                export(filled.results(), wrong)
        assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]


class TestFindStudies:
    def test_finds_them_sorted_to_a_depth(self, tmp_path: Path) -> None:
        for place in ("b", "a/deep", ".hidden/x", "1/2/3/4", "1/2/3/4/5", "none"):
            (tmp_path / place).mkdir(parents=True)
            if place != "none":
                (tmp_path / place / FILE).touch()
        assert find_studies(tmp_path) == [tmp_path / place for place in ("1/2/3/4", "a/deep", "b")]
        assert find_studies(tmp_path / "b") == [tmp_path / "b"]
        assert find_studies(tmp_path / "none") == []
        with pytest.raises(StudyError, match="looked for in a folder; received"):
            find_studies(tmp_path / "b" / FILE)


class TestCheckFolder:
    def test_accepts_new_empty_and_studied_folders(self, store: StudyStore, tmp_path: Path) -> None:
        (tmp_path / "empty").mkdir()
        (tmp_path / "empty" / ".DS_Store").touch()
        (store.folder / "report.html").touch()
        for folder in (store.folder, tmp_path / "empty", tmp_path / "new" / "deep", Path("new-relative-folder")):
            check_folder(folder)
        assert not (tmp_path / "new").exists()

    def test_refuses_folders_of_others(self, tmp_path: Path) -> None:
        (tmp_path / "thesis.tex").touch()
        with pytest.raises(StudyError, match=r"must be new, empty or a study; received thesis\.tex in it"):
            check_folder(tmp_path)

    def test_refuses_files(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        for folder in (tmp_path / "file", tmp_path / "file" / "a" / "b"):
            with pytest.raises(StudyError, match=rf"a study is a folder; received the file {tmp_path}/file\."):
                check_folder(folder)

    @pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
    def test_refuses_folders_without_permission(self, store: StudyStore) -> None:
        store.folder.chmod(0o500)
        for folder in (store.folder, store.folder / "new"):
            with pytest.raises(StudyError, match=r"a study must be writable; received .*, which is not"):
                check_folder(folder)
        store.folder.chmod(0o700)

    def test_asks_for_permission_where_it_would_write(
        self, store: StudyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        for denied, folder in (
            (tmp_path, tmp_path / "new" / "deep"),
            (store.folder, store.folder),
            (store.folder / FILE, store.folder),
        ):
            monkeypatch.setattr(os, "access", lambda place, mode, denied=denied: place != denied)
            with pytest.raises(StudyError, match=r"a study must be writable; received .*, which is not") as refused:
                check_folder(folder)
            assert f"{denied}, which" in str(refused.value)
