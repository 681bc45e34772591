"""What follows from runs: seconds a trial-epoch, ratios to ridgepath round by round, and whether losses agree."""

from __future__ import annotations

import math
import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from results import Run
from roster import RIDGEPATH

RELATIVE, ERRORS, ALONE = 0.02, 3.0, 0.05
"""Losses agree within 2% of ridgepath's, or within three standard errors, whichever is more; within 5% where there is
one seed only, so that there is no error."""


@dataclass(frozen=True)
class Spread:
    """A median, and the least and the most of what it is of."""

    median: float
    low: float
    high: float
    count: int

    @classmethod
    def of(cls, values: Iterable[float]) -> Spread | None:
        found = sorted(values)
        return cls(statistics.median(found), found[0], found[-1], len(found)) if found else None


@dataclass(frozen=True)
class Agreement:
    """How far a peer's validation data loss is from ridgepath's.

    Attributes:
        loss, own: the means over strengths, seeds and rounds, of the peer and of ridgepath.
        tolerance: how far they may be apart.
    """

    loss: float
    own: float
    tolerance: float

    @property
    def reached(self) -> bool:
        return abs(self.loss - self.own) <= self.tolerance


Key = tuple[str, int]
"""A round: its sitting, and its number in it."""


def whole(runs: Sequence[Run], epochs: int) -> dict[str, dict[Key, float]]:
    """Return the seconds of the whole processes that trained so many epochs, by peer and round."""
    found: dict[str, dict[Key, float]] = defaultdict(dict)
    for run in runs:
        if run.done and run.epochs == epochs:
            found[run.peer][run.sitting, run.round] = run.seconds
    return dict(found)


def per_trial_epoch(runs: Sequence[Run]) -> dict[str, dict[Key, float]]:
    """Return the seconds that one more epoch of one trial takes, by peer and round.

    ``(longest - shortest run) / ((its epochs - the other's) · trials)``, of the runs of one round. So what does not
    grow with epochs is left out, whatever it is: imports, data, compilation, final figures, a report. Evaluation after
    every epoch is in it. Where an epoch takes little beside what varies from run to run, it may come out below 0.
    """
    grouped: dict[tuple[str, Key], list[Run]] = defaultdict(list)
    for run in runs:
        if run.done:
            grouped[run.peer, (run.sitting, run.round)].append(run)
    found: dict[str, dict[Key, float]] = defaultdict(dict)
    for (peer, key), group in grouped.items():
        short, long = (choose(group, key=lambda run: run.epochs) for choose in (min, max))
        if short.epochs < long.epochs:
            found[peer][key] = (long.seconds - short.seconds) / ((long.epochs - short.epochs) * long.trials)
    return dict(found)


def ratios(times: dict[str, dict[Key, float]], peer: str) -> Spread | None:
    """Divide a peer's times by ridgepath's of the same round; there are no ratios if one of these is not above 0."""
    own, other = times.get(RIDGEPATH, {}), times.get(peer, {})
    pairs = [(taken, own[key]) for key, taken in other.items() if key in own]
    return Spread.of(taken / beside for taken, beside in pairs) if all(min(pair) > 0 for pair in pairs) else None


def agreement(runs: Sequence[Run], peer: str, *, epochs: int) -> Agreement | None:
    """Compare the mean validation data loss of a peer with ridgepath's, after so many epochs.

    The strengths of a seed may share their weights and batches, so a seed of a round is one observation: the mean over
    its strengths. Their variance s² is pooled from all peers, each about its own mean, and the standard error of the
    difference of two means of n and m seeds is ``s · sqrt(1/n + 1/m)``.
    """
    seeds = {name: _by_seed(runs, name, epochs) for name in {run.peer for run in runs}}
    own, other = seeds.get(RIDGEPATH), seeds.get(peer)
    if not own or not other:
        return None
    groups = [group for group in seeds.values() if group]
    free = sum(len(group) - 1 for group in groups)
    within = sum((loss - statistics.fmean(group)) ** 2 for group in groups for loss in group)
    mean = statistics.fmean(own)
    error = math.sqrt(within / free * (1 / len(own) + 1 / len(other))) if free else 0.0
    tolerance = max(RELATIVE * mean, ERRORS * error) if free else ALONE * mean
    return Agreement(statistics.fmean(other), mean, tolerance)


def _by_seed(runs: Sequence[Run], peer: str, epochs: int) -> list[float]:
    """Return the mean loss over the strengths of each seed of each round."""
    found: dict[tuple[Key, int], list[float]] = defaultdict(list)
    for run in runs:
        if run.done and run.peer == peer and run.epochs == epochs:
            for _, seed, loss in run.losses:
                found[(run.sitting, run.round), seed].append(loss)
    return [statistics.fmean(losses) for losses in found.values()]


def forecast(known: dict[int, float], amount: int) -> float:
    """Return the seconds of a run so large, by a line through the two largest ones before it; 0 where fewer are known.

    It only decides whether a run is begun, and is never shown.
    """
    smaller = sorted(size for size in known if size < amount)[-2:]
    if len(smaller) < 2:
        return 0.0
    first, last = smaller
    return known[last] + (known[last] - known[first]) / (last - first) * (amount - last)
