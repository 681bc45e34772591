"""A trial under way as bytes, with which another process, or another sitting, goes on with it bit for bit.

The bytes are those of a file of safetensors, so that reading them runs no code. Which arrays a trial has, and of which
shapes and types, is not believed but compared with what the network has when it starts.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from ridgepath.callbacks import Watcher
from ridgepath.results import Checkpoint
from ridgepath.training.lowering import State
from ridgepath.training.together import Member
from ridgepath.typed import check_types

_WATCHED = ("best_epoch", "best", "wait")
"""What early stopping remembers of the epochs."""


class StrangeError(Exception):
    """Say why bytes are not those of a trial that this program could have begun."""


@dataclass(frozen=True)
class Traveller:
    """A trial under way.

    Attributes:
        program: the key of the lowered program that trains it.
        lanes: in so many lanes it is trained; 1 for a trial alone.
    """

    member: Member
    program: str
    lanes: int

    def pack(self) -> Checkpoint:
        """Return the trial as bytes."""
        progress = self.member.progress
        tensors = _named("state", progress.state) | {
            "coefficients": self.member.coefficients,
            "epochs": np.array(list(progress.epochs.values()), np.float64),
            "validation_losses": progress.validation_losses,
        }
        if progress.best is not None:
            state, losses = progress.best
            tensors |= _named("best", state) | {"best_losses": losses}
        watcher = progress.watcher and {name: getattr(progress.watcher, name) for name in _WATCHED}
        about = {"program": self.program, "lanes": self.lanes, "seconds": progress.seconds, "watcher": watcher}
        content = save({name: _storable(array) for name, array in tensors.items()}, {"about": json.dumps(about)})
        return Checkpoint(progress.epoch, content)

    @classmethod
    def unpack(cls, content: bytes, start: Member, *, program: str) -> Traveller:
        """Return the trial that :meth:`pack` wrote.

        Args:
            start: the same trial at its start.
            program: the key of the program that trains it here.

        Raises:
            StrangeError: it is not that trial, or was trained by another program.
        """
        try:
            about, tensors = _about(content), load(content)
            if about["program"] != program:
                raise StrangeError("it was trained by another program")
            check_types(about["lanes"], int, name="lanes")
            check_types(about["seconds"], float, name="seconds")
            if about["lanes"] < 1:
                raise ValueError("no lanes")
            return cls(_member(about, tensors, start), program, about["lanes"])
        except (SafetensorError, ValueError, KeyError, TypeError, RecursionError, struct.error) as error:
            raise StrangeError(f"it cannot be read ({type(error).__name__})") from None


def _about(content: bytes) -> dict[str, Any]:
    """Read what the header of safetensors tells: its length in 8 bytes, then JSON."""
    (length,) = struct.unpack_from("<Q", content)
    about: dict[str, Any] = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["about"])
    return about


def _member(about: Mapping[str, Any], tensors: Mapping[str, np.ndarray], start: Member) -> Member:
    progress = start.progress
    if tensors["epochs"].ndim != 2:
        raise ValueError("no curves")
    going_on = replace(
        progress,
        state=_like(progress.state, "state", tensors),
        epochs=dict(zip(progress.epochs, tensors["epochs"].tolist(), strict=True)),
        validation_losses=tensors["validation_losses"],
        watcher=None if progress.watcher is None else _watching(progress.watcher, about["watcher"]),
        best=(_like(progress.state, "best", tensors), tensors["best_losses"]) if "best_losses" in tensors else None,
        seconds=about["seconds"],
    )
    coefficients = _as(start.coefficients, tensors["coefficients"])
    return Member(start.trial, going_on, coefficients)


def _watching(watcher: Watcher, watched: Mapping[str, Any]) -> Watcher:
    watching = replace(watcher, **{name: watched[name] for name in _WATCHED})
    check_types(watching, Watcher, name="watcher")
    return watching


def _named(name: str, state: State) -> dict[str, np.ndarray]:
    return {f"{name}/{group}/{i}": np.asarray(each) for group, arrays in state.items() for i, each in enumerate(arrays)}


def _like(state: State, name: str, tensors: Mapping[str, np.ndarray]) -> State:
    """Return the state of a name in the tensors, which must have the shapes and types of the given one."""
    return {
        group: [_as(each, tensors[f"{name}/{group}/{i}"]) for i, each in enumerate(arrays)]
        for group, arrays in state.items()
    }


def _as(wanted: Any, found: np.ndarray) -> np.ndarray:
    """Return an array that was made storable, if it can be one of the shape and type of another."""
    stored = _storable(np.empty(wanted.shape, wanted.dtype))
    if (found.shape, found.dtype) != (stored.shape, stored.dtype):
        raise ValueError(f"{found.dtype}{found.shape}")
    return found.view(wanted.dtype)


def _storable(array: np.ndarray) -> np.ndarray:
    """Return an array in C order and of one of NumPy's own types; others, such as bfloat16, as whole numbers."""
    array = np.asarray(array, order="C")
    return array.view(f"u{array.itemsize}") if array.dtype.kind == "V" else array
