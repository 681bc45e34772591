"""Numbers as a reader meets them: as many digits as their error allows."""

from __future__ import annotations

import math
from typing import NamedTuple

from ridgepath.report.estimates import Estimate
from ridgepath.report.families import Difference
from ridgepath.statistics.evidence import Interval as Evidence
from ridgepath.statistics.variance import MeanEstimate

MISSING = "–"
"""What stands where there is no number."""

UNKNOWN = "?"
"""What stands where one trial cannot give an error."""

_MOST_DIGITS = 5


class Spread(NamedTuple):
    """A mean, or a difference of means, with its standard error and the ends of its interval."""

    mean: float
    standard_error: float
    low: float
    high: float


Interval = Estimate | MeanEstimate | Spread


class Written(NamedTuple):
    """A mean and its standard error as text; the error is empty where there is no mean."""

    mean: str
    error: str

    def __str__(self) -> str:
        return f"{self.mean} ± {self.error}" if self.error else self.mean


def spread_of(found: Difference) -> Spread:
    """Return a difference with its error and interval."""
    return Spread(found.difference, found.standard_error, found.low, found.high)


def spread_of_evidence(found: Evidence) -> Spread:
    """Return a mean with its interval, whose half width stands for the error: a number has two digits of that."""
    return Spread(found.mean, (found.high - found.low) / 2, found.low, found.high)


def write_estimate(estimate: Interval, *, scale: float = 1.0) -> Written:
    """Write a mean and its standard error, times ``scale``, to two digits of the error: ``0.2513 ± 0.0031``.

    Both have the same decimals, and the same exponent where both are very small or large (``3.12e-4 ± 0.21e-4``).
    """
    mean, error = estimate.mean * scale, estimate.standard_error * scale
    if not math.isfinite(mean):
        return Written(MISSING, "")
    if not math.isfinite(error):
        return Written(write_number(mean), UNKNOWN)
    if error == 0:
        return Written(write_number(mean), "0")
    exponent = _exponent(max(abs(mean), error))
    shift = 0 if -3 <= exponent <= _MOST_DIGITS else exponent
    mean, error = mean / 10.0**shift, error / 10.0**shift
    decimals, suffix = _decimals(mean, error), f"e{shift}" * (shift != 0)
    return Written(*(f"{_unsigned_zero(value, decimals)}{suffix}" for value in (mean, error)))


def write_number(value: float, *, digits: int = 4) -> str:
    """Write a number that has no error, to so many significant digits."""
    if not math.isfinite(value):
        return MISSING
    return f"{value:.{digits}g}"


def write_share(share: float) -> str:
    """Write a part of a whole in percent: ``62%``, ``under 1%``."""
    return "under 1%" if 0 < share < 0.01 else f"{share:.0%}"


def write_p(p: float) -> str:
    """Write a p-value to two digits, and a very small one as a bound."""
    if not math.isfinite(p):
        return MISSING
    return "< 0.001" if p < 0.001 else f"{p:.2g}"


def write_interval(estimate: Interval) -> str:
    """Write the ends of a 95% interval to two digits of their half width."""
    return " to ".join(interval_ends(estimate) or (MISSING,))


def interval_ends(estimate: Interval) -> tuple[str, str] | None:
    """Write the two ends of a 95% interval, each to two digits of its half width; ``None`` where it is not known."""
    half = (estimate.high - estimate.low) / 2
    if not math.isfinite(half):
        return None
    low, high = (write_estimate(Spread(end, half, end, end)).mean for end in (estimate.low, estimate.high))
    return low, high


def write_duration(seconds: float) -> str:
    """Write a time as ``0.4 s``, ``47 s``, ``3 min 20 s`` or ``2 h 5 min``."""
    if not math.isfinite(seconds):
        return MISSING
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    return f"{minutes} min {whole % 60} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def _exponent(value: float) -> int:
    return math.floor(math.log10(value)) if value > 0 else 0


def _decimals(mean: float, error: float) -> int:
    most = _MOST_DIGITS - 1 - _exponent(abs(mean) or 1.0)
    return max(0, min(1 - _exponent(error), most))


def _unsigned_zero(value: float, decimals: int) -> str:
    return f"{round(value, decimals) + 0.0:.{decimals}f}"
