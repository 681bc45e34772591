"""The table of cases: each appears when, and only when, its condition holds, and is said in both languages."""

import math
import typing
from dataclasses import replace

import pytest
from synthetic import make_results, make_study, make_summary, set_trials

from ridgepath.report import analysis, findings, sentences, verdicts
from ridgepath.report.cases import analysis as of_analysis
from ridgepath.report.cases import answer as of_answer
from ridgepath.report.cases import findings as of_findings
from ridgepath.report.cases import notes as of_notes
from ridgepath.report.cases import verdicts as of_verdicts
from ridgepath.report.families import Terms
from ridgepath.report.locale.words import EGYPTIAN, ENGLISH
from ridgepath.report.summary import summarize
from ridgepath.results import DIVERGED, FAILED, Results
from ridgepath.study import Trial

USUAL = make_summary()


def names(cases):
    return tuple(type(case).__name__ for case in cases)


def with_losses(losses, *, terms=None, **study):
    """A summary of a study whose losses are those given: strength → one a seed, the same at every example."""
    made = make_study(strengths=tuple(losses), seeds=len(next(iter(losses.values()))), **study)
    results = set_trials(make_results(made), "val_data_loss", losses)
    return summarize(made, results, name="s", seconds=1.0, context={}, terms=terms)


def without_trials():
    study = make_study()
    whole = make_results(study)
    return summarize(study, Results(whole.trials[:0], whole.epochs[:0], {}), name="s", seconds=0.0, context={})


def ended(strengths, status=DIVERGED, *, study=None, seeds=range(5)):
    study = study or make_study()
    trials = {Trial("l2", strength, seed): (status, "x") for strength in strengths for seed in seeds}
    return make_summary(study, ended=trials)


def judged(**change):
    """The usual summary whose comparison of the lowest with the smallest strength is another one."""
    choice = USUAL.choices[0]
    found = next(each for each in choice.from_smallest if each.strength[1] == choice.strength_min)
    return replace(USUAL, choices=(replace(choice, from_smallest=(replace(found, **change),)),))


def chosen(**change):
    return replace(USUAL, choices=(replace(USUAL.choices[0], **change),))


CLEAR = {0.0: [0.4, 0.41, 0.42, 0.4, 0.4], 0.1: [0.2, 0.21, 0.22, 0.2, 0.2], 1.0: [0.5, 0.51, 0.52, 0.5, 0.5]}

ANSWERS = [
    (USUAL, "HasLowest IsBetter NoneWithinOneError"),
    (without_trials(), "NoTrialYet"),
    (ended((0.0, 1e-4, 1e-3, 1e-2)), "AllEndedBadly"),
    (with_losses({0.0: [math.inf, 1.0], 1.0: [math.nan, 1.0]}), "NoFiniteMean"),
    (with_losses({1e-3: [0.3, 0.5]}), "OnlyOneTried"),
    (ended((0.0,), FAILED), "HasLowest NoSeedInCommon NoneWithinOneError"),
    (judged(verdict="worse"), "HasLowest IsWorse NoneWithinOneError"),
    (judged(verdict="equivalent"), "HasLowest IsEquivalent NoneWithinOneError"),
    (judged(verdict="undecided"), "HasLowest IsUndecided NoneWithinOneError"),
    (with_losses({0.0: [0.2, 0.4], 1.0: [0.8, 0.9]}), "HasLowest OthersCompared NoneWithinOneError"),
    (with_losses({0.0: [0.8, 0.81, 0.8], 1.0: [0.2, 0.21, 0.2]}), "HasLowest IsBetter NoLargerTried"),
    (ended((1e-2,)), "HasLowest IsBetter NoLargerFinished"),
    (chosen(strength_1se=None), "HasLowest IsBetter NoStandardError"),
    (chosen(strength_1se=1e-2), "HasLowest IsBetter WithinOneError"),
    (chosen(strength_equivalent=1e-2), "HasLowest IsBetter NoneWithinOneError LargestEquivalent"),
]


@pytest.mark.parametrize(("summary", "expected"), ANSWERS, ids=[expected for _, expected in ANSWERS])
def test_the_answer_has_the_cases_that_hold_and_no_others(summary, expected):
    choice = summary.choices[0]
    cases = tuple(sentences.answer_cases(summary, choice))
    assert names(cases) == tuple(expected.split())
    for words in (ENGLISH, EGYPTIAN):
        assert sentences.answer(summary, choice, words) == tuple(words.answers.answer(case) for case in cases)


def test_every_case_of_the_answer_is_in_the_table():
    met = {name for _, expected in ANSWERS for name in expected.split()}
    assert met == {case.__name__ for case in typing.get_args(of_answer.AnswerCase)}


SURE = [
    (USUAL, "WouldBeChosen"),
    (make_summary(make_study(test=0)), "WouldBeChosen Corrected"),
    (make_summary(make_study(seeds=1, validation=1)), "NotKnownHowSure"),
    (with_losses({1e-3: [0.3, 0.5]}), ""),
    (without_trials(), ""),
]


@pytest.mark.parametrize(("summary", "expected"), SURE)
def test_how_sure_the_choice_is_has_the_cases_that_hold(summary, expected):
    choice = summary.choices[0]
    assert names(sentences.sure_cases(choice)) == tuple(expected.split())
    assert (sentences.how_sure(choice, EGYPTIAN) is None) == (not expected)


def test_a_strength_that_is_hardly_ever_chosen_is_not_named():
    choice = replace(USUAL.choices[0], frequencies={0.0: 0.004, 1e-4: 0.0056, 1e-3: 0.9904})
    [case] = sentences.sure_cases(choice)
    assert case.shares == ((1e-3, 0.9904), (1e-4, 0.0056))


def test_variants_are_ranked_where_two_have_a_choice():
    assert names(sentences.ranking_cases(USUAL)) == ()
    two = make_summary(make_study(variants=("l1", "l2")))
    assert names(sentences.ranking_cases(two)) == ("RankedFirst", "RankedBehind", "FirstCompared")
    apart = replace(two, families=tuple(family for family in two.families if family.kind != "choices"))
    assert names(sentences.ranking_cases(apart)) == ("RankedFirst", "RankedBehind")
    assert len(sentences.which_variant(two, EGYPTIAN)) == 3


def test_keras_and_the_test_examples_are_mentioned_where_there_is_something_to_say():
    choice = replace(USUAL.choices[0], keras_val_loss_choice=0.0)
    assert sentences.keras_case(choice) == of_answer.KerasDisagrees(0.0, choice.strength_min)
    assert sentences.keras_case(replace(choice, keras_val_loss_choice=choice.strength_min)) is None
    assert sentences.keras_case(replace(choice, keras_val_loss_choice=None)) is None
    assert sentences.on_test_case(USUAL, choice).examples == 1000
    untested = make_summary(make_study(test=0))
    assert sentences.on_test_examples(untested, untested.choices[0], EGYPTIAN) is None


ALWAYS = "ErrorsCover SharesOfError ExamplesAre TestHadNoPart"
GROWN = replace(make_study(seeds=4), further=(Trial("l2", 0.0, 4), Trial("l2", 1e-3, 4)), looks=((0, 1, 2, 3), (4,)))
NOTES = [
    (USUAL, ALWAYS),
    (make_summary(make_study(test=0)), "ErrorsCover SharesOfError ExamplesAre ValidationFlatters"),
    (
        make_summary(make_study(train_evaluated=500)),
        "ErrorsCover SharesOfError ExamplesAre TrainingPart TestHadNoPart",
    ),
    (make_summary(make_study(seeds=1)), "ErrorsCover OneTrialOnly ExamplesAre TestHadNoPart"),
    (
        make_summary(replace(make_study(), validation="redrawn")),
        "ErrorsCover Divided SharesOfError ExamplesAre TestHadNoPart",
    ),
    (
        make_summary(replace(make_study(seeds=7), validation="folds:5")),
        "ErrorsCover Divided FoldsMissing SharesOfError ExamplesAre TestHadNoPart",
    ),
    (ended((1e-2,), seeds=[3]), f"{ALWAYS} LeftOut UnequalSeeds"),
    (ended((0.0, 1e-4, 1e-3, 1e-2)), "ErrorsCover ExamplesAre TestHadNoPart LeftOut"),
    (without_trials(), "ErrorsCover ExamplesAre TestHadNoPart NotTrainedYet"),
    (make_summary(GROWN), f"{ALWAYS} UnequalSeeds"),
    (with_losses({0.0: [0.1, math.inf], 0.1: [0.5, 0.6], 1.0: [0.7, 0.8]}), f"{ALWAYS} NotFinite LowestAtSmallest"),
    (with_losses({0.0: [0.5, 0.6], 0.1: [0.4, 0.5], 1.0: [0.1, 0.2]}), f"{ALWAYS} LowestAtLargest"),
    (with_losses({0.0: [0.5, 0.6], 0.1: [0.1, 0.2], 1.0: [0.4, 0.5]}), f"{ALWAYS} LowestAtSmallest"),
    (with_losses({0.0: [0.1, 0.2], 0.1: [0.4, 0.5], 1.0: [0.5, 0.6]}), ALWAYS),
]


@pytest.mark.parametrize(("summary", "expected"), NOTES)
def test_the_notes_are_those_that_hold_and_no_others(summary, expected):
    assert names(summary.to_know) == tuple(expected.split())
    assert summary.notes == tuple(ENGLISH.notes.note(case) for case in summary.to_know)
    assert summary.to_json()["notes"] == list(summary.notes)


def test_every_note_is_in_the_table():
    met = {name for _, expected in NOTES for name in expected.split()}
    assert met == {case.__name__ for case in typing.get_args(of_notes.NoteCase)}


@pytest.mark.parametrize(
    ("study", "noise"),
    [
        (make_study(), "two sources"),
        (make_study(seeds=1), "one seed"),
        (make_study(validation=1, test=0), "one example"),
        (make_study(validation=1), "two sources"),
        (replace(make_study(), validation="redrawn"), "divided"),
        (replace(make_study(seeds=1), validation="redrawn"), "one seed"),
    ],
)
def test_what_the_errors_cover_is_that_of_the_study(study, noise):
    assert make_summary(study).to_know[0].noise == noise


def families_of(summary, variant="l2"):
    return [family for family in summary.families if family.variant == variant]


READINGS = [
    (with_losses(CLEAR), "Differences"),
    (ended((1e-2,), seeds=[3]), "Differences SeedsLeftOut"),
    (make_summary(GROWN), "Differences SeedsLeftOut FurtherLooks"),
]


@pytest.mark.parametrize(("summary", "expected"), READINGS)
def test_comparisons_are_read_by_the_cases_that_hold(summary, expected):
    found = [replace(family, found=tuple(_decided(each) for each in family.found)) for family in families_of(summary)]
    assert names(verdicts.reading_cases(found)) == tuple(expected.split())
    one = replace(found[0], found=(replace(found[0].found[0], seeds_needed=9), *found[0].found[1:]))
    assert "Forecasts" in names(verdicts.reading_cases([one]))


def _decided(each):
    return replace(each, seeds_needed=None, examples_needed=None)


def test_headings_and_margins_are_those_of_the_family():
    baseline, minimum = families_of(USUAL)
    assert verdicts.heading_case(baseline) == of_verdicts.AgainstSmallest(0.0)
    assert verdicts.heading_case(minimum) == of_verdicts.AgainstLowest(1e-3)
    two = make_summary(make_study(variants=("l1", "l2")))
    [choices] = families_of(two, "")
    assert verdicts.heading_case(choices) == of_verdicts.BetweenChoices()
    assert verdicts.margin_case(choices) == of_verdicts.MarginOfSecond()
    assert verdicts.margin_case(baseline) == of_verdicts.MarginOfMean(baseline.found[0].margin, 0.0)
    unknown = replace(baseline, found=tuple(replace(each, margin=math.nan) for each in baseline.found))
    assert verdicts.margin_case(unknown) == of_verdicts.MarginUnknown()
    set_by_user = with_losses(CLEAR, terms=Terms(margin=0.25)).families[0]
    assert verdicts.margin_case(set_by_user) == of_verdicts.MarginSet(0.25)


@pytest.mark.parametrize(
    ("summary", "readings", "claims"),
    [
        (USUAL, "ShiftsReading CoursesReading", of_findings.ClaimsReading),
        (make_summary(make_study(strengths=(0.001,))), "CoursesReading", of_findings.ClaimsReading),
        (
            make_summary(make_study(seeds=1, validation=1)),
            "ShiftsReading CoursesReading",
            of_findings.NothingCanBeDecided,
        ),
    ],
)
def test_the_findings_are_read_by_the_cases_that_hold(summary, readings, claims):
    found = summary.diagnosis_of("l2")
    assert names(findings.reading_cases(found)) == tuple(readings.split())
    assert isinstance(findings.claims_reading_case(found.claims), claims)


@pytest.mark.parametrize(
    ("summary", "expected"),
    [
        (USUAL, "Means Shown"),
        (make_summary(make_study(seeds=1)), "Means NothingToTell"),
        (without_trials(), "Means NothingToTell"),
        (with_losses({0.001: [0.2, 0.3]}), "Means"),
    ],
)
def test_the_analysis_begins_with_what_each_strength_does(summary, expected):
    cases = tuple(analysis.analysis_cases(summary, summary.choices[0]))
    assert tuple(name for name in names(cases) if name != "Checked") == tuple(expected.split())
    assert all(analysis.is_told(case.claim) for case in cases if isinstance(case, of_analysis.Checked))


def test_where_no_change_is_sure_that_is_said():
    diagnosis = USUAL.diagnosis_of("l2")
    wide = {"low": -1.0, "high": 1.0}
    open_ones = tuple(
        replace(
            shift,
            training=replace(shift.training, **wide),
            validation=replace(shift.validation, **wide),
            gap=replace(shift.gap, **wide),
        )
        for shift in diagnosis.shifts
    )
    unsure = replace(USUAL, diagnoses=(replace(diagnosis, shifts=open_ones),))
    assert "NothingSure" in names(analysis.analysis_cases(unsure, unsure.choices[0]))


def test_a_claim_that_could_not_be_looked_at_is_left_to_the_table_of_claims():
    claims = [case.claim for case in analysis.analysis_cases(USUAL, USUAL.choices[0]) if hasattr(case, "claim")]
    assert "dropout differs" not in {claim.key for claim in claims}
    both = make_summary(make_study(variants=("dropout", "l2")))
    said = {
        choice.variant: [case.claim.key for case in analysis.analysis_cases(both, choice) if hasattr(case, "claim")]
        for choice in both.choices
    }
    assert ("dropout differs" in said["l2"], "dropout differs" in said["dropout"]) == (True, False)


OUTCOMES = [
    (USUAL, of_analysis.Helps),
    (judged(verdict="equivalent"), of_analysis.MakesNoDifference),
    (judged(verdict="undecided"), of_analysis.Open),
    (judged(verdict="worse"), of_analysis.Open),
    (judged(difference=math.nan), of_analysis.NotComparable),
    (with_losses({0.0: [0.1, 0.11, 0.1], 0.1: [0.3, 0.31, 0.3], 1.0: [0.5, 0.51, 0.5]}), of_analysis.SmallestIsBest),
    (with_losses({0.0: [0.1, 0.13, 0.1], 0.1: [0.12, 0.1, 0.13]}), of_analysis.SmallestIsLowest),
    (with_losses({0.001: [0.2, 0.3]}), of_analysis.NotComparable),
    (without_trials(), of_analysis.NoAnswer),
]


@pytest.mark.parametrize(("summary", "expected"), OUTCOMES, ids=[expected.__name__ for _, expected in OUTCOMES])
def test_the_takeaway_is_what_became_of_the_penalty(summary, expected):
    choice = summary.choices[0]
    outcome = next(analysis.takeaway_cases(summary, choice))
    assert isinstance(outcome, expected)
    for words in (ENGLISH, EGYPTIAN):
        assert analysis.takeaway(summary, choice, words)[0] == words.document.takeaway(outcome)


def test_every_outcome_is_in_the_table():
    assert {expected for _, expected in OUTCOMES} == set(typing.get_args(of_analysis.Outcome))


def test_of_several_strengths_only_the_surely_worse_are_called_so():
    found = with_losses({0.0: [0.1, 0.13, 0.1], 0.1: [0.12, 0.1, 0.13], 1.0: [0.9, 0.91, 0.9]})
    assert analysis.outcome(found.choices[0]) == of_analysis.SmallestIsLowest(0.0, (1.0,))


@pytest.mark.parametrize("verdict", ["supported", "contradicted", "undecided"])
def test_a_claim_that_is_decided_where_the_comparison_is_open_is_reconciled_with_it(verdict):
    diagnosis = USUAL.diagnosis_of("l2")
    claims = tuple(replace(c, verdict=verdict) if c.key == "better generalization" else c for c in diagnosis.claims)
    for summary, is_open in ((judged(verdict="undecided"), True), (USUAL, False)):
        found = replace(summary, diagnoses=(replace(diagnosis, claims=claims),))
        said = names(analysis.takeaway_cases(found, found.choices[0]))
        assert ("AloneItWouldBe" in said) == (is_open and verdict != "undecided")


def test_the_sides_are_mentioned_where_one_could_be_seen():
    assert names(analysis.takeaway_cases(USUAL, USUAL.choices[0]))[1:] == ("BothSides",)
    single = make_summary(make_study(seeds=1))
    assert names(analysis.takeaway_cases(single, single.choices[0]))[1:] == ()


def test_only_what_was_trained_is_said_to_be():
    assert analysis.made(USUAL).networks == analysis.made(USUAL).planned == 20
    assert ENGLISH.document.trained(analysis.made(USUAL)).startswith(
        "20 networks were trained: every strength with 5 seeds"
    )
    broken = ended((1e-2,), seeds=[3])
    assert ENGLISH.document.trained(analysis.made(broken)).startswith("19 of 20 networks were trained to the end")
    assert "4 to 5 seeds" in ENGLISH.document.trained(analysis.made(make_summary(GROWN)))
