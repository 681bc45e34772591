"""The same trial by plain ``model.fit``: the oracle, and the way for models that cannot be lowered.

Batches come in the same order as in :mod:`ridgepath.training.trial`, so that a trial of either engine is paired with
the other's. The data loss is taken here from ``predict`` and Keras' losses, what is added to it from ``evaluate``,
gradients from Keras' ``stateless_call`` and its own list of penalties, and early stopping from Keras' own callback, not
from the lowered functions.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

import keras
import numpy as np

from ridgepath.arrays import Dataset, Split
from ridgepath.builders import Builder
from ridgepath.splits import divided
from ridgepath.study import Study, Trial
from ridgepath.training.device import EVALUATED_TOGETHER, batch_order, fit_batch
from ridgepath.training.ending import mean_loss
from ridgepath.training.example_losses import example_losses
from ridgepath.training.lowering import NEAR_ZERO, hidden_kernels
from ridgepath.training.models import Batch, Networks
from ridgepath.training.trial import Evaluated, watcher_of


class OrderedBatches(keras.utils.PyDataset):  # type: ignore[misc]
    """The batches of one epoch in some order; at first, in that of the examples."""

    def __init__(self, batch: Batch, *, batch_size: int) -> None:
        super().__init__(workers=0)
        self._split = Split(*batch)
        self._batch_size = batch_size
        self.order = np.arange(self._split.examples)

    def __len__(self) -> int:
        return math.ceil(len(self.order) / self._batch_size)

    def __getitem__(self, index: int) -> Batch:
        return self._split.take(self.order[index * self._batch_size : (index + 1) * self._batch_size]).batch


def evaluate(model: Any, split: Split, *, together: int = EVALUATED_TOGETHER, adds: bool = False) -> Evaluated:
    """Evaluate by Keras' own ``predict`` and ``evaluate``.

    Args:
        together: examples that go through the network at once.
        adds: whether calling the network adds to its loss.
    """
    settings = {"batch_size": together, "verbose": 0}
    metrics = model.evaluate(split.x, split.y, sample_weight=split.weight, return_dict=True, **settings)
    loss = metrics.pop("loss") - _weight_penalty(model)
    losses = example_losses(model, split, model.predict(split.x, **settings))
    added = loss - mean_loss(losses) if adds else 0.0
    return Evaluated(losses, metrics, loss, added)


def _weight_penalty(model: Any) -> float:
    return float(sum(float(v.regularizer(v)) for v in model.trainable_variables if v.regularizer is not None))


def hidden_values(model: Any) -> list[np.ndarray]:
    """Return the values of the weights whose norm is reported."""
    return [np.asarray(model.trainable_variables[i].value) for i in hidden_kernels(model)]


def weight_figures(model: Any) -> dict[str, float]:
    """Return the figures of an epoch that are taken of the weights alone."""
    hidden = np.concatenate([np.ravel(kernel) for kernel in hidden_values(model)])
    return {
        "penalty": _weight_penalty(model),
        "weight_norm": float(np.linalg.norm(hidden.astype(np.float64))),
        "near_zero": float(np.mean(np.abs(hidden) < NEAR_ZERO)),
    }


def early_stopping(study: Study) -> list[Any]:
    """Return Keras' own early stopping as a study asks for it, in a list; nothing where it asks for none."""
    watcher = watcher_of(study)
    if watcher is None:
        return []
    settings = asdict(watcher.rule) | {"restore_best_weights": study.keeps_best}
    settings["mode"] = "max" if watcher.rule.larger_is_better else "min"
    return [keras.callbacks.EarlyStopping(**settings)]


def refit(builder: Builder, trial: Trial, data: Dataset, study: Study, *, epochs: int, with_validation: bool) -> Any:
    """Train the network of one trial once more, on what its seed trains on or on the whole pool, and return it."""
    example = fit_batch(data.train.take(slice(study.batch_size)), study.class_weight)
    model = Networks(builder, study, example=example).start(trial)
    divided_data = divided(data, study.validation, trial.seed)
    train = divided_data.pool if with_validation else divided_data.train
    fit_in_order(model, train, trial, replace(study, epochs=epochs))
    return model


def fit_in_order(
    model: Any, train: Split, trial: Trial, study: Study, *, callbacks: Sequence[Any] = (), **settings: Any
) -> None:
    """Call ``fit`` with the batches in the order of a trial's seed; it validates in batches of the same size."""
    batches = OrderedBatches(fit_batch(train, study.class_weight), batch_size=study.batch_size)

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
