"""Compare one epoch of a lowered trial with plain ``model.fit``; also run as a program, for float64.

Prints the largest absolute difference of a weight, and of what ``fit`` reports.
"""

import sys

import jax
import keras
import numpy as np

from ridgepath.datasets import load_dataset
from ridgepath.training import trial as one
from ridgepath.training.device import TrialData, batch_order
from ridgepath.training.lowering import Lowered
from ridgepath.training.models import build_model


def train_by_fit(build, strength, data, *, seed, epochs, batch_size):
    """Train by ``fit`` on arrays that are put in the trial's order; return the model and a history an epoch."""
    model = build_model(build, strength, seed=seed, example=(data.train.x[:batch_size], data.train.y[:batch_size]))
    history = []
    for epoch in range(1, epochs + 1):
        order = batch_order(seed, epoch, len(data.train.y))
        fitted = model.fit(
            data.train.x[order],
            data.train.y[order],
            shuffle=False,
            batch_size=batch_size,
            verbose=0,
            validation_data=data.validation.batch,
        )
        history.append({name: values[0] for name, values in fitted.history.items()})
    return model, history


def train_lowered(build, strength, data, *, seed, epochs, batch_size):
    """Train the lowered trial; return its progress."""
    example = data.train.take(slice(batch_size)).batch
    return lowered_epochs(build_model(build, strength, seed=seed, example=example), data, seed, epochs, batch_size)[-1]


def lowered_epochs(model, data, seed, epochs, batch_size, *, evaluated=10_000, **settings):
    """Train a model by its lowered program; return program, coefficients, data on the device and progress."""
    lowered = Lowered(model, data.train.take(slice(batch_size)).batch)
    program = one.Program(lowered, batch_size=batch_size)
    arrays = TrialData(data, train_evaluated=evaluated, together=program.together)
    progress = one.start(lowered, **settings)
    while progress.is_under_way(epochs):
        one.train_one_epoch(program, progress, lowered.coefficients, arrays, seed=seed)
    return program, lowered.coefficients, arrays, progress


def lowered_trial(model, trial, data, study):
    """Train a model as the trial of a study by its lowered program; return the result."""
    settings = {"watcher": one.watcher_of(study), "keeps_best": study.keeps_best}
    program, coefficients, arrays, progress = lowered_epochs(
        model, data, trial.seed, study.epochs, study.batch_size, evaluated=study.train_evaluated, **settings
    )
    pictured = trial.seed == study.seeds[0]
    return one.finish(program, progress, trial, coefficients, arrays, pictured=pictured)


def differences(build, strength, data, *, seed=3, epochs=1, batch_size=32):
    """Return the largest differences of (weights, what ``fit`` reports) between the two."""
    progress = train_lowered(build, strength, data, seed=seed, epochs=epochs, batch_size=batch_size)
    model, history = train_by_fit(build, strength, data, seed=seed, epochs=epochs, batch_size=batch_size)
    pairs = zip(progress.state["trainable"], model.get_weights(), strict=True)
    weights = max(float(np.abs(np.asarray(mine) - theirs).max()) for mine, theirs in pairs)
    reported = max(
        abs(progress.epochs[name][epoch] - value) for epoch, logs in enumerate(history) for name, value in logs.items()
    )
    return weights, reported


if __name__ == "__main__":
    from ridgepath.training.networks import task_network

    jax.config.update("jax_enable_x64", True)
    keras.config.set_floatx("float64")
    for strength in map(float, sys.argv[1:]):
        print(*differences(task_network, strength, load_dataset("mnist-5k")))
