"""What is trained in a sitting: data, network, batch size and epochs, and which trials so many are."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from arithmetic import Convolution, Dense, Layer

STRENGTHS = (0.0, 1e-4, 1e-3, 1e-2)
"""Those of the task, and none; Keras' coefficients."""


@dataclass(frozen=True)
class Workload:
    """A network on some data.

    Attributes:
        data: its name, as ridgepath knows it.
        network: the name of a function in ``networks.py``.
        epochs: of a whole training.
        layers: of the network, for the count of its arithmetic.
        examples: number of training examples.
    """

    title: str
    data: str
    network: str
    batch_size: int
    epochs: int
    layers: tuple[Layer, ...]
    examples: int


TASK_LAYERS = (Dense(784, 128), Dense(128, 10))

WORKLOADS = {
    "task": Workload(
        "the task: 784-128-10 on full Fashion-MNIST", "fashion-mnist", "dense", 32, 15, TASK_LAYERS, 55_000
    ),
    "digits": Workload(
        "the default study: 784-128-10 on 3,000 digits of MNIST", "mnist-5k", "dense", 32, 15, TASK_LAYERS, 3_000
    ),
    "convolution": Workload(
        "a small convolutional network on 3,000 digits of MNIST",
        "mnist-5k",
        "convolutional",
        64,
        15,
        (Convolution(28, 3, 1, 8), Convolution(13, 3, 8, 16), Dense(400, 10)),
        3_000,
    ),
    "table": Workload(
        "10-64-64-1 on the 266 patients of the table diabetes",
        "diabetes",
        "tabular",
        32,
        100,
        (Dense(10, 64), Dense(64, 64), Dense(64, 1)),
        266,
    ),
}


@dataclass(frozen=True)
class Trials:
    """Every strength with every seed."""

    strengths: tuple[float, ...]
    seeds: tuple[int, ...]


def trials_of(number: int, *, round_number: int) -> Trials:
    """Return so many trials: strength 0.001 alone, or all four strengths with as many seeds as it takes.

    Every round has seeds of its own, so that the spread of the losses over rounds is that of a training.
    """
    strengths = (1e-3,) if number == 1 else STRENGTHS
    if number % len(strengths):
        raise SystemExit(f"trials must be 1 or a multiple of {len(STRENGTHS)}; received {number}")
    first = 1_000 * round_number
    return Trials(strengths, tuple(range(first, first + number // len(strengths))))


def write_data(workload: Workload, folder: Path) -> Path:
    """Write the examples that everyone trains and validates on, as ridgepath loads and divides them.

    There is no test set: the peers would not look at it. Targets that are no classes are standardized.
    """
    from ridgepath.datasets import load_dataset

    file = folder / f"{workload.data}.npz"
    if not file.exists():
        dataset = load_dataset(workload.data)
        y, y_val = dataset.train.y, dataset.validation.y
        if not np.issubdtype(y.dtype, np.integer):
            y, y_val = (((part - y.mean()) / y.std()).astype(np.float32) for part in (y, y_val))
        np.savez(file, x_train=dataset.train.x, y_train=y, x_val=dataset.validation.x, y_val=y_val)
    return file
