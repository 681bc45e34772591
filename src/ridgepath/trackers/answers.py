"""What a tracker is told of what a study found: the numbers of its answer, its comparisons, and the answer in words."""

from __future__ import annotations

import math

from ridgepath.penalties import format_strength
from ridgepath.report.choice import Choice
from ridgepath.report.families import Difference, Point
from ridgepath.report.formatting import spread_of, write_estimate, write_interval
from ridgepath.report.locale.en.names import named
from ridgepath.report.measures import LOSS
from ridgepath.report.sentences import answer, which_variant
from ridgepath.report.summary import Summary


def found(summary: Summary) -> dict[str, float]:
    """Return the numbers of a study's answer by name; before each is its variant, where there are several."""
    several = len(summary.choices) > 1
    numbers = {
        f"{choice.variant}/{name}" if several else name: value
        for choice in summary.choices
        for name, value in _chosen(summary, choice).items()
    }
    counts = {
        "trials": float(sum(point.trials for point in summary.points)),
        "trials_failed": float(len(summary.failures)),
        "seeds": float(len(summary.seeds)),
        "seconds": summary.seconds,
    }
    return {name: value for name, value in (numbers | counts).items() if value is not None and math.isfinite(value)}


def _chosen(summary: Summary, choice: Choice) -> dict[str, float | None]:
    rules = ("strength_min", "strength_1se", "strength_equivalent", "keras_val_loss_choice")
    lowest = [p for p in summary.points_of(choice.variant) if p.strength == choice.strength_min]
    return {rule: getattr(choice, rule) for rule in rules} | {
        name: value
        for point in lowest
        for name, value in (
            (f"{LOSS}_at_strength_min", point.estimates[LOSS].mean),
            (f"{LOSS}_at_strength_min_standard_error", point.estimates[LOSS].standard_error),
        )
    }


def verdicts(summary: Summary) -> dict[str, str]:
    """Return the comparisons of a study: ``0.01 against 0`` → ``worse, 0.043 ± 0.016 (95% interval 0.01 to 0.08)``."""
    return {
        f"{_point(each.strength, summary)} against {_point(each.against, summary)}": _verdict(each)
        for each in summary.comparisons
    }


def _point(point: Point, summary: Summary) -> str:
    return named(point) if len(summary.choices) > 1 else format_strength(point[1])


def _verdict(difference: Difference) -> str:
    spread = spread_of(difference)
    return f"{difference.verdict}, {write_estimate(spread)} (95% interval {write_interval(spread)})"


def answered(summary: Summary) -> str:
    """Return the answer of a study in English, a paragraph a variant."""
    ranking = " ".join(which_variant(summary))
    return "\n\n".join(filter(None, (ranking, *(" ".join(answer(summary, choice)) for choice in summary.choices))))
