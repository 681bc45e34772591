"""Early stopping as Keras means it, and why no other callback has a place in a compiled epoch.

The rule is that of ``keras/src/callbacks/early_stopping.py``. What it watches is by default ``val_data_loss``, not
Keras' ``val_loss``, which contains the penalty: trials would stop, and epochs be chosen, by how strong the penalty is.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from ridgepath.directions import direction
from ridgepath.errors import InputError

LAST, BEST = "last", "best"
"""Which epoch's weights a trial ends with: those after the last, or those after the best of what is watched."""

DATA_LOSS = "val_data_loss"
"""What is watched unless the user says otherwise."""

_REASONS = {
    "LearningRateScheduler": "Give the optimizer a schedule out of keras.optimizers.schedules instead.",
    "ReduceLROnPlateau": "Give the optimizer a schedule out of keras.optimizers.schedules instead.",
    "ModelCheckpoint": "Every finished trial is kept in the study, and path.refit gives a model.",
    "BackupAndRestore": "A study that was interrupted goes on by `ridgepath resume`.",
    "TensorBoard": "The curves of all trials are in path.epochs and `ridgepath export`.",
    "CSVLogger": "The curves of all trials are in path.epochs and `ridgepath export`.",
    "History": "The curves of all trials are in path.epochs.",
    "TerminateOnNaN": "A trial whose loss is not finite ends by itself.",
}


@dataclass(frozen=True)
class EarlyStopping:
    """When a trial stops before its last epoch; the arguments are those of ``keras.callbacks.EarlyStopping``.

    Attributes:
        monitor: a column of ``path.epochs``, such as ``val_data_loss`` or ``val_accuracy``.
        min_delta: by how much it must be better to count as an improvement.
        patience: epochs without improvement after which the trial stops.
        mode: ``min``, ``max`` or, by the name of what is watched, ``auto``.
        baseline: ``None``, or what it must be better than, besides the best so far, for the patience to begin anew.
        restore_best_weights: whether the trial ends with the weights of its best epoch.
        start_from_epoch: epochs before anything is watched.

    Raises:
        InputError: an argument is not allowed.
    """

    monitor: str = DATA_LOSS
    min_delta: float = 0.0
    patience: int = 0
    mode: str = "auto"
    baseline: float | None = None
    restore_best_weights: bool = False
    start_from_epoch: int = 0

    def __post_init__(self) -> None:
        for name in ("patience", "start_from_epoch"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, int) or value < 0:
                _refuse(f"{name} of early stopping must be a whole number of at least 0", value, "Give 0 or more.")
        for name in ("min_delta", "baseline"):
            value = getattr(self, name)
            if value is not None and (isinstance(value, bool) or not isinstance(value, (int, float))):
                _refuse(f"{name} of early stopping must be a number", value, "Give one such as 0.001.")
            if value is not None and not math.isfinite(value):
                _refuse(f"{name} of early stopping must be finite", value, "Give one such as 0.001.")
        if self.mode not in ("auto", "min", "max"):
            _refuse("mode of early stopping must be auto, min or max", self.mode, "Choose one.")
        if not isinstance(self.monitor, str) or not self.monitor:
            _refuse("monitor of early stopping must be the name of a figure", self.monitor, f"Give {DATA_LOSS}.")
        if self.mode == "auto" and direction(self.monitor) is None:
            expected, received = f"to be told which way {self.monitor} should go", "a name that does not tell"
            raise InputError(expected, received=received, remedy="Give the mode min or max.")

    @property
    def larger_is_better(self) -> bool:
        """Whether what is watched should rise."""
        return self.mode == "max" if self.mode != "auto" else bool(direction(self.monitor))


def _refuse(expected: str, received: object, remedy: str) -> None:
    raise InputError(expected, received=repr(received), remedy=remedy)


@dataclass
class Watcher:
    """The state of the rule in one trial.

    Attributes:
        rule: what is watched, and how.
        best_epoch: the epoch of the last improvement, from 1; 0 as long as nothing was watched.
        best: the value of that epoch.
        wait: epochs since the patience began.
    """

    rule: EarlyStopping
    best_epoch: int = 0
    best: float | None = None
    wait: int = 0

    def watch(self, value: float, *, epoch: int) -> bool:
        """Take the value of an epoch (from 1), and tell whether the trial stops after it."""
        rule = self.rule
        if epoch <= rule.start_from_epoch:
            return False
        self.best_epoch = self.best_epoch or epoch
        self.wait += 1
        if self._improves(value, self.best):
            self.best, self.best_epoch = value, epoch
            if rule.baseline is None or self._improves(value, rule.baseline):
                self.wait = 0
            return False
        return self.wait >= rule.patience and epoch > 1

    def _improves(self, value: float, than: float | None) -> bool:
        if than is None:
            return True
        delta = abs(self.rule.min_delta) * (1 if self.rule.larger_is_better else -1)
        ours, theirs = np.float32(value - delta), np.float32(than)  # Keras compares in its own precision
        return bool(ours > theirs if self.rule.larger_is_better else ours < theirs)


def read_callbacks(callbacks: Iterable[Any]) -> EarlyStopping | None:
    """Return the early stopping among callbacks, ours or Keras' own; nothing else is allowed.

    Raises:
        InputError: there are two, or another callback, with the reason why it has no place here.
    """
    rules = [_as_rule(callback) for callback in callbacks]
    if len(rules) > 1:
        _refuse("one early stopping at most", len(rules), "Remove all but one.")
    return rules[0] if rules else None


def _as_rule(callback: Any) -> EarlyStopping:
    if isinstance(callback, EarlyStopping):
        return callback
    kind = type(callback)
    if kind.__name__ == "EarlyStopping" and "keras" in kind.__module__:
        given = {each.name: getattr(callback, each.name) for each in fields(EarlyStopping) if each.name != "mode"}
        given["mode"] = getattr(callback, "mode", "auto")
        return EarlyStopping(**given)
    why = "An epoch is one compiled program, which calls no Python between its steps."
    _refuse("early stopping as the only callback", kind.__name__, _REASONS.get(kind.__name__, why))
    raise AssertionError


def parse_early_stopping(text: str) -> EarlyStopping:
    """Read early stopping as the command line writes it: ``patience=3,min_delta=0.001``, or the patience alone.

    Raises:
        InputError: the text is neither, or an argument is not allowed.
    """
    if text.strip().isdigit():
        return EarlyStopping(patience=int(text))
    known = {each.name: str(each.type) for each in fields(EarlyStopping)}
    given: dict[str, Any] = {}
    for part in text.split(","):
        name, sign, value = (piece.strip() for piece in part.partition("="))
        if not sign or name not in known or name in given:
            _refuse(f"early stopping is NAME=VALUE,... with names out of {', '.join(known)}", part, "Write patience=3.")
        given[name] = _parsed(name, value, known[name])
    return EarlyStopping(**given)


def _parsed(name: str, value: str, kind: str) -> Any:
    try:
        if kind == "bool":
            return {"true": True, "false": False}[value.lower()]
        return value if kind == "str" else int(value) if kind == "int" else float(value)
    except (ValueError, KeyError):
        kinds = {"bool": "true or false", "int": "a whole number"}
        _refuse(f"{name} of early stopping must be {kinds.get(kind, 'a number')}", value, "Correct it.")
        raise AssertionError from None


def check_keep(keep: object) -> str:
    """Return which epoch's weights trials end with: ``last`` or ``best``.

    Raises:
        InputError: it is neither.
    """
    if keep not in (LAST, BEST):
        _refuse("the epoch to keep is last or best", keep, "Choose one.")
    return str(keep)


def check_monitor(rule: EarlyStopping | None, columns: Sequence[str]) -> None:
    """Check that what is watched is a figure of every epoch.

    Raises:
        InputError: it is none.
    """
    if rule is not None and rule.monitor not in columns:
        _refuse("early stopping watches a figure of every epoch", rule.monitor, f"Choose one of {', '.join(columns)}.")
