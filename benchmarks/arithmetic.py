"""How much arithmetic a step of training takes, counted from the shapes of a network's layers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Layer(Protocol):
    """A layer whose work is one product of matrices."""

    @property
    def parameters(self) -> int:
        """Number of weights and biases."""

    @property
    def products(self) -> int:
        """Multiplications, each with its addition, of one example's forward pass."""


@dataclass(frozen=True)
class Dense:
    inputs: int
    outputs: int

    @property
    def parameters(self) -> int:
        return (self.inputs + 1) * self.outputs

    @property
    def products(self) -> int:
        return self.inputs * self.outputs


@dataclass(frozen=True)
class Convolution:
    """A square kernel that is moved by one, without padding, over an image of so many rows and columns."""

    side: int
    kernel: int
    inputs: int
    outputs: int

    @property
    def parameters(self) -> int:
        return (self.kernel**2 * self.inputs + 1) * self.outputs

    @property
    def products(self) -> int:
        return (self.side - self.kernel + 1) ** 2 * self.kernel**2 * self.inputs * self.outputs


def step_operations(layers: Sequence[Layer], batch: int) -> int:
    """Count the floating-point operations of a step's products, two for each multiplication with its addition.

    A layer takes one product forward and two backward, to its weights and to its input; the first layer's input needs
    no gradient. Biases, activations, the loss and the optimizer are not counted.
    """
    first, *rest = layers
    return 2 * batch * (2 * first.products + 3 * sum(layer.products for layer in rest))


def parameters(layers: Sequence[Layer]) -> int:
    return sum(layer.parameters for layer in layers)


def steps(examples: int, batch: int) -> int:
    """Count the steps of an epoch, of which the last may be smaller."""
    return math.ceil(examples / batch)
