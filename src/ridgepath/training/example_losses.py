"""The data loss of every example from a network's predictions, by Keras' loss itself rather than by its model."""

from __future__ import annotations

from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from ridgepath.arrays import Split
from ridgepath.training.coefficients import swapped


def example_losses(model: Any, split: Split, predictions: Any) -> np.ndarray:
    """Return the data loss of each example times its weight, without any penalty, (example,).

    Of a network with one output it is that of its loss before it is reduced; of others, and where a model computes its
    loss in a way of its own, it is the model's loss of the example alone.
    """
    one_output = isinstance(split.y, np.ndarray) and not isinstance(predictions, (dict, list, tuple))
    if one_output and type(model).compute_loss is keras.Model.compute_loss:
        losses = np.asarray(unreduced(model.loss, split.y, predictions))
        if losses.shape[:1] == (split.examples,):
            means: np.ndarray = losses.reshape(split.examples, -1).mean(axis=1)
            return means if split.weight is None else means * split.weight
    return _alone(model, split, predictions)


def unreduced(loss: Any, targets: Any, predictions: Any) -> Any:
    """Return a loss that is not reduced over the examples."""
    found = keras.losses.get(loss)
    if isinstance(found, keras.losses.Loss):
        found = type(found).from_config({**found.get_config(), "reduction": None})
    return found(_like_predictions(targets, predictions), predictions)


def _like_predictions(targets: Any, predictions: Any) -> Any:
    """Give targets of a network with one output its last axis, as ``fit`` does."""
    return targets[:, None] if targets.ndim == 1 and predictions.ndim == 2 and predictions.shape[1] == 1 else targets


def _alone(model: Any, split: Split, predictions: Any) -> np.ndarray:
    def of_one(*arrays: Any) -> Any:
        x, y, weight, y_pred = jax.tree.map(lambda array: array[None], arrays)
        return model.compute_loss(x=x, y=y, y_pred=y_pred, sample_weight=weight, training=False)

    mapping = [(variable, variable.value) for variable in model.variables]
    with swapped([(model, "_losses_override", [jnp.zeros(())])]), keras.StatelessScope(state_mapping=mapping):
        losses = jax.jit(jax.vmap(of_one))(split.x, split.y, split.weight, predictions)
    return np.asarray(losses)
