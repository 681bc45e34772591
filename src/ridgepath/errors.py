"""Every error a user can meet: what was expected, what was received, and what to do."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any


class RidgepathError(Exception):
    """Base of all errors that ridgepath raises on purpose."""


class InputError(RidgepathError, ValueError):
    """Report that the user's input is wrong; the command line turns it into exit code 2.

    Args:
        expected: what was expected, as a clause without its full stop.
        received: what came instead.
        remedy: what to do now, as one or more whole sentences.

    Attributes:
        remedy: as it was given.
    """

    def __init__(self, expected: str, *, received: object, remedy: str) -> None:
        super().__init__(f"{expected}; received {received}. {remedy}")
        self.remedy = remedy
        self._parts = {"expected": expected, "received": str(received), "remedy": remedy}

    def __reduce__(self) -> tuple[Any, ...]:
        """Let the error travel from a worker's process to the user's."""
        return partial(type(self), **self._parts), ()


class StudyError(InputError):
    """Report that a study folder cannot be used: not a study, another question, not writable."""


class BuilderError(InputError):
    """Report that a network builder is missing, raises, or returns something else than a compiled model."""


class TrainingError(RidgepathError):
    """Report that training itself broke, for a reason that is not the user's input."""


class OutOfMemoryError(RidgepathError):
    """Report that a worker has not the memory for one trial, and may have it where there are fewer workers."""


class NotLoggedError(RidgepathError):
    """Report that a study could not be logged, or not all of it; it is kept as it is, and can be logged later."""


class Interrupted(RidgepathError):  # noqa: N818
    """Report that training was interrupted by the user; what was finished is kept.

    Attributes:
        folder: the study.
        done: trials that are finished.
        total: trials that the study asks for.
    """

    def __init__(self, folder: Path, *, done: int, total: int) -> None:
        super().__init__(f"interrupted: {done} of {total} trials are kept in {folder}")
        self.folder, self.done, self.total = folder, done, total
