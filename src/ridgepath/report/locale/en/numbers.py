"""Numbers and lists in English sentences."""

from __future__ import annotations

from collections.abc import Sequence

from ridgepath.report.formatting import MISSING, Interval, write_estimate, write_interval


def with_interval(found: Interval) -> str:
    """Write a mean with its interval: ``-0.0123 (95% interval -0.0200 to -0.0046)``."""
    interval = write_interval(found)
    return write_estimate(found).mean + (f" (95% interval {interval})" if interval != MISSING else "")


def listed(parts: Sequence[str]) -> str:
    """Join parts as ``a, b and c``."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
