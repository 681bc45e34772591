"""One process at a time trains a study; another one is told who does.

The lock is the operating system's, so that it ends with its process, however that ends. It is advisory: a folder that
several machines share needs a file system that hands locks on, as NFS does from version 4.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from filelock import FileLock, Timeout

from ridgepath.errors import StudyError
from ridgepath.files import remedy_of
from ridgepath.texts import on_one_line

LOCK, HOLDER = ".lock", ".holder"
"""In a study's folder: what is locked, and who locked it, in words."""


@contextmanager
def held(folder: Path) -> Iterator[None]:
    """Keep other processes from training the study in a folder.

    Raises:
        StudyError: another process trains it, or the folder cannot be written.
    """
    lock, holder = FileLock(folder / LOCK), folder / HOLDER
    try:
        lock.acquire(blocking=False)
        holder.write_text(_myself(), encoding="utf-8")
    except Timeout:
        raise StudyError(
            f"a study that nobody else is training in {folder}",
            received=f"one that {_said_by(holder)} is training",
            remedy="Wait until it is done, or end it and go on here.",
        ) from None
    except OSError as error:
        lock.release()
        remedy = remedy_of(error, "Give another folder.")
        raise StudyError(f"{folder} must be writable", received=error, remedy=remedy) from None
    try:
        yield
    finally:
        holder.unlink(missing_ok=True)
        lock.release()


def _myself() -> str:
    return f"process {os.getpid()} on {platform.node()} (since {datetime.now():%Y-%m-%d %H:%M})"


def _said_by(holder: Path) -> str:
    """Return what a holder wrote; it may not have come to that yet, or be gone by now."""
    try:
        return on_one_line(holder.read_text(encoding="utf-8", errors="replace")) or "another process"
    except OSError:
        return "another process"
