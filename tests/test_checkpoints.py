"""Checkpoints on disk: whole or not there, of this study or not used, and gone when they are of no use any more."""

import json
import math
import os
import subprocess
import sys

import pytest

from ridgepath import checkpoints
from ridgepath.checkpoints import FOLDER, Checkpoints
from ridgepath.results import Checkpoint, Leg, TrialResult, failed
from ridgepath.study import Trial

ONE, OTHER = Trial("l2", 1e-3, 0), Trial("../l2 \x1b[31m*", 0.1 + 0.2, 2**32 - 1)


class Sitting:
    """The checkpoints of a folder, and what was said."""

    def __init__(self, folder, *, question="a" * 64, **versions):
        self.said = []
        versions = {"keras": "3.11", "jax": "0.7"} | versions
        self.checkpoints = Checkpoints(folder, question=question, versions=versions, say=self.said.append)

    def pass_on(self, *legs):
        return list(self.checkpoints.keeping(legs))

    def found(self, *trials):
        return self.checkpoints.found(trials)


def under_way(trial, epoch, content=b"weights"):
    return Leg(progress={trial: Checkpoint(epoch, content)}, epochs=1)


def ended(trial):
    return Leg([TrialResult(trial, "done", "", "jax", 0.0, {}, {})])


def files(folder):
    return sorted(file.name for file in (folder / FOLDER).iterdir()) if (folder / FOLDER).exists() else []


@pytest.fixture
def always(monkeypatch):
    """Have every leg kept."""
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    monkeypatch.setattr(checkpoints, "SHARE", 1.0)


def test_what_was_under_way_at_the_end_of_a_sitting_is_found_in_the_next(tmp_path):
    Sitting(tmp_path).pass_on(under_way(ONE, 3), under_way(OTHER, 5, b""), under_way(ONE, 4, b"others"))
    sitting = Sitting(tmp_path)
    assert sitting.found(ONE, OTHER) == {ONE: Checkpoint(4, b"others"), OTHER: Checkpoint(5, b"")}
    assert sitting.said == ["2 networks go on from their checkpoints, 4 to 5 epochs done."]


@pytest.mark.usefixtures("always")
def test_a_checkpoint_takes_the_place_of_the_one_before_and_goes_with_its_trial(tmp_path):
    sitting = Sitting(tmp_path)
    legs = sitting.checkpoints.keeping([under_way(ONE, 1), under_way(ONE, 2), under_way(OTHER, 1), ended(ONE), Leg()])
    seen = [files(tmp_path) for _ in legs]
    of_one = [[name for name in names if name.startswith("l2-0.001-seed-0-")] for names in seen]
    assert [len(names) for names in of_one] == [2, 2, 2, 2, 0], "it goes when the result is in the study, not before"
    assert [names[-1].split("@")[1] for names in of_one[:4]] == ["1.safetensors", "2.safetensors"] + [
        "2.safetensors"
    ] * 2
    assert len(seen[-1]) == 2
    assert all(name.isprintable() and "/" not in name for names in seen for name in names)
    sitting.pass_on(ended(OTHER))
    assert not (tmp_path / FOLDER).exists()


def test_short_trials_have_none(tmp_path):
    sitting = Sitting(tmp_path)
    legs = sitting.checkpoints.keeping([under_way(ONE, 1), under_way(ONE, 2), ended(ONE)])
    assert [files(tmp_path) for _ in legs] == [[]] * 3
    assert not (tmp_path / FOLDER).exists()


def test_writing_takes_no_more_than_its_share_of_the_time(tmp_path, monkeypatch):
    """The clock goes on by a second whenever it is looked at, which is twice while one is written: 19 s of pause."""
    clock = iter(range(10_000))
    monkeypatch.setattr(checkpoints.time, "monotonic", lambda: float(next(clock)))
    monkeypatch.setattr(checkpoints, "EVERY", 0.0)
    written = []
    monkeypatch.setattr(checkpoints, "_write_through", lambda file, content: written.append(next(clock)))
    sitting = Sitting(tmp_path)
    for epoch, _ in enumerate(sitting.checkpoints.keeping(under_way(ONE, epoch) for epoch in range(200))):
        assert len(written) <= 2 + 2 * epoch * 3 * checkpoints.SHARE / 2
    assert len(written) > 4


def test_a_trial_that_failed_keeps_its_checkpoint(tmp_path):
    Sitting(tmp_path).pass_on(under_way(ONE, 3))
    sitting = Sitting(tmp_path)
    sitting.pass_on(under_way(ONE, 4), Leg([failed(ONE, "its worker died")]))
    assert sitting.found(ONE)[ONE].epoch == 3


def test_what_is_of_no_use_any_more_is_removed_and_nothing_else(tmp_path):
    Sitting(tmp_path).pass_on(under_way(ONE, 3), under_way(OTHER, 3))
    for name in ("mine.txt", ".77.l2-0.001.safetensors", "stranger.json"):
        (tmp_path / FOLDER / name).write_text("{}")
    sitting = Sitting(tmp_path)
    sitting.checkpoints.sweep([ONE])
    assert set(sitting.found(ONE)) == {ONE}
    assert [name for name in files(tmp_path) if not name.startswith("l2-0.001")] == ["mine.txt"]


def test_a_sitting_that_trains_some_leaves_the_checkpoints_of_others(tmp_path):
    """As where a study of two strengths is asked again for one of them."""
    Sitting(tmp_path).pass_on(under_way(ONE, 3), under_way(OTHER, 4))
    sitting = Sitting(tmp_path)
    sitting.checkpoints.sweep([ONE, OTHER])
    assert set(sitting.found(ONE)) == {ONE}
    sitting.pass_on(ended(ONE))
    assert Sitting(tmp_path).found(ONE, OTHER) == {OTHER: Checkpoint(4, b"weights")}


@pytest.mark.parametrize(
    ("other", "why"),
    [
        ({"question": "b" * 64}, "of another question"),
        ({"jax": "0.8"}, "of other versions"),
        ({"new": "1"}, "versions"),
    ],
)
def test_a_checkpoint_of_something_else_is_not_used(tmp_path, other, why):
    Sitting(tmp_path).pass_on(under_way(ONE, 3))
    sitting = Sitting(tmp_path, **other)
    assert sitting.found(ONE) == {}
    (said,) = sitting.said
    assert said.startswith("The checkpoint of l2 = 0.001, seed 0, is ")
    assert why in said
    assert "begins anew" in said


def manifest_of(folder):
    (file,) = (folder / FOLDER).glob("*.json")
    return file, json.loads(file.read_text())


@pytest.mark.parametrize(
    "change",
    [
        *({"epoch": value} for value in ("x", None, -1, math.inf, 10**30, [1], "../../secret")),
        *({"sha256": value} for value in (None, "0" * 64, 7)),
        {"trial": None},
        {"versions": []},
    ],
)
def test_a_manifest_that_lies_is_not_believed(tmp_path, change):
    Sitting(tmp_path).pass_on(under_way(ONE, 3))
    file, manifest = manifest_of(tmp_path)
    file.write_text(json.dumps(manifest | change))
    sitting = Sitting(tmp_path)
    assert sitting.found(ONE) == {}
    assert len(sitting.said) == 1


@pytest.mark.parametrize("content", [b"", b"[]", b"7", b"{}", b"{", b"\xff\x00", b"[" * 100_000, b'{"question": 1}'])
def test_a_manifest_that_is_damaged_is_said(tmp_path, content):
    Sitting(tmp_path).pass_on(under_way(ONE, 3))
    manifest_of(tmp_path)[0].write_bytes(content)
    sitting = Sitting(tmp_path)
    assert sitting.found(ONE) == {}
    assert len(sitting.said) == 1


def test_arrays_that_are_damaged_cut_off_or_gone_are_not_used(tmp_path):
    Sitting(tmp_path).pass_on(under_way(ONE, 3, b"0123456789"))
    (tensors,) = (tmp_path / FOLDER).glob("*.safetensors")
    for content in (b"012345678", b"0123456780", b"", None):
        tensors.unlink() if content is None else tensors.write_bytes(content)
        sitting = Sitting(tmp_path)
        assert sitting.found(ONE) == {}
        assert "is damaged" in sitting.said[0]


@pytest.mark.usefixtures("always")
def test_where_nothing_can_be_written_training_goes_on_and_it_is_said_once(tmp_path):
    (tmp_path / FOLDER).write_text("in the way")
    sitting = Sitting(tmp_path)
    legs = [under_way(ONE, 1), under_way(ONE, 2), ended(ONE)]
    assert sitting.pass_on(*legs) == legs
    assert len(sitting.said) == 1
    assert "cannot be kept" in sitting.said[0]


KILLED = """
import os, sys
from pathlib import Path
from ridgepath import checkpoints, files
from ridgepath.results import Checkpoint, Leg
from ridgepath.study import Trial

checkpoints.EVERY, checkpoints.SHARE = 0.0, 1.0
calls = iter(range(int(sys.argv[2]), -1, -1))

def deadly(function):
    def call(*given, **settings):
        if next(calls) == 0:
            os.kill(os.getpid(), 9)
        return function(*given, **settings)
    return call

for name in ("replace", "fsync", "unlink", "mkdir"):
    setattr(os, name, deadly(getattr(os, name)))
versions = {"keras": "3.11", "jax": "0.7"}
kept = checkpoints.Checkpoints(Path(sys.argv[1]), question="a" * 64, versions=versions, say=print)
trial = Trial("l2", 1e-3, 0)
list(kept.keeping(Leg(progress={trial: Checkpoint(epoch, b"%d" % epoch)}) for epoch in (1, 2, 3)))
os._exit(7)
"""


def test_wherever_writing_is_cut_off_there_is_a_whole_one_or_none(tmp_path):
    """The process is killed before its first call that changes the folder, before its second, and so on."""
    epochs = []
    for calls in range(100):
        folder = tmp_path / str(calls)
        folder.mkdir()
        code = subprocess.run([sys.executable, "-c", KILLED, folder, str(calls)], check=False).returncode
        sitting = Sitting(folder)
        sitting.checkpoints.sweep([ONE])
        found = sitting.found(ONE)
        assert not any("damaged" in each for each in sitting.said)
        epochs.append(found[ONE].epoch if found else 0)
        assert not found or found[ONE].content == b"%d" % epochs[-1]
        assert not [name for name in files(folder) if name.startswith(".")], "drafts are tidied up"
        if code == 7:
            break
        assert code == -9
    assert epochs == sorted(epochs)
    assert set(epochs) == {0, 1, 2, 3}
    assert len(epochs) > 12
    assert os.listdir(folder) == [FOLDER]
