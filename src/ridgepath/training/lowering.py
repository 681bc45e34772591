"""A compiled Keras model → pure functions of its state and of the coefficients that differ between strengths.

Keras' own ``train_step`` is already a pure function of its state. What stands in the way of one program for all
strengths is that a penalty's strength is a Python number, which would be compiled in as a constant; see
:mod:`ridgepath.training.coefficients`.

Whether two strengths may share a program is not guessed from their configurations: their traced programs
are compared (:attr:`Lowered.key`), so that a strength hidden in a closure or a layer's size leads to a
program of its own. Whether a lowered program trains as Keras does is not guessed from the layers either:
:mod:`ridgepath.training.proof` tries it. Refused beforehand is only what no few steps could show.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from functools import cached_property
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from ridgepath.training.coefficients import Coefficients, swapped, without_weight_penalties
from ridgepath.training.models import Batch, first_line, metric_names
from ridgepath.training.probes import Gradients, step_sizes
from ridgepath.training.windows import windows_for_cpu

Arrays = list[jax.Array] | list[np.ndarray]
State = dict[str, Arrays]
"""All that one trial carries from step to step: the arrays of the model's ``trainable``, ``non_trainable`` and
``optimizer`` variables, each in the model's order."""

NEAR_ZERO = 1e-3
"""A weight is near zero when its absolute value is below this."""


class NotLoweredError(Exception):
    """Say why a model cannot be lowered; the reference engine trains it instead."""


def check_lowerable(model: Any) -> None:
    """Raise :class:`NotLoweredError` where ``fit`` does what a lowered epoch does not."""
    if model.run_eagerly:
        raise NotLoweredError("it was compiled with run_eagerly=True")
    for method in ("fit", "evaluate", "train_step", "test_step", "make_train_function"):
        if getattr(type(model), method) is not getattr(keras.Model, method):
            raise NotLoweredError(f"{type(model).__name__} has a {method} of its own")
    if getattr(model.optimizer, "use_ema", False):
        raise NotLoweredError("its optimizer replaces the weights by their moving averages at the end (use_ema)")
    for layer in model._flatten_layers(include_self=False):
        if getattr(layer, "stateful", False) and isinstance(layer, keras.layers.RNN):
            raise NotLoweredError(f"layer {layer.name} carries its state from batch to batch (stateful)")


def hidden_kernels(model: Any) -> list[int]:
    """Return the positions, among the trainable variables, of all weight matrices but the output layer's.

    These are the weights whose norm and share near zero are reported. A network with a single matrix
    reports that one, one without any reports all its variables.
    """
    variables = model.trainable_variables
    kernels = [i for i, v in enumerate(variables) if len(v.shape) >= 2 and "bias" not in v.name]
    return kernels[:-1] or kernels or list(range(len(variables)))


def penalized(model: Any) -> list[int]:
    """Return the positions, among the trainable variables, of those with a penalty."""
    return [i for i, variable in enumerate(model.trainable_variables) if variable.regularizer is not None]


def has_call_losses(model: Any, batch: Batch) -> bool:
    """Tell whether calling the model adds to its loss: activity regularizers, and ``add_loss``."""
    variables = model.trainable_variables, model.non_trainable_variables
    values = [[v.value for v in group] for group in variables]
    with without_weight_penalties(model):
        losses = jax.eval_shape(lambda *given: _call(model, *given, training=False)[2], *values, batch[0])
    return bool(losses)


def is_mean_over_examples(model: Any) -> bool:
    """Tell whether a model's data loss of some examples is surely the mean of their own, however they are batched."""
    if type(model).compute_loss is not keras.Model.compute_loss:
        return False
    losses = [each for each in keras.tree.flatten(model.loss) if isinstance(each, keras.losses.Loss)]
    return all(loss.reduction in ("sum_over_batch_size", "mean") for loss in losses)


def _call(model: Any, trainable: Any, non_trainable: Any, features: Any, *, training: bool) -> tuple[Any, Any, Any]:
    """Return the outputs, the variables that are not trained, and all losses but the data loss."""
    mode = {"training": training} if model._call_has_training_arg else {}
    called: tuple[Any, Any, Any] = model.stateless_call(trainable, non_trainable, features, return_losses=True, **mode)
    return called


class Lowered:
    """The pure functions of one compiled and built Keras model.

    A state is that of one trial; ``coefficients`` is a vector as :class:`~ridgepath.training.coefficients.Coefficients`
    has them. Nothing here holds values: two models of the same :attr:`key` can share the compiled functions of either.

    Attributes:
        hidden: as :func:`hidden_kernels` returns it.
        has_call_losses: as :func:`has_call_losses` returns it.
    """

    def __init__(self, model: Any, example: Batch) -> None:
        check_lowerable(model)
        self.model = model
        self._example = example
        self._numbers = Coefficients(model)
        self._positions = penalized(model)
        self._penalized = [model.trainable_variables[i] for i in self._positions]
        self.hidden = hidden_kernels(model)
        self.has_call_losses = has_call_losses(model, example)

    @property
    def metrics(self) -> tuple[str, ...]:
        """Names of the model's metrics, without ``loss``."""
        return metric_names(self.model)

    @property
    def penalizes_weights(self) -> bool:
        """Whether a variable of this model has a penalty."""
        return bool(self._penalized)

    @property
    def coefficients(self) -> np.ndarray:
        """The coefficients of this model, float64 (coefficient,)."""
        return self._numbers.values

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
        written = re.sub(
            r" at 0x[0-9a-f]+", "", str(closed.jaxpr)
        )  # addresses of functions say nothing of what is done
        digest = hashlib.sha256(written.encode())
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
        with self._numbers.traced(coefficients), windows_for_cpu():
            _, (trainable, non_trainable, optimizer, metric_state) = self.model.train_step(
                (state["trainable"], state["non_trainable"], state["optimizer"], metric_state), batch
            )
        state = {"trainable": trainable, "non_trainable": non_trainable, "optimizer": optimizer}
        return state, metric_state

    def evaluate(self, state: State, metric_state: Arrays, coefficients: jax.Array, batch: Batch) -> Any:
        """Take the data loss of each example, in inference mode, and update the metrics.

        Returns:
            losses (example,), without any penalty; the loss that Keras has of the batch but for penalties on weights,
            and what of it calling the model adds, (2,); the new metric state.
        """
        features, targets, weights = _three(batch)
        with self._numbers.traced(coefficients), without_weight_penalties(self.model), windows_for_cpu():
            predictions, _, added = _call(
                self.model, state["trainable"], state["non_trainable"], features, training=False
            )
        with keras.StatelessScope(state_mapping=self._mapping(state, metric_state)) as scope:
            loss = self._compute_loss(features, targets, weights, predictions)
            self.model.compute_metrics(features, targets, predictions, sample_weight=weights)
        new = [scope.get_current_value(v) for v in self.model.metrics_variables]
        of_call = sum(added, jnp.zeros(()))
        return self._data_losses(state, batch, predictions), jnp.stack([loss + of_call, of_call]), new

    def outputs(self, state: State, features: Any) -> Any:
        """Return the network's output, in inference mode."""
        return _call(self.model, state["trainable"], state["non_trainable"], features, training=False)[0]

    def gradients(self, state: State, coefficients: jax.Array, batch: Batch) -> Gradients:
        """Take the gradients of some examples' mean data loss, in inference mode, and of all that is added to it."""

        def losses(weights: Sequence[Any]) -> tuple[jax.Array, jax.Array]:
            replaced = dict(zip(self._positions, weights, strict=True))
            trainable: Any = [replaced.get(i, value) for i, value in enumerate(state["trainable"])]
            with self._numbers.traced(coefficients):
                predictions, _, added = _call(self.model, trainable, state["non_trainable"], batch[0], training=False)
            data_losses = self._data_losses({**state, "trainable": trainable}, batch, predictions)
            return jnp.mean(data_losses), sum(added, jnp.zeros(()))

        weights = [state["trainable"][i] for i in self._positions]
        on_data, on_penalty = (jax.grad(lambda some, at=at: losses(some)[at])(weights) for at in (0, 1))
        return on_data, on_penalty

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
        """Return the ``penalty`` on weights, and of the hidden kernels ``weight_norm`` and ``near_zero`` (a share)."""
        with self._numbers.traced(coefficients):
            terms = [self._penalized[n].regularizer(state["trainable"][i]) for n, i in enumerate(self._positions)]
        hidden = [state["trainable"][i] for i in self.hidden]
        size = sum(weights.size for weights in hidden)
        return {
            "penalty": sum(terms, jnp.zeros(())),
            "weight_norm": jnp.sqrt(sum(jnp.sum(jnp.square(weights)) for weights in hidden)),
            "near_zero": jnp.asarray(sum(jnp.sum(jnp.abs(weights) < NEAR_ZERO) for weights in hidden)) / size,
        }

    def _data_losses(self, state: State, batch: Batch, predictions: Any) -> Any:
        """Take Keras' own loss of every example by itself."""

        def of_one(*arrays: Any) -> Any:
            return self._compute_loss(*jax.tree.map(lambda array: array[None], arrays))

        with keras.StatelessScope(state_mapping=self._mapping(state, self.metric_state)):
            return jax.vmap(of_one)(*_three(batch), predictions)

    def _compute_loss(self, features: Any, targets: Any, weights: Any, predictions: Any) -> Any:
        """Take Keras' own loss with nothing added to it."""
        with swapped([(self.model, "_losses_override", [jnp.zeros(())])]):
            return self.model.compute_loss(
                x=features, y=targets, y_pred=predictions, sample_weight=weights, training=False
            )

    def _mapping(self, state: State, metric_state: Arrays) -> list[tuple[Any, jax.Array]]:
        variables = (*self.model.trainable_variables, *self.model.metrics_variables)
        return list(zip(variables, (*state["trainable"], *metric_state), strict=True))


def _three(batch: Batch) -> tuple[Any, Any, Any]:
    """Return features, targets and weights, the last ``None`` where there are none."""
    features, targets, *weights = batch
    return features, targets, weights[0] if weights else None


def lower(model: Any, example: Batch) -> Lowered:
    """Lower a model and trace its training step once.

    Raises:
        NotLoweredError: it cannot be lowered, with the reason.
    """
    try:
        lowered = Lowered(model, example)
        assert lowered.key
    except NotLoweredError:
        raise
    except Exception as error:  # the user's own layers and losses may do in it whatever they like
        raise NotLoweredError(f"its training step cannot be traced ({first_line(error)})") from None
    return lowered
