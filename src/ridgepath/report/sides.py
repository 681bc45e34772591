"""On which strengths the network overfits and on which it underfits, for the shading of the path.

By definition (Mitchell 1997, Machine Learning, section 3.7), held against ``strength_min``: a weaker penalty overfits
if its training loss is lower and yet its validation loss is higher; a stronger one underfits if both are higher.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby, takewhile
from typing import Literal, NamedTuple

from ridgepath.report.choice import Choice
from ridgepath.report.diagnosis import VariantDiagnosis
from ridgepath.report.estimates import PathPoint

Kind = Literal["overfits", "underfits"]

_BEYOND = 0.06
"""The part of the strength axis that lies beyond the first and the last strength."""


class Side(NamedTuple):
    """A part of one end of a path.

    Attributes:
        strengths: ascending, neighbours on the path.
        sure: whether the diagnosis says so too, by intervals; otherwise only the means do.
    """

    kind: Kind
    strengths: tuple[float, ...]
    sure: bool


def sides(points: Sequence[PathPoint], choice: Choice, diagnosis: VariantDiagnosis | None) -> tuple[Side, ...]:
    """Find the sides of one variant's path, each in a sure part and one by the means.

    The diagnosis holds every strength against the smallest. So surely overfitting can only be the smallest, where
    ``strength_min`` regularizes it; surely underfitting are those that it says underfit.

    Args:
        points: its path, strengths ascending.
    """
    if choice.strength_min is None:
        return ()
    lowest = next(point for point in points if point.strength == choice.strength_min)
    states = {} if diagnosis is None else {shift.strength: shift.state for shift in diagnosis.shifts}
    weaker = takewhile(lambda point: _higher(point, lowest, "val_data_loss") and _higher(lowest, point), points)
    stronger = takewhile(lambda point: _higher(point, lowest, "val_data_loss") and _higher(point, lowest), points[::-1])
    overfits = points[:1] if states.get(lowest.strength) == "regularizes" else ()
    return (
        *_parts("overfits", list(weaker), [point.strength for point in overfits]),
        *_parts("underfits", list(stronger)[::-1], [s for s, state in states.items() if state == "underfits"]),
    )


def _higher(one: PathPoint, other: PathPoint, measure: str = "train_data_loss") -> bool:
    return one.estimates[measure].mean > other.estimates[measure].mean


def _parts(kind: Kind, points: Sequence[PathPoint], surely: Sequence[float]) -> Iterator[Side]:
    for sure, part in groupby((point.strength for point in points), key=lambda strength: strength in surely):
        yield Side(kind, tuple(part), sure)


def limits(side: Side, places: dict[float, float]) -> tuple[float, float]:
    """Return from where to where a side goes on the strength axis: half way to its neighbours, or to the axis' end."""
    positions = sorted(places.values())
    first, last = places[side.strengths[0]], places[side.strengths[-1]]
    low, high = axis_reach(places)
    before = max((place for place in positions if place < first), default=2 * low - first)
    after = min((place for place in positions if place > last), default=2 * high - last)
    return (before + first) / 2, (last + after) / 2


def axis_reach(places: dict[float, float]) -> tuple[float, float]:
    """Return where the strength axis begins and ends: a little beyond the strengths."""
    low, high = min(places.values()), max(places.values())
    beyond = (high - low) * _BEYOND or 1.0
    return low - beyond, high + beyond
