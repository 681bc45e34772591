"""Call a user's network builder, and say clearly what is wrong when it does not give a compiled model."""

from __future__ import annotations

import functools
import importlib.util
import re
import sys
import traceback
from collections.abc import Callable
from typing import Any, cast

import cloudpickle
import keras

from ridgepath.builders import Builder, file_and_name
from ridgepath.errors import BuilderError
from ridgepath.penalties import format_strength
from ridgepath.study import Study, Trial
from ridgepath.training.initial import InitialWeights, seed_random_layers
from ridgepath.training.tensorflow_names import lead_to_keras

Batch = tuple[Any, ...]
"""Features and targets of some examples, and their weights if they have any; examples along axis 0 of every array."""

SEEDS_KEPT = 2
"""Seeds whose initial weights are kept: trials come seed by seed."""


class Networks:
    """The models of a study's trials: in one seed all start from the same weights.

    The seed alone does not see to that, for a layer may draw a seed of its own at one strength and not at another, as
    Keras' ``Dropout`` does not at rate 0, and all layers behind it are then drawn differently. So all start from the
    weights of one of them, the study's first variant at its smallest strength, if they have weights of the same shapes
    from initializers of the same settings. Random layers, such as ``Dropout``, draw from seeds that follow from the
    trial's; a ``seed`` that the user's function gives them is not used, so that seeds of a study differ in it.
    """

    def __init__(self, builder: Builder, study: Study, *, example: Batch) -> None:
        """Load the builder's function.

        Args:
            example: a batch like those of training; only its shapes and types are used.

        Raises:
            BuilderError: the file of the builder cannot be used.
        """
        self._function, self._parameter = load_build(builder), builder.parameter
        self._first = study.variants[0].name, study.variants[0].strengths[0]
        self._example = example
        self._initial = functools.lru_cache(maxsize=SEEDS_KEPT)(self._build_initial)

    def build(self, trial: Trial) -> Any:
        """Return a trial's model as the user's function gives it.

        Raises:
            BuilderError: as :func:`build_model` does.
        """
        argument = None if trial.variant == self._parameter else trial.variant
        return build_model(self._function, trial.strength, seed=trial.seed, example=self._example, argument=argument)

    def start(self, trial: Trial) -> Any:
        """Return a trial's model with the initial weights of its seed.

        Raises:
            BuilderError: as :func:`build_model` does.
        """
        initial = self._initial(trial.seed)  # Before the trial's own, so that this one leaves the generators behind.
        model = self.build(trial)
        initial.give(model)
        seed_random_layers(model, trial.seed)
        return model

    def restart(self, model: Any, trial: Trial) -> bool:
        """Make a model that was not trained yet the one that :meth:`start` returns for another seed, without a build.

        Args:
            model: what :meth:`start` returned for a trial of the same variant and strength.

        Returns:
            Whether that can be done; else some of its weights are its own, and follow from a build.
        """
        given = self._initial(trial.seed).give(model)
        seed_random_layers(model, trial.seed)
        return given

    def _build_initial(self, seed: int) -> InitialWeights:
        return InitialWeights.of(self.build(Trial(*self._first, seed)))


def load_build(builder: Builder) -> Callable[..., Any]:
    """Return the builder's function; a file is run for it, as a module of its own.

    From here on imports of ``tensorflow.keras`` lead to Keras, unless TensorFlow is installed.

    Raises:
        BuilderError: the file fails when it is run, or has no such function in the end, or the function is of a module
            that is not here.
    """
    lead_to_keras()
    if builder.payload is not None:
        return _unpacked(builder.payload)
    assert builder.card.location is not None
    path, name = file_and_name(builder.card.location)
    spec = importlib.util.spec_from_file_location("ridgepath_user_builder", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(path.parent))
    try:
        spec.loader.exec_module(module)
    except Exception as error:
        raise BuilderError(f"{path} to run", received=_where(error), remedy="Mend the file.") from None
    found = getattr(module, name, None)
    if not callable(found):
        received, remedy = repr(found), "Define it at the top level of the file."
        raise BuilderError(f"a function {name}(strength) in {path}", received=received, remedy=remedy)
    return cast(Callable[..., Any], found)


def _unpacked(payload: bytes) -> Callable[..., Any]:
    try:
        return cast(Callable[..., Any], cloudpickle.loads(payload))
    except ImportError as error:
        raise BuilderError(
            "a network builder whose modules every worker can import",
            received=f"an error: {error}",
            remedy="Install them on every machine, or write the network in a file and give FILE.py:build.",
        ) from None


def build_model(
    build: Callable[..., Any], strength: float, *, seed: int, example: Batch, argument: str | None = None
) -> Any:
    """Call a builder and give the model all its variables, so that equal seeds give equal initial weights.

    Args:
        build: the user's function.
        strength: what it is called with.
        seed: fixes Python's, NumPy's and Keras' generators before the call.
        example: a batch like those of training; only its shapes and types are used.
        argument: the name of the argument that gets the strength; ``None`` for the first.

    Raises:
        BuilderError: the function raises, returns no compiled model, or one that does not take this data.
    """
    keras.backend.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    given = format_strength(strength) if argument is None else f"{argument}={format_strength(strength)}"
    call = f"{getattr(build, '__name__', 'build')}({given})"
    try:
        model = build(strength) if argument is None else build(**{argument: strength})
    except Exception as error:
        received = f"an error: {_where(error)}"
        raise BuilderError(f"{call} to return a model", received=received, remedy="Mend the builder.") from None
    _check_compiled(model, call)
    try:
        model._symbolic_build(data_batch=example)
    except Exception as error:
        raise BuilderError(
            f"{call} to give a model for examples of shape {_shape(example[0])} and targets of shape "
            f"{_shape(example[1])}",
            received=f"an error: {first_line(error)}",
            remedy="Change the network or the data so that they fit.",
        ) from None
    return model


def _shape(arrays: Any) -> str:
    """Write the shape of one example: ``28 x 28``, ``one number``, or of several arrays, each."""
    if isinstance(arrays, dict):
        return ", ".join(f"{name}: {_shape(array)}" for name, array in arrays.items())
    if isinstance(arrays, (tuple, list)):
        return " and ".join(map(_shape, arrays))
    return " x ".join(str(size) for size in arrays.shape[1:]) or "one number"


def metric_names(model: Any) -> tuple[str, ...]:
    """Return the names of a built model's metrics, without ``loss``."""
    with keras.StatelessScope():
        return tuple(name for name in model.get_metrics_result() if name != "loss")


def _check_compiled(model: Any, call: str) -> None:
    expected = f"{call} to return a compiled Keras model"
    if not isinstance(model, keras.Model):
        remedy = "End the builder with `return model`." if model is None else "Return a keras.Model."
        raise BuilderError(expected, received=f"{type(model).__name__}", remedy=remedy)
    if not model.compiled or model.optimizer is None or model.loss is None:
        raise BuilderError(
            expected,
            received="a model without an optimizer or a loss",
            remedy="Call model.compile(optimizer=..., loss=..., metrics=[...]) before you return it.",
        )


def _where(error: Exception) -> str:
    """Describe an error of the user's code in one line, with the line of the file where it came from."""
    frames = [f for f in traceback.extract_tb(error.__traceback__) if "ridgepath/training" not in f.filename]
    lines = [frame for frame in frames if "site-packages" not in frame.filename and "importlib" not in frame.filename]
    place = f" ({lines[-1].filename}, line {lines[-1].lineno})" if lines else ""
    return f"{first_line(error)}{place}"


def first_line(error: Exception) -> str:
    """Return the kind of an error and the first line of what it says.

    Of an error in a layer's call, Keras gives a long account: the layer in its first line, what was said in bold below.
    """
    in_call = re.search(r"Exception encountered when calling (\S+)\.\n+\x1b\[1m(.+?)\x1b\[0m", str(error), re.DOTALL)
    layer, said = in_call.groups() if in_call else ("", str(error))
    lines = said.strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}" + (f" (in {layer})" if layer else "")
