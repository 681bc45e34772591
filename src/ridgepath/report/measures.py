"""What can be compared: the figures of a trial, what they are called, and which way they should go."""

from __future__ import annotations

from ridgepath.errors import InputError
from ridgepath.results import Results

LOSS = "val_data_loss"
"""What strengths are compared on unless the user says otherwise."""

_SMALLER = {
    *("loss", "error", "mae", "mse", "rmse", "msle", "mape", "hinge", "crossentropy", "poisson", "divergence"),
    *("gap", "perplexity", "false"),
}
_LARGER = {
    *("accuracy", "acc", "auc", "precision", "recall", "score", "f1", "r2", "io", "iou", "similarity"),
    *("correlation", "specificity", "true"),
}
"""Words in the names of Keras' metrics that tell which way they should go."""


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


def direction(measure: str) -> bool | None:
    """Say which way a figure should go, by the names that Keras gives to its metrics; ``None`` if that is not known."""
    words = set(measure.split("_"))
    if words & _LARGER:
        return True
    return False if words & _SMALLER else None
