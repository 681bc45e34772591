"""The gap between validation and training data loss: against strength, and over epochs."""

from __future__ import annotations

import math

import plotly.graph_objects as go

from ridgepath.report.drawings.curves import panel_traces
from ridgepath.report.drawings.frame import (
    MARGINS,
    ROW_HEIGHT,
    Drawing,
    axis,
    colour,
    frame,
    grid,
    panel_title,
)
from ridgepath.report.labels import Language
from ridgepath.report.series import CurveSeries, PathSeries, axis_positions, hover_text
from ridgepath.report.summary import Summary


def gap_drawing(summary: Summary, path: PathSeries, curves: CurveSeries, spoken: Language) -> Drawing:
    """Draw the gap after the last epoch with its 95% interval, and beside it its course."""
    said = spoken.labels.figure
    figure = go.Figure([_against_strength(summary, path.variant, spoken)])
    figure.add_traces([trace for _, trace in panel_traces(curves.gap, 2, named=True)])
    figure.update_layout(frame(height=MARGINS + ROW_HEIGHT), hovermode="closest", grid=grid(1, columns=2))
    ticks = {"tickvals": path.ticks, "ticktext": path.tick_labels, "range": path.reach}
    strengths = {**axis(title=spoken.text(said.strength)), **ticks}
    figure.update_layout(
        xaxis=strengths | {"showgrid": False},
        xaxis2=axis(title=spoken.text(said.epoch)),
        yaxis=axis(title=spoken.text(said.gap)),
        yaxis2=axis(),
    )
    figure.add_annotation(panel_title(spoken.text(said.after_last_epoch), number=1))
    figure.add_annotation(panel_title(spoken.text(spoken.labels.page.over_epochs), number=2))
    for name in ("yaxis", "yaxis2"):
        figure.update_layout({name: {"zeroline": True, "zerolinecolor": colour("muted")}})
    return Drawing(figure, {"grid": grid(2, columns=1), "height": MARGINS + 2 * ROW_HEIGHT})


def _against_strength(summary: Summary, variant: str, spoken: Language) -> go.Scatter:
    points = [p for p in summary.points_of(variant) if math.isfinite(p.estimates["gap"].mean)]
    gaps, places = [point.estimates["gap"] for point in points], _places(summary, variant)
    tint = colour("validation")
    return go.Scatter(
        x=[places[point.strength] for point in points],
        y=[gap.mean for gap in gaps],
        error_y={
            "type": "data",
            "array": [gap.high - gap.mean for gap in gaps],
            "arrayminus": [gap.mean - gap.low for gap in gaps],
            "color": tint,
            "thickness": 1.5,
        },
        text=[hover_text(point, gap, spoken) for point, gap in zip(points, gaps, strict=True)],
        hovertemplate="%{text}<extra></extra>",
        mode="markers",
        marker={"size": 9, "color": tint},
        showlegend=False,
    )


def _places(summary: Summary, variant: str) -> dict[float, float]:
    return axis_positions([point.strength for point in summary.points_of(variant)])
