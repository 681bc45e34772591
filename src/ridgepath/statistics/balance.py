"""Means of strengths that were not all trained with the same seeds."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ridgepath.statistics.variance import Floats


def balanced_means(values: ArrayLike) -> Floats:
    """Return the mean of each strength as it would be had all strengths the same seeds.

    Args, and what is returned: as the first of :func:`balance`.
    """
    return balance(values)[0]


def balance(values: ArrayLike) -> tuple[Floats, Floats]:
    """Return the mean of each strength as it would be had all strengths the same seeds, and the effect of each seed.

    A seed that is good for one strength tends to be good for all: the mean of a strength that was trained with more
    seeds than another is not to be compared with the other's as it stands. So ``value = strength + seed`` is fitted by
    least squares, and each strength is given the mean over all seeds. Where all strengths have the same seeds, these
    are the plain means.

    Args:
        values: (strength, seed), NaN or an infinity for what is missing.

    Returns:
        (strength,); NaN for a strength without any value. The plain means where the strengths share too few
        seeds to be compared. And (seed,), how far a seed moves all strengths alike; 0 where the means are the plain
        ones.
    """
    table = np.asarray(values, np.float64)
    known = np.isfinite(table)
    means, effects = np.full(len(table), np.nan), np.zeros(table.shape[1])
    used = np.flatnonzero(known.any(axis=1))
    means[used] = [table[row, known[row]].mean() for row in used]
    if used.size < 2 or (known[used] == known[used[0]]).all():
        return means, effects
    seeds = np.flatnonzero(known[used].any(axis=0))
    rows, columns = np.nonzero(known[np.ix_(used, seeds)])
    # Each seed's effect is measured from the mean of all: the last one is minus the sum of the others.
    of_seed = np.vstack([np.eye(seeds.size - 1), -np.ones(seeds.size - 1)])
    design = np.hstack([np.eye(used.size)[rows], of_seed[columns]])
    fitted, _, rank, _ = np.linalg.lstsq(design, table[used[rows], seeds[columns]])
    if rank == design.shape[1]:
        means[used], effects[seeds] = fitted[: used.size], of_seed @ fitted[used.size :]
    return means, effects
