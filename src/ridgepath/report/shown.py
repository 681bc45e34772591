"""Which strengths a figure shows where a line for each would be a thicket."""

from __future__ import annotations

from ridgepath.report.summary import Summary

MOST_LINES = 12
"""Strengths that one figure over epochs, or of weights, shows at most."""


def shown_strengths(summary: Summary, variant: str, *, most: int = MOST_LINES) -> tuple[float, ...]:
    """Choose strengths of a variant that has trials: all, or both ends, the chosen ones, and others evenly between."""
    strengths = [point.strength for point in summary.points_of(variant) if point.trials]
    if len(strengths) <= most:
        return tuple(strengths)
    choice = next(choice for choice in summary.choices if choice.variant == variant)
    rules = (choice.strength_min, choice.strength_1se)
    chosen = (strength for strength in strengths if strength in rules)
    kept = {strengths[0], strengths[-1], *chosen}
    places = [strengths.index(strength) for strength in kept]
    while len(kept) < most:
        farthest = max(range(len(strengths)), key=lambda place: min(abs(place - other) for other in places))
        kept.add(strengths[farthest])
        places.append(farthest)
    return tuple(sorted(kept))
