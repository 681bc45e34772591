"""What a diagnosis rests on: the tables of one variant, and means with intervals that rise, fall or stay open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgepath.statistics.variance import Covers, Floats, half_width, mean_squares, simultaneous_error

Direction = Literal["rises", "falls", "undecided"]


@dataclass(frozen=True)
class Interval:
    """A mean with its interval.

    Attributes:
        mean: NaN if no seed could be used.
        low, high: ends of the interval; NaN if ``covers`` is none.
        seeds, examples: how many entered.
        covers: the noise that the interval covers.
    """

    mean: float
    low: float
    high: float
    seeds: int
    examples: int
    covers: Covers

    @property
    def direction(self) -> Direction:
        """Where the mean surely lies: above 0, below 0, or neither. One seed decides nothing."""
        if self.seeds > 1 and self.low > 0:
            return "rises"
        if self.seeds > 1 and self.high < 0:
            return "falls"
        return "undecided"


@dataclass(frozen=True)
class Measured:
    """What was recorded of one variant; NaN where a trial is missing or did not end well.

    Attributes:
        strengths: (strength,), ascending; the first is what the others are held against.
        val_losses: (strength, seed, example), validation data losses after the last epoch.
        val_epochs: (strength, seed, epoch), mean validation data loss at the end of each epoch.
        figures: column of the trials → (strength, seed); a column that was not recorded is not there.
        share: part of the 5% that each answer may use; below 1 if seeds were added because of what was seen, see
            :mod:`ridgepath.statistics.looks`.
        overlap: number of validation examples over that of training examples, where every seed has a split of its
            own; it widens all intervals, for whatever is taken of networks whose training sets overlap is alike.
            ``None`` where all seeds share their examples.
    """

    strengths: tuple[float, ...]
    val_losses: NDArray[np.floating]
    val_epochs: Floats
    figures: Mapping[str, Floats]
    share: float = 1.0
    overlap: float | None = None

    def error(self, family: int = 1) -> float:
        """Return the error of each of so many intervals that hold together."""
        return simultaneous_error(family, self.share)

    def interval(self, values: ArrayLike, error: float) -> Interval:
        """Return the mean of values, or of paired differences, with its interval.

        Args:
            values: (seed, example), or (seed, 1) for figures that have one value a trial; a seed with a value that is
                not finite is left out.
            error: how often the interval may be wrong.
        """
        squares = mean_squares(values, overlap=self.overlap)
        half = half_width(squares, error)
        ends = (squares.mean - half, squares.mean + half)
        return Interval(squares.mean, *ends, squares.seeds, squares.examples, squares.covers)

    def usable(self) -> Measured:
        """Return the strengths that have a trial whose validation data losses are all finite."""
        rows = np.isfinite(self.val_losses).all(axis=2).any(axis=1)
        return replace(
            self,
            strengths=tuple(strength for strength, used in zip(self.strengths, rows, strict=True) if used),
            val_losses=self.val_losses[rows],
            val_epochs=self.val_epochs[rows],
            figures={name: values[rows] for name, values in self.figures.items()},
        )

    def column(self, name: str) -> Floats:
        """Return a figure of the trials, (strength, seed); all NaN if it was not recorded."""
        return self.figures.get(name, np.full(self.val_losses.shape[:2], np.nan))

    def has(self, name: str) -> bool:
        """Tell whether a figure was recorded for any trial above strength 0."""
        return bool(np.isfinite(self.column(name)[np.array(self.strengths) > 0]).any())

    def values(self, measure: str, row: int) -> Floats:
        """Return a measure at one strength.

        ``val_data_loss`` and ``gap`` have a value a validation example, (seed, example): for the gap, a trial's
        training data loss is taken from each of its validation losses. Others have one a trial, (seed, 1).
        """
        if measure == "val_data_loss":
            losses: Floats = self.val_losses[row].astype(np.float64)
            return losses
        if measure == "gap":
            gaps: Floats = self.values("val_data_loss", row) - self.values("train_data_loss", row)
            return gaps
        figures: Floats = self.column(measure)[row][:, None]
        return figures

    def change(self, measure: str, row: int, against: int) -> Floats:
        """Return the paired differences of a measure between two strengths, as :meth:`values` does."""
        changes: Floats = self.values(measure, row) - self.values(measure, against)
        return changes

    def percent_change(self, measure: str, row: int, against: int) -> Floats:
        """Return the relative changes of a measure between two strengths, seed by seed, in percent."""
        changes: Floats = 100 * (self.values(measure, row) / self.values(measure, against) - 1)
        return changes
