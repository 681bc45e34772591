"""The same trial by plain ``model.fit``: the oracle, and the way for models that cannot be lowered.

Batches come in the same order as in :mod:`ridgepath.training.trial`, so that a trial of either engine is paired with
the other's. The data loss is taken here from ``predict`` and Keras' losses, and gradients from Keras'
``stateless_call`` and its own list of penalties, not from the lowered functions.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from ridgepath.builders import Builder
from ridgepath.datasets import Dataset, Split
from ridgepath.portraits import portrait
from ridgepath.results import TrialResult, epoch_columns
from ridgepath.splits import divided
from ridgepath.study import Study, Trial
from ridgepath.training.lowering import NEAR_ZERO, hidden_kernels, penalized
from ridgepath.training.models import Batch, Networks
from ridgepath.training.probes import Gradients, sensitivity, shares, small_change, step_sizes
from ridgepath.training.trial import (
    EVALUATED_TOGETHER,
    Evaluated,
    batch_order,
    diverged_result,
    done_result,
    evaluated_part,
    mean_loss,
)


class OrderedBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The training batches of one epoch in the order that a seed gives them; at first, in that of the split."""

    def __init__(self, split: Split, *, batch_size: int) -> None:
        super().__init__(workers=0)
        self._split = split
        self._batch_size = batch_size
        self.order = np.arange(len(split.y))

    def __len__(self) -> int:
        return math.ceil(len(self.order) / self._batch_size)

    def __getitem__(self, index: int) -> tuple[np.ndarray, np.ndarray]:
        chosen = self.order[index * self._batch_size : (index + 1) * self._batch_size]
        return self._split.x[chosen], self._split.y[chosen]


@dataclass
class _Recorder:
    """Collects the columns of ``epoch_columns`` at the end of each epoch of ``fit``."""

    model: Any
    train_part: Split
    validation: Split
    epochs: dict[str, list[float]] = field(default_factory=dict)
    validation_losses: np.ndarray = field(default_factory=lambda: np.empty(0, np.float32))

    def record(self, logs: dict[str, float]) -> None:
        """Take the figures of an epoch; ``logs`` are what ``fit`` reports of it."""
        train_losses, train = evaluate(self.model, self.train_part)
        self.validation_losses, _ = evaluate(self.model, self.validation)
        figures = logs | _weight_figures(self.model) | {f"train_{name}": value for name, value in train.items()}
        figures |= {"train_data_loss": mean_loss(train_losses), "val_data_loss": mean_loss(self.validation_losses)}
        for name in epoch_columns(list(train)):
            self.epochs.setdefault(name, []).append(float(figures[name]))
        watched = [figures[name] for name in ("loss", "val_loss", "train_data_loss")]
        self.model.stop_training = not np.isfinite(watched).all()


def evaluate(model: Any, split: Split) -> Evaluated:
    """Evaluate by Keras' own ``predict`` and ``evaluate``."""
    metrics = model.evaluate(split.x, split.y, batch_size=EVALUATED_TOGETHER, verbose=0, return_dict=True)
    predictions = model.predict(split.x, batch_size=EVALUATED_TOGETHER, verbose=0)
    losses = np.asarray(_example_loss(model.loss)(split.y, predictions))
    return losses.reshape(len(split.y), -1).mean(axis=1), {name: metrics[name] for name in metrics if name != "loss"}


def _example_loss(loss: Any) -> Callable[[Any, Any], Any]:
    """Return a loss that is not reduced over the examples."""
    found = keras.losses.get(loss)
    if isinstance(found, keras.losses.Loss):
        found = type(found).from_config({**found.get_config(), "reduction": None})
    return lambda targets, predictions: found(_like_predictions(targets, predictions), predictions)


def _like_predictions(targets: np.ndarray, predictions: np.ndarray) -> np.ndarray:
    """Give targets of a network with one output its last axis, as ``fit`` does."""
    return targets[:, None] if targets.ndim == 1 and predictions.ndim == 2 and predictions.shape[1] == 1 else targets


def _weight_figures(model: Any) -> dict[str, float]:
    variables = [model.trainable_variables[i] for i in hidden_kernels(model)]
    hidden = np.concatenate([np.ravel(np.asarray(variable.value)) for variable in variables])
    return {
        "penalty": float(sum(float(loss) for loss in model.losses)),
        "weight_norm": float(np.linalg.norm(hidden.astype(np.float64))),
        "near_zero": float(np.mean(np.abs(hidden) < NEAR_ZERO)),
    }


def train_reference(model: Any, trial: Trial, data: Dataset, study: Study) -> TrialResult:
    """Train one trial's model by ``model.fit``, and take the same figures as the lowered trial does."""
    began = time.perf_counter()
    data = divided(data, study.validation, trial.seed)
    recorder = _Recorder(model, evaluated_part(data.train, study.train_evaluated), data.validation)
    record = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: recorder.record(dict(logs)))
    _fit(model, data, trial, study, validation_data=tuple(data.validation), callbacks=[record])
    if model.stop_training:
        seconds = time.perf_counter() - began
        return diverged_result(trial, recorder.epochs, engine="reference", seconds=seconds, test=data.test is not None)
    splits = {"train": data.train} | ({"test": data.test} if data.test else {})
    taken = {name: evaluate(model, split) for name, split in splits.items()}
    probed = probe(model, recorder.train_part, data.validation)
    hidden = [np.asarray(model.trainable_variables[i].value) for i in hidden_kernels(model)]
    drawn = portrait(hidden, data.train.x.shape[1:], pictured=trial.seed == study.seeds[0])
    seconds = time.perf_counter() - began
    losses = recorder.validation_losses
    return done_result(trial, recorder.epochs, losses, taken, probed, drawn, engine="reference", seconds=seconds)


def probe(model: Any, train_part: Split, validation: Split) -> dict[str, float]:
    """Take what :mod:`ridgepath.training.probes` tells of a network, NaN where this model cannot give it.

    A model trains here whatever it does, so that it may take no gradient, or have more outputs than one; its
    trial stands without these figures. The shares are NaN too where a penalty is on activities alone.
    """
    chunks = OrderedBatches(train_part, batch_size=EVALUATED_TOGETHER)
    figures = dict.fromkeys(("gradient_share", "update_share", "sensitivity"), math.nan)
    with suppress(Exception):
        variables = [model.trainable_variables[i] for i in penalized(model)]
        each = (chunks[position] for position in range(len(chunks)))
        figures |= shares(_gradients(model), each, step_sizes(model.optimizer, variables))
    with suppress(Exception):
        predict = partial(model.predict, batch_size=EVALUATED_TOGETHER, verbose=0)
        figures["sensitivity"] = sensitivity(predict, small_change(validation.x))
    return figures


def _gradients(model: Any) -> Callable[[Batch], Gradients]:
    """Return what takes the gradients at the penalized weights, in inference mode."""
    positions, loss = penalized(model), _example_loss(model.loss)
    mode = {"training": False} if model._call_has_training_arg else {}
    trained, frozen = ([v.value for v in group] for group in (model.trainable_variables, model.non_trainable_variables))

    def losses(some: list[Any], trained: list[Any], frozen: list[Any], batch: Batch) -> tuple[Any, Any]:
        replaced = dict(zip(positions, some, strict=True))
        weights = [replaced.get(i, value) for i, value in enumerate(trained)]
        predictions, _, penalties = model.stateless_call(weights, frozen, batch[0], return_losses=True, **mode)
        if penalties and not positions:
            raise ValueError("a penalty, but on no weights")
        with keras.StatelessScope(state_mapping=list(zip(model.trainable_variables, weights, strict=True))):
            return jnp.mean(loss(batch[1], predictions)), sum(penalties, jnp.zeros(()))

    def both(some: list[Any], *others: Any) -> Gradients:
        on_data, on_penalty = (jax.grad(lambda weights, at=at: losses(weights, *others)[at]) for at in (0, 1))
        return on_data(some), on_penalty(some)

    return partial(jax.jit(both), [trained[i] for i in positions], trained, frozen)


def refit(builder: Builder, trial: Trial, data: Dataset, study: Study) -> Any:
    """Train the network of one trial once more, on what its seed trains on, and return the model."""
    first = slice(0, study.batch_size)
    model = Networks(builder, study, example=(data.train.x[first], data.train.y[first])).start(trial)
    _fit(model, divided(data, study.validation, trial.seed), trial, study)
    return model


def _fit(
    model: Any, data: Dataset, trial: Trial, study: Study, *, callbacks: Sequence[Any] = (), **settings: Any
) -> None:
    batches = OrderedBatches(data.train, batch_size=study.batch_size)

    def begin_epoch(epoch: int, logs: object = None) -> None:
        batches.order = batch_order(trial.seed, epoch + 1, len(batches.order))

    order = keras.callbacks.LambdaCallback(on_epoch_begin=begin_epoch)
    model.fit(
        batches,
        epochs=study.epochs,
        shuffle=False,
        verbose=0,
        validation_batch_size=study.batch_size,
        callbacks=[order, *callbacks],
        **settings,
    )
