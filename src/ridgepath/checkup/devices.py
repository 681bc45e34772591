"""What there is to train on: cores, memory, and what JAX makes of them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ridgepath.checkup.finding import Finding, State, write_bytes
from ridgepath.execution.gpus import usable_gpus
from ridgepath.execution.local import available_cores, worker_environment

PART = "Devices"
PATIENCE = 180.0
"""Seconds in which JAX should have started and run a program."""
_CGROUP = Path("/sys/fs/cgroup")
_NVIDIA = Path("/proc/driver/nvidia/version")


def devices() -> Iterator[Finding]:
    """Check cores and memory, and let JAX run a small program in a process of its own."""
    cores, all_cores, gpus = available_cores(), os.cpu_count() or 1, usable_gpus()
    some = "" if cores == all_cores else f" of {all_cores}"
    workers = "a worker a GPU" if gpus else "as many workers"
    yield Finding(PART, "cores", State.OK, f"{cores}{some}, and {workers} unless --workers says otherwise")
    seen = environment(on_gpu=bool(gpus))
    if isinstance(seen, str):
        remedy = "Install both anew with: pip install --upgrade --force-reinstall keras jax"
        yield Finding(PART, "training", State.PROBLEM, f"Keras on JAX does not run: {seen}", remedy)
        return
    yield Finding(PART, "training", State.OK, f"Keras {seen['keras']} on JAX {seen['jax']} compiles and runs a program")
    if seen["bytes"] is not None:
        yield _memory(seen["bytes"], len(gpus) or cores)
    yield _accelerators(seen["devices"], seen["platform"])


def environment(*, on_gpu: bool) -> dict[str, Any] | str:
    """Return what a worker sees (:mod:`ridgepath.training.environment`), or in a line why there can be none."""
    try:
        ended = subprocess.run(
            [sys.executable, "-P", "-m", "ridgepath.training.environment"],
            env=os.environ | worker_environment(on_gpu=on_gpu),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return f"no answer in {PATIENCE:.0f} seconds"
    if ended.returncode:
        return (ended.stderr.strip().splitlines() or [f"its process ended with {ended.returncode}"])[-1]
    try:
        seen: dict[str, Any] = json.loads((ended.stdout.splitlines() or [""])[-1])
    except ValueError:
        return f"an answer that is none: {ended.stdout[-60:]!r}"
    if seen["backend"] != "jax":
        return f"Keras runs on {seen['backend']}"
    return seen if seen["is_right"] else "a product of two matrices is wrong"


def _memory(worker: int, workers: int) -> Finding:
    """Hold the memory that is free against what all workers begin with."""
    free = free_memory()
    begins = f"a worker begins with {write_bytes(worker)}"
    if free is None:
        return Finding(PART, "memory", State.OK, begins)
    said = f"{write_bytes(free)} free; {begins}"
    if free >= worker * workers:
        return Finding(PART, "memory", State.OK, said)
    remedy = f"Close other programs, or use --workers {max(1, int(free / worker))}."
    return Finding(
        PART, "memory", State.WARNING, f"{said}, {workers} of them need {write_bytes(worker * workers)}", remedy
    )


def free_memory() -> int | None:
    """Return how many bytes are to be had, on this machine and in this container; ``None`` where that is not told."""
    limits = [limit for limit in (_machine_memory(), _container_memory()) if limit is not None]
    return min(limits, default=None)


def _machine_memory() -> int | None:
    try:
        lines = Path("/proc/meminfo").read_text().splitlines()
        return next(int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    except (OSError, StopIteration):
        return None


def _container_memory() -> int | None:
    try:
        return int((_CGROUP / "memory.max").read_text()) - int((_CGROUP / "memory.current").read_text())
    except (OSError, ValueError):  # no container, or one without a limit
        return None


def _accelerators(seen: list[str], platform: str) -> Finding:
    if platform != "cpu":
        return Finding(PART, "accelerators", State.OK, ", ".join(seen))
    if _NVIDIA.exists():
        remedy = "Install JAX for it with: pip install --upgrade 'jax[cuda12]'"
        return Finding(PART, "accelerators", State.WARNING, "there is an NVIDIA GPU that JAX does not see", remedy)
    return Finding(PART, "accelerators", State.ABSENT, "JAX sees none; the cores do it all")
