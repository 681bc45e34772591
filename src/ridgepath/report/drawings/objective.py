"""Data loss and penalty on top of each other, strength by strength: what training minimizes, and Keras' val_loss."""

from __future__ import annotations

from collections.abc import Iterator

import plotly.graph_objects as go

from ridgepath.penalties import format_strength
from ridgepath.report.drawings.frame import (
    MARGINS,
    ROW_HEIGHT,
    Drawing,
    axis,
    colour,
    frame,
    grid,
    panel_title,
    suffix,
)
from ridgepath.report.labels import Language
from ridgepath.report.series import hover_text
from ridgepath.report.shown import shown_strengths
from ridgepath.report.summary import PathPoint, Summary


def objective_drawing(summary: Summary, variant: str, spoken: Language) -> Drawing:
    """Draw the means after the last epoch: on validation examples, and on training examples."""
    said, shown = spoken.labels.figure, shown_strengths(summary, variant)
    points = [point for point in summary.points_of(variant) if point.strength in shown]
    figure = go.Figure(
        list(_bars(points, "val_data_loss", 1, spoken)) + list(_bars(points, "train_data_loss", 2, spoken))
    )
    figure.update_layout(frame(height=MARGINS + ROW_HEIGHT), barmode="stack", hovermode="closest", bargap=0.35)
    figure.update_layout(grid=grid(1, columns=2), yaxis=axis(title=spoken.text(said.data_loss)), yaxis2=axis())
    figure.update_layout(yaxis2_matches="y")
    for number, title in enumerate((said.keras_val_loss, said.minimized), 1):
        strengths = axis(title=spoken.text(said.strength)) | {"type": "category", "showgrid": False}
        figure.update_layout({f"xaxis{suffix(number)}": strengths})
        figure.add_annotation(panel_title(spoken.text(title), number=number))
    return Drawing(figure, {"grid": grid(2, columns=1), "height": MARGINS + 2 * ROW_HEIGHT})


def _bars(points: list[PathPoint], measure: str, number: int, spoken: Language) -> Iterator[go.Bar]:
    said = spoken.labels.figure
    names = {"val_data_loss": (said.validation, "validation"), "train_data_loss": (said.training, "training")}
    for part, (name, tint) in ((measure, names[measure]), ("penalty", (said.penalty, "penalty"))):
        estimates = [point.estimates[part] for point in points]
        yield go.Bar(
            x=[format_strength(point.strength) for point in points],
            y=[estimate.mean for estimate in estimates],
            text=[hover_text(point, each, spoken) for point, each in zip(points, estimates, strict=True)],
            textposition="none",
            hovertemplate=spoken.text(name) + "<br>%{text}<extra></extra>",
            name=spoken.text(name),
            legendgroup=name,
            showlegend=part != "penalty" or number == 1,
            marker={
                "color": colour(tint),
                "pattern": {"shape": "/" if part == "penalty" else "", "fillmode": "overlay", "fgopacity": 0.5},
            },
            xaxis=f"x{suffix(number)}",
            yaxis=f"y{suffix(number)}",
        )
