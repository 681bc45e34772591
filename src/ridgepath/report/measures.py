"""What can be compared: the figures of a trial, what they are called, and which way they should go."""

from __future__ import annotations

from ridgepath.errors import InputError
from ridgepath.results import Results, column_names

LOSS = "val_data_loss"
"""What strengths are compared on unless the user says otherwise."""


def check_measure(measure: str, results: Results) -> str:
    """Return the column of the trials that a user means: a column itself, or a metric of the network on validation.

    Raises:
        InputError: there is no such figure.
    """
    first = ("variant", "strength", "seed", "status", "reason", "engine", "seconds")
    known = [name for name in column_names(results.trials) if name not in first]
    for name in (measure, f"val_{measure}"):
        if name in (*known, "gap", LOSS):
            return name
    raise InputError(
        "a figure that the trials recorded",
        received=repr(measure),
        remedy=f"Choose one of {', '.join((*known, 'gap'))}.",
    )
