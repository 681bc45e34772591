"""Which strength to take: glmnet's two choices."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray


def strength_min(strengths: ArrayLike, means: ArrayLike) -> float:
    """Return the strength with the smallest mean loss; of equal minima the largest strength.

    This is ``lambda.min`` of ``cv.glmnet``.

    Args:
        strengths: (strength,), in any order.
        means: (strength,), mean loss; a strength whose mean is NaN or infinite is never chosen.

    Returns:
        The strength, or NaN if no mean is finite.

    Raises:
        ValueError: the two differ in length.
    """
    values, losses = _same_length(strengths, means)
    best = _index_min(values, losses)
    return math.nan if best is None else float(values[best])


def strength_1se(strengths: ArrayLike, means: ArrayLike, standard_errors: ArrayLike) -> float:
    """Return the largest strength whose mean loss is within one standard error of the smallest.

    This is ``lambda.1se`` of ``cv.glmnet``: the bar is ``mean + standard_error`` at :func:`strength_min`,
    and a mean equal to the bar passes.

    Args:
        strengths: (strength,), in any order.
        means: (strength,), mean loss; a strength whose mean is NaN or infinite is never chosen.
        standard_errors: (strength,); only the one at :func:`strength_min` is used.

    Returns:
        The strength, or NaN if no mean is finite or the standard error at the minimum is not (with one
        seed and one example, say): then there is no bar to pass.

    Raises:
        ValueError: the three differ in length.
    """
    values, losses, errors = _same_length(strengths, means, standard_errors)
    best = _index_min(values, losses)
    if best is None or not np.isfinite(errors[best]):
        return math.nan
    passes = np.isfinite(losses) & (losses <= losses[best] + errors[best])
    return float(values[passes].max())


def _index_min(strengths: NDArray[np.float64], means: NDArray[np.float64]) -> int | None:
    finite = np.flatnonzero(np.isfinite(means))
    if finite.size == 0:
        return None
    equals = finite[means[finite] == means[finite].min()]
    return int(equals[np.argmax(strengths[equals])])


def _same_length(*columns: ArrayLike) -> list[NDArray[np.float64]]:
    arrays = [np.asarray(column, np.float64) for column in columns]
    if len({array.shape for array in arrays}) > 1:
        raise ValueError(f"expected one value a strength in each; received shapes {[a.shape for a in arrays]}")
    return arrays
