"""A study's values as arrays of strengths × seeds (× examples): the form in which statistics take them."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ridgepath.results import DONE, Results, Table
from ridgepath.study import Study

Floats = NDArray[np.float64]
Kind = TypeVar("Kind", np.float32, np.float64)

_OF_EXAMPLES = {"val_data_loss": "validation", "test_data_loss": "test"}
_RENAMED = {"keras_val_loss": "val_loss"}


class PathArrays:
    """What the trials of one variant recorded; NaN stands for a trial that was not trained to the end.

    Attributes:
        variant: its name.
        strengths: rows of all arrays, ascending.
        seeds: columns of all arrays, ascending.
        looks: for which look at the comparisons each seed was added, or ``None`` if the number of seeds did not
            follow from what was seen.
    """

    def __init__(self, study: Study, results: Results, variant: str) -> None:
        self.variant = variant
        self.strengths = next(each.strengths for each in study.variants if each.name == variant)
        self.seeds = study.all_seeds
        self.looks = [study.look_of(seed) for seed in self.seeds] if study.looks else None
        self._overlap = study.overlap
        self._results = results
        self._values: dict[str, NDArray[Any]] = {}

    @cached_property
    def _rows(self) -> NDArray[np.intp]:
        """Rows of the table of trials (strength, seed); -1 where no trial was trained to the end."""
        trials = self._results.trials
        strengths, seeds = self._trials_of(trials)
        used = np.flatnonzero((trials["status"] == DONE) & (strengths >= 0) & (seeds >= 0))
        rows = np.full((len(self.strengths), len(self.seeds)), -1)
        rows[strengths[used], seeds[used]] = used
        return rows

    @cached_property
    def _epoch_rows(self) -> NDArray[np.intp]:
        """Rows of the table of epochs (strength, seed, epoch), of trials trained to the end; -1 where there is none."""
        epochs = self._results.epochs
        strengths, seeds = self._trials_of(epochs)
        used = np.flatnonzero((strengths >= 0) & (seeds >= 0))
        used = used[self.trained[strengths[used], seeds[used]]]
        rows = np.full((*self._rows.shape, len(self.epochs)), -1)
        rows[strengths[used], seeds[used], _places(self.epochs, epochs["epoch"][used])] = used
        return rows

    def _trials_of(self, table: Table) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
        """Return where the strength and the seed of each row of a table stand in the arrays; -1 where they do not."""
        strengths = np.where(table["variant"] == self.variant, _places(self.strengths, table["strength"]), -1)
        return strengths, _places(self.seeds, table["seed"])

    @property
    def trained(self) -> NDArray[np.bool_]:
        """Which trials were trained to the end (strength, seed)."""
        return self._rows >= 0

    @property
    def tested(self) -> bool:
        """Whether the losses of test examples are known."""
        return "test" in self._results.example_losses

    def overlap(self, measure: str) -> float | None:
        """Return the overlap of training sets that widens the errors of a measure.

        It is that of the study for what is taken on validation examples, which every seed has others of; ``None``
        for other measures, and for a study of one split.
        """
        on_validation = measure.startswith("val_") or measure in ("gap", "keras_val_loss")
        return self._overlap if on_validation else None

    def column(self, measure: str) -> Floats:
        """Return a figure of the trials (strength, seed), such as ``weight_norm``, ``gap`` or ``keras_val_loss``."""
        if measure == "gap":
            with np.errstate(invalid="ignore"):  # Infinity minus infinity: no gap.
                gaps: Floats = self.column("val_data_loss") - self.column("train_data_loss")
            return gaps
        return _taken(self._results.trials[_RENAMED.get(measure, measure)], self._rows)

    def values(self, measure: str) -> NDArray[Any]:
        """Return a measure by example where that is known, (strength, seed, example); else (strength, seed, 1).

        Known are the data losses of validation and test examples, and with the former the gap: a validation
        example's loss minus the mean loss of the training examples. The array is made once and cannot be written to.
        """
        if measure not in self._values:
            self._values[measure] = self._by_example(measure)
            self._values[measure].flags.writeable = False
        return self._values[measure]

    def _by_example(self, measure: str) -> NDArray[Any]:
        losses = self._results.example_losses.get(_OF_EXAMPLES.get(measure, ""))
        if losses is not None:
            return _taken(losses, self._rows)
        if measure == "gap":
            with np.errstate(invalid="ignore"):
                gaps: Floats = self.values("val_data_loss") - self.column("train_data_loss")[:, :, None]
            return gaps
        return self.column(measure)[:, :, None]

    @cached_property
    def epochs(self) -> tuple[int, ...]:
        """The epochs that a trial of the variant recorded, ascending."""
        of_variant = self._results.epochs["variant"] == self.variant
        return tuple(np.unique(self._results.epochs["epoch"][of_variant]).tolist())

    @property
    def recorded(self) -> NDArray[np.bool_]:
        """Which epochs are known of the trials that were trained to the end (strength, seed, epoch)."""
        return self._epoch_rows >= 0

    def over_epochs(self, measure: str) -> Floats:
        """Return a figure that was taken at the end of every epoch (strength, seed, epoch); or their ``gap``."""
        if measure == "gap":
            with np.errstate(invalid="ignore"):
                gaps: Floats = self.over_epochs("val_data_loss") - self.over_epochs("train_data_loss")
            return gaps
        return _taken(self._results.epochs[measure], self._epoch_rows)


def _places(known: Sequence[float], values: ArrayLike) -> NDArray[np.intp]:
    """Return where values stand among ascending known ones; -1 for others."""
    among = np.asarray(known)
    places = np.searchsorted(among, values).clip(max=len(among) - 1)
    return np.where(among[places] == values, places, -1)


def _taken(values: NDArray[Kind], rows: NDArray[np.intp]) -> NDArray[Kind]:
    """Return values (row, ...) in the places of their rows; NaN where a row is -1."""
    taken: NDArray[Kind] = np.full((*rows.shape, *values.shape[1:]), np.nan, values.dtype)
    taken[rows >= 0] = values[rows[rows >= 0]]
    return taken
