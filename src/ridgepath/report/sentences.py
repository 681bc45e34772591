"""The answer: which sentences apply, chosen by the numbers, and phrased by a language."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

from ridgepath.report.cases import answer as cases
from ridgepath.report.families import Difference, Point
from ridgepath.report.locale.words import ENGLISH, Words
from ridgepath.report.summary import Choice, PathPoint, Summary
from ridgepath.report.verdicts import remedy
from ridgepath.statistics.comparison import Verdict
from ridgepath.statistics.variance import Covers

_LEAST_SHARE = 0.005
"""A strength that would be chosen more rarely is not named."""


def answer(summary: Summary, choice: Choice, words: Words = ENGLISH) -> tuple[str, ...]:
    """Say which strengths the rules take within one variant, and on what ground; the first sentence is the headline."""
    return tuple(words.answers.answer(case) for case in answer_cases(summary, choice))


def answer_cases(summary: Summary, choice: Choice) -> Iterator[cases.AnswerCase]:
    """Choose what the answer says of one variant."""
    points = {point.strength: point for point in summary.points_of(choice.variant)}
    if choice.strength_min is None:
        yield _no_answer(list(points.values()))
        return
    chosen = points[choice.strength_min]
    first = cases.OnlyOneTried if len(points) == 1 else cases.HasLowest
    yield first(chosen.strength, chosen.estimates["val_data_loss"], chosen.trials, summary.data.validation)
    if len(points) > 1:
        yield from _is_it_real(choice)
        yield from _larger(choice, points)


def _no_answer(points: Sequence[PathPoint]) -> cases.AnswerCase:
    failed, missing = (sum(getattr(point, name) for point in points) for name in ("failed", "missing"))
    if any(point.trials for point in points):
        return cases.NoFiniteMean()
    return cases.AllEndedBadly(failed) if failed and not missing else cases.NoTrialYet()


def _is_it_real(choice: Choice) -> Iterator[cases.AnswerCase]:
    """Choose what is said of the lowest against the smallest strength; if it is that itself, of the others."""
    found = next((each for each in choice.from_smallest if each.strength[1] == choice.strength_min), None)
    if found is not None:
        yield _verdict(found)
    elif choice.from_smallest:
        yield cases.OthersCompared(tuple((each.strength[1], each.verdict) for each in choice.from_smallest))


def _verdict(found: Difference) -> cases.AnswerCase:
    if not math.isfinite(found.difference):
        return cases.NoSeedInCommon(found.against[1])
    match found.verdict:
        case "better":
            return cases.IsBetter(found)
        case "worse":
            return cases.IsWorse(found)
        case "equivalent":
            return cases.IsEquivalent(found)
        case "undecided":
            return cases.IsUndecided(found, remedy(found))


def _larger(choice: Choice, points: Mapping[float, PathPoint]) -> Iterator[cases.AnswerCase]:
    if choice.strength_min == max(points):
        yield cases.NoLargerTried()
        return
    if choice.strength_min == max(strength for strength, point in points.items() if point.trials):
        yield cases.NoLargerFinished()
        return
    if choice.strength_1se is None:
        yield cases.NoStandardError()
    elif choice.strength_1se == choice.strength_min:
        yield cases.NoneWithinOneError()
    else:
        yield cases.WithinOneError(choice.strength_1se)
    if choice.strength_equivalent != choice.strength_min and choice.strength_equivalent is not None:
        yield cases.LargestEquivalent(choice.strength_equivalent)


def how_sure(choice: Choice, words: Words = ENGLISH) -> str | None:
    """Say how often each strength would be chosen, and what the chosen one is worth; ``None`` without a choice."""
    return " ".join(words.answers.how_sure(case) for case in sure_cases(choice)) or None


def sure_cases(choice: Choice) -> Iterator[cases.SureCase]:
    """Choose what is said on how sure the choice is; nothing without a choice."""
    if choice.honest is None or len(choice.frequencies) < 2:
        return
    if choice.drawn == "none":
        yield cases.NotKnownHowSure()
        return
    ranked = sorted(choice.frequencies.items(), key=lambda item: -item[1])
    yield cases.WouldBeChosen(choice.drawn, tuple((s, share) for s, share in ranked if share >= _LEAST_SHARE))
    if choice.honest.source != "test set":
        yield cases.Corrected(choice.honest.estimate, choice.honest.optimism)


def on_test_examples(summary: Summary, choice: Choice, words: Words = ENGLISH) -> str | None:
    """Say what the chosen strength reaches on the test examples; ``None`` where there are none."""
    case = on_test_case(summary, choice)
    return None if case is None else words.answers.further(case)


def on_test_case(summary: Summary, choice: Choice) -> cases.OnTestExamples | None:
    """Return what the chosen strength reaches on the test examples; ``None`` where there are none."""
    chosen = next((p for p in summary.points_of(choice.variant) if p.strength == choice.strength_min), None)
    if chosen is None or "test_data_loss" not in chosen.estimates:
        return None
    figures = chosen.estimates
    metrics = tuple((metric, figures[f"test_{metric}"]) for metric in summary.metrics)
    return cases.OnTestExamples(chosen.strength, summary.data.test, figures["test_data_loss"], metrics)


def keras_disagrees(choice: Choice, words: Words = ENGLISH) -> str | None:
    """Say that Keras' ``val_loss`` would have picked another strength; ``None`` where it would not."""
    case = keras_case(choice)
    return None if case is None else words.answers.further(case)


def keras_case(choice: Choice) -> cases.KerasDisagrees | None:
    """Return what Keras' ``val_loss`` would have picked; ``None`` where that is the same, or not known."""
    ours, theirs = choice.strength_min, choice.keras_val_loss_choice
    return None if ours is None or theirs is None or ours == theirs else cases.KerasDisagrees(theirs, ours)


def which_variant(summary: Summary, words: Words = ENGLISH) -> tuple[str, ...]:
    """Rank the choices of the variants, and say what is sure of the first; nothing where fewer than two have one."""
    return tuple(words.answers.ranking(case) for case in ranking_cases(summary))


def ranking_cases(summary: Summary) -> Iterator[cases.RankingCase]:
    """Choose what is said of the choices of the variants; nothing where fewer than two have one."""
    losses = {
        (choice.variant, choice.strength_min): point.estimates["val_data_loss"]
        for choice in summary.choices
        for point in summary.points_of(choice.variant)
        if point.strength == choice.strength_min
    }
    if len(losses) < 2:
        return
    first, *others = sorted(losses, key=lambda point: losses[point].mean)
    yield cases.RankedFirst(first, losses[first])
    yield cases.RankedBehind(tuple((point, losses[point]) for point in others))
    yield from _of_the_first(summary, first, others)


def _of_the_first(summary: Summary, first: Point, others: Sequence[Point]) -> Iterator[cases.FirstCompared]:
    """Say how the first of the ranking compares with the others."""
    family = next((family for family in summary.families if family.kind == "choices"), None)
    if family is None:
        return
    verdicts = {each.strength: _TURNED[each.verdict] for each in family.found if each.against == first}
    verdicts |= {each.against: each.verdict for each in family.found if each.strength == first}
    said = ((verdict, tuple(point for point in others if verdicts.get(point) == verdict)) for verdict in _OF_THE_FIRST)
    yield cases.FirstCompared(family.terms.measure, tuple((verdict, points) for verdict, points in said if points))


_TURNED: dict[Verdict, Verdict] = {
    "better": "worse",
    "worse": "better",
    "equivalent": "equivalent",
    "undecided": "undecided",
}
_OF_THE_FIRST: tuple[Verdict, ...] = ("better", "equivalent", "undecided", "worse")


def path_caption(summary: Summary, words: Words = ENGLISH, *, printed: bool = False) -> str:
    """Say what the figure of the path shows, on the page or as an image."""
    return words.answers.further(cases.PathCaption(_covers(summary), printed))


def curves_caption(summary: Summary, words: Words = ENGLISH) -> str:
    """Say what the figure of the curves shows."""
    partly = summary.train_evaluated < summary.data.train
    return words.answers.further(cases.CurvesCaption(_covers(summary), summary.train_evaluated if partly else None))


def _covers(summary: Summary) -> Covers | None:
    """Return what the errors of validation data losses cover; ``None`` where no strength has two trials."""
    return next((point.estimates["val_data_loss"].covers for point in summary.points if point.trials > 1), None)
