"""Optuna: what is written is read back by Optuna itself, and asked of the real dashboard."""

import json
import sys
from dataclasses import replace

import optuna
import pytest
from optuna.trial import TrialState
from stored import DIVERGING, FAILING, ask, make_store

from ridgepath.report.markdown import markdown
from ridgepath.results import DONE, FAILED
from ridgepath.store import StudyStore
from ridgepath.study import Trial, Variant
from ridgepath.trackers.cards import StudyCard, trial_key, trial_results
from ridgepath.trackers.destinations import Destination
from ridgepath.trackers.optuna import OptunaTracker
from ridgepath.tracking import log_study

HERE = Destination("optuna")


def address_of(store):
    return f"sqlite:///{store.folder / 'optuna.db'}"


def read(store):
    [name] = optuna.get_all_study_names(address_of(store))
    return optuna.load_study(study_name=name, storage=address_of(store))


def test_every_trial_has_its_parameters_curve_value_and_figures(store, summary_of):
    assert log_study(store, summary_of(store), HERE) == f"optuna-dashboard '{address_of(store)}'"
    study = read(store)
    assert study.study_name == StudyCard.of(store).title
    assert study.direction == optuna.study.StudyDirection.MINIMIZE
    logged = {trial.user_attrs["trial"]: trial for trial in study.trials}
    assert len(study.trials) == len(logged) == 9
    for result in trial_results(store.results()):
        trial, key = result.trial, trial_key(result.trial)
        assert logged[key].params == {"l2": trial.strength, "seed": trial.seed}
        assert logged[key].user_attrs["status"] == result.status
        assert logged[key].duration.total_seconds() == pytest.approx(result.seconds)
        if result.status == DONE:
            assert logged[key].state == TrialState.COMPLETE
            assert logged[key].value == result.figures["val_data_loss"]
            assert logged[key].intermediate_values == dict(enumerate(result.epochs["val_data_loss"], 1))
            assert logged[key].user_attrs.items() >= result.figures.items()
    assert logged[trial_key(DIVERGING)].state == logged[trial_key(FAILING)].state == TrialState.FAIL
    assert list(logged[trial_key(DIVERGING)].intermediate_values) == [1, 2]
    assert logged[trial_key(DIVERGING)].user_attrs["reason"] == "loss not finite in epoch 3"


def test_the_study_has_the_answer_and_its_own_parameters(store, summary_of):
    summary = summary_of(store)
    log_study(store, summary, HERE)
    attributes = read(store).user_attrs
    assert attributes["strength_min"] == summary.strength_min
    assert attributes["epochs"] == "4"
    assert attributes["answer"].startswith(f"Strength {summary.strength_min:.3g} has the lowest mean")
    assert len(attributes["verdicts"]) == len(summary.comparisons)


def test_logged_again_nothing_is_added(store, summary_of):
    log_study(store, summary_of(store), HERE)
    before = read(store).trials
    log_study(store, summary_of(store), HERE)
    assert read(store).trials == before


def test_a_study_that_grows_adds_its_new_trials_with_new_strengths_and_variants(store, summary_of):
    log_study(store, summary_of(store), HERE)
    store.grow(replace(store.study, variants=(Variant("l2", (0.1,)), Variant("dropout", (0.0, 0.5)))))
    done = next(result for result in trial_results(store.results()) if result.status == DONE)
    store.add(replace(done, trial=Trial("l2", 0.1, 0)))
    store.add(replace(done, trial=Trial("dropout", 0.5, 0)))
    log_study(store, summary_of(store), HERE)
    assert [trial.params for trial in read(store).trials[9:]] == [{"dropout": 0.5, "seed": 0}, {"l2": 0.1, "seed": 0}]


def test_a_strength_that_came_after_the_tracker_was_opened_is_logged_too(store):
    tracker = OptunaTracker(StudyCard.of(store), None)
    done = next(result for result in trial_results(store.results()) if result.status == DONE)
    tracker.add(replace(done, trial=Trial("l2", 5.0, 0)))
    tracker.add(replace(done, trial=Trial("l1", 0.5, 0)))
    assert [trial.params for trial in read(store).trials] == [{"l2": 5.0, "seed": 0}, {"l1": 0.5, "seed": 0}]


def test_a_trial_that_was_trained_again_is_there_as_it_failed_and_as_it_was_done(store):
    tracker = OptunaTracker(StudyCard.of(store), None)
    done = next(result for result in trial_results(store.results()) if result.status == DONE)
    tracker.add(replace(done, trial=FAILING, status=FAILED, reason="killed", figures={}, epochs={}))
    tracker.add(replace(done, trial=FAILING))
    tracker.add(replace(done, trial=FAILING))
    assert [trial.state for trial in read(store).trials] == [TrialState.FAIL, TrialState.COMPLETE]


def test_in_a_storage_of_ones_own_every_study_is_found_again_when_its_folder_has_another_name(
    store, summary_of, tmp_path
):
    where = Destination("optuna", f"sqlite:///{tmp_path / 'all.db'}")
    other = make_store(tmp_path / "other")
    other.remember({"created": "2026-02-02T00:00:00+00:00"})
    for each in (store, other):
        log_study(each, summary_of(each), where)
    moved = StudyStore.open(store.folder.rename(tmp_path / "moved"))
    log_study(moved, summary_of(moved), where)
    names = optuna.get_all_study_names(where.where)
    assert sorted(names) == sorted([StudyCard.of(store).title, StudyCard.of(other).title])


def test_nothing_of_optunas_is_printed(store, summary_of, capfd):
    verbosity = optuna.logging.get_verbosity()
    log_study(store, summary_of(store), HERE)
    assert capfd.readouterr() == ("", "")
    assert optuna.logging.get_verbosity() == verbosity


@pytest.mark.slow
def test_the_real_dashboard_shows_study_trials_note_and_path(store, summary_of, serving):
    summary = summary_of(store)
    log_study(store, summary, HERE)
    program = "import sys; from optuna_dashboard._cli import main; sys.exit(main())"
    command = (sys.executable, "-c", program, address_of(store), "--port", "{port}", "--host", "127.0.0.1")
    address = serving(command, health="/api/studies")
    [found] = json.loads(ask(f"{address}/api/studies"))["study_summaries"]
    assert found["study_name"] == StudyCard.of(store).title
    shown = json.loads(ask(f"{address}/api/studies/{found['study_id']}"))
    states = [trial["state"] for trial in shown["trials"]]
    assert (states.count("Complete"), states.count("Fail")) == (7, 2)
    rows = store.results().epochs.query("strength == 0.001 and seed == 1")["val_data_loss"]
    [trial] = [each for each in shown["trials"] if {"key": "trial", "value": "l2=0.001 seed=1"} in each["user_attrs"]]
    assert [each["value"] for each in trial["intermediate_values"]] == pytest.approx(list(rows))
    assert trial["values"] == pytest.approx([rows.iloc[-1]])
    assert {each["name"]: float(each["param_external_value"]) for each in trial["params"]} == {"l2": 0.001, "seed": 1}
    assert shown["note"]["body"] == markdown(summary)
    [graph] = shown["plotly_graph_objects"]
    assert (graph["id"], "var(--" in graph["graph_object"]) == ("path-0", False)
    drawn = json.loads(graph["graph_object"])["layout"]["xaxis"]
    assert drawn["ticktext"] == ["0", "0.001", "0.01"]
