"""One run of a program, from the start of its process to its end: seconds, peak memory, and what it printed."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import psutil

EVERY = 0.5
"""Seconds between two looks at the memory."""


class ProgramError(Exception):
    """A program that was to be measured failed."""


@dataclass(frozen=True)
class Measured:
    """What a run took.

    Attributes:
        seconds: by the clock, of the whole process.
        peak: bytes of all its processes together, pages that they share counted once (proportional set size).
        printed: its standard output.
        in_time: whether it ended by itself.
    """

    seconds: float
    peak: int
    printed: str
    in_time: bool


def measure(command: Sequence[str], environment: Mapping[str, str], *, cap: float) -> Measured:
    """Run a command, and end it with all that it started when it takes longer than ``cap`` seconds.

    Raises:
        ProgramError: it failed; with the last lines that it said.
    """
    began = time.perf_counter()
    process = subprocess.Popen(
        command,
        env={**os.environ, **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    peaks = [0]
    tree = psutil.Process(process.pid)  # here, where it cannot have been forgotten yet
    follower = threading.Thread(target=_follow_memory, args=(process, tree, peaks))
    follower.start()
    try:
        printed, said = process.communicate(timeout=cap)
    except BaseException as error:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        follower.join()
        if not isinstance(error, subprocess.TimeoutExpired):
            raise
        return Measured(cap, max(peaks), "", in_time=False)
    seconds = time.perf_counter() - began
    follower.join()
    if process.returncode:
        raise ProgramError(f"{' '.join(command)}\nended with exit code {process.returncode}:\n{said[-2_000:]}")
    return Measured(seconds, max(peaks), printed, in_time=True)


def _follow_memory(process: subprocess.Popen[str], tree: psutil.Process, peaks: list[int]) -> None:
    """Note the memory of a process and all that it starts, until it ends."""
    while process.poll() is None:
        with contextlib.suppress(psutil.Error):
            peaks.append(sum(each.memory_full_info().pss for each in (tree, *tree.children(recursive=True))))
        time.sleep(EVERY)
