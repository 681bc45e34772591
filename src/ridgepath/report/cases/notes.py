"""What a reader must know to read the numbers rightly: a class a case, with its numbers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ridgepath.report.estimates import Shares
from ridgepath.report.families import Point
from ridgepath.splits import Division

Noise = Literal["one seed", "divided", "one example", "two sources"]
"""What the errors of data losses cover: the examples only; seeds, examples and splits; the seeds only; both."""


@dataclass(frozen=True)
class ErrorsCover:
    """How many seeds the means are over (``fewest`` where some strengths were given more), and what errors cover."""

    fewest: int
    seeds: int
    noise: Noise
    tested: bool


@dataclass(frozen=True)
class Divided:
    """Every seed has a split of its own."""

    division: Division


@dataclass(frozen=True)
class FoldsMissing:
    """Not all cross-validations are whole."""

    division: Division


@dataclass(frozen=True)
class SharesOfError:
    """Where the squared error at the chosen strength comes from; ``variant`` is empty where there is one."""

    variant: str
    strength: float
    shares: Shares
    divided: bool


@dataclass(frozen=True)
class OneTrialOnly:
    """Some strength has one trial."""


@dataclass(frozen=True)
class ExamplesAre:
    """What the figures were taken on, after which epoch; ``test`` is 0 where there is no test set."""

    train: int
    validation: int
    test: int
    after_best: bool = False


@dataclass(frozen=True)
class TrainingPart:
    """Training figures of an epoch are taken on a part of the training examples."""

    evaluated: int
    train: int


@dataclass(frozen=True)
class TestHadNoPart:
    """There is a test set."""


@dataclass(frozen=True)
class ValidationFlatters:
    """There is no test set: the examples that choose also report."""


@dataclass(frozen=True)
class LeftOut:
    """Trials diverged or failed."""

    diverged: int
    failed: int
    planned: int


@dataclass(frozen=True)
class NotTrainedYet:
    """Trials are still to be trained."""

    missing: int
    planned: int


@dataclass(frozen=True)
class UnequalSeeds:
    """Strengths have unequal numbers of finished trials."""


@dataclass(frozen=True)
class NotFinite:
    """At these strengths a finished trial's data loss is not finite; variants are empty where there is one."""

    split: Literal["val", "train"]
    points: tuple[Point, ...]


@dataclass(frozen=True)
class StopsEarly:
    """Trials stop when ``monitor`` has not improved for so many epochs."""

    monitor: str
    patience: int


@dataclass(frozen=True)
class BestEpochKept:
    """Every trial ends with the weights of its best epoch, by what is watched on the validation examples."""

    monitor: str


@dataclass(frozen=True)
class ClassesWeighted:
    """Examples count by their class in training."""


@dataclass(frozen=True)
class LowestAtLargest:
    """``strength_min`` is the largest strength tried; ``variant`` is empty where there is one."""

    variant: str


@dataclass(frozen=True)
class LowestAtSmallest:
    """``strength_min`` is the smallest strength above 0; ``variant`` is empty where there is one."""

    variant: str


NoteCase = (
    ErrorsCover
    | Divided
    | FoldsMissing
    | SharesOfError
    | OneTrialOnly
    | ExamplesAre
    | TrainingPart
    | TestHadNoPart
    | ValidationFlatters
    | LeftOut
    | NotTrainedYet
    | UnequalSeeds
    | NotFinite
    | StopsEarly
    | BestEpochKept
    | ClassesWeighted
    | LowestAtLargest
    | LowestAtSmallest
)
