"""In one seed all trials of a study start from the same weights, whatever their layers draw; by both engines."""

import dataclasses

import keras
import numpy as np
import pytest
from legs import legs_of

from ridgepath.arrays import Dataset, Split
from ridgepath.builders import PENALTIES_NETWORK, TASK_NETWORK, find_builder
from ridgepath.study import Study, Trial, Variant
from ridgepath.training.models import Networks, build_model
from ridgepath.training.networks import task_network
from ridgepath.training.reference import evaluate, refit
from ridgepath.training.workshop import Task

EXAMPLE = (np.zeros((8, 28, 28), np.float32), np.zeros(8, np.int32))


@pytest.fixture
def few(mnist_5k):
    return Dataset("few", *(Split(split.x[:64], split.y[:64]) for split in (mnist_5k.train, mnist_5k.validation)))


def study_of(builder, data, **strengths):
    variants = tuple(Variant(name, given) for name, given in strengths.items())
    return Study(builder.card, data.card, variants, (0, 1), 1, 32, train_evaluated=64)


def still(l2=0.0, dropout=0.0, width=8, scale=1.0):
    """Build a network that never learns, so that its figures are those of its initial weights."""

    def dropped():
        return [keras.layers.Dropout(dropout)] if dropout else []

    kernel = keras.initializers.VarianceScaling(scale)
    model = keras.Sequential(
        [
            keras.layers.Flatten(),
            *dropped(),
            keras.layers.Dense(int(width), "relu", kernel_regularizer=keras.regularizers.L2(l2)),
            *dropped(),
            keras.layers.Dense(10, "softmax", kernel_initializer=kernel),
        ]
    )
    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def with_dropout_of_rate_0(strength):
    model = keras.Sequential(
        [
            keras.layers.Flatten(),
            keras.layers.Dropout(strength),
            keras.layers.Dense(6, "relu", kernel_initializer="he_normal", bias_initializer="uniform"),
            keras.layers.Dense(5, trainable=False),
            keras.layers.Dropout(strength),
            keras.layers.Dense(10, "softmax"),
        ]
    )
    model.compile("adam", "sparse_categorical_crossentropy")
    return model


def weights_of(build, trials, few, **strengths):
    builder = find_builder(build)
    networks = Networks(builder, study_of(builder, few, **strengths), example=EXAMPLE)
    return [networks.start(trial).get_weights() for trial in trials]


def equal(some, others):
    return all(np.array_equal(one, other) for one, other in zip(some, others, strict=True))


def test_keras_itself_draws_other_weights_behind_a_dropout_of_rate_0():
    """What is repaired; once this fails, the repair can go."""
    drawn = [
        build_model(with_dropout_of_rate_0, rate, seed=0, example=EXAMPLE).trainable_variables
        for rate in (0.0, 0.1, 0.3)
    ]
    none, some, more = ([np.asarray(variable.value) for variable in variables] for variables in drawn)
    assert equal(some, more)
    assert not equal(none, some)


def test_all_rates_start_from_the_same_weights_also_those_that_are_not_trained():
    rates = (0.0, 0.1, 0.3)
    trials = [Trial("strength", rate, seed) for seed in (0, 1) for rate in rates]
    builder = find_builder(with_dropout_of_rate_0)
    data = Dataset("none", Split(*EXAMPLE), Split(*EXAMPLE))
    networks = Networks(builder, study_of(builder, data, strength=rates), example=EXAMPLE)
    models = [networks.start(trial) for trial in trials]
    drawn = [[np.asarray(v.value) for v in model.variables if v.name in ("kernel", "bias")] for model in models]
    assert [len(values) for values in drawn] == [6] * 6
    for first, *others in (drawn[:3], drawn[3:]):
        assert all(equal(first, other) for other in others)
    assert not equal(drawn[0], drawn[3])
    states = [[v.value for v in model.variables if v.name == "seed_generator_state"] for model in models[1:3]]
    assert equal(*states), "rates above 0 draw the same masks"
    assert not np.array_equal(*states[0]), "two layers draw masks of their own"


def test_variants_of_a_network_start_from_the_same_weights(few):
    grids = {"l2": (0.0, 0.1), "dropout": (0.0, 0.1, 0.3), "weight_decay": (0.0, 1.0)}
    trials = [Trial(variant, strength, 1) for variant, strengths in grids.items() for strength in strengths]
    first, *others = (weights[:4] for weights in weights_of(PENALTIES_NETWORK, trials, few, **grids))
    assert [weights.shape for weights in first] == [(784, 128), (128,), (128, 10), (10,)]
    assert all(equal(first, other) for other in others)


def test_weights_that_were_equal_already_stay_as_they_were(few):
    trials = [Trial("l2", strength, seed) for seed in (0, 1) for strength in (0.0, 1e-3)]
    for trial, weights in zip(trials, weights_of(TASK_NETWORK, trials, few, l2=(0.0, 1e-3)), strict=True):
        model = build_model(task_network, trial.strength, seed=trial.seed, example=EXAMPLE)
        assert equal(weights, model.get_weights())


@pytest.mark.parametrize(("argument", "strengths"), [("width", (4.0, 8.0)), ("scale", (1.0, 4.0))])
def test_weights_of_another_shape_or_scale_are_left_alone(few, argument, strengths):
    trials = [Trial(argument, strength, 1) for strength in strengths]
    for trial, weights in zip(trials, weights_of(still, trials, few, **{argument: strengths}), strict=True):
        model = build_model(still, trial.strength, seed=1, example=EXAMPLE, argument=argument)
        assert equal(weights, model.get_weights())


def test_a_network_restarts_with_another_seed_as_if_it_were_built_anew(few):
    builder = find_builder(PENALTIES_NETWORK)
    networks = Networks(builder, study_of(builder, few, l2=(0.0, 0.1), dropout=(0.3,)), example=EXAMPLE)
    for first, second in (
        (Trial("l2", 0.1, 0), Trial("l2", 0.1, 1)),
        (Trial("dropout", 0.3, 0), Trial("dropout", 0.3, 1)),
    ):
        model, anew = networks.start(first), networks.start(second)
        assert networks.restart(model, second)
        assert [np.asarray(v.value).tolist() for v in model.variables] == [
            np.asarray(v.value).tolist() for v in anew.variables
        ]


@pytest.mark.parametrize(("argument", "strength"), [("width", 8.0), ("scale", 4.0)])
def test_a_network_whose_weights_are_its_own_does_not_restart(few, argument, strength):
    builder = find_builder(still)
    networks = Networks(builder, study_of(builder, few, **{argument: (1.0, strength)}), example=EXAMPLE)
    assert not networks.restart(networks.start(Trial(argument, strength, 0)), Trial(argument, strength, 1))


@pytest.mark.parametrize(("engine", "engines"), [("auto", "jax jax jax"), ("reference", "reference " * 3)])
def test_both_engines_and_refit_train_from_these_weights(few, tmp_path, engine, engines):
    few.save(tmp_path, pooled=False)
    builder = find_builder(still)
    study = dataclasses.replace(study_of(builder, few, l2=(0.0, 0.1), dropout=(0.2,)), engine=engine)
    trials = tuple(Trial(variant.name, strength, 1) for variant in study.variants for strength in variant.strengths)
    results = [result for leg in legs_of(Task(builder, str(tmp_path), study), trials) for result in leg.results]
    assert [result.engine for result in results] == engines.split()
    for name in ("weight_norm", "val_data_loss", "train_data_loss"):
        first, *others = (result.figures[name] for result in results)
        assert others == pytest.approx([first] * 2), name
    model = refit(builder, trials[2], few, study, epochs=1, with_validation=False)
    assert evaluate(model, few.validation)[0].mean() == pytest.approx(results[0].figures["val_data_loss"])
