"""The Python face that reads: it starts without what trains, and without pandas."""

from __future__ import annotations

from pathlib import Path as FilePath

from ridgepath.errors import StudyError
from ridgepath.path import Path, PathLike
from ridgepath.store import StudyStore, find_studies
from ridgepath.texts import on_one_line


def open_study(folder: PathLike) -> Path:
    """Open the study in a folder; nothing is trained, and no code from the study is run.

    Raises:
        StudyError: there is no study in the folder, or its file cannot be read.
    """
    return Path(StudyStore.open(FilePath(folder)))


def list_studies(folder: PathLike) -> list[str]:
    """Return a line for every study in a folder and below it; one that cannot be read is named with the reason."""
    lines = []
    for found in find_studies(FilePath(folder)):
        try:
            lines.append(open_study(found).line())
        except StudyError as error:
            lines.append(on_one_line(f"{found}  cannot be read: {error}"))
    return lines
