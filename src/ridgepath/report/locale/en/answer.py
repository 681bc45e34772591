"""The answer in English."""

from __future__ import annotations

from collections.abc import Sequence

from ridgepath.penalties import format_strength
from ridgepath.report.cases import answer as cases
from ridgepath.report.families import Difference, Point
from ridgepath.report.formatting import spread_of, write_estimate, write_number, write_share
from ridgepath.report.locale.en.names import measure, named
from ridgepath.report.locale.en.numbers import listed, with_interval
from ridgepath.report.locale.en.verdicts import would_decide
from ridgepath.report.measures import LOSS
from ridgepath.statistics.comparison import Verdict
from ridgepath.statistics.variance import Covers
from ridgepath.texts import write_count

_DRAWN: dict[Covers, str] = {
    "seeds and examples": "seeds and validation examples",
    "seeds, examples and splits": "seeds, validation examples and splits",
    "examples": "validation examples, but not the one seed,",
    "seeds": "seeds, but not the one validation example,",
}
_OF_THE_FIRST: dict[Verdict, str] = {
    "better": "surely better than",
    "equivalent": "equivalent to",
    "undecided": "not surely better than",
    "worse": "surely worse than",
}


def answer(case: cases.AnswerCase) -> str:
    """Phrase one sentence of the answer."""
    match case:
        case cases.NoTrialYet():
            return "No trial has finished, so there is no answer yet."
        case cases.AllEndedBadly(trials):
            return f"All trials ({trials}) diverged or failed, so no strength can be named."
        case cases.NoFiniteMean():
            return "No strength has a finite mean validation data loss, so none can be named."
        case cases.OnlyOneTried(strength, loss, seeds, examples):
            found = f"has a mean validation data loss of {write_estimate(loss)} ({_ground(seeds, examples)})"
            return f"Strength {format_strength(strength)}, the only one tried, {found}."
        case cases.HasLowest(strength, loss, seeds, examples):
            found = f"has the lowest mean validation data loss, {write_estimate(loss)} ({_ground(seeds, examples)})"
            return f"Strength {format_strength(strength)} {found}."
        case cases.OthersCompared(verdicts):
            found = ", ".join(f"{format_strength(strength)} {verdict}" for strength, verdict in verdicts)
            return f"Compared with it: {found}."
        case cases.NoSeedInCommon() | cases.IsBetter() | cases.IsWorse() | cases.IsEquivalent() | cases.IsUndecided():
            return _is_it_real(case)
        case _:
            return _larger(case)


def _ground(seeds: int, examples: int) -> str:
    return f"{write_count(seeds, 'seed')}, {write_count(examples, 'validation example')}"


def _is_it_real(
    case: cases.NoSeedInCommon | cases.IsBetter | cases.IsWorse | cases.IsEquivalent | cases.IsUndecided,
) -> str:
    match case:
        case cases.NoSeedInCommon(strength):
            against = f"strength {format_strength(strength)}"
            return f"It cannot be compared with {against}: they have no seed in common."
        case cases.IsBetter(found):
            return f"It is better than {_against(found)}, and the difference is real: {_difference(found)}."
        case cases.IsWorse(found):
            return f"Yet on the seeds that both have it is worse than {_against(found)}: {_difference(found)}."
        case cases.IsEquivalent(found):
            margin = write_number(found.margin, digits=2)
            return (
                f"It is equivalent to {_against(found)}: the difference, {_difference(found)}, lies within ±{margin}."
            )
        case cases.IsUndecided(found, remedy):
            whether = f"Whether it is better than {_against(found)} is undecided"
            return f"{whether}: {_difference(found)}; {would_decide(remedy)}."


def _against(found: Difference) -> str:
    return f"strength {format_strength(found.against[1])}"


def _difference(found: Difference) -> str:
    return with_interval(spread_of(found))


def _larger(
    case: cases.NoLargerTried
    | cases.NoLargerFinished
    | cases.NoStandardError
    | cases.NoneWithinOneError
    | cases.WithinOneError
    | cases.LargestEquivalent,
) -> str:
    match case:
        case cases.NoLargerTried():
            return "No larger strength was tried."
        case cases.NoLargerFinished():
            return "No larger strength has a finished trial."
        case cases.NoStandardError():
            return "Without a standard error of its mean the one-standard-error rule has no answer."
        case cases.NoneWithinOneError():
            return "No larger strength is within one standard error of it."
        case cases.WithinOneError(strength):
            return f"The largest strength within one standard error of it is {format_strength(strength)}."
        case cases.LargestEquivalent(strength):
            return f"The largest shown to be equivalent to it is {format_strength(strength)}."


def how_sure(case: cases.SureCase) -> str:
    """Phrase one sentence on how sure the choice is."""
    match case:
        case cases.NotKnownHowSure():
            return "One seed and one validation example do not tell how sure that is."
        case cases.WouldBeChosen(drawn, shares):
            chosen = [f"{format_strength(strength)} in {write_share(share)}" for strength, share in shares]
            return f"Were {_DRAWN[drawn]} drawn anew, the lowest would be {listed(chosen)} of studies."
        case cases.Corrected(loss, optimism):
            more = write_number(optimism, digits=2)
            return (
                "Corrected for having been chosen on the examples that judge it, its loss is "
                f"{write_estimate(loss)} ({more} above the mean that was seen)."
            )


def ranking(case: cases.RankingCase) -> str:
    """Phrase one sentence of the ranking of the variants' choices."""
    match case:
        case cases.RankedFirst(point, loss):
            lowest = "has the lowest mean validation data loss of the variants' choices"
            return f"{named(point)} {lowest}, {write_estimate(loss)}."
        case cases.RankedBehind(others):
            behind = listed([f"{named(point)} with {write_estimate(loss)}" for point, loss in others])
            return f"It is followed by {behind}."
        case cases.FirstCompared(compared, verdicts):
            begin = "It is" if compared == LOSS else f"In {measure(compared)} it is"
            return f"{begin} {', '.join(f'{_OF_THE_FIRST[v]} {_points(points)}' for v, points in verdicts)}."


def further(case: cases.FurtherCase) -> str:
    """Phrase what stands beside the answer: the test examples, Keras' choice, and the captions of the figures."""
    match case:
        case cases.OnTestExamples(strength, examples, loss, metrics):
            figures = ", ".join(f"{name} {write_estimate(value)}" for name, value in (("data loss", loss), *metrics))
            on = f"On the {write_count(examples, 'test example')}, which had no part in the choice"
            return f"{on}, strength {format_strength(strength)} has {figures}."
        case cases.KerasDisagrees(theirs, ours):
            would = f"it would pick {format_strength(theirs)} instead of {format_strength(ours)}"
            return f"Keras' val_loss contains the penalty; {would}."
        case cases.PathCaption(covers, printed):
            bars = "One trial a strength: bars cover the examples only"
            if covers is not None:
                bars = f"Bars are 95% intervals; those of validation losses cover {covers}, the others seeds"
            switch = "" if printed else " Keras' val_loss can be switched on in the legend."
            return (
                f"Mean data loss of the trained networks, without the penalty. {bars}. Strengths share seeds and "
                "examples, so a difference may be surer than the bars suggest: the comparisons below say. The dotted "
                f"line is the lowest mean validation data loss plus one standard error.{switch}"
            )
        case cases.CurvesCaption(covers, evaluated):
            bands = "One trial a strength: there are no bands" if covers is None else _BANDS
            if covers == "seeds, examples and splits":
                bands += "; those of validation figures account for the overlap of training sets"
            part = f"; training figures are from {evaluated:,} training examples" if evaluated is not None else ""
            return f"Means at the end of each epoch, in inference mode, a line a strength. {bands}{part}."


_BANDS = "Bands are 95% t intervals over seeds"


def _points(points: Sequence[Point]) -> str:
    return listed([named(point) for point in points])
