"""The figures of the page: plotly figures whose colours are names of the page's palette, ``var(--validation)``."""

from __future__ import annotations

import html
import json
import math
from collections.abc import Iterator, Sequence
from typing import Any

import plotly.graph_objects as go

from ridgepath.report.series import CurveSeries, Panel, PathLine, PathSeries, StrengthCurve

_PATH_HEIGHT = 430
_ROW_HEIGHT = 300
_LEGEND_HEIGHT = 90
_BAND_OPACITY = 0.16


def path_figure(path: PathSeries) -> go.Figure:
    """Draw data losses against strength, with 95% intervals; Keras' ``val_loss`` waits in the legend."""
    figure = go.Figure(
        [
            _path_trace(path.validation, symbol="circle", dash="solid"),
            _path_trace(path.training, symbol="square-open", dash="dash"),
            _path_trace(path.keras, symbol="diamond-open", dash="dot", visible="legendonly"),
        ]
    )
    figure.update_layout(_frame(height=_PATH_HEIGHT), hovermode="closest")
    figure.update_xaxes(_axis(title="strength"), tickvals=path.ticks, ticktext=path.tick_labels, showgrid=False)
    figure.update_yaxes(_axis(title="data loss"))
    _add_marks(figure, path)
    return figure


def curves_figure(curves: CurveSeries) -> go.Figure:
    """Draw data losses and metrics over epochs, a line a strength with its 95% band."""
    panels = [panel for row in curves.rows for panel in row]
    figure = go.Figure([trace for number, panel in enumerate(panels, 1) for trace in _panel_traces(panel, number)])
    figure.update_layout(_frame(height=_LEGEND_HEIGHT + _ROW_HEIGHT * len(curves.rows)), hovermode="x unified")
    figure.update_layout(
        legend_title={"text": "strength", "font": {"size": 13}}, grid=_grid(len(curves.rows), columns=2)
    )
    for number, panel in enumerate(panels, 1):
        row_start, suffix = number - (number - 1) % 2, _suffix(number)
        shared_x = {"matches": "x"} if number > 1 else {}
        shared_y = {"matches": f"y{_suffix(row_start)}"} if number > row_start else {}
        figure.update_layout(
            {f"xaxis{suffix}": {**_axis(title="epoch"), **shared_x}, f"yaxis{suffix}": {**_axis(), **shared_y}}
        )
        _add_title(figure, panel.title, number=number)
    return figure


def curves_narrow(curves: CurveSeries) -> dict[str, Any]:
    """Return what differs in the layout of the curves on a phone: one panel below the other."""
    count = sum(len(row) for row in curves.rows)
    return {"grid": _grid(count, columns=1), "height": _LEGEND_HEIGHT + _ROW_HEIGHT * count}


def to_json(figure: go.Figure) -> dict[str, Any]:
    """Return a figure as plain JSON values; what is not finite is ``None``."""
    values: dict[str, Any] = json.loads(figure.to_json())
    return values


def _path_trace(line: PathLine, *, symbol: str, dash: str, visible: bool | str = True) -> go.Scatter:
    colour = _colour(line.colour)
    reach = [high - mean for high, mean in zip(line.highs, line.means, strict=True)]
    return go.Scatter(
        x=line.positions,
        y=line.means,
        error_y={"type": "data", "array": reach, "color": colour, "thickness": 1.5, "width": 5},
        text=line.texts,
        hovertemplate=line.name + "<br>%{text}<extra></extra>",
        name=line.name,
        mode="lines+markers",
        line={"color": colour, "dash": dash, "width": 2.2},
        marker={"symbol": symbol, "size": 9, "color": colour, "line": {"width": 2, "color": colour}},
        visible=visible,
    )


def _add_marks(figure: go.Figure, path: PathSeries) -> None:
    muted = _colour("muted")
    if path.threshold is not None:
        figure.add_hline(path.threshold, line={"color": muted, "width": 1, "dash": "dot"}, layer="below")
    for mark in path.marks:
        figure.add_vline(mark.position, line={"color": muted, "width": 1}, layer="below")
        figure.add_annotation(
            text=mark.name,
            x=mark.position,
            xanchor=mark.anchor,
            y=1,
            yref="paper",
            yanchor="bottom",
            yshift=15 * mark.level,
            showarrow=False,
        )
    if path.zero_break is not None:
        figure.add_annotation(text="//", x=path.zero_break, y=0, yref="paper", yanchor="middle", showarrow=False)


def _panel_traces(panel: Panel, number: int) -> Iterator[go.Scatter]:
    axes = {"xaxis": f"x{_suffix(number)}", "yaxis": f"y{_suffix(number)}"}
    for strength in panel.curves:
        shared = {"legendgroup": strength.name, **axes}
        if all(math.isfinite(value) for value in strength.curve.high):
            yield _band(strength, **shared)
        yield _line(strength, showlegend=number == 1, **shared)


def _line(strength: StrengthCurve, **shared: Any) -> go.Scatter:
    curve = strength.curve
    interval = " (95% %{customdata[0]} to %{customdata[1]})" if curve.trials > 1 else ""
    return go.Scatter(
        x=curve.epochs,
        y=_short(curve.mean),
        customdata=list(zip(_short(curve.low), _short(curve.high), strict=True)),
        hovertemplate="%{y}" + interval,
        name=strength.name,
        mode="lines" if len(curve.epochs) > 1 else "markers",
        line={"color": _colour(strength.colour), "dash": "dash" if strength.dashed else "solid", "width": 2.2},
        **shared,
    )


def _band(strength: StrengthCurve, **shared: Any) -> go.Scatter:
    curve = strength.curve
    return go.Scatter(
        x=(*curve.epochs, *reversed(curve.epochs)),
        y=_short((*curve.high, *reversed(curve.low))),
        fill="toself",
        fillcolor=_colour(strength.colour),
        opacity=_BAND_OPACITY,
        mode="lines",
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
        **shared,
    )


def _short(values: Sequence[float]) -> list[float]:
    """Keep five significant digits, which is what a reader sees; it halves the size of the page."""
    return [float(f"{value:.5g}") for value in values]


def _add_title(figure: go.Figure, title: str, *, number: int) -> None:
    figure.add_annotation(
        text=f"<b>{html.escape(title)}</b>",
        x=0,
        xref=f"x{_suffix(number)} domain",
        xanchor="left",
        y=1.02,
        yref=f"y{_suffix(number)} domain",
        yanchor="bottom",
        showarrow=False,
    )


def _suffix(number: int) -> str:
    """Return what plotly appends to the names of the axes of a panel: nothing for the first."""
    return str(number) if number > 1 else ""


def _grid(rows: int, *, columns: int) -> dict[str, Any]:
    return {"rows": rows, "columns": columns, "pattern": "independent", "xgap": 0.12, "ygap": 0.3}


def _frame(*, height: int) -> dict[str, Any]:
    return {
        "template": go.layout.Template(),
        "height": height,
        "autosize": True,
        "margin": {"l": 62, "r": 16, "t": 46, "b": 56},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": _colour("ink"), "size": 13},
        "hoverlabel": {
            "bgcolor": _colour("panel"),
            "bordercolor": _colour("rule"),
            "font": {"color": _colour("ink")},
        },
        "legend": {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": _colour("muted"), "activecolor": _colour("ink")},
        "dragmode": False,
    }


def _axis(*, title: str = "") -> dict[str, Any]:
    return {
        "title": {"text": title, "standoff": 8, "font": {"size": 13}},
        "gridcolor": _colour("rule"),
        "linecolor": _colour("muted"),
        "showline": True,
        "zeroline": False,
        "ticks": "outside",
        "tickcolor": _colour("muted"),
        "automargin": True,
        "fixedrange": True,
    }


def _colour(name: str) -> str:
    return f"var(--{name})"
