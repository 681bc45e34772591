"""What the analysis and the takeaway of a study can say: a class a case, with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ridgepath.report.cases.verdicts import Remedy
from ridgepath.report.families import Difference
from ridgepath.statistics.claims import Claim, Verdict
from ridgepath.statistics.diagnosis import State
from ridgepath.study import DataCard

Penalty = Literal["l1", "l2", "dropout", "weight_decay", "other"]
"""What a variant is, by its name; ``other`` is an argument of the user's own network."""


@dataclass(frozen=True)
class Tried:
    """A variant and its strengths."""

    penalty: Penalty
    variant: str
    strengths: tuple[float, ...]


@dataclass(frozen=True)
class Made:
    """What was trained on what.

    Attributes:
        networks, planned: trials that were trained to the end, and all that the study asks for.
        fewest, seeds: of a strength; they differ where some strengths were given more.
    """

    tried: tuple[Tried, ...]
    data: DataCard
    networks: int
    planned: int
    fewest: int
    seeds: int
    epochs: int
    batch_size: int


@dataclass(frozen=True)
class Means:
    """What the penalty is, in theory."""

    tried: Tried


@dataclass(frozen=True)
class Shown:
    """What every strength does against the smallest, by state, where some change is sure."""

    against: float
    states: tuple[tuple[State, tuple[float, ...]], ...]


@dataclass(frozen=True)
class NothingSure:
    """No strength has a sure change against the smallest."""

    against: float


@dataclass(frozen=True)
class Checked:
    """A claim that the data support, contradict, or leave open though they might have told."""

    claim: Claim


@dataclass(frozen=True)
class NothingToTell:
    """None of the claims could be told: one seed, one strength, or no trials."""


AnalysisCase = Means | Shown | NothingSure | Checked | NothingToTell


@dataclass(frozen=True)
class Helps:
    """``strength_min`` is surely better than the smallest strength."""

    found: Difference


@dataclass(frozen=True)
class MakesNoDifference:
    """``strength_min`` is equivalent to the smallest strength."""

    found: Difference


@dataclass(frozen=True)
class Open:
    """Whether ``strength_min`` is better than the smallest strength is open."""

    found: Difference
    remedy: Remedy


@dataclass(frozen=True)
class SmallestIsBest:
    """The smallest strength is ``strength_min``, and all others are surely worse."""

    strength: float


@dataclass(frozen=True)
class SmallestIsLowest:
    """The smallest strength is ``strength_min``; those named are surely worse, the rest is not."""

    strength: float
    worse: tuple[float, ...]


@dataclass(frozen=True)
class NotComparable:
    """There is an answer, but nothing that it could be compared with."""

    strength: float


@dataclass(frozen=True)
class NoAnswer:
    """No strength can be named."""


@dataclass(frozen=True)
class AloneItWouldBe:
    """The comparison is open, though the claim of better generalization is decided: it has the 5% for itself."""

    verdict: Verdict


@dataclass(frozen=True)
class BothSides:
    """Whether too much was seen to underfit, and too little to overfit."""

    too_much: Claim
    too_little: Claim


Outcome = Helps | MakesNoDifference | Open | SmallestIsBest | SmallestIsLowest | NotComparable | NoAnswer
TakeawayCase = Outcome | AloneItWouldBe | BothSides
