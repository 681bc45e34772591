"""A study that no network was trained for, in a store, and how programs that look at it are asked."""

import os
import signal
import socket
from dataclasses import replace

import numpy as np
import urllib3
from synthetic import make_results, make_study

from ridgepath.results import DIVERGED, FAILED, TrialResult
from ridgepath.store import StudyStore
from ridgepath.study import Trial
from ridgepath.trackers.cards import trial_results

DIVERGING, FAILING = Trial("l2", 0.01, 2), Trial("l2", 0.01, 1)


def results_of(study):
    """Return a result a trial: one diverged in epoch 3, one could not be trained."""
    drawn = make_results(
        study, ended={DIVERGING: (DIVERGED, "loss not finite in epoch 3"), FAILING: (FAILED, "killed")}
    )
    for row, result in enumerate(trial_results(drawn)):
        losses = {split: values[row] for split, values in drawn.example_losses.items()}
        if result.trial == DIVERGING:
            epochs = {name: [*values[:2], np.nan] for name, values in result.epochs.items()}
            yield replace(result, epochs=epochs)
        elif result.trial == FAILING:
            yield TrialResult(result.trial, FAILED, "killed", "", 0.0, {}, {})
        else:
            yield replace(result, example_losses=losses)


def make_store(folder, *, only=lambda trial: True):
    """Make a store of 3 strengths, 3 seeds and 4 epochs."""
    study = make_study(strengths=(0.0, 1e-3, 0.01), seeds=3, epochs=4)
    context = {
        "created": "2026-01-01T00:00:00+00:00",
        "keras": "3.15.1",
        "command": "ridgepath run",
        "data": "mnist-5k",
    }
    store = StudyStore.create(folder, study, metrics=("accuracy",), context=context)
    for result in results_of(study):
        if only(result.trial):
            store.add(result)
    store.add_session(started="2026-01-01T00:00:00+00:00", seconds=41.5, workers=2, trials=9)
    return store


def free_port():
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return listening.getsockname()[1]


def ask(address, *, tries=0, **request):
    """Return what a program answers; where it does not yet listen, ask again every half second."""
    again = urllib3.Retry(total=tries, backoff_factor=0.5, backoff_max=0.5)
    with urllib3.PoolManager(retries=again) as pool:
        answer = pool.request("POST" if request else "GET", address, **request)
        assert answer.status == 200, answer.data
        return answer.data


def end(process):
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
