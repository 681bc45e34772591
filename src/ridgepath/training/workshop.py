"""What a worker keeps between legs: the arrays of a study, the user's function, and the programs compiled so far."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ridgepath.arrays import Dataset, Split
from ridgepath.builders import Builder
from ridgepath.splits import positions
from ridgepath.study import FIXED, Study, Trial, proof_examples
from ridgepath.training.device import TrialData, fit_batch, on_device
from ridgepath.training.lowering import Lowered, NotLoweredError, lower
from ridgepath.training.models import Batch, Networks
from ridgepath.training.proof import prove
from ridgepath.training.trial import Program

SPLITS_KEPT = 2
"""Splits whose arrays a worker keeps: it may take turns with the last trials of one seed and the first of the next."""


@dataclass(frozen=True)
class Task:
    """What every worker of a study needs to know.

    Attributes:
        data_folder: where :meth:`ridgepath.datasets.Dataset.save` put the arrays.
        together: whether trials are trained together on a CPU, too, where that is slower.
    """

    builder: Builder
    data_folder: str
    study: Study
    together: bool = False


class Workshop:
    """The arrays and programs of a study, each made when it is first needed.

    Attributes:
        together: whether trials are trained together.
        example: a batch like those of training.
        proven: keys of the programs that have proved themselves.
    """

    def __init__(self, task: Task) -> None:
        self.study = task.study
        self.together = task.together or jax.default_backend() != "cpu"
        self.dataset = Dataset.open(Path(task.data_folder))
        first = slice(0, task.study.batch_size)
        self.example: Batch = jax.tree.map(
            np.asarray, fit_batch(self.dataset.train.take(first), task.study.class_weight)
        )
        self.networks = Networks(task.builder, task.study, example=self.example)
        self.proven: frozenset[str] = frozenset()
        self._refused: dict[tuple[str, float], str] = {}
        self._programs: dict[str, Program] = {}
        self._lowered: dict[tuple[str, float], tuple[Program, Lowered] | None] = {}
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

    def data_of(self, trial: Trial) -> TrialData:
        """Return the arrays on the device, as a trial that has a program needs them."""
        return self.data(trial.seed, together=self.of(trial)[0].together)

    def of(self, trial: Trial) -> tuple[Program, Lowered]:
        """Return what :meth:`lowered` does of a trial that has a program."""
        lowered = self.lowered(trial)
        assert lowered is not None
        return lowered

    def key(self, trial: Trial) -> str | None:
        """Return the key of a trial's proven program; ``None`` for the reference engine."""
        found = self.lowered(trial)
        return None if found is None else found[0].lowered.key

    def lowered(self, trial: Trial) -> tuple[Program, Lowered] | None:
        """Return the proven program and the lowered model of a trial's strength; ``None`` for the reference engine."""
        point = trial.variant, trial.strength
        if point not in self._lowered:
            self._lowered[point] = self._proven(trial) if self.study.engine != "reference" else None
        return self._lowered[point]

    def _proven(self, trial: Trial) -> tuple[Program, Lowered] | None:
        try:
            program, lowered = self.program(trial)
            if lowered.key not in self.proven:
                self.prove(lowered)
                self.proven |= {lowered.key}
        except NotLoweredError as error:
            self._refused[trial.variant, trial.strength] = str(error)
            return None
        return program, lowered

    def prove(self, lowered: Lowered, *, together: bool = False) -> None:
        """Let a lowered model's program prove itself, alone or in several lanes.

        Raises:
            NotLoweredError: it does not train as Keras does.
        """
        wanted = proof_examples(self.study.data.train, self.study.batch_size)
        few = fit_batch(self.dataset.train.take(slice(wanted)), self.study.class_weight)
        prove(lowered, jax.tree.map(np.asarray, few), batch_size=self.study.batch_size, together=together)

    def program(self, trial: Trial) -> tuple[Program, Lowered]:
        """Return the program of a trial, compiled if trials go one by one, and its lowered model.

        Raises:
            NotLoweredError: the model cannot be lowered.
        """
        lowered = lower(self.networks.start(trial), self.example)
        if lowered.key not in self._programs:
            program = Program(lowered, batch_size=self.study.batch_size)
            if not self.together:
                data = self.data(trial.seed, together=program.together)
                program.compile(lowered.state, lowered.coefficients, data)
            self._programs[lowered.key] = program
        return self._programs[lowered.key], lowered

    def take_refused(self) -> dict[tuple[str, float], str]:
        """Return what was found since the last leg not to be trained by a lowered program, with the reasons."""
        refused, self._refused = self._refused, {}
        return refused
