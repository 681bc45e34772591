"""Forest plots: every comparison with its interval and its verdict."""

from __future__ import annotations

import math
from collections.abc import Iterator

import plotly.graph_objects as go

from ridgepath.penalties import format_strength
from ridgepath.report.drawings.frame import ROW_OF_BARS, Drawing, axis, colour, frame, no_markup
from ridgepath.report.families import Difference, Family
from ridgepath.report.formatting import interval_ends, spread_of, write_estimate
from ridgepath.report.labels import Language
from ridgepath.report.shown import shown_strengths
from ridgepath.report.summary import Summary
from ridgepath.statistics.comparison import Verdict

MOST_ROWS = 24
"""Comparisons of a family, at most; of a longer path those of the strengths that its curves would show."""

_VERDICTS: dict[Verdict, str] = {
    "better": "triangle-left",
    "worse": "triangle-right",
    "equivalent": "square",
    "undecided": "circle-open",
}


def forest_drawing(summary: Summary, variant: str, spoken: Language) -> Drawing | None:
    """Draw the comparisons of one variant, or (``""``) those between the choices; ``None`` where there are none."""
    families = [family for family in summary.families if family.variant == variant]
    rows = [(family, each) for family in families for each in _shown(summary, family)]
    if not rows:
        return None
    figure = go.Figure([_margins(rows), *_traces(rows, spoken)])
    height = 150 + ROW_OF_BARS * len(rows)
    figure.update_layout(frame(height=height), hovermode="closest")
    measure = spoken.words.names.measure(families[0].terms.measure)
    title = no_markup(spoken.labels.figure.difference.format(measure))
    figure.update_xaxes({**axis(title=spoken.text(title)), "zeroline": True, "zerolinecolor": colour("ink")})
    names = [_name(each, spoken, between=not variant) for _, each in rows]
    figure.update_yaxes(
        {**axis(), "tickvals": list(range(len(rows))), "ticktext": names, "showgrid": False, "autorange": "reversed"}
    )
    return Drawing(figure)


def _shown(summary: Summary, family: Family) -> Iterator[Difference]:
    known = [each for each in family.found if math.isfinite(each.difference)]
    kept = shown_strengths(summary, family.variant, most=MOST_ROWS) if family.variant else ()
    return (each for each in known if not family.variant or each.strength[1] in kept)


def _name(each: Difference, spoken: Language, *, between: bool) -> str:
    named = spoken.words.names.named if between else lambda point: format_strength(point[1])
    return spoken.text(no_markup(spoken.labels.figure.against.format(named(each.strength), named(each.against))))


def _traces(rows: list[tuple[Family, Difference]], spoken: Language) -> Iterator[go.Scatter]:
    for verdict, symbol in _VERDICTS.items():
        found = [(place, each) for place, (_, each) in enumerate(rows) if each.verdict == verdict]
        if not found:
            continue
        tint = colour(verdict)
        yield go.Scatter(
            x=[each.difference for _, each in found],
            y=[place for place, _ in found],
            error_x={
                "type": "data",
                "array": [each.high - each.difference for _, each in found],
                "arrayminus": [each.difference - each.low for _, each in found],
                "color": tint,
                "thickness": 2,
                "width": 4,
            },
            text=[_hover(each, spoken) for _, each in found],
            hovertemplate="%{text}<extra></extra>",
            name=spoken.text(spoken.words.verdicts.verdict(verdict)),
            mode="markers",
            marker={"symbol": symbol, "size": 11, "color": tint, "line": {"width": 2, "color": tint}},
        )


def _hover(each: Difference, spoken: Language) -> str:
    spread = spread_of(each)
    lines = [
        _name(each, spoken, between=True),
        str(write_estimate(spread)),
        spoken.words.verdicts.verdict(each.verdict),
    ]
    ends = interval_ends(spread)
    if ends is not None:
        lines.insert(2, spoken.labels.figure.interval.format(spoken.words.names.range_of(*ends)))
    return "<br>".join(spoken.text(line) for line in lines)


def _margins(rows: list[tuple[Family, Difference]]) -> go.Scatter:
    """Draw the margin of equivalence of every row as two pieces of a dotted line."""
    known = [(place, each.margin) for place, (_, each) in enumerate(rows) if math.isfinite(each.margin)]
    pieces = [(end, place) for place, margin in known for end in (-margin, margin)]
    return go.Scatter(
        x=[value for end, _ in pieces for value in (end, end, None)],
        y=[value for _, place in pieces for value in (place - 0.5, place + 0.5, None)],
        mode="lines",
        line={"color": colour("muted"), "width": 1, "dash": "dot"},
        hoverinfo="skip",
        showlegend=False,
    )
