"""The trials of a shard on one device, a leg at a time: one after the other on a CPU core, together on a GPU.

A leg is a stretch of a shard's training. Between legs the shard's progress is with whoever hands out the work,
so that another worker can go on with it. Where the cuts fall changes no number.
"""

from __future__ import annotations

import functools
import gc
import itertools
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

import jax
import numpy as np

from ridgepath.arrays import Dataset, Split
from ridgepath.builders import Builder
from ridgepath.errors import OutOfMemoryError
from ridgepath.results import Checkpoint, Leg, TrialResult, failed
from ridgepath.splits import positions
from ridgepath.study import FIXED, Shard, Study, Trial, proof_examples
from ridgepath.training import trial as one
from ridgepath.training.device import TrialData, fit_batch, on_device
from ridgepath.training.lowering import Lowered, NotLoweredError, lower
from ridgepath.training.memory import Room, even_parts, free_bytes, is_out_of_memory
from ridgepath.training.models import Batch, Networks, first_line
from ridgepath.training.proof import prove
from ridgepath.training.reference import train_reference
from ridgepath.training.together import Group, Lanes, Member
from ridgepath.training.travelling import StrangeError, Traveller

SPLITS_KEPT = 2
"""Splits whose arrays a worker keeps: it may take turns with the last trials of one seed and the first of the next."""

LEG_SECONDS = 2.0
"""A leg ends with the first epoch that is done after this time; trials that end sooner are legs of their own."""

HANDED_OVER = 20
"""A leg of trials together is at least so many times as long as handing them over takes."""


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


@dataclass(frozen=True)
class _Waiting:
    """Trials of a shard that go together, and have come equally far; often it is one.

    Attributes:
        members: those that are under way; empty before the start.
        lanes: in so many lanes they are trained; 1 for a trial alone.
    """

    trials: tuple[Trial, ...]
    members: tuple[Member, ...] = ()
    lanes: int = 1

    @classmethod
    def of(cls, members: Sequence[Member], lanes: int) -> _Waiting:
        """Return trials that are under way."""
        return cls(tuple(member.trial for member in members), tuple(members), lanes)


def prepare(task: Task) -> None:
    """Compile the program of the study's first trial, so that it is there when the first leg begins."""
    if task.study.engine != "reference":
        with suppress(NotLoweredError):
            _workshop(task).program(task.study.trials[0])


def train_leg(
    task: Task, shard: Shard, progress: Mapping[Trial, Checkpoint], *, proven: frozenset[str] = frozenset()
) -> Leg:
    """Go on with a shard for about :data:`LEG_SECONDS`.

    A trial that cannot be trained becomes a result of status ``failed``; the others go on.

    Raises:
        OutOfMemoryError: memory does not suffice for a trial beside what other workers have.

    Args:
        progress: how far those of its trials have come that are under way.
        proven: keys of the programs that have proved themselves elsewhere; others do so here, before they train.
    """
    workshop = _workshop(task)
    workshop.proven |= proven
    waiting = workshop.divided(shard, progress)
    results: list[TrialResult] = []
    epochs, stop = 0, time.perf_counter() + workshop.leg_seconds
    while waiting:
        first, *waiting = waiting
        try:
            trained, ended, left = workshop.advance(first, stop)
        except Exception as error:
            trained, ended, left = 0, *workshop.mended(first, error)
        epochs, waiting = epochs + trained, [*left, *waiting]
        results.extend(ended)
        if time.perf_counter() > stop:
            break
    return Leg(results, workshop.packed(waiting), epochs, workshop.take_refused(), workshop.take_remarks())


class _Workshop:
    """What a worker keeps between legs: the arrays, the user's function, and the programs compiled so far."""

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
        self._programs: dict[str, one.Program] = {}
        self._lowered: dict[tuple[str, float], tuple[one.Program, Lowered] | None] = {}
        self._lanes = functools.cache(Lanes)
        self._rooms: dict[str, Room] = {}
        self._remarks: list[str] = []
        self._handing_over = 0.0
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

    def divided(self, shard: Shard, progress: Mapping[Trial, Checkpoint]) -> list[_Waiting]:
        """Divide a shard into trials that go together: those of one program, as many as the memory takes."""
        under_way = self._going_on(shard, progress)
        going_on = {member.trial for each in under_way for member in each.members}
        fresh = [trial for trial in shard.trials if trial not in going_on]
        if not self.together:
            return [*under_way, *(_Waiting((trial,)) for trial in fresh)]
        sharing: dict[str, list[Trial]] = {}
        for trial in fresh:
            sharing.setdefault(self._key(trial), []).append(trial)
        parts = (_parts(trials, (), self._most_together(trials)) for trials in sharing.values())
        return [*under_way, *itertools.chain.from_iterable(parts)]

    def _going_on(self, shard: Shard, progress: Mapping[Trial, Checkpoint]) -> list[_Waiting]:
        """Return the trials of a shard that are under way, together as they were."""
        together: dict[tuple[str, int, int], list[Member]] = {}
        for trial in shard.trials:
            if trial in progress and (traveller := self._unpacked(trial, progress[trial])):
                alike = traveller.program, traveller.lanes, traveller.member.progress.epoch
                together.setdefault(alike, []).append(traveller.member)
        return [
            _Waiting.of(members[start : start + lanes], lanes)
            for (_, lanes, _), members in together.items()
            for start in range(0, len(members), lanes)
        ]

    def _unpacked(self, trial: Trial, checkpoint: Checkpoint) -> Traveller | None:
        """Return a trial under way; ``None`` for one that begins anew, because it is not known to be the same."""
        try:
            if found := self.lowered(trial):
                program, lowered = found
                return Traveller.unpack(checkpoint.content, self._member(trial, lowered), program=program.lowered.key)
            reason = "it is trained by plain model.fit here"
        except StrangeError as error:
            reason = str(error)
        self._remarks.append(f"A checkpoint was not used: {reason}. Its network begins anew.")
        return None

    def _key(self, trial: Trial) -> str:
        """Name a trial's program; one without a program has a name for itself, and tells why when its turn comes."""
        with suppress(Exception):
            if lowered := self.lowered(trial):
                return lowered[0].lowered.key
        return repr(trial)

    def _most_together(self, trials: Sequence[Trial]) -> int:
        """Return how many trials of one program go together, of these; one, where it does not work for several."""
        if len(trials) == 1:
            return 1
        program, lowered = self._of(trials[0])
        data = self._data_of(trials[0])

        def needed(count: int) -> int:
            state, keeps_best = program.lowered.state, self.study.keeps_best
            return self._lanes(program, count).bytes_needed(state, lowered.coefficients, data, keeps_best=keeps_best)

        try:
            return self._room(trials[0]).take(len(trials), needed, free_bytes())
        except Exception as error:
            reason = str(error) if isinstance(error, NotLoweredError) else first_line(error)
            self._remarks.append(f"Networks are trained one after the other: together, {reason}.")
            self._rooms[program.lowered.key] = Room(most=1)
            return 1

    def _room(self, trial: Trial) -> Room:
        """Return what is known of how many trials of a program go together, after it proved itself for several.

        Raises:
            NotLoweredError: it does not.
        """
        key = self._of(trial)[0].lowered.key
        if key not in self._rooms:
            self._prove(lower(self.networks.start(trial), self.example), together=True)
            self._rooms[key] = Room()
        return self._rooms[key]

    def mended(self, waiting: _Waiting, error: Exception) -> tuple[list[TrialResult], list[_Waiting]]:
        """Return what is left of trials whose leg failed: half as many at a time, or the failure of a trial alone.

        Raises:
            OutOfMemoryError: a trial alone has not the memory, which is shared with other workers.
        """
        if waiting.lanes == 1:
            if is_out_of_memory(error) and not self.together:
                raise OutOfMemoryError(first_line(error)) from None
            (trial,) = waiting.trials
            return [failed(trial, f"{type(error).__name__}: {error}".splitlines()[0])], []
        reason = "the device ran out of memory" if is_out_of_memory(error) else first_line(error)
        most = self._rooms.setdefault(self._key(waiting.trials[0]), Room()).halve(waiting.lanes)
        self._remarks.append(
            f"{waiting.lanes} networks at a time are too many ({reason}): at most {most} from here on."
        )
        return [], _parts(waiting.trials, waiting.members, most)

    def advance(self, waiting: _Waiting, stop: float) -> tuple[int, list[TrialResult], list[_Waiting]]:
        """Train until all have ended or until the time ``stop``.

        Returns:
            The epochs done, those that were saved included; the results of trials that ended; what is left.
        """
        return self._advance_alone(waiting, stop) if waiting.lanes == 1 else self._advance_together(waiting, stop)

    def _advance_alone(self, waiting: _Waiting, stop: float) -> tuple[int, list[TrialResult], list[_Waiting]]:
        (trial,), epochs = waiting.trials, self.study.epochs
        if self.lowered(trial) is None:
            return epochs, [train_reference(self.networks.start(trial), trial, self.dataset, self.study)], []
        (member,) = waiting.members or [self._started(trial)]
        program, data = self._of(trial)[0], self._data_of(trial)
        progress, before = member.progress, member.progress.epoch
        while progress.is_under_way(epochs):
            one.train_one_epoch(program, progress, member.coefficients, data, seed=trial.seed)
            if time.perf_counter() > stop and progress.is_under_way(epochs):
                progress.state = jax.tree.map(np.asarray, progress.state)
                return progress.epoch - before, [], [replace(waiting, members=(member,))]
        return epochs - before, [self._finished(member)], []

    def _advance_together(self, waiting: _Waiting, stop: float) -> tuple[int, list[TrialResult], list[_Waiting]]:
        trial, epochs = waiting.trials[0], self.study.epochs
        members = waiting.members or [self._started(each) for each in waiting.trials]
        gc.collect()  # the networks of which these are the values hold themselves, and their memory, in circles
        group = Group(members, functools.partial(self._lanes, self._of(trial)[0]), lanes=waiting.lanes)
        data = self._data_of(trial)
        results: list[TrialResult] = []
        while group.is_under_way(epochs):
            results += [self._finished(member) for member in group.train_one_epoch(data, epochs=epochs)]
            if time.perf_counter() > stop:
                break
        began = time.perf_counter()
        left = group.rest(epochs=epochs)
        self._handing_over = time.perf_counter() - began
        trained = epochs * len(results) + sum(member.progress.epoch for member in left)
        rest = [_Waiting.of(left, group.lanes.count)] if left else []
        return trained - sum(member.progress.epoch for member in members), results, rest

    def _started(self, trial: Trial) -> Member:
        _, lowered = self._of(trial)
        if not self.networks.restart(lowered.model, trial):
            lowered = Lowered(self.networks.start(trial), self.example)
        return self._member(trial, lowered)

    def _member(self, trial: Trial, lowered: Lowered) -> Member:
        """Return a trial that begins with the values that a lowered model has."""
        progress = one.start(lowered, watcher=one.watcher_of(self.study), keeps_best=self.study.keeps_best)
        return Member(trial, progress, lowered.coefficients)

    def _finished(self, member: Member) -> TrialResult:
        trial, data = member.trial, self._data_of(member.trial)
        pictured = trial.seed == self.study.seeds[0]
        program = self._of(trial)[0]
        return one.finish(program, member.progress, trial, member.coefficients, data, pictured=pictured)

    def _data_of(self, trial: Trial) -> TrialData:
        return self.data(trial.seed, together=self._of(trial)[0].together)

    def _of(self, trial: Trial) -> tuple[one.Program, Lowered]:
        """Return what :meth:`lowered` does of a trial that has a program."""
        lowered = self.lowered(trial)
        assert lowered is not None
        return lowered

    def lowered(self, trial: Trial) -> tuple[one.Program, Lowered] | None:
        """Return the proven program and the lowered model of a trial's strength; ``None`` for the reference engine."""
        point = trial.variant, trial.strength
        if point not in self._lowered:
            self._lowered[point] = self._proven(trial) if self.study.engine != "reference" else None
        return self._lowered[point]

    def _proven(self, trial: Trial) -> tuple[one.Program, Lowered] | None:
        try:
            program, lowered = self.program(trial)
            if lowered.key not in self.proven:
                self._prove(lowered)
                self.proven |= {lowered.key}
        except NotLoweredError as error:
            self._refused[trial.variant, trial.strength] = str(error)
            return None
        return program, lowered

    def _prove(self, lowered: Lowered, *, together: bool = False) -> None:
        wanted = proof_examples(self.study.data.train, self.study.batch_size)
        few = fit_batch(self.dataset.train.take(slice(wanted)), self.study.class_weight)
        prove(lowered, jax.tree.map(np.asarray, few), batch_size=self.study.batch_size, together=together)

    def program(self, trial: Trial) -> tuple[one.Program, Lowered]:
        """Return the program of a trial, compiled if trials go one by one, and its lowered model.

        Raises:
            NotLoweredError: the model cannot be lowered.
        """
        lowered = lower(self.networks.start(trial), self.example)
        if lowered.key not in self._programs:
            program = one.Program(lowered, batch_size=self.study.batch_size)
            if not self.together:
                data = self.data(trial.seed, together=program.together)
                program.compile(lowered.state, lowered.coefficients, data)
            self._programs[lowered.key] = program
        return self._programs[lowered.key], lowered

    def take_refused(self) -> dict[tuple[str, float], str]:
        """Return what was found since the last leg not to be trained by a lowered program, with the reasons."""
        refused, self._refused = self._refused, {}
        return refused

    def take_remarks(self) -> tuple[str, ...]:
        """Return what there was to say since the last leg."""
        remarks, self._remarks = self._remarks, []
        return tuple(remarks)

    def packed(self, waiting: Iterable[_Waiting]) -> dict[Trial, Checkpoint]:
        """Return what another worker needs to go on with the trials that are under way."""
        began = time.perf_counter()
        packed = {
            member.trial: Traveller(member, self._of(member.trial)[0].lowered.key, each.lanes).pack()
            for each in waiting
            for member in each.members
        }
        self._handing_over += time.perf_counter() - began
        return packed

    @property
    def leg_seconds(self) -> float:
        """How long a leg is; trials together have much to hand over, and go on for a multiple of the time it takes."""
        return max(LEG_SECONDS, HANDED_OVER * self._handing_over) if self.together else LEG_SECONDS


def _parts(trials: Sequence[Trial], members: Sequence[Member], most: int) -> list[_Waiting]:
    """Divide trials that have come equally far into parts of at most so many."""
    ends = np.cumsum([0, *even_parts(len(trials), most=most)])
    return [
        _Waiting(tuple(trials[start:end]), tuple(members[start:end]), end - start)
        for start, end in pairwise(ends.tolist())
    ]


@functools.lru_cache(maxsize=1)
def _workshop(task: Task) -> _Workshop:
    workshop = _Workshop(task)
    gc.freeze()  # what was imported so far stays; loky collects garbage between legs, which would walk all of it
    return workshop
