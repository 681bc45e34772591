"""A strength in another convention, where the two are equivalent; where not, why, and what to do instead."""

from __future__ import annotations

import math
from dataclasses import dataclass
from numbers import Real
from typing import Any

from ridgepath.conventions import (
    BATCH_SIZE,
    CONVENTIONS,
    EXAMPLES,
    LEARNING_RATE,
    TARGET_SD,
    Convention,
    Loss,
    Penalty,
)
from ridgepath.errors import InputError
from ridgepath.penalties import check_strengths

SGD = "sgd"
OPTIMIZERS = (SGD, "momentum", "adam")
"""Plain SGD, SGD with momentum, and all that divide a gradient by what it was before, such as Adam and RMSprop."""

SETTINGS = {
    EXAMPLES: "the number of training examples",
    BATCH_SIZE: "the number of examples in a step",
    LEARNING_RATE: "the learning rate",
    TARGET_SD: "the standard deviation of the training targets, with 1/n",
}


@dataclass(frozen=True)
class Conversion:
    """A strength in another convention.

    Attributes:
        strength: the converted number.
        formula: how it comes about.
        settings: what was needed besides, by name.
    """

    strength: float
    formula: str
    settings: dict[str, float]

    @property
    def account(self) -> str:
        """The formula and what was put in, in a line."""
        given = ", ".join(f"{name} = {value:g}" for name, value in self.settings.items())
        return f"{self.formula}, with {given}" if given else self.formula


def convert_strength(strength: float, source: str, target: str, **settings: Any) -> float:
    """Return a strength in another convention; arguments and errors are those of :func:`convert`."""
    return convert(strength, source, target, **settings).strength


def convert(
    strength: object,
    source: str,
    target: str,
    *,
    examples: int | None = None,
    batch_size: int | None = None,
    learning_rate: float | None = None,
    target_sd: float | None = None,
    optimizer: str | None = None,
) -> Conversion:
    """Convert a strength from one convention to another.

    Args:
        strength: a number >= 0.
        source, target: names out of :data:`ridgepath.conventions.CONVENTIONS`.
        examples: number of training examples.
        batch_size: number of examples in a step.
        learning_rate: of the optimizer, constant.
        target_sd: standard deviation of the training targets, √(Σ(y - mean)² / n), in their unit.
        optimizer: what trains, out of :data:`OPTIMIZERS`: only plain ``sgd`` makes decoupled decay an L2 penalty.

    Raises:
        InputError: the two are not equivalent, a setting is missing or wrong, or there is no such convention.
    """
    here, there = _find(source), _find(target)
    _check_equivalent(here, there, optimizer)
    [value] = check_strengths([strength], zero=False)
    if value == 0 and -1 in (here.power, there.power):
        remedy = "Use C=np.inf there, and strength 0 elsewhere."
        raise InputError("a strength above 0, for C is one over it", received=strength, remedy=remedy)
    one = there.coefficient.without(there.symbol)
    product = (here.coefficient * one**-1) ** there.power
    formula = f"{there.symbol} = {product}"
    given = {EXAMPLES: examples, BATCH_SIZE: batch_size, LEARNING_RATE: learning_rate, TARGET_SD: target_sd}
    needed = {name: _check_setting(name, given[name], formula) for name in product.powers if name in SETTINGS}
    converted = product.value({here.symbol: value, **needed})
    if not math.isfinite(converted):
        raise InputError("a strength whose equal is finite", received=strength, remedy="Correct it, or the settings.")
    return Conversion(converted, formula, needed)


def _find(name: str) -> Convention:
    if name not in CONVENTIONS:
        remedy = "docs/conventions.md says what each is."
        raise InputError(f"a convention out of {', '.join(CONVENTIONS)}", received=repr(name), remedy=remedy)
    return CONVENTIONS[name]


def _check_equivalent(here: Convention, there: Convention, optimizer: str | None) -> None:
    """Check that a number of one convention can mean what one of the other does."""
    if optimizer is not None and optimizer not in OPTIMIZERS:
        raise InputError(f"an optimizer out of {', '.join(OPTIMIZERS)}", received=repr(optimizer), remedy="Choose one.")
    if Penalty.L1 in (here.penalty, there.penalty) and here.penalty != there.penalty:
        raise InputError(
            "an L1 penalty is equivalent to no L2 penalty and no decay",
            received=f"{here.name}, {here.penalty.value}, and {there.name}, {there.penalty.value}",
            remedy="Compare them by training: ridgepath compare FILE.py:build l1 l2 weight_decay.",
        )
    if {here.loss, there.loss} == {Loss.SQUARED, Loss.CLASSES}:
        raise InputError(
            "a penalty beside a squared error is equivalent to none beside a loss of classes",
            received=f"{here.name}, beside {here.loss.value}, and {there.name}, beside {there.loss.value}",
            remedy="Convert between conventions of one loss.",
        )
    if here.penalty != there.penalty:
        _check_plain_sgd(here, there, optimizer)


def _check_plain_sgd(here: Convention, there: Convention, optimizer: str | None) -> None:
    """Check that an L2 penalty and decoupled decay do the same, which depends on the optimizer.

    Raises:
        InputError: with momentum or Adam they do not (Loshchilov and Hutter, arXiv:1711.05101, propositions 1 and 2).
    """
    adaptive = here.adaptive or there.adaptive
    if optimizer == SGD and not adaptive:
        return
    varied = "l2=1e-4,1e-3,1e-2" if there.penalty is Penalty.L2 else "weight_decay=0.01,0.1,1"
    remedy = f"Find the other by training: ridgepath run FILE.py:build --vary {varied}."
    if optimizer is None and not adaptive:
        remedy = f"Add --optimizer sgd if that is what trains, without momentum. {remedy}"
    raise InputError(
        "L2 in the loss and decoupled weight decay are equivalent under plain SGD only, neither with momentum nor "
        "under Adam (Loshchilov and Hutter, arXiv:1711.05101)",
        received=f"{here.name}, {here.penalty.value}, and {there.name}, {there.penalty.value}",
        remedy=remedy,
    )


def _check_setting(name: str, value: object, formula: str) -> float:
    option = f"--{name.replace('_', '-')}"
    if value is None:
        raise InputError(f"{SETTINGS[name]}, for {formula}", received="none", remedy=f"Add {option}.")
    is_count = name in (EXAMPLES, BATCH_SIZE)
    if isinstance(value, Real) and not isinstance(value, bool):
        number = float(value)
        if 0 < number < math.inf and not (is_count and number % 1):
            return number
    kind = "a whole number of at least 1" if is_count else "a finite number above 0"
    raise InputError(f"{option} must be {kind}", received=repr(value), remedy="Correct it.")
