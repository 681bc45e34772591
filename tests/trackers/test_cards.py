"""What trackers are told of a study: names, trials as they were recorded, and what was found."""

import math
import shutil
from dataclasses import replace

import numpy as np
import pytest
from stored import DIVERGING, FAILING, results_of
from synthetic import make_study, make_summary

from ridgepath.store import StudyStore
from ridgepath.study import Trial
from ridgepath.trackers.answers import answered, found, verdicts
from ridgepath.trackers.cards import StudyCard, curves, finals, trial_key, trial_name, trial_results


def test_trials_come_out_of_the_store_as_they_were_recorded(store):
    recorded = {result.trial: result for result in results_of(store.study)}
    for result in trial_results(store.results()):
        expected = recorded.pop(result.trial)
        for name in ("status", "reason", "engine", "seconds"):
            assert getattr(result, name) == getattr(expected, name)
        np.testing.assert_equal(result.figures, dict.fromkeys(result.figures, math.nan) | expected.figures)
        np.testing.assert_equal(result.epochs, {name: [] for name in result.epochs} | expected.epochs)
    assert not recorded


def test_only_what_is_finite_is_logged(store):
    by_trial = {result.trial: result for result in trial_results(store.results())}
    assert {epoch for _, epoch, _ in curves(by_trial[DIVERGING])} == {1, 2}
    assert list(curves(by_trial[FAILING])) == []
    assert finals(by_trial[DIVERGING]) == finals(by_trial[FAILING]) == {}
    done = by_trial[Trial("l2", 0.001, 0)]
    assert len(list(curves(done))) == 4 * len(done.epochs)
    assert finals(done)["val_accuracy"] == done.figures["val_accuracy"]


def test_a_study_keeps_its_identity_when_it_is_moved_or_grows_and_no_other_has_it(store, tmp_path):
    card = StudyCard.of(store)
    assert card.title == f"my study-{card.identity}"
    shutil.copytree(store.folder, tmp_path / "elsewhere")
    moved = StudyStore.open(tmp_path / "elsewhere")
    moved.grow(replace(store.study, seeds=(0, 1, 2, 3)))
    assert StudyCard.of(moved).identity == card.identity
    assert StudyCard.of(moved).name == "elsewhere"
    moved.context["created"] = "2026-01-01T00:00:01+00:00"
    assert StudyCard.of(moved).identity != card.identity


def test_parameters_are_those_that_growing_does_not_change(store):
    card = StudyCard.of(store)
    grown = make_study(strengths=(0.0, 1e-3, 0.01, 0.1), seeds=9, epochs=4)
    assert (
        StudyCard.of(StudyStore(store.folder, grown, metrics=(), context=store.context)).parameters == card.parameters
    )
    assert card.parameters.items() >= {
        ("epochs", "4"), ("batch_size", "32"), ("data", "mnist-5k"), ("network", "build"), ("keras", "3.15.1")
    }  # fmt: skip


def test_no_two_trials_have_the_same_key():
    close = Trial("l2", 0.0001234567, 0), Trial("l2", 0.0001234568, 0)
    assert trial_name(close[0]) == trial_name(close[1]) == "l2 0.000123, seed 0"
    assert [trial_key(trial) for trial in close] == ["l2=0.0001234567 seed=0", "l2=0.0001234568 seed=0"]
    assert trial_key(Trial("l2", 0.0, 3)) == "l2=0 seed=3"


def test_what_was_found_has_the_numbers_of_the_summary():
    summary = make_summary(ended={DIVERGING: ("diverged", "loss not finite")})
    numbers = found(summary)
    assert numbers["strength_min"] == summary.strength_min
    assert numbers["strength_1se"] == summary.strength_1se
    chosen = next(point for point in summary.points if point.strength == summary.strength_min)
    assert numbers["val_data_loss_at_strength_min"] == chosen.estimates["val_data_loss"].mean
    assert (numbers["trials"], numbers["trials_failed"], numbers["seeds"]) == (19, 1, 5)
    compared = {(each.strength[1], each.against[1]): each.verdict for each in summary.comparisons}
    assert set(verdicts(summary)) == {f"{one:.3g} against {other:.3g}" for one, other in compared}
    for (one, other), verdict in compared.items():
        assert verdicts(summary)[f"{one:.3g} against {other:.3g}"].startswith(f"{verdict}, ")
    assert answered(summary).startswith(f"Strength {summary.strength_min:.3g} has the lowest mean validation data loss")


def test_of_several_variants_each_has_its_numbers_by_name():
    summary = make_summary(make_study(variants=("l2", "dropout")))
    numbers = found(summary)
    for choice in summary.choices:
        assert numbers[f"{choice.variant}/strength_min"] == choice.strength_min
    assert "strength_min" not in numbers
    assert any(name.startswith("dropout 0.01 against dropout") for name in verdicts(summary))
    assert answered(summary).count("\n\n") == 2


@pytest.mark.parametrize("trials", [0, 1])
def test_a_study_that_has_hardly_begun_has_an_answer_of_its_own(tmp_path, trials, summary_of):
    study = make_study(seeds=1)
    store = StudyStore.create(tmp_path / "s", study, metrics=("accuracy",), context={})
    for result in list(results_of(study))[:trials]:
        store.add(result)
    numbers = found(summary_of(store))
    assert numbers["trials"] == trials
    assert ("strength_min" in numbers) == bool(trials)
