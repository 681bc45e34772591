"""How long it takes to analyse a large study, and how much memory: 1,000 trials, 10,000 validation examples.

    python benchmarks/large_study.py          half a minute on one core

Writes a study of 100 strengths and 10 seeds whose losses are drawn, with as many test examples, and has
``ridgepath show --json`` read and analyse it in a process of its own, three times. Prints seconds from the start of
the process to its end, and its peak memory.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from ridgepath.results import DONE, TrialResult, epoch_columns, trial_columns
from ridgepath.store import StudyStore
from ridgepath.study import BuilderCard, DataCard, Study, Variant

SEEDS, EPOCHS, EXAMPLES, ROUNDS = 10, 15, 10_000, 3
STRENGTHS = (0.0, *(float(f"{strength:.3g}") for strength in np.geomspace(1e-6, 1, 99)))


def write_study(folder: Path) -> None:
    """Write the study; noise of seeds and examples is shared by all strengths, as it is in a real one."""
    study = Study(
        builder=BuilderCard("build", None, "", "b" * 64),
        data=DataCard("drawn", train=50_000, validation=EXAMPLES, test=EXAMPLES, fingerprint="d" * 64),
        variants=(Variant("l2", STRENGTHS),),
        seeds=tuple(range(SEEDS)),
        epochs=EPOCHS,
        batch_size=32,
        train_evaluated=10_000,
    )
    store = StudyStore.create(folder, study, metrics=("accuracy",), context={})
    generator = np.random.default_rng(0)
    of_examples, of_seeds = generator.exponential(0.3, EXAMPLES), generator.normal(0, 0.01, SEEDS)
    for trial in study.trials:
        ridge = 0.02 * (np.log10(trial.strength + 1e-7) + 3) ** 2
        losses = of_examples + of_seeds[trial.seed] + ridge + generator.normal(0, 0.1, EXAMPLES)
        figures = {name: float(generator.random()) for name in trial_columns(("accuracy",), test=True)}
        figures |= {"val_data_loss": float(losses.mean()), "test_data_loss": float(losses.mean())}
        epochs = {name: generator.random(EPOCHS).tolist() for name in epoch_columns(("accuracy",))}
        by_split = dict.fromkeys(("validation", "test"), losses.astype(np.float32))
        store.add(TrialResult(trial, DONE, "", "jax", 1.0, figures, epochs, by_split))


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "study"
        write_study(folder)
        seconds = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "ridgepath", "show", str(folder), "--json"],
                check=True,
                stdout=subprocess.DEVNULL,
            )
            seconds.append(time.perf_counter() - start)
        peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        size = os.path.getsize(folder / "study.db") / 2**20
    shown = ", ".join(f"{one:.1f}" for one in seconds)
    print(f"{len(STRENGTHS) * SEEDS:,} trials x {EXAMPLES:,} validation and test examples, {size:.0f} MiB on disk:")
    print(f"  show --json in {statistics.median(seconds):.1f} s ({shown}), peak memory {peak:.0f} MiB")


if __name__ == "__main__":
    main()
