"""ONE trial: a scan over an epoch's steps, and the figures taken at its end.

Epochs are counted from 1. What a trial draws at random follows from its seed alone: what it starts with from
:class:`ridgepath.training.models.Networks`, its batches from :func:`ridgepath.training.device.batch_order`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NamedTuple

import jax
import numpy as np

from ridgepath.arrays import Split
from ridgepath.callbacks import DATA_LOSS, EarlyStopping, Watcher
from ridgepath.portraits import portrait
from ridgepath.results import TrialResult, epoch_columns
from ridgepath.study import Study, Trial
from ridgepath.training.device import EVALUATED_TOGETHER, TrialData, quick_loops
from ridgepath.training.ending import Ending, diverged_result, done_result, example_shape, mean_loss
from ridgepath.training.lowering import Arrays, Lowered, State, is_mean_over_examples
from ridgepath.training.models import Batch
from ridgepath.training.probes import Change, sensitivity, shares

BLOCK = 50
"""Examples of a chunk that a CPU evaluates at a time: a convolution's patches of them stay in a core's cache."""


class Evaluated(NamedTuple):
    """What is taken of some examples in inference mode.

    Attributes:
        losses: the data loss of each (example,).
        metrics: the network's metrics over all of them.
        loss: Keras' loss, but for penalties on weights: the mean of its batches.
        added: what of it the network's call adds, such as penalties on activities.
    """

    losses: np.ndarray
    metrics: dict[str, float]
    loss: float
    added: float

    @classmethod
    def of_chunks(cls, parts: Sequence[tuple[np.ndarray, np.ndarray]], metrics: Mapping[str, Any]) -> Evaluated:
        """Put together what was taken of chunks: of each, the losses (example,), and loss and ``added`` (2,)."""
        examples = np.concatenate([losses for losses, _ in parts])
        of_batches = sum((len(losses) * np.asarray(of_batch, np.float64) for losses, of_batch in parts), np.zeros(2))
        loss, added = of_batches / len(examples)
        return cls(examples, {name: float(value) for name, value in metrics.items()}, float(loss), float(added))


def evaluated_together(model: Any, *, adds: bool, batch_size: int) -> int:
    """Return how many examples go through a network at once when it is evaluated.

    Args:
        adds: whether calling the network adds to its loss.
    """
    return EVALUATED_TOGETHER if is_mean_over_examples(model) and not adds else batch_size


class Program:
    """The compiled functions of a lowered model, for trials of any strength and seed that share its key.

    Attributes:
        together: examples that go through the network at once when it is evaluated: those of a batch, where a batch
            has a loss that is not the mean over its examples.
    """

    def __init__(self, lowered: Lowered, *, batch_size: int) -> None:
        self.lowered = lowered
        self.metrics = lowered.metrics
        self.batch_size = batch_size
        self.together = evaluated_together(lowered.model, adds=lowered.has_call_losses, batch_size=batch_size)
        self.train_epoch: Any = jax.jit(self._train_epoch, donate_argnums=0)
        self.evaluate_chunk = jax.jit(self._evaluate_chunk, donate_argnums=1)
        self.metric_results = jax.jit(lowered.metric_results)
        self.gradients = jax.jit(lowered.gradients)
        self.outputs = jax.jit(lowered.outputs)

    def compile(self, state: State, coefficients: np.ndarray, data: TrialData) -> None:
        """Compile for these shapes now, instead of at the first epoch."""
        self.compile_epoch(state, coefficients, data.train, np.zeros(len(data.positions), np.int32))
        self.evaluate(state, coefficients, data.validation)
        self.probe(state, coefficients, data.train_part[:1], data.change)

    def compile_epoch(self, state: State, coefficients: np.ndarray, train: Batch, order: np.ndarray) -> None:
        """Compile the training of an epoch of such arrays, with the settings that suit it."""
        lowered = self.train_epoch.lower(state, coefficients, train, order)
        self.train_epoch = lowered.compile(compiler_options=quick_loops())

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

    def _evaluate_chunk(self, state: State, metric_state: Arrays, coefficients: jax.Array, chunk: Batch) -> Any:
        """Evaluate a chunk as :meth:`Lowered.evaluate` does; on a CPU, block by block, which stay in a core's cache."""

        def block(carry: Arrays, batch: Batch) -> tuple[Arrays, Any]:
            losses, of_batch, carry = self.lowered.evaluate(state, carry, coefficients, batch)
            return carry, (losses, of_batch)

        blocks, left = divmod(Split(*chunk).examples, BLOCK)
        if left or self.together < EVALUATED_TOGETHER or jax.default_backend() != "cpu":
            return self.lowered.evaluate(state, metric_state, coefficients, chunk)
        parts = jax.tree.map(lambda array: array.reshape(blocks, BLOCK, *array.shape[1:]), chunk)
        metric_state, (losses, of_batches) = jax.lax.scan(block, metric_state, parts)
        return losses.ravel(), of_batches.mean(0), metric_state

    def evaluate(self, state: State, coefficients: np.ndarray, chunks: Iterable[Batch]) -> Evaluated:
        """Evaluate in inference mode."""
        parts, metric_state = [], self.lowered.metric_state
        for chunk in chunks:
            losses, of_batch, metric_state = self.evaluate_chunk(state, metric_state, coefficients, chunk)
            parts.append((np.asarray(losses), np.asarray(of_batch)))
        results = self.metric_results(metric_state)
        return Evaluated.of_chunks(parts, {name: results[name] for name in self.metrics})

    def probe(
        self, state: State, coefficients: np.ndarray, chunks: Sequence[Batch], change: Change | None
    ) -> dict[str, float]:
        """Take what :mod:`ridgepath.training.probes` tells of a network: its ``shares`` and its ``sensitivity``."""
        figures = {"sensitivity": sensitivity(partial(self.outputs, state), change)}
        if self.lowered.has_call_losses and not self.lowered.penalizes_weights:
            return figures | dict.fromkeys(("gradient_share", "update_share"), math.nan)
        gradients = partial(self.gradients, state, coefficients)
        return figures | shares(gradients, chunks, self.lowered.step_sizes(state))


@dataclass
class Progress:
    """How far a trial has come; all that is needed to go on with it elsewhere.

    Attributes:
        state: the values of the model's variables, as NumPy arrays while it travels.
        epochs: column of ``epoch_columns`` → values, one an epoch done.
        validation_losses: data loss of each validation example after the last epoch done.
        watcher: what early stopping remembers, or what finds the best epoch; ``None`` where neither is asked for.
        keeps_best: whether the trial ends with the weights of its best epoch.
        best: the state and the validation losses of that one so far.
        seconds: time spent so far.
        diverged: whether a loss of the last epoch done was not finite; the trial then ends there.
        stopped: whether early stopping ended it.
    """

    state: State
    epochs: dict[str, list[float]]
    validation_losses: np.ndarray
    watcher: Watcher | None = None
    keeps_best: bool = False
    best: tuple[State, np.ndarray] | None = None
    seconds: float = 0.0
    diverged: bool = False
    stopped: bool = False

    @property
    def epoch(self) -> int:
        """Number of epochs done."""
        return len(self.epochs["loss"])

    def is_under_way(self, epochs: int) -> bool:
        """Tell whether there is an epoch to train, of so many."""
        return self.epoch < epochs and not self.diverged and not self.stopped

    def copy(self) -> Progress:
        """Return a trial that goes on by itself from here; arrays are shared, for nothing changes them in place."""
        columns = {name: list(values) for name, values in self.epochs.items()}
        return replace(self, epochs=columns, watcher=copy(self.watcher))

    @property
    def is_at_best(self) -> bool:
        """Tell whether the last epoch done is the one to end with, as far as is known."""
        watches = self.watcher is not None and self.watcher.best_epoch == self.epoch
        return watches and self.keeps_best and not self.diverged


def start(lowered: Lowered, *, watcher: Watcher | None = None, keeps_best: bool = False) -> Progress:
    """Begin a trial at the weights that the model has now."""
    columns: dict[str, list[float]] = {name: [] for name in epoch_columns(lowered.metrics)}
    return Progress(lowered.state, columns, np.empty(0, np.float32), watcher, keeps_best)


def watcher_of(study: Study) -> Watcher | None:
    """Return what watches the epochs of a trial; where nothing stops it, its patience outlasts it."""
    rule = study.early_stopping
    if rule is None and study.keeps_best:
        rule = EarlyStopping(DATA_LOSS, patience=study.epochs)
    return None if rule is None else Watcher(rule)


def train_one_epoch(
    program: Program, progress: Progress, coefficients: np.ndarray, data: TrialData, *, seed: int
) -> None:
    """Train a trial for one more epoch and take the figures at its end."""
    began = time.perf_counter()
    order = data.order(seed, progress.epoch + 1)
    progress.state, running = program.train_epoch(progress.state, coefficients, data.train, order)
    train = program.evaluate(progress.state, coefficients, data.train_part)
    validation = program.evaluate(progress.state, coefficients, data.validation)
    take_figures(progress, running, train, validation)
    if progress.is_at_best:
        progress.best = jax.tree.map(np.array, (progress.state, progress.validation_losses))
    progress.seconds += time.perf_counter() - began


def take_figures(progress: Progress, running: Mapping[str, Any], train: Evaluated, validation: Evaluated) -> None:
    """Add the figures of one more epoch to a trial, and let early stopping see them.

    Args:
        running: Keras' running ``loss`` and metrics, and the figures of the weights.
    """
    figures = {name: float(value) for name, value in running.items()}
    figures |= {"train_data_loss": mean_loss(train.losses), "val_data_loss": mean_loss(validation.losses)}
    figures |= {"val_loss": validation.loss + figures["penalty"], "penalty": figures["penalty"] + train.added}
    figures |= {f"train_{name}": value for name, value in train.metrics.items()}
    figures |= {f"val_{name}": value for name, value in validation.metrics.items()}
    for name, values in progress.epochs.items():
        values.append(figures[name])
    progress.validation_losses = validation.losses
    progress.diverged = not all(math.isfinite(figures[name]) for name in ("loss", "val_loss", "train_data_loss"))
    if progress.watcher is not None and not progress.diverged:
        progress.stopped = progress.watcher.watch(figures[progress.watcher.rule.monitor], epoch=progress.epoch)


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
    state, losses, kept = progress.state, progress.validation_losses, progress.epoch
    if progress.best is not None and progress.watcher is not None:
        (state, losses), kept = progress.best, progress.watcher.best_epoch
    taken = {"train": program.evaluate(state, coefficients, data.all_train)}
    if data.test:
        taken["test"] = program.evaluate(state, coefficients, data.test)
    probed = program.probe(state, coefficients, data.train_part, data.change)
    hidden = [np.asarray(state["trainable"][i]) for i in program.lowered.hidden]
    ending = Ending(
        epochs=progress.epochs,
        kept_epoch=kept,
        validation_losses=losses,
        taken={split: (each.losses, each.metrics) for split, each in taken.items()},
        probed=probed,
        portrait=portrait(hidden, example_shape(data.train[0]), pictured=pictured),
    )
    seconds = progress.seconds + time.perf_counter() - began
    return done_result(trial, ending, engine="jax", seconds=seconds)
