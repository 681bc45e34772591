"""Under- and overfitting, where curves turn, and the claims made for a penalty: variant by variant."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from ridgepath.report.arrays import PathArrays
from ridgepath.results import Results, column_names
from ridgepath.statistics.claims import Claim, dropout_differs
from ridgepath.statistics.diagnosis import Shift, diagnose
from ridgepath.statistics.evidence import Interval, Measured
from ridgepath.statistics.looks import part_of_error
from ridgepath.statistics.turning import Turning

_FIGURES = ("train_data_loss", "weight_norm", "near_zero", "gradient_share", "update_share", "sensitivity")


@dataclass(frozen=True)
class VariantDiagnosis:
    """What the data say on under- and overfitting in one variant.

    Attributes:
        shifts: what every strength does, against the smallest; strengths without a usable trial are left out.
        turnings: the course of the validation data loss over the epochs, of every strength.
        claims: what is claimed for a penalty, and whether this variant bears it out.
    """

    variant: str
    shifts: tuple[Shift, ...]
    turnings: tuple[Turning, ...]
    claims: tuple[Claim, ...]


def diagnoses(results: Results, paths: Sequence[PathArrays]) -> tuple[VariantDiagnosis, ...]:
    """Diagnose every variant that has a trial trained to the end."""
    measured = {path.variant: _measured(results, path) for path in paths if path.trained.any()}
    versus = _dropout_differs(measured.get("l2"), measured.get("dropout"))
    found = {variant: diagnose(tables) for variant, tables in measured.items()}
    return tuple(
        VariantDiagnosis(variant, each.shifts, each.turnings, (*each.claims, versus)) for variant, each in found.items()
    )


def _measured(results: Results, path: PathArrays) -> Measured:
    return Measured(
        path.strengths,
        path.values("val_data_loss"),
        path.over_epochs("val_data_loss"),
        {name: path.column(name) for name in _FIGURES if name in column_names(results.trials)},
        share=_share(path),
        overlap=path.overlap("val_data_loss"),
    )


def _share(path: PathArrays) -> float:
    """Return the part of the 5% that is left to the last look at the seeds that were trained."""
    if path.looks is None:
        return 1.0
    return part_of_error(int(np.array(path.looks)[path.trained.any(axis=0)].max()))


def _dropout_differs(l2: Measured | None, dropout: Measured | None) -> Claim:
    if l2 is None or dropout is None:
        return Claim("dropout differs", "undecided", (), "no dropout and l2")
    return dropout_differs(l2, dropout)


def to_json(found: VariantDiagnosis) -> dict[str, Any]:
    """Return a diagnosis as plain values; what is not known is NaN."""
    return {
        "variant": found.variant,
        "strengths": [
            {
                "strength": shift.strength,
                "against": shift.against,
                "state": shift.state,
                "train_data_loss": _interval_to_json(shift.training),
                "val_data_loss": _interval_to_json(shift.validation),
                "gap": _interval_to_json(shift.gap),
            }
            for shift in found.shifts
        ],
        "turning": [asdict(turning) for turning in found.turnings],
        "claims": [asdict(claim) for claim in found.claims],
    }


def _interval_to_json(interval: Interval) -> dict[str, Any]:
    return {**asdict(interval), "direction": interval.direction}
