"""Write a report whole or not at all."""

from __future__ import annotations

from pathlib import Path

from ridgepath.errors import InputError
from ridgepath.files import drafts


def write_whole(target: Path, text: str) -> None:
    """Write text as UTF-8, so that ``target`` is at every moment the old file or the new one.

    Raises:
        InputError: the file cannot be written there; ``target`` is as it was.
    """
    try:
        with drafts(target) as (draft,):
            draft.write_text(text, encoding="utf-8", newline="\n")
    except OSError as problem:
        reason = f"{target} ({problem.strerror})"
        remedy = "Name a file in a folder that exists and that you may write to."
        raise InputError("a file that a report can be written to", received=reason, remedy=remedy) from None
