"""Trials together are trials one after the other, to rounding: what trains on a GPU, here on the CPU."""

import subprocess
import sys
from pathlib import Path

import jax
import keras
import numpy as np
import pytest
from jax._src.array import ArrayImpl
from lanes import OF_MANY_PARTS, Bench, assert_equal, many_parts, simple
from zoo import NETWORKS, VECTORS, _data, _draws

from ridgepath.callbacks import EarlyStopping

SHARING = [name for name in NETWORKS if name != "add_loss in a layer of one's own"]
"""Networks whose strengths share one program."""

NO_GRADIENT = "MultiHeadAttention"
"""The bias of its keys has a gradient of rounding alone, of which Adam makes whole steps; no output feels it."""


@pytest.mark.parametrize("name", ["many parts", *(pytest.param(name, marks=pytest.mark.slow) for name in SHARING)])
def test_together_is_one_after_the_other(name):
    bench = Bench(*NETWORKS.get(name, (many_parts, OF_MANY_PARTS)))
    assert len(set(bench.keys)) == 1
    together, _ = bench.together()
    for mine, theirs in zip(together, bench.alone(), strict=True):
        assert_equal(mine, theirs, weights=name != NO_GRADIENT)
    figures = [progress.epochs["val_data_loss"] for progress in together]
    different = {member.coefficients.tobytes() for member in bench.members}
    assert len({*map(tuple, figures)}) == len(different), "they are different trials where their strengths are felt"


@pytest.mark.slow
def test_in_float64_they_are_the_same_to_its_rounding():
    file = Path(__file__).with_name("lanes.py")
    done = subprocess.run([sys.executable, file.name], capture_output=True, text=True, cwd=file.parent, check=False)
    assert done.returncode == 0, done.stderr


FIVE = (0.0, 1e-3, 1e-2, 0.1, 1.0)
STOPPING = {"early_stopping": EarlyStopping(patience=3), "keep": "best"}
_X = _draws(6)
LEARNABLE = _data(_X, (_X + 0.8 * np.roll(_X, 1, axis=0))[:, :3].argmax(axis=1).astype(np.int32))


@pytest.fixture(scope="module")
def stopping():
    """Five trials that stop early, at several epochs, and end with their best; and how they do so alone."""
    bench = Bench(simple, LEARNABLE, strengths=FIVE, epochs=20, **STOPPING)
    return bench, bench.alone()


def test_trials_that_stop_are_cut_out_as_they_are_and_the_others_go_on(stopping):
    bench, alone = stopping
    stops = [progress.epoch for progress in alone]
    assert len(set(stops)) == 3, "some go on after the first have stopped"
    assert all(progress.watcher.best_epoch < progress.epoch for progress in alone)
    together, _ = bench.together()
    for pair in zip(together, alone, strict=True):
        assert_equal(*pair)
    assert all(progress.seconds > 0 for progress in together)


def test_lanes_are_halved_when_half_of_them_are_free_but_two_are_left(stopping):
    bench, alone = stopping
    _, lanes = bench.together()
    first, *_, last = sorted(progress.epoch for progress in alone)
    assert sum(progress.epoch > first for progress in alone) == 2
    assert lanes == [5] * first + [2] * (last - first)


def test_where_legs_are_cut_changes_no_number(stopping):
    bench, _ = stopping
    at_once, lanes = bench.together()
    in_legs, lanes_in_legs = bench.together(legs=True)
    assert lanes == lanes_in_legs
    for pair in zip(in_legs, at_once, strict=True):
        assert_equal(*pair, rel=0, of=0)


def test_what_a_group_is_given_stays_as_it_is(stopping):
    bench, _ = stopping
    group = bench.group()
    group.train_one_epoch(bench.data, epochs=20)
    resting = group.rest(epochs=20)
    before = [jax.tree.map(np.copy, (m.progress.state, m.progress.best)) for m in resting]
    again = bench.group(resting)
    again.train_one_epoch(bench.data, epochs=20)
    for member, kept in zip(resting, before, strict=True):
        assert member.progress.epoch == member.progress.watcher.best_epoch == 1
        assert jax.tree.all(jax.tree.map(np.array_equal, (member.progress.state, member.progress.best), kept))
    assert [member.progress.epoch for member in bench.members] == [0] * 5


def test_a_lane_that_is_left_over_changes_nothing(stopping):
    bench, alone = stopping
    together, _ = bench.together(bench.members[:3], lanes=5)
    for pair in zip(together, alone, strict=False):
        assert_equal(*pair)


def test_a_trial_that_diverges_leaves_the_others_untouched():
    def steep(s):
        model = simple(s)
        model.compile(keras.optimizers.SGD(0.1), "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    bench = Bench(steep, VECTORS, strengths=(0.0, 1e-2, 1e9), epochs=3)
    (*sound, wild), alone = bench.together()[0], bench.alone()
    assert [progress.diverged for progress in alone] == [False, False, True]
    assert (wild.diverged, wild.epoch) == (True, alone[2].epoch)
    assert not np.isfinite(wild.epochs["loss"][-1])
    for pair in zip(sound, alone, strict=False):
        assert_equal(*pair)


def test_the_figures_of_an_epoch_come_from_the_device_at_once(stopping, monkeypatch):
    bench, _ = stopping
    group = bench.group()
    fetched, read = [], []
    fetch, value = jax.device_get, ArrayImpl._value
    monkeypatch.setattr(jax, "device_get", lambda tree: fetched.append(len(jax.tree.leaves(tree))) or fetch(tree))
    monkeypatch.setattr(ArrayImpl, "_value", property(lambda self: read.append(self) or value.fget(self)))
    group.train_one_epoch(bench.data, epochs=20)
    assert len(fetched) == 1
    assert len(read) == fetched[0]
