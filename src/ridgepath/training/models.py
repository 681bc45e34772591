"""Call a user's network builder, and say clearly what is wrong when it does not give a compiled model."""

from __future__ import annotations

import importlib.util
import sys
import traceback
from collections.abc import Callable
from typing import Any, cast

import cloudpickle
import keras

from ridgepath.builders import Builder, file_and_name
from ridgepath.errors import BuilderError
from ridgepath.penalties import format_strength

Batch = tuple[Any, Any]
"""Features and targets of some examples, examples along axis 0."""


def load_build(builder: Builder) -> Callable[[float], Any]:
    """Return the builder's function; a file is run for it, as a module of its own.

    Raises:
        BuilderError: the file fails when it is run, or has no such function in the end.
    """
    if builder.payload is not None:
        return cast(Callable[[float], Any], cloudpickle.loads(builder.payload))
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
    return cast(Callable[[float], Any], found)


def build_model(build: Callable[[float], Any], strength: float, *, seed: int, example: Batch) -> Any:
    """Call a builder and give the model all its variables, so that equal seeds give equal initial weights.

    Args:
        build: the user's function.
        strength: its argument.
        seed: fixes Python's, NumPy's and Keras' generators before the call.
        example: a batch like those of training; only its shapes and types are used.

    Raises:
        BuilderError: the function raises, returns no compiled model, or one that does not take this data.
    """
    keras.backend.clear_session(free_memory=False)
    keras.utils.set_random_seed(seed)
    call = f"{getattr(build, '__name__', 'build')}({format_strength(strength)})"
    try:
        model = build(strength)
    except Exception as error:
        received = f"an error: {_where(error)}"
        raise BuilderError(f"{call} to return a model", received=received, remedy="Mend the builder.") from None
    _check_compiled(model, call)
    try:
        model._symbolic_build(data_batch=example)
    except Exception as error:
        shape = " x ".join(str(size) for size in example[0].shape[1:]) or "one number"
        raise BuilderError(
            f"{call} to give a model for examples of shape {shape} and targets like {example[1][0]}",
            received=f"an error: {_first_line(error)}",
            remedy="Change the network or the data so that they fit.",
        ) from None
    return model


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
    return f"{_first_line(error)}{place}"


def _first_line(error: Exception) -> str:
    lines = str(error).strip().splitlines() or [""]
    return f"{type(error).__name__}: {lines[0]}"
