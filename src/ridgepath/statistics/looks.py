"""Looking again and again: how a study that adds seeds until it is decided keeps its error.

Whoever looks at a comparison after 5 seeds, and again after 10 and 20 because it was open, has several chances to be
wrong. So each look has its own part of the 5%: the first a half, the second a sixth, the ``k``-th
``1 / (k (k + 1))``; all of them, however many follow, add to 1. By Bonferroni's inequality the
intervals of all looks hold together with 95%, whatever the losses are distributed like, whichever comparison is looked
at again, and whenever one stops (alpha spending: Lan and DeMets 1983). What it costs: at the first look an interval
from 5 seeds is a quarter wider than without further looks.

The numbers of seeds at the looks are fixed beforehand: each look has twice the seeds of the one before. So few
looks lead far, and no number of seeds is chosen by what was seen.
"""

from __future__ import annotations


def part_of_error(look: int) -> float:
    """Return the part of a study's error that belongs to its ``look``-th look, from 1."""
    return 1 / (look * (look + 1))


def next_look(seeds: int, *, most: int) -> int:
    """Return how many seeds the look after one at ``seeds`` has: twice as many, and ``most`` at most."""
    return min(2 * seeds, most)
