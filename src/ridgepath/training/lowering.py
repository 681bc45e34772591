"""A compiled Keras model → pure functions, and the coefficients that differ between strengths.

Keras' own ``train_step`` is already a pure function of its state. What stands in the way of one program for
all strengths is that a penalty's strength is a Python number inside a regularizer, so that it would be
compiled in as a constant. Here every regularizer is replaced, while the program is traced, by one of
the same formula that reads its coefficient from an argument (``keras/src/regularizers/regularizers.py``:
Keras' L2 is ``l2 * sum(w**2)``, without a half).

Whether two strengths may share a program is not guessed from their configurations: their traced programs
are compared (:attr:`Lowered.key`), so that a strength hidden in a closure or a layer's size leads to a
program of its own.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from ridgepath.training.models import Batch, metric_names
from ridgepath.training.probes import Gradients, step_sizes

Arrays = list[jax.Array] | list[np.ndarray]
State = dict[str, Arrays]
"""All that one trial carries from step to step: the arrays of the model's ``trainable``, ``non_trainable`` and
``optimizer`` variables, each in the model's order."""

LOWERED_LAYERS = (
    keras.layers.InputLayer,
    keras.layers.Flatten,
    keras.layers.Reshape,
    keras.layers.Dense,
    keras.layers.Activation,
    keras.layers.ReLU,
    keras.layers.LeakyReLU,
    keras.layers.Softmax,
    keras.layers.Rescaling,
)
"""Layers whose lowered trials were compared with ``model.fit``."""

NEAR_ZERO = 1e-3
"""A weight is near zero when its absolute value is below this."""


class NotLoweredError(Exception):
    """Say why a model cannot be lowered; the reference engine trains it instead."""


@dataclass(frozen=True)
class _TracedPenalty:
    """``l1 * sum(|w|) + l2 * sum(w**2)``, with traced coefficients and only the terms that Keras' own has."""

    l1: jax.Array | None
    l2: jax.Array | None

    def __call__(self, weights: Any) -> Any:
        terms = []
        if self.l1 is not None:
            terms.append(keras.ops.cast(self.l1, weights.dtype) * keras.ops.sum(keras.ops.absolute(weights)))
        if self.l2 is not None:
            terms.append(keras.ops.cast(self.l2, weights.dtype) * keras.ops.sum(keras.ops.square(weights)))
        return sum(terms[1:], terms[0])


def check_lowerable(model: Any) -> None:
    """Raise :class:`NotLoweredError` unless every part of a model is known to train as ``fit`` trains it."""
    if type(model).__module__.split(".")[0] != "keras":
        raise NotLoweredError(f"{type(model).__name__} is a class of its own")
    for layer in model._flatten_layers(include_self=False):
        if type(layer) not in LOWERED_LAYERS:
            raise NotLoweredError(f"layer {layer.name} is a {type(layer).__name__}")
        if getattr(layer, "activity_regularizer", None) is not None:
            raise NotLoweredError(f"layer {layer.name} has an activity regularizer")
    for variable in model.trainable_variables:
        if variable.regularizer is not None and type(variable.regularizer) not in _COEFFICIENTS:
            raise NotLoweredError(f"{variable.path} has the penalty {type(variable.regularizer).__name__}")
    if model.run_eagerly:
        raise NotLoweredError("it was compiled with run_eagerly=True")


def hidden_kernels(model: Any) -> list[int]:
    """Return the positions, among the trainable variables, of all weight matrices but the output layer's.

    These are the weights whose norm and share near zero are reported. A network with a single matrix
    reports that one.
    """
    kernels = [i for i, variable in enumerate(model.trainable_variables) if len(variable.shape) >= 2]
    return kernels[:-1] or kernels


def penalized(model: Any) -> list[int]:
    """Return the positions, among the trainable variables, of those with a penalty."""
    return [i for i, variable in enumerate(model.trainable_variables) if variable.regularizer is not None]


_COEFFICIENTS: dict[type, tuple[str, ...]] = {
    keras.regularizers.L1: ("l1",),
    keras.regularizers.L2: ("l2",),
    keras.regularizers.L1L2: ("l1", "l2"),
}


class Lowered:
    """The pure functions of one compiled and built Keras model.

    A state is that of one trial; ``coefficients`` is a vector, one entry a coefficient of a penalty, in the
    order of the trainable variables. Nothing here holds values: two models of the same :attr:`key` can share the
    compiled functions of either.
    """

    def __init__(self, model: Any, example: Batch) -> None:
        check_lowerable(model)
        self.model = model
        self._example = example
        self._positions = penalized(model)
        self._penalized = [model.trainable_variables[i] for i in self._positions]
        self._regularizers = [v.regularizer for v in self._penalized]
        self.hidden = hidden_kernels(model)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the model's metrics, without ``loss``."""
        return metric_names(self.model)

    @property
    def coefficients(self) -> np.ndarray:
        """The coefficients of this model's penalties, float64 (coefficient,)."""
        names = ((r, name) for r in self._regularizers for name in _COEFFICIENTS[type(r)])
        return np.array([float(getattr(regularizer, name)) for regularizer, name in names])

    @property
    def state(self) -> State:
        """The state of this model as it stands, copied: it may be donated."""
        groups = {
            "trainable": self.model.trainable_variables,
            "non_trainable": self.model.non_trainable_variables,
            "optimizer": self.model.optimizer.variables,
        }
        return {name: [np.array(v.value) for v in variables] for name, variables in groups.items()}

    @cached_property
    def key(self) -> str:
        """A digest of the traced training step with all constants that it captured.

        Equal for two strengths exactly when they differ in traced coefficients alone.
        """
        batch = jax.tree.map(jnp.asarray, self._example)
        closed = jax.make_jaxpr(self.train_step)(self.state, self.metric_state, self.coefficients, batch)
        digest = hashlib.sha256(str(closed.jaxpr).encode())
        for constant in closed.consts:
            digest.update(np.asarray(constant).tobytes())
        return digest.hexdigest()

    @property
    def metric_state(self) -> Arrays:
        """The state of the metrics at the start of an epoch."""
        return [np.zeros(v.shape, v.dtype) for v in self.model.metrics_variables]

    def train_step(self, state: State, metric_state: Arrays, coefficients: jax.Array, batch: Batch) -> Any:
        """Take one step of the model's optimizer, by Keras' own ``train_step``.

        Returns:
            The new state and metric state; the metrics include the running ``loss``, penalty included.
        """
        with self._penalties(coefficients):
            _, (trainable, non_trainable, optimizer, metric_state) = self.model.train_step(
                (state["trainable"], state["non_trainable"], state["optimizer"], metric_state), batch
            )
        state = {"trainable": trainable, "non_trainable": non_trainable, "optimizer": optimizer}
        return state, metric_state

    def evaluate(self, state: State, metric_state: Arrays, batch: Batch) -> tuple[jax.Array, Arrays]:
        """Take the data loss of each example, in inference mode, and update the metrics.

        Returns:
            losses (example,), without any penalty, and the new metric state.
        """
        features, targets = batch
        predictions = self.outputs(state, features)
        with keras.StatelessScope(state_mapping=self._mapping(state, metric_state)) as scope:
            self.model.compute_metrics(features, targets, predictions, sample_weight=None)
            losses = self._data_losses(targets, predictions)
        return losses, [scope.get_current_value(v) for v in self.model.metrics_variables]

    def outputs(self, state: State, features: Any) -> Any:
        """Return the network's output, in inference mode."""
        with self._penalties(None):
            predictions, _ = self.model.stateless_call(
                state["trainable"], state["non_trainable"], features, training=False
            )
        return predictions

    def gradients(self, state: State, coefficients: jax.Array, batch: Batch) -> Gradients:
        """Take the gradients of some examples' mean data loss, in inference mode, and of the penalty."""
        features, targets = batch

        def data_loss(weights: Sequence[Any]) -> jax.Array:
            replaced = dict(zip(self._positions, weights, strict=True))
            trainable: Any = [replaced.get(i, value) for i, value in enumerate(state["trainable"])]
            moved = {**state, "trainable": trainable}
            predictions = self.outputs(moved, features)
            with keras.StatelessScope(state_mapping=self._mapping(moved, self.metric_state)):
                return jnp.mean(self._data_losses(targets, predictions))

        def penalty(weights: Sequence[Any]) -> jax.Array:
            with self._penalties(coefficients):
                terms = zip(self._penalized, weights, strict=True)
                return sum((variable.regularizer(value) for variable, value in terms), jnp.zeros(()))

        weights = [state["trainable"][i] for i in self._positions]
        return jax.grad(data_loss)(weights), jax.grad(penalty)(weights)

    def step_sizes(self, state: State) -> list[np.ndarray] | None:
        """Return :func:`ridgepath.training.probes.step_sizes` of the penalized weights."""
        mapping = list(zip(self.model.optimizer.variables, state["optimizer"], strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return step_sizes(self.model.optimizer, self._penalized)

    def metric_results(self, metric_state: Arrays) -> dict[str, jax.Array]:
        """Return the values of the metrics, among them ``loss``."""
        mapping = list(zip(self.model.metrics_variables, metric_state, strict=True))
        with keras.StatelessScope(state_mapping=mapping):
            return dict(self.model.get_metrics_result())

    def weight_figures(self, state: State, coefficients: jax.Array) -> dict[str, jax.Array]:
        """Return ``penalty``, and of the hidden kernels ``weight_norm`` and ``near_zero`` (a share)."""
        mapping = list(zip(self.model.trainable_variables, state["trainable"], strict=True))
        with self._penalties(coefficients), keras.StatelessScope(state_mapping=mapping):
            penalty = sum(self.model.losses, jnp.zeros(()))
        hidden = [state["trainable"][i] for i in self.hidden]
        size = sum(weights.size for weights in hidden)
        return {
            "penalty": penalty,
            "weight_norm": jnp.sqrt(sum(jnp.sum(jnp.square(weights)) for weights in hidden)),
            "near_zero": jnp.asarray(sum(jnp.sum(jnp.abs(weights) < NEAR_ZERO) for weights in hidden)) / size,
        }

    def _data_losses(self, targets: Any, predictions: Any) -> Any:
        def of_one(target: Any, prediction: Any) -> Any:
            one = jax.tree.map(lambda array: array[None], (target, prediction))
            return self.model.compute_loss(x=None, y=one[0], y_pred=one[1], training=False)

        with self._penalties(None):
            return jax.vmap(of_one)(targets, predictions)

    def _mapping(self, state: State, metric_state: Arrays) -> list[tuple[Any, jax.Array]]:
        variables = (*self.model.trainable_variables, *self.model.metrics_variables)
        return list(zip(variables, (*state["trainable"], *metric_state), strict=True))

    @contextmanager
    def _penalties(self, coefficients: jax.Array | None) -> Iterator[None]:
        """Let the model's penalties read ``coefficients``, or take them away, while a function is traced."""
        try:
            for variable, penalty in zip(self._penalized, self._traced(coefficients), strict=True):
                variable.regularizer = penalty
            yield
        finally:
            for variable, regularizer in zip(self._penalized, self._regularizers, strict=True):
                variable.regularizer = regularizer

    def _traced(self, coefficients: jax.Array | None) -> Sequence[_TracedPenalty | None]:
        if coefficients is None:
            return [None] * len(self._regularizers)
        entries = iter(coefficients)
        each = [{name: next(entries) for name in _COEFFICIENTS[type(r)]} for r in self._regularizers]
        return [_TracedPenalty(l1=named.get("l1"), l2=named.get("l2")) for named in each]
