"""What is varied: as it is asked for, as it is trained and resumed, and what of it is said."""

import dataclasses
import sqlite3
from contextlib import closing

import keras
import pandas as pd
import pytest

import ridgepath as rp
from ridgepath import deciding
from ridgepath.builders import TASK_NETWORK, find_builder
from ridgepath.cli import main
from ridgepath.datasets import load_dataset
from ridgepath.errors import InputError
from ridgepath.study import Variant
from ridgepath.variants import COMPARED, STRENGTHS, added_variants, asked_variants, compared_arguments

pytestmark = pytest.mark.usefixtures("standing_worker")

NETWORK = """
import keras

def build(l2=0.0, dropout=0.0):
    hidden = keras.layers.Dense(16, "relu", kernel_regularizer=keras.regularizers.l2(l2))
    drop = [keras.layers.Dropout(dropout)] if dropout else []
    model = keras.Sequential([keras.layers.Flatten(), hidden, *drop, keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model

def lasting(l2, dropout=0.0, *, width):
    pass

def wide(width=1.0):
    pass

def anything(l2, **others):
    pass

imported = build
"""
UNTIMED = ["variant", "strength", "seed", "status", "engine", "val_data_loss", "weight_norm", "best_epoch"]


@pytest.fixture(scope="module")
def network(tmp_path_factory):
    file = tmp_path_factory.mktemp("network") / "net.py"
    file.write_text(NETWORK)
    return file


def asked(builder, **given):
    return asked_variants(builder, **({"strengths": None, "vary": None} | given))


def test_what_is_asked_for(network):
    builder = find_builder(f"{network}:build")
    assert asked(builder) == (Variant("l2", STRENGTHS),)
    assert asked(builder, strengths="auto") is None
    assert asked(builder, strengths="0.1", zero=False) == (Variant("l2", (0.1,)),)
    given = {"dropout": "0.5,0.1", "l2": [1e-3]}
    assert asked(builder, vary=given) == (Variant("dropout", (0.0, 0.1, 0.5)), Variant("l2", (0.0, 1e-3)))
    assert asked(builder, vary=given, zero=False) == (Variant("dropout", (0.1, 0.5)), Variant("l2", (1e-3,)))
    assert asked(builder, vary={"l2": "1e-3:0.1:3"}) == (Variant("l2", (0.0, 1e-3, 0.01, 0.1)),)


def test_what_is_added_to_a_study(network):
    builder, here = find_builder(f"{network}:build"), (Variant("l2", (0.1,)),)
    assert added_variants(builder, here, strengths=None, vary=None) == here
    assert added_variants(builder, here, strengths="0.2,0.1", vary=None) == (Variant("l2", (0.1, 0.2)),)
    added = added_variants(builder, here, strengths=None, vary={"dropout": [0.5], "l2": [1.0]})
    assert added == (Variant("l2", (0.1, 1.0)), Variant("dropout", (0.0, 0.5)))
    with pytest.raises(InputError, match=r"of one variant; received one of l2, dropout. .* --vary l2=0.1\."):
        added_variants(builder, added, strengths="0.3", vary=None)


def test_a_function_is_asked_only_what_is_known_of_it(network):
    vary = {"l2": [0.1], "dropout": [0.1]}
    for name in ("anything", "imported"):
        builder = find_builder(f"{network}:{name}")
        assert (builder.arguments, builder.required) == ((), ())
    assert len(asked(find_builder(f"{network}:imported"), vary=vary)) == 2
    with pytest.raises(InputError, match=r"a default for every argument of lasting but l2, .* received none for width"):
        asked(find_builder(f"{network}:lasting"), vary=vary)


@pytest.mark.parametrize("kind", ["a file", "memory"])
def test_arguments_are_read_alike_from_a_file_and_from_memory(tmp_path, kind):
    text = "def build(first, other=1, /, third=2, *rest, fourth, fifth=3):\n    pass\n"
    (tmp_path / "net.py").write_text(text)
    names = {}
    exec(text, names)
    builder = find_builder(str(tmp_path / "net.py") if kind == "a file" else names["build"])
    assert builder.parameter == "first"
    assert builder.arguments == ("first", "third", "fourth", "fifth")
    assert builder.required == ("first", "fourth")


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"vary": {"l1": [0.1]}}, r"an argument of task_network\(l2\) to vary; received l1"),
        ({"vary": {}}, r"arguments to vary, one at least; received {}"),
        ({"vary": ["l2"]}, r"arguments to vary, one at least; received \['l2'\]"),
        ({"vary": {"l2": "auto"}}, "strengths of an argument by name are numbers; received l2=auto"),
        ({"vary": {"l2": [-1]}}, "strengths must be >= 0 and finite; received -1"),
        ({"vary": {"l2": []}}, "a study needs at least one strength"),
        ({"vary": {"l2": [1]}, "strengths": "auto"}, "strengths or arguments to vary, not both"),
    ],
)
def test_what_cannot_be_varied_is_said(given, says):
    with pytest.raises(InputError, match=says):
        asked(find_builder(TASK_NETWORK), **given)


def test_the_penalties_of_compare(network):
    builder = find_builder("penalties-network")
    assert compared_arguments(builder, (), {}) == {name: COMPARED[name] for name in ("l2", "dropout", "weight_decay")}
    assert list(compared_arguments(builder, ("weight_decay", "dropout"), {})) == ["weight_decay", "dropout"]
    given = compared_arguments(builder, ("dropout",), {"l2": "0.1"})
    assert given == {"dropout": COMPARED["dropout"], "l2": "0.1"}


def test_what_is_compared_of_a_network_of_ones_own(network):
    builder = find_builder(f"{network}:build")
    assert compared_arguments(builder, (), {}) == {name: COMPARED[name] for name in ("l2", "dropout")}
    assert compared_arguments(builder, (), {"l2": [3.0]}) == {"l2": [3.0], "dropout": COMPARED["dropout"]}
    assert list(compared_arguments(find_builder(f"{network}:imported"), ("l1",), {"noise": "1"})) == ["l1", "noise"]


@pytest.mark.parametrize(
    ("function", "given", "says"),
    [
        ("lasting", (("width",), {}), "a default for every argument of lasting but width"),
        ("wide", (("width",), {}), r"strengths for width of wide\(width\); received none. .* --vary width=0.1,1"),
        ("wide", ((), {}), r"an argument out of l1, l2, dropout, weight_decay; received wide\(width\)"),
        ("imported", ((), {}), r"an argument out of l1, l2, dropout, weight_decay; received imported\(\)"),
        ("build", (("l1",), {}), r"an argument of build\(l2, dropout\) to vary; received l1"),
        ("build", (("l2",), {"width": "1"}), r"an argument of build\(l2, dropout\) to vary; received width"),
    ],
)
def test_what_cannot_be_compared_is_said(network, function, given, says):
    with pytest.raises(InputError, match=says):
        compared_arguments(find_builder(f"{network}:{function}"), *given)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("run", "--vary", "l2"), "what to vary is NAME=LIST or NAME=LOW:HIGH:N; received 'l2'."),
        (("run", "--vary", "=0.1"), "what to vary is NAME=LIST or NAME=LOW:HIGH:N; received '=0.1'."),
        (("run", "--vary", "l2=0.1", "--vary", "l2=0.2"), "arguments to vary must differ; received l2 twice."),
        (("run", "--vary", "dropout=0.1"), "an argument of task_network(l2) to vary; received dropout."),
        (("run", "--vary", "l2=much"), "strengths must be numbers; received 'much'."),
        (
            ("run", "--vary", "l2=0.1", "--strengths", "auto"),
            "strengths or arguments to vary, not both; received both.",
        ),
        (("compare", "l1"), "an argument of penalties_network(l2, dropout, weight_decay) to vary; received l1."),
        (("compare", "l2", "l2"), "penalties must differ; received l2 l2."),
        (("compare", "absent.py:build", "l2"), "a file with a network builder; received absent.py"),
        (
            ("compare", "--vary", "width=3"),
            "an argument of penalties_network(l2, dropout, weight_decay) to vary; received width.",
        ),
    ],
)
def test_a_mistake_is_said_and_nothing_is_written(tmp_path, monkeypatch, capsys, arguments, says):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    printed = capsys.readouterr()
    assert (ended.value.code, printed.out) == (2, "")
    assert f"ridgepath: {says}" in printed.err
    assert printed.err.count("\n") == 1
    assert not list(tmp_path.iterdir())


@pytest.fixture(scope="module")
def folder(network, digits_file, tmp_path_factory):
    """A study of two variants, 2 strengths each and 2 seeds, by the command line."""
    folder = tmp_path_factory.mktemp("varied") / "study"
    asked_for = ("--vary", "l2=1e-2", "--vary", "dropout=0.4", "--seeds", "2", "--epochs", "2", "--study", str(folder))
    with pytest.raises(SystemExit) as ended:
        main(["run", f"{network}:build", "--data", str(digits_file), *asked_for])
    assert ended.value.code == 0
    return folder


def test_compare_takes_a_network_of_ones_own_from_both_faces(network, digits_file, folder, tmp_path):
    few = ("--vary", "dropout=0.4", "--data", str(digits_file), "--seeds", "2", "--epochs", "2", "--json")
    with pytest.raises(SystemExit) as ended:
        main(["compare", f"{network}:build", "l2", *few, "--vary", "l2=1e-2", "--study", str(tmp_path / "by command")])
    assert ended.value.code == 0
    settings = {"seeds": 2, "epochs": 2, "progress": False, "study": tmp_path / "by command"}
    given = {"names": ["l2"], "vary": {"dropout": [0.4], "l2": [1e-2]}}
    path = rp.compare(f"{network}:build", str(digits_file), **given, **settings)
    assert path.study.variants == (Variant("l2", (0.0, 0.01)), Variant("dropout", (0.0, 0.4)))
    assert len(path.trials) == 8
    figures = ["variant", "strength", "seed", "val_data_loss"]
    same = rp.open_study(folder).trials[figures]
    pd.testing.assert_frame_equal(path.trials[figures], same, check_exact=True)


@pytest.fixture
def study(folder, tmp_path):
    (tmp_path / "study.db").write_bytes((folder / "study.db").read_bytes())
    return tmp_path


def test_a_study_has_a_path_for_every_argument(folder):
    path = rp.open_study(folder)
    assert path.study.variants == (Variant("l2", (0.0, 0.01)), Variant("dropout", (0.0, 0.4)))
    of_points = path.trials.groupby(["variant", "strength"])
    assert of_points["engine"].unique().map(list).to_dict() == {
        ("dropout", 0.0): ["jax"],
        ("dropout", 0.4): ["jax"],
        ("l2", 0.0): ["jax"],
        ("l2", 0.01): ["jax"],
    }
    figures = path.trials.set_index(["variant", "strength", "seed"])[["val_data_loss", "weight_norm", "penalty"]]
    pd.testing.assert_frame_equal(figures.loc["l2", 0.0], figures.loc["dropout", 0.0], check_exact=True)
    assert (figures.loc[("l2", 0.01), "penalty"] > 0).all()
    assert (figures.loc["dropout", "penalty"] == 0).all()
    assert not figures.loc["dropout", 0.4].equals(figures.loc["dropout", 0.0])


def test_the_choices_and_the_two_penalties_are_compared(folder):
    summary = rp.open_study(folder).summary()
    between = [(each.strength[0], each.against[0]) for each in summary.families[-1].found]
    assert (summary.families[-1].kind, between) == ("choices", [("dropout", "l2")])
    for diagnosis in summary.diagnoses:
        [claim] = [claim for claim in diagnosis.claims if claim.key == "dropout differs"]
        assert claim.reason != "no dropout and l2"
        assert [(f.measure, f.strength, f.against) for f in claim.figures] == [
            ("weight_norm", 0.01, 0.4),
            ("gap", 0.01, 0.4),
        ]
    assert summary.to_json()["comparisons"][-1]["against_variant"] == "l2"


def test_what_is_shown_of_it(folder, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    with pytest.raises(SystemExit):
        main(["show", str(folder)])
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    answer = " ".join(shown.split("Which variant?")[1].split())
    assert "has the lowest mean validation data loss of the variants' choices" in answer
    line = rp.open_study(folder).line()
    assert "l2 0/0.01, dropout 0/0.4  8/8 trials  min l2 " in line
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert page.count("<h1") == 2  # one a language
    assert "of the variants&#39; choices" in page


def test_resume_goes_on_with_all_variants(study):
    before = rp.open_study(study).trials[UNTIMED]
    with closing(sqlite3.connect(study / "study.db")) as connection, connection:
        for table in ("epochs", "example_losses", "trials"):
            connection.execute(f"DELETE FROM {table} WHERE seed = 1 AND strength > 0")
    assert len(rp.open_study(study).trials) == 6
    path = rp.resume(study, seeds=3, vary={"dropout": [0.2]}, progress=False)
    assert len(path.trials) == len(path.study.trials) == 15
    kept = path.trials[(path.trials["seed"] < 2) & (path.trials["strength"] != 0.2)]
    pd.testing.assert_frame_equal(kept[UNTIMED].reset_index(drop=True), before, check_exact=True)
    assert path.study.variants[1] == Variant("dropout", (0.0, 0.2, 0.4))


def test_seeds_are_added_to_the_variants_that_are_open(study, capfd):
    path = rp.resume(study, until="decided", max_seeds=4, margin=1e-9)
    said = capfd.readouterr().err
    assert "Open after 2 seeds: " in said
    assert "dropout 0.4 against 0" in said.replace("\n", " ")
    assert "l2 0.01 against 0" in said.replace("\n", " ")
    between = dataclasses.replace(path.summary().comparisons[-1], strength=("dropout", 0.4), against=("l2", 0.01))
    assert deciding._named(between, several=True) == "dropout 0.4 against l2 0.01"
    assert path.study.looks == ((0, 1), (2, 3))
    assert {variant for variant, seed in zip(path.trials["variant"], path.trials["seed"], strict=True) if seed > 1} == {
        "l2",
        "dropout",
    }


def test_refit_takes_the_variant(folder, digits_file):
    path = rp.open_study(folder)
    validation = load_dataset(str(digits_file)).validation
    model = path.refit(0.4, variant="dropout", seed=1)
    accuracy = model.evaluate(*validation, verbose=0, return_dict=True)["accuracy"]
    trial = path.trials.query("variant == 'dropout' and strength == 0.4 and seed == 1").iloc[0]
    assert any(isinstance(layer, keras.layers.Dropout) for layer in model.layers)
    assert accuracy == pytest.approx(trial["val_accuracy"])
    with pytest.raises(InputError, match="a variant out of l2, dropout; received 'l1'"):
        path.refit(variant="l1")


def still(dropout):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dropout(dropout), keras.layers.Dense(10, "softmax")])
    model.compile(keras.optimizers.SGD(0.0), "sparse_categorical_crossentropy")
    return model


def test_what_is_added_starts_from_the_weights_of_what_is_there(digits_file, tmp_path):
    """This network never learns: its losses are those of its initial weights."""
    settings = {"study": tmp_path, "seeds": 1, "epochs": 1, "workers": 1, "zero": False, "progress": False}
    rp.fit_path(still, str(digits_file), strengths=[0.0], **settings)
    path = rp.fit_path(still, str(digits_file), strengths=[0.3], **settings)
    assert path.trials["val_data_loss"].nunique() == 1
