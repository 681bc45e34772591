"""How the weights look along a path: how they are distributed, and what units of the first layer see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ridgepath.portraits import WEIGHT_EDGES, Portrait
from ridgepath.study import Study, Trial


@dataclass(frozen=True)
class Distribution:
    """The hidden weights of one strength, all its trials together.

    Attributes:
        trials: those that recorded it.
        density: the share of weights a unit of weight, between neighbouring edges of ``WEIGHT_EDGES``, (bin,).
    """

    variant: str
    strength: float
    trials: int
    density: NDArray[np.float64]

    @property
    def shares(self) -> NDArray[np.float64]:
        """The share of weights in each bin; they add to 1."""
        return self.density * np.diff(WEIGHT_EDGES)


@dataclass(frozen=True)
class FirstLayer:
    """What units of the first layer see at one strength.

    Attributes:
        seed: of the trial; the same one wherever that can be.
        weights: (unit, row, column, channel).
    """

    variant: str
    strength: float
    seed: int
    weights: NDArray[np.float64]


def distributions(study: Study, portraits: Mapping[Trial, Portrait]) -> tuple[Distribution, ...]:
    """Add up the counts of every strength that has any."""
    return tuple(_distributions(study, portraits))


def _distributions(study: Study, portraits: Mapping[Trial, Portrait]) -> Iterator[Distribution]:
    widths = np.diff(WEIGHT_EDGES)
    for variant in study.variants:
        for strength in variant.strengths:
            found = [p for trial, p in portraits.items() if (trial.variant, trial.strength) == (variant.name, strength)]
            if found:
                counts = np.sum([each.counts for each in found], axis=0, dtype=np.float64)
                yield Distribution(variant.name, strength, len(found), counts / counts.sum() / widths)


def first_layers(study: Study, portraits: Mapping[Trial, Portrait]) -> tuple[FirstLayer, ...]:
    """Take the images of one seed for every strength: of that which has images at most strengths, of equals the first.

    A strength that this seed has no images of shows those of its own first seed.
    """
    pictured = {trial: each for trial, each in sorted(portraits.items()) if each.images.size}
    common = Counter(trial.seed for trial in pictured)
    asked = [(variant.name, strength) for variant in study.variants for strength in variant.strengths]
    found = []
    for variant, strength in asked:
        here = [trial for trial in pictured if (trial.variant, trial.strength) == (variant, strength)]
        if here:
            trial = min(here, key=lambda trial: (-common[trial.seed], trial.seed))
            found.append(FirstLayer(variant, strength, trial.seed, pictured[trial].weights))
    return tuple(found)
