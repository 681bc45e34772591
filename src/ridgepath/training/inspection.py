"""Look at a network before it is trained: does it build, what does it measure, who can train it?"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.metadata import version
from typing import Any

import jax
import keras
import numpy as np

from ridgepath.arrays import Split
from ridgepath.builders import Builder
from ridgepath.errors import InputError
from ridgepath.study import NetworkCard, Study, Trial
from ridgepath.training.lowering import Lowered, NotLoweredError, lower
from ridgepath.training.models import Batch, Networks, metric_names
from ridgepath.training.proof import prove

Point = tuple[str, float]
"""(variant, strength)."""


def inspect_network(builder: Builder, study: Study, points: Sequence[Point], *, examples: Batch) -> NetworkCard:
    """Build the network once at each of some strengths, and let every lowered program prove itself.

    Strengths of one program differ in traced coefficients alone; it proves itself at the largest of them.

    Args:
        builder: where the network comes from.
        study: the engine that is asked for, and all else.
        examples: training examples for the proofs, as ``fit`` takes them.

    Raises:
        BuilderError: a model cannot be built, or does not take the data.
        InputError: the engine ``jax`` is asked for and a model cannot be lowered.
    """
    example = Split(*examples).take(slice(study.batch_size)).batch
    networks = Networks(builder, study, example=example)
    models = {point: networks.start(Trial(*point, study.seeds[0])) for point in points}
    refused: dict[Point, str] = {}
    proven: frozenset[str] = frozenset()
    if study.engine != "reference":
        refused, proven = _tried(models, example, examples, batch_size=study.batch_size)
    if refused and study.engine == "jax":
        raise InputError(
            "a network that the jax engine can train",
            received=f"one that it cannot: {next(iter(refused.values()))}",
            remedy="Use the engine auto or reference.",
        )
    model = models[points[0]]
    return NetworkCard(
        metrics=metric_names(model),
        parameters=model.count_params(),
        classes=_classes(model, example),
        refused=refused,
        proven=proven,
        versions={
            "python": sys.version.split()[0],
            "keras": keras.__version__,
            "jax": jax.__version__,
            "ridgepath": version("ridgepath"),
        },
    )


def _tried(
    models: dict[Point, Any], example: Batch, examples: Batch, *, batch_size: int
) -> tuple[dict[Point, str], frozenset[str]]:
    """Return why models are not trained by lowered programs, and the keys of programs that proved themselves."""
    refused: dict[Point, str] = {}
    programs: dict[str, dict[Point, Lowered]] = {}
    for point, model in models.items():
        try:
            lowered = lower(model, example)
        except NotLoweredError as error:
            refused[point] = str(error)
        else:
            programs.setdefault(lowered.key, {})[point] = lowered
    for sharing in programs.values():
        try:
            prove(sharing[max(sharing, key=lambda point: point[1])], examples, batch_size=batch_size)
        except NotLoweredError as error:
            refused |= dict.fromkeys(sharing, str(error))
    return refused, frozenset(key for key, sharing in programs.items() if not refused.keys() & sharing.keys())


def _classes(model: Any, example: Batch) -> int | None:
    """Return the number of classes where targets are their numbers; ``None`` for all else, and for several outputs."""
    if not isinstance(example[1], np.ndarray):
        return None
    loss = keras.losses.get(model.loss)
    takes_numbers = isinstance(loss, keras.losses.SparseCategoricalCrossentropy)
    if not takes_numbers and loss is not keras.losses.sparse_categorical_crossentropy:
        return None
    return int(model.output_shape[-1]) if hasattr(model, "output_shape") else _last_axis(model, example)


def _last_axis(model: Any, example: Batch) -> int:
    shape = model.compute_output_spec(jax.tree.map(lambda a: keras.KerasTensor(a.shape, a.dtype.name), example[0]))
    return int(shape.shape[-1])
