"""Studies whose truth is known, and what the statistics make of them.

Noise is given by the shares of the variance of a mean that come from the seeds, from the examples, and from how the two
meet, and scaled so that the standard error of the mean is 1. Tails are ``light`` (Gaussian), ``heavy`` (Student's
t with 3 degrees of freedom over examples, 5 over seeds), or ``skewed`` (examples as the losses of a trained classifier:
most near 0, skewness 4).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from ridgepath.statistics.comparison import Comparison, compare
from ridgepath.statistics.forecast import seeds_needed
from ridgepath.statistics.selection import honest_figure, resample_choices, strength_min
from ridgepath.statistics.variance import ERROR, MeanSquares, half_width, mean_estimate, p_value

Shares = tuple[float, float, float]
CLOSE = 3.0
"""A rate keeps a limit if it is beyond it by no more than so many standard errors of the simulation."""


@dataclass(frozen=True)
class Rate:
    """How often something happened in so many draws."""

    happened: int
    draws: int

    @property
    def value(self) -> float:
        return self.happened / self.draws

    def within(self, low: float, high: float) -> bool:
        """Whether the rate lies between the two, up to the simulation's own error."""
        slack = [CLOSE * math.sqrt(limit * (1 - limit) / self.draws) for limit in (low, high)]
        return low - slack[0] <= self.value <= high + slack[1]


def standardised(tails: str, shape: tuple[int, ...], generator: np.random.Generator) -> np.ndarray:
    """Draw effects of examples with mean 0 and variance 1."""
    if tails == "heavy":
        return generator.standard_t(3, shape) / math.sqrt(3)
    if tails == "skewed":
        return (np.logaddexp(0, -generator.normal(3, 2, shape)) - LOSS_MEAN) / LOSS_DEVIATION
    return generator.normal(size=shape)


def _moments_of_losses() -> tuple[float, float]:
    margins, step = np.linspace(-13, 19, 400_001, retstep=True)
    weight = np.exp(-(((margins - 3) / 2) ** 2) / 2) / math.sqrt(8 * math.pi) * step
    losses = np.logaddexp(0, -margins)
    mean = float(weight @ losses)
    return mean, math.sqrt(float(weight @ (losses - mean) ** 2))


LOSS_MEAN, LOSS_DEVIATION = _moments_of_losses()


def draw(shares: Shares, size: tuple[int, int, int], tails: str, generator: np.random.Generator) -> np.ndarray:
    """Draw noise of independent strengths (strength, seed, example) whose means have variance 1."""
    strengths, seeds, examples = size
    of_seeds, of_examples, of_rest = (math.sqrt(share) for share in shares)
    light = tails == "light"
    seed = generator.normal(size=(strengths, seeds, 1)) if light else generator.standard_t(5, (strengths, seeds, 1))
    seed *= 1 if light else math.sqrt(3 / 5)
    rest = generator.standard_normal((strengths, seeds, examples), dtype=np.float32)
    if not light:
        rest *= np.sqrt(generator.standard_exponential((strengths, 1, examples), dtype=np.float32))
    rest *= np.float32(of_rest * math.sqrt(seeds * examples))
    rest += (of_seeds * math.sqrt(seeds) * seed).astype(np.float32)
    rest += (of_examples * math.sqrt(examples) * standardised(tails, (strengths, 1, examples), generator)).astype(
        np.float32
    )
    return rest


def draw_squares(
    shares: Shares, seeds: int, examples: int, generator: np.random.Generator, effect: float = 0.0
) -> MeanSquares:
    """Draw what a Gaussian study comes down to: its mean and its mean squares are independent."""
    degrees = seeds - 1, examples - 1, (seeds - 1) * (examples - 1)
    expected = expected_squares(shares, seeds, examples)
    drawn = [e * generator.chisquare(d) / d for e, d in zip(expected, degrees, strict=True)]
    return MeanSquares(effect + generator.normal() * math.sqrt(sum(shares)), seeds, examples, 0, *drawn, 0.0)


def expected_squares(shares: Shares, seeds: int, examples: int) -> tuple[float, float, float]:
    of_seeds, of_examples, of_rest = (share * seeds * examples for share in shares)
    return of_seeds + of_rest, of_examples + of_rest, of_rest


def coverage(
    shares: Shares,
    size: tuple[int, int],
    tails: str,
    *,
    draws: int,
    generator: np.random.Generator,
) -> Rate:
    """Return how often the interval of a mean holds its true value, 0."""
    seeds, examples = size
    held = 0
    for _ in range(draws):
        if tails == "light":
            squares = draw_squares(shares, seeds, examples, generator)
            held += abs(squares.mean) <= half_width(squares)
        else:
            estimate = mean_estimate(draw(shares, (1, seeds, examples), tails, generator)[0])
            held += estimate.low <= 0 <= estimate.high
    return Rate(held, draws)


def draw_study(
    shares: Shares,
    size: tuple[int, int, int],
    tails: str,
    *,
    alike: float,
    generator: np.random.Generator,
) -> np.ndarray:
    """Draw a study without any difference, the noise of neighbouring strengths correlated by ``alike``."""
    noise = draw(shares, size, tails, generator)
    for row in range(1, len(noise)):
        noise[row] = alike * noise[row - 1] + math.sqrt(1 - alike**2) * noise[row]
    return noise


@dataclass(frozen=True)
class Families:
    """In how many studies without any difference one was called better or worse, 0 having 3 of their 5%."""

    against_zero: Rate
    against_minimum: Rate
    either: Rate


def false_rates(
    shares: Shares,
    size: tuple[int, int, int],
    tails: str,
    *,
    alike: float,
    draws: int,
    generator: np.random.Generator,
) -> Families:
    """Count studies with a false better or worse, against 0 and against the smallest mean."""
    labels = list(range(size[0]))
    counts = np.zeros(3, int)
    for _ in range(draws):
        losses = draw_study(shares, size, tails, alike=alike, generator=generator)
        smallest = int(strength_min(labels, losses.mean(axis=(1, 2), dtype=np.float64)))
        zero = any_called(compare(labels, losses, baseline=0, share=0.6))
        minimum = any_called(compare(labels, losses, baseline=smallest, family="all pairs", share=0.4))
        counts += zero, minimum, zero or minimum
    return Families(*(Rate(int(count), draws) for count in counts))


def any_called(comparisons: tuple[Comparison[int], ...]) -> bool:
    return any(comparison.verdict in ("better", "worse") for comparison in comparisons)


@dataclass(frozen=True)
class Findings:
    """What studies said in which half of the strengths differ from 0 by a known effect."""

    all_hold: Rate
    found: Rate
    wrong: Rate


def findings(
    shares: Shares,
    size: tuple[int, int, int],
    tails: str,
    *,
    effect: float,
    draws: int,
    generator: np.random.Generator,
) -> Findings:
    """Count studies whose intervals all hold the truth, differences that were found, and wrong verdicts.

    Args:
        effect: of the upper half of the strengths, in standard errors of a difference.
    """
    labels = list(range(size[0]))
    truth = np.where(np.arange(size[0]) >= size[0] / 2, effect * math.sqrt(2), 0.0)
    hold = found = wrong = 0
    for _ in range(draws):
        losses = draw_study(shares, size, tails, alike=0.0, generator=generator) + truth[:, None, None]
        comparisons = compare(labels, losses, baseline=0)
        hold += all(c.low <= truth[c.strength] <= c.high for c in comparisons)
        found += sum(c.verdict == "worse" for c in comparisons if truth[c.strength] > 0)
        wrong += any(c.verdict == "better" or (c.verdict == "worse" and truth[c.strength] == 0) for c in comparisons)
    return Findings(Rate(hold, draws), Rate(found, draws * int((truth > 0).sum())), Rate(wrong, draws))


def false_equivalence(shares: Shares, size: tuple[int, int], *, draws: int, generator: np.random.Generator) -> Rate:
    """Count studies that call two strengths equivalent whose difference is the margin, eight standard errors."""
    called = 0
    for _ in range(draws):
        noise = draw_study(shares, (2, *size), "light", alike=0.0, generator=generator)
        margin = 8.0
        noise[1] += margin
        (comparison,) = compare([0, 1], noise, baseline=0, margin=margin)
        called += comparison.verdict == "equivalent" or comparison.within_margin
    return Rate(called, draws)


@dataclass(frozen=True)
class Forecasts:
    """How forecasts of seeds turn out, made by studies of few seeds that did not decide.

    Attributes:
        truth: the seeds that the true effect and noise need.
        decided: how often a study of that many seeds decides; the forecast promises 80%.
        without: how often no number of seeds was forecast, though there is one.
        ratio: 10%, 50% and 90% points of forecast over truth, where there is one.
        kept: how often a new study with the forecast number of seeds decides.
    """

    truth: int
    decided: Rate
    without: Rate
    ratio: tuple[float, float, float]
    kept: Rate


def forecasts(
    shares: Shares,
    size: tuple[int, int],
    *,
    effect: float,
    draws: int,
    generator: np.random.Generator,
) -> Forecasts:
    """Forecast from studies of ``size`` (seeds, examples) with a true ``effect``, in standard errors."""
    seeds, examples = size
    expected = expected_squares(shares, seeds, examples)
    known = MeanSquares(effect, seeds, examples, 0, *expected, 0.0)
    truth = seeds_needed(known, error=ERROR, margin=math.nan)
    if truth is None:
        raise ValueError("the effect must be one that some number of seeds can show")
    answers: list[int | None] = []
    while len(answers) < draws:
        squares = draw_squares(shares, seeds, examples, generator, effect)
        if p_value(squares) >= ERROR:
            answers.append(seeds_needed(squares, error=ERROR, margin=math.nan))
    given = [answer for answer in answers if answer is not None]
    low, middle, high = np.quantile(np.array(given) / truth, (0.1, 0.5, 0.9))
    return Forecasts(
        truth=truth,
        decided=_decided(shares, size, [truth] * draws, effect=effect, generator=generator),
        without=Rate(draws - len(given), draws),
        ratio=(float(low), float(middle), float(high)),
        kept=_decided(shares, size, given, effect=effect, generator=generator),
    )


def _decided(
    shares: Shares,
    size: tuple[int, int],
    numbers: list[int],
    *,
    effect: float,
    generator: np.random.Generator,
) -> Rate:
    """Return how often studies with these numbers of seeds, noise otherwise as at ``size``, decide."""
    of_seeds, of_examples, of_rest = shares
    decided = 0
    for number in numbers:
        fewer = size[0] / number
        squares = draw_squares((of_seeds * fewer, of_examples, of_rest * fewer), number, size[1], generator, effect)
        decided += p_value(squares) < ERROR
    return Rate(decided, len(numbers))


def selection_bias(
    shares: Shares, size: tuple[int, int, int], *, draws: int, generator: np.random.Generator
) -> tuple[float, float]:
    """Return how far the chosen strength's mean lies from its truth, as seen and corrected, in standard errors."""
    strengths = list(range(size[0]))
    errors = np.zeros((draws, 2))
    for row in errors:
        losses = draw_study(shares, size, "light", alike=0.0, generator=generator)
        optimism = resample_choices(strengths, losses, generator=generator, resamples=200).optimism
        means = losses.mean(axis=(1, 2), dtype=np.float64)
        chosen = int(strength_min(strengths, means))
        row[:] = means[chosen], honest_figure(chosen, validation=losses[chosen], optimism=optimism).estimate.mean
    seen, corrected = errors.mean(axis=0)
    return float(seen), float(corrected)
