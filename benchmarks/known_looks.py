"""Studies whose truth is known, to which seeds are added until they are decided, as ``resume --until decided`` does."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from known_truth import Rate, Shares, draw_study

from ridgepath.statistics.balance import balanced_means
from ridgepath.statistics.comparison import Comparison, compare
from ridgepath.statistics.looks import next_look
from ridgepath.statistics.selection import strength_min


@dataclass(frozen=True)
class Looks:
    """What became of studies that looked again and again.

    Attributes:
        wrong: studies in which at some look a verdict or an interval was wrong.
        undivided: the same, had every look used the whole 5%.
        decided: of the strengths that do differ, how many were found in the end.
        trials: mean number that was trained, as a part of all strengths with the most seeds.
    """

    wrong: Rate
    undivided: Rate
    decided: Rate
    trials: float


def look_again(
    shares: Shares,
    size: tuple[int, int, int],
    *,
    most: int,
    effect: float,
    draws: int,
    generator: np.random.Generator,
) -> Looks:
    """Count what goes wrong in studies that begin with so few seeds and may have ``most``.

    Args:
        size: (strengths, seeds to begin with, examples).
        effect: of the upper half of the strengths, in standard errors of a mean with the most seeds.
    """
    strengths, first, examples = size
    truth = np.where(np.arange(strengths) >= strengths / 2, effect, 0.0)
    wrong = undivided = found = trained = 0
    for _ in range(draws):
        noise = draw_study(shares, (strengths, most, examples), "light", alike=0.5, generator=generator)
        table = noise + truth[:, None, None]
        called, had = _procedure(table, first=first, truth=truth, divided=True)
        wrong += called
        undivided += _procedure(table, first=first, truth=truth, divided=False)[0]
        trained += int(had.sum())
        last = compare(range(strengths), _masked(table, had), baseline=0, share=0.6, looks=_looks(first, most))
        found += sum(c.verdict == "worse" for c in last if truth[c.strength] > 0)
    differing = int((truth > 0).sum())
    return Looks(
        Rate(wrong, draws),
        Rate(undivided, draws),
        Rate(found, max(draws * differing, 1)),
        trained / (draws * strengths * most),
    )


def _procedure(table: np.ndarray, *, first: int, truth: np.ndarray, divided: bool) -> tuple[bool, np.ndarray]:
    """Look until nothing is open; return whether anything was wrong on the way, and which trials were trained."""
    most = table.shape[1]
    looks = _looks(first, most) if divided else None
    had = np.zeros(table.shape[:2], bool)
    had[:, :first] = True
    seeds, wrong = first, False
    while True:
        comparisons = _both_families(_masked(table, had), looks)
        differences = [(c, truth[c.strength] - truth[c.against]) for c in comparisons]
        wrong |= any(not c.low <= true <= c.high for c, true in differences)
        is_open = [c for c in comparisons if c.seeds_may_decide]
        after = next_look(seeds, most=most)
        if not is_open or after == seeds:
            return wrong, had
        had[sorted({row for c in is_open for row in (c.strength, c.against)}), :after] = True
        seeds = after


def _both_families(table: np.ndarray, looks: list[int] | None) -> tuple[Comparison[int], ...]:
    labels = list(range(len(table)))
    smallest = int(strength_min(labels, balanced_means(table.mean(axis=2, dtype=np.float64))))
    against_zero = compare(labels, table, baseline=0, share=0.6, looks=looks)
    return (*against_zero, *compare(labels, table, baseline=smallest, family="all pairs", share=0.4, looks=looks))


def _masked(table: np.ndarray, had: np.ndarray) -> np.ndarray:
    return np.where(had[:, :, None], table, np.nan)


def _looks(first: int, most: int) -> list[int]:
    look, upto, looks = 1, first, []
    for seed in range(most):
        if seed == upto:
            look, upto = look + 1, next_look(upto, most=most)
        looks.append(look)
    return looks
