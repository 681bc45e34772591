"""A network of a study trained once more: it is the reference engine's, and what is said of it is so."""

from dataclasses import replace

import keras
import numpy as np
import pytest

import ridgepath as rp
from ridgepath.builders import find_builder
from ridgepath.cli import main
from ridgepath.datasets import load_dataset
from ridgepath.errors import InputError, StudyError, TrainingError
from ridgepath.refitting import RULES, plan_refit
from ridgepath.study import Trial
from ridgepath.training.device import batch_order
from ridgepath.training.fitting import train_reference
from ridgepath.training.models import Networks

pytestmark = pytest.mark.usefixtures("standing_worker")

NETWORK = """
import keras

def build(l2):
    hidden = keras.layers.Dense(8, "relu", kernel_regularizer=keras.regularizers.l2(l2))
    model = keras.Sequential([keras.layers.Flatten(), hidden, keras.layers.Dense(10, "softmax")])
    model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""
TRIAL = Trial("l2", 0.01, 1)


@pytest.fixture(scope="module")
def trained(tmp_path_factory, digits_file):
    """Two strengths and two seeds of a small network on 300 training and 100 validation digits, by plain fit."""
    folder = tmp_path_factory.mktemp("refit")
    (folder / "net.py").write_text(NETWORK)
    settings = {"strengths": [0.01], "seeds": 2, "epochs": 2, "engine": "reference", "progress": False}
    return rp.fit_path(f"{folder / 'net.py'}:build", str(digits_file), study=folder / "study", **settings)


@pytest.fixture
def path(trained):
    """The study as a user finds it again."""
    return rp.open_study(trained.folder)


def assert_same_weights(model, other, **tolerance):
    for mine, theirs in zip(model.get_weights(), other.get_weights(), strict=True):
        np.testing.assert_allclose(mine, theirs, **tolerance)


def networks(trained, data):
    return Networks(trained._builder, trained.study, example=(data.train.x[:32], data.train.y[:32]))


def test_on_training_examples_it_is_the_trial_of_the_reference_engine(trained, path, digits_file):
    data = load_dataset(str(digits_file))
    model = networks(trained, data).start(TRIAL)
    result = train_reference(model, TRIAL, data, trained.study)
    assert_same_weights(path.refit(0.01, seed=1), model, rtol=0)
    stored = path.trials.query("strength == 0.01 and seed == 1").iloc[0]
    assert result.figures["val_data_loss"] == pytest.approx(stored["val_data_loss"], rel=1e-5)


def test_on_both_it_is_what_fit_makes_of_training_and_validation_examples(trained, path, digits_file):
    data = load_dataset(str(digits_file))
    x, y = data.pool.batch
    by_fit = networks(trained, data).start(TRIAL)
    for epoch in (1, 2):
        order = batch_order(TRIAL.seed, epoch, 400)
        by_fit.fit(x[order], y[order], batch_size=32, shuffle=False, verbose=0)
    both, training = (path.refit(0.01, seed=1, on=on) for on in ("training+validation", "training"))
    assert_same_weights(both, by_fit, rtol=1e-4, atol=1e-6)
    assert [int(model.optimizer.iterations.value) for model in (both, training)] == [2 * 13, 2 * 10]
    assert np.abs(both.get_weights()[0] - training.get_weights()[0]).max() > 1e-3


@pytest.mark.parametrize("rule", RULES)
def test_a_rule_takes_the_strength_that_the_study_chose(path, rule):
    """Its three choices are told apart here; those of so small a study are one strength."""
    told_apart = {"strength_min": 0.1, "strength_1se": 0.2, "strength_equivalent": 0.3}
    choices = [replace(path.summary().choices[0], **told_apart)]
    given = {
        "builder": None,
        "data": "mine.npz",
        "trials": path.results.trials,
        "variant": None,
        "seed": None,
        "on": "training",
    }
    planned = plan_refit(path.study, rule, choices=lambda: choices, **given)
    assert planned.trial == Trial("l2", told_apart[f"strength_{rule}"], 0)
    assert f"strength_{rule} of the study" in planned.account
    assert path.plan_refit(rule, variant=None, seed=None, on="training").trial.strength == getattr(
        path, f"strength_{rule}"
    )
    unknown = [replace(choices[0], **dict.fromkeys(told_apart))]
    with pytest.raises(InputError, match=f"a study that can choose strength_{rule}; received too few trials"):
        plan_refit(path.study, rule, choices=lambda: unknown, **given)


def asked(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["refit", *map(str, arguments)])
    return ended.value.code, *capsys.readouterr()


def test_the_file_of_the_command_line_is_loaded_and_predicts(path, tmp_path, capsys, digits_file):
    file = tmp_path / "model.keras"
    file.write_text("an older one")
    code, out, _ = asked(capsys, path.folder, "-o", file, "--strength", "0.01", "--seed", 1)
    assert code == 0
    assert out.splitlines() == [
        str(file),
        "l2 0.01, seed 1, 2 epochs, on 300 training examples.",
        "No figure of the study was taken on this network. The trial of this strength and seed was trained in the same "
        "way, and differs by rounding.",
    ]
    model = keras.models.load_model(file)
    x = load_dataset(str(digits_file)).test.x
    np.testing.assert_allclose(model.predict(x, verbose=0), path.refit(0.01, seed=1).predict(x, verbose=0), rtol=1e-3)
    assert list(tmp_path.iterdir()) == [file]


def test_what_is_said_of_a_network_that_has_seen_the_validation_examples(path, tmp_path, capsys):
    code, out, _ = asked(capsys, path.folder, "-o", tmp_path / "m.keras", "--on", "training+validation", "--seed", 7)
    assert code == 0
    assert "seed 7, 2 epochs, on 300 training and 100 validation examples." in out
    assert "No figure of the study was taken on this network. It has seen the validation examples; the test exam" in out
    assert "The study has no trial" in path.plan_refit(3.0, variant=None, seed=None, on="training").account


@pytest.mark.parametrize(
    ("output", "options", "says"),
    [
        ("m.h5", (), "a model's file ends in .keras; received m.h5. Name it m.keras."),
        ("absent/m.keras", (), "a file that a model can be written to; received"),
        ("m.keras", ("--strength", "best"), "a strength is one of 1se, min, equivalent, or a finite number >= 0; rec"),
        ("m.keras", ("--strength", "nan"), "a strength is one of 1se, min, equivalent, or a finite number >= 0; rece"),
        ("m.keras", ("--variant", "dropout"), "a variant out of l2; received 'dropout'."),
        ("m.keras", ("--on", "test"), "examples to train on out of training, training+validation; received 'test'."),
        ("m.keras", ("--seed", "-1"), "seeds must be whole numbers from 0 to 4294967295; received -1."),
    ],
)
def test_what_is_asked_wrongly_is_said_and_nothing_is_written(path, tmp_path, capsys, output, options, says):
    code, out, err = asked(capsys, path.folder, "-o", tmp_path / output, *options)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1
    assert not list(tmp_path.iterdir())


def test_a_network_or_data_that_are_not_the_studys_are_refused(path, tmp_path, digits_file):
    arrays = dict(np.load(digits_file))
    np.savez(tmp_path / "digits.npz", **{**arrays, "x_train": arrays["x_train"][::-1]})
    (tmp_path / "net.py").write_text(NETWORK.replace("Dense(8", "Dense(9"))
    path._data = str(tmp_path / "digits.npz")
    with pytest.raises(StudyError, match="the data of the study; received data that has changed since"):
        path.refit(0.01)
    path._builder = find_builder(f"{tmp_path / 'net.py'}:build")
    with pytest.raises(StudyError, match="the network of the study; received network that has changed since"):
        path.refit(0.01)


def test_a_network_whose_weights_are_not_finite_is_no_model(path, tmp_path, capsys):
    with pytest.raises(TrainingError, match=r"at strength 1e\+06 cannot be trained"):
        path.refit(1e6)
    code, out, err = asked(capsys, path.folder, "-o", tmp_path / "m.keras", "--strength", "1e6")
    assert (code, out) == (1, "")
    assert "cannot be trained" in err
    assert not list(tmp_path.iterdir())
