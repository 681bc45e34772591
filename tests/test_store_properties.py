"""The store in any order of use: each finished trial is there exactly once, and is read as it was written."""

from __future__ import annotations

import dataclasses
import os
import shutil
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from ridgepath.portraits import BINS, Portrait
from ridgepath.question import QUESTION_FILE
from ridgepath.results import DIVERGED, DONE, FAILED, TrialResult, epoch_columns, trial_columns
from ridgepath.store import FILE, StudyStore
from ridgepath.study import BuilderCard, DataCard, Study, Trial, Variant

METRICS = ("accuracy", 'odd "metric"')
FIGURES, EPOCHS = trial_columns(METRICS, test=True), epoch_columns(METRICS)
SIZES = {"validation": 3, "test": 2}
STUDY = Study(
    builder=BuilderCard("build", None, "def build(strength): ...", "b" * 64),
    data=DataCard("mine", train=8, fingerprint="d" * 64, **SIZES),
    variants=(Variant("l2", (0.0, 0.1)),),
    seeds=(0,),
    epochs=2,
    batch_size=4,
    train_evaluated=8,
)

numbers = st.floats() | st.sampled_from((0.0, -0.0, 5e-324, 1.7976931348623157e308, float("inf"), float("nan")))
strengths = st.floats(0, 1e6, allow_subnormal=True)
texts = st.text(max_size=12)
handles = st.integers(0, 1)


@st.composite
def results(draw: st.DrawFn, trial: Trial) -> TrialResult:
    def losses(size: int) -> np.ndarray:
        return draw(arrays(np.float32, size, elements=st.floats(width=32)))

    # Numbers of a few draws, turned round so that neighbouring columns differ.
    drawn = draw(st.lists(numbers, min_size=7, max_size=7))
    epochs = draw(st.integers(0, 3))
    portrait = Portrait(np.arange(BINS, dtype=np.uint32), draw(arrays(np.int8, (1, 2, 2, 1))), draw(st.floats(0, 9)))
    return TrialResult(
        trial,
        draw(st.sampled_from((DONE, DIVERGED, FAILED))),
        draw(texts),
        draw(texts),
        draw(st.floats(0, 1e9)),
        {name: drawn[place % 7] for place, name in enumerate(FIGURES)},
        {name: [drawn[(place + epoch) % 7] for epoch in range(epochs)] for place, name in enumerate(EPOCHS)},
        {split: losses(size) for split, size in SIZES.items() if draw(st.booleans())},
        draw(st.none() | st.just(portrait)),
    )


class Stores(RuleBasedStateMachine):
    """Two handles of one study, as two processes have them, beside a plain account of what must be in it."""

    @initialize()
    def create(self) -> None:
        self.place = Path(tempfile.mkdtemp())
        self.folder = self.place / "study"
        self.stores = [StudyStore.create(self.folder, STUDY, metrics=METRICS, context={"a": "b"})] * 2
        self.written: dict[Trial, TrialResult] = {}
        self.context, self.seconds = {"a": "b"}, 0.0
        self.points, self.seeds = {("l2", 0.0), ("l2", 0.1)}, {0}

    @rule(handle=handles, data=st.data())
    def add(self, handle: int, data: st.DataObject) -> None:
        known = self.stores[handle].study.trials
        trial = data.draw(st.sampled_from(known))
        result = data.draw(results(trial))
        self.stores[handle].add(result)
        before = self.written.get(trial)
        if before is None or before.status == FAILED:
            self.written[trial] = result

    @rule(handle=handles, variant=st.sampled_from(("l2", "تنظيم")), strength=strengths, seed=st.integers(0, 2**32 - 1))
    def grow(self, handle: int, variant: str, strength: float, seed: int) -> None:
        asked = dataclasses.replace(STUDY, variants=(Variant(variant, (strength,)),), seeds=(seed,))
        self.stores[handle].grow(asked)
        self.points.add((variant, strength))
        self.seeds.add(seed)

    @rule(handle=handles)
    def reopen(self, handle: int) -> None:
        self.stores[handle] = StudyStore.open(self.folder)

    @rule(handle=handles, name=texts, value=texts)
    def remember(self, handle: int, name: str, value: str) -> None:
        self.stores[handle].remember({name: value})
        self.context[name] = value

    @rule(handle=handles, seconds=st.floats(0, 1e6))
    def sit(self, handle: int, seconds: float) -> None:
        self.stores[handle].add_session(started="2026-01-01", seconds=seconds, workers=1, trials=0)
        self.seconds += seconds

    @invariant()
    def holds_each_trial_once_as_it_was_written(self) -> None:
        found = StudyStore.open(self.folder).results()
        keys = [Trial(*key) for key in found.trials[["variant", "strength", "seed"]].tolist()]
        assert keys == sorted(self.written)
        epochs = [Trial(*key) for key in found.epochs[["variant", "strength", "seed"]].tolist()]
        for row, trial in enumerate(keys):
            given, line = self.written[trial], found.trials[row]
            ended = (given.status, given.reason, given.engine, given.seconds)
            assert tuple(line[["status", "reason", "engine", "seconds"]]) == ended
            np.testing.assert_array_equal([line[name] for name in FIGURES], list(given.figures.values()))
            lines = found.epochs[[each == trial for each in epochs]]
            for name, values in given.epochs.items():
                np.testing.assert_array_equal(lines[name], values)
            for split, size in SIZES.items():
                losses = given.example_losses.get(split, np.full(size, np.nan, np.float32))
                np.testing.assert_array_equal(found.example_losses[split][row], losses, strict=True)
            assert (found.portraits.get(trial) is None) == (given.portrait is None)
            if given.portrait is not None:
                np.testing.assert_array_equal(found.portraits[trial].images, given.portrait.images)
                assert found.portraits[trial].scale == given.portrait.scale

    @invariant()
    def knows_what_was_asked_and_what_is_finished(self) -> None:
        store = StudyStore.open(self.folder)
        assert {(v.name, s) for v in store.study.variants for s in v.strengths} == self.points
        assert set(store.study.seeds) == self.seeds
        assert store.finished() == {trial for trial, given in self.written.items() if given.status != FAILED}
        assert store.context == self.context
        assert np.isclose(store.seconds, self.seconds)
        assert sorted(os.listdir(self.folder)) == [FILE, QUESTION_FILE]

    def teardown(self) -> None:
        shutil.rmtree(self.place)


Stores.TestCase.settings = settings(max_examples=25, stateful_step_count=12, deadline=None, derandomize=True)
TestStores = Stores.TestCase
