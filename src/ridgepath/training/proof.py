"""Proof at run time that a lowered program trains as Keras does: both take a few steps on the user's data.

The lowered side is the very epoch that trials are trained by, one or several together, on a short order of batches, the
last one smaller; the other side is Keras' own ``train_on_batch`` and ``test_on_batch`` on the user's model. Both sides
round differently, and an adaptive optimizer makes much of little where a gradient is almost 0. So how far rounding may
carry is not a fixed number: Keras takes the same steps once more, from weights that differ in their last digits, and
the lowered program may differ from it by :data:`MARGIN` times what that makes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import jax
import numpy as np

from ridgepath.arrays import Split
from ridgepath.training.ending import mean_loss
from ridgepath.training.lowering import Lowered, NotLoweredError, State, is_mean_over_examples
from ridgepath.training.models import Batch, first_line
from ridgepath.training.together import Lanes
from ridgepath.training.trial import Evaluated, Program

MARGIN = 20.0
"""How many times more than a change of the last digits two programs of the same steps may differ."""


def prove(lowered: Lowered, examples: Batch, *, batch_size: int, together: bool = False) -> None:
    """Train the model of a lowered program for a few steps both ways.

    Args:
        lowered: the model as it starts; it is as before in the end.
        examples: as :func:`ridgepath.study.proof_examples` counts them, as ``fit`` takes them.
        together: whether it is the program for several trials that is to prove itself. That is another program, in
            which an operation of a user's own may lack a rule for several, or have a wrong one. The model has a lane
            beside a trial of other weights, so that what leaks from lane to lane is seen; since ``vmap`` treats all
            lanes alike, two are as good as many.

    Raises:
        NotLoweredError: they do not agree, or the program fails, with the reason.
    """
    initial = lowered.state
    try:
        by_program = _by_lanes if together else _by_program
        mine = by_program(lowered, examples, batch_size=batch_size)
    except Exception as error:
        raise NotLoweredError(f"its lowered program fails ({first_line(error)})") from None
    keras_own = _by_keras(lowered, initial, examples, batch_size=batch_size)
    nudged = {**initial, "trainable": [_last_digits(values) for values in initial["trainable"]]}
    again = _by_keras(lowered, nudged, examples, batch_size=batch_size)
    _assign(lowered.model, initial)
    for name, theirs in keras_own.items():
        if not _agree(mine[name], theirs, again[name]):
            raise NotLoweredError(f"in a proof its lowered program has another {name} than Keras' train_on_batch")


def _by_program(lowered: Lowered, examples: Batch, *, batch_size: int) -> Mapping[str, np.ndarray]:
    program = Program(lowered, batch_size=batch_size)
    order = np.arange(Split(*examples).examples, dtype=np.int32)
    program.compile_epoch(lowered.state, lowered.coefficients, examples, order)
    state, running = program.train_epoch(lowered.state, lowered.coefficients, examples, order)
    evaluated = program.evaluate(state, lowered.coefficients, [_first(examples, batch_size)])
    return _taken(lowered, state, running, evaluated)


def _by_lanes(lowered: Lowered, examples: Batch, *, batch_size: int) -> Mapping[str, np.ndarray]:
    lanes = Lanes(Program(lowered, batch_size=batch_size), 2)
    other: State = {**lowered.state, "trainable": [np.asarray(v) / 2 for v in lowered.state["trainable"]]}
    coefficients = np.stack([lowered.coefficients] * 2)
    order = np.arange(Split(*examples).examples, dtype=np.int32)
    states, running = lanes.train_epoch(lanes.stack([lowered.state, other]), coefficients, examples, order)
    evaluated = lanes.evaluate(states, coefficients, [_first(examples, batch_size)])
    state, running = jax.tree.map(lambda values: values[0], (states, running))
    return _taken(lowered, state, running, jax.device_get(evaluated).of(0))


def _taken(
    lowered: Lowered, state: State, running: Mapping[str, Any], evaluated: Evaluated
) -> Mapping[str, np.ndarray]:
    """Name what a program made of a trial as :func:`_by_keras` does."""
    loss = evaluated.loss
    if is_mean_over_examples(lowered.model):
        loss = mean_loss(evaluated.losses) + evaluated.added
    losses = {"loss": running["loss"], "loss in inference mode": loss + float(running["penalty"])}
    return _named(lowered.model, state) | {name: np.asarray(value) for name, value in losses.items()}


def _by_keras(lowered: Lowered, state: State, examples: Batch, *, batch_size: int) -> Mapping[str, np.ndarray]:
    model = lowered.model
    _assign(model, state)
    split, losses, counts = Split(*examples), [], []
    for start in range(0, split.examples, batch_size):
        part = split.take(slice(start, start + batch_size))
        losses.append(model.train_on_batch(part.x, part.y, sample_weight=part.weight, return_dict=True)["loss"])
        counts.append(part.examples)
    trained = _named(model, lowered.state)  # before the test, in which some layers draw once more
    first = Split(*_first(examples, batch_size))
    tested = model.test_on_batch(first.x, first.y, sample_weight=first.weight, return_dict=True)["loss"]
    values = {"loss": np.average(losses, weights=counts), "loss in inference mode": tested}
    return trained | {name: np.asarray(value) for name, value in values.items()}


def _first(examples: Batch, batch_size: int) -> Batch:
    return Split(*examples).take(slice(0, batch_size)).batch


def _named(model: Any, state: State) -> dict[str, np.ndarray]:
    """Return the values of a state by the paths of their variables."""
    groups = {
        "trainable": model.trainable_variables,
        "non_trainable": model.non_trainable_variables,
        "optimizer": model.optimizer.variables,
    }
    return {
        f"{variable.path} ({group} {position})": np.asarray(value)
        for group, variables in groups.items()
        for position, (variable, value) in enumerate(zip(variables, state[group], strict=True))
    }


def _assign(model: Any, state: State) -> None:
    groups = (model.trainable_variables, model.non_trainable_variables, model.optimizer.variables)
    for variables, values in zip(groups, state.values(), strict=True):
        for variable, value in zip(variables, values, strict=True):
            variable.assign(value)


def _last_digits(values: Any) -> np.ndarray:
    """Move every value by about one unit in its last place, up or down."""
    values = np.asarray(values)
    signs = np.random.default_rng(0).choice([-1.0, 1.0], values.shape)
    step = float(jax.numpy.finfo(values.dtype).eps)  # type: ignore[no-untyped-call]
    return np.asarray(values.astype(np.float64) * (1 + signs * step), values.dtype)


def _agree(mine: np.ndarray, theirs: np.ndarray, again: np.ndarray) -> bool:
    """Tell whether two results differ by no more than rounding does, by the length of their difference."""
    if mine.dtype.kind not in "fV":
        return bool(np.array_equal(mine, theirs))
    mine, theirs, again = (array.astype(np.float64) for array in (mine, theirs, again))
    if not np.array_equal(np.isfinite(mine), np.isfinite(theirs)):
        return False
    finite = np.isfinite(mine) & np.isfinite(theirs) & np.isfinite(again)
    difference, rounding, size = (
        float(np.linalg.norm(array[finite])) for array in (mine - theirs, again - theirs, theirs)
    )
    return difference <= MARGIN * rounding + 1e-6 * size + 1e-12
