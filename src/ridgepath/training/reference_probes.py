"""Probes of a network that plain ``fit`` trained, from Keras' ``stateless_call`` and its own list of penalties."""

from __future__ import annotations

import math
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import keras
import numpy as np

from ridgepath.arrays import Split
from ridgepath.training.example_losses import unreduced
from ridgepath.training.lowering import penalized
from ridgepath.training.models import Batch
from ridgepath.training.probes import Gradients, sensitivity, shares, small_change, step_sizes


def probe(model: Any, train_part: Split, validation: Split, *, together: int) -> dict[str, float]:
    """Take what :mod:`ridgepath.training.probes` tells of a network, NaN where this model cannot give it.

    A model trains by ``fit`` whatever it does, so that it may take no gradient, or have more outputs than one; its
    trial stands without these figures. The shares are NaN too where a penalty is on activities alone.
    """
    starts = range(0, train_part.examples, together)
    chunks = (train_part.take(slice(start, start + together)).batch for start in starts)
    figures = dict.fromkeys(("gradient_share", "update_share", "sensitivity"), math.nan)
    with suppress(Exception):
        variables = [model.trainable_variables[i] for i in penalized(model)]
        figures |= shares(_gradients(model), chunks, step_sizes(model.optimizer, variables))
    with suppress(Exception):
        predict = partial(model.predict, batch_size=together, verbose=0)
        change = small_change(validation.x) if isinstance(validation.x, np.ndarray) else None
        figures["sensitivity"] = sensitivity(predict, change)
    return figures


def _gradients(model: Any) -> Callable[[Batch], Gradients]:
    """Return what takes the gradients at the penalized weights, in inference mode."""
    positions = penalized(model)
    mode = {"training": False} if model._call_has_training_arg else {}
    trained, frozen = ([v.value for v in group] for group in (model.trainable_variables, model.non_trainable_variables))

    def losses(some: list[Any], trained: list[Any], frozen: list[Any], batch: Batch) -> tuple[Any, Any]:
        replaced = dict(zip(positions, some, strict=True))
        weights = [replaced.get(i, value) for i, value in enumerate(trained)]
        predictions, _, penalties = model.stateless_call(weights, frozen, batch[0], return_losses=True, **mode)
        if penalties and not positions:
            raise ValueError("a penalty, but on no weights")
        with keras.StatelessScope(state_mapping=list(zip(model.trainable_variables, weights, strict=True))):
            each = unreduced(model.loss, batch[1], predictions)
        if len(batch) > 2:
            each = each * batch[2].reshape(-1, *(1,) * (each.ndim - 1))
        return jnp.mean(each), sum(penalties, jnp.zeros(()))

    def both(some: list[Any], *others: Any) -> Gradients:
        on_data, on_penalty = (jax.grad(lambda weights, at=at: losses(weights, *others)[at]) for at in (0, 1))
        return on_data(some), on_penalty(some)

    return partial(jax.jit(both), [trained[i] for i in positions], trained, frozen)
