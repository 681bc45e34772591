"""Which examples train and which validate: the split that was given, or another one for every seed.

The pool of a study is its training examples followed by its validation examples; the test examples are never in
it. ``redrawn`` divides the pool anew for every seed, into parts of the sizes that were given. With ``folds:K`` every
``K`` successive seeds are one whole cross-validation: seed ``s`` validates on fold ``s mod K`` of repetition
``s div K``. Every fold has ``floor(n / K)`` examples; the few that are left over train in that repetition.

A division follows from the seed alone, so all strengths of a seed share it. Where targets are whole numbers of an
integer type, such as class numbers, every part gets its share of each, up to one example. The pool is taken for one
sample of independent examples: this is wrong for a time series, and for several examples of one person. What was
standardized when a table was read is scaled anew, by the training examples of each seed; arrays are taken as they are:
what a user scaled by figures of the given training part stays scaled by these.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np

from ridgepath.arrays import Dataset, Tree, examples_of, taken
from ridgepath.errors import InputError
from ridgepath.study import FIXED, Study

REDRAWN = "redrawn"

MOST_FOLDS = 100
"""Folds of a cross-validation, at most."""

STREAM = 2003
"""Keeps divisions apart from all else that is drawn from a seed; changing it makes other divisions."""

APART_STREAM = 2011
"""Fixes what is set apart of examples that come without a validation part; changing it makes other questions."""


class Positions(NamedTuple):
    """Positions in the pool, ascending, int64 (example,)."""

    train: np.ndarray
    validation: np.ndarray


def check_validation(validation: object) -> str:
    """Return the way in which validation examples are chosen: ``fixed``, ``redrawn`` or ``folds:K``.

    Raises:
        InputError: it is none of these.
    """
    if isinstance(validation, str):
        if validation in (FIXED, REDRAWN):
            return validation
        found = re.fullmatch("folds:([0-9]{1,9})", validation)
        if found and 2 <= int(found[1]) <= MOST_FOLDS:
            return f"folds:{int(found[1])}"
    raise InputError(
        f"validation must be fixed, redrawn or folds:K with K from 2 to {MOST_FOLDS}",
        received=repr(validation),
        remedy="Choose one, such as folds:5.",
    )


def sizes(validation: str, dataset: Dataset) -> tuple[int, int]:
    """Return how many examples train, and how many validate, in every seed.

    Raises:
        InputError: there are more folds than examples.
    """
    train, validating = dataset.train.examples, dataset.validation.examples
    folds = _folds(validation)
    if not folds:
        return train, validating
    examples = train + validating
    if examples < folds:
        raise InputError(
            f"{validation} needs at least {folds} training and validation examples",
            received=examples,
            remedy="Ask for fewer folds.",
        )
    return examples - examples // folds, examples // folds


def positions(validation: str, seed: int, targets: Tree, *, given: int) -> Positions:
    """Return which examples of the pool train and which validate in a seed.

    Args:
        validation: as :func:`check_validation` returns it.
        targets: of the pool, (example, ...); of several outputs no classes are taken.
        given: how many validation examples were given, the last of the pool.
    """
    examples, folds = examples_of(targets), _folds(validation)
    if validation == FIXED:
        chosen = np.arange(examples - given, examples)
    elif folds:
        chosen = _fold(seed % folds, folds, targets, stream=np.random.PCG64([STREAM, folds, seed // folds]))
    else:
        chosen = _part(given, targets, stream=np.random.PCG64([STREAM, seed]))
    return Positions(np.setdiff1d(np.arange(examples), chosen), np.sort(chosen))


def divided(dataset: Dataset, validation: str, seed: int) -> Dataset:
    """Return the data as a seed divides it; its arrays are copies, unless they are as they were given."""
    if validation == FIXED:
        return dataset
    given = dataset.validation.examples
    chosen = positions(validation, seed, dataset.pool.y, given=given)
    pool, test = dataset.pool_for(chosen.train), dataset.test_for(chosen.train)
    return replace(dataset, train=pool.take(chosen.train), validation=pool.take(chosen.validation), test=test)


def set_apart(targets: Tree, shares: Mapping[str, float]) -> dict[str, np.ndarray]:
    """Set shares of some examples apart, the same in every study; every class has its share, as in :func:`positions`.

    Args:
        targets: of all examples.
        shares: ``validation`` and ``test``, or one of them → its share of all examples.

    Returns:
        Positions of these parts and of ``train``, what is left: ascending.

    Raises:
        InputError: there are not enough examples.
    """
    examples = examples_of(targets)
    stream, left, parts = np.random.PCG64(APART_STREAM), np.arange(examples), {}
    for name in (each for each in ("test", "validation") if each in shares):
        size = max(1, round(shares[name] * examples))
        if size >= len(left):
            expected = f"enough examples to set a share of {shares[name]:g} apart for {name}"
            raise InputError(expected, received=examples, remedy="Give more examples, or a smaller share.")
        chosen = _part(size, taken(targets, left), stream=stream)
        parts[name] = np.sort(left[chosen])
        left = np.setdiff1d(left, parts[name])
    return {"train": left, **parts}


@dataclass(frozen=True)
class Division:
    """How a study divides its training and validation examples, where every seed has a split of its own.

    Attributes:
        folds: of a cross-validation; 0 where every seed draws its split.
        train, validation: examples in every seed.
        repetitions: cross-validations that have a seed.
        partial: those of them that are not whole, and the seeds that these have.
    """

    folds: int
    train: int
    validation: int
    repetitions: int
    partial: int
    seeds_of_partial: int

    def sentence(self) -> str:
        """Say how the examples are divided."""
        pool = f"the {self.train + self.validation:,} training and validation examples"
        parts = f"{self.train:,} train and {self.validation:,} validate"
        if not self.folds:
            return f"Every seed divides {pool} anew: {parts}."
        return f"Every {self.folds} successive seeds are a cross-validation of {pool}: in each seed {parts}."

    def sentence_on_partial(self) -> str:
        """Say which cross-validations are not whole."""
        return (
            f"{self.partial} of {self.repetitions} cross-validations lack folds: their seeds are "
            f"{self.seeds_of_partial} of {self.folds * self.partial}, so some examples validate more often than others."
        )


def division(study: Study) -> Division | None:
    """Return how the examples of a study are divided; ``None`` where all seeds share the split that was given."""
    if study.validation == FIXED:
        return None
    card, folds = study.data, _folds(study.validation)
    present = Counter(seed // folds for seed in study.all_seeds) if folds else Counter[int]()
    partial = [count for count in present.values() if count < folds]
    return Division(folds, card.train, card.validation, len(present), len(partial), sum(partial))


def describe(study: Study) -> tuple[str, ...]:
    """Say how the validation examples of a study are chosen, and which cross-validations are not whole."""
    found = division(study)
    if found is None:
        return ()
    return (found.sentence(), found.sentence_on_partial()) if found.partial else (found.sentence(),)


def _folds(validation: str) -> int:
    """Return the number of folds; 0 where there are none."""
    return int(validation.removeprefix("folds:")) if validation.startswith("folds:") else 0


# Raw streams of a bit generator never change between versions of numpy; what Generator draws from them may.


def _part(size: int, targets: Tree, *, stream: np.random.PCG64) -> np.ndarray:
    """Choose so many examples: at equal steps through all of them, class by class, in random order within each."""
    examples = examples_of(targets)
    order = _by_class(targets, noise=stream.random_raw(examples))
    first = int(stream.random_raw()) % examples
    return order[(np.arange(size) * examples + first) // size]


def _fold(fold: int, folds: int, targets: Tree, *, stream: np.random.PCG64) -> np.ndarray:
    """Choose one fold: all examples but the left-over are dealt to the folds class by class."""
    examples = examples_of(targets)
    left_over = np.argsort(stream.random_raw(examples), kind="stable")[: examples % folds]
    order = _by_class(targets, noise=stream.random_raw(examples))
    return order[~np.isin(order, left_over)][fold::folds]


def _by_class(targets: Tree, *, noise: np.ndarray) -> np.ndarray:
    if isinstance(targets, np.ndarray) and targets.dtype.kind in "biu" and targets.size == len(targets):
        return np.lexsort((noise, targets.ravel()))
    return np.argsort(noise, kind="stable")
