from __future__ import annotations

import dataclasses
import os
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from odd_study import CONTEXT, ODD_METRIC, counts, created, execute, question, result_of
from ridgepath.callbacks import EarlyStopping
from ridgepath.errors import StudyError
from ridgepath.frames import frame
from ridgepath.question import QUESTION_FILE
from ridgepath.results import DIVERGED, DONE, FAILED, TrialResult, column_names, epoch_columns, trial_columns
from ridgepath.store import FILE, StudyStore
from ridgepath.study import BuilderCard, DataCard, Trial, Variant


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
