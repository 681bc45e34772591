"""A trial that has travelled as bytes goes on bit for bit, and bytes that are not its own are refused."""

import json
import struct
from dataclasses import replace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lanes import OF_MANY_PARTS, Bench, many_parts
from safetensors.numpy import load, save

from ridgepath.callbacks import EarlyStopping
from ridgepath.training import trial as one
from ridgepath.training.together import Member
from ridgepath.training.travelling import StrangeError, Traveller

KEY = "k" * 64
EPOCHS = 6


@pytest.fixture(scope="module")
def bench():
    rule = EarlyStopping("val_data_loss", patience=3, restore_best_weights=True)
    return Bench(many_parts, OF_MANY_PARTS, epochs=EPOCHS, early_stopping=rule)


@pytest.fixture
def start(bench):
    """The first of the trials at its start."""
    first = bench.members[0]
    watcher = one.watcher_of(bench.study)
    return Member(first.trial, replace(first.progress.copy(), watcher=watcher), first.coefficients)


def train(bench, member, epochs=1):
    for _ in range(epochs):
        one.train_one_epoch(bench.program, member.progress, member.coefficients, bench.data, seed=3)


def assert_same(one, other):
    assert (one.trial, one.progress.epochs, one.progress.watcher) == (
        *(other.trial, other.progress.epochs, other.progress.watcher),
    )
    assert (one.progress.stopped, one.progress.seconds) == (other.progress.stopped, other.progress.seconds)
    arrays = [
        jax.tree.leaves((m.coefficients, m.progress.state, m.progress.validation_losses, m.progress.best))
        for m in (one, other)
    ]
    for mine, theirs in zip(*arrays, strict=True):
        mine, theirs = np.asarray(mine), np.asarray(theirs)
        assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
        assert mine.tobytes() == theirs.tobytes()


def test_a_trial_that_travels_after_every_epoch_is_the_one_that_stays(bench, start):
    stays = Member(start.trial, start.progress.copy(), start.coefficients)
    travels = start
    for epoch in range(1, EPOCHS + 1):
        train(bench, stays)
        train(bench, travels)
        travels.progress.seconds = stays.progress.seconds
        packed = Traveller(travels, KEY, 3).pack()
        assert packed.epoch == epoch
        arrived = Traveller.unpack(packed.content, start, program=KEY)
        assert (arrived.program, arrived.lanes) == (KEY, 3)
        travels = arrived.member
        assert_same(travels, stays)
    assert stays.progress.best is not None, "what early stopping keeps has travelled, too"


def odd(start):
    """A trial whose arrays are of unusual types and layouts."""
    state = {
        "trainable": [np.arange(6, dtype=np.float32).reshape(2, 3).T, jnp.array([1.5, -0.0], jnp.bfloat16)],
        "non_trainable": [np.array(7, np.uint32), np.zeros((0, 3), np.float16), np.array([True, False])],
        "optimizer": [np.array([2**40, -1], np.int64), np.array(np.nan)],
    }
    epochs = {name: [0.1 + 0.2, float("nan"), -0.0] for name in start.progress.epochs}
    return Member(start.trial, replace(start.progress, state=state, epochs=epochs), start.coefficients)


def test_arrays_of_all_types_and_layouts_travel(start):
    member = odd(start)
    arrived = Traveller.unpack(Traveller(member, KEY, 1).pack().content, member, program=KEY).member
    for mine, theirs in zip(*(jax.tree.leaves(m.progress.state) for m in (arrived, member)), strict=True):
        assert (mine.dtype, mine.shape) == (theirs.dtype, theirs.shape)
        assert np.array_equal(mine, np.asarray(theirs), equal_nan=mine.dtype.kind == "f")
    assert struct.pack("<3d", *arrived.progress.epochs["loss"]) == struct.pack("<3d", 0.1 + 0.2, float("nan"), -0.0)


def test_another_program_does_not_go_on_with_it(start):
    packed = Traveller(start, KEY, 1).pack()
    with pytest.raises(StrangeError, match="another program"):
        Traveller.unpack(packed.content, start, program="l" * 64)


def changed(content, change):
    tensors = {name: array.copy() for name, array in load(content).items()}
    (length,) = struct.unpack_from("<Q", content)
    about = json.loads(json.loads(content[8 : 8 + length])["__metadata__"]["about"])
    change(tensors, about)
    return save(tensors, {"about": json.dumps(about)})


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors, about: tensors.pop("state/trainable/0"),
        lambda tensors, about: tensors.pop("epochs"),
        lambda tensors, about: tensors.pop("coefficients"),
        lambda tensors, about: tensors.update({"state/trainable/0": np.zeros((1, 1), np.float32)}),
        lambda tensors, about: tensors.update({"state/trainable/0": tensors["state/trainable/0"].astype(np.float64)}),
        lambda tensors, about: tensors.update(epochs=tensors["epochs"][1:]),
        lambda tensors, about: tensors.update(epochs=np.zeros(len(tensors["epochs"]))),
        lambda tensors, about: about.update(watcher=None),
        lambda tensors, about: about.update(watcher={"rule": 1}),
        lambda tensors, about: about.update(seconds="long"),
        lambda tensors, about: about.update(seconds=[]),
        lambda tensors, about: about.update(lanes=0),
        lambda tensors, about: about.update(lanes=None),
        lambda tensors, about: about.pop("program"),
    ],
)
def test_bytes_that_do_not_fit_the_network_are_refused(bench, start, change):
    train(bench, start)
    content = Traveller(start, KEY, 1).pack().content
    assert changed(content, lambda tensors, about: None) == content
    with pytest.raises(StrangeError):
        Traveller.unpack(changed(content, change), start, program=KEY)


@settings(max_examples=300, deadline=None)
@given(data=st.data())
def test_bytes_that_were_damaged_are_refused_or_have_the_shapes_of_the_network(bench, data):
    start = bench.members[0]
    content = bytearray(Traveller(start, KEY, 1).pack().content)
    (length,) = struct.unpack_from("<Q", content)
    for _ in range(data.draw(st.integers(1, 5))):
        content[data.draw(st.integers(0, 8 + length))] = data.draw(st.integers(0, 255))
    cut = data.draw(st.one_of(st.just(len(content)), st.integers(0, len(content))))
    try:
        arrived = Traveller.unpack(bytes(content[:cut]), start, program=KEY).member
    except StrangeError:
        return
    shapes = [[a.shape for a in jax.tree.leaves(m.progress.state)] for m in (arrived, start)]
    assert shapes[0] == shapes[1]
