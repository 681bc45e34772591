"""The claims that are made for a penalty, each checked on the data at hand.

A claim is ``supported`` or ``contradicted`` if the data surely say so, by the rule in the docstring of its function;
else it is ``undecided``, with the reason. All intervals of one claim hold together with 95%, so each claim is
wrongly decided in at most 5% of studies; several claims are not held together. Fewer than two seeds decide nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from ridgepath.statistics.balance import balanced_means
from ridgepath.statistics.evidence import Direction, Interval, Measured
from ridgepath.statistics.selection import strength_min
from ridgepath.statistics.turning import Turning
from ridgepath.statistics.variance import Floats, mean_squares

Key = Literal[
    "smaller weights",
    "narrower gap",
    "better generalization",
    "too much underfits",
    "too little overfits",
    "sparser weights",
    "balance",
    "less sensitive",
    "dropout differs",
]
Verdict = Literal["supported", "contradicted", "undecided"]
Unit = Literal["loss", "%", "percentage points", "share", "% a %"]
Reason = Literal[
    "too few strengths",
    "too few seeds",
    "no strength 0",
    "not recorded",
    "noise",
    "no change",
    "a step goes the other way",
    "not surely too much",
    "does not surely overfit without",
    "no penalty",
    "no dropout and l2",
]

BALANCE = (1 / 3, 2 / 3)
"""Shares of the penalty between which neither it nor the data loss is more than twice the other."""


@dataclass(frozen=True)
class Figure:
    """A number on which a verdict rests.

    Attributes:
        measure: a column of the trials, ``gap``, ``rise`` (of the validation data loss over epochs), ``slope`` (of log
            sensitivity on log norm) or ``margin`` (the smallest gain that counts).
        strength: where it was taken; ``None`` for a figure of all strengths.
        against: what it is the change from; ``None`` for a figure that is no change.
    """

    measure: str
    unit: Unit
    strength: float | None
    against: float | None
    interval: Interval


@dataclass(frozen=True)
class Claim:
    """A claim, what the data say to it, and why they do not where they do not.

    Attributes:
        reason: for ``undecided`` only.
    """

    key: Key
    verdict: Verdict
    figures: tuple[Figure, ...]
    reason: Reason | None = None


@np.errstate(all="ignore")
def check_claims(measured: Measured, turnings: Sequence[Turning]) -> tuple[Claim, ...]:
    """Check the claims on one variant.

    Args:
        measured: its usable strengths.
        turnings: of the same strengths.
    """
    return (
        _smaller_weights(measured),
        _narrower_gap(measured),
        _better_generalization(measured),
        _too_much_underfits(measured),
        _too_little_overfits(measured, turnings),
        _sparser_weights(measured),
        _balance(measured),
        _less_sensitive(measured),
    )


def _smaller_weights(measured: Measured) -> Claim:
    """Larger strength gives smaller weights: the trend of ``weight_norm``, in percent, is downward (:func:`_trend`)."""
    changes = [measured.percent_change("weight_norm", *pair) for pair in _pairs(measured)]
    return _trend("smaller weights", measured, changes, measure="weight_norm", unit="%", wanted="falls")


def _narrower_gap(measured: Measured) -> Claim:
    """It narrows the gap: the trend of validation minus training data loss is downward (:func:`_trend`)."""
    changes = [measured.change("gap", *pair) for pair in _pairs(measured)]
    return _trend("narrower gap", measured, changes, measure="gap", unit="loss", wanted="falls")


def _sparser_weights(measured: Measured) -> Claim:
    """It makes weights sparser: the trend of the share of weights with |w| < 0.001 is upward (:func:`_trend`)."""
    changes = [100 * measured.change("near_zero", *pair) for pair in _pairs(measured)]
    return _trend("sparser weights", measured, changes, measure="near_zero", unit="percentage points", wanted="rises")


def _pairs(measured: Measured) -> list[tuple[int, int]]:
    """Return the largest strength against the smallest, then every strength against the one before it."""
    last = len(measured.strengths) - 1
    steps = [(row, row - 1) for row in range(1, last + 1)]
    return [(last, 0), *steps] if steps else []


def _trend(
    key: Key, measured: Measured, changes: Sequence[Floats], *, measure: str, unit: Unit, wanted: Direction
) -> Claim:
    """Judge a trend along the strengths by its two ends, and by each of its steps.

    Supported: the largest strength surely differs from the smallest in the wanted direction, and no step between
    neighbours surely goes the other way. Contradicted: the two ends surely differ the other way. So only the interval
    of the ends can decide, and it has the 5% for itself; the steps, which hold together, can only withhold a verdict.
    """
    if not changes:
        return _open(key, "too few strengths")
    ends = measured.interval(changes[0], measured.error())
    steps = [measured.interval(change, measured.error(len(changes) - 1)) for change in changes[1:]]
    figure = Figure(measure, unit, measured.strengths[-1], measured.strengths[0], ends)
    opposite = "falls" if wanted == "rises" else "rises"
    if ends.direction == opposite:
        return Claim(key, "contradicted", (figure,))
    if ends.seeds > 1 and ends.low == ends.high == 0:
        return _open(key, "no change", figure)
    if ends.direction != wanted:
        return _open(key, _noise_or_seeds([ends]), figure)
    if any(step.direction == opposite for step in steps):
        return _open(key, "a step goes the other way", figure)
    return Claim(key, "supported", (figure,))


def _better_generalization(measured: Measured) -> Claim:
    """It improves generalization: validation data loss is lower than without.

    Supported: some strength has surely a lower one than strength 0. Contradicted: every strength surely gains less
    than the margin, one standard error of the mean at strength 0. Figures: the lowest of the changes, of the sure ones
    where it is supported; where it is contradicted, the margin.
    """
    key: Key = "better generalization"
    if len(measured.strengths) < 2:
        return _open(key, "too few strengths")
    if measured.strengths[0] != 0:
        return _open(key, "no strength 0")
    error = measured.error(len(measured.strengths) - 1)
    changes = [
        measured.interval(measured.change("val_data_loss", row, 0), error) for row in range(1, len(measured.strengths))
    ]
    sure = [row for row, change in enumerate(changes) if change.direction == "falls"]
    lowest = min(sure or range(len(changes)), key=lambda row: _or_infinite(changes[row].mean))
    figure = Figure("val_data_loss", "loss", measured.strengths[lowest + 1], 0.0, changes[lowest])
    margin = _margin(measured)
    if sure:
        return Claim(key, "supported", (figure,))
    if all(change.seeds > 1 and change.low > -margin.mean for change in changes):
        return Claim(key, "contradicted", (figure, Figure("margin", "loss", 0.0, None, margin)))
    return _open(key, _noise_or_seeds(changes), figure)


def _margin(measured: Measured) -> Interval:
    """Return one standard error of the mean validation data loss at the smallest strength; it has no interval."""
    squares = mean_squares(measured.val_losses[0], overlap=measured.overlap)
    ends = (math.nan, math.nan)
    return Interval(squares.standard_error, *ends, squares.seeds, squares.examples, squares.covers)


def _too_much_underfits(measured: Measured) -> Claim:
    """Too much underfits: where the largest strength is too much, the training data are fitted worse, too.

    Held against the smaller strength with the lowest mean validation data loss. Supported: at the largest one
    validation and training data loss are both surely higher. Contradicted: validation data loss is surely higher,
    though training data loss is surely lower. If validation data loss is not surely higher, the largest strength is
    not too much.
    """
    key: Key = "too much underfits"
    last = len(measured.strengths) - 1
    if last < 1:
        return _open(key, "too few strengths")
    against = _lowest_row(measured, range(last))
    # Any smaller strength might have been the lowest, in each of the two losses.
    error = measured.error(2 * last)
    validation = measured.interval(measured.change("val_data_loss", last, against), error)
    training = measured.interval(measured.change("train_data_loss", last, against), error)
    ends = (measured.strengths[last], measured.strengths[against])
    figures = (
        Figure("val_data_loss", "loss", *ends, validation),
        Figure("train_data_loss", "loss", *ends, training),
    )
    if min(validation.seeds, training.seeds) < 2:
        return _open(key, "too few seeds", *figures)
    if validation.direction != "rises":
        return _open(key, "not surely too much", *figures)
    if training.direction == "undecided":
        return _open(key, "noise", *figures)
    return Claim(key, "supported" if training.direction == "rises" else "contradicted", figures)


def _lowest_row(measured: Measured, rows: Iterable[int]) -> int:
    """Return the row with the lowest mean validation data loss; of equals the largest strength."""
    means = balanced_means(measured.val_losses.mean(axis=2, dtype=np.float64))
    candidates = list(rows)
    return measured.strengths.index(strength_min([measured.strengths[row] for row in candidates], means[candidates]))


def _too_little_overfits(measured: Measured, turnings: Sequence[Turning]) -> Claim:
    """Too little does not prevent overfitting: it can be told only where strength 0 overfits.

    It does if its validation data loss has surely turned over the epochs. Then: supported if that of the smallest
    strength above 0 has surely turned, too; contradicted if it is surely still falling.
    """
    key: Key = "too little overfits"
    if len(measured.strengths) < 2:
        return _open(key, "too few strengths")
    if measured.strengths[0] != 0:
        return _open(key, "no strength 0")
    without, least = turnings[:2]
    figures = tuple(Figure("rise", "loss", turning.strength, None, turning.rise) for turning in (without, least))
    if min(without.rise.seeds, least.rise.seeds) < 2:
        return _open(key, "too few seeds", *figures)
    if without.course != "turned":
        return _open(key, "does not surely overfit without", *figures)
    if least.course == "undecided":
        return _open(key, "noise", *figures)
    return Claim(key, "supported" if least.course == "turned" else "contradicted", figures)


def _balance(measured: Measured) -> Claim:
    """The optimizer balances data loss and penalty: in its updates neither is more than twice the other.

    Supported: the share of the penalty surely lies between 1/3 and 2/3 at every strength above 0. Contradicted: it
    surely lies outside at some. Figures: the share in the update, and in the gradient, at each strength above 0.
    """
    key: Key = "balance"
    above = [row for row, strength in enumerate(measured.strengths) if strength > 0]
    if not above:
        return _open(key, "too few strengths")
    if not measured.has("update_share"):
        return _open(key, "not recorded")
    if np.nanmax(measured.column("update_share")[above]) == 0:
        return _open(key, "no penalty")
    error = measured.error(2 * len(above))
    figures = tuple(
        Figure(name, "share", measured.strengths[row], None, _share(measured, name, row, error))
        for name in ("update_share", "gradient_share")
        for row in above
    )
    updates = [figure.interval for figure in figures[: len(above)]]
    low, high = BALANCE
    if any(share.seeds > 1 and (share.high < low or share.low > high) for share in updates):
        return Claim(key, "contradicted", figures)
    if all(share.seeds > 1 and low < share.low and share.high < high for share in updates):
        return Claim(key, "supported", figures)
    return _open(key, _noise_or_seeds(updates), *figures)


def _share(measured: Measured, name: str, row: int, error: float) -> Interval:
    """Return the mean of a share with its interval, which ends at 0 and at 1."""
    found = measured.interval(measured.values(name, row), error)
    return replace(found, low=max(found.low, 0.0), high=min(found.high, 1.0))


def _less_sensitive(measured: Measured) -> Claim:
    """Smaller weights make the network less sensitive to small changes of the input.

    By the slope of log sensitivity on log ``weight_norm`` over the strengths, one a seed, by least squares.
    Supported: it is surely above 0. Contradicted: surely below.
    """
    key: Key = "less sensitive"
    if len(measured.strengths) < 2:
        return _open(key, "too few strengths")
    if not measured.has("sensitivity"):
        return _open(key, "not recorded")
    slopes = _slopes(np.log(measured.column("weight_norm")).T, np.log(measured.column("sensitivity")).T)
    slope = measured.interval(slopes[:, None], measured.error())
    figure = Figure("slope", "% a %", None, None, slope)
    if slope.direction == "undecided":
        return _open(key, _noise_or_seeds([slope]), figure)
    return Claim(key, "supported" if slope.direction == "rises" else "contradicted", (figure,))


def _slopes(x: Floats, y: Floats) -> Floats:
    """Return the slope in each row, of the points that are finite; NaN where they do not differ in ``x``."""
    both = np.isfinite(x) & np.isfinite(y)
    counts = both.sum(axis=1)
    of_x, of_y = (np.where(both, values, 0.0) for values in (x, y))
    from_mean = np.where(both, of_x - (of_x.sum(axis=1) / counts)[:, None], 0.0)
    slopes: Floats = (from_mean * of_y).sum(axis=1) / (from_mean**2).sum(axis=1)
    return slopes


@np.errstate(all="ignore")
def dropout_differs(l2: Measured, dropout: Measured) -> Claim:
    """Dropout and L2 work differently: it is L2 that makes the weights small.

    Each is taken at its own strength above 0 with the lowest mean validation data loss, and relative to its own
    strength 0. Supported: L2 surely shrinks ``weight_norm`` more than dropout does. Contradicted: surely less.
    Figures: the relative change of the weights and the change of the gap, under L2 minus under dropout, paired by
    seed.

    Args:
        l2, dropout: the two variants, with the same seeds and examples.
    """
    key: Key = "dropout differs"
    l2, dropout = l2.usable(), dropout.usable()
    for measured in (l2, dropout):
        if len(measured.strengths) < 2:
            return _open(key, "too few strengths")
        if measured.strengths[0] != 0:
            return _open(key, "no strength 0")
    row, other = (_lowest_row(measured, range(1, len(measured.strengths))) for measured in (l2, dropout))
    # Any pair of strengths might have been chosen, in each of the two figures.
    error = l2.error(2 * (len(l2.strengths) - 1) * (len(dropout.strengths) - 1))
    ends = (l2.strengths[row], dropout.strengths[other])
    shrunk = l2.percent_change("weight_norm", row, 0) - dropout.percent_change("weight_norm", other, 0)
    narrowed = l2.change("gap", row, 0) - dropout.change("gap", other, 0)
    figures = (
        Figure("weight_norm", "percentage points", *ends, l2.interval(shrunk, error)),
        Figure("gap", "loss", *ends, l2.interval(narrowed, error)),
    )
    weights = figures[0].interval
    if weights.direction == "undecided":
        return _open(key, _noise_or_seeds([weights]), *figures)
    return Claim(key, "supported" if weights.direction == "falls" else "contradicted", figures)


def _open(key: Key, reason: Reason, *figures: Figure) -> Claim:
    return Claim(key, "undecided", figures, reason)


def _noise_or_seeds(intervals: Sequence[Interval]) -> Reason:
    return "too few seeds" if any(found.seeds < 2 for found in intervals) else "noise"


def _or_infinite(value: float) -> float:
    return value if math.isfinite(value) else math.inf
