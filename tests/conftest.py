"""What all tests share: Keras on JAX, as in the workers, and the small real data set."""

import os
from contextlib import nullcontext

os.environ["KERAS_BACKEND"] = "jax"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
import pytest

from odd_study import created, result_of
from ridgepath import crew, refitting
from ridgepath.builders import TASK_NETWORK, find_builder
from ridgepath.datasets import load_dataset
from ridgepath.study import Study, Variant


@pytest.fixture(scope="session")
def mnist_5k():
    return load_dataset("mnist-5k")


@pytest.fixture(scope="session")
def digits_file(mnist_5k, tmp_path_factory):
    """500 real digits in a file of the user's own, as pixels."""
    pixels = {
        name: array
        for split, x, y in (("train", 300, 300), ("val", 100, 100), ("test", 100, 100))
        for name, array in (
            (f"x_{split}", (getattr(mnist_5k, "validation" if split == "val" else split).x[:x] * 255).astype(np.uint8)),
            (f"y_{split}", getattr(mnist_5k, "validation" if split == "val" else split).y[:y]),
        )
    }
    file = tmp_path_factory.mktemp("data") / "digits.npz"
    np.savez(file, **pixels)
    return file


@pytest.fixture(scope="session")
def _standing_worker():
    with crew.LocalWorkers(1) as worker:
        yield worker


@pytest.fixture(scope="module")
def standing_worker(_standing_worker):
    """Let one worker train study after study: to import Keras takes it longer than a small study.

    For tests of what is asked and stored. Those of what a process of its own does, or several at a time, need new ones.
    """
    with pytest.MonkeyPatch.context() as patch:
        for module in (crew, refitting):
            patch.setattr(module, "LocalWorkers", lambda workers: nullcontext(_standing_worker))
        yield


@pytest.fixture
def study_of():
    """Make a study of the task's network on some data."""

    def make(dataset, *, strengths=(0.0, 1e-3), seeds=(0,), epochs=2, batch_size=32, engine="auto", evaluated=10_000):
        builder = find_builder(TASK_NETWORK)
        return Study(
            builder=builder.card,
            data=dataset.card,
            variants=(Variant(builder.parameter, tuple(strengths)),),
            seeds=tuple(seeds),
            epochs=epochs,
            batch_size=batch_size,
            train_evaluated=min(len(dataset.train.y), evaluated),
            engine=engine,
        )

    return make


@pytest.fixture
def store(tmp_path):
    """An odd study without results."""
    return created(tmp_path / "studies" / "l2 ?#%20")


@pytest.fixture
def filled(store):
    """An odd study with all its results."""
    for trial in store.study.trials:
        store.add(result_of(trial, store.study))
    return store
