"""What things are called in English: measures, points, noise, and the headings of tables."""

from __future__ import annotations

from ridgepath.penalties import format_strength
from ridgepath.report.families import Point

_MEASURES = {
    "gap": "gap between validation and training data loss",
    "keras_val_loss": "Keras' val_loss",
    "loss": "Keras' loss",
    "val_loss": "Keras' val_loss",
    "penalty": "penalty",
    "weight_norm": "L2 norm of the weights",
    "near_zero": "share of weights near zero",
}
_SPLITS = {"val": "validation", "train": "training", "test": "test"}
_COLUMNS = {
    "gap": ("data loss", "gap"),
    "best_epoch": ("best", "epoch"),
    "penalty": ("weights", "penalty"),
    "weight_norm": ("weights", "L2 norm"),
    "near_zero": ("weights", "near zero, %"),
    "keras_val_loss": ("Keras", "val_loss"),
}

STRENGTH, TRIALS = "strength", "trials"

TABLE_LEGEND = (
    "min: the lowest mean validation data loss; 1se: the largest strength within one standard error of it. "
    "Gap: validation minus training data loss. Best epoch: that of a trial's lowest validation data loss. "
    "Near zero: the share of weights with |w| < 0.001."
)


def measure(name: str) -> str:
    """Write a measure as people say it: ``val_data_loss`` is ``validation data loss``."""
    if name in _MEASURES:
        return _MEASURES[name]
    split, _, rest = name.partition("_")
    if split not in _SPLITS:
        return name.replace("_", " ")
    return f"{_SPLITS[split]} {'data loss' if rest == 'data_loss' else rest}"


def column(name: str) -> tuple[str, str]:
    """Write the two headings of a measure's column in the table of results."""
    if name in _COLUMNS:
        return _COLUMNS[name]
    split, _, rest = name.partition("_")
    return "data loss" if rest == "data_loss" else rest, _SPLITS[split]


def heading(group: str, title: str) -> str:
    """Write the two headings of a column as one."""
    return f"{group}, {title}"


def named(point: Point) -> str:
    """Write a strength with its variant: ``dropout 0.3``."""
    return f"{point[0]} {format_strength(point[1])}"


def number(text: str) -> str:
    """Keep a number, or a formula, in its own order among words."""
    return text


def quoted(text: str) -> str:
    """Keep a text that is not of this report, such as an error's, in its own direction."""
    return text


def trials(done: int, planned: int) -> str:
    """Count the finished trials of a strength, out of those planned where some are not."""
    return f"{done}" if done == planned else f"{done} of {planned}"


def range_of(low: str, high: str) -> str:
    """Write an interval by its two ends."""
    return f"{low} to {high}"
