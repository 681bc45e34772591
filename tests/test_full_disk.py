"""A disk that is full: one clear line, nothing half-written, and the study goes on when there is room again."""

import os
import subprocess
import sys

import pytest

from ridgepath.checkpoints import FOLDER
from ridgepath.store import StudyStore
from small_machine import fill, small_disk
from trained import SHORT_LEGS

pytestmark = pytest.mark.slow

NETWORK = """
import keras


def build(strength):
    dense = keras.layers.Dense(8, activation="relu", kernel_regularizer=keras.regularizers.L2(strength))
    model = keras.Sequential([keras.layers.Flatten(), dense, keras.layers.Dense(10, activation="softmax")])
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""


@pytest.fixture
def place(tmp_path):
    (tmp_path / "net.py").write_text(NETWORK)
    return tmp_path


def ridgepath(place, *arguments, **environment):
    program = [sys.executable, "-m", "ridgepath", *map(str, arguments)]
    return subprocess.run(program, cwd=place, capture_output=True, text=True, check=False, env=os.environ | environment)


def run(place, study, *, seeds, epochs=2, **environment):
    asked = ["--strengths", "0,1e-3", "--seeds", seeds, "--epochs", epochs, "--study", study]
    return ridgepath(place, "run", "net.py:build", *asked, **environment)


def complaint(done):
    """Return the line with which a program ended that found the disk full."""
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
    *_, last = done.stderr.splitlines()
    assert last.startswith("ridgepath: ")
    assert "Free some space" in last
    return last


def test_trials_that_were_stored_are_kept_and_the_study_goes_on_when_there_is_room(place):
    with small_disk(place / "disk", kilobytes=140) as disk:
        complaint(run(place, "disk/study", seeds=40))
        kept = StudyStore.open(disk / "study").finished()
        assert 0 < len(kept) < 80
        complaint(ridgepath(place, "resume", "disk/study"))
        assert StudyStore.open(disk / "study").finished() >= kept
        subprocess.run(["mount", "-o", "remount,size=64m", disk], check=True)
        assert ridgepath(place, "resume", "disk/study").returncode == 0
        assert run(place, "whole", seeds=40).returncode == 0
        resumed, whole = (StudyStore.open(folder).trials() for folder in (disk / "study", place / "whole"))
    figures = [name for name in whole.dtype.names if name != "seconds"]
    assert resumed[figures].tolist() == whole[figures].tolist()


def test_no_study_begins_where_there_is_no_room_and_nothing_is_left(place):
    with small_disk(place / "disk", kilobytes=64) as disk:
        fill(disk)
        complaint(run(place, "disk/study", seeds=1))
        assert os.listdir(disk) == ["filling"]


def test_a_report_for_which_there_is_no_room_leaves_a_whole_study(place):
    with small_disk(place / "disk", kilobytes=400) as disk:
        assert "report.html" in complaint(run(place, "disk/study", seeds=1))
        assert not (disk / "study" / "report.html").exists()
        assert len(StudyStore.open(disk / "study").finished()) == 2
        assert ridgepath(place, "show", "disk/study").returncode == 0


def test_a_copy_of_the_data_for_which_there_is_no_room(place):
    with small_disk(place / "disk", kilobytes=400) as disk:
        assert "room for a copy of the data" in complaint(run(place, "study", seeds=1, TMPDIR=str(disk)))
        assert os.listdir(disk) == []
    assert not (place / "study").exists()


LONG = """
from ridgepath import checkpoints

checkpoints.EVERY = 0.0
from ridgepath.cli import main

main()
"""


def test_checkpoints_for_which_there_is_no_room_are_done_without(place):
    """The last of them does not fit beside the study: training goes on, and the user is told."""
    network = NETWORK.replace("Dense(8", "Dense(256").replace(
        "import keras\n", "import keras\n" + SHORT_LEGS.format(0.01), 1
    )
    (place / "net.py").write_text(network)
    with small_disk(place / "disk", kilobytes=1000) as disk:
        asked = ["--strengths", "0", "--seeds", "1", "--epochs", "20", "--study", "disk/study"]
        program = [sys.executable, "-c", LONG, "run", "net.py:build", *asked]
        done = subprocess.run(program, cwd=place, capture_output=True, text=True, check=False)
        assert "Traceback" not in done.stderr
        assert done.stderr.count("Networks under way cannot be kept (No space left on device); finished ones are.") == 1
        assert len(StudyStore.open(disk / "study").finished()) == 1
        assert not (disk / "study" / FOLDER).exists()
