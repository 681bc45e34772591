"""Write a report whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

from ridgepath.errors import InputError


def write_whole(target: Path, text: str) -> None:
    """Write text as UTF-8, so that ``target`` is at every moment the old file or the new one.

    Raises:
        InputError: the file cannot be written there; ``target`` is as it was.
    """
    try:
        _replace(target, text)
    except OSError as problem:
        reason = f"{target} ({problem.strerror})"
        remedy = "Name a file in a folder that exists and that you may write to."
        raise InputError("a file that a report can be written to", received=reason, remedy=remedy) from None


def _replace(target: Path, text: str) -> None:
    handle, draft = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.", suffix=".tmp")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
        Path(draft).chmod(0o666 & ~_umask())
        Path(draft).replace(target)
    except BaseException:
        Path(draft).unlink(missing_ok=True)
        raise


def _umask() -> int:
    # The mask can only be read by setting it; mkstemp's own 0600 would hide the report from other users.
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
