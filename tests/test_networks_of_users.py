"""Networks as users write them, by the command line: TensorFlow's spelling, classes, several inputs, weights."""

import re

import keras
import numpy as np
import pytest

import ridgepath as rp
from ridgepath.cli import main

TENSORFLOW = """
import tensorflow as tf
from tensorflow.keras import layers, regularizers
from tensorflow.keras.models import Sequential

tf.random.set_seed(1)

def build(l2):
    model = Sequential([
        layers.Rescaling(0.5),
        tf.keras.layers.Dense(4, "relu", kernel_regularizer=regularizers.l2(l2)),
        layers.Dense(3, "softmax"),
    ])
    model.compile(optimizer=tf.keras.optimizers.Adam(0.01), loss="sparse_categorical_crossentropy")
    return model
"""

SUBCLASSED = """
import keras

class Network(keras.Model):
    def __init__(self, l2):
        super().__init__()
        self.hidden = keras.layers.Dense(4, "relu", kernel_regularizer=keras.regularizers.l2(l2))
        self.last = keras.layers.Dense(3, "softmax")

    def call(self, inputs):
        return self.last(self.hidden(inputs))

def build(l2):
    model = Network(l2)
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
"""

FAILING_CALL = """
    def call(self, inputs):
        raise RuntimeError(f"no table for {inputs.shape[1]} columns")
"""

TWO_INPUTS = """
import keras

def build(l2):
    title, body = keras.Input((6,), name="title"), keras.Input((2,), name="body")
    hidden = keras.layers.Dense(4, "relu", kernel_regularizer=keras.regularizers.l2(l2))(title)
    merged = keras.layers.Concatenate()([hidden, body])
    model = keras.Model({"title": title, "body": body}, keras.layers.Dense(3, "softmax")(merged))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
"""

REGRESSION = """
import keras

def build(l2):
    model = keras.Sequential([keras.layers.Dense(1, kernel_regularizer=keras.regularizers.l2(l2))])
    model.compile(keras.optimizers.SGD(0.1), "mse", weighted_metrics=["mae"])
    return model
"""

TOKENS = """
import keras

def build(l2):
    penalty = keras.regularizers.l2(l2)
    model = keras.Sequential([
        keras.layers.Embedding(10, 4, embeddings_regularizer=penalty, mask_zero=True),
        keras.layers.LSTM(4, dropout=0.2, kernel_regularizer=penalty),
        keras.layers.Dense(3, "softmax"),
    ])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""

WITHOUT_PROOF = """
import keras

class Own(keras.Sequential):
    def train_step(self, *arguments):
        return super().train_step(*arguments)

def build(l2):
    model = Own([keras.layers.Dense(3, "softmax", kernel_regularizer=keras.regularizers.l2(l2))])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
"""


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def generator():
    return np.random.default_rng(0)


def split(**arrays):
    """Name the first 30 examples of arrays as training examples, and the last ten to validate and to test."""
    parts = {"train": slice(0, 30), "val": slice(30, 40), "test": slice(40, 50)}
    named = ((name.partition("_"), array) for name, array in arrays.items())
    return {
        f"{role}_{part}" + (f".{which}" if which else ""): array[chosen]
        for (role, _, which), array in named
        for part, chosen in parts.items()
    }


def vectors(generator, *shape):
    return generator.normal(size=(50, *shape)).astype(np.float32)


def classes():
    return np.arange(50, dtype=np.int32) % 3


def trained(here, network, arrays, *options):
    """Train strengths 0 and 0.1 of a network for two epochs by the command line; return the path."""
    (here / "net.py").write_text(network)
    np.savez(here / "data.npz", **arrays)
    few = ["--strengths", "0.1", "--seeds", "1", "--epochs", "2", "--batch-size", "10", "--workers", "1"]
    with pytest.raises(SystemExit) as ended:
        main(["run", "net.py", "--data", "data.npz", "--study", "study", *few, *options])
    assert ended.value.code == 0
    path = rp.open_study("study")
    assert list(path.trials["status"]) == ["done", "done"]
    return path


def test_a_network_in_tensorflows_spelling(here, generator):
    """A layer of preprocessing is in it, for Keras asks TensorFlow about these wherever it is imported."""
    path = trained(here, TENSORFLOW, split(x=vectors(generator, 6), y=classes()))
    assert set(path.trials["engine"]) == {"jax"}
    assert isinstance(path.refit(0.1), keras.Sequential)


@pytest.mark.parametrize("name", ["math.log(2.0)", "random.normal((3,))", "data.Dataset"])
def test_what_else_tensorflow_has_is_said_to_have_no_place(here, capsys, name):
    (here / "net.py").write_text(TENSORFLOW.replace("    model = Seq", f"    tf.{name}\n    model = Seq"))
    np.savez(here / "data.npz", **split(x=np.ones((50, 6), np.float32), y=classes()))
    with pytest.raises(SystemExit) as ended:
        main(["run", "net.py", "--data", "data.npz", "--study", "study", "--workers", "1", "--batch-size", "10"])
    said = [line for line in capsys.readouterr().err.splitlines() if line.startswith("ridgepath:")]
    assert ended.value.code == 2
    assert len(said) == 1
    first = re.match(r"random\.normal|\w+", name)[0]
    assert f"tensorflow.{first} has no place in a network that is trained on JAX; use keras.ops" in said[0]
    assert "net.py, line 9" in said[0]
    assert not (here / "study").exists()


def test_what_fails_in_a_layer_is_said_and_not_keras_account_of_the_call(here, capsys):
    (here / "net.py").write_text(SUBCLASSED.replace("    def call(self, inputs):\n", FAILING_CALL))
    np.savez(here / "data.npz", **split(x=np.ones((50, 6), np.float32), y=classes()))
    with pytest.raises(SystemExit) as ended:
        main(["run", "net.py", "--data", "data.npz", "--study", "study", "--workers", "1", "--batch-size", "10"])
    assert ended.value.code == 2
    assert "received an error: RuntimeError: no table for 6 columns (in Network.call())" in capsys.readouterr().err


def test_a_class_of_ones_own(here, generator):
    path = trained(here, SUBCLASSED, split(x=vectors(generator, 6), y=classes()))
    assert set(path.trials["engine"]) == {"jax"}
    assert path.trials["penalty"].gt(0).tolist() == [False, True]


def test_two_inputs_by_name(here, generator):
    path = trained(here, TWO_INPUTS, split(x_title=vectors(generator, 6), x_body=vectors(generator, 2), y=classes()))
    assert set(path.trials["engine"]) == {"jax"}
    assert np.isnan(path.trials["sensitivity"]).all(), "several inputs have no common unit"
    assert path.report().read_text(encoding="utf-8").startswith("<!doctype html>")


def test_weights_of_examples_in_a_regression(here, generator):
    """An example counts by its weight in what is trained on, and in the losses that are reported."""
    x = vectors(generator, 6)
    weight = np.where(np.arange(50) % 2, 2.0, 0.0).astype(np.float32)
    y = np.where(np.arange(50) % 2, x[:, 0], 1000.0).astype(np.float32)
    path = trained(here, REGRESSION, split(x=x, y=y, weight=weight))
    assert set(path.trials["engine"]) == {"jax"}
    losses = path.results.example_losses["validation"]
    assert (losses[:, ::2] == 0).all()
    assert (losses[:, 1::2] > 0).all()
    kernel, bias = path.refit(0.0).get_weights()
    errors = (y - x @ kernel[:, 0] - bias)[30:40]
    np.testing.assert_allclose(losses[0], weight[30:40] * errors**2, rtol=1e-3)
    assert path.trials["val_data_loss"].max() < 10, "examples of weight 0, far away, have no part in it"


def test_tokens_through_an_embedding_and_an_lstm(here, generator):
    """No small change of a token exists, so that there is no sensitivity; all else is there, by either engine."""
    arrays = split(x=generator.integers(1, 10, (50, 5)).astype(np.int32), y=classes())
    path = trained(here, TOKENS, arrays)
    assert set(path.trials["engine"]) == {"jax"}
    check_readable(path)


@pytest.mark.slow
def test_tokens_by_plain_fit(here, generator):
    arrays = split(x=generator.integers(1, 10, (50, 5)).astype(np.int32), y=classes())
    path = trained(here, TOKENS, arrays, "--engine", "reference")
    assert set(path.trials["engine"]) == {"reference"}
    check_readable(path)


def check_readable(path):
    trials = path.trials
    assert np.isnan(trials["sensitivity"]).all()
    assert trials.drop(columns="sensitivity").select_dtypes("number").notna().all(axis=None)
    for arguments in (["show", "study"], ["show", "study", "--json"], ["report", "study", "--lang", "ar"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == 0


def test_what_is_not_lowered_is_trained_by_fit_and_said_so(here, generator, capsys):
    path = trained(here, WITHOUT_PROOF, split(x=vectors(generator, 6), y=classes()))
    assert set(path.trials["engine"]) == {"reference"}
    said = " ".join(capsys.readouterr().err.split())
    assert "Trained by plain model.fit at 0, 0.1: Own has a train_step of its own." in said
    assert said.count("Own has a train_step of its own") == 1
