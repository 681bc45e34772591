"""Train shards on this machine by loky: a process a GPU, or where there is none, a process a core, single-threaded.

Measured: two threads inside one small step are slower than one, and two single-threaded processes are twice
as fast as one. So every worker is told to use one thread, before its JAX starts; the caller's own process
and environment stay as they are. One thread takes three settings: XLA's own flag, ``NPROC`` for the pool in
which it runs a program's parts, and no second thread to dispatch from. With the flag alone, two workers
on two cores took 0.58 ms a step of the task's network; with all three 0.34 ms.
"""

from __future__ import annotations

import contextlib
import hashlib
import logging
import os
import platform
import signal
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

from loky import ProcessPoolExecutor
from loky.backend import get_context
from loky.process_executor import BrokenProcessPool

from ridgepath.errors import TrainingError
from ridgepath.execution.gpus import VISIBLE, usable_gpus
from ridgepath.results import Leg, failed
from ridgepath.study import Shard

MOST_DEATHS = 3
"""A shard in whose legs workers died this often, one time after the other, is given up."""

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_PRECISION = "JAX_DEFAULT_MATMUL_PRECISION"
_Value = TypeVar("_Value")
_log = logging.getLogger(__name__)


TrainLeg = Callable[[Shard, bytes | None], Leg]
"""Trains a shard for a while, from where its last leg ended (``None`` at its start)."""


@dataclass(eq=False)
class _Job:
    """A shard that is being trained: its progress as of its last leg, and the deaths since then."""

    shard: Shard
    progress: bytes | None = None
    epochs: int = 0
    deaths: int = 0
    ended: bool = False

    def take(self, leg: Leg) -> None:
        """Go on from what a leg brought."""
        self.progress, self.epochs, self.deaths = leg.progress, self.epochs + leg.epochs, 0
        self.ended = leg.progress is None

    def survive(self, error: BrokenProcessPool) -> Leg:
        """Go on from the last leg, or give the shard up and record its trials as failed."""
        self.deaths += 1
        self.ended = self.deaths >= MOST_DEATHS
        reason = f"its worker process died {self.deaths} times in a row: {_first_sentence(error)}"
        return Leg([failed(trial, reason) for trial in self.shard.trials] if self.ended else [])


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def program_cache() -> Path:
    """Return the folder in which JAX keeps compiled programs from one study to the next, for this kind of processor.
    A program that was compiled for one processor may not run on another one that shares the home folder.
    """
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    try:
        described = next(line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("flags"))
    except (OSError, StopIteration):
        described = platform.processor()
    kind = hashlib.sha256(f"{platform.machine()} {described}".encode()).hexdigest()[:12]
    return home / "ridgepath" / f"programs-{kind}"


def cache_folder() -> Path:
    """Return where compiled programs are kept: where the user says, or :func:`program_cache`."""
    return Path(os.environ.get("JAX_COMPILATION_CACHE_DIR") or program_cache())


def worker_environment(*, on_gpu: bool = False) -> dict[str, str]:
    """Return the environment variables with which a worker's Keras runs on JAX: on its GPU, or on one thread."""
    return {
        **(_exact() if on_gpu else _on_one_thread()),
        "KERAS_BACKEND": "jax",
        **_cache_settings(),
        "TF_CPP_MIN_LOG_LEVEL": "3",
        "LOKY_MAX_MEMORY_LEAK_SIZE": "1e18",  # data that arrives with the first trial is no leak
    }


def _on_one_thread() -> dict[str, str]:
    flags = f"{os.environ.get('XLA_FLAGS', '')} --xla_cpu_multi_thread_eigen=false".strip()
    return {**_ONE_THREAD, "XLA_FLAGS": flags, "NPROC": "1", "JAX_CPU_ENABLE_ASYNC_DISPATCH": "false"}


def _exact() -> dict[str, str]:
    """Let a GPU multiply float32 as such, unless the user says otherwise.

    By default JAX lets a new one round factors to 10 bits (TF32), as much as separates some strengths, and more than a
    program that proves itself may be off by.
    """
    return {_PRECISION: os.environ.get(_PRECISION, "highest")}


def _cache_settings() -> dict[str, str]:
    """Let JAX keep even the smallest program; nothing where the folder cannot be written."""
    folder = cache_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError:
        return {}
    return {
        "JAX_COMPILATION_CACHE_DIR": str(folder),
        "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
        "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1",
    }


class LocalWorkers:
    """A pool of worker processes; leaving its context ends them.

    Attributes:
        workers: how many there are: as many as are asked for, but where there are GPUs, not more than those.
        gpus: one for each worker, or empty.
    """

    def __init__(self, workers: int) -> None:
        self.gpus = usable_gpus()[:workers]
        self.workers = len(self.gpus) or workers
        self._pool = self._new_pool()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.shutdown(wait=True, kill_workers=True)

    def warm(self, function: Callable[..., None], *arguments: Any) -> None:
        """Let every worker call a function, such as a long import, and do not wait for it."""
        for _ in range(self.workers):
            self._pool.submit(function, *arguments)

    def begin(self, function: Callable[..., _Value], *arguments: Any) -> Callable[[], _Value]:
        """Call a function in a worker, and return a function that waits for its value.

        That one raises :class:`TrainingError` when the worker died, and else what the function raised.
        """
        future: Future[_Value] = self._pool.submit(function, *arguments)

        def value() -> _Value:
            try:
                return future.result()
            except BrokenProcessPool as error:
                raise TrainingError(f"a worker process died before training began: {_first_sentence(error)}") from None

        return value

    def train(self, shards: Sequence[Shard], train_leg: TrainLeg) -> Iterator[Leg]:
        """Train shards, and yield every leg as it is finished.

        When a worker dies, the pool is started anew and the shards under way go on from their last leg.
        """
        waiting = [_Job(shard) for shard in shards]
        running: dict[Future[Leg], _Job] = {}
        spare = len(shards) % self.workers
        while waiting or running:
            near_end = spare > 0 and len(waiting) + len(running) <= self.workers + spare
            while waiting and len(running) < self.workers:
                job = _furthest_behind(waiting) if near_end else waiting[0]
                try:
                    running[self._pool.submit(train_leg, job.shard, job.progress)] = job
                except BrokenProcessPool:  # a worker died between legs; those under way fail too, and are found below
                    if not running:
                        self._replace_pool()
                    break
                waiting.remove(job)
            for job, leg in self._finished(running):
                if not job.ended:
                    waiting.insert(0, job)
                yield leg

    def _finished(self, running: dict[Future[Leg], _Job]) -> Iterator[tuple[_Job, Leg]]:
        """Wait for a leg, take what is finished out of ``running``, and replace the pool when it broke."""
        finished, _ = wait(running, return_when=FIRST_COMPLETED)
        broken = any(isinstance(future.exception(), BrokenProcessPool) for future in finished)
        if broken:
            finished, _ = wait(running)  # the death of one worker breaks the whole pool
            self._replace_pool()
        for future in finished:
            job = running.pop(future)
            try:
                leg = future.result()
                job.take(leg)
            except BrokenProcessPool as error:
                leg = job.survive(error)
            yield job, leg

    def _replace_pool(self) -> None:
        self._pool.shutdown(wait=True, kill_workers=True)
        self._pool = self._new_pool()
        _log.warning("a worker process died; its trials go on from where they were last handed back")

    def _new_pool(self) -> ProcessPoolExecutor:
        environment = worker_environment(on_gpu=bool(self.gpus))
        settings = {"initializer": _prepare_worker, "initargs": (_to_take(self.gpus),), "env": environment}
        return ProcessPoolExecutor(self.workers, **settings)


def _to_take(gpus: Sequence[str]) -> Any | None:
    """Put GPUs where every worker takes one; nothing where there are none."""
    if not gpus:
        return None
    queue = get_context("loky").SimpleQueue()
    for gpu in gpus:
        queue.put(gpu)
    return queue


def _furthest_behind(waiting: Sequence[_Job]) -> _Job:
    """Choose the job with the most left to do, so that the last few shards end together and no core is idle.

    McNaughton (1959), Scheduling with deadlines and loss functions: jobs that may be interrupted fill all
    machines to the end.
    """
    return min(waiting, key=lambda job: job.epochs)


def _first_sentence(error: BaseException) -> str:
    return str(error).split(". ")[0].split("\n")[0]


def _prepare_worker(free_gpus: Any | None) -> None:
    """Take a GPU, if there are any; leave Ctrl-C to the caller, and standard output to what the caller writes there."""
    if free_gpus is not None:
        os.environ[VISIBLE] = free_gpus.get()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.dup2(2, 1)
