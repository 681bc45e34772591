"""How a study was made, in English."""

from __future__ import annotations

from ridgepath.report.formatting import write_duration
from ridgepath.texts import write_count

DATA, EXAMPLES, FINGERPRINT, NETWORK = "Data", "Examples", "Data fingerprint", "Network"
SEEDS, TRAINING, ENGINE, TIME = "Seeds", "Training", "Engine", "Time"
NO_ENGINE = "none has finished a trial"


def examples(train: int, validation: int, test: int) -> str:
    """Count the examples."""
    return f"{train:,} training, {validation:,} validation, {f'{test:,} test' if test else 'no test'}"


def training(epochs: int, batch_size: int) -> str:
    """Say how long, and in what batches, every network is trained."""
    return f"{write_count(epochs, 'epoch')}, batch size {batch_size:,}"


def duration(seconds: float) -> str:
    """Write a time."""
    return write_duration(seconds)
