"""What comparisons can say: what would decide an open one, what counts as equivalent, how the tables are read."""

from __future__ import annotations

from dataclasses import dataclass

from ridgepath.statistics.variance import Covers


@dataclass(frozen=True)
class Decided:
    """The comparison is not open."""


@dataclass(frozen=True)
class NoCommonSeed:
    """The two have no seed in common."""


@dataclass(frozen=True)
class MoreSeeds:
    """There is one seed, which decides nothing."""


@dataclass(frozen=True)
class SeedsWould:
    """About so many seeds in all would decide it."""

    seeds: int


@dataclass(frozen=True)
class ExamplesWould:
    """Seeds alone would not decide it; about so many validation examples would."""

    examples: int


@dataclass(frozen=True)
class NotBySeeds:
    """Seeds alone would not decide it, and what examples would is not known."""


@dataclass(frozen=True)
class NeitherAlone:
    """Neither seeds nor examples alone would decide it."""


Remedy = Decided | NoCommonSeed | MoreSeeds | SeedsWould | ExamplesWould | NotBySeeds | NeitherAlone


@dataclass(frozen=True)
class AgainstSmallest:
    """Comparisons with the smallest strength."""

    strength: float


@dataclass(frozen=True)
class AgainstLowest:
    """Comparisons with ``strength_min``."""

    strength: float


@dataclass(frozen=True)
class BetweenChoices:
    """Comparisons of the choices of the variants."""


Heading = AgainstSmallest | AgainstLowest | BetweenChoices


@dataclass(frozen=True)
class MarginSet:
    """The user said what difference does not matter."""

    margin: float


@dataclass(frozen=True)
class MarginOfSecond:
    """One standard error of the mean of the second of the two."""


@dataclass(frozen=True)
class MarginUnknown:
    """The standard error of the mean is not known."""


@dataclass(frozen=True)
class MarginOfMean:
    """One standard error of the mean at this strength."""

    margin: float
    strength: float


Margin = MarginSet | MarginOfSecond | MarginUnknown | MarginOfMean


@dataclass(frozen=True)
class Differences:
    """What the differences are in, how they are paired, and what noise their intervals cover."""

    measure: str
    larger_is_better: bool
    by_example: bool
    covers: tuple[Covers, ...]


@dataclass(frozen=True)
class Forecasts:
    """Some comparison has a forecast of what would decide it."""


@dataclass(frozen=True)
class SeedsLeftOut:
    """At most so many seeds did not enter a comparison."""

    seeds: int


@dataclass(frozen=True)
class FurtherLooks:
    """Seeds were added until comparisons were decided, with up to so many looks."""

    looks: int


Reading = Differences | Forecasts | SeedsLeftOut | FurtherLooks
