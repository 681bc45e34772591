"""Splits of one array or several, with weights: structure, files, fingerprints, and scaling by a seed's examples."""

import dataclasses

import numpy as np
import pytest
from sklearn.preprocessing import StandardScaler

from ridgepath.arrays import Dataset, Split, standardize
from ridgepath.datasets import check_labels, load_dataset
from ridgepath.errors import InputError
from ridgepath.splits import divided, positions, sizes

RNG = np.random.default_rng(3)


def inputs(form, examples):
    title, body = RNG.normal(size=(examples, 3)).astype(np.float32), RNG.integers(0, 9, (examples, 5))
    return {"one": title, "tuple": (title, body), "dict": {"title": title, "body": body}}[form]


def split_of(form, examples, *, weighted=True):
    weight = RNG.uniform(1, 2, examples).astype(np.float32) if weighted else None
    return Split(inputs(form, examples), RNG.integers(0, 3, examples), weight)


def dataset_of(form, **settings):
    return Dataset("own", split_of(form, 12, **settings), split_of(form, 8, **settings), split_of(form, 5, **settings))


@pytest.fixture(params=["one", "tuple", "dict"])
def form(request):
    return request.param


def assert_same(ours, theirs):
    for (place, mine), (same, other) in zip(ours.arrays(), theirs.arrays(), strict=True):
        assert place == same
        np.testing.assert_array_equal(np.asarray(mine), np.asarray(other), strict=True)


def test_arrays_have_names():
    places = {
        form: [place for place, _ in split_of(form, 4, weighted=form != "one").arrays()] for form in ("one", "tuple")
    }
    assert places == {"one": ["x", "y"], "tuple": ["x.0", "x.1", "y", "weight"]}
    assert [place for place, _ in split_of("dict", 4).arrays()] == ["x.body", "x.title", "y", "weight"]


def test_examples_are_counted_and_taken_out_of_every_array(form):
    split = split_of(form, 7)
    assert split.examples == 7
    for chosen in (np.array([5, 1, 1]), slice(2, 4)):
        taken = split.take(chosen)
        assert type(taken.x) is type(split.x)
        assert taken.examples == len(split.y[chosen])
        for (_, some), (_, whole) in zip(taken.arrays(), split.arrays(), strict=True):
            np.testing.assert_array_equal(some, whole[chosen], strict=True)
    assert split.take(slice(3)).y.base is not None, "a slice is a copy"


def test_a_batch_is_what_keras_takes():
    x, y, weight = split_of("dict", 3)
    assert Split(x, y).batch == (x, y)
    assert Split(x, y, weight).batch == (x, y, weight)
    assert Split(x, y).take(slice(2)).weight is None


@pytest.mark.parametrize("pooled", [False, True])
@pytest.mark.parametrize("weighted", [False, True])
def test_what_is_saved_is_opened_again(form, weighted, pooled, tmp_path):
    data = dataclasses.replace(dataset_of(form, weighted=weighted), standardized=(0, 2) if form == "one" else ())
    data.save(tmp_path, pooled=pooled)
    opened = Dataset.open(tmp_path)
    assert opened.standardized == data.standardized
    assert opened.card == data.card
    for ours, theirs in zip((*data.splits.values(), data.pool), (*opened.splits.values(), opened.pool), strict=True):
        assert isinstance(theirs.x, type(ours.x))
        assert_same(ours, theirs)
    assert all(isinstance(array, np.memmap) for _, array in opened.train.arrays())


def test_files_are_joined_without_being_read_into_memory_whole(tmp_path, monkeypatch):
    def memory_map(name, examples):
        array = np.lib.format.open_memmap(tmp_path / name, mode="w+", dtype=np.float32, shape=(examples, 2))
        array[:] = np.arange(2 * examples).reshape(examples, 2)
        return array

    data = Dataset(
        "maps",
        *(Split(memory_map(f"{n}.npy", n), np.arange(n)) for n in (9, 5)),
    )
    made = []
    real = np.concatenate
    monkeypatch.setattr(np, "concatenate", lambda arrays, out=None: made.append(out) or real(arrays, out=out))
    data.save(tmp_path / "saved", pooled=True)
    assert all(isinstance(out, np.memmap) for out in made)
    assert len(made) == 2
    np.testing.assert_array_equal(Dataset.open(tmp_path / "saved").validation.x, data.validation.x)


def test_a_fingerprint_depends_on_names_weights_and_scaling():
    x, y, weight = split_of("tuple", 6)
    prints = {
        Dataset("own", *[split] * 2, standardized=standardized).card.fingerprint
        for split, standardized in (
            (Split(x[0], y), ()),
            (Split(x[0], y), (0,)),
            (Split((x[0],), y), ()),
            (Split(x, y), ()),
            (Split(x[::-1], y), ()),
            (Split({"a": x[0], "b": x[1]}, y), ()),
            (Split({"b": x[0], "a": x[1]}, y), ()),
            (Split(x[0], (y, y)), ()),
            (Split(x[0], y, weight), ()),
            (Split(x[0], y, weight + 1), ()),
        )
    }
    assert len(prints) == 10


def test_a_fingerprint_does_not_depend_on_the_order_of_names():
    x, y, _ = split_of("dict", 6)
    turned = dict(reversed(x.items()))
    assert list(turned) != list(x)
    assert load_dataset([(x, y)] * 2).card.fingerprint == load_dataset([(x, y), (turned, y)]).card.fingerprint


def test_features_are_standardized_as_scikit_learn_does():
    features = RNG.normal([0, 1e6, -3], [1, 20, 1e-4], (60, 3))
    expected = StandardScaler().fit(features[:40]).transform(features)
    np.testing.assert_allclose(standardize(features, by=features[:40]), expected, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize("constant", [0.0, 7.0, 0.1, 1e9 / 3])
def test_a_constant_column_is_only_shifted(constant):
    known = np.full((1000, 1), constant)
    values = np.array([[constant], [constant + 0.5]])
    np.testing.assert_allclose(standardize(values, by=known), [[0], [0.5]], atol=1e-6)


@pytest.mark.parametrize("validation", ["redrawn", "folds:4"])
def test_every_seed_scales_by_its_own_training_examples(validation, tmp_path):
    raw = RNG.normal([5, -2, 0.5], [3, 0.1, 1], (25, 3))
    columns = [0, 1]
    x = np.column_stack([standardize(raw[:, columns], by=raw[:12, columns]), raw[:, 2].astype(np.float32)])
    y = RNG.normal(size=25).astype(np.float32)
    cuts = slice(0, 12), slice(12, 20), slice(20, 25)
    data = Dataset("table", *(Split(x[cut], y[cut]) for cut in cuts), standardized=(0, 1))
    data.save(tmp_path, pooled=True)
    for seed in range(4):
        train, validating = positions(validation, seed, y[:20], given=8)
        assert (len(train), len(validating)) == sizes(validation, data)
        scaler = StandardScaler().fit(raw[train][:, columns])
        for version in (data, Dataset.open(tmp_path)):
            own = divided(version, validation, seed)
            for split, rows in ((own.train, train), (own.validation, validating), (own.test, np.arange(20, 25))):
                np.testing.assert_allclose(split.x[:, columns], scaler.transform(raw[rows][:, columns]), atol=2e-6)
                np.testing.assert_array_equal(split.x[:, 2], raw[rows][:, 2].astype(np.float32))


def test_what_is_not_standardized_is_the_very_same_object():
    data = dataset_of("one")
    assert data.pool_for(np.arange(3)) is data.pool
    assert data.test_for(np.arange(3)) is data.test
    assert Dataset("own", data.train, data.validation, standardized=(1,)).test_for(np.arange(3)) is None


@pytest.mark.parametrize("y", [(np.arange(30) % 3, np.arange(30)), {"a": np.arange(30) % 3}])
def test_several_outputs_are_divided_without_classes(y):
    chosen = positions("folds:3", 1, y, given=4)
    assert sorted([*chosen.train, *chosen.validation]) == list(range(30))
    without = positions("folds:3", 1, np.linspace(0, 1, 30), given=4)
    assert chosen.validation.tolist() == without.validation.tolist()


def pairs_of(form, **changed):
    return [tuple(changed.get(name, part) for name, part in split_of(form, 6)._asdict().items()) for _ in range(2)]


def test_pairs_may_have_weights_and_several_inputs(form):
    pairs = pairs_of(form, weight=[1, 2, 0, 1, 1, 0.5])
    own = load_dataset(pairs)
    assert own.train.weight.dtype == np.float32
    assert own.train.weight.tolist() == [1, 2, 0, 1, 1, 0.5]
    assert type(own.train.x) is type(pairs[0][0])
    check_labels(own, classes=3)
    several = load_dataset([(x, (y, y + 7)) for x, y, _ in pairs])
    check_labels(several, classes=3)


@pytest.mark.parametrize(
    ("weight", "received"),
    [
        ([1, 2, 3], "6 features, 6 targets, 3 weights"),
        ([1, 1, 1, -0.5, 1, 1], "-0.5 in example 3"),
        (np.zeros(6), "zeros only"),
        (np.ones((6, 1)), r"shape \(6, 1\)"),
        ([1, 1, np.nan, 1, 1, 1], "nan in example 2"),
        ([1, 1, 1e300, 1, 1, 1], "inf in example 2"),
        (list("abcdef"), "type <U1"),
        (1.0, r"shape \(\)"),
    ],
)
def test_wrong_weights_are_refused(weight, received):
    with pytest.raises(InputError, match=rf"train .*received .*{received}"):
        load_dataset(pairs_of("one", weight=weight))


def test_splits_of_other_structure_are_refused():
    (x, y, weight), other = pairs_of("dict")
    renamed = {"title": x["title"], "text": x["body"]}
    for second, says in (
        ((renamed, y, weight), "features 'body' in the train split and not in the validation split"),
        ((x["title"], y, weight), r"features in the validation split and not in the train split"),
        ((x, y), "weights in the train split and not in the validation split"),
        ((x, (y, y), weight), "targets in the train split"),
    ):
        with pytest.raises(InputError, match=f"the same inputs and outputs.*received .*{says}"):
            load_dataset([(x, y, weight), second])
    short = {**x, "body": x["body"][:5]}
    with pytest.raises(InputError, match="received 5 features 'body', 6 features 'title', 6 targets, 6 weights"):
        load_dataset([(short, y, weight), other])
    wide = {**x, "title": np.ones((6, 4))}
    with pytest.raises(InputError, match=r"the validation features 'title' must have the shape of the train .*\(3,\)"):
        load_dataset([(x, y, weight), (wide, y, weight)])
    with pytest.raises(InputError, match="every split needs features and targets"):
        load_dataset([({}, y), ({}, y)])


@pytest.mark.parametrize("columns", [(3,), (-1,)])
def test_standardized_columns_are_columns(columns):
    data = dataclasses.replace(dataset_of("one"), standardized=columns)
    with pytest.raises(InputError, match=r"standardized columns are those of one array of features"):
        load_dataset(data)
    with pytest.raises(InputError, match=r"standardized columns"):
        load_dataset(dataclasses.replace(dataset_of("tuple"), standardized=(0,)))
