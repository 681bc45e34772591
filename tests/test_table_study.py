"""A study of a small CSV file by the command line: trained in folds, resumed and refitted on the same examples."""

import json

import numpy as np
import pandas as pd
import pytest
from sklearn.preprocessing import StandardScaler

import ridgepath as rp
from ridgepath.cli import main
from ridgepath.splits import positions, set_apart
from ridgepath.store import StudyStore

pytestmark = pytest.mark.usefixtures("standing_worker")

NETWORK = """
import keras

def build(l2=0.0):
    hidden = keras.layers.Dense(8, "relu", kernel_regularizer=keras.regularizers.l2(l2))
    model = keras.Sequential([hidden, keras.layers.Dense(3, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""


@pytest.fixture(scope="module")
def table():
    """120 flowers of three kinds."""
    generator = np.random.default_rng(1)
    kind = np.repeat(["iris", "lily", "rose"], 40)
    return pd.DataFrame(
        {
            "length": generator.normal(np.repeat([3, 5, 7], 40), 1.0),
            "colour": generator.choice(["red", "white"], 120),
            "kind": kind,
            "width": generator.normal(np.repeat([30, 10, 20], 40), 5),
        }
    )


def trained(*arguments):
    with pytest.raises(SystemExit) as ended:
        main(list(arguments))
    assert ended.value.code == 0


@pytest.fixture(scope="module")
def here(table, tmp_path_factory):
    """A folder with the table in ``flowers.csv``, a network for it in ``net.py``, and a study of one seed."""
    here = tmp_path_factory.mktemp("flowers")
    (here / "net.py").write_text(NETWORK)
    table.to_csv(here / "flowers.csv", index=False)
    few = ("--strengths", "0.01", "--no-zero", "--epochs", "2", "--workers", "1")
    data = ("--data", "flowers.csv", "--target", "kind", "--test-share", "0.25", "--validation", "folds:3")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(here)
        trained("run", "net.py", *data, *few, "--seeds", "1", "--study", "study")
    return here


def test_a_study_remembers_how_its_table_was_read(here):
    context = StudyStore.open(here / "study").context
    settings = {"data": str(here / "flowers.csv"), "target": "kind", "test_share": 0.25}
    assert json.loads(context["data"]) == settings
    assert context["data preparation"] == (
        "4 features: 2 columns of numbers, standardized on the training examples, and 1 column of categories, one-hot "
        "as 2. Target 'kind' has 3 classes, numbered: 0 is 'iris', 1 is 'lily', 2 is 'rose'. Of 120 examples 24 for "
        "validation and 30 for test are set apart, the same ones in every study."
    )


def test_python_finds_the_same_study_with_the_table_in_memory(here, table, capsys):
    settings = {"strengths": [0.01], "zero": False, "seeds": 1, "epochs": 2, "workers": 1}
    folder = here / "study"
    before = rp.open_study(folder).trials
    data = {"target": "kind", "test_share": 0.25, "validation": "folds:3"}
    path = rp.fit_path(f"{here}/net.py", table, study=folder, **data, **settings)
    assert "nothing was trained" in capsys.readouterr().err
    pd.testing.assert_frame_equal(path.trials, before)


def test_new_rows_become_features_as_the_networks_take_them(here, table, tmp_path):
    path = rp.open_study(here / "study")
    features = path.features(table)
    assert (features.dtype, features.shape) == (np.float32, (120, 4))
    new = table.drop(columns="kind").iloc[[5, 90], ::-1]
    np.testing.assert_array_equal(path.features(new), features[[5, 90]])
    new.assign(colour="blue").to_csv(tmp_path / "new.csv", index=False)
    np.testing.assert_allclose(path.features(tmp_path / "new.csv"), features[[5, 90]] * [1, 0, 0, 1], atol=1e-6)
    with pytest.raises(rp.InputError, match=r"a new table with the columns of .*; received one without 'width'"):
        path.features(new.drop(columns="width"))
    with pytest.raises(rp.InputError, match=r"the new table must have no missing values; .*'length', row 2"):
        path.features(new.assign(length=[1.0, None]))
    path._data = "digits"
    with pytest.raises(rp.InputError, match=r"a study of a table that can be read from here; received flowers\.csv"):
        path.features(new)


def test_a_table_is_resumed_and_refitted_on_the_same_examples(here, table, capsys):
    trained("resume", str(here / "study"), "--seeds", "2", "--workers", "1", "--json")
    printed = json.loads(capsys.readouterr().out)["data"]
    assert printed == printed | {"name": "flowers.csv", "train": 60, "validation": 30, "test": 30}
    path = rp.open_study(here / "study")
    y = pd.Categorical(table["kind"]).codes.astype(np.int32)
    rows = set_apart(y, {"validation": 0.2, "test": 0.25})
    pool = np.concatenate([rows["train"], rows["validation"]])
    losses = path.results.example_losses
    for row, seed in enumerate(path.trials["seed"]):
        train, validating = positions("folds:3", seed, y[pool], given=len(rows["validation"]))
        scaled = StandardScaler().fit(table.loc[pool[train], ["length", "width"]]).transform(table[["length", "width"]])
        dummies = pd.get_dummies(table["colour"])
        features = np.column_stack([scaled[:, 0], dummies["red"], dummies["white"], scaled[:, 1]]).astype(np.float32)
        np.testing.assert_allclose(path.features(table, seed=int(seed)), features, atol=1e-5)
        model = path.refit(0.01, seed=int(seed))
        for split, chosen in (("validation", pool[validating]), ("test", rows["test"])):
            probabilities = model.predict(features[chosen], verbose=0)[np.arange(len(chosen)), y[chosen]]
            assert losses[split][row] == pytest.approx(-np.log(probabilities), abs=1e-4)
