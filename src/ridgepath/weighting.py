"""Class weights: how much the examples of a class count in training, as in ``fit(class_weight=...)``.

Only the loss that is trained on has them. Data losses of training, validation and test examples do not, so that they
can be compared with each other and with those of another study.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from ridgepath.errors import InputError

BALANCED = "balanced"
"""Class weights ``n / (classes · count)``, under which every class counts the same in all (King and Zeng 2001)."""

ClassWeight = str | Mapping[int, float] | None
"""As a user gives it: ``"balanced"``, or class → weight; a class that is not named has the weight 1."""


ClassWeights = tuple[tuple[int, float], ...]
"""As a study has it: (class, weight) pairs; empty for 1 each."""


def check_class_weight(given: ClassWeight) -> ClassWeight:
    """Check class weights as far as can be without the data.

    Raises:
        InputError: they are no weights.
    """
    if given is None or given == BALANCED:
        return given
    remedy = "Give balanced, or a weight by class, such as {0: 1, 1: 5}."
    if not isinstance(given, Mapping) or not given:
        raise InputError("class weights by class", received=repr(given), remedy=remedy)
    for number, weight in given.items():
        if isinstance(number, bool) or not isinstance(number, (int, np.integer)) or number < 0:
            raise InputError("classes must be whole numbers from 0", received=repr(number), remedy=remedy)
        if isinstance(weight, bool) or not isinstance(weight, (int, float, np.integer, np.floating)):
            raise InputError("class weights must be numbers", received=repr(weight), remedy=remedy)
        if not math.isfinite(weight) or weight < 0:
            raise InputError("class weights must be >= 0 and finite", received=weight, remedy=remedy)
    if not any(given.values()):
        raise InputError("a class weight above 0", received="0 for every class", remedy=remedy)
    return {int(number): float(weight) for number, weight in given.items()}


def parse_class_weight(text: str) -> ClassWeight:
    """Read class weights as the command line writes them: ``balanced``, or ``0=1,1=5``.

    Raises:
        InputError: the text is neither.
    """
    if text == BALANCED:
        return text
    weights: dict[int, float] = {}
    for part in text.split(","):
        number, _, weight = part.partition("=")
        try:
            if int(number) in weights:
                raise ValueError
            weights[int(number)] = float(weight)
        except ValueError:
            remedy = "Write, for example, 0=1,1=5."
            raise InputError(
                "class weights are balanced or CLASS=WEIGHT,...", received=repr(part), remedy=remedy
            ) from None
    return check_class_weight(weights)


def frozen_class_weight(given: ClassWeight, targets: Any, *, weighted: bool) -> ClassWeights:
    """Return (class, weight) pairs for some training targets.

    Args:
        targets: class numbers (example,) or (example, 1), or one-hot rows (example, class).
        weighted: whether the examples have weights of their own; Keras does not take both.

    Raises:
        InputError: the targets are no classes, a weight is for a class that none of them has, or there are both.
    """
    if given is None:
        return ()
    if weighted:
        raise InputError(
            "class weights or a weight for every example, not both", received="both", remedy="Multiply them yourself."
        )
    if not isinstance(targets, np.ndarray):
        raise InputError("one output for class weights", received="several", remedy="Give a weight for every example.")
    numbers = _class_numbers(targets)
    present, counts = np.unique(numbers, return_counts=True)
    if given == BALANCED:
        return tuple((int(c), len(numbers) / (len(present) * n)) for c, n in zip(present, counts.tolist(), strict=True))
    assert isinstance(given, Mapping)
    absent = sorted(set(given) - set(present.tolist()))
    if absent:
        raise InputError(
            f"class weights for classes of the training targets, {present[0]} to {present[-1]}",
            received=f"one for class {absent[0]}",
            remedy="Remove it.",
        )
    return tuple(sorted(given.items()))


def example_weights(class_weight: ClassWeights, targets: np.ndarray) -> np.ndarray:
    """Return the weight of every example, float32 (example,), as Keras' ``class_weight`` gives it."""
    numbers = _class_numbers(targets)
    weights = np.ones(len(numbers), np.float32)
    for number, weight in class_weight:
        weights[numbers == number] = weight
    return weights


def _class_numbers(targets: np.ndarray) -> np.ndarray:
    if targets.ndim == 2 and targets.shape[1] > 1:
        return np.asarray(np.argmax(targets, axis=-1))
    if targets.size != len(targets) or np.any(targets != np.floor(targets)):
        raise InputError(
            "class numbers as targets for class weights",
            received=f"targets of shape {targets.shape} and type {targets.dtype}",
            remedy="Give a weight for every example.",
        )
    return np.asarray(targets.reshape(len(targets)), np.int64)
