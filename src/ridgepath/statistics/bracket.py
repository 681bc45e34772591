"""Where to look for a ridge: between strengths that change nothing yet and strengths that clearly hurt.

Probes are short trainings at strength 0 and at the decades of a ladder, all with one seed, and one more at 0 with
another seed. Where the lowest loss lies they cannot tell: what a penalty is good for comes late in training. What they
tell are the two ends. The ladder goes up until one more decade hardly changes the losses of the examples: there the
network has stopped learning, and what the probes say is measured against that. A paired test would not do: any
two networks differ as soon as there are examples enough. At the lower end probes are compared with the
smallest one and not with 0, for at 0 a layer may be another one: Keras' ``Dropout(0)`` draws no seed, so that the
weights of later layers begin elsewhere.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import takewhile

import numpy as np

from ridgepath.errors import InputError
from ridgepath.statistics.selection import strength_min
from ridgepath.statistics.variance import Floats

LADDER = tuple(float(f"1e{decade}") for decade in range(-6, 2))
"""Strengths above 0 that are probed first."""

LOWEST, HIGHEST = 1e-15, 1e9
"""Strengths beyond which no probe goes."""

COUNT, DENSITY = 7, 1.5
"""Strengths above 0 in a grid, at least, and strengths a decade, at least."""

FELT = 0.05
"""Of the change at the top of the ladder: a strength that changes the losses less is hardly felt."""
FELT_BY_SEEDS = 0.25
"""The same as a part of what another seed changes, where the top is not known."""
LEVELLED = 1 / 3
"""Of the change at the top: where the last decade adds no more, the network has stopped learning."""
HARM = 0.1
"""Of the harm at the top: from there on a strength clearly hurts."""
HARM_BY_SEEDS = 0.5
"""The same as a part of what another seed changes, where the top is not known."""

MOST_DECADES = 6
"""A bracket has no more, however far down the ladder went."""
CLOSE = 1.2
"""Ratio of the smallest strength that cannot be trained to the largest that can, at which that limit is known."""


@dataclass(frozen=True)
class Probes:
    """What short trainings showed.

    Attributes:
        none: data losses of the validation examples at strength 0, (example,).
        reseeded: the same, with another seed.
        tried: strength above 0 → losses with the seed of ``none``, or ``None`` where it could not be trained; one at
            least could.
    """

    none: Floats
    reseeded: Floats
    tried: Mapping[float, Floats | None]

    @cached_property
    def losses(self) -> dict[float, Floats]:
        """Strengths that could be trained, ascending, with their losses."""
        return {strength: losses for strength, losses in sorted(self.tried.items()) if losses is not None}

    @property
    def trained(self) -> list[float]:
        """Strengths above 0 that could be trained, ascending."""
        return list(self.losses)

    @property
    def limit(self) -> float | None:
        """The smallest strength above all trained ones that could not be trained; ``None`` if there is none."""
        return min((strength for strength in self.tried if strength > max(self.trained, default=0.0)), default=None)

    @cached_property
    def harms(self) -> dict[float, float]:
        """Strength → how far its mean loss lies above the lowest of all, that of 0 included."""
        means = {strength: float(losses.mean()) for strength, losses in self.losses.items()}
        lowest = min([float(self.none.mean()), *means.values()])
        return {strength: mean - lowest for strength, mean in means.items()}

    @cached_property
    def levelled(self) -> bool:
        """Whether the network has stopped learning at the top of the ladder, and not yet at its bottom."""
        return len(self.trained) > 2 and self._is_like_top(self.trained[-2]) and not self.one_plateau

    def _is_like_top(self, strength: float) -> bool:
        top = self.losses[self.trained[-1]]
        return _distance(self.losses[strength], top) <= LEVELLED * _distance(top, self.none)

    @cached_property
    def _felt_from(self) -> float:
        """How much a strength has to change the losses to be felt."""
        least = FELT * _distance(self.losses[self.trained[-1]], self.none)
        return least if self.levelled else max(least, FELT_BY_SEEDS * _distance(self.none, self.reseeded))

    def is_felt(self, strength: float) -> bool:
        """Tell whether a strength changes the losses, compared with the smallest one, as much as matters."""
        return _distance(self.losses[strength], self.losses[self.trained[0]]) > self._felt_from

    @property
    def unfelt(self) -> float | None:
        """The largest strength that is hardly felt, as no smaller one is; ``None`` if the second is felt already."""
        if self.one_plateau:
            return None
        unfelt = list(takewhile(lambda strength: not self.is_felt(strength), self.trained))
        return unfelt[-1] if len(unfelt) > 1 else None

    def hurts(self, strength: float) -> bool:
        """Tell whether a strength clearly hurts."""
        least = HARM * self.harms[self.trained[-1]]
        if not self.levelled:
            least = max(least, HARM_BY_SEEDS * _distance(self.none, self.reseeded))
        return self.harms[strength] > 0 and self.harms[strength] >= least

    @property
    def one_plateau(self) -> bool:
        """Whether the smallest strength does the same as the largest: the ladder lies beside what matters."""
        return self._is_like_top(self.trained[0])

    @property
    def high(self) -> float:
        """The smallest strength above the lowest mean that clearly hurts, as all larger ones do.

        Where the largest does not hurt, it is the smallest at which the network has stopped learning, else the largest.
        """
        top = self.trained[-1]
        ends = self.hurts if self.hurts(top) or not self.levelled else self._is_like_top
        weaker = [strength for strength in self.trained if self.harms[strength] == 0]
        candidates = [strength for strength in reversed(self.trained) if strength > max(weaker, default=0.0)]
        return min(takewhile(ends, candidates), default=top)


def _distance(losses: Floats, others: Floats) -> float:
    return math.sqrt(float(np.mean((losses - others) ** 2)))


def next_probes(probes: Probes) -> tuple[float, ...]:
    """Return the strengths to probe next; none when both ends are known or nothing more can be learnt."""
    if probes.one_plateau:
        return (*_below(probes), *_above(probes))
    return _above(probes) or _below(probes)


def _above(probes: Probes) -> tuple[float, ...]:
    top, limit = probes.trained[-1], probes.limit
    if probes.levelled:
        return ()
    if limit is None:
        return tuple(strength for strength in (rounded(top * 10), rounded(top * 100)) if strength <= HIGHEST)
    if limit / top < CLOSE or probes.hurts(top):
        return ()
    return tuple(map(rounded, np.geomspace(top, limit, 5)[1:-1]))


def _below(probes: Probes) -> tuple[float, ...]:
    bottom = probes.trained[0]
    known = probes.unfelt is not None or bottom <= probes.high / 10**MOST_DECADES
    if known and not probes.one_plateau:
        return ()
    return tuple(strength for strength in (rounded(bottom / 10), rounded(bottom / 100)) if strength >= LOWEST)


@dataclass(frozen=True)
class Bracket:
    """Between which strengths the ridge lies.

    Attributes:
        low, high: its ends.
        unfelt: the largest probe that was hardly felt; ``None`` if the smallest one was felt.
        hurts: whether ``high`` clearly hurts; else there the ladder ends, or the network has stopped learning.
        limit: the smallest strength known that cannot be trained, or ``None``.
        ceiling: no strength above this one was seen to be trainable; infinite where there is no limit.
    """

    low: float
    high: float
    unfelt: float | None
    hurts: bool
    limit: float | None
    ceiling: float


def bracket(probes: Probes) -> Bracket:
    """Return the bracket that probes show.

    Its upper end is where the penalty clearly hurts. Its lower end is a decade below where it is hardly felt,
    because a longer training feels more.

    Raises:
        InputError: none changes the losses, or none is felt though all can be trained.
    """
    same = all(np.array_equal(losses, probes.none) for losses in probes.losses.values())
    if same or (probes.limit is None and not any(map(probes.is_felt, probes.trained))):
        how = "are the same" if same else "hardly change"
        raise InputError(
            "a network that changes with its strength",
            received=f"one whose losses {how} from strength 0 to {probes.trained[-1]:g}",
            remedy="Use the builder's argument in the network, or give the strengths yourself.",
        )
    high, unfelt = probes.high, probes.unfelt
    low = (probes.trained[0] if unfelt is None else min(unfelt, high)) / 10
    return Bracket(
        low=rounded(max(low, high / 10**MOST_DECADES)),
        high=high,
        unfelt=unfelt,
        hurts=probes.hurts(high),
        limit=probes.limit,
        ceiling=math.inf if probes.limit is None else probes.trained[-1],
    )


def grid(found: Bracket) -> tuple[float, ...]:
    """Spread strengths over a bracket, evenly on a log scale up to rounding, with 0."""
    count = max(COUNT, math.ceil(DENSITY * math.log10(found.high / found.low)) + 1)
    return (0.0, *(rounded(strength) for strength in np.geomspace(found.low, found.high, count)))


def extension(strengths: Sequence[float], means: Sequence[float], *, ceiling: float = math.inf) -> float | None:
    """Return the strength to add beyond an end at which the lowest mean lies; ``None`` if it lies at no such end.

    Args:
        strengths: of a grid, ascending, 0 first. Where 0 has the lowest mean there is nothing to extend.
        means: mean losses, one a strength.
        ceiling: the largest strength that may be added.
    """
    best = strength_min(strengths, means)
    if best == strengths[-1]:
        added = min(rounded(best * best / strengths[-2]), ceiling)
        return added if added > best else None
    if best == strengths[1]:
        return rounded(best * best / strengths[2])
    return None


def rounded(strength: float) -> float:
    """Round a strength to the three digits with which it is shown."""
    return float(f"{strength:.3g}")
