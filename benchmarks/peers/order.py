"""What every peer is asked to train, from its command line, and how it answers: one JSON document."""

import argparse
import json
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Order:
    """Trials to train: every strength with every seed.

    Attributes:
        network: the name of a function in ``networks.py`` or in ``torch_networks.py``.
        train, validation: examples as ``(x, y)``.
    """

    network: str
    train: tuple[np.ndarray, np.ndarray]
    validation: tuple[np.ndarray, np.ndarray]
    strengths: list[float]
    seeds: list[int]
    epochs: int
    batch_size: int

    @property
    def trials(self) -> list[tuple[float, int]]:
        return [(strength, seed) for strength in self.strengths for seed in self.seeds]

    @property
    def classes(self) -> int:
        """Number of classes; 0 where the targets are no classes."""
        _, y = self.train
        return int(y.max()) + 1 if np.issubdtype(y.dtype, np.integer) else 0


def read_order() -> Order:
    parser = argparse.ArgumentParser()
    parser.add_argument("--network", required=True)
    parser.add_argument("--data", required=True, help="an .npz with x_train, y_train, x_val, y_val")
    parser.add_argument("--strengths", required=True, help="Keras' coefficients, with commas between")
    parser.add_argument("--seeds", required=True, help="with commas between")
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    given = parser.parse_args()
    with np.load(given.data) as arrays:
        train, validation = ((arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "val"))
    strengths = [float(text) for text in given.strengths.split(",")]
    seeds = [int(text) for text in given.seeds.split(",")]
    return Order(given.network, train, validation, strengths, seeds, given.epochs, given.batch_size)


def answer(losses: dict[tuple[float, int], float]) -> None:
    """Print the validation data loss of every trial after its last epoch, without the penalty."""
    print(json.dumps([[strength, seed, float(loss)] for (strength, seed), loss in losses.items()]))
