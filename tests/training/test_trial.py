import jax
import numpy as np
import pytest
from legs import legs_of

from ridgepath.builders import TASK_NETWORK, find_builder
from ridgepath.datasets import Dataset, Split
from ridgepath.errors import OutOfMemoryError
from ridgepath.study import Shard, Trial
from ridgepath.training import shard as shard_module
from ridgepath.training.device import batch_order, evaluated_part
from ridgepath.training.shard import train_leg
from ridgepath.training.workshop import Task


def test_the_order_of_batches_follows_from_seed_and_epoch_alone():
    assert (batch_order(1, 2, 100) == batch_order(1, 2, 100)).all()
    assert sorted(batch_order(1, 2, 100)) == list(range(100))
    assert (batch_order(1, 2, 100) != batch_order(1, 3, 100)).any()
    assert (batch_order(1, 2, 100) != batch_order(2, 2, 100)).any()


def test_the_evaluated_part_is_the_same_examples_every_time():
    split = Split(np.arange(50)[:, None], np.arange(50))
    part = evaluated_part(split, 10)
    assert len(part.y) == len(set(part.y)) == 10
    assert (part.x[:, 0] == part.y).all()
    assert (evaluated_part(split, 10).y == part.y).all()
    assert evaluated_part(split, 50) is split


def results_of(task, shard):
    """Train a shard leg by leg; return its results and the number of legs."""
    legs = list(legs_of(task, shard.trials))
    return [result for leg in legs for result in leg.results], len(legs)


def test_where_the_cuts_between_legs_fall_changes_no_number(mnist_5k, study_of, tmp_path, monkeypatch):
    data = Dataset("few", mnist_5k.train.take(slice(100)), mnist_5k.validation.take(slice(50)))
    data.save(tmp_path)
    task = Task(find_builder(TASK_NETWORK), str(tmp_path), study_of(data, epochs=3))
    shard = Shard((Trial("l2", 0.0, 0), Trial("l2", 1e-3, 0)))
    monkeypatch.setattr(shard_module, "LEG_SECONDS", 1e9)
    at_once, legs_at_once = results_of(task, shard)
    monkeypatch.setattr(shard_module, "LEG_SECONDS", 1e-9)
    in_legs, legs = results_of(task, shard)
    assert (legs_at_once, legs) == (1, 6)
    assert [result.figures for result in at_once] == [result.figures for result in in_legs]
    assert [result.epochs for result in at_once] == [result.epochs for result in in_legs]


def test_a_trial_that_cannot_be_trained_is_failed_and_the_next_goes_on(mnist_5k, study_of, tmp_path):
    def build(l2):
        if l2 == 0.5:
            raise MemoryError("too large")
        from ridgepath.training.networks import task_network

        return task_network(l2)

    data = Dataset("few", mnist_5k.train.take(slice(64)), mnist_5k.validation.take(slice(50)))
    data.save(tmp_path)
    task = Task(find_builder(build), str(tmp_path), study_of(data, epochs=1))
    results, _ = results_of(task, Shard((Trial("l2", 0.5, 0), Trial("l2", 0.1, 0))))
    assert [result.status for result in results] == ["failed", "done"]
    assert "MemoryError: too large" in results[0].reason


def test_a_trial_alone_that_has_no_memory_asks_for_fewer_workers(mnist_5k, study_of, tmp_path, monkeypatch):
    data = Dataset("few", mnist_5k.train.take(slice(100)), mnist_5k.validation.take(slice(50)))
    data.save(tmp_path)
    task = Task(find_builder(TASK_NETWORK), str(tmp_path), study_of(data))

    def train(*given, **settings):
        raise jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory allocating 9 bytes.")

    monkeypatch.setattr(shard_module.one, "train_one_epoch", train)
    with pytest.raises(OutOfMemoryError, match="allocating 9 bytes"):
        next(legs_of(task, [Trial("l2", 0.0, 0)]))


def test_a_trial_under_way_that_another_worker_cannot_begin_has_failed_and_the_next_goes_on(
    mnist_5k, study_of, tmp_path, monkeypatch
):
    """Such as one on a machine where the file of the builder is gone."""
    data = Dataset("few", mnist_5k.train.take(slice(100)), mnist_5k.validation.take(slice(50)))
    data.save(tmp_path)
    task = Task(find_builder(TASK_NETWORK), str(tmp_path), study_of(data))
    monkeypatch.setattr(shard_module, "LEG_SECONDS", 1e-9)
    first, second = Trial("l2", 0.0, 0), Trial("l2", 1e-3, 0)
    leg = train_leg(task, Shard((first, second)), {})
    assert set(leg.progress) == {first}
    workshop = shard_module._trainer(task).workshop
    right = workshop.lowered

    def lowered(trial):
        if trial == first:
            raise OSError("no such file")
        return right(trial)

    monkeypatch.setattr(workshop, "lowered", lowered)
    leg = train_leg(task, Shard((first, second)), leg.progress)
    assert [(result.trial, result.status, result.reason) for result in leg.results] == [
        (first, "failed", "OSError: no such file")
    ]
    assert [result.status for leg in legs_of(task, [second]) for result in leg.results] == ["done"]
