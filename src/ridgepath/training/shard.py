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

import jax
import numpy as np

from ridgepath.errors import OutOfMemoryError
from ridgepath.results import Checkpoint, Leg, TrialResult, failed
from ridgepath.study import Shard, Trial
from ridgepath.training import trial as one
from ridgepath.training.fitting import Fitting
from ridgepath.training.lowering import Lowered, NotLoweredError, lower
from ridgepath.training.memory import Room, even_parts, free_bytes, is_out_of_memory
from ridgepath.training.models import first_line
from ridgepath.training.together import Group, Lanes, Member
from ridgepath.training.travelling import StrangeError, Traveller
from ridgepath.training.workshop import Task, Workshop

LEG_SECONDS = 2.0
"""A leg ends with the first epoch that is done after this time; trials that end sooner are legs of their own."""

FIT_SECONDS = 30.0
"""The same for a trial by plain ``model.fit``, which another worker would have to compile anew."""

BY_FIT = "model.fit"
"""What trains a trial that has no program, so that nothing else goes on with it."""

HANDED_OVER = 20
"""A leg of trials together is at least so many times as long as handing them over takes."""


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
            _trainer(task).workshop.program(task.study.trials[0])


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
    trainer = _trainer(task)
    trainer.workshop.proven |= proven
    waiting = trainer.divided(shard, progress)
    results: list[TrialResult] = []
    epochs, stop = 0, time.perf_counter() + trainer.leg_seconds
    while waiting:
        first, *waiting = waiting
        try:
            trained, ended, left = trainer.advance(first, stop)
        except Exception as error:
            trained, ended, left = 0, *trainer.mended(first, error)
        epochs, waiting = epochs + trained, [*left, *waiting]
        results.extend(ended)
        if time.perf_counter() > stop:
            break
    refused, remarks = trainer.workshop.take_refused(), trainer.take_remarks()
    return Leg(results, trainer.packed(waiting), epochs, refused, remarks)


class _Trainer:
    """Trains what is handed to a worker; between legs it keeps what it knows of the device, and the workshop."""

    def __init__(self, task: Task) -> None:
        self.workshop = Workshop(task)
        self.study = task.study
        self._fitting = functools.lru_cache(maxsize=1)(self._begin_fitting)
        self._lanes = functools.cache(Lanes)
        self._rooms: dict[str, Room] = {}
        self._remarks: list[str] = []
        self._handing_over = 0.0

    def divided(self, shard: Shard, progress: Mapping[Trial, Checkpoint]) -> list[_Waiting]:
        """Divide a shard into trials that go together: those of one program, as many as the memory takes."""
        under_way = self._going_on(shard, progress)
        going_on = {member.trial for each in under_way for member in each.members}
        fresh = [trial for trial in shard.trials if trial not in going_on]
        if not self.workshop.together:
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
            found = self.workshop.lowered(trial)
            start = self._fitting(trial).member if found is None else self._member(trial, found[1])
            return Traveller.unpack(checkpoint.content, start, program=self.workshop.key(trial) or BY_FIT)
        except StrangeError as error:
            self._remarks.append(f"A checkpoint was not used: {error}. Its network begins anew.")
        except Exception:  # its turn tells why
            pass
        return None

    def _key(self, trial: Trial) -> str:
        """Name a trial's program; one without a program has a name for itself, and tells why when its turn comes."""
        with suppress(Exception):
            if key := self.workshop.key(trial):
                return key
        return repr(trial)

    def _most_together(self, trials: Sequence[Trial]) -> int:
        """Return how many trials of one program go together, of these; one, where it does not work for several."""
        if len(trials) == 1:
            return 1
        program, lowered = self.workshop.of(trials[0])
        data = self.workshop.data_of(trials[0])

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
        key = self.workshop.of(trial)[0].lowered.key
        if key not in self._rooms:
            self.workshop.prove(lower(self.workshop.networks.start(trial), self.workshop.example), together=True)
            self._rooms[key] = Room()
        return self._rooms[key]

    def mended(self, waiting: _Waiting, error: Exception) -> tuple[list[TrialResult], list[_Waiting]]:
        """Return what is left of trials whose leg failed: half as many at a time, or the failure of a trial alone.

        Raises:
            OutOfMemoryError: a trial alone has not the memory, which is shared with other workers.
        """
        if waiting.lanes == 1:
            if is_out_of_memory(error) and not self.workshop.together:
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
        if self.workshop.lowered(trial) is None:
            return self._advance_by_fit(waiting)
        (member,) = waiting.members or [self._started(trial)]
        program, data = self.workshop.of(trial)[0], self.workshop.data_of(trial)
        progress, before = member.progress, member.progress.epoch
        while progress.is_under_way(epochs):
            one.train_one_epoch(program, progress, member.coefficients, data, seed=trial.seed)
            if time.perf_counter() > stop and progress.is_under_way(epochs):
                progress.state = jax.tree.map(np.asarray, progress.state)
                return progress.epoch - before, [], [replace(waiting, members=(member,))]
        return epochs - before, [self._finished(member)], []

    def _advance_by_fit(self, waiting: _Waiting) -> tuple[int, list[TrialResult], list[_Waiting]]:
        if not waiting.members:
            self._fitting.cache_clear()  # a model that was trained is no beginning
        fitting = self._fitting(waiting.trials[0])
        for member in waiting.members:
            fitting.progress = member.progress
        before = fitting.progress.epoch
        result = fitting.go_on(time.perf_counter() + FIT_SECONDS)
        if result is None:
            return fitting.progress.epoch - before, [], [_Waiting.of([fitting.member], 1)]
        return self.study.epochs - before, [result], []

    def _advance_together(self, waiting: _Waiting, stop: float) -> tuple[int, list[TrialResult], list[_Waiting]]:
        trial, epochs = waiting.trials[0], self.study.epochs
        members = waiting.members or [self._started(each) for each in waiting.trials]
        gc.collect()  # the networks of which these are the values hold themselves, and their memory, in circles
        group = Group(members, functools.partial(self._lanes, self.workshop.of(trial)[0]), lanes=waiting.lanes)
        data = self.workshop.data_of(trial)
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
        _, lowered = self.workshop.of(trial)
        if not self.workshop.networks.restart(lowered.model, trial):
            lowered = Lowered(self.workshop.networks.start(trial), self.workshop.example)
        return self._member(trial, lowered)

    def _member(self, trial: Trial, lowered: Lowered) -> Member:
        """Return a trial that begins with the values that a lowered model has."""
        progress = one.start(lowered, watcher=one.watcher_of(self.study), keeps_best=self.study.keeps_best)
        return Member(trial, progress, lowered.coefficients)

    def _begin_fitting(self, trial: Trial) -> Fitting:
        return Fitting(self.workshop.networks.start(trial), trial, self.workshop.dataset, self.study)

    def _finished(self, member: Member) -> TrialResult:
        trial, data = member.trial, self.workshop.data_of(member.trial)
        pictured = trial.seed == self.study.seeds[0]
        program = self.workshop.of(trial)[0]
        return one.finish(program, member.progress, trial, member.coefficients, data, pictured=pictured)

    def take_remarks(self) -> tuple[str, ...]:
        """Return what there was to say since the last leg."""
        remarks, self._remarks = self._remarks, []
        return tuple(remarks)

    def packed(self, waiting: Iterable[_Waiting]) -> dict[Trial, Checkpoint]:
        """Return what another worker needs to go on with the trials that are under way."""
        began = time.perf_counter()
        packed = {
            member.trial: Traveller(member, self.workshop.key(member.trial) or BY_FIT, each.lanes).pack()
            for each in waiting
            for member in each.members
        }
        self._handing_over += time.perf_counter() - began
        return packed

    @property
    def leg_seconds(self) -> float:
        """How long a leg is; trials together have much to hand over, and go on for a multiple of the time it takes."""
        return max(LEG_SECONDS, HANDED_OVER * self._handing_over) if self.workshop.together else LEG_SECONDS


def _parts(trials: Sequence[Trial], members: Sequence[Member], most: int) -> list[_Waiting]:
    """Divide trials that have come equally far into parts of at most so many."""
    ends = np.cumsum([0, *even_parts(len(trials), most=most)])
    return [
        _Waiting(tuple(trials[start:end]), tuple(members[start:end]), end - start)
        for start, end in pairwise(ends.tolist())
    ]


@functools.lru_cache(maxsize=1)
def _trainer(task: Task) -> _Trainer:
    trainer = _Trainer(task)
    gc.freeze()  # what was imported so far stays; loky collects garbage between legs, which would walk all of it
    return trainer
