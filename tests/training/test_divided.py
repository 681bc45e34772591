"""Trials of studies whose every seed has a split of its own, against plain ``fit`` on just those arrays."""

import dataclasses

import numpy as np
import pytest
from fit_oracle import train_by_fit
from legs import legs_of

from ridgepath.arrays import Dataset, Split
from ridgepath.builders import TASK_NETWORK, find_builder
from ridgepath.splits import positions, sizes
from ridgepath.study import Trial
from ridgepath.training import shard as shard_module
from ridgepath.training.networks import task_network
from ridgepath.training.workshop import Task


@pytest.fixture
def few(mnist_5k):
    """330 digits with a test set; every last batch is a smaller one."""
    parts = (mnist_5k.train, 250), (mnist_5k.validation, 80), (mnist_5k.test, 60)
    return Dataset("few", *(Split(split.x[:size], split.y[:size]) for split, size in parts))


def task_of(data, study_of, folder, *, validation, evaluated=10_000, **settings):
    data.save(folder, pooled=True)
    train, validating = sizes(validation, data)
    study = study_of(data, **settings)
    card = dataclasses.replace(study.data, train=train, validation=validating)
    study = dataclasses.replace(study, data=card, validation=validation, train_evaluated=min(train, evaluated))
    return Task(find_builder(TASK_NETWORK), str(folder), study)


def results_of(task, seeds, strengths=(1e-2,)):
    trials = [Trial("l2", strength, seed) for seed in seeds for strength in strengths]
    results = [result for leg in legs_of(task, trials) for result in leg.results]
    assert [result.reason for result in results] == [""] * len(results)
    return results


def arrays_of(data, validation, seed):
    """Cut what a seed trains and validates on out of the arrays that were given."""
    x, y = (np.concatenate([data.train[axis], data.validation[axis]]) for axis in (0, 1))
    train, validating = positions(validation, seed, y, given=len(data.validation.y))
    return Dataset("cut", Split(x[train], y[train]), Split(x[validating], y[validating]), data.test)


@pytest.mark.parametrize(("validation", "seed"), [("redrawn", 1), ("folds:4", 6)])
def test_a_trial_equals_fit_on_the_arrays_of_its_seed(few, study_of, tmp_path, validation, seed):
    task = task_of(few, study_of, tmp_path, validation=validation, evaluated=100)
    (result,) = results_of(task, seeds=(seed,))
    data = arrays_of(few, validation, seed)
    model, history = train_by_fit(task_network, 1e-2, data, seed=seed, epochs=2, batch_size=32)
    for epoch, logs in enumerate(history):
        assert {name: result.epochs[name][epoch] for name in logs} == pytest.approx(logs, abs=1e-4)
    for name, (x, y, _) in {"validation": data.validation, "test": data.test}.items():
        probabilities = model.predict(x, verbose=0)[np.arange(len(y)), y]
        assert result.example_losses[name] == pytest.approx(-np.log(probabilities), abs=1e-4)
    assert result.figures["train_accuracy"] == pytest.approx(model.evaluate(*data.train.batch, verbose=0)[1])
    assert result.figures["train_data_loss"] != pytest.approx(result.epochs["train_data_loss"][-1])


def test_all_seeds_and_strengths_share_one_program(few, study_of, tmp_path):
    task = task_of(few, study_of, tmp_path, validation="folds:4", epochs=1)
    results_of(task, seeds=range(3), strengths=(0.0, 1e-2))
    assert len(shard_module._trainer(task).workshop._programs) == 1


def test_both_engines_train_and_validate_on_the_same_examples(few, study_of, tmp_path):
    task = task_of(few, study_of, tmp_path, validation="folds:3")
    by_fit = dataclasses.replace(task, study=dataclasses.replace(task.study, engine="reference"))
    pairs = zip(results_of(task, seeds=(2,)), results_of(by_fit, seeds=(2,)), strict=True)
    for lowered, reference in pairs:
        assert (lowered.engine, reference.engine) == ("jax", "reference")
        assert lowered.figures == pytest.approx(reference.figures, abs=1e-4)
        for name, losses in reference.example_losses.items():
            assert lowered.example_losses[name] == pytest.approx(losses, abs=1e-4)


def test_seeds_that_take_turns_keep_their_splits(few, study_of, tmp_path, monkeypatch):
    task = task_of(few, study_of, tmp_path, validation="redrawn", epochs=3)
    whole = {result.trial: result for result in results_of(task, seeds=range(4), strengths=(0.0,))}
    monkeypatch.setattr(shard_module, "LEG_SECONDS", 1e-9)
    in_turns = zip(*(legs_of(task, [Trial("l2", 0.0, seed)]) for seed in range(4)), strict=True)
    turns = list(in_turns)
    assert len(turns) == 3
    for result in (result for leg in turns[-1] for result in leg.results):
        assert result.epochs == whole.pop(result.trial).epochs
    assert not whole
