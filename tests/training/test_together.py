"""Trials together are trials one after the other, to rounding: the code that trains on a GPU, on the CPU."""

from dataclasses import replace

import keras
import numpy as np
import pytest
from keras import layers, regularizers
from zoo import NETWORKS, VECTORS, of_layer, sequential

from ridgepath.builders import find_builder
from ridgepath.callbacks import EarlyStopping
from ridgepath.study import Shard, Study, Trial, Variant
from ridgepath.training import shard as shard_module
from ridgepath.training.shard import Task, train_leg

STRENGTHS = (0.0, 0.02, 0.5)


@pytest.fixture
def task_of(tmp_path):
    """Return a function that makes the task of a network and data, whose strength is called ``s``."""

    def make(build, data=VECTORS, *, strengths=STRENGTHS, epochs=3, **settings):
        data.save(tmp_path)
        builder = replace(find_builder(build), parameter="s")
        study = Study(builder.card, data.card, (Variant("s", strengths),), (3,), epochs, 16, 10_000)
        return Task(builder, str(tmp_path), replace(study, **settings))

    return make


def trained(task, *, together):
    """Train all trials of a task as one shard; return results by strength, the workshop, remarks and legs."""
    task, shard = replace(task, together=together), Shard(task.study.trials)
    progress, results, remarks, epochs, legs = None, {}, [], 0, 0
    while legs == 0 or progress is not None:
        leg = train_leg(task, shard, progress)
        results |= {result.trial.strength: result for result in leg.results}
        remarks, epochs = [*remarks, *leg.remarks], epochs + leg.epochs
        progress, legs = leg.progress, legs + 1
    assert sorted(results) == sorted(task.study.variants[0].strengths)
    assert epochs == task.study.epochs * len(results), "epochs that were saved count as trained"
    return results, shard_module._workshop(task), remarks, legs


def lanes_of(workshop):
    return workshop._lanes.cache_info().currsize


def assert_equal_to_rounding(results, others):
    for strength, mine in results.items():
        theirs = others[strength]
        assert (mine.status, mine.reason, mine.engine) == (theirs.status, theirs.reason, "jax")
        assert mine.epochs.keys() == theirs.epochs.keys()
        near = {"rel": 1e-4, "abs": 1e-5, "nan_ok": True}
        for column, values in theirs.epochs.items():
            assert mine.epochs[column] == pytest.approx(values, **near), (strength, column)
        assert mine.figures == pytest.approx(theirs.figures, **near)
        for split, losses in theirs.example_losses.items():
            assert mine.example_losses[split] == pytest.approx(losses, **near)
        assert (mine.portrait is None) == (theirs.portrait is None)


CHOSEN = ["Dropout", "BatchNormalization", "activity_regularizer", "AdamW", "two outputs", "sample weights", "max-norm"]


@pytest.mark.parametrize("name", CHOSEN)
def test_together_is_one_after_the_other(task_of, name):
    build, data = NETWORKS[name]
    task = task_of(build, data)
    together, workshop, remarks, _ = trained(task, together=True)
    assert (lanes_of(workshop), remarks) == (1, []), "all three shared one program"
    assert_equal_to_rounding(together, trained(task, together=False)[0])
