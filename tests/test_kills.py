"""A study that is killed at random moments ends with the numbers, bit for bit, of one that nobody disturbed."""

import contextlib
import random
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from ridgepath.checkpoints import FOLDER
from ridgepath.store import FILE
from trained import SHORT_LEGS, tables

pytestmark = pytest.mark.slow

KILLS = 50
"""Random moments, over all studies; a study that is done is compared, and another one begun."""

SEED = 20260708

NETWORK = f"""
import keras
{SHORT_LEGS.format(0.1)}

def build(strength):
    model = keras.Sequential(
        [
            keras.layers.Flatten(),
            keras.layers.Dense(32, activation="relu", kernel_regularizer=keras.regularizers.L2(strength)),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""

PROGRAM = """
from ridgepath import checkpoints

checkpoints.EVERY = 0.2
from ridgepath.cli import main

main()
"""

ASKED = ["--strengths", "0,1e-3", "--seeds", "3", "--epochs", "150", "--keep", "best", "--early-stopping", "100"]
TRIALS = 6


class Study:
    """A study that the command line trains in a folder, in as many sittings as it takes."""

    def __init__(self, place: Path, name: str) -> None:
        self.place, self.folder, self.heard = place, place / name, place / f"{name}.said"

    def sitting(self) -> subprocess.Popen[str]:
        """Begin to train, or go on."""
        begun = (self.folder / FILE).exists()
        asked = ["resume", self.folder.name] if begun else ["run", "net.py:build", *ASKED, "--study", self.folder.name]
        program = [sys.executable, "-c", PROGRAM, *asked]
        self.heard.touch()
        self._before = len(self.heard.read_text())
        with self.heard.open("a") as heard:
            return subprocess.Popen(program, cwd=self.place, text=True, stdout=subprocess.DEVNULL, stderr=heard)

    def has_said(self, word: str) -> bool:
        """Tell whether the last sitting has said this; what an earlier one left behind may speak as well."""
        return word in self.heard.read_text()[self._before :]

    def until_it_trains(self, process: subprocess.Popen[str]) -> None:
        """Wait until a sitting begins to train, or ends."""
        while process.poll() is None and not self.has_said("training"):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(0.02)


def workers_of(process: subprocess.Popen[str]) -> list[psutil.Process]:
    """Return the processes that train for a program."""
    with contextlib.suppress(psutil.NoSuchProcess):
        return [each for each in psutil.Process(process.pid).children() if is_worker(each)]
    return []


def is_worker(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess, psutil.ZombieProcess):
        return any("loky.backend.popen_loky" in part for part in process.cmdline())
    return False


def kill_program(process: subprocess.Popen[str], study: Study, chosen: random.Random) -> None:
    """End the program, and see that its workers end by themselves."""
    workers = workers_of(process)
    process.kill()
    process.wait()
    _, left = psutil.wait_procs(workers, timeout=60)
    assert not left, "workers outlive their program"


def kill_worker(process: subprocess.Popen[str], study: Study, chosen: random.Random) -> None:
    """End a worker, if there is one by now; the program goes on."""
    if workers := workers_of(process):
        with contextlib.suppress(psutil.NoSuchProcess):
            chosen.choice(workers).kill()


def interrupt(process: subprocess.Popen[str], study: Study, chosen: random.Random) -> None:
    """Do as Ctrl-C, or as a system that shuts down."""
    sent = chosen.choice((signal.SIGINT, signal.SIGTERM))
    process.send_signal(sent)
    if process.wait(60) == -sent:  # Python itself was ending already, and listens no more
        assert len(tables(study.folder)["trials"]) == TRIALS
    else:
        assert process.returncode in (130, 0)


def fall_asleep(process: subprocess.Popen[str], study: Study, chosen: random.Random) -> None:
    """Do as a machine that sleeps: everything stands still, and goes on later."""
    asleep = [psutil.Process(process.pid), *workers_of(process)] if process.poll() is None else []
    for signalled in (signal.SIGSTOP, signal.SIGCONT):
        for each in asleep:
            with contextlib.suppress(psutil.NoSuchProcess):
                each.send_signal(signalled)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.3)


EVENTS = (kill_program, kill_program, kill_worker, kill_worker, interrupt, fall_asleep)


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A study that nobody disturbs, and the seconds that it takes to start, and to train."""
    place = tmp_path_factory.mktemp("kills")
    (place / "net.py").write_text(NETWORK)
    for name in ("first", "undisturbed"):  # the second one finds its programs compiled, as every later one does
        study, began = Study(place, name), time.perf_counter()
        process = study.sitting()
        study.until_it_trains(process)
        trains = time.perf_counter()
        assert process.wait() == 0
    return study, trains - began, time.perf_counter() - trains


def test_kills_at_random_moments_change_no_number(undisturbed):
    whole, starting, training = undisturbed
    chosen = random.Random(SEED)
    counts = dict.fromkeys(EVENTS, 0)
    studies, said = 0, ""
    while sum(counts.values()) < KILLS:
        studies += 1
        study = Study(whole.place, f"study-{studies}")
        process = study.sitting()
        while process.returncode != 0:
            if process.returncode is not None:
                process = study.sitting()
            seconds = starting
            if chosen.random() < 0.7:
                study.until_it_trains(process)
                seconds = training / 3
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(chosen.uniform(0, seconds) if sum(counts.values()) < KILLS else None)
            if process.poll() is None:
                event = chosen.choice(EVENTS if study.has_said("starting workers") else (kill_program,))
                event(process, study, chosen)
                counts[event] += 1
        assert tables(study.folder) == tables(whole.folder)
        assert not (study.folder / FOLDER).exists(), "no checkpoint is left when all is done"
        said += study.heard.read_text()
    assert all(counts.values())
    assert "Traceback" not in said
    assert re.search(r"go(es)? on from (its|their) checkpoints?, ", said), "some trials went on from the middle"
    assert "A worker process died (SIGKILL(-9)); another one goes on" in said
    assert len(tables(whole.folder)["trials"]) == TRIALS
    print(f"{sum(counts.values())} kills in {studies} studies", {event.__name__: n for event, n in counts.items()})
