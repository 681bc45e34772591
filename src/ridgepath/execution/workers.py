"""Workers, wherever they are: shards are handed out to them leg by leg, and those that die are replaced.

What a trial has come to is with the caller between legs, so that any worker can go on with it.
"""

from __future__ import annotations

import itertools
from abc import ABC, abstractmethod
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

from ridgepath.errors import TrainingError
from ridgepath.results import Checkpoint, Leg, failed
from ridgepath.study import Shard, Trial
from ridgepath.texts import write_count

MOST_DEATHS = 3
"""A shard in whose legs workers died this often, one time after the other, is given up."""

MOST_LOSSES = 10
"""The same of deaths by which a machine was lost: several may be taken away that no shard is to blame for."""

PATIENCE = 15.0
"""Seconds without a single worker, after which it is said."""

NO_MEMORY = "memory ran out"
"""The reason of a death for want of memory."""

TrainLeg = Callable[[Shard, Mapping[Trial, Checkpoint]], Leg]
"""Trains a shard for a while, from where those of its trials that are under way have come to."""

_Value = TypeVar("_Value")


@dataclass(frozen=True)
class Death:
    """Why a worker is no more.

    Attributes:
        reason: in a few words.
        of_memory: whether it was ended because memory ran out, so that fewer workers may get further.
        of_machine: whether its machine was lost, or can no longer be reached.
    """

    reason: str
    of_memory: bool = False
    of_machine: bool = False


class _Deaths:
    """Deaths one time after the other, those of machines by themselves."""

    def __init__(self) -> None:
        self._counts: Counter[bool] = Counter()

    def too_many(self, death: Death) -> int:
        """Count a death, and return how many that makes if these are too many, else 0."""
        self._counts[death.of_machine] += 1
        count = self._counts[death.of_machine]
        return count if count >= (MOST_LOSSES if death.of_machine else MOST_DEATHS) else 0


class Placed(Protocol):
    """Files that every worker can read; it travels with what they are given, so it is small."""

    def here(self) -> Path:
        """Return the folder that they are in, on the machine where this is called."""


@dataclass(frozen=True)
class Folder:
    """Files that are where they were, for workers on this machine."""

    path: Path

    def here(self) -> Path:
        """Return the folder itself."""
        return self.path


class Worker(ABC):
    """One process with a core or a GPU of its own, which does one thing after the other.

    Attributes:
        deaths: the exceptions of a future by which the death of its process shows.
    """

    deaths: tuple[type[BaseException], ...]

    @abstractmethod
    def submit(self, function: Callable[..., _Value], *arguments: Any) -> Future[_Value]:
        """Let the worker call a function when all is done that it was given before; raises one of ``deaths``, too."""

    @abstractmethod
    def died(self, error: BaseException) -> Death:
        """Tell why its process died, and give up what is left of it."""

    @abstractmethod
    def start(self) -> None:
        """Start a process; where there was one, it has died."""

    @abstractmethod
    def end(self) -> None:
        """End the process, whatever it is doing."""


@dataclass(eq=False)
class _Job:
    """A shard that is being trained: what is left of it, how far that has come, and the deaths since its last leg."""

    shard: Shard
    progress: dict[Trial, Checkpoint]
    epochs: int = field(init=False)
    deaths: _Deaths = field(default_factory=_Deaths)

    def __post_init__(self) -> None:
        self.epochs = sum(checkpoint.epoch for checkpoint in self.progress.values())

    @property
    def ended(self) -> bool:
        """Whether no trial is left."""
        return not self.shard.trials

    def take(self, leg: Leg) -> None:
        """Go on from what a leg brought."""
        finished = {result.trial for result in leg.results}
        self.shard = Shard(tuple(trial for trial in self.shard.trials if trial not in finished))
        self.progress, self.epochs, self.deaths = leg.progress, self.epochs + leg.epochs, _Deaths()

    def survive(self, death: Death) -> Leg | None:
        """Go on from the last leg, or give the shard up and record its trials as failed."""
        count = self.deaths.too_many(death)
        if not count:
            return None
        reason = f"its worker process died {count} times in a row ({death.reason})"
        leg = Leg([failed(trial, reason) for trial in self.shard.trials])
        self.take(leg)
        return leg


class Workers:
    """Some workers; leaving their context ends them.

    Attributes:
        gpus: the GPUs that they have, one each, or empty.
        machines: where they are, in a few words; empty for this machine.
    """

    def __init__(self, workers: Sequence[Worker], *, gpus: Sequence[str] = (), machines: str = "") -> None:
        self._workers = list(workers)
        self._turn = itertools.count()
        self._remarks: list[str] = []
        self.gpus, self.machines = tuple(gpus), machines

    @property
    def workers(self) -> int:
        """How many there are."""
        return len(self._workers)

    def __iter__(self) -> Iterator[Worker]:
        return iter(self._workers)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for worker in self._workers:
            worker.end()

    def place(self, folder: Path, names: Sequence[str]) -> Placed:
        """Have files of a folder where every worker can read them, a machine's workers the same ones."""
        return Folder(folder)

    def warm(self, function: Callable[..., None], *arguments: Any) -> None:
        """Let every worker call a function, such as a long import, and do not wait for it."""
        for worker in self._workers:
            _submitted(worker, function, *arguments)

    def begin(self, function: Callable[..., _Value], *arguments: Any) -> Callable[[], _Value]:
        """Call a function in a worker, and return a function that waits for its value.

        A worker that dies of it is replaced, and the next one tries again. The returned function raises
        :class:`TrainingError` when workers died :data:`MOST_DEATHS` times, and else what the function raised.
        """
        worker = self._next()
        future = _submitted(worker, function, *arguments)

        def value() -> _Value:
            nonlocal worker, future
            deaths = _Deaths()
            while True:
                try:
                    return future.result()
                except worker.deaths as error:
                    death = worker.died(error)
                if self.goes_on(worker, death) and (count := deaths.too_many(death)):
                    raise TrainingError(f"a worker process died {count} times before training began ({death.reason})")
                worker = self._next()
                future = _submitted(worker, function, *arguments)

        return value

    def _next(self) -> Worker:
        return self._workers[next(self._turn) % self.workers]

    def goes_on(self, worker: Worker, death: Death) -> bool:
        """Start a worker anew that died, or do without it where memory ran out and there are others; tell which."""
        if death.of_memory and self._workers != [worker]:
            if worker in self._workers:
                self._workers.remove(worker)
                left = write_count(self.workers, "worker")
                self._remarks.append(f"Memory ran out: {left} from here on, not {self.workers + 1}.")
            return False
        worker.start()
        self._remarks.append(
            f"A worker process died ({death.reason}); another one goes on with its networks from where they last were."
        )
        return True

    def take_remarks(self) -> tuple[str, ...]:
        """Return what there was to say of the workers since the last time."""
        remarks, self._remarks = self._remarks, []
        return tuple(remarks)

    def train(
        self, shards: Sequence[Shard], train_leg: TrainLeg, *, progress: Mapping[Trial, Checkpoint] | None = None
    ) -> Iterator[Leg]:
        """Train shards, and yield every leg as it is finished.

        When a worker dies, it is replaced, and the shard that it trained goes on from its last leg. When it died for
        want of memory and there are others, they are one less from here on.

        Args:
            progress: how far trials have come that are under way already.
        """
        progress = progress or {}
        jobs = [_Job(each, {trial: progress[trial] for trial in each.trials if trial in progress}) for each in shards]
        return _Training(self, jobs, train_leg).legs()


class _Training:
    """The jobs of a round of training, the workers that are ready for one, and those that are busy."""

    def __init__(self, workers: Workers, jobs: Sequence[_Job], train_leg: TrainLeg) -> None:
        self._workers = workers
        self._waiting = list(jobs)
        self._spare = len(jobs) % workers.workers
        self._train_leg = train_leg
        self._ready: list[Worker] = []
        self._running: dict[Future[Leg], tuple[Worker, _Job]] = {}
        self._starting: dict[Future[None], Worker] = {}
        self._failed_starts: defaultdict[Worker, _Deaths] = defaultdict(_Deaths)
        for worker in workers:
            self._prepare(worker)

    def legs(self) -> Iterator[Leg]:
        """Train all jobs to their end; legs are yielded when the workers that brought them have something new to do."""
        legs: list[Leg] = []
        while self._waiting or self._running:
            self._hand_out()
            yield from legs
            busy: list[Future[Any]] = [*self._running, *self._starting]
            finished, _ = wait(busy, None if self._running else PATIENCE, return_when=FIRST_COMPLETED)
            if not finished:
                yield Leg(remarks=("No worker can start yet; training goes on as soon as there is room for one.",))
            legs = [leg for future in finished if (leg := self._take(future)) is not None]
            if remarks := self._workers.take_remarks():
                legs.append(Leg(remarks=remarks))
        yield from legs

    def _prepare(self, worker: Worker) -> None:
        """Wait for a worker to be there, as one on another machine may have to be."""
        self._starting[_submitted(worker, _do_nothing)] = worker

    def _hand_out(self) -> None:
        left = len(self._waiting) + len(self._running)
        near_end = self._spare > 0 and left <= self._workers.workers + self._spare
        while self._waiting and self._ready:
            job = _furthest_behind(self._waiting) if near_end else self._waiting[0]
            self._waiting.remove(job)
            worker = self._ready.pop()
            self._running[_submitted(worker, self._train_leg, job.shard, job.progress)] = worker, job

    def _take(self, future: Future[Any]) -> Leg | None:
        """Take what a worker brought, and have it ready for more, or replace it."""
        worker, job = self._running.pop(future, None) or (self._starting.pop(future), None)
        leg: Leg | None
        try:
            leg = future.result()
        except worker.deaths as error:
            leg = self._mourn(worker, job, worker.died(error))
        else:
            self._ready.append(worker)
            self._failed_starts.pop(worker, None)
            if job is not None and leg is not None:
                job.take(leg)
        if job is not None and not job.ended:
            self._waiting.insert(0, job)
        return leg

    def _mourn(self, worker: Worker, job: _Job | None, death: Death) -> Leg | None:
        if not self._workers.goes_on(worker, death):
            return None
        self._prepare(worker)
        if job is not None:
            return job.survive(death)
        if count := self._failed_starts[worker].too_many(death):
            raise TrainingError(f"a worker process died {count} times as soon as it began ({death.reason})")
        return None


def _submitted(worker: Worker, function: Callable[..., _Value], *arguments: Any) -> Future[_Value]:
    """Submit something to a worker; a death that shows at once is the future's, too."""
    try:
        return worker.submit(function, *arguments)
    except worker.deaths as error:
        future: Future[_Value] = Future()
        future.set_exception(error)
        return future


def _do_nothing() -> None:
    """Be ready: a worker that has come to this can be given something to train."""


def _furthest_behind(waiting: Sequence[_Job]) -> _Job:
    """Choose the job with the most left to do, so that the last few shards end together and no core is idle.

    McNaughton (1959), Scheduling with deadlines and loss functions: jobs that may be interrupted fill all
    machines to the end.
    """
    return min(waiting, key=lambda job: job.epochs)
