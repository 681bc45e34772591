"""The examples build on the data that they are for, and run from end to end as their headers say."""

import ast
import runpy
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import ridgepath as rp
from ridgepath.builders import find_builder
from ridgepath.cli import main
from ridgepath.images import DEBIAN
from ridgepath.training.lowering import lower
from ridgepath.training.models import build_model, load_build

EXAMPLES = Path(__file__).parent.parent / "examples"
FILES = sorted(file.name for file in EXAMPLES.glob("*.py"))

IMAGES = (np.zeros((4, 28, 28), np.float32), np.zeros(4, np.int32))
PATIENTS = (np.zeros((4, 11), np.float32), np.zeros(4, np.float32))

BUILDERS = [
    # builder, its argument, a batch like those that it is trained on, parameters
    ("task.py:build", "l2v", IMAGES, 101_770),
    ("task.py:l2_or_dropout", "l2", IMAGES, 101_770),
    ("task.py:l2_or_dropout", "dropout", IMAGES, 101_770),
    ("convolutional.py:build", "l2", IMAGES, 6_234),
    ("convolutional.py:build", "dropout", IMAGES, 6_234),
    ("tabular.py:build", "l2", PATIENTS, 833),
    ("tabular.py:build", "weight_decay", PATIENTS, 833),
]

needs_fashion_mnist = pytest.mark.skipif(
    not (DEBIAN / "fashion-mnist").is_dir(), reason="Fashion-MNIST is not on this machine"
)
input_shape = pytest.mark.filterwarnings("ignore:Do not pass an `input_shape`:UserWarning")


@input_shape
@pytest.mark.parametrize(("location", "argument", "batch", "parameters"), BUILDERS)
def test_it_builds_and_is_trained_by_a_compiled_program(location, argument, batch, parameters):
    build = load_build(find_builder(f"{EXAMPLES / location}"))
    model = build_model(build, 0.01, seed=0, example=batch, argument=argument)
    assert model.count_params() == parameters
    assert lower(model, batch).key


@input_shape
def test_the_task_is_the_same_network_in_both_spellings(tmp_path):
    text = (EXAMPLES / "task.py").read_text(encoding="utf-8")
    assert "from tensorflow.keras import" in text
    (tmp_path / "task.py").write_text(text.replace("from tensorflow.keras import", "from keras import"), "utf-8")
    models = [
        build_model(load_build(find_builder(str(folder / "task.py"))), 0.01, seed=1, example=IMAGES)
        for folder in (EXAMPLES, tmp_path)
    ]
    first, second = ([(type(layer), layer.get_config()["units"]) for layer in m.layers[1:]] for m in models)
    assert first == second
    for one, other in zip(*(model.get_weights() for model in models), strict=True):
        np.testing.assert_array_equal(one, other)


def test_every_example_is_in_the_table_and_begins_with_its_command():
    table = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    assert FILES
    for name in FILES:
        header = ast.get_docstring(ast.parse((EXAMPLES / name).read_text(encoding="utf-8")))
        commands = [line.split("`")[1] for line in table.splitlines() if f"examples/{name}" in line]
        assert commands
        for command in commands:
            assert command in header


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.slow
@pytest.mark.parametrize("command", [["run", "task.py"], ["compare", "task.py:l2_or_dropout"]], ids=" ".join)
def test_a_builder_file_runs(elsewhere, digits_file, capsys, command):
    few = ["--data", str(digits_file), "--seeds", "2", "--epochs", "2", "--study", "study"]
    with pytest.raises(SystemExit) as ended:
        main([command[0], str(EXAMPLES / command[1]), *few])
    assert ended.value.code == 0, capsys.readouterr().err
    trials = rp.open_study("study").trials
    assert set(trials["engine"]) == {"jax"}
    assert set(trials["status"]) == {"done"}


def run_shortened(monkeypatch, name, **fewer):
    """Run a program of the examples with fewer seeds and epochs; return its path."""
    fit_path = rp.fit_path
    monkeypatch.setattr(rp, "fit_path", lambda *given, **settings: fit_path(*given, **{**settings, **fewer}))
    return runpy.run_path(str(EXAMPLES / name), run_name="__main__")["path"]


@pytest.mark.slow
@needs_fashion_mnist
def test_the_convolutional_network_runs_and_can_be_resumed(elsewhere, monkeypatch, capsys):
    path = run_shortened(monkeypatch, "convolutional.py", seeds=1, epochs=2, vary={"l2": [0.1], "dropout": [0.5]})
    assert len(path.trials) == 4
    assert set(path.trials["engine"]) == {"jax"}
    assert "on the test images" in capsys.readouterr().out
    assert path.study.keeps_best
    assert len(rp.resume("studies/convolutional", seeds=2, progress=False).trials) == 8


@pytest.mark.slow
def test_the_regression_runs_and_predicts_new_rows(elsewhere, monkeypatch, capsys):
    path = run_shortened(monkeypatch, "tabular.py", seeds=5, epochs=3)
    assert set(path.trials["engine"]) == {"jax"}
    printed = capsys.readouterr().out
    assert "test_mae" in printed
    assert len(pd.Series(printed.splitlines()).str.extract(r"\[\s*(\d+)\.\]").dropna()) == 3
    assert (elsewhere / "studies" / "tabular" / "report.html").is_file()
