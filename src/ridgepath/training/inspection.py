"""Look at a network before it is trained: does it build, what does it measure, who can train it?"""

from __future__ import annotations

import sys
from typing import Any

import jax
import keras

from ridgepath.builders import Builder
from ridgepath.errors import InputError
from ridgepath.study import NetworkCard, Study, Trial
from ridgepath.training.lowering import NotLoweredError, check_lowerable
from ridgepath.training.models import Batch, Networks, metric_names


def inspect_network(builder: Builder, study: Study, *, example: Batch) -> NetworkCard:
    """Build the network once at each strength, without training it.

    Args:
        builder: where the network comes from.
        study: the strengths to build it at, and the engine that is asked for.
        example: a batch of the training examples.

    Raises:
        BuilderError: a model cannot be built, or does not take the data.
        InputError: the engine ``jax`` is asked for and a model cannot be lowered.
    """
    networks = Networks(builder, study, example=example)
    points = [(variant.name, strength) for variant in study.variants for strength in variant.strengths]
    models = {point: networks.build(Trial(*point, study.seeds[0])) for point in points}
    refused = {point: reason for point, model in models.items() if (reason := _reason_not_to_lower(model))}
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
        refused=refused if study.engine == "auto" else {},
        versions={"python": sys.version.split()[0], "keras": keras.__version__, "jax": jax.__version__},
    )


def _reason_not_to_lower(model: Any) -> str:
    try:
        check_lowerable(model)
    except NotLoweredError as error:
        return str(error)
    return ""


def _classes(model: Any, example: Batch) -> int | None:
    loss = keras.losses.get(model.loss)
    takes_numbers = isinstance(loss, keras.losses.SparseCategoricalCrossentropy)
    if not takes_numbers and loss is not keras.losses.sparse_categorical_crossentropy:
        return None
    return int(model.compute_output_shape(example[0].shape)[-1])
