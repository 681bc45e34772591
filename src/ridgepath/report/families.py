"""Is the difference real? Every strength against 0 and against ``strength_min``, and the choices of the variants.

Comparisons come in families, whose intervals hold together: each family has its share of the study's 5%, fixed
before anything was seen.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ridgepath.report.arrays import PathArrays
from ridgepath.report.measures import LOSS
from ridgepath.statistics.comparison import Comparison, compare, compare_choices

Point = tuple[str, float]
"""A variant and one of its strengths."""

Difference = Comparison[Point]

Kind = Literal["baseline", "minimum", "choices"]

_SHARES: dict[bool, dict[Kind, float]] = {
    False: {"baseline": 0.6, "minimum": 0.4},
    True: {"baseline": 0.4, "minimum": 0.3, "choices": 0.3},
}
"""Whether a study has several variants → share of the 5%; all variants share that of their kind."""


@dataclass(frozen=True)
class Terms:
    """On what, and how, strengths are compared.

    Attributes:
        measure: a figure of the trials, such as ``val_data_loss`` or ``val_accuracy``.
        larger_is_better: whether that is so, or the figure is a loss.
        margin: the largest difference that does not matter, in the unit of the measure; ``None`` for one standard
            error of the mean of what is compared with.
    """

    measure: str = LOSS
    larger_is_better: bool = False
    margin: float | None = None


@dataclass(frozen=True)
class Family:
    """Comparisons that hold together.

    Attributes:
        kind: ``baseline``: every strength of a variant against its smallest, which is 0 unless the user said no;
            ``minimum``: against its ``strength_min``; ``choices``: each variant's ``strength_min`` against the others.
        variant: whose; empty for ``choices``.
        found: the comparisons, without those that an earlier family holds already.
    """

    kind: Kind
    variant: str
    terms: Terms
    found: tuple[Difference, ...]


def families(paths: Sequence[PathArrays], minima: Mapping[str, float | None], terms: Terms) -> tuple[Family, ...]:
    """Compare the strengths of a study.

    Args:
        minima: variant → its ``strength_min``, if it has one.
        terms: on what they are compared.

    Returns:
        The families that hold a comparison.

    Raises:
        InputError: the margin is negative or no number.
    """
    shares, count = _SHARES[len(paths) > 1], len(paths)
    compared = [
        family
        for path in paths
        for family in (
            _against_smallest(path, terms, share=shares["baseline"] / count),
            _against_minimum(path, minima[path.variant], terms, share=shares["minimum"] / count),
        )
    ]
    if count > 1:
        compared.append(_between_choices(paths, minima, terms, share=shares["choices"]))
    return tuple(family for family in compared if family.found)


def _against_smallest(path: PathArrays, terms: Terms, *, share: float) -> Family:
    labels = _labels(path)
    found = compare(
        labels,
        path.values(terms.measure),
        baseline=labels[0],
        share=share,
        margin=terms.margin,
        larger_is_better=terms.larger_is_better,
        looks=path.looks,
        overlap=path.overlap(terms.measure),
    )
    return Family("baseline", path.variant, terms, found if path.trained.any() else ())


def _against_minimum(path: PathArrays, minimum: float | None, terms: Terms, *, share: float) -> Family:
    if minimum is None or minimum == path.strengths[0]:
        return Family("minimum", path.variant, terms, ())
    found = compare(
        _labels(path),
        path.values(terms.measure),
        baseline=(path.variant, minimum),
        family="all pairs",
        share=share,
        margin=terms.margin,
        larger_is_better=terms.larger_is_better,
        looks=path.looks,
        overlap=path.overlap(terms.measure),
    )
    return Family("minimum", path.variant, terms, tuple(each for each in found if each.strength != _labels(path)[0]))


def _between_choices(
    paths: Sequence[PathArrays], minima: Mapping[str, float | None], terms: Terms, *, share: float
) -> Family:
    choices = [(variant, strength) for variant, strength in minima.items() if strength is not None]
    found = compare_choices(
        [label for path in paths for label in _labels(path)],
        np.concatenate([path.values(terms.measure) for path in paths]),
        choices=choices,
        share=share,
        margin=terms.margin,
        larger_is_better=terms.larger_is_better,
        looks=paths[0].looks,
        overlap=paths[0].overlap(terms.measure),
    )
    return Family("choices", "", terms, found)


def _labels(path: PathArrays) -> list[Point]:
    return [(path.variant, strength) for strength in path.strengths]
