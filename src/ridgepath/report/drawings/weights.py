"""How the hidden weights are distributed, a line a strength."""

from __future__ import annotations

import numpy as np
import plotly.graph_objects as go
from numpy.typing import NDArray

from ridgepath.penalties import format_strength
from ridgepath.portraits import WEIGHT_EDGES
from ridgepath.report.drawings.frame import HEIGHT, Drawing, axis, colour, frame, short
from ridgepath.report.labels import Language
from ridgepath.report.series import strength_colours
from ridgepath.report.shown import shown_strengths
from ridgepath.report.summary import Summary
from ridgepath.report.weights import Distribution

_TAIL = 5e-4
"""The share of weights at each end that may lie outside the figure."""


def weights_drawing(summary: Summary, variant: str, spoken: Language) -> Drawing | None:
    """Draw the densities; ``None`` where no trial recorded its weights."""
    shown, said = shown_strengths(summary, variant), spoken.labels.figure
    found = [each for each in summary.distributions if each.variant == variant and each.strength in shown]
    if not found:
        return None
    tints = strength_colours(summary, variant)
    figure = go.Figure([_trace(each, tints[each.strength], spoken) for each in found])
    figure.update_layout(frame(height=HEIGHT), hovermode="closest")
    title = {"text": spoken.text(said.strength), "font": {"size": 13}}
    far = max(_reach(each.shares) for each in found)
    figure.update_layout(legend_title=title)
    figure.update_xaxes({**axis(title=spoken.text(said.weight)), "range": [-far, far]})
    figure.update_yaxes({**axis(title=spoken.text(said.density)), "type": "log", "exponentformat": "power"})
    return Drawing(figure)


def _trace(each: Distribution, tint: str, spoken: Language) -> go.Scatter:
    filled = np.flatnonzero(each.density)
    inner = slice(filled[0], filled[-1] + 1)
    middles = (WEIGHT_EDGES[:-1] + WEIGHT_EDGES[1:]) / 2
    name = format_strength(each.strength)
    return go.Scatter(
        x=short(middles[inner]),
        y=short(np.where(each.density > 0, each.density, np.nan)[inner]),
        name=name,
        mode="lines",
        line={
            "color": colour(tint),
            "width": 2,
            "shape": "hvh",
            "dash": "dash" if each.strength == 0 else "solid",
        },
        hovertemplate=f"{spoken.text(spoken.labels.figure.strength)} {name}<br>%{{x:.3g}}: %{{y:.3g}}<extra></extra>",
    )


def _reach(shares: NDArray[np.float64]) -> float:
    """Return how far from zero all weights lie but few at each end."""
    inside = np.flatnonzero((np.cumsum(shares) > _TAIL) & (np.cumsum(shares[::-1])[::-1] > _TAIL))
    low, high = WEIGHT_EDGES[inside[0]], WEIGHT_EDGES[inside[-1] + 1]
    return float(max(-low, high))
