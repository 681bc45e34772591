"""The trials of a shard on one device, one after the other, a leg at a time.

A leg is a stretch of a shard's training. Between legs the shard's progress is with whoever hands out the work,
so that another worker can go on with it. Where the cuts fall changes no number.
"""

from __future__ import annotations

import functools
import gc
import pickle
import time
from dataclasses import dataclass
from pathlib import Path

import jax
import numpy as np

from ridgepath.builders import Builder
from ridgepath.datasets import Dataset
from ridgepath.results import Leg, TrialResult, failed
from ridgepath.splits import positions
from ridgepath.study import FIXED, Shard, Study, Trial
from ridgepath.training import trial as one
from ridgepath.training.lowering import Lowered, NotLoweredError
from ridgepath.training.models import Batch, Networks
from ridgepath.training.reference import train_reference

SPLITS_KEPT = 2
"""Splits whose arrays a worker keeps: it may take turns with the last trials of one seed and the first of the next."""

LEG_SECONDS = 2.0
"""A leg ends with the first epoch that is done after this time; trials that end sooner are legs of their own."""


@dataclass(frozen=True)
class Task:
    """What every worker of a study needs to know.

    Attributes:
        data_folder: where :meth:`ridgepath.datasets.Dataset.save` put the arrays.
    """

    builder: Builder
    data_folder: str
    study: Study


@dataclass
class _ShardProgress:
    """How far a shard has come: the trial that is under way, and the epochs done in it."""

    position: int = 0
    under_way: one.Progress | None = None


def prepare(task: Task) -> None:
    """Compile the program of the study's first trial, so that it is there when the first leg begins."""
    _workshop(task).lowered(task.study.trials[0])


def train_leg(task: Task, shard: Shard, packed: bytes | None) -> Leg:
    """Go on with a shard for about :data:`LEG_SECONDS`, from where its last leg ended (``None``: from its start).

    A trial that cannot be trained becomes a result of status ``failed``; the others go on.
    """
    workshop = _workshop(task)
    progress = pickle.loads(packed) if packed else _ShardProgress()
    results: list[TrialResult] = []
    epochs, stop = 0, time.perf_counter() + LEG_SECONDS
    for trial in shard.trials[progress.position :]:
        try:
            trained, result = workshop.advance(trial, progress, stop)
        except Exception as error:
            trained, result = 0, failed(trial, f"{type(error).__name__}: {error}".splitlines()[0])
        epochs += trained
        if result is not None:
            results.append(result)
            progress = _ShardProgress(progress.position + 1)
        if time.perf_counter() > stop:
            break
    if progress.under_way is not None:
        progress.under_way.state = jax.tree.map(np.asarray, progress.under_way.state)
    return Leg(results, pickle.dumps(progress) if progress.position < len(shard.trials) else None, epochs)


class _Workshop:
    """What a worker keeps between legs: the arrays, the user's function, and the programs compiled so far."""

    def __init__(self, task: Task) -> None:
        self.study = task.study
        self.dataset = Dataset.open(Path(task.data_folder))
        first = slice(0, task.study.batch_size)
        self.example: Batch = (np.asarray(self.dataset.train.x[first]), np.asarray(self.dataset.train.y[first]))
        self.networks = Networks(task.builder, task.study, example=self.example)
        self._programs: dict[str, one.Program] = {}
        self._lowered: dict[tuple[str, float], tuple[one.Program, np.ndarray] | None] = {}
        self._split = functools.lru_cache(maxsize=SPLITS_KEPT)(self._divide)

    def data(self, seed: int) -> one.TrialData:
        """Return the arrays on the device, as a seed's trials need them."""
        return self._given if self.study.validation == FIXED else self._split(seed)

    @functools.cached_property
    def _given(self) -> one.TrialData:
        return one.TrialData(self.dataset, train_evaluated=self.study.train_evaluated)

    @functools.cached_property
    def _pool(self) -> Batch:
        return one.on_device(self.dataset.pool)

    def _divide(self, seed: int) -> one.TrialData:
        given = len(self.dataset.validation.y)
        chosen = positions(self.study.validation, seed, self.dataset.pool.y, given=given)
        evaluated = self.study.train_evaluated
        return one.TrialData(self.dataset, train_evaluated=evaluated, chosen=chosen, pool=self._pool)

    def advance(self, trial: Trial, progress: _ShardProgress, stop: float) -> tuple[int, TrialResult | None]:
        """Train a trial until it ends or until the time ``stop``; return the epochs done, and its result at its end."""
        lowered = self.lowered(trial)
        if lowered is None:
            return self.study.epochs, train_reference(self.networks.start(trial), trial, self.dataset, self.study)
        program, coefficients = lowered
        if progress.under_way is None:
            progress.under_way = one.start(Lowered(self.networks.start(trial), self.example))
        under_way, before = progress.under_way, progress.under_way.epoch
        data = self.data(trial.seed)
        while under_way.epoch < self.study.epochs and not under_way.diverged:
            one.train_one_epoch(program, under_way, coefficients, data, seed=trial.seed)
            if time.perf_counter() > stop and under_way.epoch < self.study.epochs and not under_way.diverged:
                return under_way.epoch - before, None
        pictured = trial.seed == self.study.seeds[0]
        return under_way.epoch - before, one.finish(program, under_way, trial, coefficients, data, pictured=pictured)

    def lowered(self, trial: Trial) -> tuple[one.Program, np.ndarray] | None:
        """Return the compiled program and the coefficients of a trial, or ``None`` for the reference engine."""
        point = trial.variant, trial.strength
        if point not in self._lowered:
            self._lowered[point] = self._lower(trial) if self.study.engine != "reference" else None
        return self._lowered[point]

    def _lower(self, trial: Trial) -> tuple[one.Program, np.ndarray] | None:
        try:
            lowered = Lowered(self.networks.build(trial), self.example)
        except NotLoweredError:
            return None
        if lowered.key not in self._programs:
            program = one.Program(lowered, batch_size=self.study.batch_size)
            program.compile(lowered.state, lowered.coefficients, self.data(trial.seed))
            self._programs[lowered.key] = program
        return self._programs[lowered.key], lowered.coefficients


@functools.lru_cache(maxsize=1)
def _workshop(task: Task) -> _Workshop:
    workshop = _Workshop(task)
    gc.freeze()  # what was imported so far stays; loky collects garbage between legs, which would walk all of it
    return workshop
