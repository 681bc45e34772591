"""Means over the trials of a strength, with their intervals: of the last epoch, and of every epoch."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ridgepath.report.arrays import PathArrays
from ridgepath.results import DIVERGED, FAILED, KEY, Results, column_names
from ridgepath.statistics.balance import balanced_means
from ridgepath.statistics.student import quantile
from ridgepath.statistics.variance import Covers, mean_estimate
from ridgepath.study import Study

CONFIDENCE = 0.95
"""Coverage of all intervals in a report."""

_MEASURED = ("val_data_loss", "train_data_loss", "gap")
_WEIGHTS = ("penalty", "weight_norm", "near_zero", "keras_val_loss", "best_epoch")
_UNBALANCED = ("penalty", "weight_norm", "near_zero", "best_epoch")
"""What a seed does to these depends on the strength: without a penalty there is none, whatever the seed."""
_BY_EXAMPLE = ("val_data_loss", "test_data_loss", "gap")


class Shares(NamedTuple):
    """Where the square of a standard error comes from; the parts add to 1, or are all 0 where there is no noise.

    Attributes:
        seeds: initial weights, order of batches, dropout.
        examples: which examples happened to be drawn.
        rest: how the two meet: a seed that is good for some examples.
    """

    seeds: float
    examples: float
    rest: float


@dataclass(frozen=True)
class Estimate:
    """A mean over trials; ``low`` and ``high`` end its 95% interval.

    What cannot be known (an error from one trial and no examples) is NaN, and so is all of an estimate without a trial,
    or with a trial whose value is not finite.

    Attributes:
        covers: the noise that error and interval cover.
        shares: where it comes from, if both sources are covered.
    """

    mean: float
    standard_error: float
    low: float
    high: float
    trials: int
    covers: Covers = "seeds"
    shares: Shares | None = None

    def moved(self, shift: float) -> Estimate:
        """Return the same estimate of a mean that lies ``shift`` higher."""
        return replace(self, mean=self.mean + shift, low=self.low + shift, high=self.high + shift)


@dataclass(frozen=True)
class PathPoint:
    """What is known at one strength, after the last epoch.

    Attributes:
        trials: the trials that were trained to the end; all estimates are means over these.
        failed: trials that diverged or could not be trained.
        missing: trials that the study asks for and that have not been trained.
        estimates: measure → estimate. A gap is validation minus training data loss, paired by seed. Where strengths
            were trained with unequal seeds, means of losses and metrics are those to expect had all the same.
    """

    variant: str
    strength: float
    trials: int
    failed: int
    missing: int
    estimates: dict[str, Estimate]


@dataclass(frozen=True)
class Curve:
    """One measure over the epochs of one strength: means over trials and their 95% t intervals, one value an epoch.

    Attributes:
        seeds: those of the trials.
        of_seeds: what each of them measured, (seed, epoch).
    """

    variant: str
    strength: float
    measure: str
    trials: int
    epochs: tuple[int, ...]
    mean: tuple[float, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]
    seeds: tuple[int, ...] = ()
    of_seeds: tuple[tuple[float, ...], ...] = ()


@dataclass(frozen=True)
class TrialRow:
    """One trial as it ended; ``figures`` are its columns by name, NaN where there is none."""

    variant: str
    strength: float
    seed: int
    status: str
    engine: str
    seconds: float
    figures: dict[str, float]


@dataclass(frozen=True)
class Failure:
    """A trial that no estimate contains, and why."""

    variant: str
    strength: float
    seed: int
    status: str
    reason: str


def t_interval(values: NDArray[np.float64], *, overlap: float | None = None) -> NDArray[np.float64]:
    """Return mean, standard error, low and high end of the 95% t interval of the mean.

    Args:
        values: (trial, ...).
        overlap: as in :func:`ridgepath.statistics.variance.mean_squares`.

    Returns:
        (4, ...). NaN wherever a trial's value is not finite; all but the mean are NaN for a single trial.
    """
    count = len(values)
    if count == 0:
        return np.full((4, *values.shape[1:]), np.nan)
    finite = np.where(np.isfinite(values), values, np.nan)
    with np.errstate(over="ignore", invalid="ignore"):
        mean = finite.mean(axis=0)
        scale = math.sqrt(1 / count + (overlap or 0.0))
        error = finite.std(axis=0, ddof=1) * scale if count > 1 else np.full_like(mean, np.nan)
        reach = quantile(count - 1, 1 - CONFIDENCE) * error
        return np.stack([mean, error, mean - reach, mean + reach])


def estimate(values: NDArray[np.float64]) -> Estimate:
    """Estimate a mean from values (trial,)."""
    mean, error, low, high = (float(value) for value in t_interval(values))
    return Estimate(mean, error, low, high, len(values), covers="seeds" if len(values) > 1 else "none")


def path_points(study: Study, results: Results, paths: Sequence[PathArrays]) -> tuple[PathPoint, ...]:
    """Estimate every measure at every strength that the study asks for, whether it has trials or not."""
    return tuple(point for path in paths for point in _points_of(path, study=study, results=results))


def curves(results: Results, paths: Sequence[PathArrays]) -> tuple[Curve, ...]:
    """Estimate data losses, metrics and the gap at every epoch, for strengths with a trial trained to the end."""
    measures = (*curve_measures(results.metrics), "gap")
    return tuple(curve for path in paths for curve in _curves_of(path, measures))


def failures(results: Results) -> tuple[Failure, ...]:
    """List the trials that diverged or failed."""
    listed = results.trials[[*KEY, "status", "reason"]].tolist()
    return tuple(Failure(*row) for row in listed if row[3] in (DIVERGED, FAILED))


def trial_rows(results: Results) -> tuple[TrialRow, ...]:
    """List all trials that ended, however they did."""
    ended = [*KEY, "status", "engine", "seconds"]
    names = [name for name in column_names(results.trials) if name not in (*ended, "reason")]
    listed = zip(results.trials[ended].tolist(), results.trials[names].tolist(), strict=True)
    return tuple(
        TrialRow(variant, strength, seed, status, engine, seconds, dict(zip(names, figures, strict=True)))
        for (variant, strength, seed, status, engine, seconds), figures in listed
    )


def curve_measures(metrics: Sequence[str]) -> tuple[str, ...]:
    """Name the measures that have curves: validation and training side by side, data loss first."""
    return tuple(f"{split}_{name}" for name in ("data_loss", *metrics) for split in ("val", "train"))


def _point_measures(results: Results) -> tuple[str, ...]:
    test = ("test_data_loss",) if "test_data_loss" in column_names(results.trials) else ()
    splits = ("val", "train", "test") if test else ("val", "train")
    metrics = (f"{split}_{name}" for name in results.metrics for split in splits)
    return (*_MEASURED, *test, *metrics, *_WEIGHTS)


def _points_of(path: PathArrays, *, study: Study, results: Results) -> Iterator[PathPoint]:
    asked = Counter(trial.strength for trial in study.trials if trial.variant == path.variant)
    ended = _ended(results, path.variant)
    by_measure = {name: estimates(path, name) for name in _point_measures(results)}
    for row, strength in enumerate(path.strengths):
        done, all_ended = int(path.trained[row].sum()), ended[strength]
        yield PathPoint(
            path.variant,
            strength,
            trials=done,
            failed=all_ended - done,
            missing=asked[strength] - all_ended,
            estimates={name: of_strengths[row] for name, of_strengths in by_measure.items()},
        )


def _ended(results: Results, variant: str) -> Counter[float]:
    """Count the trials of each strength, however they ended."""
    return Counter(results.trials["strength"][results.trials["variant"] == variant].tolist())


def estimates(path: PathArrays, measure: str) -> list[Estimate]:
    """Estimate a measure at each strength of a path."""
    values, trained = path.column(measure), path.trained
    found = [estimate(of_seeds[done]) for of_seeds, done in zip(values, trained, strict=True)]
    if measure in _BY_EXAMPLE or path.overlap(measure) is not None:
        tables, overlap = path.values(measure), path.overlap(measure)
        found = [
            _further_sources(each, table[done], overlap=overlap)
            for each, table, done in zip(found, tables, trained, strict=True)
        ]
    if measure in _UNBALANCED:
        return found
    with np.errstate(over="ignore"):
        shifts = balanced_means(values) - [each.mean for each in found]
    return [each.moved(shift) if shift else each for each, shift in zip(found, shifts.tolist(), strict=True)]


def _further_sources(of_seeds: Estimate, values: NDArray[np.floating], *, overlap: float | None) -> Estimate:
    """Give an estimate over seeds the error that also comes from the examples, whose values are (seed, example)."""
    if not math.isfinite(of_seeds.mean):
        return of_seeds
    both = mean_estimate(values, overlap=overlap)
    return Estimate(
        of_seeds.mean,
        both.standard_error,
        of_seeds.mean + (both.low - both.mean),
        of_seeds.mean + (both.high - both.mean),
        of_seeds.trials,
        covers=both.covers,
        shares=Shares(both.share_seeds, both.share_examples, both.share_rest),
    )


def _curves_of(path: PathArrays, measures: Sequence[str]) -> Iterator[Curve]:
    by_measure = {measure: path.over_epochs(measure) for measure in measures}
    for row, strength in enumerate(path.strengths):
        recorded = path.recorded[row]
        seeds, epochs = np.flatnonzero(recorded.any(axis=1)), np.flatnonzero(recorded.any(axis=0))
        if seeds.size:
            for measure, values in by_measure.items():
                yield _curve(path, strength, measure=measure, seeds=seeds, epochs=epochs, values=values[row])


def _curve(
    path: PathArrays,
    strength: float,
    *,
    measure: str,
    seeds: NDArray[np.intp],
    epochs: NDArray[np.intp],
    values: NDArray[np.float64],
) -> Curve:
    table = values[np.ix_(seeds, epochs)]
    mean, _, low, high = t_interval(table, overlap=path.overlap(measure)).tolist()
    return Curve(
        path.variant,
        strength,
        measure,
        trials=len(table),
        epochs=tuple(path.epochs[epoch] for epoch in epochs),
        mean=tuple(mean),
        low=tuple(low),
        high=tuple(high),
        seeds=tuple(path.seeds[seed] for seed in seeds),
        of_seeds=tuple(map(tuple, table.tolist())),
    )
