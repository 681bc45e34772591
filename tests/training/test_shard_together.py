"""A worker that trains a shard's trials together: how many at a time, and what if they are too many."""

import functools
from dataclasses import replace

import jax
import keras
import pytest
from keras import layers, regularizers
from legs import legs_of
from zoo import VECTORS

from ridgepath.builders import find_builder
from ridgepath.results import DONE, FAILED
from ridgepath.study import Study, Variant
from ridgepath.training import shard as shard_module
from ridgepath.training import together as together_module
from ridgepath.training import workshop as workshop_module
from ridgepath.training.lowering import NotLoweredError
from ridgepath.training.workshop import Task

STRENGTHS = (0.0, 1e-3, 1e-2, 0.1, 0.5)
OUT_OF_MEMORY = jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes.")


def simple(s):
    model = keras.Sequential(
        [layers.Dense(8, "relu", kernel_regularizer=regularizers.L2(s)), layers.Dense(3, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


@functools.cache
def builder_of(build):
    return replace(find_builder(build), parameter="s")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("arrays")
    VECTORS.save(folder)
    return str(folder)


def task_in(folder, build=simple, *, strengths=STRENGTHS, together=True):
    builder = builder_of(build)
    study = Study(builder.card, VECTORS.card, (Variant("s", strengths),), (0,), 2, 16, 10_000)
    return Task(builder, folder, study, together=together)


@pytest.fixture
def task_of(folder, monkeypatch):
    """Return a function that makes a task, of one leg; programs need not prove themselves, and nothing is known yet."""
    monkeypatch.setattr(workshop_module, "prove", lambda *given, **settings: None)
    monkeypatch.setattr(shard_module, "LEG_SECONDS", 1e9)

    def make(*given, **settings):
        task = task_in(folder, *given, **settings)
        shard_module._trainer(task)._rooms.clear()
        return task

    return make


def trained(task):
    """Train all trials of a task as one shard; return the results by strength, all remarks, and the number of legs."""
    results, remarks, legs, epochs = {}, [], 0, 0
    for leg in legs_of(task, task.study.trials):
        legs, epochs = legs + 1, epochs + leg.epochs
        for result in leg.results:
            assert result.trial.strength not in results, "no trial ends twice"
            results[result.trial.strength] = result
        remarks.extend(leg.remarks)
    assert sorted(results) == sorted(task.study.variants[0].strengths)
    done = sum(result.status == DONE for result in results.values())
    assert epochs == task.study.epochs * done, "epochs that were saved or trained twice count once"
    return results, remarks, legs


@pytest.fixture
def sizes(monkeypatch):
    """Note in how many lanes groups begin."""
    begun = []
    right = together_module.Group.__init__

    def begin(self, members, functions, *, lanes):
        begun.append(lanes)
        right(self, members, functions, lanes=lanes)

    monkeypatch.setattr(together_module.Group, "__init__", begin)
    return begun


def assert_alike(results, others):
    for strength, mine in results.items():
        theirs = others[strength]
        assert (mine.status, mine.engine) == (theirs.status, theirs.engine)
        assert mine.figures == pytest.approx(theirs.figures, rel=1e-4, abs=1e-5)
        assert mine.epochs["val_loss"] == pytest.approx(theirs.epochs["val_loss"], rel=1e-4)
        for split, losses in theirs.example_losses.items():
            assert mine.example_losses[split] == pytest.approx(losses, rel=1e-4, abs=1e-5)


@pytest.fixture(scope="module")
def alone(folder):
    """The trials, one after the other."""
    return trained(task_in(folder, together=False))[0]


def test_a_shard_is_trained_together_with_the_same_results(task_of, alone, sizes):
    results, remarks, legs = trained(task_of())
    assert (sizes, remarks, legs) == ([5], [], 1)
    assert_alike(results, alone)


def test_where_the_cuts_between_legs_fall_changes_no_number(task_of, monkeypatch, sizes):
    at_once, _, _ = trained(task_of())
    monkeypatch.setattr(shard_module, "LEG_SECONDS", 1e-9)
    monkeypatch.setattr(shard_module, "HANDED_OVER", 0)
    in_legs, _, legs = trained(task_of())
    assert legs == 2
    assert sizes == [5] * 3
    for strength, result in in_legs.items():
        assert result.figures == at_once[strength].figures
        assert result.epochs == at_once[strength].epochs


def test_as_many_as_the_memory_takes_go_together(task_of, alone, sizes, monkeypatch):
    monkeypatch.setattr(together_module.Lanes, "bytes_needed", lambda self, *given, **settings: 100 + 10 * self.count)
    monkeypatch.setattr(shard_module, "free_bytes", lambda: 130)
    results, remarks, _ = trained(task_of())
    assert (sizes, remarks) == ([3, 2], [])
    assert_alike(results, alone)


def fail_above(monkeypatch, lanes, *, after, error=OUT_OF_MEMORY):
    """Let groups of more lanes than these fail in an epoch."""
    right = together_module.Group.train_one_epoch

    def train(self, data, *, epochs):
        if self.lanes.count > lanes and self.members[0].progress.epoch == after:
            raise error
        return right(self, data, epochs=epochs)

    monkeypatch.setattr(together_module.Group, "train_one_epoch", train)


@pytest.mark.parametrize("after", [0, 1])
def test_fewer_go_together_when_memory_runs_out_and_that_is_said(task_of, alone, sizes, monkeypatch, after):
    fail_above(monkeypatch, 2, after=after)
    results, remarks, _ = trained(task_of())
    assert sizes == [5, 2, 2], "the fifth is trained alone"
    assert remarks == ["5 networks at a time are too many (the device ran out of memory): at most 2 from here on."]
    assert_alike(results, alone)


def test_what_was_trained_in_legs_before_is_kept_when_memory_runs_out(task_of, alone, sizes, monkeypatch):
    fail_above(monkeypatch, 1, after=1)
    monkeypatch.setattr(shard_module, "LEG_SECONDS", 1e-9)
    monkeypatch.setattr(shard_module, "HANDED_OVER", 0)
    results, remarks, _ = trained(task_of())
    assert sizes == [5, 5, 2, 2]
    assert [remark[:10] for remark in remarks] == ["5 networks", "2 networks", "2 networks"]
    assert_alike(results, alone)


def test_a_group_that_a_worker_cannot_even_begin_is_tried_alone(task_of, monkeypatch):
    """One that comes from another worker, say, whose file of the builder is not there."""
    task = task_of()
    trainer = shard_module._trainer(task)
    waiting = shard_module._Waiting(task.study.trials[:2], (), 2)
    monkeypatch.setattr(trainer.workshop, "lowered", lambda trial: (_ for _ in ()).throw(OSError("no such file")))
    results, left = trainer.mended(waiting, OSError("no such file"))
    assert results == []
    assert [part.lanes for part in left] == [1, 1]
    (result,), none = trainer.mended(left[0], OSError("no such file"))
    assert (result.status, result.reason, none) == (FAILED, "OSError: no such file", [])
    trainer.take_remarks()


def test_what_fails_together_is_tried_alone_and_only_what_fails_alone_has_failed(task_of, alone, monkeypatch):
    fail_above(monkeypatch, 1, after=0, error=ValueError("no rule for lanes"))
    right = shard_module.one.train_one_epoch

    def train(program, progress, coefficients, data, *, seed):
        if coefficients[0] == 0.1:
            raise OUT_OF_MEMORY
        right(program, progress, coefficients, data, seed=seed)

    monkeypatch.setattr(shard_module.one, "train_one_epoch", train)
    results, remarks, _ = trained(task_of())
    assert "(ValueError: no rule for lanes): at most 2" in remarks[0]
    assert results[0.1].status == FAILED
    assert "RESOURCE_EXHAUSTED" in results.pop(0.1).reason
    assert_alike(results, alone)


def test_a_program_that_fails_to_prove_itself_for_several_trains_one_after_the_other(
    task_of, alone, sizes, monkeypatch
):
    def prove(lowered, examples, *, batch_size, together=False):
        if together:
            raise NotLoweredError("in a proof it has another loss")

    monkeypatch.setattr(workshop_module, "prove", prove)
    results, remarks, _ = trained(task_of())
    assert sizes == []
    assert remarks == ["Networks are trained one after the other: together, in a proof it has another loss."]
    assert_alike(results, alone)


def test_a_program_that_cannot_be_compiled_for_several_trains_one_after_the_other(task_of, alone, sizes, monkeypatch):
    def needed(self, *given, **settings):
        raise ValueError("no kernel for lanes")

    monkeypatch.setattr(together_module.Lanes, "bytes_needed", needed)
    monkeypatch.setattr(shard_module, "free_bytes", lambda: 100)
    results, remarks, _ = trained(task_of())
    assert sizes == []
    assert remarks == ["Networks are trained one after the other: together, ValueError: no kernel for lanes."]
    assert_alike(results, alone)


@pytest.mark.slow
def test_trials_of_other_programs_and_of_none_are_in_the_same_shard(task_of, sizes):
    def build(s):
        if s == 0.5:
            raise MemoryError("too large")
        model = simple(s)
        width = [layers.Dense(4)] if s >= 1e-2 else []
        model = keras.Sequential([*width, *model.layers])
        optimizer = keras.optimizers.Adam(use_ema=s == 0.1)
        model.compile(optimizer, "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    results, _, _ = trained(task_of(build, strengths=(0.0, 1e-3, 1e-2, 2e-2, 0.1, 0.5)))
    assert sizes == [2, 2]
    assert [result.engine for _, result in sorted(results.items())] == [*["jax"] * 4, "reference", ""]
    assert results[0.5].status == FAILED
    assert "MemoryError: too large" in results[0.5].reason
