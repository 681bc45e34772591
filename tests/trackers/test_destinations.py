"""Where a study is logged to, as the user writes it; what is wrong is said before anything is trained."""

import importlib.util

import pytest

from ridgepath.cli import main
from ridgepath.errors import InputError
from ridgepath.trackers.destinations import Destination, read_destinations, without_credentials


def test_a_program_may_have_a_place_and_is_there_once():
    assert read_destinations("tensorboard") == (Destination("tensorboard"),)
    assert read_destinations(["optuna=sqlite:///a=b.db", "tensorboard=runs", "tensorboard=runs"]) == (
        Destination("optuna", "sqlite:///a=b.db"),
        Destination("tensorboard", "runs"),
    )
    assert read_destinations(()) == ()
    assert [str(each) for each in read_destinations(["optuna", "tensorboard=runs"])] == ["optuna", "tensorboard=runs"]


@pytest.mark.parametrize(
    ("log", "says"),
    [
        ("wandb", "a study is logged to one of mlflow, tensorboard, optuna; received 'wandb'. Give one of them"),
        ("Optuna", "received 'Optuna'"),
        ("tensorboard=", "a place after tensorboard=; received nothing. Give one, or tensorboard alone."),
        (
            "optuna=trials.db",
            "an address such as sqlite:///trials.db; received 'trials.db'. Write optuna=sqlite:///tria",
        ),
    ],
)
def test_what_is_written_wrongly_is_said_before_training(log, says, tmp_path, capsys):
    with pytest.raises(SystemExit) as ended:
        main(["run", "--log", log, "--study", str(tmp_path / "study"), "--data", "digits"])
    assert ended.value.code == 2
    printed = capsys.readouterr()
    assert says in printed.err
    assert printed.err.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("program", ["mlflow", "tensorboard", "optuna"])
def test_a_package_that_is_missing_is_named_with_its_extra(program, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(InputError, match=rf"Install what it needs with: pip install 'ridgepath\[{program}\]'"):
        read_destinations(f"{program}=http://127.0.0.1:1")


def test_mlflow_without_a_server_needs_more_than_its_client(monkeypatch):
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "sqlalchemy" else found(name))
    for log in ("mlflow", "mlflow=sqlite:///mlflow.db"):
        with pytest.raises(InputError, match="the address of an MLflow server"):
            read_destinations(log)
    assert read_destinations("mlflow=https://host")
    monkeypatch.setenv("MLFLOW_TRACKING_URI", "http://127.0.0.1:5000")
    assert read_destinations("mlflow") == (Destination("mlflow"),)


def test_passwords_are_not_written_down():
    written = "run --log optuna=postgresql://me:secret@host/db --log mlflow=https://me@host:5000"
    assert without_credentials(written) == "run --log optuna=postgresql://host/db --log mlflow=https://host:5000"
    assert without_credentials("mail me@home, or see http://host/a@b") == "mail me@home, or see http://host/a@b"
