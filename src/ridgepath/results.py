"""What was measured: one result a trial, and the tidy tables of a whole study.

Columns have the same names in memory, in ``study.db`` and in exports. A metric of the network, such as
``accuracy``, appears with the prefix of the split on which it was taken. ``loss`` and ``val_loss`` are
Keras' own: they contain the penalty, and ``loss`` and a bare ``accuracy`` are running means over a
moving network in training mode. ``*_data_loss`` never contains a penalty and is taken at the end of the epoch,
in inference mode.

A finished trial also tells how its last network stands. ``gradient_share`` is the penalty's share in what pulls
at the penalized weights, |gradient of the penalty| / (|gradient of the data loss| + |gradient of the penalty|), on
the training examples that every epoch evaluates. ``update_share`` is the same after every gradient is multiplied by
the optimizer's own step for its weight; NaN for an optimizer whose steps are not known. Both are 0 without a
penalty. ``sensitivity`` is how far the network's output moves for a small random change of its input, in units of
the output a unit of the input; NaN where features are whole numbers. ``trained_epochs`` is the number of epochs until
its end, and ``kept_epoch`` the one whose weights it ended with, and whose figures it has: the last, or the best.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from ridgepath.portraits import Portrait
from ridgepath.study import Trial

DONE, DIVERGED, FAILED = "done", "diverged", "failed"
"""How a trial ended: trained to the end; its loss was not finite at some epoch; it could not be trained."""

KEY = ("variant", "strength", "seed")
"""The columns that name a trial."""

Table = NDArray[np.void]
"""Rows with named columns: ``table["seed"]`` is a column, ``table[rows]`` is some of the rows."""


def column_names(table: Table) -> tuple[str, ...]:
    """Name the columns of a table, in order."""
    return table.dtype.names or ()


def epoch_columns(metrics: Sequence[str]) -> tuple[str, ...]:
    """Name the figures of an epoch for a network with these metrics, in order."""
    return (
        *("loss", *metrics, "val_loss"),
        *(f"val_{name}" for name in metrics),
        *("train_data_loss", *(f"train_{name}" for name in metrics), "val_data_loss"),
        *("penalty", "weight_norm", "near_zero"),
    )


def trial_columns(metrics: Sequence[str], *, test: bool) -> tuple[str, ...]:
    """Name the figures of a finished trial (with the weights that it ended with), in order."""
    splits = ("train", "val", "test") if test else ("train", "val")
    return (
        *(f"{split}_{name}" for split in splits for name in ("data_loss", *metrics)),
        *("penalty", "weight_norm", "near_zero", "best_epoch", "best_val_data_loss", "loss", "val_loss"),
        *("gradient_share", "update_share", "sensitivity"),
        *("trained_epochs", "kept_epoch"),
    )


def metrics_among(columns: Iterable[str]) -> tuple[str, ...]:
    """Return the names of the network's metrics, given the columns of trials or of epochs."""
    on_validation = (column for column in columns if column.startswith("val_"))
    return tuple(name.removeprefix("val_") for name in on_validation if name not in ("val_data_loss", "val_loss"))


@dataclass(frozen=True)
class TrialResult:
    """One finished trial.

    Attributes:
        status: ``done``, ``diverged`` or ``failed``.
        reason: for a trial that is not ``done``: why, in a few words; else empty.
        engine: ``jax`` or ``reference``.
        seconds: time spent on its training and evaluation.
        figures: the values of :func:`trial_columns`; NaN where there is none.
        epochs: column of :func:`epoch_columns` → values, one an epoch.
        example_losses: split (``validation``, ``test``) → data loss of each of its examples, float32.
        portrait: how the weights look in the end; ``None`` for a trial that was not trained to the end.
    """

    trial: Trial
    status: str
    reason: str
    engine: str
    seconds: float
    figures: dict[str, float]
    epochs: dict[str, list[float]]
    example_losses: dict[str, np.ndarray] = field(default_factory=dict)
    portrait: Portrait | None = None


def failed(trial: Trial, reason: str) -> TrialResult:
    """Record a trial that could not be trained."""
    return TrialResult(trial, FAILED, reason, "", 0.0, {}, {})


@dataclass(frozen=True)
class Checkpoint:
    """How far a trial has come that is under way.

    Attributes:
        epoch: number of epochs done.
        content: all that is needed to go on with it anywhere, as :mod:`ridgepath.training.travelling` writes it.
    """

    epoch: int
    content: bytes


@dataclass(frozen=True)
class Leg:
    """What a worker gives back after a stretch of a shard's training.

    Attributes:
        results: the trials that were finished in it.
        progress: the trials that are under way → how far they have come.
        epochs: number of epochs trained in it, over all its trials; those that early stopping saved count as trained.
        refused: (variant, strength) → why it is trained by the reference engine, where that was found out in it.
        remarks: sentences for whoever looks on.
    """

    results: list[TrialResult] = field(default_factory=list)
    progress: dict[Trial, Checkpoint] = field(default_factory=dict)
    epochs: int = 0
    refused: dict[tuple[str, float], str] = field(default_factory=dict)
    remarks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Results:
    """The tidy tables of a study; :mod:`ridgepath.frames` makes DataFrames of them.

    Attributes:
        trials: a row a trial: variant, strength, seed, status, reason, engine, seconds, then the columns of
            :func:`trial_columns`. Sorted by variant, strength, seed.
        epochs: a row a trial and epoch: variant, strength, seed, epoch (1 is the first), then the columns
            of :func:`epoch_columns`. Sorted the same way.
        example_losses: split → array (trial × example), float32, rows in the order of ``trials``; NaN
            for a trial that has none.
        portraits: trial → how its weights look, for trials that recorded it.
    """

    trials: Table
    epochs: Table
    example_losses: dict[str, np.ndarray]
    portraits: dict[Trial, Portrait] = field(default_factory=dict)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the network's metrics, such as ``accuracy``."""
        return metrics_among(column_names(self.trials))
