"""Which strength each rule takes, variant by variant."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from ridgepath.report.estimates import PathPoint
from ridgepath.statistics import selection


@dataclass(frozen=True)
class Choice:
    """The strengths that the rules take within one variant; ``None`` where a rule has no answer.

    Attributes:
        strength_min: the lowest mean validation data loss; of equals the largest strength.
        strength_1se: the largest strength whose mean is at most ``threshold``.
        threshold: the mean at ``strength_min`` plus its standard error.
        keras_val_loss_choice: the lowest mean of Keras' ``val_loss``, which contains the penalty.
    """

    variant: str
    strength_min: float | None
    strength_1se: float | None
    threshold: float | None
    keras_val_loss_choice: float | None


def choose(variant: str, points: Sequence[PathPoint]) -> Choice:
    """Apply the rules to the points of one variant."""
    strengths = [point.strength for point in points]
    losses = [point.estimates["val_data_loss"] for point in points]
    means, errors = [loss.mean for loss in losses], [loss.standard_error for loss in losses]
    lowest = selection.strength_min(strengths, means)
    thresholds = [mean + error for s, mean, error in zip(strengths, means, errors, strict=True) if s == lowest]
    keras_means = [point.estimates["keras_val_loss"].mean for point in points]
    return Choice(
        variant,
        strength_min=_known(lowest),
        strength_1se=_known(selection.strength_1se(strengths, means, errors)),
        threshold=_known(thresholds[0]) if thresholds else None,
        keras_val_loss_choice=_known(selection.strength_min(strengths, keras_means)),
    )


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
