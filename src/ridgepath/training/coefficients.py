"""What of a compiled model is only a number in a penalty or a decay, and so may differ without another program.

While a program is traced, every L1 or L2 penalty on weights or activities is replaced by one of the same formula that
reads its coefficients from an argument (``keras/src/regularizers/regularizers.py``: Keras' L2 is ``l2 * sum(w**2)``,
without a half), and so is the optimizer's ``weight_decay`` (``keras/src/optimizers/base_optimizer.py``). A learning
rate needs none of this: Keras keeps it among the optimizer's variables. All else is a constant of the program.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import jax
import keras
import numpy as np

_NUMBERS: dict[type, tuple[str, ...]] = {
    keras.regularizers.L1: ("l1",),
    keras.regularizers.L2: ("l2",),
    keras.regularizers.L1L2: ("l1", "l2"),
}
"""Regularizer → its coefficients; one that is not here keeps its own as constants."""


@dataclass(frozen=True)
class _TracedPenalty:
    """``l1 * sum(|w|) + l2 * sum(w**2)``, with traced coefficients and only the terms that Keras' own has."""

    l1: jax.Array | None = None
    l2: jax.Array | None = None

    def __call__(self, weights: Any) -> Any:
        terms = []
        if self.l1 is not None:
            terms.append(keras.ops.cast(self.l1, weights.dtype) * keras.ops.sum(keras.ops.absolute(weights)))
        if self.l2 is not None:
            terms.append(keras.ops.cast(self.l2, weights.dtype) * keras.ops.sum(keras.ops.square(weights)))
        return sum(terms[1:], terms[0])


@dataclass(frozen=True)
class _Place:
    """An attribute of an object of the model that holds coefficients, and what stands there."""

    owner: Any
    attribute: str
    value: Any

    @property
    def numbers(self) -> list[float]:
        """Its coefficients, as Keras has them."""
        names = _NUMBERS.get(type(self.value))
        return [float(self.value)] if names is None else [float(getattr(self.value, name)) for name in names]

    def traced(self, entries: Iterator[jax.Array]) -> Any:
        """Return what stands there while a program is traced."""
        names = _NUMBERS.get(type(self.value))
        return next(entries) if names is None else _TracedPenalty(**{name: next(entries) for name in names})


class Coefficients:
    """The coefficients of one model: penalties of the trainable variables in their order, of activities, the decay."""

    def __init__(self, model: Any) -> None:
        penalties = [(variable, "regularizer") for variable in model.trainable_variables]
        penalties += [(layer, "activity_regularizer") for layer in model._flatten_layers(include_self=False)]
        held = [_Place(owner, name, getattr(owner, name, None)) for owner, name in penalties]
        self._places = [place for place in held if type(place.value) in _NUMBERS]
        decay = getattr(model.optimizer, "weight_decay", None)
        if isinstance(decay, (int, float)) and not isinstance(decay, bool):
            self._places.append(_Place(model.optimizer, "weight_decay", decay))

    @property
    def values(self) -> np.ndarray:
        """The coefficients as the model has them, float64 (coefficient,)."""
        return np.array([number for place in self._places for number in place.numbers], np.float64)

    @contextmanager
    def traced(self, coefficients: jax.Array) -> Iterator[None]:
        """Let the model read its coefficients from an array, (coefficient,), while a function is traced."""
        entries = iter(coefficients)
        with swapped((place.owner, place.attribute, place.traced(entries)) for place in self._places):
            yield


@contextmanager
def swapped(attributes: Iterable[tuple[Any, str, Any]]) -> Iterator[None]:
    """Give attributes of objects other values for a while: (object, name, value)."""
    kept: list[tuple[Any, str, Any]] = []
    try:
        for owner, name, value in attributes:
            kept.append((owner, name, getattr(owner, name)))
            setattr(owner, name, value)
        yield
    finally:
        for owner, name, value in reversed(kept):
            setattr(owner, name, value)


@contextmanager
def without_weight_penalties(model: Any) -> Iterator[None]:
    """Take the penalties on weights away while a function is traced; what is left of the losses comes from calls."""
    penalized = [v for v in model.trainable_variables if v.regularizer is not None]
    with swapped([(variable, "regularizer", None) for variable in penalized]):
        yield
