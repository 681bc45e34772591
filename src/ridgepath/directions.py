"""Which way a figure should go, by the names that Keras gives to its metrics."""

from __future__ import annotations

_SMALLER = {
    *("loss", "error", "mae", "mse", "rmse", "msle", "mape", "hinge", "crossentropy", "poisson", "divergence"),
    *("gap", "perplexity", "false"),
}
_LARGER = {
    *("accuracy", "acc", "auc", "precision", "recall", "score", "f1", "r2", "io", "iou", "similarity"),
    *("correlation", "specificity", "true"),
}
"""Words in the names of Keras' metrics that tell which way they should go."""


def direction(measure: str) -> bool | None:
    """Say whether a larger value of a figure is better; ``None`` if its name does not tell."""
    words = set(measure.split("_"))
    if words & _LARGER:
        return True
    return False if words & _SMALLER else None
