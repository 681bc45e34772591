"""Where the noise of the validation data loss comes from, strength by strength."""

from __future__ import annotations

import plotly.graph_objects as go

from ridgepath.penalties import format_strength
from ridgepath.report.drawings.frame import ROW_OF_BARS, Drawing, axis, colour, frame
from ridgepath.report.formatting import write_share
from ridgepath.report.labels import Language
from ridgepath.report.series import hover_text
from ridgepath.report.shown import shown_strengths
from ridgepath.report.summary import Summary


def noise_drawing(summary: Summary, variant: str, spoken: Language) -> Drawing | None:
    """Draw the shares of the squared standard error; ``None`` where one of the sources is not known."""
    shown, said = shown_strengths(summary, variant), spoken.labels.figure
    found = [
        (point, estimate, estimate.shares)
        for point in summary.points_of(variant)
        if point.strength in shown
        and (estimate := point.estimates["val_data_loss"]).covers.startswith("seeds")
        and estimate.shares is not None
        and any(estimate.shares)
    ]
    if not found:
        return None
    figure = go.Figure()
    names = {"seeds": (said.seeds, ""), "examples": (said.examples, "/"), "rest": (said.rest, ".")}
    for source, (name, pattern) in names.items():
        shares = [getattr(each, source) for _, _, each in found]
        figure.add_bar(
            orientation="h",
            x=shares,
            y=[format_strength(point.strength) for point, _, _ in found],
            text=[
                f"{spoken.text(name)}: {write_share(share)}<br>{hover_text(point, estimate, spoken)}"
                for (point, estimate, _), share in zip(found, shares, strict=True)
            ],
            textposition="none",
            hovertemplate="%{text}<extra></extra>",
            name=spoken.text(name),
            marker={
                "color": colour(f"noise-{source}"),
                "pattern": {"shape": pattern, "fillmode": "overlay", "fgopacity": 0.35},
            },
        )
    figure.update_layout(frame(height=120 + ROW_OF_BARS * len(found)), barmode="stack", hovermode="closest", bargap=0.3)
    figure.update_xaxes(
        {**axis(title=spoken.text(said.share_of_noise)), "tickformat": ".0%", "range": [0, 1.002], "dtick": 0.2}
    )
    strengths = axis(title=spoken.text(said.strength)) | {"type": "category", "showgrid": False}
    figure.update_yaxes({**strengths, "autorange": "reversed"})
    return Drawing(figure)
