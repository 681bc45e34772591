import dataclasses
import math

import pytest
from synthetic import make_results, make_study, make_summary, set_trials

from ridgepath.report.families import Terms
from ridgepath.report.formatting import write_estimate
from ridgepath.report.sentences import (
    answer,
    curves_caption,
    how_sure,
    keras_disagrees,
    on_test_examples,
    path_caption,
    which_variant,
)
from ridgepath.report.summary import summarize
from ridgepath.results import DIVERGED, Results


def summary_of(losses, *, keras=None, test=1000):
    study = make_study(strengths=tuple(losses), seeds=len(next(iter(losses.values()))), test=test)
    results = set_trials(make_results(study), "val_data_loss", losses)
    results = set_trials(results, "val_loss", keras or losses)
    return summarize(study, results, name="s", seconds=1.0, context={})


def answer_of(losses):
    summary = summary_of(losses)
    return answer(summary, summary.choices[0])


def test_the_answer_names_both_choices_and_their_ground():
    assert answer_of({0.0: [0.40, 0.46], 1e-4: [0.28, 0.32], 1e-3: [0.31, 0.33], 1e-2: [0.5, 0.7]}) == (
        "Strength 0.0001 has the lowest mean validation data loss, 0.300 ± 0.020 (2 seeds, 1,000 validation examples).",
        "Whether it is better than strength 0 is undecided: -0.130 (95% interval -0.76 to 0.50); "
        "about 3 seeds in all would decide it.",
        "The largest strength within one standard error of it is 0.001.",
    )


@pytest.mark.parametrize(
    ("losses", "last"),
    [
        ({0.0: [0.2, 0.4], 1.0: [0.8, 0.9]}, "No larger strength is within one standard error of it."),
        ({0.0: [0.8, 0.9], 1.0: [0.2, 0.4]}, "No larger strength was tried."),
    ],
)
def test_the_answer_ends_with_what_the_one_standard_error_rule_says(losses, last):
    assert answer_of(losses)[-1] == last


def test_strength_0_is_not_compared_with_itself():
    assert not any(sentence.startswith("Strength 0 has 0.") for sentence in answer_of({0.0: [0.2, 0.4], 1.0: [1, 2]}))


def test_without_a_standard_error_the_rule_has_no_answer():
    summary = make_summary()
    unknown = dataclasses.replace(summary.choices[0], strength_1se=None)
    assert answer(summary, unknown)[-1].startswith("Without a standard error of its mean")


def test_a_path_of_one_strength_is_not_called_the_lowest():
    expected = "Strength 0.001, the only one tried, has a mean validation data loss of 0.40 ± 0.10 "
    assert answer_of({1e-3: [0.3, 0.5]}) == (expected + "(2 seeds, 1,000 validation examples).",)


def test_without_an_answer_the_reason_is_said():
    study = make_study()
    diverged = make_summary(study, ended=dict.fromkeys(study.trials, (DIVERGED, "loss not finite")))
    assert answer(diverged, diverged.choices[0]) == (
        "All trials (20) diverged or failed, so no strength can be named.",
    )
    whole = make_results(study)
    empty = summarize(study, Results(whole.trials[:0], whole.epochs[:0], {}), name="s", seconds=0.0, context={})
    assert answer(empty, empty.choices[0]) == ("No trial has finished, so there is no answer yet.",)
    expected = "No strength has a finite mean validation data loss, so none can be named."
    assert answer_of({0.0: [math.inf, 1.0], 1.0: [math.nan, 1.0]}) == (expected,)


def test_keras_is_contradicted_only_where_it_picks_another_strength():
    losses = {0.0: [0.40, 0.44], 1e-4: [0.28, 0.32]}
    other = summary_of(losses, keras={0.0: [0.1, 0.1], 1e-4: [0.2, 0.2]})
    expected = "Keras' val_loss contains the penalty; it would pick 0 instead of 0.0001."
    assert keras_disagrees(other.choices[0]) == expected
    assert keras_disagrees(summary_of(losses).choices[0]) is None
    unknown = summary_of(losses, keras={0.0: [math.nan] * 2, 1e-4: [math.nan] * 2})
    assert keras_disagrees(unknown.choices[0]) is None


def test_test_examples_report_the_chosen_strength():
    study = make_study(strengths=(0.0, 1.0), seeds=2)
    results = set_trials(make_results(study), "val_data_loss", {0.0: [1, 2], 1.0: [0.1, 0.2]})
    results = set_trials(results, "test_data_loss", {0.0: [7, 8], 1.0: [0.3, 0.5]})
    results = set_trials(results, "test_accuracy", {0.0: [0, 0], 1.0: [0.8, 0.9]})
    summary = summarize(study, results, name="s", seconds=1.0, context={})
    assert on_test_examples(summary, summary.choices[0]) == (
        "On the 1,000 test examples, which had no part in the choice, strength 1 has "
        "data loss 0.40 ± 0.10, accuracy 0.850 ± 0.050."
    )
    without = summary_of({0.0: [0.1, 0.2]}, test=0)
    assert on_test_examples(without, without.choices[0]) is None


def test_captions_say_what_bars_bands_and_training_figures_are():
    whole, single = make_summary(), make_summary(make_study(seeds=1, train_evaluated=500))
    assert "those of validation losses cover seeds and examples, the others seeds." in path_caption(whole)
    assert "bars cover the examples only" in path_caption(single)
    assert curves_caption(whole).endswith("Bands are 95% t intervals over seeds.")
    divided = make_summary(dataclasses.replace(make_study(), validation="redrawn"))
    assert curves_caption(divided).endswith("those of validation figures account for the overlap of training sets.")
    assert curves_caption(single).endswith("there are no bands; training figures are from 500 training examples.")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"verdict": "better"}, "It is better than strength 0, and the difference is real: -0.1"),
        ({"verdict": "worse"}, "Yet on the seeds that both have it is worse than strength 0"),
        ({"verdict": "equivalent", "margin": 0.25}, "It is equivalent to strength 0: the difference, -0.1"),
        ({"verdict": "equivalent", "margin": 0.25}, "lies within ±0.25."),
        ({"verdict": "undecided", "seeds_needed": 9}, "is undecided: -0.1"),
        ({"verdict": "undecided", "seeds_needed": 9}, "; about 9 seeds in all would decide it."),
        ({"verdict": "undecided", "examples_needed": 4049}, "about 4,000 validation examples would."),
        ({"verdict": "undecided"}, "neither more seeds nor more examples alone would decide it."),
        ({"verdict": "undecided", "seeds": 1}, "one seed decides nothing: add seeds."),
        ({"difference": math.nan, "verdict": "undecided"}, "they have no seed in common."),
    ],
)
def test_the_answer_says_whether_the_difference_from_the_smallest_strength_is_real(change, said):
    summary = make_summary()
    choice = summary.choices[0]
    found = next(each for each in choice.from_smallest if each.strength[1] == choice.strength_min)
    other = dataclasses.replace(choice, from_smallest=(dataclasses.replace(found, **change),))
    assert said in " ".join(answer(summary, other))


def test_where_the_smallest_is_the_lowest_the_others_are_judged():
    assert answer_of({0.0: [0.2, 0.4], 1.0: [1, 1.2], 2.0: [0.25, 0.6]})[1] == "Compared with it: 1 worse, 2 undecided."


def test_how_sure_the_choice_is_sums_to_all_studies_and_corrects_what_it_quotes():
    summary = make_summary(make_study(test=0))
    choice = dataclasses.replace(summary.choices[0], frequencies={0.0: 0.001, 1e-4: 0.25, 1e-3: 0.749})
    said = how_sure(choice)
    assert "the lowest would be 0.001 in 75% and 0.0001 in 25% of studies." in said
    assert f"its loss is {write_estimate(choice.honest.estimate)} (" in said
    assert choice.honest.estimate.mean - choice.honest.optimism == pytest.approx(
        next(p for p in summary.points if p.strength == 1e-3).estimates["val_data_loss"].mean
    )
    assert "Corrected" not in how_sure(make_summary().choices[0])
    assert how_sure(summary_of({1e-3: [0.3, 0.5]}).choices[0]) is None


def ranking_of(losses, *, terms=None, figures=None):
    """Rank variants of one strength each: variant → one loss a seed, the same at every example."""
    study = make_study(strengths=(0.1,), seeds=len(next(iter(losses.values()))), variants=tuple(losses))
    results = make_results(study)
    trials, of_examples = results.trials.copy(), dict(results.example_losses)
    of_examples["validation"] = of_examples["validation"].astype(float)
    for variant, values in losses.items():
        rows = trials["variant"] == variant
        trials["val_data_loss"][rows] = values
        of_examples["validation"][rows] = [[value] for value in values]
        if figures:
            trials["val_accuracy"][rows] = figures[variant]
    changed = Results(trials, results.epochs, of_examples)
    return which_variant(summarize(study, changed, name="s", seconds=1.0, context={}, terms=terms))


def test_the_choices_of_the_variants_are_ranked_and_it_is_said_what_is_sure_of_the_first():
    losses = {"l2": [0.30, 0.31, 0.30, 0.31], "dropout": [0.20, 0.21, 0.21, 0.20], "weight_decay": [0.1, 0.3, 0.3, 0.3]}
    assert ranking_of(losses) == (
        "dropout 0.1 has the lowest mean validation data loss of the variants' choices, 0.2050 ± 0.0029.",
        "It is followed by weight_decay 0.1 with 0.250 ± 0.050 and l2 0.1 with 0.3050 ± 0.0029.",
        "It is surely better than l2 0.1, not surely better than weight_decay 0.1.",
    )


def test_whichever_of_the_two_is_named_first_the_better_one_is_better():
    losses = {"l2": [0.20, 0.21, 0.21, 0.20], "dropout": [0.30, 0.31, 0.30, 0.31]}
    for variants in (("l2", "dropout"), ("dropout", "l2")):
        ranking = ranking_of({variant: losses[variant] for variant in variants})
        assert ranking[2] == "It is surely better than dropout 0.1."


def test_what_is_sure_of_the_first_is_said_in_the_measure_that_is_compared():
    losses = {"l2": [0.20, 0.21, 0.21, 0.20], "dropout": [0.30, 0.31, 0.30, 0.31]}
    accuracies = {"l2": [0.8, 0.81, 0.8, 0.81], "dropout": [0.9, 0.91, 0.9, 0.9]}
    ranking = ranking_of(losses, terms=Terms("val_accuracy", larger_is_better=True), figures=accuracies)
    assert ranking[0].startswith("l2 0.1 has the lowest mean validation data loss")
    assert ranking[2] == ("In validation accuracy it is surely worse than dropout 0.1.")


def test_one_variant_is_not_ranked():
    assert which_variant(make_summary()) == ()
