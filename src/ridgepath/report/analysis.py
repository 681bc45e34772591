"""The analysis of a study and its takeaway: which sentences apply, chosen by the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

from ridgepath.report.cases import analysis as cases
from ridgepath.report.locale.words import ENGLISH, Words
from ridgepath.report.summary import Choice, Summary
from ridgepath.report.verdicts import remedy
from ridgepath.statistics.claims import Claim, Key, Reason
from ridgepath.statistics.diagnosis import Shift, State

_PENALTIES: dict[str, cases.Penalty] = {
    "l1": "l1",
    "l2": "l2",
    "dropout": "dropout",
    "weight_decay": "weight_decay",
}
_TELLING: tuple[Reason, ...] = (
    "noise",
    "no change",
    "a step goes the other way",
    "not surely too much",
    "does not surely overfit without",
)
"""Reasons for which a claim is open though it was looked at; others say that it could not be."""

_UNSURE: tuple[State, ...] = ("no sure change", "not known")


def analysis(summary: Summary, choice: Choice, words: Words = ENGLISH) -> tuple[str, ...]:
    """Say what one variant does, claim by claim, as the data show it."""
    return tuple(words.document.analysis(case) for case in analysis_cases(summary, choice))


def takeaway(summary: Summary, choice: Choice, words: Words = ENGLISH) -> tuple[str, ...]:
    """Say in a sentence or two what is to be remembered of one variant."""
    return tuple(words.document.takeaway(case) for case in takeaway_cases(summary, choice))


def made(summary: Summary) -> cases.Made:
    """Gather what was trained on what."""
    asked = [point.trials + point.failed + point.missing for point in summary.points]
    return cases.Made(
        tuple(tried(summary, choice) for choice in summary.choices),
        data=summary.data,
        networks=sum(point.trials for point in summary.points),
        planned=sum(asked),
        fewest=min(asked),
        seeds=max(asked),
        epochs=summary.epochs,
        batch_size=summary.batch_size,
    )


def tried(summary: Summary, choice: Choice) -> cases.Tried:
    """Return a variant and its strengths."""
    penalty = _PENALTIES.get(choice.variant, "other")
    return cases.Tried(penalty, choice.variant, tuple(p.strength for p in summary.points_of(choice.variant)))


def analysis_cases(summary: Summary, choice: Choice) -> Iterator[cases.AnalysisCase]:
    """Choose what is said of one variant: what it is, what each strength does, and the claims that could be told."""
    yield cases.Means(tried(summary, choice))
    diagnosis = summary.diagnosis_of(choice.variant)
    claims = diagnosis.claims if diagnosis else ()
    # What holds L2 against dropout is in the diagnosis of every variant; it is said of L2.
    told = [each for each in claims if is_told(each) and (each.key != "dropout differs" or choice.variant == "l2")]
    if diagnosis is None or not told:
        yield cases.NothingToTell()
        return
    if diagnosis.shifts:
        yield _of_strengths(diagnosis.shifts)
    yield from (cases.Checked(_shortened(claim)) for claim in told)


def is_told(claim: Claim) -> bool:
    """Tell whether the data could say something to a claim."""
    return claim.reason is None or claim.reason in _TELLING


def _shortened(claim: Claim) -> Claim:
    """Keep of a claim with figures at every strength those that its verdict rests on."""
    if claim.key != "balance":
        return claim
    return replace(claim, figures=tuple(figure for figure in claim.figures if figure.measure == "update_share"))


def _of_strengths(shifts: tuple[Shift, ...]) -> cases.Shown | cases.NothingSure:
    states = dict.fromkeys(shift.state for shift in shifts)
    if all(state in _UNSURE for state in states):
        return cases.NothingSure(shifts[0].against)
    by_state = ((state, tuple(shift.strength for shift in shifts if shift.state == state)) for state in states)
    return cases.Shown(shifts[0].against, tuple(by_state))


def takeaway_cases(summary: Summary, choice: Choice) -> Iterator[cases.TakeawayCase]:
    """Choose what is to be remembered of one variant: its outcome, and what was seen on either side."""
    found, diagnosis = outcome(choice), summary.diagnosis_of(choice.variant)
    yield found
    claims: dict[Key, Claim] = {claim.key: claim for claim in diagnosis.claims} if diagnosis else {}
    gain = claims.get("better generalization")
    if isinstance(found, cases.Open) and gain is not None and gain.verdict != "undecided":
        yield cases.AloneItWouldBe(gain.verdict)
    sides = [claims[key] for key in ("too much underfits", "too little overfits") if key in claims]
    if any(is_told(claim) for claim in sides):
        yield cases.BothSides(*sides)


def outcome(choice: Choice) -> cases.Outcome:
    """Choose what became of a penalty: held against the smallest strength, which is 0 unless the user said no."""
    if choice.strength_min is None:
        return cases.NoAnswer()
    found = next((each for each in choice.from_smallest if each.strength[1] == choice.strength_min), None)
    compared = [each for each in choice.from_smallest if math.isfinite(each.difference)]
    if found is not None and found in compared:
        match found.verdict:
            case "better":
                return cases.Helps(found)
            case "equivalent":
                return cases.MakesNoDifference(found)
            case "undecided" | "worse":
                return cases.Open(found, remedy(found))
    if found is not None or not compared:
        return cases.NotComparable(choice.strength_min)
    worse = tuple(each.strength[1] for each in compared if each.verdict == "worse")
    if len(worse) == len(choice.from_smallest):
        return cases.SmallestIsBest(choice.strength_min)
    return cases.SmallestIsLowest(choice.strength_min, worse)
