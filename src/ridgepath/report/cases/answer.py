"""What an answer can say: a class a case, with its numbers. The numbers choose the case, and languages phrase it."""

from __future__ import annotations

from dataclasses import dataclass

from ridgepath.report.cases.verdicts import Remedy
from ridgepath.report.estimates import Estimate
from ridgepath.report.families import Difference, Point
from ridgepath.statistics.comparison import Verdict
from ridgepath.statistics.variance import Covers, MeanEstimate


@dataclass(frozen=True)
class NoTrialYet:
    """No trial has finished, and some are still to be trained."""


@dataclass(frozen=True)
class AllEndedBadly:
    """All trials diverged or failed."""

    trials: int


@dataclass(frozen=True)
class NoFiniteMean:
    """Trials have finished, but no strength has a finite mean validation data loss."""


@dataclass(frozen=True)
class OnlyOneTried:
    """The study has one strength."""

    strength: float
    loss: Estimate
    seeds: int
    examples: int


@dataclass(frozen=True)
class HasLowest:
    """This strength is ``strength_min``."""

    strength: float
    loss: Estimate
    seeds: int
    examples: int


@dataclass(frozen=True)
class NoSeedInCommon:
    """``strength_min`` cannot be compared with the smallest strength."""

    against: float


@dataclass(frozen=True)
class IsBetter:
    """``strength_min`` is surely better than the smallest strength."""

    found: Difference


@dataclass(frozen=True)
class IsWorse:
    """``strength_min`` is surely worse than the smallest strength on the seeds that both have."""

    found: Difference


@dataclass(frozen=True)
class IsEquivalent:
    """``strength_min`` differs from the smallest strength by no more than the margin."""

    found: Difference


@dataclass(frozen=True)
class IsUndecided:
    """Whether ``strength_min`` differs from the smallest strength is open."""

    found: Difference
    remedy: Remedy


@dataclass(frozen=True)
class OthersCompared:
    """``strength_min`` is the smallest strength: the verdicts of the others against it."""

    verdicts: tuple[tuple[float, Verdict], ...]


@dataclass(frozen=True)
class NoLargerTried:
    """``strength_min`` is the largest strength of the study."""


@dataclass(frozen=True)
class NoLargerFinished:
    """The study has larger strengths than ``strength_min``, but none with a finished trial."""


@dataclass(frozen=True)
class NoStandardError:
    """The mean at ``strength_min`` has no standard error, so ``strength_1se`` is not known."""


@dataclass(frozen=True)
class NoneWithinOneError:
    """``strength_1se`` is ``strength_min`` itself."""


@dataclass(frozen=True)
class WithinOneError:
    """``strength_1se`` is this larger strength."""

    strength: float


@dataclass(frozen=True)
class LargestEquivalent:
    """``strength_equivalent`` is this larger strength."""

    strength: float


AnswerCase = (
    NoTrialYet
    | AllEndedBadly
    | NoFiniteMean
    | OnlyOneTried
    | HasLowest
    | NoSeedInCommon
    | IsBetter
    | IsWorse
    | IsEquivalent
    | IsUndecided
    | OthersCompared
    | NoLargerTried
    | NoLargerFinished
    | NoStandardError
    | NoneWithinOneError
    | WithinOneError
    | LargestEquivalent
)


@dataclass(frozen=True)
class NotKnownHowSure:
    """One seed and one validation example."""


@dataclass(frozen=True)
class WouldBeChosen:
    """How often each strength would be the lowest, most often first, if what ``drawn`` names were drawn anew."""

    drawn: Covers
    shares: tuple[tuple[float, float], ...]


@dataclass(frozen=True)
class Corrected:
    """There is no test set: the loss of the chosen strength without what it gained by being chosen."""

    loss: MeanEstimate
    optimism: float


SureCase = NotKnownHowSure | WouldBeChosen | Corrected


@dataclass(frozen=True)
class OnTestExamples:
    """What the chosen strength reaches on the test examples: its data loss, and a figure a metric."""

    strength: float
    examples: int
    loss: Estimate
    metrics: tuple[tuple[str, Estimate], ...]


@dataclass(frozen=True)
class KerasDisagrees:
    """Keras' ``val_loss`` would have picked another strength."""

    theirs: float
    ours: float


@dataclass(frozen=True)
class RankedFirst:
    """Of the choices of several variants, the one with the lowest mean validation data loss."""

    point: Point
    loss: Estimate


@dataclass(frozen=True)
class RankedBehind:
    """The other choices, lowest loss first."""

    others: tuple[tuple[Point, Estimate], ...]


@dataclass(frozen=True)
class FirstCompared:
    """What the comparisons say of the first: its verdict against each of the others, in the measure compared."""

    measure: str
    verdicts: tuple[tuple[Verdict, tuple[Point, ...]], ...]


RankingCase = RankedFirst | RankedBehind | FirstCompared


@dataclass(frozen=True)
class PathCaption:
    """What the figure of the path shows.

    Attributes:
        covers: the noise that its bars cover; ``None`` where no strength has two trials.
        printed: whether it is an image, whose legend switches nothing.
    """

    covers: Covers | None
    printed: bool


@dataclass(frozen=True)
class CurvesCaption:
    """What the figure of the curves shows; ``evaluated`` is ``None`` where all training examples are."""

    covers: Covers | None
    evaluated: int | None


FurtherCase = OnTestExamples | KerasDisagrees | PathCaption | CurvesCaption
