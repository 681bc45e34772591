"""The table of all trials as text: a row a trial, whatever became of it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.estimates import TrialRow
from ridgepath.report.formatting import write_number
from ridgepath.report.labels import Language
from ridgepath.report.summary import Summary

_WEIGHTS = ("best_epoch", "penalty", "weight_norm", "near_zero", "val_loss")


class TrialTable(NamedTuple):
    """Headings, and rows of as many cells."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def trial_table(summary: Summary, spoken: Language) -> TrialTable:
    """Write the figures of every trial after its last epoch."""
    several, measures = len(summary.choices) > 1, _measures(summary)
    return TrialTable(
        tuple(_headings(measures, spoken, several=several)),
        tuple(tuple(_cells(row, measures, spoken, several=several)) for row in summary.trials),
    )


def _measures(summary: Summary) -> tuple[str, ...]:
    splits = ("val", "train", "test") if summary.data.test else ("val", "train")
    return (*(f"{split}_{name}" for name in ("data_loss", *summary.metrics) for split in splits), *_WEIGHTS)


def _headings(measures: tuple[str, ...], spoken: Language, *, several: bool) -> Iterator[str]:
    said = spoken.labels.table
    own = {
        "best_epoch": said.best_epoch,
        "weight_norm": said.weight_norm,
        "near_zero": said.near_zero,
        "val_loss": said.keras_val_loss,
    }
    yield from (said.variant,) * several
    yield from (said.strength, said.seed, said.ended)
    yield from (own.get(measure) or spoken.words.names.measure(measure) for measure in measures)
    yield said.seconds


def _cells(row: TrialRow, measures: tuple[str, ...], spoken: Language, *, several: bool) -> Iterator[str]:
    yield from (row.variant,) * several
    yield from (format_strength(row.strength), str(row.seed), spoken.labels.outcomes.get(row.status, row.status))
    for measure in measures:
        yield write_number(row.figures[measure] * (100 if measure == "near_zero" else 1))
    yield write_number(row.seconds, digits=3)
