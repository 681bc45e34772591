"""Under- and overfitting in words: what every strength does, where curves turn, and the claims one by one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.diagnosis import VariantDiagnosis
from ridgepath.report.formatting import MISSING, Spread, write_count, write_estimate, write_interval
from ridgepath.report.measures import name_measure
from ridgepath.statistics.claims import Claim, Figure, Key, Reason, Unit
from ridgepath.statistics.diagnosis import Shift, State
from ridgepath.statistics.evidence import Direction, Interval
from ridgepath.statistics.turning import Turning

UNDER_AND_OVERFITTING, THE_CLAIMS = "Under- and overfitting", "What is claimed, checked on these data"

CLAIMS: dict[Key, str] = {
    "smaller weights": "A larger strength gives smaller weights",
    "narrower gap": "It narrows the gap between training and validation",
    "better generalization": "It improves generalization",
    "too much underfits": "Too much of it underfits",
    "too little overfits": "Too little of it does not prevent overfitting",
    "sparser weights": "It makes the weights sparser",
    "balance": "The optimizer balances data loss and penalty",
    "less sensitive": "Smaller weights make the network less sensitive to small changes of its input",
    "dropout differs": "L2 and dropout work differently: it is L2 that makes the weights small",
}

REASONS: dict[Reason, str] = {
    "too few strengths": "it takes two strengths with finished trials",
    "too few seeds": "it takes two seeds at least",
    "no strength 0": "the study has no trial at strength 0 to hold it against",
    "not recorded": "not recorded in this study, or not known for its network and optimizer",
    "noise": "the interval leaves it open",
    "no change": "nothing changes",
    "a step goes the other way": "between two neighbouring strengths it surely goes the other way",
    "not surely too much": "the largest strength tried is not surely too much",
    "does not surely overfit without": "at strength 0 the validation data loss has not surely turned",
    "no penalty": "this variant adds no penalty to the loss",
    "no dropout and l2": "the study has no trials of variants named dropout and l2",
}

STATES: dict[State, str] = {
    "regularizes": "training data loss rises and yet validation data loss falls: the smallest strength overfits",
    "underfits": "training and validation data loss both rise",
    "overfits": "training data loss falls and yet validation data loss rises",
    "fits better": "training and validation data loss both fall",
    "generalizes better": "validation data loss falls, training data loss is open",
    "generalizes worse": "validation data loss rises, training data loss is open",
    "narrows the gap": "the gap falls, validation data loss is open: no sure gain",
    "widens the gap": "the gap rises, validation data loss is open",
    "fits the training data less": "training data loss rises, all else is open",
    "fits the training data more": "training data loss falls, all else is open",
    "no sure change": "all is open",
    "not known": "it takes two seeds with finite losses",
}

_ARROWS: dict[Direction, str] = {"rises": "↑", "falls": "↓", "undecided": "?"}
_UNITS: dict[Unit, str] = {
    "loss": "",
    "%": "%",
    "percentage points": " percentage points",
    "share": "",
    "% a %": "% per 1%",
}
_NAMES = {
    "near_zero": "share of weights with |w| < 0.001",
    "update_share": "share of the penalty in the update",
    "gradient_share": "share of the penalty in the gradient",
    "gap": "gap",
    "rise": "rise of validation data loss after its lowest epoch",
    "margin": "every gain is surely below one standard error of the mean",
    "slope": "sensitivity over L2 norm of the weights",
}


class Grid(NamedTuple):
    """A table as text."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Answer(NamedTuple):
    """A claim with its verdict, and the figures and the reason for it in a sentence."""

    claim: str
    verdict: str
    grounds: str


class Findings(NamedTuple):
    """What is said of one variant: tables and how to read them, claims and how to read those."""

    tables: tuple[Grid, ...]
    reading: str
    answers: tuple[Answer, ...]
    answers_reading: str


def findings(found: VariantDiagnosis | None) -> Findings | None:
    """Write the diagnosis of one variant; ``None`` without one, or if no trial of it has usable losses."""
    if found is None or not found.turnings:
        return None
    tables = (_shifts(found.shifts),) if found.shifts else ()
    return Findings(
        (*tables, _turnings(found.turnings)),
        _reading(found),
        tuple(_answer(claim) for claim in found.claims),
        _answers_reading(found.claims),
    )


def _shifts(shifts: tuple[Shift, ...]) -> Grid:
    rows = (
        (
            format_strength(shift.strength),
            *(f"{_ARROWS[each.direction]} {_written(each)}" for each in (shift.training, shift.validation, shift.gap)),
            shift.state,
        )
        for shift in shifts
    )
    columns = ("strength", "training data loss", "validation data loss", "gap", "in a word")
    return Grid(
        f"Change of the data losses against strength {format_strength(shifts[0].against)}", columns, tuple(rows)
    )


def _turnings(turnings: tuple[Turning, ...]) -> Grid:
    rows = (
        (format_strength(turning.strength), _epoch(turning), _written(turning.rise), turning.course)
        for turning in turnings
    )
    columns = ("strength", "lowest at epoch", f"rise to epoch {turnings[0].last}", "course")
    return Grid("Validation data loss over the epochs", columns, tuple(rows))


def _epoch(turning: Turning) -> str:
    if turning.epoch is None:
        return MISSING
    return f"{turning.epoch}" if turning.low is None else f"{turning.epoch} ({turning.low} to {turning.high})"


def _written(interval: Interval, unit: str = "") -> str:
    """Write a mean with the ends of its interval: ``-0.0153 (-0.035 to 0.005)``."""
    half = (interval.high - interval.low) / 2
    spread = Spread(interval.mean, half, interval.low, interval.high)
    ends = write_interval(spread)
    mean = write_estimate(spread).mean
    if mean in ("1", "-1"):
        unit = unit.replace("points", "point")
    return f"{mean}{unit}" + (f" ({ends})" if ends != MISSING else "")


def _reading(found: VariantDiagnosis) -> str:
    sentences = [_shifts_reading(found.shifts)] if found.shifts else []
    rises = [turning.rise for turning in found.turnings]
    noise = _seeds(rises)
    noise += " with splits of their own" if _is_divided(rises) else ", on these validation examples"
    sentences.append(
        f"Over the epochs (95% intervals; the noise of {noise}): turned: the rise is surely above 0, whichever epoch "
        "was lowest; still falling: the last epoch is surely the lowest."
    )
    return " ".join(sentences)


def _shifts_reading(shifts: tuple[Shift, ...]) -> str:
    of_shifts = [shift.validation for shift in shifts]
    states = dict.fromkeys(shift.state for shift in shifts)
    named = "; ".join(f"{state}: {STATES[state]}" for state in states)
    return (
        f"↑ surely rises, ↓ surely falls, ? not sure: changes paired by seed, over {_seeds(of_shifts)}, with 95% "
        f"intervals that all hold together. {_shifts_noise(of_shifts)} {named[:1].upper()}{named[1:]}."
    )


def _shifts_noise(of_validation: Sequence[Interval]) -> str:
    examples = write_count(max(each.examples for each in of_validation), "validation example")
    if _is_divided(of_validation):
        return "They cover the noise of seeds, examples and splits."
    if all(each.seeds < 2 for each in of_validation):
        return f"With one seed only those with validation data loss are known: they cover the noise of {examples}."
    return (
        "Those of training data loss cover the noise of seeds, on these training examples; the others that of "
        f"seeds and of {examples}."
    )


def _is_divided(intervals: Iterable[Interval]) -> bool:
    return any(interval.covers == "seeds, examples and splits" for interval in intervals)


def _seeds(intervals: Iterable[Interval]) -> str:
    counts = sorted({interval.seeds for interval in intervals})
    fewest, most = counts[0], write_count(counts[-1], "seed")
    return most if len(counts) == 1 else f"{fewest} to {most}"


def _answer(claim: Claim) -> Answer:
    figures = [
        f"{_name(measure)}: {_several(claim.key, of_measure)}"
        for measure, of_measure in groupby(claim.figures, key=lambda figure: figure.measure)
    ]
    reason = [] if claim.reason is None else [REASONS[claim.reason]]
    grounds = "; ".join((*figures, *reason))
    return Answer(CLAIMS[claim.key], claim.verdict, f"{grounds[:1].upper()}{grounds[1:]}.")


def _name(measure: str) -> str:
    return _NAMES.get(measure) or name_measure(measure)


def _several(key: Key, figures: Iterable[Figure]) -> str:
    return ", ".join(f"{_written(figure.interval, _UNITS[figure.unit])}{_where(key, figure)}" for figure in figures)


def _where(key: Key, figure: Figure) -> str:
    strengths = [format_strength(each) for each in (figure.strength, figure.against) if each is not None]
    if key == "dropout differs":
        return " with l2 {} against dropout {}, each relative to its strength 0".format(*strengths)
    return f" at {' against '.join(strengths)}" if strengths else ""


def _answers_reading(claims: tuple[Claim, ...]) -> str:
    figures = [figure.interval for claim in claims for figure in claim.figures]
    seeds = f" from {_seeds(figures)}" if figures else ""
    covers = dict.fromkeys(interval.covers for interval in figures if math.isfinite(interval.low))
    if not covers:
        return "Nothing here has an interval, so no claim can be decided."
    noise = f" They cover the noise of {' or of '.join(covers)}."
    return (
        f"In brackets: 95% intervals{seeds}, paired by seed; those of one claim hold together, so each claim is "
        f"wrongly supported or contradicted in at most 5% of studies.{noise}"
    )
