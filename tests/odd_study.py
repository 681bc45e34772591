"""A stored study whose names are odd and whose figures no short decimal writes, and a look into its file."""

from __future__ import annotations

import dataclasses
import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np

from ridgepath.results import DONE, TrialResult, epoch_columns, trial_columns
from ridgepath.store import FILE, StudyStore
from ridgepath.study import BuilderCard, DataCard, Study, Trial, Variant

ODD_METRIC = 'a"b'
ODD_VARIANT = "<b>l2 تنظيم</b>; DROP TABLE trials --"
CONTEXT = {"ridgepath": "0.1.0", "machine": "مختبر 'a'", "command": "ridgepath run"}


def question(**changed: object) -> Study:
    study = Study(
        builder=BuilderCard("build", "net.py:build", "def build(strength): ...", "b" * 64),
        data=DataCard("mnist-5k", train=30, validation=4, test=3, fingerprint="d" * 64),
        variants=(Variant(ODD_VARIANT, (0.0, 1e-4)), Variant("l1", (0.001,))),
        seeds=(0, 2**32 - 1),
        epochs=2,
        batch_size=32,
        train_evaluated=30,
    )
    return dataclasses.replace(study, **changed)


def result_of(trial: Trial, study: Study, *, status: str = DONE, shift: float = 0.0) -> TrialResult:
    """Return a result whose every figure is a different number that no short decimal writes exactly."""
    figures = trial_columns([ODD_METRIC], test=study.data.test > 0)
    losses = {"validation": study.data.validation, "test": study.data.test}
    return TrialResult(
        trial,
        status,
        "" if status == DONE else "loss not finite\nin epoch 2",
        "jax",
        1.5 + shift,
        {name: trial.strength + shift + position / 3 for position, name in enumerate(figures)},
        {name: [shift + position / 7, position / 9] for position, name in enumerate(epoch_columns([ODD_METRIC]))},
        {split: np.arange(size, dtype=np.float32) / 3 + trial.seed for split, size in losses.items() if size},
    )


def created(folder: Path, study: Study | None = None) -> StudyStore:
    return StudyStore.create(folder, study or question(), metrics=[ODD_METRIC], context=CONTEXT)


def execute(store: StudyStore, *statements: str) -> None:
    with closing(sqlite3.connect(store.folder / FILE, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def counts(store: StudyStore) -> list[int]:
    with closing(sqlite3.connect(store.folder / FILE)) as connection:
        tables = ("trials", "epochs", "example_losses")
        return [connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in tables]
