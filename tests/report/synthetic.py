"""Studies with results that no network was trained for: realistic figures, drawn from a seeded generator."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from ridgepath.portraits import Portrait, portrait
from ridgepath.report.summary import Summary, summarize
from ridgepath.results import DONE, KEY, Results, Table, column_names, epoch_columns, trial_columns
from ridgepath.study import BuilderCard, DataCard, Study, Trial, Variant

SOURCE = "def build(strength):\n    return keras.Sequential(...)  # l2(strength) < 1\n"
STRENGTHS = (0.0, 1e-4, 1e-3, 1e-2)
CONTEXT = {"python": "3.11.9", "keras": "3.15.1", "jax": "0.10.2"}


def make_study(
    *,
    strengths: Sequence[float] = STRENGTHS,
    seeds: int = 5,
    epochs: int = 15,
    validation: int = 1000,
    test: int = 1000,
    train_evaluated: int = 3000,
    name: str = "mnist-5k",
    variants: Sequence[str] = ("l2",),
) -> Study:
    return Study(
        builder=BuilderCard("build", None, SOURCE, "b" * 64),
        data=DataCard(name, train=3000, validation=validation, test=test, fingerprint="d" * 64),
        variants=tuple(Variant(variant, tuple(strengths)) for variant in variants),
        seeds=tuple(range(seeds)),
        epochs=epochs,
        batch_size=32,
        train_evaluated=train_evaluated,
    )


def make_results(
    study: Study, *, metrics: Sequence[str] = ("accuracy",), ended: Mapping[Trial, tuple[str, str]] | None = None
) -> Results:
    """Draw results for all trials of a study; ``ended`` names those that did not end well, with status and reason."""
    trials, epochs = [], []
    for trial in sorted(study.trials):
        status, reason = (ended or {}).get(trial, (DONE, ""))
        key = dict(zip(KEY, (trial.variant, trial.strength, trial.seed), strict=True))
        history = _history(trial, epochs=study.epochs, metrics=metrics)
        epochs += [{**key, "epoch": epoch, **figures} for epoch, figures in enumerate(history, start=1)]
        figures = _final(trial, history, columns=trial_columns(metrics, test=study.data.test > 0))
        if status != DONE:
            figures = dict.fromkeys(figures, float("nan"))
        trials.append({**key, "status": status, "reason": reason, "engine": "jax", "seconds": 2.5, **figures})
    table = table_of(trials)
    losses = {"validation": _example_losses(table["val_data_loss"], study.data.validation)}
    if study.data.test:
        losses["test"] = _example_losses(table["test_data_loss"], study.data.test)
    done = (trial for trial in sorted(study.trials) if trial not in (ended or {}))
    return Results(table, table_of(epochs), losses, {trial: _portrait(trial, study) for trial in done})


def table_of(rows: Sequence[Mapping[str, object]]) -> Table:
    """Return rows as a table; all have the columns of the first."""
    kinds = {name: {str: object, int: np.int64}.get(type(value), np.float64) for name, value in rows[0].items()}
    return np.array([tuple(row[name] for name in kinds) for row in rows], list(kinds.items()))


def with_columns(table: Table, **columns: ArrayLike) -> Table:
    """Return a table with other values in some columns; a column that is not there is added at the end."""
    kinds = {name: table.dtype[name] for name in column_names(table)} | dict.fromkeys(columns, np.dtype(np.float64))
    changed = np.empty(len(table), list(kinds.items()))
    for name in kinds:
        changed[name] = columns[name] if name in columns else table[name]
    return changed


def _example_losses(means: np.ndarray, examples: int) -> np.ndarray:
    """Draw losses (trial, example) with these means; most of the noise is of the example itself."""
    rng = np.random.default_rng(0)
    drawn = rng.normal(0, 0.4, examples) + rng.normal(0, 0.1, (len(means), examples))
    centred = drawn - drawn.mean(axis=1, keepdims=True)
    return (centred + means[:, None]).astype(np.float32)


def make_summary(
    study: Study | None = None,
    *,
    metrics: Sequence[str] = ("accuracy",),
    ended: Mapping[Trial, tuple[str, str]] | None = None,
    name: str = "studies/l2",
    context: Mapping[str, str] = CONTEXT,
) -> Summary:
    study = study or make_study()
    results = make_results(study, metrics=metrics, ended=ended)
    return summarize(study, results, name=name, seconds=41.5, context=context)


def set_trials(results: Results, column: str, values: Mapping[float, Sequence[float]]) -> Results:
    """Replace a column of the trials: strength → one value a seed; a data loss is then that of each example."""
    trials = results.trials.copy()
    for strength, figures in values.items():
        trials[column][trials["strength"] == strength] = list(figures)
    losses = dict(results.example_losses)
    split = {"val_data_loss": "validation", "test_data_loss": "test"}.get(column)
    if split in losses:
        changed = np.isin(trials["strength"], list(values))
        of_trials = trials[column][changed, None]
        losses[split] = losses[split].astype(np.float64)
        losses[split][changed] = np.broadcast_to(of_trials, losses[split][changed].shape)
    return Results(trials, results.epochs, losses, results.portraits)


def _history(trial: Trial, *, epochs: int, metrics: Sequence[str]) -> list[dict[str, float]]:
    rng = np.random.default_rng([trial.seed, round(trial.strength * 1e6), len(trial.variant)])
    seed_effect = np.random.default_rng(trial.seed).normal(0, 0.01)
    force = trial.strength / 3e-3
    rows = []
    for epoch in range(1, epochs + 1):
        train = (0.9 * np.exp(-epoch / 3) + 0.004 + 0.22 * force / (1 + force)) * (1 + rng.normal(0, 0.03))
        overfitting = 0.012 * epoch / (1 + 25 * force)
        validation = train * 0.8 + 0.2 + overfitting + seed_effect + rng.normal(0, 0.003)
        norm = 14 / (1 + 2 * np.sqrt(force)) + rng.normal(0, 0.05)
        rows.append(_row(train, validation, penalty=trial.strength * norm**2, norm=norm, force=force, metrics=metrics))
    return rows


def _row(
    train: float, validation: float, *, penalty: float, norm: float, force: float, metrics: Sequence[str]
) -> dict[str, float]:
    figures = {"train_data_loss": train, "val_data_loss": validation, "penalty": penalty, "weight_norm": norm}
    figures |= {"loss": train * 1.1 + penalty, "val_loss": validation + penalty}
    figures |= {"near_zero": 0.02 + 0.6 * force / (1 + force) - norm / 1000}
    for metric in metrics:
        figures |= {metric: 1 - train / 4, f"train_{metric}": 1 - train / 5, f"val_{metric}": 1 - validation / 4}
    return {name: float(figures[name]) for name in epoch_columns(metrics)}


def _final(trial: Trial, history: list[dict[str, float]], *, columns: Sequence[str]) -> dict[str, float]:
    last, losses = history[-1], [row["val_data_loss"] for row in history]
    best = {"best_epoch": float(np.argmin(losses) + 1), "best_val_data_loss": min(losses)}
    best |= {"trained_epochs": float(len(losses)), "kept_epoch": float(len(losses))}
    test = {name: last[name.replace("test_", "val_")] * 1.02 for name in columns if name.startswith("test_")}
    return {name: {**last, **best, **test, **_probes(trial)}[name] for name in columns}


def _probes(trial: Trial) -> dict[str, float]:
    """Draw shares that grow to about a half, where penalty and data balance, and a sensitivity that falls."""
    rng = np.random.default_rng([trial.seed, round(trial.strength * 1e6), 7])
    force = trial.strength / 3e-3
    share = 0.5 * force / (0.1 + force) * (1 + rng.normal(0, 0.02))
    sensitivity = 0.3 / (1 + force) * (1 + rng.normal(0, 0.03))
    return {"gradient_share": share, "update_share": 0.9 * share, "sensitivity": sensitivity}


def _portrait(trial: Trial, study: Study) -> Portrait:
    """Draw weights of 16 units that look at 8 x 8 pixels; the stronger the penalty, the smaller."""
    rng = np.random.default_rng([trial.seed, round(trial.strength * 1e6), 8])
    kernel = rng.normal(0, 0.1 / (1 + trial.strength / 3e-3), (64, 16))
    return portrait([kernel], (8, 8), pictured=trial.seed == study.seeds[0])
