"""How long it takes to analyse and report a large study, and how much memory: 1,000 trials, 100 epochs.

    python benchmarks/large_study.py          two minutes on one core

Writes a study of 100 strengths and 10 seeds whose losses are drawn, with 10,000 validation and as many test examples,
and has ``ridgepath show --json`` and ``ridgepath report`` read and analyse it in processes of their own, three times
each. Prints seconds from the start of the process to its end, the peak memory, and the size of the page.
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

from ridgepath.portraits import portrait
from ridgepath.results import DONE, TrialResult, epoch_columns, trial_columns
from ridgepath.store import StudyStore
from ridgepath.study import BuilderCard, DataCard, Study, Variant

SEEDS, EPOCHS, EXAMPLES, ROUNDS = 10, 100, 10_000, 3
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
        kernel = generator.normal(0, 0.05 / (1 + trial.strength), (784, 128))
        drawn = portrait([kernel], (28, 28), pictured=trial.seed == 0)
        store.add(TrialResult(trial, DONE, "", "jax", 1.0, figures, epochs, by_split, drawn))


def timed(*arguments: str) -> str:
    """Run ridgepath several times; return the median of the seconds and all of them."""
    seconds = []
    for _ in range(ROUNDS):
        start = time.perf_counter()
        subprocess.run([sys.executable, "-m", "ridgepath", *arguments], check=True, stdout=subprocess.DEVNULL)
        seconds.append(time.perf_counter() - start)
    return f"{statistics.median(seconds):.1f} s ({', '.join(f'{one:.1f}' for one in seconds)})"


def main() -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "study"
        write_study(folder)
        size = os.path.getsize(folder / "study.db") / 2**20
        print(f"{len(STRENGTHS) * SEEDS:,} trials x {EPOCHS} epochs x {EXAMPLES:,} validation and test examples,")
        print(f"{size:.0f} MiB on disk:")
        print(f"  show --json in {timed('show', str(folder), '--json')}")
        print(f"  report in {timed('report', str(folder))}", end="")
        print(f", a page of {os.path.getsize(folder / 'report.html') / 1e6:.1f} MB")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
