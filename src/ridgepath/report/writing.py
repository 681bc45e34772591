"""Write a report whole or not at all."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from ridgepath.errors import InputError
from ridgepath.files import drafts, remedy_of
from ridgepath.texts import encodable


def write_whole(target: Path, text: str) -> None:
    """Write text as UTF-8, so that ``target`` is at every moment the old file or the new one.

    Raises:
        InputError: the file cannot be written there; ``target`` is as it was.
    """
    write_together({target: encodable(text).encode()})


def write_together(contents: Mapping[Path, bytes]) -> None:
    """Write files that belong together; each is at every moment the old one or the new one.

    Args:
        contents: file → what is to be in it; the first is what the user named.

    Raises:
        InputError: a file cannot be written there; all are as they were.
    """
    try:
        with drafts(*contents) as files:
            for draft, content in zip(files, contents.values(), strict=True):
                draft.write_bytes(content)
    except OSError as problem:
        reason = f"{next(iter(contents))} ({problem.strerror})"
        expected = "a file that a report can be written to"
        raise InputError(expected, received=reason, remedy=remedy_of(problem)) from None
