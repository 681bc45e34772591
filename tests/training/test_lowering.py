import jax
import keras
import numpy as np
import pytest

from ridgepath.training.lowering import Lowered, NotLoweredError, lower
from ridgepath.training.models import build_model
from ridgepath.training.networks import task_network

EXAMPLE = (np.zeros((8, 28, 28), np.float32), np.zeros(8, np.int32))


def lowered(build, strength, *, seed=0):
    return Lowered(build_model(build, strength, seed=seed, example=EXAMPLE), EXAMPLE)


def network(*layers, loss="sparse_categorical_crossentropy"):
    model = keras.Sequential([keras.layers.Flatten(), *layers, keras.layers.Dense(10, "softmax")])
    model.compile("adam", loss)
    return model


def test_strengths_of_a_penalty_share_one_program():
    programs = [lowered(task_network, strength, seed=seed) for seed, strength in enumerate((0.0, 1e-4, 0.3))]
    assert len({program.key for program in programs}) == 1
    assert [list(program.coefficients) for program in programs] == [[0.0], [1e-4], [0.3]]


def test_the_coefficients_are_in_the_order_of_the_variables():
    def build(strength):
        return network(
            keras.layers.Dense(4, kernel_regularizer=keras.regularizers.L1L2(strength, 2.0)),
            keras.layers.Dense(4, bias_regularizer=keras.regularizers.L1(3.0)),
        )

    assert list(lowered(build, 0.5).coefficients) == [0.5, 2.0, 3.0]


def hidden_in_a_closure(strength):
    return network(loss=lambda targets, predictions: strength * keras.ops.mean(predictions, axis=-1))


def in_the_width(strength):
    return network(keras.layers.Dense(int(strength)))


def in_the_dropout(strength):
    return network(keras.layers.Dropout(strength / 10))


def in_captured_values(strength):
    table = keras.ops.convert_to_tensor(np.full((10,), strength, np.float32))
    return network(loss=lambda targets, predictions: keras.ops.sum(table * predictions, axis=-1))


@pytest.mark.parametrize("build", [hidden_in_a_closure, in_the_width, in_the_dropout, in_captured_values])
def test_a_strength_that_changes_the_program_has_a_program_of_its_own(build):
    assert lowered(build, 3.0).key != lowered(build, 4.0).key
    assert lowered(build, 3.0).key == lowered(build, 3.0, seed=1).key


def test_what_is_only_a_number_shares_one_program_wherever_it_stands():
    def build(strength):
        hidden = keras.layers.Dense(4, bias_regularizer=keras.regularizers.L1(strength), activity_regularizer="l2")
        model = network(hidden, keras.layers.ActivityRegularization(l1=2 * strength))
        model.compile(keras.optimizers.AdamW(strength, weight_decay=3 * strength), "sparse_categorical_crossentropy")
        return model

    programs = [lowered(build, strength) for strength in (0.0, 1e-4, 0.3)]
    assert len({program.key for program in programs}) == 1
    assert list(programs[2].coefficients) == pytest.approx([0.3, 0.01, 0.6, 0.0, 0.9])
    assert [program.has_call_losses for program in programs] == [True] * 3


class Own(keras.Sequential):
    """A model whose training is its own."""

    def train_step(self, state, data):
        return super().train_step(state, data)


def trained_in_its_own_way(strength):
    model = Own([keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def run_eagerly(strength):
    model = network()
    model.compile("adam", "sparse_categorical_crossentropy", run_eagerly=True)
    return model


def averaged(strength):
    model = network()
    model.compile(keras.optimizers.Adam(use_ema=True), "sparse_categorical_crossentropy")
    return model


def stateful(strength):
    inputs = keras.Input(batch_shape=(8, 28, 28))
    model = keras.Model(inputs, keras.layers.Dense(10, "softmax")(keras.layers.LSTM(3, stateful=True)(inputs)))
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


class Opaque(keras.layers.Layer):
    """A layer through which no gradient can be taken."""

    def call(self, inputs):
        if not isinstance(inputs, jax.Array):
            return inputs
        return jax.pure_callback(np.asarray, jax.typeof(inputs), inputs)


@pytest.mark.parametrize(
    ("build", "reason"),
    [
        (trained_in_its_own_way, "Own has a train_step of its own"),
        (run_eagerly, "run_eagerly"),
        (averaged, "use_ema"),
        (stateful, "carries its state from batch to batch"),
        (
            lambda strength: network(keras.layers.Dense(4), Opaque()),
            "cannot be traced .*Opaque.call",
        ),
    ],
)
def test_what_cannot_be_lowered_is_refused_with_its_reason(build, reason):
    with pytest.raises(NotLoweredError, match=reason):
        lower(build_model(build, 0.0, seed=0, example=EXAMPLE), EXAMPLE)


def test_lowering_leaves_the_model_as_it_was():
    model = build_model(task_network, 0.25, seed=0, example=EXAMPLE)
    assert Lowered(model, EXAMPLE).key
    assert [v.regularizer and v.regularizer.l2 for v in model.trainable_variables] == [0.25, None, None, None]
    assert model.evaluate(*EXAMPLE, verbose=0, return_dict=True)["loss"] > 0


def test_figures_of_the_weights_are_those_of_the_hidden_kernel():
    low = lowered(task_network, 0.5)
    figures = low.weight_figures(low.state, low.coefficients)
    kernel = low.model.get_weights()[0]
    assert float(figures["weight_norm"]) == pytest.approx(np.linalg.norm(kernel), rel=1e-6)
    assert float(figures["near_zero"]) == pytest.approx(np.mean(np.abs(kernel) < 1e-3))
    assert float(figures["penalty"]) == pytest.approx(0.5 * np.sum(kernel**2), rel=1e-5)
