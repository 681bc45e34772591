"""ONE trial: a scan over an epoch's steps, and the figures taken at its end.

Epochs are counted from 1. What a trial draws at random follows from its seed alone: its initial weights from
:func:`ridgepath.training.models.build_model`, its batches from :func:`batch_order`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import jax
import numpy as np

from ridgepath.datasets import Dataset, Split
from ridgepath.portraits import Portrait, portrait
from ridgepath.results import DIVERGED, DONE, TrialResult, epoch_columns, metrics_among, trial_columns
from ridgepath.splits import Positions
from ridgepath.study import Trial
from ridgepath.training.lowering import Arrays, Lowered, State
from ridgepath.training.models import Batch
from ridgepath.training.probes import PROBED, Change, sensitivity, shares, small_change

EVALUATED_TOGETHER = 1000
"""Examples that go through the network at once when it is evaluated."""

Evaluated = tuple[np.ndarray, dict[str, float]]
"""The data loss of each example of a split (example,), and the metrics over all of them."""


def batch_order(seed: int, epoch: int, examples: int) -> np.ndarray:
    """Return the order in which a seed's trials see the training examples in an epoch, int32 (example,)."""
    return np.random.default_rng([seed, epoch]).permutation(examples).astype(np.int32)


def evaluated_part(split: Split, examples: int) -> Split:
    """Return the fixed part of a split on which every epoch is evaluated: the same examples in every trial."""
    if examples >= len(split.y):
        return split
    chosen = _evaluated_positions(len(split.y), examples)
    return Split(split.x[chosen], split.y[chosen])


def _evaluated_positions(present: int, examples: int) -> np.ndarray:
    return np.sort(np.random.default_rng(0).permutation(present)[:examples])


class TrialData:
    """The arrays of one split of a study's examples, on the device, as a trial needs them.

    On a CPU the device's arrays are the memory-mapped files themselves: all workers share one copy. Seeds with splits
    of their own share the arrays of the pool, and read their training examples from it by position.

    Attributes:
        train: arrays that hold the training examples, perhaps among others.
        positions: where the training examples are in them, int32 (example,).
        train_part: the training examples on which every epoch is evaluated, in chunks.
        all_train: all training examples, in chunks; where seeds have splits of their own, made when they are asked for.
        validation, test: in chunks; no chunk where there is no test set.
        change: a small change of the features of validation examples, if there is one.
    """

    def __init__(
        self, data: Dataset, *, train_evaluated: int, chosen: Positions | None = None, pool: Batch | None = None
    ) -> None:
        """Put on the device what is not there.

        Args:
            data: the arrays.
            train_evaluated: number of training examples on which every epoch is evaluated.
            chosen: the split, in positions of the pool; ``None`` for the split that was given.
            pool: the arrays of the pool, if they are on the device already.
        """
        self.test = list(_Chunks(data.test)) if data.test else []
        if chosen is None:
            self.train: Batch = on_device(data.train)
            self.positions = np.arange(len(data.train.y), dtype=np.int32)
            self.train_part = list(_Chunks(evaluated_part(data.train, train_evaluated)))
            is_all = train_evaluated >= len(data.train.y)
            self.all_train: Iterable[Batch] = self.train_part if is_all else list(_Chunks(data.train))
            self.validation = list(_Chunks(data.validation))
            self.change = small_change(data.validation.x[:PROBED])
        else:
            self.train = pool or on_device(data.pool)
            self.positions = chosen.train.astype(np.int32)
            part = chosen.train[_evaluated_positions(len(chosen.train), train_evaluated)]
            self.train_part = list(_Chunks(data.pool, part))
            self.all_train = _Chunks(data.pool, chosen.train)
            self.validation = list(_Chunks(data.pool, chosen.validation))
            self.change = small_change(data.pool.x[chosen.validation[:PROBED]])


def on_device(split: Split) -> Batch:
    """Put the arrays of a split on the device."""
    return jax.device_put(split.x), jax.device_put(split.y)


@dataclass(frozen=True)
class _Chunks:
    """The examples of a split, or those at some positions, on the device: as many at once as are evaluated together."""

    split: Split
    positions: np.ndarray | None = None

    def __iter__(self) -> Iterator[Batch]:
        present = self.split.y if self.positions is None else self.positions
        for start in range(0, len(present), EVALUATED_TOGETHER):
            part = slice(start, start + EVALUATED_TOGETHER)
            chosen = part if self.positions is None else self.positions[part]
            yield on_device(Split(self.split.x[chosen], self.split.y[chosen]))


class Program:
    """The compiled functions of a lowered model, for trials of any strength and seed that share its key."""

    def __init__(self, lowered: Lowered, *, batch_size: int) -> None:
        self.lowered = lowered
        self.metrics = lowered.metrics
        self.batch_size = batch_size
        self.train_epoch: Any = jax.jit(self._train_epoch, donate_argnums=0)
        self.evaluate_chunk = jax.jit(lowered.evaluate, donate_argnums=1)
        self.metric_results = jax.jit(lowered.metric_results)
        self.gradients = jax.jit(lowered.gradients)
        self.outputs = jax.jit(lowered.outputs)

    def compile(self, state: State, coefficients: np.ndarray, data: TrialData) -> None:
        """Compile for these shapes now, instead of at the first epoch."""
        order = np.zeros(len(data.positions), np.int32)
        self.train_epoch = self.train_epoch.lower(state, coefficients, data.train, order).compile()
        self.evaluate(state, data.validation)
        self.probe(state, coefficients, data.train_part[:1], data.change)

    def _train_epoch(self, state: State, coefficients: jax.Array, train: Batch, order: jax.Array) -> Any:
        """Train on all examples once.

        Args:
            order: positions of the training examples in ``train``, (example,).

        Returns:
            The state after the epoch; Keras' running ``loss`` and metrics, and the figures of the weights.
        """

        def step(carry: tuple[State, Arrays], chosen: jax.Array) -> tuple[Any, None]:
            batch = jax.tree.map(lambda array: array[chosen], train)
            return self.lowered.train_step(*carry, coefficients, batch), None

        full = len(order) - len(order) % self.batch_size
        carry = (state, self.lowered.metric_state)
        if full:
            carry, _ = jax.lax.scan(step, carry, order[:full].reshape(-1, self.batch_size))
        if full < len(order):
            carry, _ = step(carry, order[full:])
        state, metric_state = carry
        figures = self.lowered.metric_results(metric_state) | self.lowered.weight_figures(state, coefficients)
        return state, figures

    def evaluate(self, state: State, chunks: Iterable[Batch]) -> Evaluated:
        """Evaluate in inference mode."""
        losses, metric_state = [], self.lowered.metric_state
        for chunk in chunks:
            chunk_losses, metric_state = self.evaluate_chunk(state, metric_state, chunk)
            losses.append(chunk_losses)
        results = self.metric_results(metric_state)
        return np.concatenate(losses), {name: float(results[name]) for name in self.metrics}

    def probe(
        self, state: State, coefficients: np.ndarray, chunks: Sequence[Batch], change: Change | None
    ) -> dict[str, float]:
        """Take what :mod:`ridgepath.training.probes` tells of a network: its ``shares`` and its ``sensitivity``."""
        return {
            **shares(partial(self.gradients, state, coefficients), chunks, self.lowered.step_sizes(state)),
            "sensitivity": sensitivity(partial(self.outputs, state), change),
        }


@dataclass
class Progress:
    """How far a trial has come; all that is needed to go on with it elsewhere.

    Attributes:
        state: the values of the model's variables, as NumPy arrays while it travels.
        epochs: column of ``epoch_columns`` → values, one an epoch done.
        validation_losses: data loss of each validation example after the last epoch done.
        seconds: time spent so far.
        diverged: whether a loss of the last epoch done was not finite; the trial then ends there.
    """

    state: State
    epochs: dict[str, list[float]]
    validation_losses: np.ndarray
    seconds: float = 0.0
    diverged: bool = False

    @property
    def epoch(self) -> int:
        """Number of epochs done."""
        return len(self.epochs["loss"])


def start(lowered: Lowered) -> Progress:
    """Begin a trial at the weights that the model has now."""
    columns: dict[str, list[float]] = {name: [] for name in epoch_columns(lowered.metrics)}
    return Progress(lowered.state, columns, np.empty(0, np.float32))


def train_one_epoch(
    program: Program, progress: Progress, coefficients: np.ndarray, data: TrialData, *, seed: int
) -> None:
    """Train a trial for one more epoch and take the figures at its end."""
    began = time.perf_counter()
    order = data.positions[batch_order(seed, progress.epoch + 1, len(data.positions))]
    state, running = program.train_epoch(progress.state, coefficients, data.train, order)
    train_losses, train = program.evaluate(state, data.train_part)
    losses, validation = program.evaluate(state, data.validation)
    figures = {name: float(value) for name, value in running.items()}
    figures |= {"train_data_loss": mean_loss(train_losses), "val_data_loss": mean_loss(losses)}
    figures |= {"val_loss": figures["val_data_loss"] + figures["penalty"]}
    figures |= {f"train_{name}": value for name, value in train.items()}
    figures |= {f"val_{name}": value for name, value in validation.items()}
    for name, values in progress.epochs.items():
        values.append(figures[name])
    progress.state, progress.validation_losses = state, losses
    progress.diverged = not all(math.isfinite(figures[name]) for name in ("loss", "val_loss", "train_data_loss"))
    progress.seconds += time.perf_counter() - began


def finish(
    program: Program,
    progress: Progress,
    trial: Trial,
    coefficients: np.ndarray,
    data: TrialData,
    *,
    pictured: bool = False,
) -> TrialResult:
    """Take the last figures of a trial: on all training examples, on a test set if there is one, and its probes.

    Args:
        pictured: whether its first layer is kept as images.
    """
    if progress.diverged:
        return diverged_result(trial, progress.epochs, engine="jax", seconds=progress.seconds, test=bool(data.test))
    began = time.perf_counter()
    taken = {"train": program.evaluate(progress.state, data.all_train)}
    if data.test:
        taken["test"] = program.evaluate(progress.state, data.test)
    probed = program.probe(progress.state, coefficients, data.train_part, data.change)
    hidden = [np.asarray(progress.state["trainable"][i]) for i in program.lowered.hidden]
    drawn = portrait(hidden, data.train[0].shape[1:], pictured=pictured)
    seconds = progress.seconds + time.perf_counter() - began
    losses = progress.validation_losses
    return done_result(trial, progress.epochs, losses, taken, probed, drawn, engine="jax", seconds=seconds)


def done_result(
    trial: Trial,
    epochs: dict[str, list[float]],
    validation_losses: np.ndarray,
    taken: dict[str, Evaluated],
    probed: dict[str, float],
    drawn: Portrait,
    *,
    engine: str,
    seconds: float,
) -> TrialResult:
    """Record a trial that was trained to its end.

    Args:
        validation_losses: data loss of each validation example after the last epoch.
        taken: split (``train``, perhaps ``test``) → what was taken on all of its examples at the end.
        probed: ``gradient_share``, ``update_share`` and ``sensitivity``.
        drawn: how its weights look.
    """
    figures = _last_epoch_figures(epochs) | probed
    for split, (losses, metrics) in taken.items():
        figures |= {f"{split}_data_loss": mean_loss(losses)} | {f"{split}_{name}": metrics[name] for name in metrics}
    example_losses = {"validation": validation_losses}
    if "test" in taken:
        example_losses["test"] = taken["test"][0]
    return TrialResult(trial, DONE, "", engine, seconds, figures, epochs, example_losses, drawn)


def _last_epoch_figures(epochs: dict[str, list[float]]) -> dict[str, float]:
    """Return what the columns over epochs say of a finished trial: their last values, and its best epoch."""
    validation = epochs["val_data_loss"]
    best = int(np.argmin(validation))
    return {name: values[-1] for name, values in epochs.items()} | {
        "best_epoch": best + 1,
        "best_val_data_loss": validation[best],
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
