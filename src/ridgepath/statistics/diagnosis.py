"""Underfitting and overfitting by definition: what a strength surely does to both losses and to their gap.

A network overfits if another one has a higher training loss and yet a lower true loss (Mitchell 1997, Machine
Learning, section 3.7); it underfits if another one is lower in both. Here the other one is the same network, trained
from the same weights on the same batches at another strength; and a loss is higher only where the interval of the
paired difference says so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from ridgepath.statistics.claims import Claim, check_claims
from ridgepath.statistics.evidence import Direction, Interval, Measured
from ridgepath.statistics.turning import Turning, turnings

State = Literal[
    "regularizes",
    "underfits",
    "overfits",
    "fits better",
    "generalizes better",
    "generalizes worse",
    "narrows the gap",
    "widens the gap",
    "fits the training data less",
    "fits the training data more",
    "no sure change",
    "not known",
]

_BY_LOSSES: dict[tuple[Direction, Direction], State] = {
    ("rises", "falls"): "regularizes",
    ("rises", "rises"): "underfits",
    ("falls", "rises"): "overfits",
    ("falls", "falls"): "fits better",
    ("undecided", "falls"): "generalizes better",
    ("undecided", "rises"): "generalizes worse",
}
_BY_GAP: dict[Direction, State] = {"falls": "narrows the gap", "rises": "widens the gap"}
_BY_TRAINING: dict[Direction, State] = {
    "rises": "fits the training data less",
    "falls": "fits the training data more",
    "undecided": "no sure change",
}


@dataclass(frozen=True)
class Shift:
    """What a strength does, against the smallest one; all intervals of a variant's shifts hold together with 95%.

    Attributes:
        strength, against: what is held against what.
        training: change in training data loss after the last epoch: the noise of seeds, on the training examples given.
        validation, gap: changes in validation data loss, and in it minus training data loss: the noise of
            seeds and of validation examples.
    """

    strength: float
    against: float
    training: Interval
    validation: Interval
    gap: Interval

    @property
    def state(self) -> State:
        """The change in a word, by what surely rises and falls (:func:`state`)."""
        if min(self.training.seeds, self.validation.seeds) < 2:
            return "not known"
        return state(self.training.direction, self.validation.direction, self.gap.direction)


def state(training: Direction, validation: Direction, gap: Direction) -> State:
    """Name a change by definition.

    =========================== ================ ================ =========
    state                       training loss    validation loss  gap
    =========================== ================ ================ =========
    regularizes                 rises            falls            any
    underfits                   rises            rises            any
    overfits                    falls            rises            any
    fits better                 falls            falls            any
    generalizes better          undecided        falls            any
    generalizes worse           undecided        rises            any
    narrows the gap             any              undecided        falls
    widens the gap              any              undecided        rises
    fits the training data less rises            undecided        undecided
    fits the training data more falls            undecided        undecided
    no sure change              undecided        undecided        undecided
    =========================== ================ ================ =========

    ``regularizes`` says that the network at the smallest strength overfits, ``overfits`` that the one at the larger
    does.
    """
    if validation != "undecided":
        return _BY_LOSSES[training, validation]
    return _BY_GAP.get(gap, _BY_TRAINING[training])


@dataclass(frozen=True)
class Diagnosis:
    """What the data say on under- and overfitting in one variant.

    Attributes:
        shifts: of every strength that has usable trials but the smallest, ascending.
        turnings: of every such strength and the smallest.
        claims: those that one variant can answer.
    """

    shifts: tuple[Shift, ...]
    turnings: tuple[Turning, ...]
    claims: tuple[Claim, ...]


@np.errstate(all="ignore")
def diagnose(measured: Measured) -> Diagnosis:
    """Diagnose one variant; strengths without a usable trial are left out.

    Raises:
        ValueError: strengths are not ascending, or a table does not have one row a strength and one column a seed.
    """
    _check(measured)
    measured = measured.usable()
    curves = turnings(measured)
    return Diagnosis(_shifts(measured), curves, check_claims(measured, curves))


def _check(measured: Measured) -> None:
    shape = (len(measured.strengths), *measured.val_losses.shape[1:2])
    tables = {"val_losses": measured.val_losses, "val_epochs": measured.val_epochs, **measured.figures}
    for name, table in tables.items():
        if table.shape[:2] != shape or table.ndim != (3 if name.startswith("val_") else 2):
            raise ValueError(f"expected {name} for (strength, seed) {shape}; received an array {table.shape}")
    if any(low >= high for low, high in zip(measured.strengths, measured.strengths[1:], strict=False)):
        raise ValueError(f"expected ascending strengths; received {measured.strengths}")


def _shifts(measured: Measured) -> tuple[Shift, ...]:
    rows = range(1, len(measured.strengths))
    error = measured.error(max(3 * len(rows), 1))
    return tuple(
        Shift(
            measured.strengths[row],
            measured.strengths[0],
            training=measured.interval(measured.change("train_data_loss", row, 0), error),
            validation=measured.interval(measured.change("val_data_loss", row, 0), error),
            gap=measured.interval(measured.change("gap", row, 0), error),
        )
        for row in rows
    )
