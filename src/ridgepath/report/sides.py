"""On which strengths the network overfits and on which it underfits, for the shading of the path.

By definition (Mitchell 1997, Machine Learning, section 3.7), held against ``strength_min``: a weaker penalty overfits if
its training loss is lower and yet its validation loss is higher; a stronger one underfits if both are higher.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import takewhile
from typing import Literal, NamedTuple

from ridgepath.report.choice import Choice
from ridgepath.report.diagnosis import VariantDiagnosis
from ridgepath.report.estimates import PathPoint

Kind = Literal["overfits", "underfits"]


class Side(NamedTuple):
    """One end of a path.

    Attributes:
        strengths: ascending, up to the end of the path or from it, without a gap.
        sure: whether the diagnosis says so too, by intervals; otherwise only the means do.
    """

    kind: Kind
    strengths: tuple[float, ...]
    sure: bool


def sides(points: Sequence[PathPoint], choice: Choice, diagnosis: VariantDiagnosis | None) -> tuple[Side, ...]:
    """Find the sides of one variant's path.

    Args:
        points: its path, strengths ascending.
    """
    if choice.strength_min is None:
        return ()
    lowest = next(point for point in points if point.strength == choice.strength_min)
    weaker = takewhile(lambda point: _higher(point, lowest, "val_data_loss") and _higher(lowest, point), points)
    stronger = takewhile(lambda point: _higher(point, lowest, "val_data_loss") and _higher(point, lowest), points[::-1])
    surely = {} if diagnosis is None else {shift.strength: shift.state for shift in diagnosis.shifts}
    found = (
        Side("overfits", _strengths(weaker), sure=surely.get(lowest.strength) == "regularizes"),
        Side("underfits", _strengths(stronger), sure=surely.get(points[-1].strength) == "underfits"),
    )
    return tuple(side for side in found if side.strengths)


def _higher(one: PathPoint, other: PathPoint, measure: str = "train_data_loss") -> bool:
    return one.estimates[measure].mean > other.estimates[measure].mean


def _strengths(points: Iterable[PathPoint]) -> tuple[float, ...]:
    return tuple(sorted(point.strength for point in points))


def limits(side: Side, places: dict[float, float]) -> tuple[float, float]:
    """Return from where to where a side goes on the strength axis: half way to the next strength, and past the end."""
    positions = sorted(places.values())
    inner = places[side.strengths[-1 if side.kind == "overfits" else 0]]
    others = [place for place in positions if (place > inner if side.kind == "overfits" else place < inner)]
    nearest = min(others, key=lambda place: abs(place - inner))
    beyond = (positions[-1] - positions[0]) / 20
    end = positions[0] - beyond if side.kind == "overfits" else positions[-1] + beyond
    start, stop = sorted((end, (inner + nearest) / 2))
    return start, stop
