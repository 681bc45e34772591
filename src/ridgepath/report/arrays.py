"""A study's values as arrays of strengths × seeds (× examples): the form in which statistics take them."""

from __future__ import annotations

from functools import cached_property
from typing import Any, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ridgepath.results import DONE, Results
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
        rows = np.full((len(self.strengths), len(self.seeds)), -1)
        if self._results.trials.empty:
            return rows
        of_strength = {strength: row for row, strength in enumerate(self.strengths)}
        of_seed = {seed: column for column, seed in enumerate(self.seeds)}
        keys = self._results.trials[["variant", "strength", "seed", "status"]].itertuples(index=False, name=None)
        for row, (variant, strength, seed, status) in enumerate(keys):
            if variant == self.variant and status == DONE and strength in of_strength and seed in of_seed:
                rows[of_strength[strength], of_seed[seed]] = row
        return rows

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
        if self._results.trials.empty:
            return np.full(self._rows.shape, np.nan)
        return self._placed(self._results.trials[_RENAMED.get(measure, measure)].to_numpy(np.float64))

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
        if measure in _OF_EXAMPLES and not self._results.trials.empty:
            return self._placed(self._results.example_losses[_OF_EXAMPLES[measure]])
        if measure == "gap":
            with np.errstate(invalid="ignore"):
                gaps: Floats = self.values("val_data_loss") - self.column("train_data_loss")[:, :, None]
            return gaps
        return self.column(measure)[:, :, None]

    def over_epochs(self, measure: str) -> Floats:
        """Return a figure that was taken at the end of every epoch (strength, seed, epoch)."""
        if self._results.epochs.empty:
            return np.full((*self._rows.shape, 0), np.nan)
        rows = self._results.epochs[self._results.epochs["variant"] == self.variant]
        table = rows.pivot(index=["strength", "seed"], columns="epoch", values=measure)
        trials = pd.MultiIndex.from_product([self.strengths, self.seeds])
        curves = table.reindex(trials).to_numpy(np.float64).reshape(*self._rows.shape, table.shape[1])
        return np.where(self.trained[:, :, None], curves, np.nan)

    def _placed(self, values: NDArray[Kind]) -> NDArray[Kind]:
        placed: NDArray[Kind] = np.full((*self._rows.shape, *values.shape[1:]), np.nan, values.dtype)
        placed[self.trained] = values[self._rows[self.trained]]
        return placed
