"""How a study was made, in Egyptian Arabic."""

from __future__ import annotations

from ridgepath.report.locale.ar.numbers import count_english, ltr
from ridgepath.report.locale.ar.numbers import duration as duration
from ridgepath.report.locale.ar.numbers import examples as counted

DATA, EXAMPLES, FINGERPRINT, NETWORK = "الداتا", "الأمثلة", "بصمة الداتا", "الـ network"
SEEDS, TRAINING, ENGINE, TIME = "الـ seeds", "التدريب", "المحرك", "الوقت"
NO_ENGINE = "مفيش تجربة خلصت"


def examples(train: int, validation: int, test: int) -> str:
    """Count the examples."""
    tested = counted(test, "test") if test else "من غير test"
    return f"{counted(train, 'تدريب')}، {counted(validation, 'validation')}، {tested}"


def training(epochs: int, batch_size: int) -> str:
    """Say how long, and in what batches, every network is trained."""
    return f"{count_english(epochs, 'epoch')}، {ltr(f'batch size {batch_size:,}')}"
