"""Columns as features and targets, against pandas' ``get_dummies`` and scikit-learn's ``StandardScaler``."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import OrdinalEncoder, StandardScaler

from ridgepath.datasets import Source, load_dataset
from ridgepath.errors import InputError
from ridgepath.splits import divided, positions, set_apart

NUMBERS = ["age", "income", "constant"]


def frame_of(rows: int = 60, *, seed: int = 0) -> pd.DataFrame:
    generator = np.random.default_rng(seed)
    return pd.DataFrame(
        {
            "age": generator.integers(18, 90, rows),
            "city": generator.choice(["Ulm", "Bonn", "Kiel"], rows),
            "income": generator.lognormal(10, 1, rows),
            "member": generator.random(rows) < 0.4,
            "constant": 3,
            "size": pd.Categorical(generator.choice([10, 9, 100], rows), categories=[9, 10, 100, 5]),
            "price": generator.normal(size=rows),
        }
    )


def expected_features(frame: pd.DataFrame, *, train: np.ndarray) -> np.ndarray:
    """Encode by pandas and scale by scikit-learn, in the order of the table's columns."""
    scaler = StandardScaler().fit(frame.loc[train, NUMBERS])
    scaled = pd.DataFrame(scaler.transform(frame[NUMBERS]), columns=NUMBERS)
    parts = []
    for name in frame.columns.drop("price"):
        if name in NUMBERS:
            parts.append(scaled[[name]])
        else:
            dummies = pd.get_dummies(frame[name].astype(object))
            parts.append(dummies.reindex(columns=sorted(frame.loc[train, name].unique())))
    return np.concatenate(parts, axis=1).astype(np.float64)


def test_features_are_those_of_pandas_and_scikit_learn() -> None:
    frame = frame_of()
    data = load_dataset(Source(frame, "price", test_share=0.1))
    rows = set_apart(frame["price"].to_numpy(), {"validation": 0.2, "test": 0.1})
    expected = expected_features(frame, train=rows["train"])
    assert expected.shape == (60, 1 + 3 + 1 + 2 + 1 + 3)
    assert data.standardized == (0, 4, 7)
    for name, split in data.splits.items():
        assert split.x.dtype == np.float32
        np.testing.assert_allclose(split.x, expected[rows[name]], rtol=1e-5, atol=1e-6)
        np.testing.assert_array_equal(split.y, frame["price"].to_numpy(np.float32)[rows[name]], strict=True)


@pytest.mark.parametrize("validation", ["folds:5", "redrawn"])
def test_every_fold_is_scaled_by_its_own_training_part(validation: str) -> None:
    frame = frame_of()
    data = load_dataset(Source(frame, "price", test_share=0.1))
    rows = set_apart(frame["price"].to_numpy(), {"validation": 0.2, "test": 0.1})
    pool = np.concatenate([rows["train"], rows["validation"]])
    means = []
    for seed in range(5):
        chosen = positions(validation, seed, data.pool.y, given=len(rows["validation"]))
        expected = expected_features(frame, train=pool[chosen.train])
        own = divided(data, validation, seed)
        parts = {"train": pool[chosen.train], "validation": pool[chosen.validation], "test": rows["test"]}
        for name, part in parts.items():
            np.testing.assert_allclose(own.splits[name].x, expected[part], rtol=1e-4, atol=1e-5)
        means.append(own.train.x[:, 0].mean(dtype=np.float64))
    assert means == pytest.approx([0] * 5, abs=1e-6)


def test_validation_and_test_tables_are_encoded_by_the_training_table() -> None:
    train, validation, test = frame_of(), frame_of(9, seed=1), frame_of(7, seed=2)
    train = train[train["city"] != "Ulm"].reset_index(drop=True)
    data = load_dataset(Source(train, "price", validation_data=validation, test_data=test))
    assert (data.card.train, data.card.validation, data.card.test) == (len(train), 9, 7)
    for split, frame in ((data.validation, validation), (data.test, test)):
        joined = pd.concat([train, frame], ignore_index=True)
        expected = expected_features(joined, train=np.arange(len(train)))[len(train) :]
        np.testing.assert_allclose(split.x, expected, rtol=1e-5, atol=1e-6)
        is_unseen = (frame["city"] == "Ulm").to_numpy()
        assert is_unseen.any()
        assert (split.x[is_unseen, 1:3] == 0).all()
    unseen = int((validation["city"] == "Ulm").sum())
    said = (
        f"In {unseen} validation examples column 'city' has a category that no training example has: all zeros there."
    )
    assert said in data.account


def test_a_weight_column_is_no_feature() -> None:
    frame = frame_of().assign(w=np.arange(60.0))
    data = load_dataset(Source(frame, "price", "w"))
    without = load_dataset(Source(frame.drop(columns="w"), "price"))
    for name, split in data.splits.items():
        np.testing.assert_array_equal(split.x, without.splits[name].x)
        assert split.weight is not None
        assert split.weight.dtype == np.float32
    together = np.concatenate([split.weight for split in data.splits.values()])
    assert sorted(together) == list(range(60))


@pytest.mark.parametrize(
    ("values", "classes"),
    [
        (["b", "a", "c"], ["a", "b", "c"]),
        ([True, False, True], [False, True]),
        (pd.Categorical(["low", "high", "low"], ["low", "high", "never"], ordered=True), ["high", "low"]),
        (pd.Categorical([10, 9, 100]), [9, 10, 100]),
        ([0, 1, 2], [0, 1, 2]),
        ([-1, 1, -1], [-1, 1]),
        ([3, 5, 9], [3, 5, 9]),
        (pd.array([7, 5, 6], "Int64"), [5, 6, 7]),
        (np.array([2, 3, 4], np.uint8), [2, 3, 4]),
    ],
)
def test_targets_are_classes_by_number(values: Any, classes: list[Any]) -> None:
    column = pd.Series(values)
    frame = pd.DataFrame({"x": np.arange(30), "y": pd.concat([column] * 10, ignore_index=True)})
    data = load_dataset(Source(frame, "y", validation_data=frame))
    expected = OrdinalEncoder(categories=[classes]).fit_transform(frame[["y"]].astype(object))[:, 0]
    np.testing.assert_array_equal(data.train.y, expected.astype(np.int32), strict=True)
    numbered = ", ".join(f"{number} is {name!r}" for number, name in enumerate(classes))
    assert data.account[1] == f"Target 'y' has {len(classes)} classes, numbered: {numbered}."


@pytest.mark.parametrize(
    "values",
    [
        np.arange(60) / 7,
        np.repeat([1.0, 2.0], 30),
        np.arange(60) + 5,
        np.tile(np.arange(0, 42, 2), 3)[:60],
        np.arange(60, dtype=np.float32),
    ],
)
def test_targets_are_quantities_as_they_are(values: np.ndarray) -> None:
    frame = pd.DataFrame({"x": np.arange(60), "y": values})
    data = load_dataset(Source(frame, "y", validation_data=frame))
    np.testing.assert_array_equal(data.train.y, values.astype(np.float32), strict=True)
    assert data.account[1] == "Target 'y' is a quantity."


def test_many_whole_numbers_from_0_are_classes_as_they_are() -> None:
    frame = pd.DataFrame({"x": np.arange(90), "y": np.arange(90) % 30})
    data = load_dataset(Source(frame, "y", validation_data=frame))
    np.testing.assert_array_equal(data.train.y, (np.arange(90) % 30).astype(np.int32), strict=True)
    assert data.account[1].startswith("Target 'y' has 30 classes, numbered: 0 is 0, 1 is 1, ")
    assert data.account[1].endswith("10 is 10, ..., 29 is 29.")


def test_parts_that_are_set_apart_have_their_share_of_every_class() -> None:
    frame = pd.DataFrame({"x": np.arange(100), "y": np.repeat(["a", "b", "c"], [60, 30, 10])})
    data = load_dataset(Source(frame, "y", validation_share=0.1, test_share=0.2))
    assert [np.bincount(split.y).tolist() for split in data.splits.values()] == [[42, 21, 7], [6, 3, 1], [12, 6, 2]]
    assert data.account == (
        "1 feature: 1 column of numbers, standardized on the training examples.",
        "Target 'y' has 3 classes, numbered: 0 is 'a', 1 is 'b', 2 is 'c'.",
        "Of 100 examples 10 for validation and 20 for test are set apart, the same ones in every study.",
    )


def test_an_account_counts_columns() -> None:
    account = load_dataset(Source(frame_of(), "price")).account[0]
    scaled = "3 columns of numbers, standardized on the training examples"
    assert account == f"11 features: {scaled}, and 3 columns of categories, one-hot as 8."
    encoded = load_dataset(Source(frame_of()[["city", "price"]], "price"))
    assert encoded.account[0] == "3 features: 1 column of categories, one-hot as 3."
    assert encoded.standardized == ()


def test_categories_of_several_types_have_an_order() -> None:
    frame = pd.DataFrame({"x": np.arange(4), "y": pd.Categorical(["b", 2, 1, "a"])})
    data = load_dataset(Source(frame, "y", validation_data=frame))
    assert data.account[1].endswith("0 is 1, 1 is 2, 2 is 'a', 3 is 'b'.")


def test_as_many_categories_as_a_table_may_have() -> None:
    frame = pd.DataFrame({"x": [f"c{n % 1001}" for n in range(4000)], "y": np.arange(4000) % 2})
    with pytest.raises(InputError, match="at most 1000 categories, for 4000 training examples; received 1001"):
        load_dataset(Source(frame, "y", validation_data=frame[:4]))
    assert load_dataset(Source(frame[frame["x"] != "c0"], "y", validation_data=frame[:4])).train.x.shape[1] == 1000
