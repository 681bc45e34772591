"""Is the difference real? Paired differences between strengths, with simultaneous intervals and verdicts.

All intervals of a family of ``m`` comparisons hold together with 95%: each is taken at Šidák's error
``1 - 0.95^(1/m)``, the p-values are adjusted the same way, so that ``p_value < 0.05`` if and only if the interval
leaves out 0. Simulation compared this with the maximum of correlated t's (Dunnett, Tukey): that would be 2-10%
narrower for 5 to 12 strengths, if only the correlation of the strengths were known; but five seeds, say, cannot tell
that of their effects, and the error of the family would exceed its level. Holm's steps give no intervals.

A study that reports several families, such as against 0 and against ``strength_min``, divides its 5% among them
by ``share``. Undivided, these two together err in about 6% of studies without any difference.

A study that adds seeds until a comparison is decided looks at it several times; each look has its part of the error,
see :mod:`ridgepath.statistics.looks`.
Where every seed has a split of its own, strengths are paired by seed, and ``overlap`` widens the intervals by what the
training sets share, see :mod:`ridgepath.statistics.variance`.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Generic, Literal, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgepath.errors import InputError
from ridgepath.statistics.forecast import examples_needed, seeds_may_decide, seeds_needed
from ridgepath.statistics.looks import part_of_error
from ridgepath.statistics.variance import (
    ERROR,
    Covers,
    MeanSquares,
    half_width,
    mean_squares,
    p_value,
    simultaneous_error,
)

Label = TypeVar("Label", bound=Hashable)
Verdict = Literal["better", "worse", "equivalent", "undecided"]
Family = Literal["baseline", "all pairs"]


@dataclass(frozen=True)
class Comparison(Generic[Label]):
    """One strength against another, on the seeds and examples that both have.

    Attributes:
        strength, against: what is compared, as labelled by the caller.
        difference: mean of ``strength`` minus mean of ``against``; NaN if they have no seed in common.
        standard_error: of the difference, from the noise that ``covers`` names.
        low, high: ends of the 95% interval; all intervals of the family hold together.
        p_value: adjusted for the family and its share; NaN if ``covers`` is none.
        verdict: ``better`` or ``worse`` if the interval leaves out 0; else ``equivalent`` if it lies within the
            margin; else ``undecided``. One seed decides nothing: then it is always ``undecided``.
        margin: of equivalence, in the unit of the difference.
        within_margin: whether the interval lies within the margin; a ``better`` can be, too: real, but small.
        seeds, examples: how many entered.
        left_out: seeds that did not, for one of the two has no finite value on some example.
        covers: the noise that error and interval cover.
        family: how many comparisons hold together.
        look: which look at this pair it is, if seeds were added until it was decided; else 0.
        seeds_needed: for ``undecided``: how many seeds in all would decide, with 80% chance; at the next look, if
            there are looks; None where no number would, see
            :func:`ridgepath.statistics.forecast.seeds_needed`.
        examples_needed: the same for validation examples.
        seeds_may_decide: for ``undecided``: whether any number of seeds might, as
            :func:`ridgepath.statistics.forecast.seeds_may_decide` says.
    """

    strength: Label
    against: Label
    difference: float
    standard_error: float
    low: float
    high: float
    p_value: float
    verdict: Verdict
    margin: float
    within_margin: bool
    seeds: int
    examples: int
    left_out: int
    covers: Covers
    family: int
    look: int
    seeds_needed: int | None
    examples_needed: int | None
    seeds_may_decide: bool


@dataclass(frozen=True)
class _Rules:
    """What all comparisons of a family share."""

    family: int
    share: float
    margin: float | None
    larger_is_better: bool
    looks: NDArray[np.intp] | None
    overlap: float | None

    def look(self, values: NDArray[np.floating], others: NDArray[np.floating]) -> int:
        if self.looks is None:
            return 0
        used = np.isfinite(values).all(axis=1) & np.isfinite(others).all(axis=1)
        return int(self.looks[used].max(initial=1))

    def error(self, look: int) -> float:
        return simultaneous_error(self.family, self._part(look))

    def adjusted(self, p: float, look: int) -> float:
        return min(-math.expm1(self.family * math.log1p(-p)) / self._part(look), 1.0) if p < 1 else p

    def _part(self, look: int) -> float:
        return self.share * (part_of_error(look) if look else 1.0)


def compare(
    labels: Sequence[Label],
    losses: ArrayLike,
    *,
    baseline: Label,
    family: Family = "baseline",
    share: float = 1.0,
    margin: float | None = None,
    larger_is_better: bool = False,
    looks: Sequence[int] | None = None,
    overlap: float | None = None,
) -> tuple[Comparison[Label], ...]:
    """Compare every strength with a baseline.

    Args:
        labels: one a strength, all different: the strength itself, or (variant, strength).
        losses: (strength, seed, example), NaN for a trial that is missing; for a metric that has only one value
            a trial, (strength, seed, 1).
        baseline: one of the labels.
        family: ``baseline``: the comparisons that are returned hold together. That is right for a baseline that
            was fixed before the data were seen, such as 0. ``all pairs``: all pairs of strengths do, and with
            them every comparison with a baseline that the same data have chosen, such as ``strength_min``, or
            with several baselines.
        share: part of the study's 5% that this family may use, above 0 up to 1; the shares of all families that are
            reported together should add to 1.
        margin: of equivalence, in the unit of the losses; by default one standard error of the baseline's own mean.
        larger_is_better: whether the values are a metric such as accuracy, and no loss.
        looks: (seed,), for which look each seed was added, from 1; None if the number of seeds did not follow
            from what was seen.
        overlap: number of validation examples over that of training examples, where every seed has a split of its
            own; ``None`` where all seeds share their examples.

    Returns:
        One comparison a strength, in the order of the labels, without the baseline's with itself.

    Raises:
        InputError: the baseline is not one of the labels, or the margin is negative or no number.
        ValueError: the losses do not have one row a label, or labels are equal.
    """
    table = _table(labels, losses)
    if baseline not in labels:
        raise InputError(
            "the baseline must be a strength of the study", received=baseline, remedy=f"Take one of {list(labels)}."
        )
    pairs = [(row, labels.index(baseline)) for row in range(len(labels)) if labels[row] != baseline]
    size = len(pairs) if family == "baseline" else math.comb(len(labels), 2)
    rules = _Rules(max(size, 1), share, check_margin(margin), larger_is_better, _of_seeds(looks), overlap)
    return tuple(_compare_pair(labels, table, pair, rules) for pair in pairs)


def compare_choices(
    labels: Sequence[Label],
    losses: ArrayLike,
    *,
    choices: Sequence[Label],
    share: float = 1.0,
    margin: float | None = None,
    larger_is_better: bool = False,
    looks: Sequence[int] | None = None,
    overlap: float | None = None,
) -> tuple[Comparison[Label], ...]:
    """Compare what was chosen from the data, such as every variant's ``strength_min``, each with each.

    All pairs of labels are one family: whichever pairs are picked by looking at the data, their intervals hold
    together.

    Args:
        labels, losses: as in :func:`compare`; all that was chosen from, not only the choices.
        choices: some of the labels.
        share, margin, larger_is_better, looks, overlap: as in :func:`compare`.

    Returns:
        A comparison of each choice with each later one, (later against earlier).

    Raises:
        InputError: a choice is not one of the labels, or the margin is negative or no number.
        ValueError: the losses do not have one row a label, or labels are equal.
    """
    table = _table(labels, losses)
    for choice in choices:
        if choice not in labels:
            raise InputError(
                "a choice must be a strength of the study", received=choice, remedy=f"Take some of {list(labels)}."
            )
    size = max(math.comb(len(labels), 2), 1)
    rules = _Rules(size, share, check_margin(margin), larger_is_better, _of_seeds(looks), overlap)
    pairs = [(labels.index(later), labels.index(earlier)) for earlier, later in combinations(choices, 2)]
    return tuple(_compare_pair(labels, table, pair, rules) for pair in pairs)


def _table(labels: Sequence[Label], losses: ArrayLike) -> NDArray[np.floating]:
    table = np.asarray(losses)
    if table.ndim != 3 or len(table) != len(labels) or len(set(labels)) != len(labels):
        raise ValueError(
            f"expected losses (strength, seed, example) for different labels; received {table.shape} for {list(labels)}"
        )
    return table


def _of_seeds(looks: Sequence[int] | None) -> NDArray[np.intp] | None:
    return None if looks is None else np.asarray(looks, np.intp)


def check_margin(margin: float | None) -> float | None:
    """Return a margin of equivalence.

    Raises:
        InputError: it is negative or no number.
    """
    if margin is not None and not 0 <= margin < math.inf:
        raise InputError(
            "the margin of equivalence must be >= 0 and finite",
            received=margin,
            remedy="Give the largest difference that does not matter to you, or none for the default.",
        )
    return margin


def _compare_pair(
    labels: Sequence[Label], table: NDArray[np.floating], pair: tuple[int, int], rules: _Rules
) -> Comparison[Label]:
    row, against = pair
    look = rules.look(table[row], table[against])
    error = rules.error(look)
    squares = paired_squares(table[row], table[against], overlap=rules.overlap)
    of_baseline = mean_squares(table[against], overlap=rules.overlap)
    margin = of_baseline.standard_error if rules.margin is None else rules.margin
    half = half_width(squares, error)
    low, high = squares.mean - half, squares.mean + half
    p = rules.adjusted(p_value(squares), look)
    within_margin = -margin <= low and high <= margin
    verdict = _verdict(squares, p, within_margin=within_margin, larger_is_better=rules.larger_is_better)
    is_open = verdict == "undecided"
    with_seeds = {"error": rules.error(look + 1) if look else error, "margin": margin}
    return Comparison(
        strength=labels[row],
        against=labels[against],
        difference=squares.mean,
        standard_error=squares.standard_error,
        low=low,
        high=high,
        p_value=p,
        verdict=verdict,
        margin=margin,
        within_margin=within_margin,
        seeds=squares.seeds,
        examples=squares.examples,
        left_out=squares.left_out,
        covers=squares.covers,
        family=rules.family,
        look=look,
        seeds_needed=seeds_needed(squares, **with_seeds) if is_open else None,
        examples_needed=examples_needed(squares, error=error, margin=margin) if is_open else None,
        seeds_may_decide=is_open and seeds_may_decide(squares, **with_seeds),
    )


def paired_squares(values: ArrayLike, others: ArrayLike, *, overlap: float | None = None) -> MeanSquares:
    """Reduce ``values - others``, both (seed, example), on the seeds on which both are finite everywhere."""
    with np.errstate(invalid="ignore"):  # Infinity minus infinity: a row that is left out.
        return mean_squares(np.asarray(values, np.float64) - np.asarray(others, np.float64), overlap=overlap)


def _verdict(squares: MeanSquares, p: float, *, within_margin: bool, larger_is_better: bool) -> Verdict:
    if squares.seeds < 2:
        return "undecided"
    if p < ERROR:
        return "better" if (squares.mean > 0) == larger_is_better else "worse"
    return "equivalent" if within_margin else "undecided"
