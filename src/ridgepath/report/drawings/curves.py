"""Curves over epochs: a line a strength with its 95% band, or every seed as a line of its own."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import plotly.graph_objects as go

from ridgepath.report.drawings.frame import (
    MARGINS,
    ROW_HEIGHT,
    Drawing,
    axis,
    colour,
    frame,
    grid,
    no_markup,
    panel_title,
    short,
    suffix,
)
from ridgepath.report.labels import Language
from ridgepath.report.series import CurveSeries, Panel, StrengthCurve

_BAND_OPACITY = 0.16
_MOST_LINES = 240
"""Lines of single trials in one panel, at most: of a study with more, every strength shows its first seeds."""


def curves_drawing(curves: CurveSeries, spoken: Language) -> Drawing:
    """Draw data losses and metrics over epochs; validation and training stand side by side on one scale."""
    panels = [panel for row in curves.rows for panel in row]
    traces = [
        (curve, trace)
        for number, each in enumerate(panels, 1)
        for curve, trace in panel_traces(each, number, named=number == 1)
    ]
    figure = go.Figure([trace for _, trace in traces])
    figure.update_layout(frame(height=MARGINS + ROW_HEIGHT * len(curves.rows)), hovermode="x unified")
    title = {"text": spoken.text(spoken.labels.figure.strength), "font": {"size": 13}}
    figure.update_layout(legend_title=title, grid=grid(len(curves.rows), columns=2))
    for number, panel in enumerate(panels, 1):
        row_start = number - (number - 1) % 2
        shared_x = {"matches": "x"} if number > 1 else {}
        shared_y = {"matches": f"y{suffix(row_start)}"} if number > row_start else {}
        epochs = axis(title=spoken.text(spoken.labels.figure.epoch))
        figure.update_layout(
            {f"xaxis{suffix(number)}": epochs | shared_x, f"yaxis{suffix(number)}": {**axis(), **shared_y}}
        )
        figure.add_annotation(panel_title(no_markup(panel.title), number=number))
    count = len(panels)
    narrow = {"grid": grid(count, columns=1), "height": MARGINS + ROW_HEIGHT * count}
    several = seeds_shown(curves)[1] > 1
    seeds = {place: _every_seed(curve, curves) for place, (curve, _) in enumerate(traces) if curve and several}
    return Drawing(figure, narrow, seeds)


def seeds_shown(curves: CurveSeries) -> tuple[int, int]:
    """Return how many seeds of a strength have a line of their own, at most, and how many there are."""
    drawn = curves.rows[0][0].curves
    most = max((len(each.curve.of_seeds) for each in drawn), default=0)
    return min(most, _MOST_LINES // max(len(drawn), 1)), most


def panel_traces(panel: Panel, number: int, *, named: bool) -> Iterator[tuple[StrengthCurve | None, go.Scatter]]:
    """Return the traces of a panel; with the line of a strength comes its curve.

    Args:
        named: whether its lines are in the legend.
    """
    axes = {"xaxis": f"x{suffix(number)}", "yaxis": f"y{suffix(number)}"}
    for strength in panel.curves:
        of_strength = {"legendgroup": strength.name, **axes}
        if all(math.isfinite(value) for value in strength.curve.high):
            yield None, _band(strength, **of_strength)
        yield strength, _line(strength, showlegend=named, **of_strength)


def _line(strength: StrengthCurve, **shared: Any) -> go.Scatter:
    curve = strength.curve
    interval = " (95%: %{customdata[0]}, %{customdata[1]})" if curve.trials > 1 else ""
    return go.Scatter(
        x=curve.epochs,
        y=short(curve.mean),
        customdata=list(zip(short(curve.low), short(curve.high), strict=True)),
        hovertemplate="%{y}" + interval,
        name=strength.name,
        mode="lines" if len(curve.epochs) > 1 else "markers",
        line={"color": colour(strength.colour), "dash": "dash" if strength.dashed else "solid", "width": 2.2},
        **shared,
    )


def _band(strength: StrengthCurve, **shared: Any) -> go.Scatter:
    curve = strength.curve
    return go.Scatter(
        x=(*curve.epochs, *reversed(curve.epochs)),
        y=short((*curve.high, *reversed(curve.low))),
        fill="toself",
        fillcolor=colour(strength.colour),
        opacity=_BAND_OPACITY,
        mode="lines",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
        **shared,
    )


def _every_seed(strength: StrengthCurve, curves: CurveSeries) -> dict[str, Any]:
    shown, _ = seeds_shown(curves)
    return {
        "seeds": strength.curve.seeds[:shown],
        "values": [short(values) for values in strength.curve.of_seeds[:shown]],
    }
