"""How a trial ends, whichever engine trained it: its last figures as a result."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ridgepath.portraits import Portrait
from ridgepath.results import DIVERGED, DONE, TrialResult, metrics_among, trial_columns
from ridgepath.study import Trial


@dataclass(frozen=True)
class Ending:
    """What was taken of a trial that was trained to its end.

    Attributes:
        epochs: column of ``epoch_columns`` → values, one an epoch trained.
        kept_epoch: the epoch whose weights it ends with.
        validation_losses: data loss of each validation example with these weights.
        taken: split (``train``, perhaps ``test``) → the data loss of all its examples, and the metrics over them.
        probed: ``gradient_share``, ``update_share`` and ``sensitivity``.
        portrait: how these weights look.
    """

    epochs: dict[str, list[float]]
    kept_epoch: int
    validation_losses: np.ndarray
    taken: dict[str, tuple[np.ndarray, dict[str, float]]]
    probed: dict[str, float]
    portrait: Portrait


def done_result(trial: Trial, ending: Ending, *, engine: str, seconds: float) -> TrialResult:
    """Record a trial that was trained to its end."""
    figures = _figures_of_kept_epoch(ending) | ending.probed
    for split, (losses, metrics) in ending.taken.items():
        figures |= {f"{split}_data_loss": mean_loss(losses)} | {f"{split}_{name}": metrics[name] for name in metrics}
    example_losses = {"validation": ending.validation_losses}
    if "test" in ending.taken:
        example_losses["test"] = ending.taken["test"][0]
    return TrialResult(trial, DONE, "", engine, seconds, figures, ending.epochs, example_losses, ending.portrait)


def _figures_of_kept_epoch(ending: Ending) -> dict[str, float]:
    """Return what the columns over epochs say of a finished trial: their values then, and its epochs."""
    validation = ending.epochs["val_data_loss"]
    best = int(np.argmin(validation))
    return {name: values[ending.kept_epoch - 1] for name, values in ending.epochs.items()} | {
        "best_epoch": best + 1,
        "best_val_data_loss": validation[best],
        "trained_epochs": len(validation),
        "kept_epoch": ending.kept_epoch,
    }


def diverged_result(
    trial: Trial, epochs: dict[str, list[float]], *, engine: str, seconds: float, test: bool
) -> TrialResult:
    """Record a trial whose loss was not finite: its epochs so far, and no final figures."""
    figures = dict.fromkeys(trial_columns(metrics_among(epochs), test=test), math.nan)
    reason = f"the loss was not finite in epoch {len(epochs['loss'])}"
    return TrialResult(trial, DIVERGED, reason, engine, seconds, figures, epochs)


def mean_loss(losses: np.ndarray) -> float:
    """Return the mean of the examples' losses, summed in float64."""
    return float(np.mean(losses, dtype=np.float64))


def example_shape(features: Any) -> tuple[int, ...]:
    """Return the shape of one example's features; nothing of those of several inputs."""
    return () if isinstance(features, (dict, tuple)) else tuple(features.shape[1:])
