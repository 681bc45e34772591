"""Where the validation data loss turns over the epochs, and whether it surely has.

The rise is ``max_e (m(last) - m(e))``, with ``m`` the mean curve over seeds: from its lowest epoch to the last. The
lowest epoch is chosen by the same seeds that show the rise, so a t interval from that epoch alone would find one too
often. Leaving one seed out to choose and judging by it does not mend that: the judgements are not independent. So the
interval holds whichever epoch is lowest:

- low: every epoch's own one-sided bounds for ``m(last) - m(e)``, joined over the epochs by Simes (1986): the k-th
  largest of the bounds at error ``k / n`` of the level, for the best ``k``. Simes' test is exact for independent epochs
  and errs less for positively dependent ones.
- high: the largest of the bounds without any correction, for only that of the truly lowest epoch must hold.

An epoch stays in the interval for the lowest one unless the same bounds say that the loss surely was lower at another.
``benchmarks/known_curves.py`` draws curves of 15 epochs that have no rise (independent, drifting, skewed, heavy-tailed
noise and more; 10,000 a setting), of which 2.5% may be called turned, and curves that rise by 4 standard deviations:

    called turned           2 seeds     5 seeds     20 seeds
    no rise, here           1.1-2.7%    1.0-2.4%    0.8-2.2%
    no rise, one left out   1.9-3.2%    2.6-5.0%    2.5-8.3%
    rise, here              12.8%       96.7%       100.0%

The noise is that of seeds, on the validation examples at hand: no losses of single examples are kept over epochs. Where
every seed has a split of its own, it is that of examples and splits, too, widened by what the training sets share.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ridgepath.statistics.evidence import Interval, Measured
from ridgepath.statistics.student import quantile
from ridgepath.statistics.variance import Covers, Floats

Course = Literal["turned", "still falling", "undecided"]


@dataclass(frozen=True)
class Turning:
    """The course of one strength's mean validation data loss over the epochs.

    Attributes:
        epoch: of the lowest mean, 1 is the first; of equals the first; ``None`` without a usable seed.
        low, high: ends of its 95% interval; ``None`` for fewer than two seeds.
        last: the last epoch.
        rise: from the lowest mean to the last epoch, 0 or more. Its mean is what was seen, and too large by having been
            chosen as the largest; its interval is not.
        course: ``turned`` if the rise is surely above 0; ``still falling`` if the last epoch is surely below each
            other; else ``undecided``.
    """

    strength: float
    epoch: int | None
    low: int | None
    high: int | None
    last: int
    rise: Interval
    course: Course


def turnings(measured: Measured) -> tuple[Turning, ...]:
    """Find where the mean validation data loss of each strength turns; all intervals of a kind hold together with 95%.

    A seed with a NaN or an infinity at some epoch is left out of its strength.
    """
    error = measured.error(max(len(measured.strengths), 1))
    curves = zip(measured.strengths, measured.val_epochs, strict=True)
    return tuple(_turning(strength, losses, error, measured.overlap) for strength, losses in curves)


def _turning(strength: float, losses: Floats, error: float, overlap: float | None) -> Turning:
    table = losses[np.isfinite(losses).all(axis=1)]
    seeds, epochs = table.shape
    if not seeds or not epochs:
        return Turning(
            strength, None, None, None, epochs, Interval(math.nan, math.nan, math.nan, 0, 0, "none"), "undecided"
        )
    means = table.mean(axis=0)
    lowest = int(means.argmin())
    seen = float(means[-1] - means[lowest])
    if seeds == 1 or epochs == 1:
        unknown = Interval(seen, math.nan, math.nan, seeds, 1, "none")
        return Turning(strength, lowest + 1, None, None, epochs, unknown, "undecided")
    low, high = _rise_bounds(table, error, overlap or 0.0)
    course: Course = "turned" if low > 0 else "still falling" if high < 0 else "undecided"
    held = [epochs - 1] if course == "still falling" else _held(table, error, overlap or 0.0)
    covers: Covers = "seeds" if overlap is None else "seeds, examples and splits"
    rise = Interval(seen, max(low, 0.0), max(high, 0.0), seeds, 1, covers)
    return Turning(strength, lowest + 1, min(held) + 1, max(held) + 1, epochs, rise, course)


def _rise_bounds(table: Floats, error: float, overlap: float) -> tuple[float, float]:
    """Return the bounds for the largest of the rises from an earlier epoch to the last, which may be below 0."""
    rises, errors = _rises(table, overlap, at=table.shape[1] - 1)
    degrees, count = len(table) - 1, len(rises)
    bounds = np.array([np.sort(rises - quantile(degrees, error * k / count) * errors)[-k] for k in range(1, count + 1)])
    return float(bounds.max()), float((rises + quantile(degrees, error) * errors).max())


def _held(table: Floats, error: float, overlap: float) -> list[int]:
    """Return the epochs that may be the lowest: from no other the loss surely rises to them."""
    return [epoch for epoch in range(table.shape[1]) if not _surely_rises(table, error, overlap, at=epoch)]


def _surely_rises(table: Floats, error: float, overlap: float, *, at: int) -> bool:
    rises, errors = _rises(table, overlap, at=at)
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = np.where(rises > 0, rises / errors, 0.0)  # No rise is no evidence, with or without noise.
    levels = [quantile(len(table) - 1, error * k / len(rises)) for k in range(1, len(rises) + 1)]
    return bool((np.sort(ratios)[::-1] >= levels).any())


def _rises(table: Floats, overlap: float, *, at: int) -> tuple[Floats, Floats]:
    """Return the mean rises to an epoch from each other one, and their standard errors."""
    differences = table[:, [at]] - np.delete(table, at, axis=1)
    return differences.mean(axis=0), differences.std(axis=0, ddof=1) * math.sqrt(1 / len(table) + overlap)
