"""The two engines: the same trial gives the same numbers, and whole trainings with own seeds differ by noise only."""

import numpy as np
import pytest
from fit_oracle import lowered_trial
from scipy.stats import ttest_ind

from ridgepath.datasets import Dataset, Split
from ridgepath.results import epoch_columns, trial_columns
from ridgepath.study import Trial
from ridgepath.training.fitting import train_reference
from ridgepath.training.models import build_model
from ridgepath.training.networks import task_network


@pytest.fixture
def few(mnist_5k):
    """330 digits with a test set; the last batch is a smaller one, and so is the last chunk of an evaluation."""
    return Dataset(
        "few",
        Split(mnist_5k.train.x[:330], mnist_5k.train.y[:330]),
        Split(mnist_5k.validation.x[:70], mnist_5k.validation.y[:70]),
        Split(mnist_5k.test.x[:90], mnist_5k.test.y[:90]),
    )


def model_of(build, trial, data):
    return build_model(build, trial.strength, seed=trial.seed, example=(data.train.x[:32], data.train.y[:32]))


def train_lowered(trial, data, study, build=task_network):
    return lowered_trial(model_of(build, trial, data), trial, data, study)


@pytest.mark.parametrize("strength", [0.0, 1e-2])
def test_the_same_trial_by_both_engines(few, study_of, strength):
    study, trial = study_of(few, epochs=2, evaluated=200, seeds=(5,)), Trial("l2", strength, 5)
    lowered = train_lowered(trial, few, study)
    by_fit = train_reference(model_of(task_network, trial, few), trial, few, study)
    assert (lowered.engine, by_fit.engine) == ("jax", "reference")
    assert tuple(lowered.epochs) == tuple(by_fit.epochs) == epoch_columns(["accuracy"])
    for name, values in by_fit.epochs.items():
        assert lowered.epochs[name] == pytest.approx(values, abs=1e-4), name
    assert set(trial_columns(["accuracy"], test=True)) <= set(by_fit.figures)
    assert {name: lowered.figures[name] for name in by_fit.figures} == pytest.approx(by_fit.figures, abs=1e-4)
    for split, losses in by_fit.example_losses.items():
        assert np.allclose(lowered.example_losses[split], losses, atol=1e-4)
        assert losses.shape == (len(getattr(few, split).y),)
    assert lowered.portrait.images.shape == (16, 28, 28, 1)
    np.testing.assert_allclose(lowered.portrait.weights, by_fit.portrait.weights, atol=1e-3)
    assert by_fit.portrait.counts.sum() == lowered.portrait.counts.sum() == 784 * 128
    assert np.abs(np.cumsum(lowered.portrait.counts - by_fit.portrait.counts.astype(float))).max() < 784 * 128 / 100


def test_training_figures_of_an_epoch_come_from_a_fixed_part_and_the_last_from_all(few, study_of):
    part = train_lowered(Trial("l2", 1e-2, 0), few, study_of(few, epochs=1, evaluated=100))
    whole = train_lowered(Trial("l2", 1e-2, 0), few, study_of(few, epochs=1))
    assert part.figures["train_data_loss"] == pytest.approx(whole.figures["train_data_loss"])
    assert part.epochs["train_data_loss"][0] != pytest.approx(whole.epochs["train_data_loss"][0])
    assert part.figures["gradient_share"] != pytest.approx(whole.figures["gradient_share"], rel=1e-3)
    assert part.figures["sensitivity"] == pytest.approx(whole.figures["sensitivity"])


def explosive(strength):
    import keras

    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(1)])
    model.compile(keras.optimizers.SGD(1e30 if strength else 0.01), "mse")
    return model


@pytest.mark.parametrize("engine", ["jax", "reference"])
def test_a_trial_whose_loss_is_not_finite_is_marked_with_its_epoch(few, study_of, engine):
    study, trial = study_of(few, epochs=4), Trial("l2", 1.0, 0)
    result = (
        train_lowered(trial, few, study, explosive)
        if engine == "jax"
        else train_reference(model_of(explosive, trial, few), trial, few, study)
    )
    assert result.status == "diverged"
    assert result.reason == "the loss was not finite in epoch 1"
    assert len(result.epochs["loss"]) == 1
    assert np.isnan([result.figures[name] for name in ("val_data_loss", "gradient_share", "sensitivity")]).all()


@pytest.mark.slow
def test_whole_trainings_with_own_seeds_differ_by_noise_only(mnist_5k, study_of):
    study = study_of(mnist_5k, epochs=15)
    lowered = [train_lowered(Trial("l2", 1e-3, seed), mnist_5k, study).figures for seed in range(8)]
    by_fit = []
    for seed in range(100, 108):
        example = (mnist_5k.train.x[:32], mnist_5k.train.y[:32])
        model = build_model(task_network, 1e-3, seed=seed, example=example)
        history = model.fit(
            *mnist_5k.train.batch, batch_size=32, epochs=15, verbose=0, validation_data=mnist_5k.validation.batch
        )
        by_fit.append({name: values[-1] for name, values in history.history.items()})
    for name in ("loss", "accuracy", "val_loss", "val_accuracy"):
        ours, theirs = ([figures[name] for figures in runs] for runs in (lowered, by_fit))
        assert ttest_ind(ours, theirs).pvalue > 0.01, name
        assert np.std(ours) > 0
