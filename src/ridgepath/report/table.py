"""The results table as text, one row a strength: the same in the page, the terminal and Markdown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.formatting import MISSING, Written, write_estimate
from ridgepath.report.locale.words import ENGLISH, Words
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


def tables(summary: Summary, words: Words = ENGLISH) -> tuple[Table, ...]:
    """Write the results as text, a table a variant."""
    columns = tuple(_columns(summary, words))
    return tuple(
        Table(
            choice.variant,
            columns,
            tuple(
                _row(point, columns=columns, choice=choice, words=words) for point in summary.points_of(choice.variant)
            ),
        )
        for choice in summary.choices
    )


def _columns(summary: Summary, words: Words) -> Iterator[Column]:
    splits = ("val", "train", "test") if summary.data.test else ("val", "train")
    losses = [f"{split}_data_loss" for split in splits]
    metrics = [f"{split}_{metric}" for metric in summary.metrics for split in splits]
    weights = ("best_epoch", "penalty", "weight_norm", "near_zero", "keras_val_loss")
    for measure in (*losses[:2], "gap", *losses[2:], *metrics, *weights):
        group, title = words.names.column(measure)
        yield Column(group, title, measure, scale=100.0 if measure == "near_zero" else 1.0)


def _row(point: PathPoint, *, columns: tuple[Column, ...], choice: Choice, words: Words) -> Row:
    rules = (("min", choice.strength_min), ("1se", choice.strength_1se))
    planned = point.trials + point.failed + point.missing
    return Row(
        format_strength(point.strength),
        marks=tuple(mark for mark, strength in rules if strength == point.strength),
        trials=words.names.trials(point.trials, planned),
        cells=tuple(_cell(point, column) for column in columns),
    )


def _cell(point: PathPoint, column: Column) -> Written:
    estimate = point.estimates.get(column.measure)
    return Written(MISSING, "") if estimate is None else write_estimate(estimate, scale=column.scale)
