import dataclasses
import json
import math

import numpy as np
import pytest
import scipy.stats
from synthetic import STRENGTHS, make_results, make_study, make_summary, set_trials, with_columns

from ridgepath.report.families import Terms
from ridgepath.report.sentences import answer
from ridgepath.report.summary import Estimate, summarize
from ridgepath.results import DIVERGED, FAILED, Results, column_names, trial_columns
from ridgepath.statistics.balance import balanced_means
from ridgepath.statistics.selection import resample_choices
from ridgepath.statistics.variance import mean_estimate
from ridgepath.study import Trial


def summary_of(study, results):
    return summarize(study, results, name="s", seconds=1.0, context={})


def numbers_of(estimate):
    return [getattr(estimate, name) for name in ("mean", "standard_error", "low", "high")]


def point(summary, strength):
    return next(p for p in summary.points if p.strength == strength)


def choice_of(losses, *, keras=None):
    """Summarize a study in which the validation data losses (strength → one a seed) are these."""
    study = make_study(strengths=tuple(losses), seeds=len(next(iter(losses.values()))))
    results = set_trials(make_results(study), "val_data_loss", losses)
    return summary_of(study, set_trials(results, "val_loss", keras or losses))


def test_an_estimate_agrees_with_scipy():
    study = make_study()
    results = make_results(study)
    trials, summary = results.trials, summary_of(study, results)
    measures = [
        "train_data_loss",
        "test_accuracy",
        "penalty",
        "near_zero",
        "weight_norm",
    ]
    for strength in STRENGTHS[1:]:
        for measure in measures:
            values = trials[measure][trials["strength"] == strength]
            error = scipy.stats.sem(values)
            low, high = scipy.stats.t.interval(0.95, 4, loc=values.mean(), scale=error)
            expected = Estimate(values.mean(), error, low, high, 5)
            found = point(summary, strength).estimates[measure]
            assert numbers_of(found) == pytest.approx(numbers_of(expected), rel=1e-10), measure
            assert (found.trials, found.covers) == (5, "seeds")


def test_data_losses_and_the_gap_have_the_error_of_seeds_and_examples():
    study = make_study()
    results = make_results(study)
    rows = results.trials["strength"] == 1e-3
    losses = {split: table[rows].astype(float) for split, table in results.example_losses.items()}
    gaps = losses["validation"] - results.trials["train_data_loss"][rows, None]
    expected = {"val_data_loss": losses["validation"], "test_data_loss": losses["test"], "gap": gaps}
    for measure, values in expected.items():
        found, theirs = point(summary_of(study, results), 1e-3).estimates[measure], mean_estimate(values)
        assert numbers_of(found) == pytest.approx(numbers_of(theirs), rel=1e-5), measure
        assert found.covers == "seeds and examples"
        assert found.shares == pytest.approx((theirs.share_seeds, theirs.share_examples, theirs.share_rest), rel=1e-5)


def test_an_estimate_by_hand():
    found = point(choice_of({0.0: [0.1, 0.2, 0.6]}), 0.0).estimates["val_data_loss"]
    error = math.sqrt(0.07 / 3)
    assert (found.mean, found.standard_error) == pytest.approx((0.3, error))
    assert (found.low, found.high) == pytest.approx((0.3 - 4.302652730 * error, 0.3 + 4.302652730 * error))


def test_the_gap_is_paired_by_seed():
    study = make_study(strengths=(0.0,), seeds=3)
    results = set_trials(make_results(study), "val_data_loss", {0.0: [1.0, 2.0, 3.5]})
    gap = point(summary_of(study, set_trials(results, "train_data_loss", {0.0: [0.5, 1.5, 2.0]})), 0.0).estimates["gap"]
    assert gap.mean == pytest.approx(2.5 / 3)
    assert gap.standard_error == pytest.approx(scipy.stats.sem([0.5, 0.5, 1.5]))


def test_where_seeds_have_splits_of_their_own_errors_are_those_of_nadeau_and_bengio():
    study = dataclasses.replace(make_study(), validation="redrawn")
    results = make_results(study)
    summary = summary_of(study, results)
    for measure in ("val_data_loss", "val_accuracy", "keras_val_loss", "gap"):
        found = point(summary, 1e-3).estimates[measure]
        if measure == "gap":
            values = results.trials["val_data_loss"] - results.trials["train_data_loss"]
        else:
            values = results.trials["val_loss" if measure == "keras_val_loss" else measure]
        values = values[results.trials["strength"] == 1e-3]
        assert found.standard_error == pytest.approx(math.sqrt((1 / 5 + 1 / 3) * values.var(ddof=1)), rel=1e-5), measure
    assert point(summary, 1e-3).estimates["test_data_loss"].covers == "seeds and examples"
    assert point(summary, 1e-3).estimates["weight_norm"].covers == "seeds"
    assert summary.choices[0].honest.source == "test set"
    notes = " ".join(summary.notes)
    assert "training sets overlap, and that is accounted for (Nadeau and Bengio 2003)" in notes
    assert "Every seed divides the 4,000 training and validation examples anew" in notes
    assert "comes from the seeds and splits, and" in notes


def test_where_seeds_have_splits_of_their_own_the_choice_and_its_figure_know_it():
    study = dataclasses.replace(make_study(test=0), validation="redrawn")
    results = set_trials(
        make_results(study), "val_data_loss", {1e-4: [0.3, 0.4, 0.3, 0.4, 0.3], 1e-3: [0.35, 0.36, 0.37, 0.38, 0.36]}
    )
    summary = summary_of(study, results)
    choice = summary.choices[0]
    table = results.example_losses["validation"].reshape(4, 5, -1)
    generator = np.random.default_rng(0)
    drawn = resample_choices(STRENGTHS, table, generator=generator, resamples=1000, overlap=1 / 3)
    assert list(choice.frequencies.values()) == drawn.frequencies.tolist()
    here, honest = point(summary, choice.strength_min).estimates["val_data_loss"], choice.honest.estimate
    assert (choice.drawn, honest.covers) == (here.covers, here.covers) == ("seeds, examples and splits",) * 2
    assert honest.high - honest.mean == pytest.approx(here.high - here.mean)


def test_the_choice_is_judged_on_data_loss_whatever_strengths_are_compared_on():
    study = make_study()
    results = make_results(study)
    terms = Terms("val_accuracy", larger_is_better=True)
    on_accuracy = summarize(study, results, name="s", seconds=1.0, context={}, terms=terms)
    assert on_accuracy.choices == summary_of(study, results).choices
    assert on_accuracy.families != summary_of(study, results).families


def test_keras_val_loss_is_the_column_val_loss():
    summary = choice_of({0.0: [1.0, 2.0]}, keras={0.0: [5.0, 6.0]})
    assert point(summary, 0.0).estimates["keras_val_loss"].mean == 5.5


def test_the_measures_of_a_point_are_those_of_the_network_and_the_data():
    base = {"val_data_loss", "train_data_loss", "gap", "penalty", "weight_norm", "near_zero", "keras_val_loss"}
    base |= {"best_epoch"}
    metrics = {f"{split}_{name}" for split in ("val", "train", "test") for name in ("mae", "r2")}
    full = make_summary(make_study(), metrics=("mae", "r2"))
    assert set(full.points[0].estimates) == base | metrics | {"test_data_loss"}
    assert full.metrics == ("mae", "r2")
    assert set(make_summary(make_study(test=0), metrics=()).points[0].estimates) == base


def test_trials_that_did_not_end_well_are_counted_and_left_out():
    study = make_study()
    ended = {Trial("l2", 1e-3, 1): (DIVERGED, "loss not finite in epoch 3"), Trial("l2", 1e-3, 4): (FAILED, "killed")}
    broken, whole = make_results(study, ended=ended), make_results(study)
    summary = summary_of(study, broken)
    here = point(summary, 1e-3)
    assert (here.trials, here.failed, here.missing) == (3, 2, 0)
    kept = whole.trials[(whole.trials["strength"] == 1e-3) & np.isin(whole.trials["seed"], [0, 2, 3])]
    assert len(kept) == here.estimates["val_data_loss"].trials
    table = np.array([whole.trials["val_data_loss"][whole.trials["strength"] == s] for s in STRENGTHS])
    table[2, [1, 4]] = np.nan
    assert here.estimates["val_data_loss"].mean == pytest.approx(balanced_means(table)[2])
    assert [dataclasses.astuple(failure) for failure in summary.failures] == [
        ("l2", 1e-3, 1, DIVERGED, "loss not finite in epoch 3"),
        ("l2", 1e-3, 4, FAILED, "killed"),
    ]
    assert "Trials that did not end well are in no figure: 1 diverged and 1 failed, of 20 trials." in summary.notes
    assert any("unequal numbers of finished trials" in note for note in summary.notes)
    curve = next(c for c in summary.curves if (c.strength, c.measure) == (1e-3, "val_data_loss"))
    assert curve.trials == 3


def test_trials_that_were_not_trained_are_missing():
    study = make_study()
    whole = make_results(study)
    kept = whole.trials["seed"] < 2
    losses = {split: table[kept] for split, table in whole.example_losses.items()}
    part = Results(whole.trials[kept], whole.epochs[whole.epochs["seed"] < 2], losses)
    summary = summary_of(study, part)
    assert {(p.trials, p.failed, p.missing) for p in summary.points} == {(2, 0, 3)}
    assert "Not trained yet: 12 of 20 trials. Resume the study to train the rest." in summary.notes


def test_curves_agree_with_scipy():
    study = make_study()
    results = make_results(study)
    summary = summary_of(study, results)
    assert len(summary.curves) == 4 * 5
    epochs = with_columns(results.epochs, gap=results.epochs["val_data_loss"] - results.epochs["train_data_loss"])
    for curve in summary.curves:
        assert curve.epochs == tuple(range(1, 16))
        values = epochs[curve.measure][(epochs["strength"] == curve.strength) & (epochs["epoch"] == 7)]
        low, high = scipy.stats.t.interval(0.95, 4, loc=values.mean(), scale=scipy.stats.sem(values))
        assert (curve.mean[6], curve.low[6], curve.high[6]) == pytest.approx((values.mean(), low, high))
        assert curve.seeds == (0, 1, 2, 3, 4)
        assert [each[6] for each in curve.of_seeds] == values.tolist()


def test_bands_of_validation_figures_account_for_the_overlap_of_training_sets():
    study = dataclasses.replace(make_study(), validation="redrawn")
    results = make_results(study)
    divided, fixed = (summary_of(each, results).curves for each in (study, make_study()))
    for wide, narrow in zip(divided, fixed, strict=True):
        # Of 5 seeds, and 1000 validation over 3000 training examples.
        factor = math.sqrt((1 / 5 + 1 / 3) * 5) if not wide.measure.startswith("train_") else 1
        assert wide.high[6] - wide.mean[6] == pytest.approx(factor * (narrow.high[6] - narrow.mean[6]))


def test_the_choices_of_a_path():
    losses = {0.0: [0.40, 0.44], 1e-4: [0.28, 0.32], 1e-3: [0.31, 0.33], 1e-2: [0.5, 0.7]}
    keras = {0.0: [0.40, 0.44], 1e-4: [0.48, 0.52], 1e-3: [0.81, 0.83], 1e-2: [1.5, 1.7]}
    summary = choice_of(losses, keras=keras)
    assert (summary.strength_min, summary.strength_1se, summary.keras_val_loss_choice) == (1e-4, 1e-3, 0.0)
    assert summary.choices[0].threshold == pytest.approx(0.30 + 0.02)


def test_of_equal_means_the_larger_strength_is_chosen():
    summary = choice_of({0.0: [0.5, 0.7], 1e-4: [0.2, 0.4], 1e-3: [0.4, 0.2]})
    assert (summary.strength_min, summary.keras_val_loss_choice) == (1e-3, 1e-3)


def test_each_variant_chooses_for_itself_and_the_first_is_on_top():
    study = make_study(strengths=(0.0, 1e-3), seeds=2, variants=("l2", "decay"))
    results = make_results(study)
    results.trials["val_data_loss"][results.trials["variant"] == "decay"] = [0.1, 0.2, 0.3, 0.4]
    results.trials["val_data_loss"][results.trials["variant"] == "l2"] = [0.3, 0.4, 0.1, 0.2]
    summary = summary_of(study, results)
    assert [(choice.variant, choice.strength_min) for choice in summary.choices] == [("l2", 1e-3), ("decay", 0.0)]
    assert summary.strength_min == 1e-3
    assert [p.variant for p in summary.points] == ["l2", "l2", "decay", "decay"]


def test_one_seed_has_the_error_of_the_examples_and_decides_nothing():
    summary = make_summary(make_study(strengths=(0.0, 1e-3), seeds=1))
    found = point(summary, 1e-3).estimates
    assert (found["val_data_loss"].covers, found["val_data_loss"].trials) == ("examples", 1)
    assert found["val_data_loss"].standard_error > 0
    assert all(math.isnan(value) for value in numbers_of(found["train_data_loss"])[1:])
    assert summary.to_json()["path"][1]["train_data_loss"]["standard_error"] is None
    assert (summary.strength_min, summary.strength_equivalent) == (1e-3, 1e-3)
    assert {each.verdict for each in summary.comparisons} == {"undecided"}
    assert any(note.startswith("One trial at a strength tells nothing of the noise of seeds") for note in summary.notes)
    assert all(math.isnan(high) for curve in summary.curves for high in curve.high)


def test_one_strength():
    summary = choice_of({1e-3: [0.3, 0.5]})
    assert (summary.strength_min, summary.strength_1se, summary.keras_val_loss_choice) == (1e-3, 1e-3, 1e-3)


def test_a_study_without_a_trial_has_points_without_numbers():
    study = make_study()
    whole = make_results(study)
    summary = summary_of(study, Results(whole.trials[:0], whole.epochs[:0], {}))
    assert {(p.trials, p.failed, p.missing) for p in summary.points} == {(0, 0, 5)}
    assert (summary.strength_min, summary.strength_1se, summary.keras_val_loss_choice) == (None, None, None)
    assert (summary.curves, summary.engines, summary.failures) == ((), (), ())
    json.dumps(summary.to_json(), allow_nan=False)


def test_a_study_in_which_all_diverged_chooses_nothing():
    study = make_study()
    ended = dict.fromkeys(study.trials, (DIVERGED, "loss not finite in epoch 1"))
    summary = make_summary(study, ended=ended)
    assert {(p.trials, p.failed) for p in summary.points} == {(0, 5)}
    assert summary.strength_min is None
    assert summary.curves == ()
    assert summary.to_json()["path"][0]["val_data_loss"]["mean"] is None


def test_a_loss_that_is_not_finite_leaves_no_mean_and_is_said():
    summary = choice_of({0.0: [0.1, math.inf], 1e-3: [0.3, 0.5]})
    assert math.isnan(point(summary, 0.0).estimates["val_data_loss"].mean)
    assert summary.strength_min == 1e-3
    expected = "At strength 0, a finished trial's validation data loss is not finite, so no mean is shown there."
    assert expected in summary.notes


def test_losses_near_the_largest_float_give_no_warning():
    found = point(choice_of({0.0: [1e38, 2e38, 3e38]}), 0.0).estimates["val_data_loss"]
    assert found.trials == 3


def test_the_json_has_the_documented_keys_and_no_nan():
    document = make_summary().to_json()
    assert list(document)[:9] == [
        *("study", "data", "seeds", "path", "strength_min", "strength_1se", "keras_val_loss_choice"),
        *("comparisons", "seconds"),
    ]
    assert document["study"] == "studies/l2"
    assert {name: document["data"][name] for name in ("name", "train", "validation", "test")} == {
        "name": "mnist-5k",
        "train": 3000,
        "validation": 1000,
        "test": 1000,
    }
    assert (document["seeds"], document["seconds"]) == ([0, 1, 2, 3, 4], 41.5)
    assert [(c["variant"], c["strength"], c["against"], c["metric"]) for c in document["comparisons"]] == [
        *(("l2", strength, 0.0, "val_data_loss") for strength in (1e-4, 1e-3, 1e-2)),
        *(("l2", strength, 1e-3, "val_data_loss") for strength in (1e-4, 1e-2)),
    ]
    found = document["comparisons"][3]
    assert (found["kind"], found["family"], found["left_out"], found["within_margin"]) == ("minimum", 6, 0, False)
    assert found["larger_is_better"] is False
    documented = {"variant", "strength", "against", "metric", "difference", "low", "high", "p_value", "verdict"}
    assert documented | {"seeds_needed"} <= set(document["comparisons"][0])
    entry = document["path"][1]
    assert (entry["variant"], entry["strength"], entry["trials"], entry["failed"]) == ("l2", 1e-4, 5, 0)
    estimates = ["val_data_loss", "val_accuracy", "train_data_loss", "penalty", "weight_norm", "near_zero"]
    for name in (*estimates, "keras_val_loss"):
        assert {"mean", "standard_error", "low", "high", "covers"} <= set(entry[name])
    assert sum(entry["val_data_loss"]["noise"].values()) == pytest.approx(1)
    assert json.loads(json.dumps(document, allow_nan=False)) == document


def test_the_table_columns_of_the_synthetic_study_are_those_of_a_real_one():
    columns = list(column_names(make_results(make_study()).trials))
    assert columns[7:] == list(trial_columns(("accuracy",), test=True))


@pytest.mark.parametrize(
    ("changes", "said", "not_said"),
    [
        ({}, "test figures from 1,000", "fixed part"),
        ({}, "the test examples had no part in it", "flatters"),
        ({"test": 0}, "flatters the chosen one", "test figures"),
        ({"train_evaluated": 500}, "a fixed part of 500 of the 3,000 training examples", "One trial at a strength"),
        ({"seeds": 1}, "One trial at a strength", "unequal numbers"),
        ({"seeds": 1}, "With one seed only validation and test data loss and the gap have them", "two sources"),
        ({"validation": 1, "test": 0}, "one validation example tells nothing of the noise of examples", "two sources"),
    ],
)
def test_notes_say_what_the_study_asks_for(changes, said, not_said):
    notes = " ".join(make_summary(make_study(**changes)).notes)
    assert ("All others cover the noise of seeds only." in notes) == (1 not in changes.values())
    assert said in notes
    assert not_said not in notes


@pytest.mark.parametrize(
    ("best", "said"),
    [(1e-2, "at the largest strength tried"), (1e-4, "at the smallest strength above 0"), (1e-3, None), (0.0, None)],
)
def test_notes_say_when_the_lowest_mean_lies_at_an_end(best, said):
    notes = choice_of({strength: [0.1, 0.2] if strength == best else [0.5, 0.6] for strength in STRENGTHS}).notes
    found = [note for note in notes if "lowest mean lies" in note]
    assert len(found) == (said is not None)
    assert said is None or said in found[0]


def test_a_larger_strength_that_diverged_was_tried():
    ended = dict.fromkeys([Trial("l2", 1e-2, seed) for seed in range(5)], (DIVERGED, "x"))
    study = make_study()
    results = set_trials(make_results(study, ended=ended), "val_data_loss", {1e-3: [0.01] * 5})
    summary = summary_of(study, results)
    assert summary.strength_min == 1e-3
    assert not any("still larger" in note for note in summary.notes)
    assert answer(summary, summary.choices[0])[-1] == "No larger strength has a finished trial."


def with_a_further_seed(**changes):
    """A study whose strengths 0 and 0.001 have a sixth seed, which is 5 lower for whoever has it."""
    more = tuple(Trial("l2", strength, 5) for strength in (0.0, 1e-3))
    study = dataclasses.replace(make_study(**changes), further=more)
    losses = {0.0: [1, 1, 1, 1, 1.1, -4], 1e-4: [0.3, 0.4, 0.3, 0.4, 0.3], 1e-3: [0.5, 0.6, 0.5, 0.6, 0.5, -4.5]}
    return study, set_trials(make_results(study), "val_data_loss", losses)


@pytest.mark.parametrize("test", [0, 1000])
def test_the_figure_to_quote_is_the_mean_of_the_path_where_strengths_have_unequal_seeds(test):
    study, results = with_a_further_seed(test=test)
    results = set_trials(results, "test_data_loss", {1e-4: [0.4] * 5, 0.0: [1, 1, 1, 1, 1, -4]}) if test else results
    summary = summary_of(study, results)
    assert summary.strength_min == 1e-4
    honest, estimates = summary.choices[0].honest, point(summary, 1e-4).estimates
    assert estimates["val_data_loss"].mean != pytest.approx(0.34)
    of_path = estimates["test_data_loss" if test else "val_data_loss"]
    assert honest.estimate.mean == pytest.approx(of_path.mean + honest.optimism)
    assert honest.estimate.low == pytest.approx(of_path.low + honest.optimism)


def test_what_hangs_on_the_strength_is_not_moved_by_seeds_that_others_have():
    study, results = with_a_further_seed()
    trials = results.trials.copy()
    trials["penalty"] = trials["strength"] * (100 + trials["seed"])
    summary = summary_of(study, Results(trials, results.epochs, results.example_losses))
    assert point(summary, 1e-4).estimates["penalty"].mean == pytest.approx(1e-4 * 102)
    assert point(summary, 0.0).estimates["penalty"].mean == 0


def test_the_order_of_the_rows_does_not_matter():
    study = make_study()
    results = make_results(study)
    order = np.random.default_rng(0).permutation(len(results.epochs))
    losses = {split: table[::-1] for split, table in results.example_losses.items()}
    shuffled = Results(results.trials[::-1], results.epochs[order], losses)
    ours, theirs = summary_of(study, results), summary_of(study, shuffled)
    np.testing.assert_allclose([c.mean for c in ours.curves], [c.mean for c in theirs.curves], rtol=1e-12)
    assert ours.choices == theirs.choices
    assert ours.comparisons == theirs.comparisons
