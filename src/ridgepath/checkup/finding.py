"""What a check found, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from ridgepath.errors import InputError


class State(StrEnum):
    """How it stands with what was checked."""

    OK = "ok"
    ABSENT = "absent"
    """Not here, and not needed unless the user asks for it."""
    WARNING = "warning"
    PROBLEM = "problem"
    """Something that the user must mend."""


@dataclass(frozen=True)
class Finding:
    """What a check found.

    Attributes:
        part: what it belongs to: installation, devices, data, study.
        name: of what was checked.
        said: what was found.
        remedy: what to do, as whole sentences, or empty.
    """

    part: str
    name: str
    state: State
    said: str
    remedy: str = ""


def found_by(error: InputError, part: str, name: str, state: State = State.PROBLEM) -> Finding:
    """Return what is known of an error as a finding."""
    return Finding(part, name, state, str(error).removesuffix(f" {error.remedy}"), error.remedy)


def write_bytes(count: float) -> str:
    """Write a number of bytes: ``12 MB``, ``0.4 GB``, ``120 GB``."""
    if count < 1e8:
        return f"{count / 1e6:.0f} MB"
    return f"{count / 1e9:.1f} GB" if count < 1e10 else f"{count / 1e9:,.0f} GB"
