"""Files that processes of a machine share: real processes, one of them killed."""

import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from ridgepath.errors import TrainingError
from ridgepath.execution import placing
from ridgepath.execution.placing import shared_folder, sweep

ANOTHER = """
import sys
from ridgepath.execution.placing import shared_folder

def fetch():
    raise AssertionError("these files are here already")

print(shared_folder("key", fetch), flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def machine(tmp_path, monkeypatch):
    """A machine of its own, and a process that uses nothing yet."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(placing, "_used", {})
    return tmp_path


def files():
    return iter([("a", np.arange(5, dtype=np.uint8)), ("in/b", np.zeros(0, np.uint8))])


def fail():
    yield from files()
    raise OSError("No space left on device")


def test_files_are_fetched_once_whole_and_as_they_were(machine):
    folder = shared_folder("key", files)
    assert {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()} == {
        "a": bytes(range(5)),
        "in/b": b"",
    }
    assert shared_folder("key", fail) == folder
    placing._used.clear()
    assert shared_folder("key", fail) == folder, "what is there is used by a process that comes later"
    assert folder.is_relative_to(machine)
    assert folder.parent.stat().st_mode & 0o077 == 0, "nobody else can put a builder there"


def test_what_cannot_be_written_is_an_error_and_is_fetched_again():
    with pytest.raises(TrainingError, match=r"cannot be written on .*: No space left on device"):
        shared_folder("key", fail)
    placing._used.clear()
    assert (shared_folder("key", files) / "a").exists()


def test_what_a_killed_process_had_half_written_is_written_anew(machine):
    with pytest.raises(TrainingError):
        shared_folder("key", fail)
    [draft] = machine.rglob("*.draft")
    (draft / "strange").touch()
    placing._used.clear()
    assert sorted(file.name for file in shared_folder("key", files).iterdir()) == ["a", "in"]


def test_a_folder_is_kept_as_long_as_a_process_lives_that_uses_it(machine):
    folder = shared_folder("key", files)
    with subprocess.Popen(
        [sys.executable, "-c", ANOTHER], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as another:
        assert Path(another.stdout.readline().strip()) == folder
        placing._used.popitem()[1].release()
        sweep(patience=0.0)
        assert (folder / "a").exists()
        another.kill()
    sweep(patience=10.0)
    assert not folder.exists()
    assert not list(machine.rglob("*.user"))


def test_a_folder_of_another_user_is_not_used(monkeypatch):
    monkeypatch.setattr(placing.os, "getuid", lambda: 12345)
    with pytest.raises(TrainingError, match="belongs to another user"):
        shared_folder("key", files)
