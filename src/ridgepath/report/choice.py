"""Which strength each rule takes, variant by variant, how sure that is, and what the chosen one is worth."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ridgepath.report.arrays import PathArrays
from ridgepath.report.estimates import PathPoint, estimates
from ridgepath.report.families import Difference, Family
from ridgepath.report.measures import LOSS
from ridgepath.results import Results, Table
from ridgepath.statistics import selection
from ridgepath.statistics.variance import Covers
from ridgepath.study import Study

RESAMPLES = 1000
"""Studies like this one that are drawn to see what they would choose."""


@dataclass(frozen=True)
class Choice:
    """The strengths that the rules take within one variant; ``None`` where a rule has no answer.

    Attributes:
        strength_min: the lowest mean validation data loss; of equals the largest strength.
        strength_1se: the largest strength whose mean is at most ``threshold``.
        strength_equivalent: the largest strength shown to differ from ``strength_min`` by no more than the margin.
        threshold: the mean at ``strength_min`` plus its standard error.
        keras_val_loss_choice: the lowest mean of Keras' ``val_loss``, which contains the penalty.
        from_smallest: how the larger strengths compare with the smallest one, on validation data loss.
        frequencies: strength → how often it would be ``strength_min`` if what ``drawn`` names were drawn anew.
        drawn: the noise that is known of the chosen mean.
        honest: the data loss of ``strength_min``: on the test examples, or else corrected for having been chosen.
    """

    variant: str
    strength_min: float | None
    strength_1se: float | None
    strength_equivalent: float | None
    threshold: float | None
    keras_val_loss_choice: float | None
    from_smallest: tuple[Difference, ...]
    frequencies: dict[float, float]
    drawn: Covers
    honest: selection.HonestFigure | None


def lowest(points: Sequence[PathPoint], measure: str = LOSS) -> float | None:
    """Return the strength with the lowest mean; of equals the largest."""
    means = [point.estimates[measure].mean for point in points]
    return _known(selection.strength_min([point.strength for point in points], means))


def minima(study: Study, trials: Table) -> dict[str, float | None]:
    """Return the strength with the lowest mean of every variant, from the table of trials alone."""
    results = Results(trials, trials[:0], {})
    paths = [PathArrays(study, results, variant.name) for variant in study.variants]
    means = {path: [each.mean for each in estimates(path, LOSS)] for path in paths}
    return {path.variant: _known(selection.strength_min(path.strengths, of_path)) for path, of_path in means.items()}


def choose(path: PathArrays, points: Sequence[PathPoint], compared: Sequence[Family]) -> Choice:
    """Apply the rules to one variant.

    Args:
        compared: its comparisons on validation data loss.
    """
    strengths, losses = path.strengths, [point.estimates[LOSS] for point in points]
    means, errors = [loss.mean for loss in losses], [loss.standard_error for loss in losses]
    values = np.where(np.isfinite(means)[:, None, None], path.values(LOSS), np.float32(np.nan))
    resampling = selection.resample_choices(
        strengths, values, generator=np.random.default_rng(0), resamples=RESAMPLES, overlap=path.overlap(LOSS)
    )
    minimum, threshold, honest = lowest(points), None, None
    drawn: Covers = "none"
    if minimum is not None:
        row = strengths.index(minimum)
        threshold, drawn = _known(means[row] + errors[row]), losses[row].covers
        honest = _honest(path, row, points[row], optimism=resampling.optimism)
    return Choice(
        path.variant,
        strength_min=minimum,
        strength_1se=_known(selection.strength_1se(strengths, means, errors)),
        strength_equivalent=None if minimum is None else _equivalent(path.variant, minimum, compared),
        threshold=threshold,
        keras_val_loss_choice=lowest(points, "keras_val_loss"),
        from_smallest=next((family.found for family in compared if family.kind == "baseline"), ()),
        frequencies=dict(zip(strengths, resampling.frequencies.tolist(), strict=True)),
        drawn=drawn,
        honest=honest,
    )


def _honest(path: PathArrays, row: int, point: PathPoint, *, optimism: float) -> selection.HonestFigure:
    """Judge a strength; its mean is that of the path, where strengths have unequal seeds, too."""
    trained = path.trained[row]
    found = selection.honest_figure(
        path.strengths[row],
        validation=path.values(LOSS)[row, trained],
        optimism=optimism,
        overlap=path.overlap(LOSS),
        test=path.values("test_data_loss")[row, trained] if path.tested else None,
    )
    of_path = point.estimates["test_data_loss" if path.tested else LOSS].mean
    shift = of_path + found.optimism - found.estimate.mean
    return replace(found, estimate=found.estimate.moved(shift)) if shift else found


def _equivalent(variant: str, minimum: float, compared: Sequence[Family]) -> float:
    """Apply the rule to the comparisons with ``strength_min``; those with the smallest strength, if that is it."""
    found = [each for family in compared for each in family.found if each.against == (variant, minimum)]
    return selection.strength_equivalent(found, minimum=(variant, minimum))[1]


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None
