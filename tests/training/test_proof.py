"""A lowered program that trains otherwise than Keras does not prove itself, whatever is wrong with it."""

import functools

import jax
import keras
import numpy as np
import pytest
from zoo import NETWORKS, VECTORS, of_layer

from ridgepath.study import proof_examples
from ridgepath.training import proof, together
from ridgepath.training.coefficients import Coefficients
from ridgepath.training.lowering import Lowered, NotLoweredError
from ridgepath.training.models import build_model

BATCH = 16


def proved(build, data=VECTORS, **settings):
    few = data.train.take(slice(proof_examples(data.train.examples, BATCH)))
    model = build_model(build, 0.02, seed=0, example=few.take(slice(BATCH)).batch)
    proof.prove(Lowered(model, few.take(slice(BATCH)).batch), few.batch, batch_size=BATCH, **settings)
    return model


def test_it_takes_full_batches_and_the_last_smaller_one():
    assert [proof_examples(*given) for given in ((50, 16), (48, 16), (20, 16), (16, 16))] == [34, 32, 20, 16]


def test_a_network_with_dropout_proves_itself_and_is_as_it_was():
    build, data = NETWORKS["Dropout"]
    model = proved(build, data)
    fresh = build_model(build, 0.02, seed=0, example=data.train.take(slice(BATCH)).batch)
    assert all(np.array_equal(*pair) for pair in zip(model.get_weights(), fresh.get_weights(), strict=True))
    assert int(model.optimizer.iterations.value) == 0


def other_coefficients(monkeypatch):
    right = Coefficients.values.fget
    monkeypatch.setattr(Coefficients, "values", property(lambda self: right(self) * 1.001))


def no_smaller_batch(monkeypatch):
    right = proof.Program._train_epoch

    def epoch(self, state, coefficients, train, order):
        return right(self, state, coefficients, train, order[: len(order) - len(order) % BATCH])

    monkeypatch.setattr(proof.Program, "_train_epoch", epoch)


def other_data_loss(monkeypatch):
    right = Lowered._data_losses
    monkeypatch.setattr(Lowered, "_data_losses", lambda *given: 1.0001 * right(*given))


def other_seeds(monkeypatch):
    right = Lowered.train_step

    def step(self, state, *others):
        moved = [value + 1 if value.dtype == np.uint32 else value for value in state["non_trainable"]]
        return right(self, {**state, "non_trainable": moved}, *others)

    monkeypatch.setattr(Lowered, "train_step", step)


@pytest.mark.parametrize("wrong", [other_coefficients, no_smaller_batch, other_data_loss, other_seeds])
def test_a_wrong_program_is_refused(wrong, monkeypatch):
    wrong(monkeypatch)
    with pytest.raises(NotLoweredError, match="in a proof its lowered program has another"):
        proved(of_layer(lambda strength: keras.layers.Dropout(0.4)))


def test_a_program_for_several_proves_itself_too():
    proved(*NETWORKS["Dropout"], together=True)


def leak(monkeypatch):
    """Let every lane see a little of the weights of all."""
    right = Lowered.train_step

    def step(self, state, *others):
        state, metric_state = right(self, state, *others)
        leaking = [value + 1e-3 * (jax.lax.pmean(value, "lane") - value) for value in state["trainable"]]
        return {**state, "trainable": leaking}, metric_state

    monkeypatch.setattr(Lowered, "train_step", step)
    monkeypatch.setattr(together.jax, "vmap", functools.partial(jax.vmap, axis_name="lane"))


def test_lanes_that_see_each_other_are_refused(monkeypatch):
    leak(monkeypatch)
    with pytest.raises(NotLoweredError, match="in a proof its lowered program has another"):
        proved(of_layer(lambda strength: keras.layers.Dense(4)), together=True)


def test_a_loss_that_couples_examples_is_refused():
    def coupled(targets, predictions):
        return keras.ops.square(predictions - keras.ops.mean(predictions)) + targets

    def build(strength):
        model = keras.Sequential([keras.layers.Dense(1)])
        model.compile("sgd", coupled)
        return model

    with pytest.raises(NotLoweredError, match="another loss in inference mode"):
        proved(build, NETWORKS["regression"][1])
