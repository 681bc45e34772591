"""The path: data losses against strength, with what the weights do above, and both sides shaded."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import plotly.graph_objects as go

from ridgepath.report.drawings.frame import HEIGHT, Drawing, axis, colour, frame
from ridgepath.report.labels import Language
from ridgepath.report.series import PathLine, PathSeries, Shade

_TOP = 84
_SURE, _BY_THE_MEANS = 0.2, 0.09


def path_drawing(path: PathSeries, spoken: Language) -> Drawing:
    """Draw data losses against strength, with 95% intervals; Keras' ``val_loss`` waits in the legend."""
    said = spoken.labels.figure
    figure = go.Figure(
        [
            _trace(path.validation, symbol="circle", dash="solid"),
            _trace(path.training, symbol="square-open", dash="dash"),
            _trace(path.keras, symbol="diamond-open", dash="dot", visible="legendonly"),
            _upper_axis_anchor(path),
        ]
    )
    figure.update_layout(frame(height=HEIGHT + _TOP // 2), hovermode="closest")
    figure.update_layout(margin_t=_TOP)
    ticks = {"tickvals": path.ticks, "showgrid": False, "range": path.reach}
    figure.update_xaxes({**axis(title=spoken.text(said.strength)), **ticks, "ticktext": path.tick_labels})
    figure.update_layout(xaxis2=_upper_axis(path, spoken) | ticks)
    figure.update_yaxes({**axis(title=spoken.text(said.data_loss)), "autorangeoptions": {"include": _floor(path)}})
    for shade in path.shades:
        _add_shade(figure, shade)
    _add_marks(figure, path)
    return Drawing(figure)


def _trace(line: PathLine, *, symbol: str, dash: str, visible: bool | str = True) -> go.Scatter:
    tint = colour(line.colour)
    bars = {"array": np.subtract(line.highs, line.means), "arrayminus": np.subtract(line.means, line.lows)}
    return go.Scatter(
        x=line.positions,
        y=line.means,
        error_y={"type": "data", **bars, "color": tint, "thickness": 1.5, "width": 5},
        text=line.texts,
        hovertemplate=line.name + "<br>%{text}<extra></extra>",
        name=line.name,
        mode="lines+markers",
        line={"color": tint, "dash": dash, "width": 2.2},
        marker={"symbol": symbol, "size": 9, "color": tint, "line": {"width": 2, "color": tint}},
        visible=visible,
    )


def _floor(path: PathSeries) -> list[float]:
    """Return a place below all bars, so that the names of the sides have room there."""
    ends = ((*path.validation.lows, *path.training.lows), (*path.validation.highs, *path.training.highs))
    lows, highs = ([value for value in values if math.isfinite(value)] for values in ends)
    return [min(lows) - (max(highs) - min(lows)) / 12] if lows and highs and path.shades else []


def _upper_axis_anchor(path: PathSeries) -> go.Scatter:
    """Return an empty trace: plotly draws no axis without one."""
    return go.Scatter(
        x=path.ticks[:1], y=[None] * len(path.ticks[:1]), xaxis="x2", showlegend=False, hoverinfo="skip", mode="markers"
    )


def _upper_axis(path: PathSeries, spoken: Language) -> dict[str, Any]:
    said = spoken.labels.figure
    title = spoken.text(f"{said.weight_norm} · {said.near_zero}")
    labels = [f"{norm}<br>{near_zero}" for norm, near_zero in path.upper_labels]
    upper = {"overlaying": "x", "matches": "x", "side": "top", "anchor": "y", "ticktext": labels, "tickfont_size": 11}
    return axis() | upper | {"title": {"text": title, "standoff": 4, "font": {"size": 12}}}


def _add_shade(figure: go.Figure, shade: Shade) -> None:
    figure.add_vrect(
        shade.start,
        shade.stop,
        fillcolor=colour(shade.kind),
        opacity=_SURE if shade.sure else _BY_THE_MEANS,
        line_width=0,
        layer="below",
    )
    if not shade.name:
        return
    is_left = shade.kind == "overfits"
    figure.add_annotation(
        text=shade.name,
        x=shade.start if is_left else shade.stop,
        xanchor="left" if is_left else "right",
        xshift=4 if is_left else -4,
        y=0,
        yref="paper",
        yanchor="bottom",
        showarrow=False,
        font={"size": 12, "color": colour("muted")},
    )


def _add_marks(figure: go.Figure, path: PathSeries) -> None:
    muted = colour("muted")
    if path.threshold is not None:
        figure.add_hline(path.threshold, line={"color": muted, "width": 1, "dash": "dot"}, layer="below")
    for mark in path.marks:
        figure.add_vline(mark.position, line={"color": muted, "width": 1}, layer="below")
        figure.add_annotation(
            text=mark.name,
            x=mark.position,
            xanchor=mark.anchor,
            xshift={"left": 4, "right": -4}.get(mark.anchor, 0),
            y=1,
            yref="paper",
            yanchor="top",
            yshift=-15 * mark.level,
            showarrow=False,
            bgcolor=colour("panel"),
        )
    if path.zero_break is not None:
        figure.add_annotation(text="//", x=path.zero_break, y=0, yref="paper", yanchor="middle", showarrow=False)
