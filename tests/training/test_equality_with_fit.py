"""The oracle of training: Keras' own ``model.fit``."""

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
from fit_oracle import differences, train_lowered

from ridgepath.training.networks import task_network


@pytest.mark.parametrize("strength", [0.0, 1e-3])
def test_one_epoch_of_mnist_5k_equals_fit_in_float32(mnist_5k, strength):
    assert len(mnist_5k.train.y) % 32 == 24, "the last batch is a smaller one"
    weights, reported = differences(task_network, strength, mnist_5k)
    assert weights < 1e-4
    assert reported < 1e-5


def test_one_epoch_of_mnist_5k_equals_fit_in_float64():
    program = Path(__file__).with_name("fit_oracle.py")
    done = subprocess.run(
        [sys.executable, program, "0", "1e-3"], capture_output=True, text=True, check=True, cwd=program.parent
    )
    for line in done.stdout.splitlines():
        weights, reported = map(float, line.split())
        assert weights < 1e-9
        assert reported < 1e-9


def small(mnist_5k, examples=300):
    from ridgepath.datasets import Dataset, Split

    return Dataset(
        "small",
        Split(mnist_5k.train.x[:examples], mnist_5k.train.y[:examples]),
        Split(mnist_5k.validation.x[:130], mnist_5k.validation.y[:130]),
    )


def l1_everywhere(strength):
    regularizer = keras.regularizers.L1(strength)
    model = keras.Sequential(
        [
            keras.layers.Rescaling(2.0),
            keras.layers.Flatten(),
            keras.layers.Dense(20, activation="tanh", kernel_regularizer=regularizer, bias_regularizer=regularizer),
            keras.layers.Dense(10, kernel_regularizer=keras.regularizers.L1L2(strength, 2 * strength)),
        ]
    )
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9), loss, metrics=["accuracy", "sparse_top_k_categorical_accuracy"]
    )
    return model


def functional_adamw(strength):
    inputs = keras.Input((28, 28))
    hidden = keras.layers.Dense(16, "relu", kernel_regularizer=keras.regularizers.L2(strength))(
        keras.layers.Reshape((784,))(inputs)
    )
    model = keras.Model(inputs, keras.layers.Dense(10, "softmax")(hidden))
    schedule = keras.optimizers.schedules.ExponentialDecay(1e-2, 5, 0.9)
    model.compile(
        keras.optimizers.AdamW(schedule, weight_decay=0.01), "sparse_categorical_crossentropy", metrics=["accuracy"]
    )
    return model


@pytest.mark.parametrize(
    ("build", "strength", "batch_size"),
    [(l1_everywhere, 1e-2, 64), (l1_everywhere, 0.0, 300), (functional_adamw, 1e-2, 100), (functional_adamw, 0.0, 64)],
)
def test_other_dense_networks_equal_fit(mnist_5k, build, strength, batch_size):
    weights, reported = differences(build, strength, small(mnist_5k), epochs=2, batch_size=batch_size)
    assert weights < 1e-4
    assert reported < 1e-4


def test_the_data_loss_is_kept_apart_from_the_penalty(mnist_5k):
    data = small(mnist_5k)
    epochs = train_lowered(task_network, 1e-2, data, seed=0, epochs=2, batch_size=32).epochs
    assert np.allclose(np.add(epochs["val_data_loss"], epochs["penalty"]), epochs["val_loss"])
    assert min(epochs["penalty"]) > 0.1
