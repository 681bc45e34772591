"""Trials of one program, to be trained together and one after the other; also run as a program, for float64."""

import functools
from dataclasses import replace

import jax
import keras
import numpy as np
import pytest
from keras import layers, regularizers
from zoo import CLASSES, _data, _draws

from ridgepath.builders import find_builder
from ridgepath.study import Study, Variant
from ridgepath.training import trial as one
from ridgepath.training.device import TrialData
from ridgepath.training.lowering import Lowered
from ridgepath.training.models import Networks
from ridgepath.training.together import Group, Lanes, Member

BATCH, EPOCHS, STRENGTHS = 16, 3, (0.0, 0.02, 0.5)


def many_parts(s):
    """What could go wrong in lanes, in one network: draws, statistics of batches, penalties of all kinds, a decay."""
    inputs = keras.Input((6,))
    hidden = layers.Dense(5, "relu", kernel_regularizer=regularizers.L1L2(s, 2 * s))(inputs)
    hidden = layers.Dropout(0.3)(layers.BatchNormalization()(hidden))
    hidden = layers.Dense(4, "tanh", activity_regularizer=regularizers.L2(s), bias_regularizer="l2")(hidden)
    outputs = [layers.Dense(3, "softmax", name="a")(hidden), layers.Dense(1, name="b")(layers.Dropout(0.2)(hidden))]
    model = keras.Model(inputs, outputs)
    losses = ["sparse_categorical_crossentropy", "mse"]
    model.compile(keras.optimizers.AdamW(1e-2, weight_decay=s), losses, metrics=[["accuracy"], ["mae"]])
    return model


OF_MANY_PARTS = _data(_draws(6), (CLASSES, _draws(1)))


class Bench:
    """Three trials of one program, to be trained in both ways."""

    def __init__(self, build, data, *, strengths=STRENGTHS, epochs=EPOCHS, **settings):
        builder = replace(find_builder(build), parameter="s")
        study = Study(builder.card, data.card, (Variant("s", strengths),), (3,), epochs, BATCH, 10_000)
        self.study = replace(study, **settings)
        example = data.train.take(slice(BATCH)).batch
        networks = Networks(builder, self.study, example=example)
        lowered = [Lowered(networks.start(trial), example) for trial in self.study.trials]
        self.program = one.Program(lowered[0], batch_size=BATCH)
        self.data = TrialData(data, train_evaluated=10_000, together=self.program.together)
        self.keys = [each.key for each in lowered]
        watch = {"watcher": one.watcher_of(self.study), "keeps_best": self.study.keeps_best}
        starts = [one.start(each, **watch) for each in lowered]
        given = zip(self.study.trials, starts, (each.coefficients for each in lowered), strict=True)
        self.members = [Member(*each) for each in given]
        self.lanes = functools.cache(functools.partial(Lanes, self.program))

    def alone(self):
        """Train one after the other."""
        trained = [member.progress.copy() for member in self.members]
        for member, progress in zip(self.members, trained, strict=True):
            progress.watcher = one.watcher_of(self.study)
            while progress.is_under_way(self.study.epochs):
                one.train_one_epoch(self.program, progress, member.coefficients, self.data, seed=3)
        return trained

    def together(self, members=None, *, lanes=None, legs=False):
        """Train together, perhaps in legs of one epoch; return the trials in order, and the lanes of every epoch."""
        group, counts, ended = self.group(members, lanes=lanes), [], {}
        while group.is_under_way(self.study.epochs):
            counts.append(group.lanes.count)
            ended |= {m.trial: m.progress for m in group.train_one_epoch(self.data, epochs=self.study.epochs)}
            if legs and group.is_under_way(self.study.epochs):
                group = self.group(group.rest(epochs=self.study.epochs), lanes=group.lanes.count)
        return [ended[trial] for trial in self.study.trials if trial in ended], counts

    def group(self, members=None, *, lanes=None):
        members = self.members if members is None else members
        return Group(members, self.lanes, lanes=lanes or len(members))


def assert_equal(mine, theirs, *, rel=1e-4, of=1e-5, weights=True):
    near = {"rel": rel, "abs": of, "nan_ok": True}
    assert (mine.epoch, mine.diverged, mine.stopped) == (theirs.epoch, theirs.diverged, theirs.stopped)
    for column, values in theirs.epochs.items():
        assert mine.epochs[column] == pytest.approx(values, **near), column
    assert mine.validation_losses == pytest.approx(theirs.validation_losses, **near)
    pairs = [(mine.state, theirs.state)] + ([(mine.best[0], theirs.best[0])] if theirs.best else [])
    for pair in pairs if weights else ():
        leaves = zip(*map(jax.tree.leaves, pair), strict=True)
        assert all(np.asarray(a) == pytest.approx(np.asarray(b), **near) for a, b in leaves)


def simple(s):
    model = keras.Sequential(
        [layers.Dense(16, "relu", kernel_regularizer=regularizers.L2(s)), layers.Dense(3, "softmax")]
    )
    model.compile(keras.optimizers.Adam(0.03), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


if __name__ == "__main__":
    jax.config.update("jax_enable_x64", True)
    keras.config.set_floatx("float64")
    found = Bench(many_parts, OF_MANY_PARTS)
    for both in zip(found.together()[0], found.alone(), strict=True):
        assert_equal(*both, rel=1e-9, of=1e-11)
