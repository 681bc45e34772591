"""Real worker processes; what they train here are numbers, so that the hand-over itself is what is tested."""

import os
import signal
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import psutil
import pytest

from ridgepath.errors import OutOfMemoryError, TrainingError
from ridgepath.execution import local
from ridgepath.execution.local import LocalWorkers, program_cache, worker_environment
from ridgepath.execution.workers import MOST_DEATHS
from ridgepath.results import FAILED, Checkpoint, Leg, TrialResult
from ridgepath.study import Trial, plan_shards

EPOCHS = 4


@dataclass(frozen=True)
class Count:
    """Train one epoch a leg, and die in the legs that are named in ``deaths``: (strength, epoch) → how often."""

    folder: Path
    deaths: tuple[tuple[float, int, int], ...] = ()

    def __call__(self, shard, progress):
        (trial,) = shard.trials
        epoch = progress[trial].epoch + 1 if trial in progress else 1
        for strength, at, times in self.deaths:
            if (trial.strength, epoch) == (strength, at) and self.marked(
                f"died-{strength}-{at}-{os.getpid()}"
            ) <= times:
                os.kill(os.getpid(), signal.SIGKILL)
        self.marked(f"leg-{trial.strength}-{epoch}-{os.getpid()}")
        if epoch < EPOCHS:
            return Leg([], {trial: Checkpoint(epoch, b"")}, 1)
        result = TrialResult(trial, "done", "", "count", 0.0, {"epochs": epoch}, {})
        return Leg([result], {}, 1)

    def marked(self, name):
        (self.folder / name).touch()
        prefix = name.rsplit("-", 1)[0]
        return len(list(self.folder.glob(f"{prefix}-*")))


def trials(count):
    return [Trial("l2", float(strength), 0) for strength in range(count)]


def train(folder, count, *, workers=2, deaths=(), progress=None):
    with LocalWorkers(workers) as pool:
        legs = list(pool.train(plan_shards(trials(count)), Count(folder, tuple(deaths)), progress=progress))
    return legs, [result for leg in legs for result in leg.results]


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_every_trial_is_trained_once_to_its_end(tmp_path, count):
    legs, results = train(tmp_path, count)
    assert sorted(result.trial for result in results) == trials(count)
    assert {result.figures["epochs"] for result in results} == {EPOCHS}
    assert sum(leg.epochs for leg in legs) == count * EPOCHS


def test_trials_are_finished_in_their_order_as_long_as_no_core_would_be_idle(tmp_path):
    _, results = train(tmp_path, 4, workers=1)
    assert [result.trial for result in results] == trials(4)


def test_trials_that_are_under_way_already_go_on_from_there(tmp_path):
    under_way = {trials(3)[1]: Checkpoint(EPOCHS - 1, b"")}
    legs, results = train(tmp_path, 3, progress=under_way)
    assert sorted(result.trial for result in results) == trials(3)
    assert sum(leg.epochs for leg in legs) == 2 * EPOCHS + 1


def remarks(legs):
    return [remark for leg in legs for remark in leg.remarks]


def test_a_killed_worker_is_replaced_and_its_trial_goes_on_from_its_last_leg(tmp_path):
    legs, results = train(tmp_path, 3, deaths=[(1.0, 3, 1)])
    assert sorted(result.trial for result in results) == trials(3)
    assert all(result.status == "done" for result in results)
    assert sum(leg.epochs for leg in legs) == 3 * EPOCHS, "no epoch that was handed back is trained again"
    (said,) = remarks(legs)
    assert said.startswith("A worker process died (SIGKILL(-9)); another one goes on")


@pytest.mark.parametrize("workers", [1, 2, 3])
def test_a_trial_that_kills_its_workers_is_given_up_and_the_others_go_on(tmp_path, workers):
    """Whoever trains at the same time is not to blame, however often it happens."""
    legs, results = train(tmp_path, 4, workers=workers, deaths=[(1.0, 2, MOST_DEATHS), (3.0, 1, MOST_DEATHS)])
    status = {result.trial.strength: result.status for result in results}
    assert status == {0.0: "done", 1.0: FAILED, 2.0: "done", 3.0: FAILED}
    for reason in (result.reason for result in results if result.status == FAILED):
        assert reason == f"its worker process died {MOST_DEATHS} times in a row (SIGKILL(-9))"
    assert sum(leg.epochs for leg in legs) == 2 * EPOCHS + 1


def test_when_memory_runs_out_there_are_fewer_workers_and_it_is_said(tmp_path, monkeypatch):
    counted = iter(range(100))
    monkeypatch.setattr(local, "killed_for_memory", lambda: next(counted))
    legs, results = train(tmp_path, 5, workers=3, deaths=[(1.0, 2, 2)])
    assert [result.status for result in results] == ["done"] * 5
    assert remarks(legs) == [
        "Memory ran out: 2 workers from here on, not 3.",
        "Memory ran out: 1 worker from here on, not 2.",
    ]
    assert sum(leg.epochs for leg in legs) == 5 * EPOCHS


@dataclass(frozen=True)
class Large(Count):
    """Have no memory for strength 1 as long as there are other workers."""

    def __call__(self, shard, progress):
        if shard.trials[0].strength == 1.0 and self.marked(f"large-{os.getpid()}") <= 2:
            raise OutOfMemoryError("MemoryError: 9 GB")
        return super().__call__(shard, progress)


def test_a_worker_that_says_that_it_has_no_memory_makes_room_for_the_others(tmp_path):
    with LocalWorkers(3) as pool:
        legs = list(pool.train(plan_shards(trials(4)), Large(tmp_path)))
        assert pool.workers == 1
    assert [result.status for leg in legs for result in leg.results] == ["done"] * 4
    assert remarks(legs)[-1] == "Memory ran out: 1 worker from here on, not 2."


def test_a_trial_for_which_memory_does_not_suffice_alone_is_given_up(tmp_path, monkeypatch):
    counted = iter(range(100))
    monkeypatch.setattr(local, "killed_for_memory", lambda: next(counted))
    _, results = train(tmp_path, 3, workers=2, deaths=[(1.0, 2, 100)])
    assert {result.trial.strength: result.status for result in results} == {0.0: "done", 1.0: FAILED, 2.0: "done"}
    assert {result.reason for result in results if result.status == FAILED} == {
        f"its worker process died {MOST_DEATHS} times in a row (memory ran out)"
    }


def die(*given):
    os.kill(os.getpid(), signal.SIGKILL)


@dataclass(frozen=True)
class DieAtFirst:
    """Die, but for the last of so many times."""

    folder: Path
    times: int

    def __call__(self):
        (self.folder / str(os.getpid())).touch()
        if len(list(self.folder.iterdir())) <= self.times:
            die()
        return "value"


@pytest.mark.parametrize("times", [0, 1, MOST_DEATHS - 1])
def test_a_worker_that_dies_before_training_is_replaced_and_tries_again(tmp_path, times):
    with LocalWorkers(2) as pool:
        assert pool.begin(DieAtFirst(tmp_path, times))() == "value"
    assert len(list(tmp_path.iterdir())) == times + 1


def test_what_kills_every_worker_before_training_is_an_error(tmp_path):
    with LocalWorkers(1) as pool, pytest.raises(TrainingError, match=r"died 3 times before .* \(SIGKILL\(-9\)\)"):
        pool.begin(die)()


def test_a_worker_that_died_between_legs_is_replaced(tmp_path):
    with LocalWorkers(2) as pool:
        pool.warm(die)
        legs = list(pool.train(plan_shards(trials(2)), Count(tmp_path)))
    assert sorted(result.trial for leg in legs for result in leg.results) == trials(2)
    assert sum(leg.epochs for leg in legs) == 2 * EPOCHS


def test_workers_that_cannot_begin_are_an_error(tmp_path, monkeypatch):
    monkeypatch.setattr(local, "_prepare_worker", die)
    with LocalWorkers(2) as pool, pytest.raises(TrainingError, match="as soon as it began"):
        list(pool.train(plan_shards(trials(2)), Count(tmp_path)))


ORPHANS = """
import os
from ridgepath.execution.local import LocalWorkers

with LocalWorkers(2) as pool:
    print(*[value() for value in [pool.begin(os.getpid) for _ in range(2)]], flush=True)
    os.kill(os.getpid(), 9)
"""


def test_workers_end_with_a_caller_that_is_killed():
    """One that has nothing to do, too, which would not notice by itself."""
    killed = subprocess.run([sys.executable, "-c", ORPHANS], capture_output=True, text=True, check=False)
    workers = [psutil.Process(int(pid)) for pid in killed.stdout.split() if psutil.pid_exists(int(pid))]
    assert killed.returncode == -signal.SIGKILL
    assert len(killed.stdout.split()) == 2
    _, left = psutil.wait_procs(workers, timeout=60)
    assert not left


def test_programs_are_kept_where_a_folder_can_be_made_and_nowhere_else(tmp_path, monkeypatch):
    monkeypatch.delenv("JAX_COMPILATION_CACHE_DIR", raising=False)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    assert worker_environment()["JAX_COMPILATION_CACHE_DIR"] == str(program_cache())
    assert program_cache().is_dir()
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert not [name for name in worker_environment() if "CACHE" in name]


def environment_of_a_worker():
    import threading

    return {name: os.environ.get(name) for name in ("KERAS_BACKEND", "NPROC", "XLA_FLAGS")}, threading.active_count()


def test_workers_are_single_threaded_and_the_caller_keeps_its_environment(monkeypatch):
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    before = dict(os.environ)
    with LocalWorkers(1) as pool:
        environment, _ = pool.begin(environment_of_a_worker)()
    assert environment["KERAS_BACKEND"] == "jax"
    assert environment["NPROC"] == "1"
    assert environment["XLA_FLAGS"] == "--xla_cpu_enable_fast_math=false --xla_cpu_multi_thread_eigen=false"
    assert dict(os.environ) == before


def prints():
    print("a builder that prints")
    return True


def test_what_a_worker_prints_is_kept_out_of_standard_output(capfd):
    with LocalWorkers(1) as pool:
        assert pool.begin(prints)()
    assert "prints" not in capfd.readouterr().out
