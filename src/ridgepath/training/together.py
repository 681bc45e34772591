"""Several trials of one seed and one program at once, for an accelerator: all that one trial does, under ``vmap``.

On a CPU core trials are faster one after the other, for one trial's weights stay in its cache. An accelerator is
hardly busy with one small network. Here every trial has a lane: its state and its coefficients are stacked with those
of the others along a leading axis. Data, and the order of batches, which is the seed's, are there once for all lanes.

Lanes do not see each other: a trial that diverges spoils its own. One that has ended, as by early stopping, is cut
out and finished as if it had been alone, and its lane goes along unused; when half of the lanes are free, those
under way move together. States stay on the device between epochs; an order of examples goes there every epoch, and the
figures of all lanes come back at once.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, NamedTuple, TypeVar

import jax
import jax.numpy as jnp
import numpy as np

from ridgepath.study import Trial
from ridgepath.training.device import TrialData
from ridgepath.training.lowering import State
from ridgepath.training.memory import bytes_needed, size_in_bytes
from ridgepath.training.models import Batch
from ridgepath.training.trial import Evaluated, Program, Progress, take_figures

_Value = TypeVar("_Value")

LEAST = 2
"""Lanes, at least: a trial that is left alone of several stays in the program in which it is."""

_IN_A_LANE: State = {}
"""Stands for the state of a trial whose values are in a lane."""


class _Taken(NamedTuple):
    """What is taken of some examples in all lanes; of every chunk: losses (lane, example), loss and added (lane, 2)."""

    parts: list[tuple[Any, Any]]
    metrics: dict[str, Any]

    def of(self, lane: int) -> Evaluated:
        """Return what was taken of one lane."""
        parts = [(losses[lane], of_batch[lane]) for losses, of_batch in self.parts]
        return Evaluated.of_chunks(parts, {name: values[lane] for name, values in self.metrics.items()})


class Lanes:
    """The compiled functions of a program for so many trials at once: its own functions under ``vmap``."""

    def __init__(self, program: Program, count: int) -> None:
        self.program, self.count = program, count
        lowered = program.lowered
        zeros = [np.zeros((count, *each.shape), each.dtype) for each in lowered.metric_state]
        self._metric_state = jax.device_put(zeros)
        self.train_epoch = jax.jit(jax.vmap(program._train_epoch, in_axes=(0, 0, None, None)), donate_argnums=0)
        self.evaluate_chunk = jax.jit(jax.vmap(program._evaluate_chunk, in_axes=(0, 0, 0, None)))
        self.metric_results = jax.jit(jax.vmap(lowered.metric_results))

    def evaluate(self, state: State, coefficients: jax.Array | np.ndarray, chunks: Iterable[Batch]) -> _Taken:
        """Evaluate in inference mode; what is taken stays on the device."""
        parts, metric_state = [], self._metric_state
        for chunk in chunks:
            *part, metric_state = self.evaluate_chunk(state, metric_state, coefficients, chunk)
            parts.append(tuple(part))
        results = self.metric_results(metric_state)
        return _Taken(parts, {name: results[name] for name in self.program.metrics})

    def stack(self, states: Sequence[State]) -> State:
        """Put states into lanes on the device; a lane that is left over gets the first one's."""
        filled = _filled(states, self.count)
        stacked: State = jax.tree.map(lambda *values: jax.device_put(np.stack(values)), *filled)
        return stacked

    def bytes_needed(self, state: State, coefficients: np.ndarray, data: TrialData, *, keeps_best: bool) -> int:
        """Compile, and return what training needs of the device beside the data, in bytes, evaluation included.

        Args:
            state: that of one trial; only its shapes and types are used.
            coefficients: those of one trial.
            keeps_best: whether the best state of every trial is kept beside its last.
        """
        stacked = jax.eval_shape(partial(jax.tree.map, lambda value: jnp.stack([value] * self.count)), state)
        several = np.repeat(coefficients[None], self.count, axis=0)
        chunk = max((*data.train_part, *data.validation), key=lambda batch: len(batch[1]))
        train = self.train_epoch.lower(stacked, several, data.train, data.positions).compile()
        evaluate = self.evaluate_chunk.lower(stacked, self._metric_state, several, chunk).compile()
        running = max(
            bytes_needed(train, present=size_in_bytes(data.train)),
            bytes_needed(evaluate, present=size_in_bytes(chunk)),
        )
        return running + keeps_best * size_in_bytes(stacked)


@dataclass(frozen=True)
class Member:
    """A trial of a group: how far it has come, and its coefficients (coefficient,)."""

    trial: Trial
    progress: Progress
    coefficients: np.ndarray


class Group:
    """Trials of one seed, program and epoch, on the device in lanes.

    What it is given stays as it is, so that a leg that fails can be tried again from there.

    Attributes:
        members: those that have lanes, in the order of these.
        lanes: the functions for them.
    """

    def __init__(self, members: Sequence[Member], functions: Callable[[int], Lanes], *, lanes: int) -> None:
        """Put trials into lanes.

        Args:
            functions: returns the functions for so many lanes.
            lanes: how many there are, at least one for each.
        """
        self._functions, self.lanes = functions, functions(lanes)
        self.members = [Member(each.trial, each.progress.copy(), each.coefficients) for each in members]
        self._state = self.lanes.stack([each.progress.state for each in members])
        self._best = self.lanes.stack([_best_state(each.progress) for each in members]) if self._keeps_best else {}
        for member in self.members:
            _let_go(member.progress)

    @property
    def _keeps_best(self) -> bool:
        return self.members[0].progress.keeps_best

    @cached_property
    def _coefficients(self) -> jax.Array:
        given = _filled([each.coefficients for each in self.members], self.lanes.count)
        stacked: jax.Array = jax.device_put(np.stack(given))
        return stacked

    def is_under_way(self, epochs: int) -> bool:
        """Tell whether a trial has an epoch to train, of so many."""
        return any(member.progress.is_under_way(epochs) for member in self.members)

    def train_one_epoch(self, data: TrialData, *, epochs: int) -> list[Member]:
        """Train all for one more epoch, of so many; return those that ended with it, with their states."""
        began = time.perf_counter()
        under_way = [(lane, member) for lane, member in enumerate(self.members) if member.progress.is_under_way(epochs)]
        first = under_way[0][1]
        order = data.order(first.trial.seed, first.progress.epoch + 1)
        self._state, running = self.lanes.train_epoch(self._state, self._coefficients, data.train, order)
        evaluate = partial(self.lanes.evaluate, self._state, self._coefficients)
        running, train, validation = jax.device_get((running, evaluate(data.train_part), evaluate(data.validation)))
        for lane, member in under_way:
            figures = {name: values[lane] for name, values in running.items()}
            take_figures(member.progress, figures, train.of(lane), validation.of(lane))
        self._keep_best(under_way)
        seconds = (time.perf_counter() - began) / len(under_way)
        for _, member in under_way:
            member.progress.seconds += seconds
        return self._ended(under_way, epochs)

    def _keep_best(self, under_way: Sequence[tuple[int, Member]]) -> None:
        at_best = np.zeros(self.lanes.count, bool)
        for lane, member in under_way:
            if member.progress.is_at_best:
                at_best[lane] = True
                member.progress.best = (_IN_A_LANE, member.progress.validation_losses)
        if at_best.any():
            self._best = _replaced(self._best, self._state, at_best)

    def _ended(self, under_way: Sequence[tuple[int, Member]], epochs: int) -> list[Member]:
        ended = [(lane, member) for lane, member in under_way if not member.progress.is_under_way(epochs)]
        for lane, member in ended:
            cut = partial(_lane, lane=lane)
            _take_back(member.progress, cut(self._state), cut(self._best))
        left = [lane for lane, member in enumerate(self.members) if member.progress.is_under_way(epochs)]
        lanes = self.lanes.count
        while 0 < 2 * len(left) <= lanes and lanes > LEAST:
            lanes = max(LEAST, lanes // 2)
        if lanes < self.lanes.count:
            self._move_together(left, lanes)
        return [member for _, member in ended]

    def _move_together(self, left: Sequence[int], lanes: int) -> None:
        self.lanes = self._functions(lanes)
        self.members = [self.members[lane] for lane in left]
        del self._coefficients
        chosen = np.array(_filled(left, lanes))
        self._state, self._best = jax.tree.map(lambda values: values[chosen], (self._state, self._best))

    def rest(self, *, epochs: int) -> list[Member]:
        """Take those that are under way off the device, with their states as NumPy arrays."""
        states, bests = jax.device_get((self._state, self._best))
        resting = []
        for lane, member in enumerate(self.members):
            if member.progress.is_under_way(epochs):
                _take_back(member.progress, *(jax.tree.map(lambda v, at=lane: v[at], some) for some in (states, bests)))
                resting.append(member)
        return resting


def _filled(values: Sequence[_Value], count: int) -> list[_Value]:
    """Return the values, and the first one again and again until there are so many."""
    return [*values, *[values[0]] * (count - len(values))]


def _best_state(progress: Progress) -> State:
    return progress.state if progress.best is None else progress.best[0]


def _let_go(progress: Progress) -> None:
    """Leave a trial's states to its lane."""
    progress.state = _IN_A_LANE
    if progress.best is not None:
        progress.best = (_IN_A_LANE, progress.best[1])


def _take_back(progress: Progress, state: State, best: State) -> None:
    progress.state = state
    if progress.best is not None:
        progress.best = (best, progress.best[1])


@jax.jit
def _lane(stacked: State, *, lane: int) -> Any:
    return jax.tree.map(lambda values: values[lane], stacked)


@partial(jax.jit, donate_argnums=0)
def _replaced(old: State, new: State, at: np.ndarray) -> Any:
    """Return the new values in the lanes where ``at`` is true, and the old ones elsewhere."""

    def choose(before: jax.Array, after: jax.Array) -> jax.Array:
        return jnp.where(at.reshape(-1, *[1] * (after.ndim - 1)), after, before)

    return jax.tree.map(choose, old, new)
