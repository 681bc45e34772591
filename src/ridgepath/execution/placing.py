"""Files that the workers of a machine share: written by the first that needs them, kept as long as one of them lives.

A process that uses a folder holds a lock of its own beside it, which the system takes away when the process ends,
however that comes about. So what a killed study left behind is known to be nobody's: a study of the same files uses it
again, and the next one that sweeps removes it.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
import uuid
from collections.abc import Callable, Iterable
from pathlib import Path
from socket import gethostname

import numpy as np
from filelock import FileLock, Timeout

from ridgepath.errors import TrainingError

Fetch = Callable[[], Iterable[tuple[str, np.ndarray]]]
"""Brings files here: names, perhaps of files in folders, and contents as bytes, uint8."""

_used: dict[Path, FileLock] = {}
"""The folders that this process uses, until it ends."""


def shared_folder(key: str, fetch: Fetch) -> Path:
    """Return a folder with some files, fetched unless another process of this machine has done so.

    Args:
        key: names the files by their contents, so that equal keys are equal files.

    Raises:
        TrainingError: they cannot be written here.
    """
    try:
        home = _home()
        folder = home / key
        if folder not in _used:
            with FileLock(home / f"{key}.lock"):
                _use(folder)
                if not folder.is_dir():
                    _write(folder, fetch)
    except OSError as error:
        raise TrainingError(f"the study's files cannot be written on {gethostname()}: {error}") from None
    return folder


def sweep(*, patience: float) -> None:
    """Remove the folders on this machine that no process uses.

    Args:
        patience: seconds to wait for processes that are about to end.
    """
    home, deadline = _home(), time.monotonic() + patience
    for folder in [each for each in home.iterdir() if each.is_dir()]:
        key = folder.name.partition(".")[0]
        with FileLock(home / f"{key}.lock"):
            held = [_is_held(user, deadline=deadline) for user in home.glob(f"{key}.*.user")]
            if not any(held):
                shutil.rmtree(folder)


def _home() -> Path:
    """Return the folder of this user's files, which nobody else may write to: builders are run from it."""
    user = getattr(os, "getuid", int)()
    home = Path(tempfile.gettempdir()) / f"ridgepath-{user}"
    home.mkdir(mode=0o700, exist_ok=True)
    if home.lstat().st_uid != user:
        raise TrainingError(f"{home} on {gethostname()} belongs to another user; remove it")
    return home


def _use(folder: Path) -> None:
    user = FileLock(folder.with_name(f"{folder.name}.{uuid.uuid4().hex}.user"))
    user.acquire()
    _used[folder] = user


def _write(folder: Path, fetch: Fetch) -> None:
    """Write all files or none; a draft that is there is of a process that was killed."""
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    for name, content in fetch():
        file = draft / name
        file.parent.mkdir(parents=True, exist_ok=True)
        content.tofile(file)
    draft.rename(folder)


def _is_held(user: Path, *, deadline: float) -> bool:
    """Tell whether the process of a lock lives until then, and remove the lock of one that does not."""
    try:
        with FileLock(user, timeout=max(0.0, deadline - time.monotonic())):
            user.unlink(missing_ok=True)
    except Timeout:
        return True
    return False
