"""How many seeds, or examples, would decide a comparison that is still open."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable

from ridgepath.statistics.student import normal_quantile, quantile
from ridgepath.statistics.variance import ERROR, MeanSquares, half_width

POWER = 0.8
"""The chance of a decision that a forecast promises, if difference and noise are as they were seen."""

MOST_SEEDS, MOST_EXAMPLES = 10_000, 100_000_000
"""Numbers beyond these are not forecast."""


def seeds_needed(squares: MeanSquares, *, error: float, margin: float) -> int | None:
    """Forecast how many seeds in all would decide, with the examples that there are.

    A decision is an interval that leaves out 0, or that lies within the margin. The forecast takes the difference and
    the three components of its variance as they were seen, in a study that did not decide; so it is rough. From 2 to
    5 seeds half of the forecasts were above 0.6 to 1.8 times the true number, a tenth above 3 to 9 times, and of
    studies with the forecast number 58% to 90% decided; a fifth to a half named no number though there was one.
    Where every seed has a split of its own, more seeds never push the variance below ``overlap`` times that of one
    seed's mean.

    Args:
        squares: of the paired differences.
        error: of the interval.
        margin: of equivalence, in the unit of the differences; NaN if there is none.

    Returns:
        The number, more than there are; or None: no number up to 10,000 would decide, for the noise of the examples,
        or what the training sets share, alone is too large; or the noise of seeds is unknown, for there is only one.
    """
    if squares.seeds < 2:
        return None
    return _fewest(
        lambda seeds: _decides(_imagine(squares, seeds, squares.examples), error=error, margin=margin),
        above=squares.seeds,
        most=MOST_SEEDS,
    )


def seeds_may_decide(squares: MeanSquares, *, error: float, margin: float) -> bool:
    """Say whether any number of seeds may decide, with the examples that there are.

    Where :func:`seeds_needed` takes the difference as it was seen, this takes every difference that the noise of
    the seeds leaves possible, its 95% interval on these very examples. So that it says no, the noise of the examples
    alone must be too large for all of them.

    Args:
        squares, error, margin: as in :func:`seeds_needed`.
    """
    if squares.seeds < 2:
        return True
    possible = quantile(squares.seeds - 1, ERROR) * math.sqrt(squares.variances[0])
    reach = half_width(_imagine(squares, MOST_SEEDS, squares.examples), error)
    seen = abs(squares.mean)
    return seen + possible > reach or max(seen - possible, 0.0) + reach < margin


def examples_needed(squares: MeanSquares, *, error: float, margin: float) -> int | None:
    """Forecast how many validation examples in all would decide, with the seeds that there are.

    Args:
        squares, error, margin: as in :func:`seeds_needed`.

    Returns:
        The number, more than there are; or None: no number up to 100,000,000 would decide, for the noise of
        the seeds alone is too large; or that of seeds or of examples is unknown, for there is only one; or every
        seed has a split of its own, whose validation examples cannot grow alone.
    """
    if squares.seeds < 2 or squares.examples < 2 or squares.overlap is not None:
        return None
    return _fewest(
        lambda examples: _decides(_imagine(squares, squares.seeds, examples), error=error, margin=margin),
        above=squares.examples,
        most=MOST_EXAMPLES,
    )


def _imagine(squares: MeanSquares, seeds: int, examples: int) -> MeanSquares:
    """Return the mean squares to expect of another number of seeds and examples."""
    of_seed, of_example, rest = squares.components
    return dataclasses.replace(
        squares,
        seeds=seeds,
        examples=examples,
        ms_seeds=examples * of_seed + rest,
        ms_examples=seeds * of_example + rest,
    )


def _decides(squares: MeanSquares, *, error: float, margin: float) -> bool:
    reach = half_width(squares, error) + normal_quantile(POWER) * squares.standard_error
    return abs(squares.mean) > reach or abs(squares.mean) + reach < margin


def _fewest(decides: Callable[[int], bool], *, above: int, most: int) -> int | None:
    """Return the smallest number above ``above`` that decides, if any up to ``most`` does; more never decide less."""
    if above >= most or not decides(most):
        return None
    low, high = above, most
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if decides(middle) else (middle, high)
    return high
