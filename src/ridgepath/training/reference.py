"""The same trial by plain ``model.fit``: the oracle, and the way for models that cannot be lowered.

Batches come in the same order as in :mod:`ridgepath.training.trial`, so that a trial of either engine is paired with
the other's. The data loss is taken here from ``predict`` and Keras' losses, what is added to it from ``evaluate``,
gradients from Keras' ``stateless_call`` and its own list of penalties, and early stopping from Keras' own callback, not
from the lowered functions.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

import keras
import numpy as np

from ridgepath.arrays import Dataset, Split
from ridgepath.builders import Builder
from ridgepath.portraits import portrait
from ridgepath.results import TrialResult, epoch_columns
from ridgepath.splits import divided
from ridgepath.study import Study, Trial
from ridgepath.training.device import EVALUATED_TOGETHER, batch_order, evaluated_part, fit_batch
from ridgepath.training.ending import Ending, diverged_result, done_result, example_shape, mean_loss
from ridgepath.training.example_losses import example_losses
from ridgepath.training.lowering import NEAR_ZERO, has_call_losses, hidden_kernels
from ridgepath.training.models import Batch, Networks
from ridgepath.training.reference_probes import probe
from ridgepath.training.trial import Evaluated, evaluated_together, watcher_of


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


@dataclass
class _Recorder:
    """Collects the columns of ``epoch_columns`` at the end of each epoch of ``fit``.

    Attributes:
        adds: whether calling the network adds to its loss.
        together: examples that are evaluated at once.
    """

    model: Any
    train_part: Split
    validation: Split
    adds: bool
    together: int
    epochs: dict[str, list[float]] = field(default_factory=dict)

    def record(self, logs: dict[str, float]) -> None:
        """Take the figures of an epoch, and put them beside what ``fit`` reports of it, for early stopping to see."""
        train = evaluate(self.model, self.train_part, together=self.together, adds=self.adds)
        losses = evaluate(self.model, self.validation, together=self.together).losses
        figures = logs | _weight_figures(self.model) | {f"train_{name}": value for name, value in train.metrics.items()}
        figures["penalty"] += train.added
        figures |= {"train_data_loss": mean_loss(train.losses), "val_data_loss": mean_loss(losses)}
        for name in epoch_columns(list(train.metrics)):
            self.epochs.setdefault(name, []).append(float(figures[name]))
        logs |= figures

    @property
    def diverged(self) -> bool:
        """Whether a loss of the last epoch was not finite."""
        return not all(math.isfinite(self.epochs[name][-1]) for name in ("loss", "val_loss", "train_data_loss"))


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


def _hidden(model: Any) -> list[np.ndarray]:
    return [np.asarray(model.trainable_variables[i].value) for i in hidden_kernels(model)]


def _weight_figures(model: Any) -> dict[str, float]:
    hidden = np.concatenate([np.ravel(kernel) for kernel in _hidden(model)])
    return {
        "penalty": _weight_penalty(model),
        "weight_norm": float(np.linalg.norm(hidden.astype(np.float64))),
        "near_zero": float(np.mean(np.abs(hidden) < NEAR_ZERO)),
    }


class _StopIfDiverged(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends a trial whose loss is not finite, also where early stopping would let it go on."""

    def __init__(self, recorder: _Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Stop here."""
        if self._recorder.diverged:
            self.model.stop_training = True


def train_reference(model: Any, trial: Trial, data: Dataset, study: Study) -> TrialResult:
    """Train one trial's model by ``model.fit``, and take the same figures as the lowered trial does."""
    began = time.perf_counter()
    data = divided(data, study.validation, trial.seed)
    adds = has_call_losses(model, data.train.take(slice(0, 2)).batch)
    together = evaluated_together(model, adds=adds, batch_size=study.batch_size)
    recorder = _Recorder(model, evaluated_part(data.train, study.train_evaluated), data.validation, adds, together)
    record = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: recorder.record(logs))
    stopping = early_stopping(study)
    callbacks = [record, *stopping, _StopIfDiverged(recorder)]
    _fit(model, data.train, trial, study, validation_data=data.validation.batch, callbacks=callbacks)
    tested = data.test is not None
    if recorder.diverged:
        seconds = time.perf_counter() - began
        return diverged_result(trial, recorder.epochs, engine="reference", seconds=seconds, test=tested)
    epochs = recorder.epochs
    kept = stopping[0].best_epoch + 1 if stopping and study.keeps_best else len(epochs["loss"])
    splits = {"train": data.train} | ({"test": data.test} if data.test is not None else {})
    taken = {name: evaluate(model, split, together=together) for name, split in splits.items()}
    probed = probe(model, recorder.train_part, data.validation, together=together)
    if kept < len(epochs["loss"]):
        probed["update_share"] = math.nan  # Keras restores the weights, but not the optimizer's state
    ending = Ending(
        epochs=epochs,
        kept_epoch=kept,
        validation_losses=evaluate(model, data.validation, together=together).losses,
        taken={name: (each.losses, each.metrics) for name, each in taken.items()},
        probed=probed,
        portrait=portrait(_hidden(model), example_shape(data.train.x), pictured=trial.seed == study.seeds[0]),
    )
    return done_result(trial, ending, engine="reference", seconds=time.perf_counter() - began)


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
    _fit(model, train, trial, replace(study, epochs=epochs))
    return model


def _fit(
    model: Any, train: Split, trial: Trial, study: Study, *, callbacks: Sequence[Any] = (), **settings: Any
) -> None:
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
