"""What the figures show, as numbers and names: one source for the page's figures and the printed ones."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.estimates import curve_measures
from ridgepath.report.formatting import interval_ends, write_estimate, write_number
from ridgepath.report.labels import Language, language
from ridgepath.report.shown import shown_strengths
from ridgepath.report.sides import Kind, Side, axis_reach, limits
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


class Shade(NamedTuple):
    """A side of the path on which the network overfits or underfits, from where to where it goes on the axis."""

    kind: Kind
    name: str
    start: float
    stop: float
    sure: bool


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
        reach: where the strength axis begins and ends.
        ticks: places on it, and their labels.
        upper_labels: what stands above each tick: the norm of the weights, and how many are near zero.
        zero_break: where the axis is broken between 0 and the smallest strength above it; ``None`` if it is not.
        threshold: the loss up to which a strength is within one standard error of the lowest mean.
    """

    variant: str
    validation: PathLine
    training: PathLine
    keras: PathLine
    reach: tuple[float, float]
    ticks: tuple[float, ...]
    tick_labels: tuple[str, ...]
    upper_labels: tuple[tuple[str, str], ...]
    zero_break: float | None
    marks: tuple[Mark, ...]
    shades: tuple[Shade, ...]
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
    """The curves of one variant.

    Attributes:
        rows: each has validation and training side by side on one scale.
        gap: validation minus training data loss.
        strengths: how many the variant has; the curves show some of them where they are many.
    """

    variant: str
    rows: tuple[tuple[Panel, ...], ...]
    gap: Panel
    strengths: int


def path_series(summary: Summary, spoken: Language | None = None) -> tuple[PathSeries, ...]:
    """Gather the paths of a summary, one a variant; by default in English."""
    return tuple(_path_series(summary, choice, spoken or language("en")) for choice in summary.choices)


def curve_series(summary: Summary, spoken: Language | None = None) -> tuple[CurveSeries, ...]:
    """Gather the curves of a summary, one a variant; by default in English."""
    return tuple(_curve_series(summary, choice.variant, spoken or language("en")) for choice in summary.choices)


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


def _path_series(summary: Summary, choice: Choice, spoken: Language) -> PathSeries:
    points, said = summary.points_of(choice.variant), spoken.labels.figure
    places = axis_positions([point.strength for point in points])
    ticks = _ticks(places)
    by_strength = {point.strength: point.estimates for point in points}
    return PathSeries(
        choice.variant,
        validation=_path_line(said.validation, points, measure="val_data_loss", places=places, spoken=spoken),
        training=_path_line(said.training, points, measure="train_data_loss", places=places, spoken=spoken),
        keras=_path_line(said.keras_val_loss, points, measure="keras_val_loss", places=places, spoken=spoken),
        reach=axis_reach(places),
        ticks=tuple(places[strength] for strength in ticks),
        tick_labels=tuple(format_strength(strength) for strength in ticks),
        upper_labels=tuple(_upper_label(by_strength[strength]) for strength in ticks),
        zero_break=_zero_break(places),
        marks=_marks(choice, places=places, spoken=spoken),
        shades=_shades(summary.sides[choice.variant], places=places, spoken=spoken),
        threshold=choice.threshold,
    )


def _path_line(
    name: str, points: Sequence[PathPoint], *, measure: str, places: dict[float, float], spoken: Language
) -> PathLine:
    drawn = [point for point in points if math.isfinite(point.estimates[measure].mean)]
    estimates = [point.estimates[measure] for point in drawn]
    columns = [
        (places[point.strength], estimate.mean, estimate.low, estimate.high, hover_text(point, estimate, spoken))
        for point, estimate in zip(drawn, estimates, strict=True)
    ]
    zero_break = _zero_break(places)
    if zero_break is not None:
        columns.append((zero_break, math.nan, math.nan, math.nan, ""))
    positions, means, lows, highs, texts = zip(*sorted(columns), strict=True) if columns else ((),) * 5
    return PathLine(spoken.text(name), _COLOURS[measure], positions, means, lows, highs, texts)


def hover_text(point: PathPoint, estimate: Estimate, spoken: Language, *, scale: float = 1.0) -> str:
    """Write what a reader sees of an estimate who points at it, in lines."""
    said, ends = spoken.labels.figure, interval_ends(estimate)
    lines = [f"{said.strength} {format_strength(point.strength)}", str(write_estimate(estimate, scale=scale))]
    if ends is not None:
        lines.append(said.interval.format(spoken.words.names.range_of(*ends)))
    lines.append(f"{said.trials}: {estimate.trials}")
    return "<br>".join(spoken.text(line) for line in lines)


def _upper_label(estimates: dict[str, Estimate]) -> tuple[str, str]:
    norm, near_zero = (estimates[name].mean for name in ("weight_norm", "near_zero"))
    return write_number(norm, digits=3), f"{100 * near_zero:.2g}%" if math.isfinite(near_zero) else ""


def _shades(sides: Sequence[Side], *, places: dict[float, float], spoken: Language) -> tuple[Shade, ...]:
    """Place the sides on the axis; of each kind the sure part has a name, or else the other one, with a question."""
    said = spoken.labels.figure
    names = {"overfits": said.overfits, "underfits": said.underfits}
    sure = {side.kind for side in sides if side.sure}

    def name(side: Side) -> str:
        if side.kind in sure:
            return spoken.text(names[side.kind]) if side.sure else ""
        return spoken.text(said.perhaps.format(names[side.kind]))

    return tuple(Shade(side.kind, name(side), *limits(side, places), sure=side.sure) for side in sides)


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


def _marks(choice: Choice, *, places: dict[float, float], spoken: Language) -> tuple[Mark, ...]:
    said = spoken.labels.figure
    if choice.strength_min is None:
        return ()
    lowest, largest = places[choice.strength_min], choice.strength_1se
    if largest is None or largest == choice.strength_min:
        name = said.strength_min if largest is None else said.both
        return (Mark(name, lowest, _anchor(lowest, places=places, usual="center"), level=0),)
    return (
        Mark(said.strength_min, lowest, _anchor(lowest, places=places, usual="right"), level=0),
        Mark(said.strength_1se, places[largest], _anchor(places[largest], places=places, usual="left"), level=1),
    )


def _anchor(position: float, *, places: dict[float, float], usual: Anchor) -> Anchor:
    start, end = min(places.values()), max(places.values())
    part = (position - start) / (end - start) if end > start else 0.5
    if part < 1 / 4:
        return "left"
    return "right" if part > 3 / 4 else usual


def strength_colours(summary: Summary, variant: str) -> dict[float, str]:
    """Name the colour of every strength of a variant."""
    above = [point.strength for point in summary.points_of(variant) if point.strength > 0]
    return {0.0: "none", **{strength: f"strength-{index}" for index, strength in enumerate(above)}}


def _curve_series(summary: Summary, variant: str, spoken: Language) -> CurveSeries:
    colours, shown = strength_colours(summary, variant), shown_strengths(summary, variant)
    drawn = [curve for curve in summary.curves if curve.variant == variant and curve.strength in shown]

    def panel(measure: str) -> Panel:
        curves = (
            StrengthCurve(format_strength(c.strength), colours[c.strength], dashed=c.strength == 0, curve=c)
            for c in drawn
            if c.measure == measure
        )
        return Panel(spoken.text(spoken.words.names.measure(measure)), tuple(curves))

    pairs = [panel(measure) for measure in curve_measures(summary.metrics)]
    rows = tuple(tuple(pairs[start : start + 2]) for start in range(0, len(pairs), 2))
    return CurveSeries(variant, rows, panel("gap"), len(summary.points_of(variant)))
