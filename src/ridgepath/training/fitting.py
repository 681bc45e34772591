"""One trial by plain ``model.fit``, which may pause between epochs and go on, in another process, too.

``fit`` knows no pause. What it goes on from is in the model's variables, and in what early stopping remembers; both are
taken at the end of an epoch, before ``fit`` does what it does at its end, and given back before it begins again.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import keras
import numpy as np

from ridgepath.arrays import Dataset, Split
from ridgepath.portraits import portrait
from ridgepath.results import TrialResult, epoch_columns
from ridgepath.splits import divided
from ridgepath.study import Study, Trial
from ridgepath.training.device import evaluated_part
from ridgepath.training.ending import Ending, diverged_result, done_result, example_shape, mean_loss
from ridgepath.training.lowering import State, has_call_losses
from ridgepath.training.models import metric_names
from ridgepath.training.reference import early_stopping, evaluate, fit_in_order, hidden_values, weight_figures
from ridgepath.training.reference_probes import probe
from ridgepath.training.together import Member
from ridgepath.training.trial import Progress, evaluated_together, watcher_of


@dataclass
class _Recorder:
    """Collects the columns of ``epoch_columns`` at the end of each epoch of ``fit``.

    Attributes:
        adds: whether calling the network adds to its loss.
        together: examples that are evaluated at once.
        epochs: the columns so far, to which it adds.
    """

    model: Any
    train_part: Split
    validation: Split
    adds: bool
    together: int
    epochs: dict[str, list[float]]

    def record(self, logs: dict[str, float]) -> None:
        """Take the figures of an epoch, and put them beside what ``fit`` reports of it, for early stopping to see."""
        train = evaluate(self.model, self.train_part, together=self.together, adds=self.adds)
        losses = evaluate(self.model, self.validation, together=self.together).losses
        figures = logs | weight_figures(self.model) | {f"train_{name}": value for name, value in train.metrics.items()}
        figures["penalty"] += train.added
        figures |= {"train_data_loss": mean_loss(train.losses), "val_data_loss": mean_loss(losses)}
        for name in epoch_columns(list(train.metrics)):
            self.epochs[name].append(float(figures[name]))
        logs |= figures

    @property
    def diverged(self) -> bool:
        """Whether a loss of the last epoch was not finite."""
        return not all(math.isfinite(self.epochs[name][-1]) for name in ("loss", "val_loss", "train_data_loss"))


class _StopIfDiverged(keras.callbacks.Callback):  # type: ignore[misc]
    """Ends a trial whose loss is not finite, also where early stopping would let it go on."""

    def __init__(self, recorder: _Recorder) -> None:
        super().__init__()
        self._recorder = recorder

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Stop here."""
        if self._recorder.diverged:
            self.model.stop_training = True


class _GoOn(keras.callbacks.Callback):  # type: ignore[misc]
    """Gives early stopping back what it remembered when ``fit`` paused; ``fit`` lets it forget as it begins."""

    def __init__(self, stopping: Any, progress: Progress) -> None:
        super().__init__()
        self._stopping, self._progress = stopping, progress

    def on_train_begin(self, logs: object = None) -> None:
        """Remember."""
        watcher, best = self._progress.watcher, self._progress.best
        if watcher is not None and self._progress.epoch:
            self._stopping.wait, self._stopping.best = watcher.wait, watcher.best
            self._stopping.best_epoch = max(watcher.best_epoch - 1, 0)
            self._stopping.best_weights = None if best is None else _weights_of(self.model, best[0])


class _Pause(keras.callbacks.Callback):  # type: ignore[misc]
    """Has ``fit`` pause with the first epoch that is done after some time, unless it ends there anyway.

    Attributes:
        paused: the state then, before ``fit`` does what it does at its end; ``None`` if it did not pause.
    """

    def __init__(self, stop: float, *, epochs: int) -> None:
        super().__init__()
        self._stop, self._epochs = stop, epochs
        self.paused: State | None = None

    def on_epoch_end(self, epoch: int, logs: object = None) -> None:
        """Stop here."""
        if time.perf_counter() > self._stop and epoch + 1 < self._epochs and not self.model.stop_training:
            self.paused = _state_of(self.model)
            self.model.stop_training = True


def _variables_of(model: Any) -> dict[str, list[Any]]:
    return {
        "trainable": model.trainable_variables,
        "non_trainable": model.non_trainable_variables,
        "optimizer": model.optimizer.variables,
    }


def _state_of(model: Any) -> State:
    return {name: [np.array(each.value) for each in variables] for name, variables in _variables_of(model).items()}


def _assign(model: Any, state: State) -> None:
    for name, variables in _variables_of(model).items():
        for variable, value in zip(variables, state[name], strict=True):
            variable.assign(value)


def _weights_of(model: Any, state: State) -> list[np.ndarray]:
    """Return of a state what ``model.get_weights`` returns: not seeds, and in another order."""
    values = {
        id(variable): value
        for name, variables in _variables_of(model).items()
        for variable, value in zip(variables, state[name], strict=True)
    }
    return [np.asarray(values[id(weight)]) for weight in model.weights]


def _with_weights(model: Any, weights: Sequence[np.ndarray]) -> State:
    """Return the state of a model, but with these weights."""
    given = {id(weight): value for weight, value in zip(model.weights, weights, strict=True)}
    return {
        name: [np.asarray(given.get(id(each), each.value)) for each in variables]
        for name, variables in _variables_of(model).items()
    }


class Fitting:
    """One trial by ``model.fit``, which may pause between epochs and go on, in another process, too.

    Attributes:
        progress: how far it has come; one that travelled may be put in its place.
    """

    def __init__(self, model: Any, trial: Trial, data: Dataset, study: Study) -> None:
        self.trial = trial
        self._model, self._study = model, study
        self._data = divided(data, study.validation, trial.seed)
        columns: dict[str, list[float]] = {name: [] for name in epoch_columns(metric_names(model))}
        nothing = np.empty(0, np.float32)
        self.progress = Progress(_state_of(model), columns, nothing, watcher_of(study), study.keeps_best)

    @property
    def member(self) -> Member:
        """The trial as it travels."""
        return Member(self.trial, self.progress, np.empty(0))

    @property
    def _can_pause(self) -> bool:
        """Whether all that ``fit`` goes on from is in the model's variables."""
        model = self._model
        own = any(getattr(type(model), name) is not getattr(keras.Model, name) for name in ("fit", "train_step"))
        return not (own or model.run_eagerly or getattr(model.optimizer, "use_ema", False))

    def go_on(self, stop: float = math.inf) -> TrialResult | None:
        """Train until the trial's end and take the same figures as of a lowered one; ``None`` if it paused before.

        Args:
            stop: the time after which it pauses, if it can.
        """
        began, model, progress, study = time.perf_counter(), self._model, self.progress, self._study
        data = self._data
        if progress.epoch:
            _assign(model, progress.state)
        adds = has_call_losses(model, data.train.take(slice(0, 2)).batch)
        together = evaluated_together(model, adds=adds, batch_size=study.batch_size)
        part = evaluated_part(data.train, study.train_evaluated)
        recorder = _Recorder(model, part, data.validation, adds, together, progress.epochs)
        record = keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: recorder.record(logs))
        stopping = early_stopping(study)
        pause = _Pause(stop if self._can_pause else math.inf, epochs=study.epochs)
        remember = [_GoOn(each, progress) for each in stopping]
        callbacks = [record, *stopping, *remember, _StopIfDiverged(recorder), pause]
        settings = {"validation_data": data.validation.batch, "initial_epoch": progress.epoch}
        fit_in_order(model, data.train, self.trial, study, callbacks=callbacks, **settings)
        if pause.paused is not None:
            self._pause(pause.paused, *stopping)
            progress.seconds += time.perf_counter() - began
            return None
        return self._ended(recorder, *stopping, began=began - progress.seconds)

    def _pause(self, state: State, stopping: Any = None) -> None:
        progress = self.progress
        progress.state = state
        if progress.watcher is not None:
            best, best_epoch = stopping.best, stopping.best_epoch + (stopping.best is not None)
            progress.watcher = replace(progress.watcher, wait=stopping.wait, best=best, best_epoch=best_epoch)
        if stopping is not None and stopping.best_weights is not None:
            progress.best = _with_weights(self._model, stopping.best_weights), np.empty(0, np.float32)

    def _ended(self, recorder: _Recorder, stopping: Any = None, *, began: float) -> TrialResult:
        model, trial, data, study = self._model, self.trial, self._data, self._study
        epochs, together = recorder.epochs, recorder.together
        if recorder.diverged:
            seconds, tested = time.perf_counter() - began, data.test is not None
            return diverged_result(trial, epochs, engine="reference", seconds=seconds, test=tested)
        kept = stopping.best_epoch + 1 if stopping and study.keeps_best else len(epochs["loss"])
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
            portrait=portrait(hidden_values(model), example_shape(data.train.x), pictured=trial.seed == study.seeds[0]),
        )
        return done_result(trial, ending, engine="reference", seconds=time.perf_counter() - began)


def train_reference(model: Any, trial: Trial, data: Dataset, study: Study) -> TrialResult:
    """Train one trial's model by ``model.fit`` to its end."""
    result = Fitting(model, trial, data, study).go_on()
    assert result is not None
    return result
