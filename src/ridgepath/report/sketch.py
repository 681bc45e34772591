"""The path as a drawing in text: data losses with their intervals against strength, for a terminal."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.choice import Choice
from ridgepath.report.estimates import Estimate, PathPoint
from ridgepath.report.series import axis_positions

_ROWS = 12
_WIDEST = 100
_LABELS = 9
"""Columns for the labels of the loss axis."""

_SIDE = 5
"""Columns between the ends of the strength axis and its outermost strengths, for their labels."""

_ASIDE = 2
"""Columns by which the training data loss stands beside the validation data loss, where there is room."""

_MANY_TIMES = 5.0
"""The loss axis is logarithmic where the largest mean validation data loss is so many times the lowest."""

_MOST_TICKS = 5


class Pens(NamedTuple):
    """What a drawing is made of, a character each."""

    validation: str
    training: str
    bar: str
    top: str
    bottom: str
    side: str
    tick: str
    corner: str
    floor: str
    below: str
    threshold: str


UNICODE = Pens("●", "○", "│", "┬", "┴", "│", "┤", "└", "─", "┴", "·")
ASCII = Pens("*", "o", "|", "-", "-", "|", "+", "+", "-", "+", ".")


class _Scale(NamedTuple):
    """The loss axis from top to bottom; both ends are losses."""

    low: float
    high: float
    is_log: bool

    def row(self, loss: float) -> int:
        """Return the row of a loss, 0 at the top; the nearest end where it lies beyond."""
        low, high, value = (math.log(v) if self.is_log else v for v in (self.low, self.high, max(loss, self.low)))
        return round(min(max((high - value) / (high - low), 0.0), 1.0) * (_ROWS - 1))


def sketch(points: Sequence[PathPoint], choice: Choice, *, width: int, pens: Pens = UNICODE) -> tuple[str, ...]:
    """Draw the path of one variant; nothing where fewer than two strengths have a mean.

    Args:
        width: columns at most.
    """
    drawn = [point for point in points if math.isfinite(point.estimates["val_data_loss"].mean)]
    room = min(width, _WIDEST) - _LABELS - 2
    if len(drawn) < 2 or room < 4 * _SIDE:
        return ()
    scale, columns = _scale(drawn), _columns([point.strength for point in points], room=room)
    return (
        _title(drawn, scale, pens=pens),
        *_with_losses(_canvas(drawn, choice, scale, columns=columns, room=room, pens=pens), scale, pens=pens),
        *(f"{'':{_LABELS}} {line}".rstrip() for line in _strengths(choice, columns, room=room, pens=pens)),
        *([f"{pens.threshold * 3} lowest mean + 1 standard error"] if _is_within(choice.threshold, scale) else []),
    )


def _title(drawn: Sequence[PathPoint], scale: _Scale, *, pens: Pens) -> str:
    known = any(math.isfinite(point.estimates["val_data_loss"].high) for point in drawn)
    what = f"Data loss{' (log scale)' * scale.is_log} against strength: {pens.validation} validation"
    return f"{what}, {pens.training} training{', with 95% intervals' * known}"


def _is_within(threshold: float | None, scale: _Scale) -> bool:
    return threshold is not None and scale.low <= threshold <= scale.high


def _scale(drawn: Sequence[PathPoint]) -> _Scale:
    """Span all intervals of both losses."""
    estimates = [point.estimates[name] for point in drawn for name in ("val_data_loss", "train_data_loss")]
    ends = [end for each in estimates for end in (each.low, each.mean, each.high) if math.isfinite(end)]
    means = [point.estimates["val_data_loss"].mean for point in drawn]
    low, high = min(ends), max(ends)
    if 0 < _MANY_TIMES * min(means) < max(means):
        positive = min(each.mean for each in estimates if each.mean > 0)
        return _Scale(max(low, positive / 2), high, is_log=True)
    return _Scale(low, high if high > low else low + (abs(low) or 1.0), is_log=False)


def _columns(strengths: Sequence[float], *, room: int) -> dict[float, int]:
    places = axis_positions(strengths)
    start, end = min(places.values()), max(places.values())
    steps = (room - 2 * _SIDE) / ((end - start) or 1.0)
    return {strength: _SIDE + round((place - start) * steps) for strength, place in places.items()}


def _canvas(
    drawn: Sequence[PathPoint],
    choice: Choice,
    scale: _Scale,
    *,
    columns: Mapping[float, int],
    room: int,
    pens: Pens,
) -> list[list[str]]:
    """Draw on rows of single characters: the threshold, then training, then validation losses."""
    canvas = [[" "] * room for _ in range(_ROWS)]
    if choice.threshold is not None and _is_within(choice.threshold, scale):
        canvas[scale.row(choice.threshold)] = [pens.threshold] * room
    places = sorted(columns.values())
    narrowest = min(right - left for left, right in pairwise(places))
    aside = min(_ASIDE, max(narrowest - 1, 0) // 2)
    for point in drawn:
        column, losses = columns[point.strength], point.estimates
        _draw(canvas, column + aside, losses["train_data_loss"], scale, mean=pens.training, pens=pens)
    for point in drawn:
        _draw(canvas, columns[point.strength], point.estimates["val_data_loss"], scale, mean=pens.validation, pens=pens)
    return canvas


def _draw(canvas: list[list[str]], column: int, loss: Estimate, scale: _Scale, *, mean: str, pens: Pens) -> None:
    if not math.isfinite(loss.mean):
        return
    if math.isfinite(loss.low) and math.isfinite(loss.high):
        top, bottom = scale.row(loss.high), scale.row(loss.low)
        for row in range(top, bottom + 1):
            canvas[row][column] = {top: pens.top, bottom: pens.bottom}.get(row, pens.bar)
    canvas[scale.row(loss.mean)][column] = mean


def _with_losses(canvas: list[list[str]], scale: _Scale, *, pens: Pens) -> Iterator[str]:
    labels = {scale.row(loss): f"{loss:.4g}" for loss in _ticks(scale)}
    for number, row in enumerate(canvas):
        side = pens.tick if number in labels else pens.side
        yield f"{labels.get(number, ''):>{_LABELS}} {side}{''.join(row)}".rstrip()


def _ticks(scale: _Scale) -> list[float]:
    """Return round losses on the axis: few, and evenly spaced in what is drawn."""
    if scale.is_log:
        powers = range(math.floor(math.log10(scale.low)), math.ceil(math.log10(scale.high)) + 1)
        marks = [digit * 10.0**power for power in powers for digit in (1, 2, 5)]
        within = [mark for mark in marks if scale.low <= mark <= scale.high]
        return within[:: math.ceil(len(within) / _MOST_TICKS)]
    span = scale.high - scale.low
    power = 10.0 ** math.floor(math.log10(span))
    step = next(s for s in (power / 5, power / 2, power, 2 * power, 5 * power) if span / s < _MOST_TICKS)
    return [step * number for number in range(math.ceil(scale.low / step), math.floor(scale.high / step) + 1)]


def _strengths(choice: Choice, columns: Mapping[float, int], *, room: int, pens: Pens) -> Iterator[str]:
    """Write the strength axis, its labels, and below them which strengths were chosen."""
    floor = [pens.floor] * room
    for column in columns.values():
        floor[column] = pens.below
    above = [column for strength, column in columns.items() if strength > 0]
    if above and 0.0 in columns:
        middle = (columns[0.0] + min(above)) // 2
        floor[middle : middle + 2] = "//"
    yield pens.corner + "".join(floor)
    chosen = {choice.strength_min: "min"}
    chosen[choice.strength_1se] = "min 1se" if choice.strength_1se in chosen else "1se"
    ends = (min(columns), max(columns))
    order = sorted(columns, key=lambda strength: (strength not in ends, strength not in chosen, strength))
    yield " " + _line(((columns[strength], format_strength(strength)) for strength in order), room=room)
    marks = [(columns[strength], name) for strength, name in chosen.items() if strength is not None]
    yield " " + _line(marks, room=room)


def _line(texts: Iterable[tuple[int, str]], *, room: int) -> str:
    """Write texts on one line, each centred at its column, in order of importance; one without room is left out."""
    line = [" "] * room
    for column, text in texts:
        start = min(max(column - len(text) // 2, 0), room - len(text))
        around = line[max(start - 1, 0) : start + len(text) + 1]
        if all(letter == " " for letter in around):
            line[start : start + len(text)] = text
    return "".join(line)
