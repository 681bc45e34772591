"""The error of a mean over seeds and examples, two crossed sources of noise.

``values[s, e]`` is a loss, or a paired difference of losses, of the network trained with seed ``s`` on
example ``e``. Both are drawn at random, and cross: ``values = mean + seed + example + rest``. With the two-way
mean squares of ``S`` seeds and ``N`` examples

    Var(mean) = (MS_seeds + max(MS_examples - MS_rest, 0)) / (S N)

is unbiased (where nothing is clipped) for any distribution of the three. The seeds' part of it is known with ``S - 1``
degrees of freedom only, often one to four; the examples' part with ``N - 1``.

The interval adds the squares of one interval a source (Banerjee 1961; "MOVER" in Zou and Donner 2008):

    half width² = t²(S - 1) MS_seeds / (S N)  +  t²(N - 1) max(MS_examples - MS_rest, 0) / (S N)

It was chosen by simulation: 40,000 Gaussian studies a setting, all shares of the three sources, 100 and 1,000 examples:

    coverage of 95%       2 seeds       3 seeds       5 seeds       20 seeds
    Satterthwaite's t     87.0-95.3     92.1-95.1     94.0-97.0     94.7-95.5
    this interval         94.9-98.7     94.9-97.7     94.9-96.6     94.9-95.4

Satterthwaite's t is worse far out, where simultaneous intervals need it: what should err in 0.11% of studies errs
in 5.6% with 2 seeds and in 0.5% with 5. Here the error stays below its level, which can be proved for Gaussian noise:
the distribution function of a squared Gaussian is concave. The pigeonhole bootstrap (Owen 2007) resamples S
seeds as if their spread were known, and counts the rest three times: too narrow for few seeds.

Where every seed has a split of its own, its examples are others than another seed's, and its training set overlaps
theirs, so that seeds are not independent. Then only the means of the seeds count. With ``s²`` their variance and
``overlap`` the number of validation examples over that of training examples

    Var(mean) = (1 / S + overlap) s²,        half width = t(S - 1) sqrt(Var(mean))

(Nadeau and Bengio 2003; Bouckaert and Frank 2004 for repeated cross-validation). It rests on a guess: that the means
of two seeds correlate by the validation examples' part of all examples. Where they do, the interval is exact. In
``make calibrate`` learners are really trained, two settings each, on 100 examples, 2 to 50 seeds, 1,000 studies a
setting. Of the 95% intervals for their difference so many missed the truth, and so many times too wide they were:

    95% intervals that missed    plain t over seeds    this interval    too wide by
    nearest neighbours           5.0-38.2%             1.1-4.0%         1.1-1.4
    ridge on random features     3.8-11.2%             0.0-3.6%         1.3-2.3
    means, as is or shrunk       0.1-11.2%             0.0-6.1%         1.2-4.8

So the correction errs to the safe side, far so where two settings hardly differ in what they learn from a training set;
the plain interval gets worse with every seed. The 6.1% are of two seeds and 25 skewed validation losses, and are 4.4%
of 100.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgepath.statistics.student import quantile

Floats = NDArray[np.float64]
Covers = Literal["seeds and examples", "seeds", "examples", "none", "seeds, examples and splits"]

ERROR = 0.05
"""How often a 95% interval, or a family of simultaneous ones, may be wrong."""

FEW_EXAMPLES = 50
"""Below this many examples MS_examples - MS_rest is too noisy to rely on alone (see :func:`half_width`)."""

SMALLEST_LOG_P = -230.0


@dataclass(frozen=True)
class MeanSquares:
    """What one set of values comes down to.

    Attributes:
        mean: mean over all seeds and examples that were used; NaN if there was none.
        seeds: rows that were used.
        examples: columns; 0 if no row was used.
        left_out: rows that were not used, for they hold a NaN or an infinity.
        ms_seeds: mean square between seeds, S - 1 degrees of freedom; 0 for one seed.
        ms_examples: mean square between examples, N - 1 degrees of freedom; 0 for one example.
        ms_rest: mean square of the rest, (S - 1)(N - 1) degrees of freedom; 0 if one is 1.
        skewness: of the means of the examples.
        overlap: validation examples over training examples, where every seed has a split of its own; ``None`` where
            all seeds share their examples, or there is one seed. With it, columns are no examples that seeds share:
            ``ms_rest`` is the mean square within seeds, S (N - 1) degrees of freedom, and ``ms_examples`` counts
            for nothing.
    """

    mean: float
    seeds: int
    examples: int
    left_out: int
    ms_seeds: float
    ms_examples: float
    ms_rest: float
    skewness: float
    overlap: float | None = None

    @property
    def covers(self) -> Covers:
        """Which noise can be told from the values: a source that was drawn once shows none."""
        if self.overlap is not None:
            return "seeds, examples and splits"
        if self.seeds > 1:
            return "seeds and examples" if self.examples > 1 else "seeds"
        return "examples" if self.examples > 1 else "none"

    @property
    def variances(self) -> tuple[float, float]:
        """Parts of the variance of the mean that grow with MS_seeds and with MS_examples."""
        count = max(self.seeds * self.examples, 1)
        if self.overlap is not None:
            return (1 + self.overlap * self.seeds) * self.ms_seeds / count, 0.0
        return self.ms_seeds / count, max(self.ms_examples - self.ms_rest, 0.0) / count

    @property
    def components(self) -> tuple[float, float, float]:
        """Variance of a seed's effect, of an example's effect, and of the rest; none below 0.

        Where every seed has a split of its own, that of an example is part of the rest.
        """
        seeds = max(self.ms_seeds - self.ms_rest, 0.0) / max(self.examples, 1)
        examples = 0.0 if self.overlap is not None else max(self.ms_examples - self.ms_rest, 0.0) / max(self.seeds, 1)
        return seeds, examples, self.ms_rest

    @property
    def standard_error(self) -> float:
        """Standard error of the mean, from the noise that :attr:`covers` names; NaN if that is none."""
        return math.nan if self.covers == "none" else math.sqrt(sum(self.variances))


@dataclass(frozen=True)
class MeanEstimate:
    """A mean with its error.

    Attributes:
        mean: NaN if no seed could be used.
        standard_error: of the mean, from the noise that ``covers`` names; NaN if that is none.
        degrees_of_freedom: Satterthwaite's, of the standard error: how well it is known. The interval does not
            use it. NaN if ``covers`` is none.
        low, high: ends of the 95% interval; not symmetric where examples are skewed; NaN if ``covers`` is none.
        seeds, examples: how many were used.
        left_out: seeds that were not used, for a value of theirs is NaN or infinite.
        share_seeds, share_examples, share_rest: parts of the squared standard error that come from the
            seeds, from the examples, and from how the two meet; they add to 1, or all are 0 where there is no noise.
            With one seed or one example the rest cannot be told from the other source, and counts there. Where every
            seed has a split of its own, the rest counts with the examples, and the choice of the training examples
            with the seeds, for neither can be told apart; with one value a seed all counts with the seeds.
        covers: the noise that error and interval cover.
    """

    mean: float
    standard_error: float
    degrees_of_freedom: float
    low: float
    high: float
    seeds: int
    examples: int
    left_out: int
    share_seeds: float
    share_examples: float
    share_rest: float
    covers: Covers

    def moved(self, shift: float) -> MeanEstimate:
        """Return the same estimate of a mean that lies ``shift`` higher."""
        return replace(self, mean=self.mean + shift, low=self.low + shift, high=self.high + shift)


def mean_squares(values: ArrayLike, *, overlap: float | None = None) -> MeanSquares:
    """Reduce values to their mean and mean squares.

    Args:
        values: (seed, example), any float type; sums are taken in float64. A row with a NaN or an infinity is left out.
        overlap: number of validation examples over that of training examples, where every seed has a split of its
            own; ``None`` where all seeds share their examples. Of one seed the two layouts are the same.

    Raises:
        ValueError: the array has not two axes, or the overlap is negative or not finite.
    """
    if overlap is not None and not 0 <= overlap < math.inf:
        raise ValueError(f"expected an overlap >= 0 and finite; received {overlap}")
    table = np.asarray(values)
    if table.ndim != 2:
        raise ValueError(f"expected an array (seed, example); received one with {table.ndim} axes")
    used = np.isfinite(table).all(axis=1)
    rest = table[used].astype(np.float64)
    seeds, examples = rest.shape if rest.size else (0, 0)
    if not rest.size:
        return MeanSquares(math.nan, 0, 0, len(table), 0.0, 0.0, 0.0, 0.0)
    mean = float(rest.mean())
    rest -= mean
    of_seeds, of_examples = rest.mean(axis=1), rest.mean(axis=0)
    rest -= of_seeds[:, None]
    left_out, ms_seeds = len(table) - seeds, examples * _mean_square(of_seeds, seeds - 1)
    if overlap is not None and seeds > 1:
        within = _mean_square(rest.ravel(), seeds * (examples - 1))
        return MeanSquares(mean, seeds, examples, left_out, ms_seeds, 0.0, within, 0.0, overlap)
    rest -= of_examples
    return MeanSquares(
        mean=mean,
        seeds=seeds,
        examples=examples,
        left_out=left_out,
        ms_seeds=ms_seeds,
        ms_examples=seeds * _mean_square(of_examples, examples - 1),
        ms_rest=_mean_square(rest.ravel(), (seeds - 1) * (examples - 1)),
        skewness=_skewness(of_examples),
    )


def _mean_square(deviations: Floats, degrees: int) -> float:
    return float(np.square(deviations).sum()) / degrees if degrees else 0.0


def _skewness(deviations: Floats) -> float:
    spread = math.sqrt(float(np.mean(deviations**2)))
    scaled = deviations / spread if spread > 0 else np.zeros_like(deviations)
    return float(np.mean(scaled * scaled * scaled))


def half_width(squares: MeanSquares, error: float = ERROR) -> float:
    """Return half the width of the symmetric interval for a mean that is wrong at most so often.

    With few examples MS_examples - MS_rest, which can come out near 0 by chance, is not left alone: the
    interval is then at least as wide as MS_examples by itself would make it.

    Args:
        squares: of the values.
        error: probability, over new seeds and examples, that the mean's true value lies outside.

    Returns:
        Half the width; NaN if neither noise can be told.
    """
    if squares.covers == "none":
        return math.nan
    of_seeds, of_examples = squares.variances
    t_seeds, t_examples = quantile(squares.seeds - 1, error), quantile(squares.examples - 1, error)
    square = t_seeds**2 * of_seeds + t_examples**2 * of_examples
    if 1 < squares.examples < FEW_EXAMPLES and squares.overlap is None:
        square = max(square, t_examples**2 * squares.ms_examples / (squares.seeds * squares.examples))
    return math.sqrt(square)


def simultaneous_error(family: int, share: float = 1.0) -> float:
    """Return Šidák's error for each of ``family`` intervals that together are wrong at most in 5% of studies.

    Args:
        family: how many intervals hold together, at least 1.
        share: part of the study's 5% that this family may use.
    """
    return -math.expm1(math.log1p(-ERROR * share) / family)


def p_value(squares: MeanSquares) -> float:
    """Return the smallest error at which the interval around the mean still leaves out 0.

    Returns:
        1 for a mean of 0; 0 for another mean without any noise, or where it is below 1e-99; NaN if neither
        noise can be told.
    """
    if squares.covers == "none":
        return math.nan
    distance = abs(squares.mean)
    if distance <= half_width(squares, 1.0):
        return 1.0
    if distance > half_width(squares, math.exp(SMALLEST_LOG_P)):
        return 0.0
    return math.exp(_log_error(squares, distance))


def _log_error(squares: MeanSquares, distance: float) -> float:
    """Find the error, as a logarithm, whose interval reaches just so far: by the false position, as Illinois has it."""

    def beyond(log_error: float) -> float:
        width = half_width(squares, math.exp(log_error))
        return (width - distance) / (width + distance)

    (kept, of_kept), (last, of_last) = (SMALLEST_LOG_P, beyond(SMALLEST_LOG_P)), (0.0, -1.0)
    while abs(kept - last) > 1e-12 * -SMALLEST_LOG_P:
        middle = (kept * of_last - last * of_kept) / (of_last - of_kept)
        of_middle = beyond(middle)
        if not of_middle or middle == last:
            return middle
        kept, of_kept = (last, of_last) if of_middle * of_last < 0 else (kept, of_kept / 2)
        last, of_last = middle, of_middle
    return last


def mean_estimate(values: ArrayLike, *, overlap: float | None = None) -> MeanEstimate:
    """Estimate a mean over seeds and examples, with the error that comes from both.

    Losses of examples are skewed: most are near 0, a few are large. So the examples' part of the interval is
    corrected by Hall's transformation (1992), which for 100 examples with a skewness of 4 to 6 brings the
    coverage from 88-92% to 95%, and changes nothing where there is no skewness. Means of seeds with splits of their own
    need no correction.

    Args:
        values: (seed, example); a seed with a NaN or an infinity is left out, and counted.
        overlap: as in :func:`mean_squares`.

    Raises:
        ValueError: the array has not two axes, or the overlap is negative or not finite.
    """
    squares = mean_squares(values, overlap=overlap)
    below, above = _skewed_widths(squares)
    seeds_part, examples_part, rest_part = _shares(squares)
    return MeanEstimate(
        mean=squares.mean,
        standard_error=squares.standard_error,
        degrees_of_freedom=_satterthwaite(squares),
        low=squares.mean - below,
        high=squares.mean + above,
        seeds=squares.seeds,
        examples=squares.examples,
        left_out=squares.left_out,
        share_seeds=seeds_part,
        share_examples=examples_part,
        share_rest=rest_part,
        covers=squares.covers,
    )


def _shares(squares: MeanSquares) -> tuple[float, float, float]:
    """Return the parts of the squared standard error that come from seeds, from examples, and from the rest."""
    of_seeds, of_examples = squares.variances
    total = of_seeds + of_examples
    if not total:
        return 0.0, 0.0, 0.0
    # What seeds' means owe to the rest is in MS_seeds.
    rest = of_seeds * min(squares.ms_rest / squares.ms_seeds, 1.0) if squares.ms_seeds else 0.0
    if squares.overlap is not None:
        return (of_seeds - rest) / total, rest / total, 0.0
    return (of_seeds - rest) / total, of_examples / total, rest / total


def _skewed_widths(squares: MeanSquares) -> tuple[float, float]:
    """Return the interval's widths below and above the mean."""
    square, t_examples = half_width(squares) ** 2, quantile(squares.examples - 1, ERROR)
    skew = squares.skewness / (6 * math.sqrt(max(squares.examples, 1)))
    if abs(skew) < 1e-9:
        return math.sqrt(square), math.sqrt(square)
    # Hall's cubic of t is monotone and has this inverse; a skewness to the right makes t skewed to the left.
    below, above = ((math.cbrt(1 + 6 * skew * (t - skew)) - 1) / (2 * skew) for t in (t_examples, -t_examples))
    of_examples = squares.variances[1]
    return (
        math.sqrt(square + (below**2 - t_examples**2) * of_examples),
        math.sqrt(square + (above**2 - t_examples**2) * of_examples),
    )


def _satterthwaite(squares: MeanSquares) -> float:
    """Return (sum of mean squares)² over the sum of (mean square)² / degrees, over those that were summed."""
    seeds, examples = squares.seeds - 1, squares.examples - 1
    if squares.overlap is not None:
        return float(seeds)
    terms = [(squares.ms_seeds, seeds), (squares.ms_examples, examples), (squares.ms_rest, seeds * examples)]
    below = sum(square**2 / degrees for square, degrees in terms if degrees > 0)
    if below > 0:
        return float((sum(squares.variances) * squares.seeds * squares.examples) ** 2 / below)
    return math.nan if squares.covers == "none" else float(max(seeds, examples))
