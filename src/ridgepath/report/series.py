"""What the figures show, as numbers and names: one source for the page's figures and the printed ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.estimates import curve_measures
from ridgepath.report.formatting import write_count, write_estimate, write_interval
from ridgepath.report.locale.words import ENGLISH
from ridgepath.report.summary import Choice, Curve, Estimate, PathPoint, Summary

Anchor = Literal["left", "center", "right"]

_MOST_TICKS = 7
_COLOURS = {"val_data_loss": "validation", "train_data_loss": "training", "keras_val_loss": "keras"}


class PathLine(NamedTuple):
    """One measure along the strengths, one value each; ``positions`` are places on the strength axis."""

    name: str
    colour: str
    positions: tuple[float, ...]
    means: tuple[float, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    texts: tuple[str, ...]


class Mark(NamedTuple):
    """A chosen strength: which rules chose it, its place on the axis, and where its label goes.

    Attributes:
        anchor: which edge of the label stands at the position, so that it does not leave the figure.
        level: lines of text between the figure and the label, so that two labels do not cover each other.
    """

    name: str
    position: float
    anchor: Anchor
    level: int


class PathSeries(NamedTuple):
    """The path of one variant.

    Attributes:
        validation: the lines; each is NaN at ``zero_break``, so that nothing is drawn across it.
        ticks: places on the strength axis, and below them their labels.
        zero_break: where the axis is broken between 0 and the smallest strength above it; ``None`` if it is not.
        threshold: the loss up to which a strength is within one standard error of the lowest mean.
    """

    variant: str
    validation: PathLine
    training: PathLine
    keras: PathLine
    ticks: tuple[float, ...]
    tick_labels: tuple[str, ...]
    zero_break: float | None
    marks: tuple[Mark, ...]
    threshold: float | None


class StrengthCurve(NamedTuple):
    """One strength over epochs; ``dashed`` for strength 0."""

    name: str
    colour: str
    dashed: bool
    curve: Curve


class Panel(NamedTuple):
    """One measure over epochs, a curve a strength."""

    title: str
    curves: tuple[StrengthCurve, ...]


class CurveSeries(NamedTuple):
    """The curves of one variant; each row has validation and training side by side on one scale."""

    variant: str
    rows: tuple[tuple[Panel, ...], ...]


def path_series(summary: Summary) -> tuple[PathSeries, ...]:
    """Gather the paths of a summary, one a variant."""
    return tuple(_path_series(summary.points_of(choice.variant), choice=choice) for choice in summary.choices)


def curve_series(summary: Summary) -> tuple[CurveSeries, ...]:
    """Gather the curves of a summary, one a variant."""
    return tuple(_curve_series(summary, variant=choice.variant) for choice in summary.choices)


def strengths_above_zero(summary: Summary) -> int:
    """Count the colours that the strengths need: as many as the variant with most strengths above 0 has."""
    return max(sum(p.strength > 0 for p in summary.points_of(choice.variant)) for choice in summary.choices)


def axis_positions(strengths: Sequence[float]) -> dict[float, float]:
    """Place strengths on an axis: at their decimal logarithm, and 0 a step below the smallest above it."""
    above = sorted(math.log10(strength) for strength in strengths if strength > 0)
    if not above:
        return dict.fromkeys(strengths, 0.0)
    step = (above[-1] - above[0]) / min(len(above) - 1, _MOST_TICKS - 2) if len(above) > 1 else 1.0
    return {strength: math.log10(strength) if strength > 0 else above[0] - step for strength in strengths}


def _path_series(points: Sequence[PathPoint], *, choice: Choice) -> PathSeries:
    places = axis_positions([point.strength for point in points])
    ticks = _ticks(places)
    return PathSeries(
        choice.variant,
        validation=_path_line("validation data loss", points, measure="val_data_loss", places=places),
        training=_path_line("training data loss", points, measure="train_data_loss", places=places),
        keras=_path_line("Keras' val_loss", points, measure="keras_val_loss", places=places),
        ticks=tuple(places[strength] for strength in ticks),
        tick_labels=tuple(format_strength(strength) for strength in ticks),
        zero_break=_zero_break(places),
        marks=_marks(choice, places=places),
        threshold=choice.threshold,
    )


def _path_line(name: str, points: Sequence[PathPoint], *, measure: str, places: dict[float, float]) -> PathLine:
    drawn = [point for point in points if math.isfinite(point.estimates[measure].mean)]
    estimates = [point.estimates[measure] for point in drawn]
    columns = [
        (places[point.strength], estimate.mean, estimate.low, estimate.high, _text(point, estimate))
        for point, estimate in zip(drawn, estimates, strict=True)
    ]
    zero_break = _zero_break(places)
    if zero_break is not None:
        columns.append((zero_break, math.nan, math.nan, math.nan, ""))
    positions, means, lows, highs, texts = zip(*sorted(columns), strict=True) if columns else ((),) * 5
    return PathLine(name, _COLOURS[measure], positions, means, lows, highs, texts)


def _text(point: PathPoint, estimate: Estimate) -> str:
    interval = f", 95% {write_interval(estimate)}" if math.isfinite(estimate.high) else ""
    trials = write_count(estimate.trials, "trial")
    return f"strength {format_strength(point.strength)}: {write_estimate(estimate)}{interval} ({trials})"


def _ticks(places: dict[float, float]) -> list[float]:
    room = (max(places.values()) - min(places.values())) / _MOST_TICKS
    kept: list[float] = []
    for strength in sorted(places):
        if not kept or places[strength] - places[kept[-1]] >= room:
            kept.append(strength)
    return kept


def _zero_break(places: dict[float, float]) -> float | None:
    above = [place for strength, place in places.items() if strength > 0]
    return (places[0.0] + min(above)) / 2 if above and 0.0 in places else None


def _marks(choice: Choice, *, places: dict[float, float]) -> tuple[Mark, ...]:
    if choice.strength_min is None:
        return ()
    lowest, largest = places[choice.strength_min], choice.strength_1se
    if largest is None or largest == choice.strength_min:
        name = "strength_min" if largest is None else "strength_min = strength_1se"
        return (Mark(name, lowest, _anchor(lowest, places=places, usual="center"), level=0),)
    return (
        Mark("strength_min", lowest, _anchor(lowest, places=places, usual="right"), level=0),
        Mark("strength_1se", places[largest], _anchor(places[largest], places=places, usual="left"), level=1),
    )


def _anchor(position: float, *, places: dict[float, float], usual: Anchor) -> Anchor:
    start, end = min(places.values()), max(places.values())
    part = (position - start) / (end - start) if end > start else 0.5
    if part < 1 / 4:
        return "left"
    return "right" if part > 3 / 4 else usual


def _curve_series(summary: Summary, *, variant: str) -> CurveSeries:
    above = [point.strength for point in summary.points_of(variant) if point.strength > 0]
    colours = {0.0: "none", **{strength: f"strength-{index}" for index, strength in enumerate(above)}}
    panels = {}
    for measure in curve_measures(summary.metrics):
        drawn = [curve for curve in summary.curves if (curve.variant, curve.measure) == (variant, measure)]
        curves = (
            StrengthCurve(format_strength(c.strength), colours[c.strength], dashed=c.strength == 0, curve=c)
            for c in drawn
        )
        panels[measure] = Panel(ENGLISH.names.measure(measure), tuple(curves))
    pairs = list(panels.values())
    return CurveSeries(variant, tuple(tuple(pairs[start : start + 2]) for start in range(0, len(pairs), 2)))
