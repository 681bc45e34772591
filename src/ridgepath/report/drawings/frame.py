"""What all figures of the page share: plotly figures whose colours are names of the page's palette, ``var(--ink)``."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import plotly.graph_objects as go

HEIGHT = 430
"""Pixels of a figure with one row."""
ROW_HEIGHT, MARGINS = 270, 50
ROW_OF_BARS = 26


@dataclass(frozen=True)
class Drawing:
    """A figure, and what differs in its layout on a phone.

    Attributes:
        seeds: number of a trace → what every seed measured, in place of its mean; empty where that is not known.
    """

    figure: go.Figure
    narrow: dict[str, Any] = field(default_factory=dict)
    seeds: dict[int, dict[str, Any]] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Return plain JSON values; what is not finite is ``None``."""
        values: dict[str, Any] = json.loads(self.figure.to_json())
        return {**values, "narrow": self.narrow}


def colour(name: str) -> str:
    """Name a colour of the page."""
    return f"var(--{name})"


def coloured(figure: go.Figure, colours: Mapping[str, str]) -> go.Figure:
    """Return a figure for where no page has a palette, on a ground of its own: name of a colour → colour."""
    text = re.sub(r"var\(--([\w-]+)\)", lambda found: colours[found[1]], figure.to_json())
    return go.Figure(json.loads(text)).update_layout(paper_bgcolor=colours["panel"])


def frame(*, height: int) -> dict[str, Any]:
    """Return the layout that all figures start from."""
    return {
        "template": go.layout.Template(),
        "height": height,
        "autosize": True,
        "margin": {"l": 62, "r": 24, "t": 34, "b": 56},
        "paper_bgcolor": "rgba(0,0,0,0)",
        "plot_bgcolor": "rgba(0,0,0,0)",
        "font": {"color": colour("ink"), "size": 13},
        "hoverlabel": {
            "bgcolor": colour("panel"),
            "bordercolor": colour("rule"),
            "font": {"color": colour("ink")},
        },
        "legend": {"orientation": "h", "x": 0, "y": 0, "yref": "container", "yanchor": "bottom"},
        "modebar": {"bgcolor": "rgba(0,0,0,0)", "color": colour("muted"), "activecolor": colour("ink")},
        "dragmode": False,
        "showlegend": False,
    }


def axis(*, title: str = "") -> dict[str, Any]:
    """Return an axis with a grid."""
    return {
        "title": {"text": title, "standoff": 8, "font": {"size": 13}},
        "gridcolor": colour("rule"),
        "linecolor": colour("muted"),
        "showline": True,
        "zeroline": False,
        "ticks": "outside",
        "tickcolor": colour("muted"),
        "automargin": True,
        "fixedrange": True,
    }


def no_markup(text: str) -> str:
    """Write a name so that plotly shows it as it is; it knows no codes for quotes, and needs none."""
    return html.escape(text, quote=False)


def short(values: Iterable[float]) -> list[float]:
    """Keep five significant digits, which is what a reader sees; it halves the size of the page."""
    return [float(f"{value:.5g}") for value in values]


def suffix(number: int) -> str:
    """Return what plotly appends to the names of the axes of a panel: nothing for the first."""
    return str(number) if number > 1 else ""


def grid(rows: int, *, columns: int) -> dict[str, Any]:
    """Return a grid of panels."""
    return {"rows": rows, "columns": columns, "pattern": "independent", "xgap": 0.12, "ygap": 0.3}


def panel_title(text: str, *, number: int) -> dict[str, Any]:
    """Return the annotation that names a panel; ``text`` is markup already."""
    return {
        "text": f"<b>{text}</b>",
        "x": 0,
        "xref": f"x{suffix(number)} domain",
        "xanchor": "left",
        "y": 1.02,
        "yref": f"y{suffix(number)} domain",
        "yanchor": "bottom",
        "showarrow": False,
    }
