"""Studies whose every seed has a split of its own, with learners that are really trained and a truth that is known.

A learner has two settings, as a path has two strengths. A study draws a pool of examples, divides it for every seed
(:mod:`ridgepath.splits`), trains both settings on what the seed trains on, and takes their losses on what it
validates on. What is asked for is the difference of the two settings in expected loss, over new pools, splits and
seeds: for ``means`` by a formula, else from many training sets that share nothing.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from known_truth import Rate

from ridgepath.splits import positions
from ridgepath.statistics.comparison import compare

Losses = np.ndarray
"""Of both settings: (setting, seed, example)."""

Train = Callable[[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.random.Generator], Losses]

SHRINKAGE = 0.7
TOGETHER = 50


@dataclass(frozen=True)
class Learner:
    """A method with two settings.

    Attributes:
        draw: (examples, generator) → features (example, feature) and targets (example,).
        train: features and targets of training, then of validation, each (seed, example, ...), and a generator
            for what a seed draws besides → losses.
    """

    name: str
    draw: Callable[[int, np.random.Generator], tuple[np.ndarray, np.ndarray]]
    train: Train


def _draw_numbers(examples: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    targets = 0.25 + generator.normal(size=examples)
    return np.zeros((examples, 1)), targets


def _train_means(x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, _: object) -> Losses:
    """Predict the mean of the training targets, as it is or drawn towards 0."""
    mean = y.mean(axis=1, keepdims=True)
    return np.stack([(y_val - mean) ** 2, (y_val - SHRINKAGE * mean) ** 2])


def _draw_waves(examples: int, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    x = generator.normal(size=(examples, 3))
    return x, np.sin(2 * x[:, 0]) + x[:, 1] * x[:, 2] / 2 + 0.5 * generator.normal(size=examples)


def _train_ridge(
    x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, generator: np.random.Generator
) -> Losses:
    """Fit a ridge regression on 20 random hidden units, another 20 for every seed, with two penalties."""
    weights = generator.normal(size=(len(x), x.shape[2] + 1, 20))
    hidden, hidden_val = (np.maximum(_with_one(part) @ weights, 0) for part in (x, x_val))
    squares, products = np.swapaxes(hidden, 1, 2) @ hidden, np.swapaxes(hidden, 1, 2) @ y[:, :, None]
    fits = [np.linalg.solve(squares + penalty * np.eye(20), products) for penalty in (0.5, 5.0)]
    return np.stack([(y_val - (hidden_val @ fit)[:, :, 0]) ** 2 for fit in fits])


def _with_one(x: np.ndarray) -> np.ndarray:
    return np.concatenate([x, np.ones((*x.shape[:2], 1))], axis=2)


def _train_neighbours(x: np.ndarray, y: np.ndarray, x_val: np.ndarray, y_val: np.ndarray, _: object) -> Losses:
    """Predict by the nearest, or the five nearest, training examples."""
    distances = np.sum((x_val[:, :, None, :] - x[:, None, :, :]) ** 2, axis=3)
    nearest = np.argpartition(distances, 5, axis=2)[:, :, :5]
    targets = np.take_along_axis(y[:, None, :], nearest, axis=2)
    closest = np.take_along_axis(distances, nearest, axis=2).argmin(axis=2)[:, :, None]
    one = np.take_along_axis(targets, closest, axis=2)[:, :, 0]
    return np.stack([(y_val - one) ** 2, (y_val - targets.mean(axis=2)) ** 2])


LEARNERS = {
    learner.name: learner
    for learner in (
        Learner("means", _draw_numbers, _train_means),
        Learner("ridge", _draw_waves, _train_ridge),
        Learner("neighbours", _draw_waves, _train_neighbours),
    )
}


def expected_losses(learner: Learner, train: int, *, draws: int, generator: np.random.Generator) -> tuple[float, float]:
    """Return by how much the second setting's expected loss is above the first's, with its standard error.

    Args:
        train: number of training examples.
        draws: training sets that share nothing, each with 100 validation examples of its own.
    """
    found = []
    for _ in range(0, draws, TOGETHER):
        x, y = learner.draw(TOGETHER * (train + 100), generator)
        x, y = x.reshape(TOGETHER, train + 100, -1), y.reshape(TOGETHER, -1)
        first, second = learner.train(x[:, :train], y[:, :train], x[:, train:], y[:, train:], generator)
        found.extend((second - first).mean(axis=1))
    return float(np.mean(found)), float(np.std(found) / math.sqrt(len(found)))


def true_difference(learner: Learner, train: int, *, draws: int, generator: np.random.Generator) -> float:
    """Return by how much the second setting's expected loss is above the first's."""
    if learner.name == "means":
        return (1 - SHRINKAGE) ** 2 * 0.25**2 - (1 - SHRINKAGE**2) / train
    return expected_losses(learner, train, draws=draws, generator=generator)[0]


def trained_study(
    learner: Learner, validation: str, seeds: int, *, pool: int, given: int, generator: np.random.Generator
) -> Losses:
    """Draw a pool, and train and validate both settings with so many seeds.

    Args:
        validation: ``redrawn`` or ``folds:K``.
        pool: number of examples.
        given: how many of them validate, if they are redrawn.
    """
    x, y = learner.draw(pool, generator)
    first = seeds * int(generator.integers(2**31 // seeds))
    chosen = [positions(validation, seed, y, given=given) for seed in range(first, first + seeds)]
    train, validating = (np.stack(parts) for parts in zip(*chosen, strict=True))
    return learner.train(x[train], y[train], x[validating], y[validating], generator)


@dataclass(frozen=True)
class FalseDifferences:
    """How often two settings without any difference were called different.

    Attributes:
        plain: by the paired t-test over seeds, as if their splits shared nothing.
        corrected: with the overlap of training sets.
        spread: the standard deviation of the differences that studies saw, over the error that they gave it.
    """

    plain: Rate
    corrected: Rate
    spread: float


def false_differences(
    name: str,
    validation: str,
    seeds: int,
    *,
    pool: int,
    draws: int,
    generator: np.random.Generator,
    truth_draws: int = 5_000,
) -> FalseDifferences:
    """Count studies that call two settings different, after their true difference was taken off.

    Args:
        name: of the learner.
        validation: ``redrawn``, to a quarter of the pool, or ``folds:K``.
    """
    learner, given = LEARNERS[name], pool // 4
    validating = given if validation == "redrawn" else pool // int(validation.removeprefix("folds:"))
    train = pool - validating
    truth = true_difference(learner, train, draws=truth_draws, generator=generator)
    plain = corrected = 0
    seen = np.empty((draws, 2))
    for row in seen:
        losses = trained_study(learner, validation, seeds, pool=pool, given=given, generator=generator)
        losses[1] -= truth
        (naive,) = compare([0, 1], losses.mean(axis=2, keepdims=True), baseline=0)
        (careful,) = compare([0, 1], losses, baseline=0, overlap=validating / train)
        plain += naive.p_value < 0.05
        corrected += careful.p_value < 0.05
        row[:] = careful.difference, careful.standard_error
    spread = float(seen[:, 0].std() / math.sqrt(float(np.mean(seen[:, 1] ** 2))))
    return FalseDifferences(Rate(plain, draws), Rate(corrected, draws), spread)
