"""Splits of a pool: what is drawn, and a study whose every seed has a split of its own, trained for real."""

import dataclasses
import json

import numpy as np
import pytest

import ridgepath as rp
from ridgepath.arrays import Dataset, Split
from ridgepath.errors import InputError
from ridgepath.splits import check_validation, describe, divided, positions, sizes
from ridgepath.study import Study

CLASSES = np.repeat([0, 1, 2], [50, 30, 24])


def dataset_of(targets, *, given):
    x = np.arange(len(targets), dtype=np.float32)[:, None]
    cut = len(targets) - given
    return Dataset("own", Split(x[:cut], targets[:cut]), Split(x[cut:], targets[cut:]), Split(x[:5], targets[:5]))


@pytest.mark.parametrize("targets", [CLASSES, CLASSES[:, None], CLASSES / 7, np.eye(3)[CLASSES], CLASSES > 0])
@pytest.mark.parametrize("validation", ["redrawn", "folds:5", "folds:104"])
def test_every_seed_divides_the_whole_pool_in_two(validation, targets):
    data = dataset_of(targets, given=20)
    train, validating = sizes(validation, data)
    assert train + validating == 104
    for seed in range(7):
        chosen = positions(validation, seed, data.pool.y, given=20)
        assert (len(chosen.train), len(chosen.validation)) == (train, validating)
        assert sorted([*chosen.train, *chosen.validation]) == list(range(104))
        assert all((np.diff(part) > 0).all() for part in chosen)


def test_fixed_is_the_split_that_was_given():
    data = dataset_of(CLASSES, given=20)
    assert sizes("fixed", data) == (84, 20)
    assert positions("fixed", 3, data.pool.y, given=20).validation.tolist() == list(range(84, 104))
    assert divided(data, "fixed", 3) is data


@pytest.mark.parametrize("folds", [2, 5, 10])
def test_the_folds_of_a_repetition_share_no_example_and_cover_all_but_the_left_over(folds):
    repetitions = []
    for repetition in range(3):
        seeds = range(repetition * folds, (repetition + 1) * folds)
        parts = [positions(f"folds:{folds}", seed, CLASSES, given=20).validation for seed in seeds]
        assert {len(part) for part in parts} == {104 // folds}
        validated = np.concatenate(parts)
        assert len(set(validated)) == len(validated) == 104 - 104 % folds
        repetitions.append([part.tolist() for part in parts])
    assert repetitions[0] != repetitions[1] != repetitions[2]


def test_examples_are_left_over_by_chance_and_not_by_class():
    left = [
        set(range(104)).difference(*(positions("folds:5", 5 * r + f, CLASSES, given=20).validation for f in range(5)))
        for r in range(100)
    ]
    assert {len(out) for out in left} == {4}
    shares = np.bincount(CLASSES[np.concatenate([sorted(out) for out in left])], minlength=3) / 400
    assert shares == pytest.approx([50 / 104, 30 / 104, 24 / 104], abs=0.1)


@pytest.mark.parametrize(("validation", "size"), [("redrawn", 26), ("folds:4", 26), ("folds:5", 20)])
def test_every_class_has_its_share_of_every_part(validation, size):
    for seed in range(20):
        counts = np.bincount(CLASSES[positions(validation, seed, CLASSES, given=26).validation], minlength=3)
        # A left-over example shifts the deal by one.
        assert np.abs(counts - size * np.array([50, 30, 24]) / 104).max() <= 1.5


def test_without_classes_the_parts_are_random():
    targets = np.linspace(0, 1, 104)
    counts = [np.sum(positions("redrawn", seed, targets, given=26).validation < 52) for seed in range(400)]
    # Hypergeometric: 26 of 104, of which 52 count.
    assert np.mean(counts) == pytest.approx(13, abs=0.45)
    assert np.var(counts) == pytest.approx(26 * 0.25 * 78 / 103, rel=0.25)


def test_every_example_validates_equally_often():
    counts = np.zeros(104)
    for seed in range(1000):
        counts[positions("redrawn", seed, CLASSES, given=26).validation] += 1
    # A standard deviation is 0.0137.
    assert np.abs(counts / 1000 - 0.25).max() < 0.06


def test_a_split_follows_from_the_seed_alone():
    # Written down once: another numpy, or another day, must find the same splits in a study that is resumed.
    assert positions("redrawn", 7, np.arange(8) % 2, given=4).validation.tolist() == [0, 3, 6, 7]
    assert positions("folds:3", 7, np.arange(8) % 2, given=4).validation.tolist() == [1, 2]
    same, other = (positions("redrawn", seed, CLASSES, given=26).validation.tolist() for seed in (2**32 - 1, 0))
    assert same == positions("redrawn", 2**32 - 1, CLASSES, given=26).validation.tolist() != other


@pytest.mark.parametrize("pooled", [False, True])
def test_data_divided_in_another_process_is_the_same(tmp_path, pooled):
    data = dataset_of(CLASSES, given=20)
    data.save(tmp_path, pooled=pooled)
    opened = Dataset.open(tmp_path)
    assert isinstance(opened.pool.x, np.memmap) == pooled
    for ours, theirs in ((data, opened), (divided(data, "redrawn", 1), divided(opened, "redrawn", 1))):
        assert ours.splits.keys() == theirs.splits.keys()
        for name, split in ours.splits.items():
            for (place, mine), (same, other) in zip(split.arrays(), theirs.splits[name].arrays(), strict=True):
                assert place == same
                assert mine.dtype == other.dtype
                assert (mine == other).all()


@pytest.mark.parametrize(
    ("given", "canonical"),
    [("fixed", "fixed"), ("redrawn", "redrawn"), ("folds:2", "folds:2"), ("folds:010", "folds:10")],
)
def test_ways_of_validation(given, canonical):
    assert check_validation(given) == canonical


@pytest.mark.parametrize(
    "given", ["", "folds", "folds:", "folds:1", "folds:101", "folds:-5", "folds:5 ", "folds:²", "random", 5, None, True]
)
def test_what_is_no_way_of_validation(given):
    with pytest.raises(InputError, match=r"fixed, redrawn or folds:K with K from 2 to 100; received .*\. Choose one"):
        check_validation(given)


def test_more_folds_than_examples_are_refused():
    with pytest.raises(InputError, match="folds:20 needs at least 20 training and validation examples; received 19"):
        sizes("folds:20", dataset_of(CLASSES[:19], given=4))


def test_a_study_says_how_it_validates_and_which_cross_validations_are_not_whole(mnist_5k, study_of):
    study = study_of(mnist_5k, seeds=range(12))
    assert describe(study) == ()
    (redrawn,) = describe(dataclasses.replace(study, validation="redrawn"))
    assert "4,000 training and validation examples anew: 3,000 train and 1,000 validate" in redrawn
    folds = dataclasses.replace(study, validation="folds:4")
    assert len(describe(folds)) == 1
    partial = describe(dataclasses.replace(folds, seeds=(0, 1, 2, 3, 5, 9, 10)))
    assert partial[1].startswith("2 of 3 cross-validations lack folds: their seeds are 3 of 8")


def test_the_way_of_validation_is_part_of_the_question(mnist_5k, study_of):
    study = study_of(mnist_5k)
    assert study.overlap is None
    redrawn, folds = (dataclasses.replace(study, validation=way) for way in ("redrawn", "folds:4"))
    assert redrawn.overlap == 1000 / 3000
    assert len({study.fingerprint, redrawn.fingerprint, folds.fingerprint}) == 3
    assert Study.from_json(json.loads(json.dumps(redrawn.to_json()))) == redrawn


def test_a_study_from_before_there_were_splits_is_fixed_and_the_same_question(mnist_5k, study_of):
    study = study_of(mnist_5k)
    values = study.to_json()
    del values["validation"]
    assert Study.from_json(values) == study
    builder, data = (dataclasses.replace(card, fingerprint=f) for card, f in ((study.builder, "b"), (study.data, "d")))
    known = dataclasses.replace(study, builder=builder, data=data)
    # As it was before there were splits.
    assert known.fingerprint == "fdd87f4758e59d2a9873b38e7c5783623b0faaff7eaa50d4baa4bb570a013393"


@pytest.fixture(scope="module")
def arrays(mnist_5k):
    """90 digits for training and 30 for validation, which are fewer than a fold, and 20 for the test."""
    take = {"train": 90, "validation": 30, "test": 20}
    return [getattr(mnist_5k, name).take(slice(size)).batch for name, size in take.items()]


def test_a_study_in_folds_is_trained_resumed_and_refitted_on_the_same_splits(arrays, tmp_path):
    file = tmp_path / "digits.npz"
    names = [f"{axis}_{part}" for part in ("train", "val", "test") for axis in "xy"]
    np.savez(file, **dict(zip(names, (array for pair in arrays for array in pair), strict=True)))
    from ridgepath.builders import TASK_NETWORK

    settings = {"strengths": [0.1], "epochs": 2, "zero": False, "progress": False, "study": tmp_path / "s"}
    first = rp.fit_path(TASK_NETWORK, file, seeds=2, validation="folds:3", **settings)
    assert (first.study.data.train, first.study.data.validation, first.study.data.test) == (80, 40, 20)
    path = rp.resume(tmp_path / "s", seeds=3, workers=1, progress=False)
    assert (path.study.validation, path.study.overlap) == ("folds:3", 0.5)
    losses = path.results.example_losses["validation"]
    (x, y), (x_val, y_val), test = arrays
    x, y = np.concatenate([x, x_val]), np.concatenate([y, y_val])
    validated = []
    for row, seed in enumerate(path.trials["seed"]):
        chosen = positions("folds:3", seed, y, given=30).validation
        model = path.refit(0.1, seed=seed)
        probabilities = model.predict(x[chosen], verbose=0)
        assert losses[row] == pytest.approx(-np.log(probabilities[np.arange(40), y[chosen]]), abs=1e-4)
        validated.extend(chosen)
        on_test = model.evaluate(*test, verbose=0, return_dict=True)["accuracy"]
        assert path.trials["test_accuracy"][row] == pytest.approx(on_test)
    assert sorted(validated) == list(range(120))
