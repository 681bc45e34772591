"""Trials that stop early, or end with their best epoch: by both engines, and cut into legs."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from fit_oracle import lowered_trial
from legs import legs_of
from zoo import VECTORS

from ridgepath.builders import find_builder
from ridgepath.callbacks import EarlyStopping
from ridgepath.study import Study, Trial, Variant
from ridgepath.training import shard as shard_module
from ridgepath.training.fitting import train_reference
from ridgepath.training.models import Networks
from ridgepath.training.workshop import Task

TRIAL = Trial("l2", 0.001, 1)


def drawing(l2):
    """Draw at random while it trains, which what travels must go on with."""
    hidden = keras.layers.Dense(32, "relu", kernel_regularizer=keras.regularizers.L2(l2))
    model = keras.Sequential(
        [hidden, keras.layers.BatchNormalization(), keras.layers.Dropout(0.3), keras.layers.Dense(3, "softmax")]
    )
    schedule = keras.optimizers.schedules.ExponentialDecay(0.03, 5, 0.9)
    model.compile(keras.optimizers.Adam(schedule), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def overfitting(l2):
    hidden = keras.layers.Dense(32, "relu", kernel_regularizer=keras.regularizers.L2(l2))
    model = keras.Sequential([hidden, keras.layers.Dense(3, "softmax")])
    model.compile(keras.optimizers.Adam(0.03), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def task(folder, build=overfitting, **settings):
    VECTORS.save(folder)
    builder = find_builder(build)
    study = Study(builder.card, VECTORS.card, (Variant("l2", (0.001,)),), (1,), 12, 16, 10_000)
    return Task(builder, str(folder), replace(study, **settings))


RULES = [
    ({"early_stopping": EarlyStopping(patience=2)}, False),
    ({"early_stopping": EarlyStopping(patience=2, restore_best_weights=True)}, True),
    ({"early_stopping": EarlyStopping("val_accuracy", patience=3, start_from_epoch=1), "keep": "best"}, True),
    ({"keep": "best"}, True),
]


@pytest.mark.parametrize(("settings", "keeps_best"), RULES, ids=["stops", "restores", "accuracy", "best of all"])
def test_both_engines_end_with_the_same_epoch_and_its_figures(tmp_path, settings, keeps_best):
    given = task(tmp_path, **settings)
    networks = Networks(given.builder, given.study, example=VECTORS.train.take(slice(16)).batch)
    mine = lowered_trial(networks.start(TRIAL), TRIAL, VECTORS, given.study)
    by_fit = train_reference(networks.start(TRIAL), TRIAL, VECTORS, given.study)
    theirs = by_fit.figures | ({"update_share": mine.figures["update_share"]} if keeps_best else {})
    assert mine.figures == pytest.approx(theirs, rel=1e-3, abs=1e-4)
    assert np.isnan(by_fit.figures["update_share"]) == keeps_best
    trained, kept = int(mine.figures["trained_epochs"]), int(mine.figures["kept_epoch"])
    assert len(mine.epochs["loss"]) == trained
    assert (kept < trained) == keeps_best
    assert (trained < 12) == ("early_stopping" in settings)
    assert mine.figures["val_data_loss"] == mine.epochs["val_data_loss"][kept - 1]
    assert np.mean(mine.example_losses["validation"]) == pytest.approx(mine.figures["val_data_loss"], rel=1e-5)
    assert np.mean(by_fit.example_losses["validation"]) == pytest.approx(mine.figures["val_data_loss"], rel=1e-3)


def test_legs_carry_the_rule_and_the_best_weights(tmp_path, monkeypatch):
    given = task(tmp_path, **RULES[1][0])
    found = []
    for seconds in (1e9, 1e-9):
        monkeypatch.setattr(shard_module, "LEG_SECONDS", seconds)
        legs = list(legs_of(given, [TRIAL]))
        found.append(legs[-1].results[0])
        assert sum(leg.epochs for leg in legs) == 12, "epochs that were saved count as trained"
    assert found[0].epochs == found[1].epochs
    assert found[0].figures == found[1].figures
    assert len(legs) == found[0].figures["trained_epochs"] > 2


ELSEWHERE = pytest.param(True, marks=pytest.mark.slow, id="in a new worker every epoch")


@pytest.mark.parametrize("elsewhere", [pytest.param(False, id="in one worker"), ELSEWHERE])
@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({}, marks=pytest.mark.slow, id="all"),
        pytest.param(RULES[1][0], id="restores"),
        pytest.param(RULES[2][0], marks=pytest.mark.slow, id="accuracy"),
    ],
)
def test_model_fit_that_pauses_between_epochs_is_model_fit(tmp_path, monkeypatch, settings, elsewhere):
    given = task(tmp_path, build=drawing, engine="reference", epochs=6, **settings)
    (whole,) = [leg.results[0] for leg in legs_of(given, [TRIAL])]
    for name in ("FIT_SECONDS", "LEG_SECONDS"):
        monkeypatch.setattr(shard_module, name, -1.0)
    legs = []
    for leg in legs_of(given, [TRIAL]):
        legs.append(leg)
        if elsewhere:
            shard_module._trainer.cache_clear()
    paused = legs[-1].results[0]
    assert len(legs) == whole.figures["trained_epochs"] > 2
    assert [checkpoint.epoch for leg in legs[:-1] for checkpoint in leg.progress.values()] == list(range(1, len(legs)))
    assert sum(leg.epochs for leg in legs) == 6
    assert paused.epochs == whole.epochs
    np.testing.assert_equal(paused.figures, whole.figures)
    for split, losses in whole.example_losses.items():
        assert paused.example_losses[split].tobytes() == losses.tobytes()


@pytest.mark.parametrize("how", ["use_ema", pytest.param("run_eagerly", marks=pytest.mark.slow)])
def test_model_fit_does_not_pause_where_that_would_change_it(tmp_path, monkeypatch, how):
    def build(l2):
        model = overfitting(l2)
        model.compile(
            keras.optimizers.Adam(use_ema=how == "use_ema"),
            "sparse_categorical_crossentropy",
            metrics=["accuracy"],
            run_eagerly=how == "run_eagerly",
        )
        return model

    for name in ("FIT_SECONDS", "LEG_SECONDS"):
        monkeypatch.setattr(shard_module, name, -1.0)
    legs = list(legs_of(task(tmp_path, build=build, engine="reference", epochs=3), [TRIAL]))
    assert [len(leg.results) for leg in legs] == [1]
    assert legs[0].results[0].status == "done"
