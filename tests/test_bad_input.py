"""Every mistake of a user: exit code 2, one or two lines that say what to do, no traceback, nothing written."""

import numpy as np
import pytest

from ridgepath.cli import main

pytestmark = pytest.mark.usefixtures("standing_worker")

COMPILED = """
import keras

def build(strength):
    model = keras.Sequential([keras.layers.Flatten(), keras.layers.Dense(10, "softmax")])
    model.compile("adam", "sparse_categorical_crossentropy")
    return model
"""

BUILDERS = {
    "ignores.py": COMPILED,
    "raises.py": "def build(strength):\n    raise RuntimeError('no such layer')\n",
    "fails.py": "import missing_package\n\ndef build(strength):\n    pass\n",
    "syntax.py": "def build(strength:\n",
    "nothing.py": "def other(strength):\n    pass\n",
    "no_model.py": "def build(strength):\n    return 3\n",
    "forgot.py": "def build(strength):\n    strength\n",
    "uncompiled.py": "import keras\n\ndef build(strength):\n    return keras.Sequential([keras.layers.Dense(10)])\n",
    "misfit.py": COMPILED.replace("keras.layers.Flatten()", "keras.layers.LSTM(3), keras.layers.Conv2D(2, 3)"),
    "nine.py": COMPILED.replace("Dense(10", "Dense(9"),
    "eager.py": COMPILED.replace("return model", "model.run_eagerly = True\n    return model"),
}


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder of the user's own with builders and arrays, and nowhere else to write."""
    for name, text in BUILDERS.items():
        (tmp_path / name).write_text(text)
    x, y = np.zeros((40, 28, 28), np.float32), np.arange(40, dtype=np.int32) % 10
    good = {"x_train": x, "y_train": y, "x_val": x[:20], "y_val": y[:20]}
    spoilt = x.copy()
    spoilt[3, 4, 5] = np.nan
    np.savez(tmp_path / "good.npz", **good)
    np.savez(tmp_path / "no_val.npz", x_train=x, y_train=y, x_valid=x, y_valid=y)
    np.savez(tmp_path / "lengths.npz", **{**good, "y_train": y[:-1]})
    np.savez(tmp_path / "nan.npz", **{**good, "x_train": spoilt})
    np.savez(tmp_path / "labels.npz", **{**good, "y_val": y[:20] + 1})
    np.savez(tmp_path / "fractions.npz", **{**good, "y_train": y + 0.5})
    rows = "age,city,buys\n" + "30,Ulm,yes\n40,Bonn,no\n" * 20
    (tmp_path / "table.csv").write_text(rows)
    (tmp_path / "gap.csv").write_text(rows + ",Ulm,yes\n")
    (tmp_path / "garbage.csv").write_text(rows + "?,Ulm,yes\n")
    (tmp_path / "semicolons.csv").write_text(rows.replace(",", ";"))
    (tmp_path / "text.npz").write_text("not an archive")
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "diary.txt").write_text("dear diary")
    (tmp_path / "file").write_text("a file")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def contents(folder):
    return {(str(p.relative_to(folder)), p.stat().st_size) for p in folder.rglob("*") if "__pycache__" not in str(p)}


def complaint(capsys, here, *arguments):
    before = contents(here)
    with pytest.raises(SystemExit) as ended:
        main([*arguments])
    printed = capsys.readouterr()
    assert ended.value.code == 2
    assert printed.out == ""
    lines = [line for line in printed.err.splitlines() if line.startswith("ridgepath:")]
    assert len(lines) == 1
    assert "Traceback" not in printed.err
    assert contents(here) == before, "nothing was written"
    return lines[0]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--strengths", "0.1,-0.1"), "strengths must be >= 0 and finite; received -0.1."),
        (("--strengths", "nan"), "strengths must be >= 0 and finite; received nan."),
        (("--strengths", "0.1,inf"), "strengths must be >= 0 and finite; received inf."),
        (("--strengths", "0.1,1e-1"), "strengths must differ; received 0.1 twice."),
        (("--strengths", "0.1,strong"), "strengths must be numbers; received 'strong'."),
        (("--strengths", ""), "strengths must be numbers; received ''."),
        (("--strengths", "1:0.1:3"), "a range of strengths is LOW:HIGH:N"),
        (("--strengths", "1e-4:1:many"), "a range of strengths is LOW:HIGH:N"),
        (("--strengths", "auto", "--no-zero"), "have 0 among them; received auto without 0."),
        (("--seeds", "0"), "a study needs at least one seed; received 0."),
        (("--seeds", "-2"), "a study needs at least one seed; received -2."),
        (("--seeds", "1,1"), "seeds must differ; received 1 twice."),
        (("--seeds", "0,-1"), "seeds must be whole numbers from 0 to 4294967295; received -1."),
        (("--seeds", "few"), "seeds must be whole numbers; received 'few'."),
        (("--epochs", "0"), "epochs must be a whole number of at least 1; received 0."),
        (("--epochs", "ten"), "epochs"),
        (("--batch-size", "0"), "batch size must be a whole number of at least 1; received 0."),
        (("--workers", "0"), "workers must be a whole number of at least 1; received 0."),
        (("--engine", "torch"), "torch"),
        (("--margin", "-0.1"), "the margin of equivalence must be >= 0 and finite; received -0.1."),
        (("--margin", "nan"), "the margin of equivalence must be >= 0 and finite; received nan."),
        (("--validation", "folds:1"), "validation must be fixed, redrawn or folds:K with K from 2 to 100; received 'f"),
        (("--validation", "random"), "validation must be fixed, redrawn or folds:K"),
        (("--speed", "high"), "--speed"),
        (("--data", "table.csv", "--target", "age", "--target", "buys"), "one target column; received age, buys."),
        (("--validation-share", "1.5"), "the validation share must be between 0 and 1; received 1.5."),
        (("--test-share", "few"), "--test-share"),
        (("absent.py:build",), "a file with a network builder; received absent.py"),
        (("nothing.py:build",), "a function build(strength) in nothing.py; received a file with other."),
        (("syntax.py",), "a Python file; received syntax.py"),
        (("--study", "file"), "file"),
        (("--study", "notes"), "notes"),
    ],
)
def test_a_mistake_that_is_seen_before_anything_starts(here, capsys, arguments, says):
    assert says in complaint(capsys, here, "run", *arguments)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("mnist-6k", "mnist-5k"),
        ("absent.npz", "absent.npz"),
        ("text.npz", "text.npz"),
        ("no_val.npz", "x_val"),
        ("lengths.npz", "40"),
        ("nan.npz", "the train features must be finite; received nan in example 3."),
        ("fractions.npz", "labels must be whole numbers from 0 to 9"),
        ("labels.npz", "labels must be whole numbers from 0 to 9"),
    ],
)
def test_data_that_cannot_be_used(here, capsys, data, says):
    assert says in complaint(capsys, here, "run", "--data", data, "--study", "new")


@pytest.mark.parametrize(
    ("options", "says"),
    [
        (("table.csv",), "a table needs a target column; received none. Name it: --target NAME"),
        (("table.csv", "--target", "bys"), "received 'bys'. Do you mean 'buys'?"),
        (("gap.csv", "--target", "buys"), "missing values; received none in column 'age', row 41."),
        (
            ("garbage.csv", "--target", "buys"),
            "column 'age' must hold numbers or text, not both; received '?' in row 41.",
        ),
        (("semicolons.csv", "--target", "buys"), "received a line of names with ';' between."),
        (("table.csv", "--target", "city", "--validation-data", "good.npz"), "validation data as a table"),
        (("digits", "--test-data", "table.csv"), "test data goes with a table or with (x, y)"),
        (("good.npz", "--target", "buys"), "a target column goes with a table; received 'buys'"),
    ],
)
def test_a_table_that_cannot_be_used(here, capsys, options, says):
    assert says in complaint(capsys, here, "run", "--study", "new", "--data", *options)


def test_a_batch_larger_than_the_data(here, capsys):
    said = complaint(capsys, here, "run", "--data", "good.npz", "--batch-size", "41")
    assert "a batch size of at most 40, the number of training examples; received 41." in said


def test_more_folds_than_examples(here, capsys):
    said = complaint(capsys, here, "run", "--data", "good.npz", "--validation", "folds:61")
    assert "folds:61 needs at least 61 training and validation examples; received 60." in said


@pytest.mark.parametrize(
    ("builder", "says"),
    [
        ("raises.py", "build(0) to return a model; received an error: RuntimeError: no such layer"),
        ("fails.py", "No module named 'missing_package'"),
        ("no_model.py", "build(0) to return a compiled Keras model; received int."),
        ("forgot.py", "End the builder with `return model`."),
        ("uncompiled.py", "received a model without an optimizer or a loss. Call model.compile("),
        ("misfit.py", "for examples of shape 28 x 28"),
        ("nine.py:build", "labels must be whole numbers from 0 to 8"),
    ],
)
def test_a_builder_that_cannot_be_used(here, capsys, builder, says):
    assert says in complaint(capsys, here, "run", builder, "--data", "good.npz", "--study", "new")


def test_an_engine_that_cannot_train_the_network(here, capsys):
    said = complaint(capsys, here, "run", "eager.py", "--data", "good.npz", "--engine", "jax")
    assert "run_eagerly=True" in said
    assert "Use the engine auto or reference." in said


def test_a_network_that_does_not_change_with_the_strengths_that_are_to_be_found(here, capsys):
    asked = ("--strengths", "auto", "--epochs", "2", "--study", "new")
    said = complaint(capsys, here, "run", "ignores.py", "--data", "good.npz", *asked)
    assert "received one whose losses are the same from strength 0 to 1e+09." in said


@pytest.mark.parametrize("command", ["show", "report", "export", "resume"])
@pytest.mark.parametrize("folder", ["absent", "notes", "file"])
def test_a_folder_that_is_no_study(here, capsys, command, folder):
    assert folder in complaint(capsys, here, command, folder)


def test_a_study_of_another_question(here, capsys):
    few = ("--data", "good.npz", "--strengths", "0.1", "--no-zero", "--seeds", "1", "--study", "mine")
    with pytest.raises(SystemExit) as ended:
        main(["run", *few, "--epochs", "1"])
    assert ended.value.code == 0
    capsys.readouterr()
    assert "epochs" in complaint(capsys, here, "run", *few, "--epochs", "2")
    said = complaint(capsys, here, "run", *few, "--epochs", "1", "--validation", "redrawn")
    assert "has validation fixed; received another question: validation redrawn." in said
    np.savez(here / "good.npz", **{name: array[::-1] for name, array in np.load(here / "good.npz").items()})
    assert "data" in complaint(capsys, here, "run", *few, "--epochs", "1")
