"""Probes of a trained network: what pulls at its weights, and how its output answers a small change of its input.

How hard data and penalty pull is told by their gradients, at the penalized weights. What moves a weight is not the
gradient but the optimizer's step, and an adaptive optimizer gives every weight a step of its own
(``keras/src/optimizers/adam.py`` and its neighbours). So the penalty's share is told twice: in the gradient, and in
the gradient times these steps.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np

from ridgepath.training.models import Batch

CHANGE = 0.01
"""Size of a small change of the features: its standard deviation over their root mean square."""

PROBED = 1000
"""Validation examples, at most and the first ones, whose features are changed."""

Gradients = tuple[Sequence[Any], Sequence[Any]]
"""The gradients of the mean data loss and of the penalty, each an array a penalized variable."""


def step_sizes(optimizer: Any, variables: Sequence[Any]) -> list[np.ndarray] | None:
    """Return what an optimizer, as it stands, multiplies every weight's gradient by, up to a common factor.

    What is common to all weights (learning rate, correction of Adam's bias, clipping of the global norm) is
    left out, and so are momentum, which averages the products, and decoupled decay, which no gradient enters.

    Args:
        variables: those of the weights; the optimizer was built with them.

    Returns:
        An array a variable, of its shape; ``None`` for an optimizer that does more to a gradient than that, or
        that is not known.
    """
    step = _STEPS.get(type(optimizer))
    if step is None or optimizer.clipnorm is not None or optimizer.clipvalue is not None:
        return None
    return [step(optimizer, variable) for variable in variables]


def _sgd(optimizer: Any, variable: Any) -> Any:
    return np.ones(variable.shape)


def _adam(optimizer: Any, variable: Any) -> Any:
    squares = optimizer._velocity_hats if optimizer.amsgrad else optimizer._velocities
    return 1 / (np.sqrt(_of(squares, optimizer, variable)) + optimizer.epsilon)


def _rmsprop(optimizer: Any, variable: Any) -> Any:
    squares = _of(optimizer._velocities, optimizer, variable)
    if optimizer.centered:
        squares = squares - np.square(_of(optimizer._average_gradients, optimizer, variable))
    return 1 / np.sqrt(squares + optimizer.epsilon)


def _adagrad(optimizer: Any, variable: Any) -> Any:
    return 1 / np.sqrt(_of(optimizer._accumulators, optimizer, variable) + optimizer.epsilon)


_STEPS: dict[type, Callable[[Any, Any], Any]] = {
    keras.optimizers.SGD: _sgd,
    keras.optimizers.Adam: _adam,
    keras.optimizers.AdamW: _adam,
    keras.optimizers.RMSprop: _rmsprop,
    keras.optimizers.Adagrad: _adagrad,
}


def _of(slots: Sequence[Any], optimizer: Any, variable: Any) -> np.ndarray:
    """Return what an optimizer keeps for a variable, in float64."""
    return np.asarray(slots[optimizer._get_variable_index(variable)].value, np.float64)


def shares(
    gradients: Callable[[Batch], Gradients], chunks: Iterable[Batch], steps: Sequence[np.ndarray] | None
) -> dict[str, float]:
    """Return the penalty's share in what pulls at the penalized weights, and in what moves them.

    Args:
        gradients: takes the gradients on a chunk of examples.
        chunks: the examples; a chunk counts by its size.
        steps: as :func:`step_sizes` returns them.

    Returns:
        ``gradient_share``, |penalty| / (|data| + |penalty|) of the two gradients' Euclidean norms, and
        ``update_share``, the same with every gradient times its weight's step (NaN without ``steps``). A
        penalty that does not pull has the share 0.
    """
    examples, data, penalty = 0, np.zeros(()), np.zeros(())
    for chunk in chunks:
        size = len(chunk[1])
        on_data, on_penalty = map(_vector, gradients(chunk))
        data, penalty, examples = data + size * on_data, penalty + size * on_penalty, examples + size
    data, penalty = data / examples, penalty / examples
    figures = {"gradient_share": _share(data, penalty), "update_share": math.nan}
    if steps is not None:
        each = _vector(steps)
        figures["update_share"] = _share(data * each, penalty * each)
    return figures


def _vector(arrays: Sequence[Any]) -> np.ndarray:
    return np.concatenate([np.empty(0), *(np.asarray(array, np.float64).ravel() for array in arrays)])


def _share(data: np.ndarray, penalty: np.ndarray) -> float:
    of_data, of_penalty = _length(data), _length(penalty)
    return of_penalty / (of_data + of_penalty) if of_penalty else 0.0


def _length(array: np.ndarray) -> float:
    # Not by np.linalg.norm, whose BLAS takes all cores for it, also those that other workers are on.
    return math.sqrt(np.sum(np.square(array)))


@dataclass(frozen=True)
class Change:
    """Features of some examples, the same after a small change (both example × ...), and its Euclidean length."""

    before: np.ndarray
    after: np.ndarray
    length: float


def small_change(features: np.ndarray) -> Change | None:
    """Change the first :data:`PROBED` examples a little at random, always by the same draws.

    Every number changes by a Gaussian draw whose standard deviation is :data:`CHANGE` of the root mean square of all.

    Returns:
        ``None`` where there is no small change: of whole numbers, or where all features are 0.
    """
    if features.dtype.kind != "f":
        return None
    before = np.asarray(features[:PROBED])
    size = CHANGE * float(np.sqrt(np.mean(np.square(before, dtype=np.float64))))
    draws = np.random.default_rng(0).standard_normal(before.shape, np.float32)
    after = (before + size * draws).astype(before.dtype)
    length = _distance(before, after)
    return Change(before, after, length) if length else None


def sensitivity(outputs: Callable[[np.ndarray], Any], change: Change | None) -> float:
    """Return how far the network's output moves for a small change of its input.

    Args:
        outputs: returns the network's output (example × ...) in inference mode.

    Returns:
        The root of the mean squared length of the output's change over that of the input's, in units of the
        output over units of the features as the data set has them. NaN without a change.
    """
    if change is None:
        return math.nan
    return _distance(outputs(change.before), outputs(change.after)) / change.length


def _distance(one: Any, other: Any) -> float:
    """Return the Euclidean distance of two outputs; several arrays are one long vector."""
    pairs = zip(keras.tree.flatten(one), keras.tree.flatten(other), strict=True)
    return math.hypot(*(_length(np.asarray(b, np.float64) - np.asarray(a, np.float64)) for a, b in pairs))
