"""What all trials of a seed start with: the same weights, and the same seeds of their random layers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

SEED_STATE = "seed_generator_state"
"""The name that Keras gives to the state of a layer's random generator: uint32 (seed, draws so far)."""


@dataclass(frozen=True)
class InitialWeights:
    """Initial weights: values of the trainable and of the other variables, and the settings they were drawn with."""

    trainable: list[np.ndarray]
    others: list[np.ndarray]
    settings: list[Any]

    @classmethod
    def of(cls, model: Any) -> InitialWeights:
        """Copy those of a model."""
        groups = (model.trainable_variables, _others(model))
        trainable, others = ([keras.ops.convert_to_numpy(v.value) for v in group] for group in groups)
        return cls(trainable, others, _initializers(model))

    def give(self, model: Any) -> bool:
        """Assign the values to a model as far as its weights are like these, and return whether it has all of them."""
        if not _alike(model.trainable_variables, self.trainable) or _initializers(model) != self.settings:
            return False
        _assign(model.trainable_variables, self.trainable)
        if not _alike(_others(model), self.others):
            return False
        _assign(_others(model), self.others)
        return True


def seed_random_layers(model: Any, seed: int) -> None:
    """Give every random layer of a model a seed of its own, which follows from the trial's seed and the layer's rank.

    Keras draws these seeds as layers are made, so that a layer more would change those of all behind it.
    """
    states = [variable for variable in model.non_trainable_variables if variable.name == SEED_STATE]
    for rank, state in enumerate(states):
        (drawn,) = np.random.SeedSequence([seed, rank]).generate_state(1)
        state.assign(np.array([drawn, 0], np.uint32))


def _others(model: Any) -> list[Any]:
    return [variable for variable in model.non_trainable_variables if variable.name != SEED_STATE]


def _initializers(model: Any) -> list[Any]:
    """List the initializers of a model's layers without their seeds: weights of another scale are not the same."""
    found = [
        value
        for layer in model._flatten_layers(include_self=False)
        for value in vars(layer).values()
        if isinstance(value, keras.initializers.Initializer)
    ]
    return [(type(each), {k: v for k, v in each.get_config().items() if k != "seed"}) for each in found]


def _alike(variables: list[Any], values: list[np.ndarray]) -> bool:
    return [tuple(variable.shape) for variable in variables] == [value.shape for value in values]


def _assign(variables: list[Any], values: list[np.ndarray]) -> None:
    for variable, value in zip(variables, values, strict=True):
        variable.assign(value)
