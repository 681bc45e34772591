"""«شرح بالعامية», the part of the task's document that is in Egyptian Arabic whatever its language: what to explain."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import NamedTuple

from ridgepath.report import analysis
from ridgepath.report.cases.analysis import Checked
from ridgepath.report.locale.ar import colloquial as say
from ridgepath.report.locale.words import EGYPTIAN
from ridgepath.report.summary import Choice, PathPoint, Summary
from ridgepath.statistics.claims import Claim


class Part(NamedTuple):
    """A heading with a text below it, and points of a list."""

    heading: str
    text: str
    points: tuple[say.Point, ...]


def explanation(summary: Summary) -> Iterator[Part]:
    """Explain every penalty of a study, what was tried, and what came of it."""
    for choice in summary.choices:
        tried = analysis.tried(summary, choice)
        how, why, what = say.headings(tried, several=len(summary.choices) > 1)
        yield Part(*say.what_is(tried), ())
        if say.how(tried):
            yield Part(how, "", tuple(say.Point("", each) for each in say.how(tried)))
        told = _told(summary, choice)
        if told:
            yield Part(why, "", tuple(say.came_true(claim) for claim in told if claim.key != "dropout differs"))
        yield Part(what, "", tuple(_strengths(summary, choice)))
    yield from _difference(summary)
    found = {choice.variant: _conclusion(summary, choice) for choice in summary.choices}
    one = next(iter(found.values())) if len(found) == 1 else ""
    yield Part(say.CONCLUSION, one, () if one else tuple(say.Point(*each) for each in found.items()))


def _told(summary: Summary, choice: Choice) -> list[Claim]:
    diagnosis = summary.diagnosis_of(choice.variant)
    return [claim for claim in diagnosis.claims if analysis.is_told(claim)] if diagnosis else []


def _strengths(summary: Summary, choice: Choice) -> Iterator[say.Point]:
    points, diagnosis = summary.points_of(choice.variant), summary.diagnosis_of(choice.variant)
    states = {shift.strength: shift.state for shift in diagnosis.shifts} if diagnosis else {}
    above = [point.strength for point in points if point.strength > 0]
    for point in points:
        loss = point.estimates["val_data_loss"]
        yield say.tried_one(
            point.strength,
            place=_place(point, above),
            loss=loss if math.isfinite(loss.mean) else None,
            state=states.get(point.strength),
        )


def _place(point: PathPoint, above: list[float]) -> str:
    if point.strength == 0:
        return say.NONE
    if len(above) == 1:
        return say.ONLY
    return {above[0]: say.LIGHTEST, above[-1]: say.STRONGEST}.get(point.strength, say.BETWEEN)


def _difference(summary: Summary) -> Iterator[Part]:
    """Hold L2 against dropout, in general where the study does not have both."""
    variants = {choice.variant for choice in summary.choices}
    if not variants & {"l2", "dropout"}:
        return
    claims = [claim for each in summary.diagnoses for claim in each.claims if claim.key == "dropout differs"]
    told = [claim for claim in claims if analysis.is_told(claim)][:1]
    found = [EGYPTIAN.document.analysis(Checked(claim)) for claim in told] or [say.NOT_BOTH]
    yield Part(say.DIFFERENCE, "", (*say.IN_GENERAL, *(say.Point("", each) for each in found)))


def _conclusion(summary: Summary, choice: Choice) -> str:
    tried, outcome = analysis.tried(summary, choice), analysis.outcome(choice)
    return " ".join((*analysis.takeaway(summary, choice, EGYPTIAN), say.moral(tried, outcome))).rstrip()
