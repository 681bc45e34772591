"""Logging beside the training: each trial once, whatever happens, and training does not suffer from it."""

import json
import signal
import subprocess
import sys
import threading

import optuna
import pytest
from stored import free_port

import ridgepath as rp
from ridgepath import tracking
from ridgepath.cli import main
from ridgepath.progress import Watch
from ridgepath.store import StudyStore
from ridgepath.trackers.cards import trial_key, trial_results
from ridgepath.trackers.destinations import Destination
from ridgepath.tracking import Logbook, NotLoggedError, log_study

HERE = Destination("tensorboard")


class Kept:
    """A tracker that keeps what it is told, in a list for all of its kind, and fails when it is told to."""

    sight = "here"
    told, failing = [], []

    def __init__(self, card, where):
        if self.failing:
            raise self.failing.pop()

    def add(self, result):
        if self.failing:
            raise self.failing.pop()
        self.told.append((trial_key(result.trial), threading.current_thread().name))

    def conclude(self, summary):
        self.told.append(("the answer", threading.current_thread().name))


@pytest.fixture
def kept(monkeypatch):
    monkeypatch.setattr(Kept, "told", [])
    monkeypatch.setattr(Kept, "failing", [])
    monkeypatch.setattr(tracking, "_tracker", lambda destination, store: Kept(store, destination.where))
    return Kept


def results_of(store):
    return list(trial_results(store.results()))


def test_trials_are_logged_beside_the_training_and_in_the_end_what_is_missing(store, summary_of, kept, capsys):
    logbook, first = Logbook([HERE]), results_of(store)[:2]
    for result in first:
        logbook.add(store, result)
    logbook.close(store, summary_of(store), Watch())
    meanwhile, in_the_end = kept.told[:2], kept.told[2:]
    assert meanwhile == [(trial_key(result.trial), "ridgepath-log") for result in first]
    assert [name for name, _ in in_the_end] == [*(trial_key(each.trial) for each in results_of(store)), "the answer"]
    assert {thread for _, thread in in_the_end} == {"MainThread"}
    assert capsys.readouterr().err.splitlines() == ["logging to tensorboard", "Logged to tensorboard; look: here"]


def test_a_tracker_that_fails_is_left_alone_until_the_end(store, summary_of, kept, capsys):
    kept.failing.append(ConnectionError("nobody there"))
    logbook = Logbook([HERE])
    for result in results_of(store):
        logbook.add(store, result)
    logbook.close(store, summary_of(store), Watch())
    assert len(kept.told) == 10
    assert {thread for _, thread in kept.told} == {"MainThread"}
    assert "Logged to tensorboard" in capsys.readouterr().err


@pytest.mark.parametrize("quiet", [False, True])
def test_one_that_fails_to_the_end_is_said_in_a_line_also_where_nothing_else_is(store, summary_of, kept, capsys, quiet):
    kept.failing.append(ConnectionError("\x1b[31mnobody\nthere [bold] at http://me:secret@host"))
    Logbook([HERE]).close(store, summary_of(store), Watch(quiet=quiet))
    folder = store.folder
    assert capsys.readouterr().err.splitlines()[-1] == (
        "The study is not, or not all, in tensorboard: [31mnobody there [bold] at http://host. "
        f"Log it later with: ridgepath log '{folder}' --to tensorboard"
    )


def test_one_that_fails_does_not_keep_another_from_its_trials(store, summary_of, kept, capsys):
    kept.failing.append(ConnectionError("nobody there"))
    Logbook([HERE, Destination("optuna")]).close(store, summary_of(store), Watch())
    said = capsys.readouterr().err
    assert "not all, in tensorboard" in said
    assert "Logged to optuna; look: here" in said


def test_ctrl_c_ends_the_logging_and_not_the_program(store, summary_of, kept, capsys):
    kept.failing.append(KeyboardInterrupt())
    Logbook([HERE]).close(store, summary_of(store), Watch())
    assert "not all, in tensorboard: interrupted. Log it later with: " in capsys.readouterr().err


def test_without_a_destination_nothing_is_started(store, summary_of, capsys):
    logbook = Logbook(())
    logbook.add(store, results_of(store)[0])
    logbook.close(store, summary_of(store), Watch())
    assert not logbook._thread.is_alive()
    assert capsys.readouterr().err == ""


def test_python_and_the_command_line_log_a_study_afterwards(store, tmp_path, capsys):
    [sight] = rp.open_study(store.folder).log("tensorboard", margin=0.01)
    with pytest.raises(SystemExit) as ended:
        main(["log", str(store.folder), "--to", "tensorboard", "--to", f"optuna=sqlite:///{tmp_path / 'all.db'}"])
    assert ended.value.code == 0
    assert capsys.readouterr().out.splitlines() == [sight, f"optuna-dashboard sqlite:///{tmp_path / 'all.db'}"]
    assert len(optuna.get_all_study_names(f"sqlite:///{tmp_path / 'all.db'}")) == 1


def test_what_cannot_be_logged_afterwards_is_exit_code_1_and_a_line(store, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["log", str(store.folder), "--to", "optuna=sqlite:////nowhere/at/all.db"])
    assert ended.value.code == 1
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith(
        "ridgepath: The study is not, or not all, in optuna: (sqlite3.OperationalError) unable"
    )
    assert printed.err.count("\n") == 1


def test_a_server_that_is_not_there_is_given_up_and_named(store, summary_of):
    address = f"http://127.0.0.1:{free_port()}"
    with pytest.raises(
        NotLoggedError, match=r"not all, in mlflow: .* Log it later with: ridgepath log .*my study"
    ) as said:
        log_study(store, summary_of(store), Destination("mlflow", address))
    assert address.removeprefix("http://").split(":")[1] in str(said.value)


def ridgepath(*arguments):
    command = [sys.executable, "-m", "ridgepath", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


SMALL = ("--strengths", "0.1", "--epochs", "2", "--workers", "1")


@pytest.mark.slow
def test_a_study_is_logged_while_it_trains_and_when_it_goes_on(digits_file, tmp_path):
    storage, study = f"optuna=sqlite:///{tmp_path / 'all.db'}", tmp_path / "s"
    log = ("--log", "tensorboard", "--log", storage)
    done = ridgepath("run", "--data", digits_file, *SMALL, "--seeds", "2", "--study", study, *log, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    json.loads(done.stdout)
    done = ridgepath("resume", study, "--seeds", "3", *log)
    assert (done.returncode, done.stderr.splitlines()[-1]) == (
        0, f"Logged to optuna; look: optuna-dashboard sqlite:///{tmp_path / 'all.db'}"
    )  # fmt: skip
    [name] = optuna.get_all_study_names(storage.removeprefix("optuna="))
    logged = optuna.load_study(study_name=name, storage=storage.removeprefix("optuna=")).trials
    assert sorted((trial.params["l2"], trial.params["seed"]) for trial in logged) == [
        (strength, seed) for strength in (0.0, 0.1) for seed in (0, 1, 2)
    ]
    assert len(list((study / "tensorboard").glob("*/done.tfevents"))) == 6
    assert len(list((study / "tensorboard" / "answer").iterdir())) == 2


@pytest.mark.slow
def test_an_interrupted_study_has_logged_what_is_finished(digits_file, tmp_path):
    many = ("--strengths", "0.1", "--seeds", "20", "--epochs", "30")
    arguments = ("run", "--data", digits_file, *many, "--study", tmp_path / "s", "--log", "tensorboard")
    command = [sys.executable, "-m", "ridgepath", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        while process.poll() is None and not list(tmp_path.glob("s/tensorboard/*/done.tfevents")):
            pass
        process.send_signal(signal.SIGINT)
        said = process.stderr.read().splitlines()
    assert process.returncode == 130
    kept = len(StudyStore.open(tmp_path / "s").finished())
    assert 0 < kept < 40
    assert len(list(tmp_path.glob("s/tensorboard/*/done.tfevents"))) == kept
    assert said[-2].startswith("Logged to tensorboard; look: ")
    assert said[-1].startswith(f"Interrupted: {kept} of 40 trials are kept. Go on with: ")


@pytest.mark.slow
def test_a_dead_server_neither_stops_the_training_nor_spoils_its_answer(digits_file, tmp_path):
    server = f"mlflow=http://127.0.0.1:{free_port()}"
    arguments = ("--data", digits_file, *SMALL, "--seeds", "1", "--study", tmp_path / "s", "--log", server, "--json")
    done = ridgepath("run", *arguments)
    assert done.returncode == 0
    assert [point["trials"] for point in json.loads(done.stdout)["path"]] == [1, 1]
    assert done.stderr.startswith("The study is not, or not all, in mlflow: ")
    assert done.stderr.endswith(f"Log it later with: ridgepath log {tmp_path / 's'} --to {server}\n")
    assert done.stderr.count("\n") == 1
