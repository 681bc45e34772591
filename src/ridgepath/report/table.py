"""The results table as text, one row a strength: the same in the page, the terminal and Markdown."""

from __future__ import annotations

from typing import NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.formatting import MISSING, Written, write_estimate
from ridgepath.report.measures import SPLITS
from ridgepath.report.summary import Choice, PathPoint, Summary


class Column(NamedTuple):
    """One measure of the table; neighbours with one ``group`` share a heading."""

    group: str
    title: str
    measure: str
    scale: float = 1.0


class Row(NamedTuple):
    """One strength of the table; ``marks`` are ``min``, ``1se`` or both, ``cells`` go with the columns."""

    strength: str
    marks: tuple[str, ...]
    trials: str
    cells: tuple[Written, ...]


class Table(NamedTuple):
    """The results of one variant."""

    variant: str
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]


def tables(summary: Summary) -> tuple[Table, ...]:
    """Write the results as text, a table a variant."""
    columns = _columns(summary)
    return tuple(
        Table(
            choice.variant,
            columns,
            tuple(_row(point, columns=columns, choice=choice) for point in summary.points_of(choice.variant)),
        )
        for choice in summary.choices
    )


def _columns(summary: Summary) -> tuple[Column, ...]:
    splits = ("val", "train", "test") if summary.data.test else ("val", "train")
    losses = [Column("data loss", SPLITS[split], f"{split}_data_loss") for split in splits]
    metrics = [Column(metric, SPLITS[split], f"{split}_{metric}") for metric in summary.metrics for split in splits]
    return (
        *losses[:2],
        Column("data loss", "gap", "gap"),
        *losses[2:],
        *metrics,
        Column("best", "epoch", "best_epoch"),
        Column("weights", "penalty", "penalty"),
        Column("weights", "L2 norm", "weight_norm"),
        Column("weights", "near zero, %", "near_zero", scale=100.0),
        Column("Keras", "val_loss", "keras_val_loss"),
    )


def _row(point: PathPoint, *, columns: tuple[Column, ...], choice: Choice) -> Row:
    rules = (("min", choice.strength_min), ("1se", choice.strength_1se))
    planned = point.trials + point.failed + point.missing
    return Row(
        format_strength(point.strength),
        marks=tuple(mark for mark, strength in rules if strength == point.strength),
        trials=str(point.trials) if point.trials == planned else f"{point.trials} of {planned}",
        cells=tuple(_cell(point, column) for column in columns),
    )


def _cell(point: PathPoint, column: Column) -> Written:
    estimate = point.estimates.get(column.measure)
    return Written(MISSING, "") if estimate is None else write_estimate(estimate, scale=column.scale)
