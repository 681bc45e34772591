"""Files that are written whole or not at all, and folders that are made or not."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from ridgepath.errors import StudyError

NAME_ANOTHER = "Name a file in a folder that exists and that you may write to."
FREE_SPACE = "Free some space on its disk and try again."


def remedy_of(error: OSError, otherwise: str = NAME_ANOTHER) -> str:
    """Say what to do about a file that cannot be written: make room where the disk is full, else what is given."""
    return FREE_SPACE if error.errno in (errno.ENOSPC, errno.EDQUOT) else otherwise


@contextmanager
def drafts(*targets: Path) -> Iterator[tuple[Path, ...]]:
    """Give a draft beside each target to write to; at the end, when all are whole, they take over the names.

    A draft ends as its target does. When something fails on the way, the targets are as they were and no draft is left.

    Raises:
        OSError: a draft cannot take over its name.
    """
    paths = tuple(target.with_name(f".{os.getpid()}.{target.name}") for target in targets)
    try:
        yield paths
        for path, target in zip(paths, targets, strict=True):
            os.replace(path, target)
    finally:
        for path in paths:
            path.unlink(missing_ok=True)


@contextmanager
def made(folder: Path) -> Iterator[None]:
    """Make a folder and those above it; take away again what was made when something fails in it.

    Raises:
        StudyError: it cannot be made or written.
    """
    new = [place for place in (folder, *folder.parents) if not place.exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        yield
    except BaseException as error:
        for place in new:
            with suppress(OSError):
                place.rmdir()
        if isinstance(error, OSError):
            raise StudyError(
                f"{folder} must be writable", received=error, remedy=remedy_of(error, "Give another folder.")
            ) from None
        raise
