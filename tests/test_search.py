"""Strengths that are found: on networks whose training is known in closed form, and once on real ones."""

import dataclasses
import math
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from sklearn.datasets import load_digits

import ridgepath as rp
from ridgepath import search
from ridgepath.errors import InputError
from ridgepath.frames import frame
from ridgepath.progress import Watch
from ridgepath.question import FOUND
from ridgepath.results import DIVERGED, Leg, TrialResult, failed
from ridgepath.search import (
    CEILING,
    MOST_EXTENSIONS,
    extensions,
    find_strengths,
    found_before,
    next_extension,
    short,
    with_strengths,
)
from ridgepath.statistics.bracket import bracket
from ridgepath.store import StudyStore
from ridgepath.study import BuilderCard, DataCard, Study, Trial, Variant
from ridges import Ridge

pytestmark = pytest.mark.usefixtures("standing_worker")

EXAMPLES = 300


def study_of(*, epochs=100, seeds=(3, 4), train=3000):
    data = DataCard("ridge", train=train, validation=EXAMPLES, test=0, fingerprint="d" * 64)
    variants = (Variant("l2", (0.0,)),)
    return Study(BuilderCard("build", None, "", "b" * 64), data, variants, seeds, epochs, 32, train_evaluated=train)


class Trainer:
    """Trains by the closed form, an epoch a unit of time; strengths from ``limit`` on end with ``status``."""

    def __init__(self, *, limit=math.inf, status="failed", scale=1.0):
        self.ridge = Ridge(np.random.default_rng(0), train=60, noise=1.0, validation=EXAMPLES, scale=scale)
        self.limit, self.status, self.trained = limit, status, []

    def result(self, study, trial):
        if trial.strength >= self.limit:
            broken = failed(trial, "ValueError: a rate must be below 1")
            return broken if self.status == "failed" else TrialResult(trial, self.status, "infinite", "", 0.0, {}, {})
        losses = self.ridge.losses(trial.strength, seed=trial.seed, time=study.epochs).astype(np.float32)
        figures = {"val_data_loss": float(losses.mean())}
        return TrialResult(trial, "done", "", "flow", 0.0, figures, {}, {"validation": losses})

    def __call__(self, study, trials):
        for trial in trials:
            self.trained.append((study.epochs, trial))
            yield Leg([self.result(study, trial)], {}, study.epochs)


def find(study, trainer):
    with Watch(quiet=True) as watch:
        return find_strengths(study, trainer, watch)


@pytest.mark.parametrize(
    ("epochs", "train", "expected"),
    [(15, 3000, 3), (100, 3000, 20), (1, 3000, 1), (5, 3000, 3), (30, 320, 20), (15, 320, 15), (5, 50_000, 2)],
)
def test_short_trainings_have_a_fifth_of_the_epochs_two_epochs_and_two_hundred_steps(epochs, train, expected):
    assert short(study_of(epochs=epochs, train=train)).epochs == expected


def test_short_trainings_have_the_first_seed_and_one_more_at_0():
    trainer, study = Trainer(), study_of()
    found = find(study, trainer)
    assert {epochs for epochs, _ in trainer.trained} == {20}
    assert [trial.strength for _, trial in trainer.trained if trial.seed == 4] == [0.0]
    assert {trial.seed for _, trial in trainer.trained} == {3, 4}
    everywhere = np.geomspace(1e-5, 1e3, 161)
    truth = [trainer.ridge.mean(strength, time=100) for strength in everywhere]
    assert found.strengths[1] < everywhere[np.argmin(truth)] < found.strengths[-1]
    assert f"{len(trainer.trained)} short trainings (20 epochs, seed 3) at 0 and from 1e-06 to " in found.account


def test_a_study_of_one_seed_borrows_another():
    trainer = Trainer()
    find(study_of(seeds=(2**32 - 1,)), trainer)
    assert [trial.seed for _, trial in trainer.trained if not trial.strength] == [2**32 - 1, 0]


class Divided(Trainer):
    """Gives every seed an order of the validation examples of its own, as other examples have."""

    def result(self, study, trial):
        whole = super().result(study, trial)
        order = np.random.default_rng(trial.seed).permutation(EXAMPLES)
        return dataclasses.replace(whole, example_losses={"validation": whole.example_losses["validation"][order]})


def test_seeds_with_splits_of_their_own_do_not_look_more_different_than_they_are(monkeypatch):
    probed = []
    monkeypatch.setattr(search, "bracket", lambda probes: probed.append(probes) or bracket(probes))
    find(study_of(), Trainer())
    find(dataclasses.replace(study_of(), validation="redrawn"), Divided())
    paired, ranked = (np.sqrt(np.mean((probes.none - probes.reseeded) ** 2)) for probes in probed)
    assert 0 < ranked < 1.2 * paired
    assert np.sort(probed[1].reseeded).tolist() == np.sort(probed[0].reseeded).tolist()


@pytest.mark.parametrize("status", ["failed", DIVERGED])
def test_what_cannot_be_trained_bounds_the_grid(status):
    limit = find(study_of(), Trainer()).strengths[-1] / 3
    found = find(study_of(), Trainer(limit=limit, status=status))
    assert found.strengths[-1] <= found.ceiling < limit
    assert "cannot be trained" in found.account


@pytest.mark.parametrize(("limit", "strength"), [(0.0, "0"), (1e-9, "1e-06")])
def test_a_network_that_cannot_be_trained_at_0_or_above_is_refused_with_its_reason(limit, strength):
    with pytest.raises(InputError, match=f"trained at strength {strength}; received .* a rate must be below 1. Mend"):
        find(study_of(), Trainer(limit=limit))


@pytest.fixture
def extended(tmp_path):
    """Let the grid that was found for a penalty grow on a study of another one, whose strengths weigh more or less."""

    def extend(heavier, *, ceiling=math.inf):
        trainer, study = Trainer(scale=heavier), study_of(seeds=(0, 1))
        found = find(study, Trainer())
        if ceiling != math.inf:
            found = type(found)(found.strengths, ceiling * found.strengths[-1], found.account)
        grid = with_strengths(study, found.strengths)
        store = StudyStore.create(tmp_path / f"{heavier}", grid, metrics=[], context={FOUND: found.account})
        rounds = [grid.trials]
        with Watch(quiet=True) as watch:
            for trial in grid.trials:
                store.add(trainer.result(study, trial))
            for trials in extensions(found, grid, store, watch):
                rounds.append(trials)
                for trial in trials:
                    store.add(trainer.result(study, trial))
        return found, rounds[1:], StudyStore.open(store.folder)

    return extend


def best(store):
    return frame(store.trials()).groupby("strength")["val_data_loss"].mean().idxmin()


def test_a_grid_whose_best_lies_inside_is_left_alone(extended):
    found, rounds, store = extended(1.0)
    assert rounds == []
    assert store.context[FOUND] == found.account


@pytest.mark.parametrize("heavier", [1e-2, 1e3])
def test_a_grid_grows_until_its_best_lies_inside_and_the_study_remembers(extended, heavier):
    found, rounds, store = extended(heavier)
    strengths = store.study.variants[0].strengths
    assert 1 <= len(rounds) < MOST_EXTENSIONS
    assert strengths[1] < best(store) < strengths[-1]
    assert len(strengths) == len(found.strengths) + len(rounds)
    assert all(len({t.strength for t in trials}) == 1 and [t.seed for t in trials] == [0, 1] for trials in rounds)
    added = ", ".join(f"{trials[0].strength:.3g}" for trials in rounds)
    assert store.context[FOUND] == f"{found.account}; then extended by {added}"
    steps = np.diff(np.log10(strengths[1:]))
    assert steps == pytest.approx(np.full(len(steps), steps.mean()), abs=0.01)


def test_a_grid_grows_by_so_many_strengths_and_no_higher_than_it_may(extended):
    _, rounds, store = extended(1e-9)
    assert len(rounds) == MOST_EXTENSIONS
    assert best(store) == store.study.variants[0].strengths[-1]
    _, rounds, store = extended(1e-8, ceiling=1.5)
    assert len(rounds) == 1
    _, rounds, store = extended(1e-7, ceiling=1.0)
    assert rounds == []


def test_what_was_interrupted_is_extended_as_far_as_it_would_have_been(extended, tmp_path):
    _, rounds, whole = extended(1e-2)
    assert len(rounds) > 1
    strengths = whole.study.variants[0].strengths
    trainer, study = Trainer(scale=1e-2), study_of(seeds=(0, 1))
    first = dataclasses.replace(find(study, Trainer()), ceiling=1e6)
    grid = with_strengths(study, first.strengths)
    store = StudyStore.create(tmp_path / "stopped", grid, metrics=[], context=first.context)
    planned = list(grid.trials)
    for _ in rounds:  # Ctrl-C as soon as a strength is added, time after time.
        for trial in planned:
            store.add(trainer.result(study, trial))
        store = StudyStore.open(store.folder)
        with Watch(quiet=True) as watch:
            planned = list(next(extensions(found_before(store), study, store, watch)))
    store = StudyStore.open(store.folder)
    assert store.study.variants[0].strengths == strengths
    assert store.context == {**whole.context, CEILING: "1e+06"}
    assert found_before(store).ceiling == 1e6


def test_the_end_of_a_grid_is_judged_by_the_seeds_that_are_asked_for(tmp_path):
    trainer, study = Trainer(), study_of(seeds=(0, 1))
    found = find(study, trainer)
    grid = with_strengths(study, found.strengths)
    store = StudyStore.create(tmp_path / "s", grid, metrics=[], context={})
    for trial in grid.trials:
        store.add(trainer.result(study, trial))
    lucky = Trial("l2", found.strengths[-1], 2)
    store.add(dataclasses.replace(trainer.result(study, lucky), figures={"val_data_loss": -1e9}))
    assert next_extension(found, study, store) is None
    assert next_extension(found, dataclasses.replace(study, seeds=(0, 1, 2)), store) is not None


def test_strengths_that_were_given_were_not_found(tmp_path):
    assert found_before(StudyStore.create(tmp_path / "given", study_of(), metrics=[], context={})) is None


BUILDER = """
import keras

def build(l2):
    hidden = keras.layers.Dense(32, "relu", kernel_regularizer=keras.regularizers.L2(l2))
    model = keras.Sequential([hidden, keras.layers.Dense(10, "softmax")])
    model.compile(keras.optimizers.Adam(0.01), "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""


def sittings(folder):
    with closing(sqlite3.connect(folder / "study.db")) as connection:
        return connection.execute("SELECT trials FROM sessions").fetchall()


def test_on_real_digits_a_study_finds_its_strengths_once(tmp_path, capsys):
    (tmp_path / "net.py").write_text(BUILDER)
    x, y = load_digits(return_X_y=True)
    x = x.astype(np.float32) / 16
    data = ((x[:300], y[:300]), (x[300:900], y[300:900]))
    settings = {"seeds": 2, "epochs": 12, "study": tmp_path / "study"}
    network = f"{tmp_path / 'net.py'}:build"
    rp.fit_path(network, data, strengths=[1e-8], **settings)
    path = rp.fit_path(network, data, strengths="auto", **settings)
    said = " ".join(capsys.readouterr().err.split())
    strengths = path.study.variants[0].strengths
    assert strengths[:2] == (0.0, 1e-8), "what the study held before, it holds still"
    assert strengths[2] < path.strength_min < strengths[-1]
    note = path.summary().to_json()["context"][FOUND]
    assert note.startswith("auto: ")
    assert note.removeprefix("auto: ").split("; then")[0] in said
    assert set(path.trials["seed"]) == {0, 1}
    assert (path.trials["strength"].nunique(), len(path.trials)) == (len(strengths), 2 * len(strengths))
    assert path.epochs["epoch"].max() == 12, "short trainings are no results"
    assert sittings(tmp_path / "study") == [(4,), (2 * len(strengths) - 4,)]
    assert note in path.report(format="markdown").read_text()

    before = (tmp_path / "study" / "study.db").read_bytes()
    again = rp.fit_path(network, data, strengths="auto", **settings)
    said = capsys.readouterr().err
    assert "found already; nothing is probed" in said
    assert "nothing was trained" in said
    assert again.study == path.study
    assert (tmp_path / "study" / "study.db").read_bytes() == before


def test_a_study_whose_strengths_were_found_is_extended_when_it_is_resumed(tmp_path, capsys):
    (tmp_path / "net.py").write_text(BUILDER)
    x, y = load_digits(return_X_y=True)
    x = x.astype(np.float32) / 16
    parts = {"x_train": x[:200], "y_train": y[:200], "x_val": x[300:900], "y_val": y[300:900]}
    np.savez(tmp_path / "digits.npz", **parts)
    settings = {"seeds": 2, "epochs": 15, "study": tmp_path / "study"}
    path = rp.fit_path(
        f"{tmp_path / 'net.py'}:build", str(tmp_path / "digits.npz"), strengths=[1e-6, 1e-5, 1e-4], **settings
    )
    assert path.strength_min == 1e-4, "the best lies at the end"
    assert len(rp.resume(path.folder).trials) == 8, "strengths that were given are not extended"
    StudyStore.open(path.folder).remember({FOUND: "auto: as if found", CEILING: "0.0009"})
    capsys.readouterr()
    whole = rp.resume(path.folder)
    said = " ".join(capsys.readouterr().err.split())
    assert "lies at the largest strength: 0.0009 is added" in said
    assert whole.study.variants[0].strengths == (0.0, 1e-6, 1e-5, 1e-4, 0.0009)
    assert len(whole.trials) == 10
