"""The trials of a shard on one device, one after the other, a leg at a time.

A leg is a stretch of a shard's training. Between legs the shard's progress is with whoever hands out the work,
so that another worker can go on with it. Where the cuts fall changes no number.
"""

from __future__ import annotations

import functools
import gc
import pickle
import time
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ridgepath.arrays import Dataset, Split
from ridgepath.builders import Builder
from ridgepath.results import Leg, TrialResult, failed
from ridgepath.splits import positions
from ridgepath.study import FIXED, Shard, Study, Trial, proof_examples
from ridgepath.training import trial as one
from ridgepath.training.device import TrialData, fit_batch, on_device
from ridgepath.training.lowering import Lowered, NotLoweredError, lower
from ridgepath.training.models import Batch, Networks
from ridgepath.training.proof import prove
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
    if task.study.engine != "reference":
        with suppress(NotLoweredError):
            _workshop(task).program(task.study.trials[0])


def train_leg(task: Task, shard: Shard, packed: bytes | None, *, proven: frozenset[str] = frozenset()) -> Leg:
    """Go on with a shard for about :data:`LEG_SECONDS`, from where its last leg ended (``None``: from its start).

    A trial that cannot be trained becomes a result of status ``failed``; the others go on.

    Args:
        proven: keys of the programs that have proved themselves elsewhere; others do so here, before they train.
    """
    workshop = _workshop(task)
    workshop.proven |= proven
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
    packed = pickle.dumps(progress) if progress.position < len(shard.trials) else None
    return Leg(results, packed, epochs, workshop.take_refused())


class _Workshop:
    """What a worker keeps between legs: the arrays, the user's function, and the programs compiled so far."""

    def __init__(self, task: Task) -> None:
        self.study = task.study
        self.dataset = Dataset.open(Path(task.data_folder))
        first = slice(0, task.study.batch_size)
        self.example: Batch = jax.tree.map(
            np.asarray, fit_batch(self.dataset.train.take(first), task.study.class_weight)
        )
        self.networks = Networks(task.builder, task.study, example=self.example)
        self.proven: frozenset[str] = frozenset()
        self._refused: dict[tuple[str, float], str] = {}
        self._programs: dict[str, one.Program] = {}
        self._lowered: dict[tuple[str, float], tuple[one.Program, np.ndarray] | None] = {}
        self._given = functools.cache(self._give)
        self._split = functools.lru_cache(maxsize=SPLITS_KEPT)(self._divide)

    def data(self, seed: int, *, together: int) -> TrialData:
        """Return the arrays on the device, as a seed's trials need them, so many examples together in an evaluation."""
        return self._given(together) if self.study.validation == FIXED else self._split(seed, together)

    def _give(self, together: int) -> TrialData:
        return self._trial_data(together=together)

    def _divide(self, seed: int, together: int) -> TrialData:
        pool = self.dataset.pool
        chosen = positions(self.study.validation, seed, pool.y, given=self.dataset.validation.examples)
        return self._trial_data(together=together, chosen=chosen)

    def _trial_data(self, **settings: Any) -> TrialData:
        return TrialData(
            self.dataset,
            train_evaluated=self.study.train_evaluated,
            class_weight=self.study.class_weight,
            place=self._place,
            **settings,
        )

    def _place(self, split: Split) -> Batch:
        """Put what the trials of a seed train on on the device; arrays that all seeds share, once."""
        shared = split is self.dataset.train or split is self.dataset.pool
        return self._shared if shared else on_device(fit_batch(split, self.study.class_weight))

    @functools.cached_property
    def _shared(self) -> Batch:
        shared = self.dataset.train if self.study.validation == FIXED else self.dataset.pool
        return on_device(fit_batch(shared, self.study.class_weight))

    def advance(self, trial: Trial, progress: _ShardProgress, stop: float) -> tuple[int, TrialResult | None]:
        """Train a trial until it ends or until the time ``stop``; return the epochs done, and its result at its end."""
        lowered = self.lowered(trial)
        if lowered is None:
            return self.study.epochs, train_reference(self.networks.start(trial), trial, self.dataset, self.study)
        program, coefficients = lowered
        if progress.under_way is None:
            progress.under_way = one.start(
                Lowered(self.networks.start(trial), self.example),
                watcher=one.watcher_of(self.study),
                keeps_best=self.study.keeps_best,
            )
        under_way, before = progress.under_way, progress.under_way.epoch
        data = self.data(trial.seed, together=program.together)
        while under_way.is_under_way(self.study.epochs):
            one.train_one_epoch(program, under_way, coefficients, data, seed=trial.seed)
            if time.perf_counter() > stop and under_way.is_under_way(self.study.epochs):
                return under_way.epoch - before, None
        pictured = trial.seed == self.study.seeds[0]
        return self.study.epochs - before, one.finish(program, under_way, trial, coefficients, data, pictured=pictured)

    def lowered(self, trial: Trial) -> tuple[one.Program, np.ndarray] | None:
        """Return the proven program and the coefficients of a trial, or ``None`` for the reference engine."""
        point = trial.variant, trial.strength
        if point not in self._lowered:
            self._lowered[point] = self._proven(trial) if self.study.engine != "reference" else None
        return self._lowered[point]

    def _proven(self, trial: Trial) -> tuple[one.Program, np.ndarray] | None:
        try:
            program, lowered = self.program(trial)
            if lowered.key not in self.proven:
                wanted = proof_examples(self.study.data.train, self.study.batch_size)
                few = fit_batch(self.dataset.train.take(slice(wanted)), self.study.class_weight)
                prove(lowered, jax.tree.map(np.asarray, few), batch_size=self.study.batch_size)
                self.proven |= {lowered.key}
        except NotLoweredError as error:
            self._refused[trial.variant, trial.strength] = str(error)
            return None
        return program, lowered.coefficients

    def program(self, trial: Trial) -> tuple[one.Program, Lowered]:
        """Return the compiled program of a trial, and its lowered model.

        Raises:
            NotLoweredError: the model cannot be lowered.
        """
        lowered = lower(self.networks.start(trial), self.example)
        if lowered.key not in self._programs:
            program = one.Program(lowered, batch_size=self.study.batch_size)
            data = self.data(trial.seed, together=program.together)
            program.compile(lowered.state, lowered.coefficients, data)
            self._programs[lowered.key] = program
        return self._programs[lowered.key], lowered

    def take_refused(self) -> dict[tuple[str, float], str]:
        """Return what was found since the last leg not to be trained by a lowered program, with the reasons."""
        refused, self._refused = self._refused, {}
        return refused


@functools.lru_cache(maxsize=1)
def _workshop(task: Task) -> _Workshop:
    workshop = _Workshop(task)
    gc.freeze()  # what was imported so far stays; loky collects garbage between legs, which would walk all of it
    return workshop
