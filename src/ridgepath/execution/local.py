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
import os
import platform
import re
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from loky import ProcessPoolExecutor
from loky.process_executor import BrokenProcessPool, ShutdownExecutorError

from ridgepath.errors import OutOfMemoryError
from ridgepath.execution.gpus import VISIBLE, usable_gpus
from ridgepath.execution.workers import NO_MEMORY, Death, Worker, Workers

_ONE_THREAD = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}
_PRECISION = "JAX_DEFAULT_MATMUL_PRECISION"
_LOOKS_AFTER_CALLER = 1.0
"""Seconds between two looks of a worker at whether its caller is still there."""

_Value = TypeVar("_Value")


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


class LocalWorkers(Workers):
    """Worker processes on this machine: as many as are asked for, but where there are GPUs, not more than those."""

    def __init__(self, workers: int) -> None:
        gpus = usable_gpus()[:workers]
        super().__init__([_Process(gpu) for gpu in gpus or [None] * workers], gpus=gpus)


class _Process(Worker):
    """One process, in an executor of its own: so its death is its own, and it is known what it died of."""

    deaths = (BrokenProcessPool, ShutdownExecutorError, OutOfMemoryError)

    def __init__(self, gpu: str | None) -> None:
        self._environment = worker_environment(on_gpu=gpu is not None) | ({} if gpu is None else {VISIBLE: gpu})
        self.start()

    def start(self) -> None:
        self._killed_before = killed_for_memory()
        caller = os.getpid()
        self._executor = ProcessPoolExecutor(1, initializer=_prepare_worker, initargs=(caller,), env=self._environment)

    def submit(self, function: Callable[..., _Value], *arguments: Any) -> Future[_Value]:
        future: Future[_Value] = self._executor.submit(function, *arguments)
        return future

    def died(self, error: BaseException) -> Death:
        self.end()
        if isinstance(error, OutOfMemoryError):
            return Death(NO_MEMORY, of_memory=True)
        codes = re.search(r"\{(.+)\}", str(error))
        reason = codes[1] if codes else str(error).split(". ")[0].split("\n")[0]
        of_memory = "SIGKILL" in reason and killed_for_memory() > self._killed_before
        return Death(NO_MEMORY if of_memory else reason, of_memory)

    def end(self) -> None:
        self._executor.shutdown(wait=True, kill_workers=True)


def killed_for_memory() -> int:
    """Return how many processes the kernel has killed since it started because memory ran out; 0 where it does not say.

    Those of a control group that reached its limit, as in a container, are counted, too.
    """
    try:
        counts = dict(line.split() for line in Path("/proc/vmstat").read_text(encoding="ascii").splitlines())
    except (OSError, ValueError):
        return 0
    return int(counts.get("oom_kill", 0))


def keep_quiet() -> None:
    """Leave Ctrl-C to the caller, and standard output to what the caller writes there."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    with contextlib.suppress(OSError):
        os.dup2(2, 1)


def _prepare_worker(caller: int) -> None:
    """Keep quiet, and end when the caller does."""
    keep_quiet()
    threading.Thread(target=_end_with, args=(caller,), daemon=True).start()


def _end_with(caller: int) -> None:
    """End this process when its caller is no more: one that is killed cannot say so, and nobody waits for results."""
    while os.getppid() == caller:
        time.sleep(_LOOKS_AFTER_CALLER)
    os._exit(1)
