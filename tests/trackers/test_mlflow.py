"""MLflow: a real server on a SQLite file, asked over HTTP what it holds."""

import functools
import json
import os
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from mlflow import MlflowClient
from stored import DIVERGING, FAILING, ask, make_store

from ridgepath.report.html import page
from ridgepath.results import DONE
from ridgepath.store import StudyStore
from ridgepath.study import Trial
from ridgepath.trackers.cards import StudyCard, curves, finals, trial_key, trial_name, trial_results
from ridgepath.trackers.destinations import Destination
from ridgepath.trackers.mlflow import MlflowTracker
from ridgepath.tracking import log_study

PROGRAM = Path(sys.prefix) / "mlflow-server" / "bin" / "mlflow"
"""In an environment of its own, which `make test-slow` sets up: it wants older packages than ours."""

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not PROGRAM.exists() and not os.environ.get("CI"), reason="no MLflow server; `make test-slow` sets one up"
    ),
]


@pytest.fixture(scope="module")
def server(serving, tmp_path_factory):
    folder = tmp_path_factory.mktemp("mlflow")
    places = (
        "--backend-store-uri",
        f"sqlite:///{folder / 'mlflow.db'}",
        "--artifacts-destination",
        folder / "artifacts",
    )
    return serving((PROGRAM, "server", *places, "--port", "{port}", "--workers", "1"), health="/health")


@pytest.fixture
def client(server):
    return MlflowClient(server)


@pytest.fixture
def store(tmp_path, request):
    """A study that no other test logs: its identity is another one."""
    store = make_store(tmp_path / "my study")
    store.remember({"created": request.node.name})
    return store


@pytest.fixture
def few(tmp_path, request):
    """The same with two trials of its nine."""
    few = make_store(tmp_path / "few", only=lambda trial: trial.strength < 0.01 and trial.seed == 0)
    few.remember({"created": request.node.name})
    return few


@pytest.fixture
def log(server, summary_of):
    return lambda store: log_study(store, summary_of(store), Destination("mlflow", server))


def experiment_of(client, store):
    [found] = client.search_experiments(filter_string=f"tags.`ridgepath.study` = '{StudyCard.of(store).identity}'")
    return found


def runs_of(client, store):
    """Return the run of the study, and those of its trials by their keys."""
    runs = client.search_runs([experiment_of(client, store).experiment_id])
    [study] = [run for run in runs if "mlflow.parentRunId" not in run.data.tags]
    trials = [run for run in runs if run is not study]
    by_key = {run.data.tags["ridgepath.trial"]: run for run in trials}
    assert len(by_key) == len(trials), "no trial is there twice"
    assert {run.data.tags["mlflow.parentRunId"] for run in trials} <= {study.info.run_id}
    return study, by_key


def histories_of(client, run):
    return {
        name: [(each.step, each.value) for each in client.get_metric_history(run.info.run_id, name)]
        for name in run.data.metrics
    }


def test_every_trial_is_a_run_within_that_of_the_study(store, client, log, server):
    assert log(store) == f"{server}/#/experiments/{experiment_of(client, store).experiment_id}/runs"
    assert experiment_of(client, store).name == StudyCard.of(store).title
    _, runs = runs_of(client, store)
    for result in trial_results(store.results()):
        run = runs.pop(trial_key(result.trial))
        trial = result.trial
        assert run.info.run_name == trial_name(trial)
        assert run.data.params == {"variant": "l2", "strength": str(trial.strength), "seed": str(trial.seed)}
        assert run.data.tags["ridgepath.status"] == result.status
        assert run.info.status == ("FINISHED" if result.status == DONE else "FAILED")
        assert run.info.end_time - run.info.start_time == round(1000 * result.seconds)
        expected = {name: [] for name, _, _ in curves(result)}
        for name, epoch, value in curves(result):
            expected[name].append((epoch, value))
        expected |= {f"final/{name}": [(4, value)] for name, value in finals(result).items()}
        assert run.data.metrics == {name: history[-1][1] for name, history in expected.items()}
        if trial.strength == 0.01:  # Of these, one is done, one diverged and one failed.
            assert histories_of(client, run) == expected
    assert not runs


def test_the_study_has_parameters_numbers_verdicts_answer_and_report(store, client, log, summary_of, server):
    log(store)
    summary, (run, _) = summary_of(store), runs_of(client, store)
    assert run.info.run_name == "my study"
    assert run.info.status == "FINISHED"
    assert run.data.params.items() >= {("epochs", "4"), ("batch_size", "32"), ("data", "mnist-5k"), ("keras", "3.15.1")}
    assert run.data.metrics["strength_min"] == summary.strength_min
    assert run.data.metrics["strength_1se"] == summary.strength_1se
    compared = {f"verdict {e.strength[1]:.3g} against {e.against[1]:.3g}": e.verdict for e in summary.comparisons}
    assert {name: run.data.tags[name].split(",")[0] for name in compared} == compared
    assert run.data.tags["mlflow.note.content"].startswith(f"Strength {summary.strength_min:.3g} has the lowest mean")
    assert [each.path for each in client.list_artifacts(run.info.run_id)] == ["report.html"]
    artifact = f"{server}/get-artifact?path=report.html&run_uuid={run.info.run_id}"
    assert ask(artifact).decode() == page(summary)


def test_logged_again_nothing_is_added(few, client, log):
    log(few)
    study, trials = runs_of(client, few)
    before = [histories_of(client, run) for run in (study, *trials.values())]
    log(few)
    study_again, trials_again = runs_of(client, few)
    assert {key: run.info.run_id for key, run in trials_again.items()} == {k: r.info.run_id for k, r in trials.items()}
    assert [histories_of(client, run) for run in (study_again, *trials_again.values())] == before


def test_what_grows_and_is_moved_stays_one_experiment(store, client, log, tmp_path):
    log(store)
    done = next(result for result in trial_results(store.results()) if result.status == DONE)
    moved = StudyStore.open(store.folder.rename(tmp_path / "moved"))
    moved.grow(replace(store.study, seeds=(3,)))
    moved.add(replace(done, trial=Trial("l2", 0.001, 3)))
    log(moved)
    study, trials = runs_of(client, moved)
    assert len(trials) == 10
    assert study.info.status == "KILLED", "two trials of the new seed are still to be trained"
    assert [step for step, _ in histories_of(client, study)["trials"]] == [9, 10]


def test_a_trial_that_was_trained_again_goes_on_in_its_run(store, client, log):
    log(store)
    _, before = runs_of(client, store)
    done = next(result for result in trial_results(store.results()) if result.status == DONE)
    store.add(replace(done, trial=FAILING))
    log(store)
    _, after = runs_of(client, store)
    run = after[trial_key(FAILING)]
    assert run.info.run_id == before[trial_key(FAILING)].info.run_id
    assert (run.info.status, run.data.tags["ridgepath.status"]) == ("FINISHED", "done")
    assert "ridgepath.reason" not in run.data.tags
    assert run.data.metrics["final/val_data_loss"] == done.figures["val_data_loss"]
    assert after[trial_key(DIVERGING)].data.tags["ridgepath.reason"] == "loss not finite in epoch 3"


@pytest.mark.parametrize(
    ("call", "nth"),
    [("create_run", 1), ("log_batch", 1), ("create_run", 2), ("log_batch", 2), ("set_terminated", 1), ("set_tag", 1)],
)
def test_what_is_cut_off_is_made_whole_the_next_time(few, client, log, server, monkeypatch, call, nth):
    """Cut the line after a call: the first run and batch are the study's, the others those of its first trial."""
    first = next(trial_results(few.results()))
    original, calls = getattr(MlflowClient, call), []

    def cut_off(self, *arguments, **named):
        calls.append(original(self, *arguments, **named))
        if len(calls) == nth:
            raise ConnectionError("the line is dead")
        return calls[-1]

    monkeypatch.setattr(MlflowClient, call, cut_off)
    with pytest.raises(ConnectionError):
        MlflowTracker(StudyCard.of(few), server).add(first)
    monkeypatch.undo()
    log(few)
    study, runs = runs_of(client, few)
    assert study.data.params == {name: value for name, value in StudyCard.of(few).parameters.items() if value}
    run = runs[trial_key(first.trial)]
    assert run.info.status == "FINISHED"
    assert histories_of(client, run)["val_data_loss"] == list(enumerate(first.epochs["val_data_loss"], 1))
    assert len(runs) == 2


def test_runs_that_come_in_many_pages_are_all_found(few, client, log, monkeypatch):
    monkeypatch.setattr(MlflowClient, "search_runs", functools.partialmethod(MlflowClient.search_runs, max_results=2))
    log(few)
    log(few)
    monkeypatch.undo()
    assert len(runs_of(client, few)[1]) == 2


def test_an_experiment_in_the_bin_is_taken_out_of_it(few, client, log):
    log(few)
    client.delete_experiment(experiment_of(client, few).experiment_id)
    log(few)
    assert len(runs_of(client, few)[1]) == 2


def test_verdicts_that_are_no_longer_found_are_taken_away(few, client, log):
    log(few)
    study, _ = runs_of(client, few)
    client.set_tag(study.info.run_id, "verdict 5 against 4", "better")
    log(few)
    assert "verdict 5 against 4" not in runs_of(client, few)[0].data.tags


def test_names_that_mlflow_does_not_allow_are_written_with_those_that_it_does(few, server):
    result = next(trial_results(few.results()))
    odd = {"f1@0.5 (μ)": [0.25], "../../outside//": [0.5]}
    tracker = MlflowTracker(StudyCard.of(few), server)
    tracker.add(replace(result, epochs=odd, figures={"val_f1@0.5 (μ)": 0.25}))
    run = MlflowClient(server).get_run(tracker._trials[trial_key(result.trial)].info.run_id)
    assert run.data.metrics == {"f1_0.5 ___": 0.25, "outside": 0.5, "final/val_f1_0.5 ___": 0.25}


def test_long_curves_are_written_in_parts(few, client, server):
    result = replace(next(trial_results(few.results())), epochs={"val_data_loss": [1 / k for k in range(1, 2502)]})
    tracker = MlflowTracker(StudyCard.of(few), server)
    tracker.add(result)
    [run] = runs_of(client, few)[1].values()
    assert histories_of(client, run)["val_data_loss"] == [(k, 1 / k) for k in range(1, 2502)]


def test_the_callers_environment_is_as_it_was_and_nothing_is_printed(few, log, capfd):
    before = dict(os.environ)
    log(few)
    assert dict(os.environ) == before
    assert capfd.readouterr() == ("", "")


def test_the_environment_variable_names_the_server(few, summary_of, client, server, monkeypatch):
    monkeypatch.setenv("MLFLOW_TRACKING_URI", server)
    log_study(few, summary_of(few), Destination("mlflow"))
    assert len(runs_of(client, few)[1]) == 2


def test_the_page_of_the_server_lists_the_experiment(few, log, server):
    log(few)
    asked = {"max_results": 100, "filter": f"name = '{StudyCard.of(few).title}'"}
    found = json.loads(ask(f"{server}/api/2.0/mlflow/experiments/search", json=asked))["experiments"]
    assert [{each["key"]: each["value"] for each in experiment["tags"]} for experiment in found] == [
        {"ridgepath.study": StudyCard.of(few).identity, "mlflow.experimentKind": "custom_model_development"}
    ]
