"""One process at a time trains a study, and another one is told who does."""

import os
import subprocess
import sys

import pytest

import ridgepath as rp
from ridgepath.builders import TASK_NETWORK, find_builder
from ridgepath.errors import StudyError
from ridgepath.holding import HOLDER, LOCK, held
from ridgepath.progress import Watch
from ridgepath.session import Request, run
from ridgepath.variants import asked_variants

HOLD = "import sys; from pathlib import Path; from ridgepath.holding import held\nwith held(Path(sys.argv[1])):\n {}"


def hold(folder, until):
    """Let another process hold a folder; return when it does."""
    program = [sys.executable, "-c", HOLD.format(f"print('held', flush=True); {until}"), str(folder)]
    process = subprocess.Popen(program, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "held\n"
    return process


def end(process):
    process.kill()
    process.communicate()


def test_a_second_holder_is_told_of_the_first(tmp_path):
    with held(tmp_path), pytest.raises(StudyError, match=rf"process {os.getpid()} on .* is training"), held(tmp_path):
        pass
    assert not (tmp_path / HOLDER).exists()
    with held(tmp_path):
        assert str(os.getpid()) in (tmp_path / HOLDER).read_text()


def test_who_is_killed_holds_nothing(tmp_path):
    process = hold(tmp_path, "sys.stdin.read()")
    with pytest.raises(StudyError, match=f"process {process.pid} on"), held(tmp_path):
        pass
    end(process)
    assert (tmp_path / HOLDER).exists(), "it had no time to tidy up"
    with held(tmp_path):
        assert str(os.getpid()) in (tmp_path / HOLDER).read_text()


def test_the_words_of_a_holder_are_plain_text(tmp_path):
    process = hold(tmp_path, "sys.stdin.read()")
    (tmp_path / HOLDER).write_bytes(b"\x1b[31mprocess 7\xff\nof nobody")
    with pytest.raises(StudyError) as told, held(tmp_path):
        pass
    end(process)
    assert str(told.value).isprintable()
    assert "process 7" in str(told.value)


def test_a_folder_that_cannot_be_written_is_said(tmp_path):
    (tmp_path / LOCK).mkdir()
    with pytest.raises(StudyError, match="must be writable"), held(tmp_path):
        pass


def test_a_study_is_left_alone_while_another_process_trains_it(digits_file, tmp_path):
    question = {"strengths": [1e-3], "epochs": 1, "workers": 1, "progress": False, "study": tmp_path / "study"}
    path = rp.fit_path(TASK_NETWORK, str(digits_file), seeds=1, **question)
    stored = (tmp_path / "study" / "study.db").read_bytes()
    process = hold(tmp_path / "study", "sys.stdin.read()")
    with pytest.raises(StudyError, match=f"process {process.pid} on"):
        rp.resume(path.folder, seeds=2, workers=1, progress=False)
    assert (tmp_path / "study" / "study.db").read_bytes() == stored
    again = rp.fit_path(TASK_NETWORK, str(digits_file), seeds=1, **question)
    assert len(again.trials) == 2, "what is there already can be asked for all the same"
    end(process)
    assert len(rp.resume(path.folder, seeds=2, workers=1, progress=False).trials) == 4


def test_a_new_study_is_held_while_it_is_trained(digits_file, tmp_path):
    builder, told = find_builder(TASK_NETWORK), []

    def look(store, result):
        with pytest.raises(StudyError, match=f"process {os.getpid()} on"), held(store.folder):
            pass
        told.append(result.status)

    variants = asked_variants(builder, strengths=[1e-3], vary=None, zero=False)
    settings = {"seeds": (0,), "epochs": 1, "batch_size": 32, "workers": 1, "engine": "auto"}
    request = Request(builder, str(digits_file), variants, folder=tmp_path / "study", **settings)
    run(request, Watch(quiet=True), written=look)
    assert told == ["done"]
