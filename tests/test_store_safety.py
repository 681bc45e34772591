"""What happens to a study's file when something goes wrong, and which folders hold or may hold one."""

from __future__ import annotations

import dataclasses
import os
import resource
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pandas as pd
import pytest

from odd_study import counts, execute, question, result_of
from ridgepath import database
from ridgepath.errors import StudyError
from ridgepath.frames import frame
from ridgepath.question import QUESTION_FILE
from ridgepath.results import FAILED
from ridgepath.store import FILE, StudyStore, check_folder, find_studies


@contextmanager
def files_up_to(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size; that stops root too."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


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
