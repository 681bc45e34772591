"""What a tracker is told of a study and its trials, and what it does with that."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np

from ridgepath.penalties import format_strength
from ridgepath.report.summary import Summary
from ridgepath.results import KEY, Results, TrialResult, column_names, epoch_columns, trial_columns
from ridgepath.store import StudyStore
from ridgepath.study import Study, Trial

FINAL = "final/"
"""Before the names of the figures with which a trial ended, which are not always those of its last epoch."""

VERSIONS = ("ridgepath", "python", "keras", "jax")
IN_PARAMETERS = (*VERSIONS, "parameters")
"""Names in a study's context that are among its parameters."""


@dataclass(frozen=True)
class StudyCard:
    """What a tracker is told of a study.

    Attributes:
        name: that of its folder.
        identity: eight hexadecimal digits that stay the same when the folder is moved and when the study grows.
        folder: where it lies.
        question: what was asked.
        context: how it came to be, as in :class:`ridgepath.store.StudyStore`.
    """

    name: str
    identity: str
    folder: Path
    question: Study
    context: dict[str, str]

    @classmethod
    def of(cls, store: StudyStore) -> StudyCard:
        """Return the card of a stored study."""
        created = f"{store.study.fingerprint} {store.context.get('created', '')}"
        identity = hashlib.sha256(created.encode()).hexdigest()[:8]
        return cls(store.folder.resolve().name, identity, store.folder, store.study, store.context)

    @property
    def title(self) -> str:
        """The name under which the study is kept among others."""
        return f"{self.name}-{self.identity}"

    @property
    def parameters(self) -> dict[str, str]:
        """What the study was started with and keeps for good, name → value."""
        asked, data = self.question, self.question.data
        return {
            "network": asked.builder.name,
            "weights": self.context.get("parameters", ""),
            "data": data.name,
            "data_fingerprint": data.fingerprint[:16],
            "training_examples": str(data.train),
            "validation_examples": str(data.validation),
            "test_examples": str(data.test),
            "validation": asked.validation,
            "epochs": str(asked.epochs),
            "batch_size": str(asked.batch_size),
            "engine": asked.engine,
            "early_stopping": str(asked.early_stopping or "none"),
            "keep": asked.keep,
            "class_weight": ", ".join(f"{number}: {weight:g}" for number, weight in asked.class_weight) or "none",
            **{name: self.context[name] for name in VERSIONS if name in self.context},
        }


class Tracker(Protocol):
    """What one of the programs keeps of a study; what is there already is left as it is.

    It is made of a card and the place that the user names, or ``None``. All of it raises whatever the program's library
    raises where the place cannot be reached, read or written.
    """

    @property
    def sight(self) -> str:
        """Where the study can be looked at: an address, or a command."""

    def add(self, result: TrialResult) -> None:
        """Log one trial."""

    def conclude(self, summary: Summary) -> None:
        """Log what the study has found so far, and its report."""


def trial_name(trial: Trial) -> str:
    """Write a trial as people do: ``l2 0.001, seed 3``."""
    return f"{trial.variant} {format_strength(trial.strength)}, seed {trial.seed}"


def trial_key(trial: Trial) -> str:
    """Write a trial so that no other is written alike: ``l2=0.001 seed=3``, with all digits of the strength."""
    return f"{trial.variant}={repr(float(trial.strength)).removesuffix('.0')} seed={trial.seed}"


def trial_results(results: Results) -> Iterator[TrialResult]:
    """Yield the trials of the tidy tables one by one, as they were recorded."""
    figures = trial_columns(results.metrics, test="test_data_loss" in column_names(results.trials))
    lines: dict[tuple[str, float, int], list[int]] = {}
    for line, key in enumerate(results.epochs[list(KEY)].tolist()):
        lines.setdefault(key, []).append(line)
    for row, key in zip(results.trials, results.trials[list(KEY)].tolist(), strict=True):
        trial = Trial(*key)
        curves = results.epochs[np.array(lines.get(key, []), np.intp)]
        yield TrialResult(
            trial,
            str(row["status"]),
            str(row["reason"]),
            str(row["engine"]),
            float(row["seconds"]),
            figures={name: float(row[name]) for name in figures},
            epochs={name: [float(value) for value in curves[name]] for name in epoch_columns(results.metrics)},
        )


def curves(result: TrialResult) -> Iterator[tuple[str, int, float]]:
    """Yield (name, epoch, value) of all that is finite in a trial's curves; the first epoch is 1."""
    for name, values in result.epochs.items():
        yield from ((name, epoch, value) for epoch, value in enumerate(values, 1) if math.isfinite(value))


def finals(result: TrialResult) -> dict[str, float]:
    """Return the figures with which a trial ended, as far as they are finite."""
    return {name: value for name, value in result.figures.items() if math.isfinite(value)}
