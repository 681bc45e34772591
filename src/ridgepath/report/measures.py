"""What can be compared: the figures of a trial, what they are called, and which way they should go."""

from __future__ import annotations

from ridgepath.errors import InputError
from ridgepath.results import Results

LOSS = "val_data_loss"
"""What strengths are compared on unless the user says otherwise."""

_NAMED = {
    "gap": "gap between validation and training data loss",
    "keras_val_loss": "Keras' val_loss",
    "loss": "Keras' loss",
    "val_loss": "Keras' val_loss",
    "penalty": "penalty",
    "weight_norm": "L2 norm of the weights",
    "near_zero": "share of weights near zero",
}
SPLITS = {"val": "validation", "train": "training", "test": "test"}


def check_measure(measure: str, results: Results) -> str:
    """Return the column of the trials that a user means: a column itself, or a metric of the network on validation.

    Raises:
        InputError: there is no such figure.
    """
    first = ("variant", "strength", "seed", "status", "reason", "engine", "seconds")
    known = [str(name) for name in results.trials.columns if name not in first]
    for name in (measure, f"val_{measure}"):
        if name in (*known, "gap", LOSS):
            return name
    raise InputError(
        "a figure that the trials recorded",
        received=repr(measure),
        remedy=f"Choose one of {', '.join((*known, 'gap'))}.",
    )


def name_measure(measure: str) -> str:
    """Write a measure as people say it: ``val_data_loss`` is ``validation data loss``."""
    if measure in _NAMED:
        return _NAMED[measure]
    split, _, name = measure.partition("_")
    if split not in SPLITS:
        return measure.replace("_", " ")
    return f"{SPLITS[split]} {'data loss' if name == 'data_loss' else name}"
