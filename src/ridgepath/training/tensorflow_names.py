"""Let a network that is written with ``tensorflow.keras`` be built where TensorFlow is not installed.

Keras 3 carries the names of ``tf.keras`` itself (``keras/_tf_keras/keras``), and TensorFlow's own ``tf.keras`` is
Keras 3, on whatever backend Keras runs. So only the imports have to be led there; the rest of TensorFlow has no
place in a network that runs on JAX. Where TensorFlow is installed, nothing is done.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import keras

_NAMES = "keras._tf_keras.keras"

_ANSWERS = {
    "tensorflow.random.set_seed": lambda seed: None,  # called at the top of scripts; every trial sets its own seed
    "tensorflow.executing_eagerly": lambda: True,  # Keras' preprocessing asks: is a TensorFlow graph being built?
}
"""What of TensorFlow has an answer without it."""


class _TensorFlow(ModuleType):
    """Stands for TensorFlow, or a part of it: it has ``keras``, and :data:`_ANSWERS`."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        full = f"{self.__name__}.{name}"
        if full in _ANSWERS:
            return _ANSWERS[full]
        if full == "tensorflow.keras":
            return importlib.import_module(_NAMES)
        if any(answered.startswith(f"{full}.") for answered in _ANSWERS):
            return _TensorFlow(full)
        raise AttributeError(f"{full} has no place in a network that is trained on JAX; use keras.ops")


class _Finder(MetaPathFinder, Loader):
    """Finds ``tensorflow`` and, among the names of ``tf.keras``, ``tensorflow.keras`` and what is below it."""

    def find_spec(self, fullname: str, path: object = None, target: object = None) -> ModuleSpec | None:
        if fullname == "tensorflow" or fullname.split(".")[:2] == ["tensorflow", "keras"]:
            return ModuleSpec(fullname, self, is_package=True)
        return None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        if spec.name == "tensorflow":
            return _TensorFlow(spec.name)
        try:
            return importlib.import_module(_NAMES + spec.name.removeprefix("tensorflow.keras"))
        except ModuleNotFoundError:
            raise ModuleNotFoundError(f"Keras 3 has no {spec.name}", name=spec.name) from None

    def exec_module(self, module: ModuleType) -> None:
        """Do nothing: the module is there already."""


def lead_to_keras() -> None:
    """Lead imports of ``tensorflow.keras`` to Keras from now on, unless TensorFlow is there."""
    if any(isinstance(finder, _Finder) for finder in sys.meta_path):
        return
    if importlib.util.find_spec("tensorflow") is None:
        keras.utils.set_random_seed(0)  # Keras looks for TensorFlow here, once and for all, and must not find this.
        sys.meta_path.append(_Finder())
