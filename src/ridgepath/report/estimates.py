"""Means over the trials of a strength, with their intervals: of the last epoch, and of every epoch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import stdtrit

from ridgepath.results import DIVERGED, DONE, FAILED, KEY, Results
from ridgepath.study import Study

CONFIDENCE = 0.95
"""Coverage of all intervals in a report."""

_MEASURED = ("val_data_loss", "train_data_loss", "gap")
_WEIGHTS = ("penalty", "weight_norm", "near_zero", "keras_val_loss", "best_epoch")


@dataclass(frozen=True)
class Estimate:
    """A mean over trials; ``low`` and ``high`` end its 95% t interval.

    What one trial cannot give (an error, an interval) is NaN, and so is all of an estimate without a trial, or with
    a trial whose value is not finite.
    """

    mean: float
    standard_error: float
    low: float
    high: float
    trials: int


@dataclass(frozen=True)
class PathPoint:
    """What is known at one strength, after the last epoch.

    Attributes:
        trials: the trials that were trained to the end; all estimates are means over these.
        failed: trials that diverged or could not be trained.
        missing: trials that the study asks for and that have not been trained.
        estimates: measure → estimate. A gap is validation minus training data loss, paired by seed.
    """

    variant: str
    strength: float
    trials: int
    failed: int
    missing: int
    estimates: dict[str, Estimate]


@dataclass(frozen=True)
class Curve:
    """One measure over the epochs of one strength: means over trials and their 95% t intervals, one value an epoch."""

    variant: str
    strength: float
    measure: str
    trials: int
    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]


@dataclass(frozen=True)
class Failure:
    """A trial that no estimate contains, and why."""

    variant: str
    strength: float
    seed: int
    status: str
    reason: str


def t_interval(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return mean, standard error, low and high end of the 95% t interval of the mean.

    Args:
        values: (trial, ...).

    Returns:
        (4, ...). NaN wherever a trial's value is not finite; all but the mean are NaN for a single trial.
    """
    count = len(values)
    if count == 0:
        return np.full((4, *values.shape[1:]), np.nan)
    finite = np.where(np.isfinite(values), values, np.nan)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = finite.mean(axis=0)
        error = finite.std(axis=0, ddof=1) / np.sqrt(count) if count > 1 else np.full_like(mean, np.nan)
        reach = stdtrit(count - 1, (1 + CONFIDENCE) / 2) * error
        return np.stack([mean, error, mean - reach, mean + reach])


def estimate(values: NDArray[np.float64]) -> Estimate:
    """Estimate a mean from values (trial,)."""
    mean, error, low, high = (float(value) for value in t_interval(values))
    return Estimate(mean, error, low, high, len(values))


def path_points(study: Study, results: Results) -> tuple[PathPoint, ...]:
    """Estimate every measure at every strength that the study asks for, whether it has trials or not."""
    by_point = _rows_by_point(results.trials)
    names = _point_measures(results)
    return tuple(
        _path_point(variant.name, strength, rows=by_point.get((variant.name, strength)), names=names, study=study)
        for variant in study.variants
        for strength in variant.strengths
    )


def curves(study: Study, results: Results) -> tuple[Curve, ...]:
    """Estimate data losses and metrics at every epoch, for every strength with a trial that was trained to the end."""
    if results.epochs.empty:
        return ()
    finished = results.trials.loc[results.trials["status"] == DONE, list(KEY)]
    by_point = _rows_by_point(results.epochs.merge(finished, on=list(KEY)))
    return tuple(
        _curve(variant.name, strength, measure=measure, rows=by_point[variant.name, strength])
        for variant in study.variants
        for strength in variant.strengths
        if (variant.name, strength) in by_point
        for measure in curve_measures(results.metrics)
    )


def failures(results: Results) -> tuple[Failure, ...]:
    """List the trials that diverged or failed."""
    if results.trials.empty:
        return ()
    rows = results.trials[results.trials["status"].isin((DIVERGED, FAILED))]
    listed = zip(rows["variant"], rows["strength"], rows["seed"], rows["status"], rows["reason"], strict=True)
    return tuple(
        Failure(str(variant), float(strength), int(seed), str(status), str(reason))
        for variant, strength, seed, status, reason in listed
    )


def curve_measures(metrics: Sequence[str]) -> tuple[str, ...]:
    """Name the measures that have curves: validation and training side by side, data loss first."""
    return tuple(f"{split}_{name}" for name in ("data_loss", *metrics) for split in ("val", "train"))


def _point_measures(results: Results) -> tuple[str, ...]:
    test = ("test_data_loss",) if "test_data_loss" in results.trials else ()
    splits = ("val", "train", "test") if test else ("val", "train")
    metrics = (f"{split}_{name}" for name in results.metrics for split in splits)
    return (*_MEASURED, *test, *metrics, *_WEIGHTS)


def _rows_by_point(rows: pd.DataFrame) -> dict[tuple[str, float], pd.DataFrame]:
    if rows.empty:
        return {}
    groups = (group for _, group in rows.groupby(["variant", "strength"], sort=False))
    return {(str(group["variant"].iloc[0]), float(group["strength"].iloc[0])): group for group in groups}


def _path_point(
    variant: str, strength: float, *, rows: pd.DataFrame | None, names: Sequence[str], study: Study
) -> PathPoint:
    empty = np.empty(0)
    if rows is None:
        nothing = {name: estimate(empty) for name in names}
        return PathPoint(variant, strength, trials=0, failed=0, missing=len(study.seeds), estimates=nothing)
    done = rows[rows["status"] == DONE]
    return PathPoint(
        variant,
        strength,
        trials=len(done),
        failed=len(rows) - len(done),
        missing=len(set(study.seeds) - set(rows["seed"])),
        estimates={name: estimate(_values(done, name)) for name in names},
    )


def _values(done: pd.DataFrame, measure: str) -> NDArray[np.float64]:
    if measure == "gap":
        with np.errstate(invalid="ignore"):
            return _values(done, "val_data_loss") - _values(done, "train_data_loss")
    column = "val_loss" if measure == "keras_val_loss" else measure
    return done[column].to_numpy(np.float64)


def _curve(variant: str, strength: float, *, measure: str, rows: pd.DataFrame) -> Curve:
    table = rows.pivot(index="seed", columns="epoch", values=measure)
    mean, _, low, high = t_interval(table.to_numpy(np.float64))
    return Curve(
        variant,
        strength,
        measure,
        trials=len(table),
        epochs=tuple(int(epoch) for epoch in table.columns),
        mean=tuple(mean.tolist()),
        low=tuple(low.tolist()),
        high=tuple(high.tolist()),
    )
