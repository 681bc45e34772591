"""Under- and overfitting: what every strength does, where curves turn, and the claims one by one."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.cases import findings as cases
from ridgepath.report.diagnosis import VariantDiagnosis
from ridgepath.report.locale.words import ENGLISH, Words
from ridgepath.statistics.claims import Claim, Key, Verdict
from ridgepath.statistics.diagnosis import Shift
from ridgepath.statistics.evidence import Direction, Interval
from ridgepath.statistics.turning import Turning

_ARROWS: dict[Direction, str] = {"rises": "↑", "falls": "↓", "undecided": "?"}


class Grid(NamedTuple):
    """A table as text."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Answer(NamedTuple):
    """A claim with its verdict, and the figures and the reason for it in a sentence.

    Attributes:
        key, decided: the claim and its verdict, the same in every language.
    """

    claim: str
    verdict: str
    grounds: str
    key: Key
    decided: Verdict


class Findings(NamedTuple):
    """What is said of one variant: tables and how to read them, claims and how to read those."""

    tables: tuple[Grid, ...]
    reading: str
    answers: tuple[Answer, ...]
    answers_reading: str


def findings(found: VariantDiagnosis | None, words: Words = ENGLISH) -> Findings | None:
    """Write the diagnosis of one variant; ``None`` without one, or if no trial of it has usable losses."""
    if found is None or not found.turnings:
        return None
    say = words.findings
    tables = (_shifts(found.shifts, words),) if found.shifts else ()
    return Findings(
        (*tables, _turnings(found.turnings, words)),
        " ".join(say.findings_reading(case) for case in reading_cases(found)),
        tuple(_answer(claim, words) for claim in found.claims),
        say.findings_reading(claims_reading_case(found.claims)),
    )


def _shifts(shifts: tuple[Shift, ...], words: Words) -> Grid:
    say = words.findings
    rows = (
        (
            format_strength(shift.strength),
            *(
                f"{_ARROWS[each.direction]} {say.interval(each)}"
                for each in (shift.training, shift.validation, shift.gap)
            ),
            say.state(shift.state),
        )
        for shift in shifts
    )
    return Grid(say.shifts_heading(shifts[0].against), say.SHIFT_COLUMNS, tuple(rows))


def _turnings(turnings: tuple[Turning, ...], words: Words) -> Grid:
    say = words.findings
    rows = (
        (
            format_strength(turning.strength),
            say.lowest_epoch(turning),
            say.interval(turning.rise),
            say.course(turning.course),
        )
        for turning in turnings
    )
    return Grid(say.OVER_THE_EPOCHS, say.course_columns(turnings[0].last), tuple(rows))


def _answer(found: Claim, words: Words) -> Answer:
    say = words.findings
    return Answer(say.claim(found.key), say.claim_verdict(found.verdict), say.grounds(found), found.key, found.verdict)


def reading_cases(found: VariantDiagnosis) -> Iterable[cases.FindingsReading]:
    """Choose what is said on how to read the tables of one variant."""
    if found.shifts:
        of_validation = [shift.validation for shift in found.shifts]
        states = dict.fromkeys(shift.state for shift in found.shifts)
        examples = max(each.examples for each in of_validation)
        yield cases.ShiftsReading(_seeds(of_validation), _shift_noise(of_validation), examples, tuple(states))
    rises = [turning.rise for turning in found.turnings]
    yield cases.CoursesReading(_seeds(rises), _is_divided(rises))


def claims_reading_case(claims: Iterable[Claim]) -> cases.FindingsReading:
    """Choose what is said on how to read the claims."""
    figures = [figure.interval for claim in claims for figure in claim.figures]
    covers = dict.fromkeys(interval.covers for interval in figures if math.isfinite(interval.low))
    return cases.ClaimsReading(_seeds(figures), tuple(covers)) if covers else cases.NothingCanBeDecided()


def _shift_noise(of_validation: Iterable[Interval]) -> cases.ShiftNoise:
    found = list(of_validation)
    if _is_divided(found):
        return "divided"
    return "one seed" if all(each.seeds < 2 for each in found) else "seeds and examples"


def _is_divided(intervals: Iterable[Interval]) -> bool:
    return any(interval.covers == "seeds, examples and splits" for interval in intervals)


def _seeds(intervals: Iterable[Interval]) -> cases.SeedCounts:
    counts = [interval.seeds for interval in intervals]
    return cases.SeedCounts(min(counts), max(counts))
