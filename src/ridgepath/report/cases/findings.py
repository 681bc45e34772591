"""How the tables of under- and overfitting, and the claims, are to be read: a class a case, with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ridgepath.statistics.diagnosis import State
from ridgepath.statistics.variance import Covers

ShiftNoise = Literal["divided", "one seed", "seeds and examples"]


@dataclass(frozen=True)
class SeedCounts:
    """How many seeds entered: at fewest, and at most."""

    fewest: int
    most: int


@dataclass(frozen=True)
class ShiftsReading:
    """How the changes against the smallest strength are read, with what each state that occurs means."""

    seeds: SeedCounts
    noise: ShiftNoise
    examples: int
    states: tuple[State, ...]


@dataclass(frozen=True)
class CoursesReading:
    """How the courses over the epochs are read."""

    seeds: SeedCounts
    divided: bool


@dataclass(frozen=True)
class ClaimsReading:
    """How the figures of the claims are read."""

    seeds: SeedCounts
    covers: tuple[Covers, ...]


@dataclass(frozen=True)
class NothingCanBeDecided:
    """No figure of a claim has an interval."""


FindingsReading = ShiftsReading | CoursesReading | ClaimsReading | NothingCanBeDecided
