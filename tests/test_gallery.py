import sqlite3
from contextlib import closing
from pathlib import Path

import numpy as np
import pytest

from ridgepath.errors import StudyError
from ridgepath.portraits import BINS, Portrait
from ridgepath.results import DONE, TrialResult
from ridgepath.store import FILE, StudyStore
from ridgepath.study import BuilderCard, DataCard, Study, Variant


def drawn(seed, *, units=2):
    rng = np.random.default_rng(seed)
    images = rng.integers(-127, 128, (units, 8, 9, 1)).astype(np.int8)
    return Portrait(rng.integers(0, 2**32, BINS).astype(np.uint32), images, 0.1 + seed)


def result(trial, portrait):
    return TrialResult(trial, DONE, "", "jax", 1.0, {}, {}, {}, portrait)


@pytest.fixture
def store(tmp_path):
    study = Study(
        builder=BuilderCard("build", None, "", "b" * 64),
        data=DataCard("digits", train=30, validation=4, test=0, fingerprint="d" * 64),
        variants=(Variant("l2", (0.0, 0.1)),),
        seeds=(0, 1),
        epochs=2,
        batch_size=32,
        train_evaluated=30,
    )
    return StudyStore.create(tmp_path / "study", study, metrics=[], context={})


def execute(store, statement):
    with closing(sqlite3.connect(store.folder / FILE, isolation_level=None)) as connection:
        return connection.execute(statement).fetchall()


def test_portraits_come_back_exactly(store):
    trials = store.study.trials
    given = {trial: drawn(place, units=2 * (trial.seed == 0)) for place, trial in enumerate(trials[:3])}
    for trial in trials:
        store.add(result(trial, given.get(trial)))
    found = StudyStore.open(store.folder).results().portraits
    assert found.keys() == given.keys()
    for trial, portrait in given.items():
        np.testing.assert_array_equal(found[trial].counts, portrait.counts, strict=True)
        np.testing.assert_array_equal(found[trial].images, portrait.images, strict=True)
        assert found[trial].scale == portrait.scale


def test_a_trial_that_is_trained_again_gets_another_portrait(store):
    trial = store.study.trials[0]
    store.add(TrialResult(trial, "failed", "no memory", "", 0.0, {}, {}, {}, drawn(1)))
    store.add(result(trial, drawn(2)))
    assert store.results().portraits[trial].scale == drawn(2).scale
    assert execute(store, "SELECT count(*) FROM portraits") == [(1,)]


@pytest.mark.parametrize(
    "portrait", [Portrait(np.zeros(3, np.uint32), drawn(0).images, 1.0), Portrait(drawn(0).counts, np.zeros(4), 1.0)]
)
def test_another_shape_is_refused_and_nothing_written(store, portrait):
    with pytest.raises(ValueError, match="expected 256 and four axes"):
        store.add(result(store.study.trials[0], portrait))
    assert len(store.trials()) == 0


@pytest.mark.parametrize(
    "damage", ["counts = x'00'", "counts = NULL", "images = x'00'", "size = 'a'", "size = NULL", "scale = 'much'"]
)
def test_damaged_portraits_are_refused(store, damage):
    store.add(result(store.study.trials[0], drawn(0)))
    execute(store, f"UPDATE portraits SET {damage}")
    with pytest.raises(StudyError, match="received portraits that cannot be read"):
        store.results()


class TestVersion2:
    """A study that version 2 of the store wrote; version 3 has portraits."""

    @pytest.fixture
    def old(self, tmp_path):
        with closing(sqlite3.connect(tmp_path / FILE)) as connection:
            connection.executescript((Path(__file__).parent / "oracles" / "study_version_2.sql").read_text())
        return StudyStore.open(tmp_path)

    def test_is_read_as_it_is(self, old):
        before = (old.folder / FILE).read_bytes()
        found = old.results()
        assert (len(found.trials), found.portraits) == (4, {})
        assert np.isfinite(found.trials["sensitivity"]).sum() == 1
        assert (old.folder / FILE).read_bytes() == before

    def test_takes_portraits_with_what_is_written_next(self, old):
        before = old.results()
        added = old.study.trials[2]
        execute(old, f"DELETE FROM trials WHERE seed = {added.seed} AND strength = {added.strength}")
        old.add(result(added, drawn(4)))
        assert execute(old, "PRAGMA user_version") == [(3,)]
        after = StudyStore.open(old.folder).results()
        assert list(after.portraits) == [added]
        assert after.trials["val_data_loss"].tolist()[:1] == before.trials["val_data_loss"].tolist()[:1]
