"""The two faces, command line and Python, on one small study that is trained for real."""

import json
import math
import signal
import sqlite3
import subprocess
import sys

import numpy as np
import pandas as pd
import pytest

import ridgepath as rp
from ridgepath.cli import main
from ridgepath.cli.options import read_seeds
from ridgepath.errors import InputError

DESIGN_KEYS = {
    "study", "data", "seeds", "path", "strength_min", "strength_1se", "keras_val_loss_choice", "comparisons", "seconds"
}  # fmt: skip
POINT_KEYS = {
    "variant", "strength", "trials", "failed", "val_data_loss", "val_accuracy", "train_data_loss", "penalty",
    "weight_norm", "near_zero", "keras_val_loss",
}  # fmt: skip


def ridgepath(capsys, *arguments):
    """Run the command line in this process; return its exit code, standard output and standard error."""
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


@pytest.fixture(scope="session")
def folder(digits_file, tmp_path_factory):
    """A finished study of 3 strengths and 2 seeds, trained by the command line in a process of its own."""
    folder = tmp_path_factory.mktemp("studies") / "digits"
    command = [
        "run",
        "--data",
        digits_file,
        "--strengths",
        "1e-3,0.1",
        "--seeds",
        "2",
        "--epochs",
        "2",
        "--study",
        folder,
    ]
    done = subprocess.run(
        [sys.executable, "-m", "ridgepath", *map(str, command), "--json"], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    (folder / "printed.json").write_text(done.stdout)
    return folder


def test_json_is_as_the_design_writes_it(folder):
    printed = json.loads((folder / "printed.json").read_text())
    assert set(printed) >= DESIGN_KEYS
    assert printed["data"] == printed["data"] | {"train": 300, "validation": 100, "test": 100}
    assert printed["seeds"] == [0, 1]
    assert [point["strength"] for point in printed["path"]] == [0.0, 0.001, 0.1]
    for point in printed["path"]:
        assert set(point) >= POINT_KEYS
        assert (point["variant"], point["trials"], point["failed"]) == ("l2", 2, 0)
        assert set(point["val_data_loss"]) >= {"mean", "standard_error", "low", "high"}
    assert printed["seconds"] > 0


def test_a_study_holds_its_file_and_its_report(folder):
    assert {"study.db", "report.html"} <= {file.name for file in folder.iterdir()}


def test_python_opens_what_the_command_line_trained(folder):
    path = rp.open_study(folder)
    assert len(path.trials) == 6
    assert list(path.trials[["variant", "strength", "seed"]].iloc[0]) == ["l2", 0.0, 0]
    assert len(path.epochs) == 12
    assert {"loss", "accuracy", "val_loss", "val_accuracy", "train_data_loss", "near_zero"} <= set(path.epochs.columns)
    assert set(path.trials["status"]) == {"done"}
    assert path.summary().to_json() == json.loads((folder / "printed.json").read_text())
    assert path.strength_min in (0.0, 0.001, 0.1)
    means = path.trials.groupby("strength")["val_data_loss"].mean()
    assert path.strength_min == means.idxmin()


def test_the_data_loss_and_the_penalty_are_kept_apart(folder):
    trials = rp.open_study(folder).trials
    assert np.allclose(trials["val_data_loss"] + trials["penalty"], trials["val_loss"])
    assert (trials.query("strength == 0")["penalty"] == 0).all()
    assert (trials.query("strength > 0")["penalty"] > 0).all()


def test_example_losses_are_kept_for_every_trial(folder):
    results = rp.open_study(folder).results
    losses = results.example_losses["validation"]
    assert losses.shape == (6, 100)
    assert np.allclose(losses.mean(axis=1), results.trials["val_data_loss"], rtol=1e-5)


def test_in_one_seed_all_strengths_start_from_the_same_weights_and_see_the_same_batches(folder):
    first = rp.open_study(folder).epochs.query("epoch == 1").set_index(["seed", "strength"])
    assert math.isclose(first.loc[(0, 0.0), "train_data_loss"], first.loc[(0, 0.001), "train_data_loss"], rel_tol=0.05)
    assert not math.isclose(first.loc[(0, 0.0), "loss"], first.loc[(1, 0.0), "loss"], rel_tol=1e-3)


def test_show_prints_the_table_at_80_columns(folder):
    done = subprocess.run(
        [sys.executable, "-m", "ridgepath", "show", str(folder)], capture_output=True, text=True, check=True
    )
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "0.001" in done.stdout
    assert "Keras" in done.stdout
    assert done.stderr == ""


def test_show_report_export_and_ls_start_neither_jax_nor_keras(folder, tmp_path):
    check = (
        "import sys, ridgepath\n"
        "path = ridgepath.open_study(sys.argv[1])\n"
        "path.summary(), path.report(sys.argv[2] + '/r.html'), path.report(sys.argv[2] + '/r.md', format='markdown')\n"
        "path.export(sys.argv[2] + '/t.csv'), path.line()\n"
        "print([name for name in ('jax', 'keras') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", check, str(folder), str(tmp_path)], capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
    assert {"r.html", "r.md", "t.csv"} <= {file.name for file in tmp_path.iterdir()}


def test_the_report_is_written_in_arabic_where_asked(folder, tmp_path, capsys):
    for form, name in (("html", "r.html"), ("markdown", "r.md")):
        code, out, _ = ridgepath(capsys, "report", folder, "--format", form, "--lang", "ar", "-o", tmp_path / name)
        assert (code, out.strip()) == (0, str(tmp_path / name))
        assert "أقل متوسط validation data loss طلع عند" in (tmp_path / name).read_text(encoding="utf-8")
    assert (tmp_path / "r-path.png").exists()
    path = rp.open_study(folder)
    assert path.report(tmp_path / "en.md", format="markdown").read_text(encoding="utf-8").startswith("# ")


def test_a_language_that_there_is_not_is_refused(folder, tmp_path, capsys):
    code, _, err = ridgepath(capsys, "report", folder, "--lang", "fr", "-o", tmp_path / "r.html")
    assert code == 2
    assert "'en', 'ar'" in err
    for form in ("html", "markdown"):
        with pytest.raises(rp.InputError, match="a language out of en, ar"):
            rp.open_study(folder).report(tmp_path / "r", format=form, lang="fr")
    assert list(tmp_path.iterdir()) == []


def test_show_json_report_export_ls(folder, tmp_path, capsys, monkeypatch):
    code, out, _ = ridgepath(capsys, "show", folder, "--json")
    assert (code, json.loads(out)) == (0, json.loads((folder / "printed.json").read_text()))
    code, out, _ = ridgepath(capsys, "report", folder, "-o", tmp_path / "r.html")
    assert (code, out.strip()) == (0, str(tmp_path / "r.html"))
    code, out, _ = ridgepath(capsys, "report", folder, "--format", "markdown", "-o", tmp_path / "r.md")
    assert "0.001" in (tmp_path / "r.md").read_text(encoding="utf-8")
    for ending, read in ((".csv", pd.read_csv), (".parquet", pd.read_parquet)):
        code, out, _ = ridgepath(capsys, "export", folder, "-o", tmp_path / f"t{ending}")
        assert code == 0
        assert len(read(out.splitlines()[0])) == 6
    code, out, _ = ridgepath(capsys, "export", folder, "-o", tmp_path / "t.json")
    assert len(json.loads((tmp_path / "t.json").read_text())["trials"]) == 6
    code, out, _ = ridgepath(capsys, "ls", folder.parent)
    assert code == 0
    assert "6/6 trials" in out
    monkeypatch.chdir(tmp_path)
    assert "No study" in ridgepath(capsys, "ls")[1]


def test_strengths_are_compared_on_any_metric_and_within_a_margin_of_ones_own(folder, tmp_path, capsys):
    _, out, _ = ridgepath(capsys, "show", folder, "--metric", "accuracy", "--margin", "0.5", "--json")
    shown = json.loads(out)
    assert {each["metric"] for each in shown["comparisons"]} == {"val_accuracy"}
    assert {each["margin"] for each in shown["comparisons"]} == {0.5}
    assert shown["strength_min"] == json.loads((folder / "printed.json").read_text())["strength_min"]
    means = {point["strength"]: point["val_accuracy"]["mean"] for point in shown["path"]}
    for each in shown["comparisons"]:
        assert each["difference"] == pytest.approx(means[each["strength"]] - means[each["against"]])
    summary = rp.open_study(folder).summary(metric="accuracy", margin=0.5)
    assert summary.to_json() == shown
    ridgepath(capsys, "report", folder, "--metric", "weight_norm", "--smaller-is-better", "-o", tmp_path / "r.html")
    assert "Differences in L2 norm of the weights" in (tmp_path / "r.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("show", "--metric", "f1"), "a figure that the trials recorded; received 'f1'. Choose one of "),
        (("show", "--metric", "weight_norm"), "to be told which way weight_norm should go"),
        (("report", "--margin", "-1"), "the margin of equivalence must be >= 0 and finite; received -1.0."),
        (("resume", "--until", "tired"), "until is decided or nothing; received 'tired'."),
        (("resume", "--max-seeds", "9"), "the most seeds go with until decided; received 9."),
        (("resume", "--until", "decided", "--max-seeds", "1"), "the most seeds must be a whole number of at least 2"),
    ],
)
def test_what_is_asked_wrongly_of_a_study_is_said(folder, capsys, arguments, says):
    before = {file: file.read_bytes() for file in folder.iterdir()}
    code, out, err = ridgepath(capsys, arguments[0], folder, *arguments[1:])
    assert (code, out) == (2, "")
    assert says in err
    assert {file: file.read_bytes() for file in folder.iterdir()} == before


def test_ls_names_a_study_that_cannot_be_read_and_goes_on(folder, tmp_path, capsys):
    copy_of(folder, tmp_path / "good")
    (tmp_path / "damaged").mkdir()
    (tmp_path / "damaged" / "study.db").write_bytes((folder / "study.db").read_bytes()[:3000])
    code, out, _ = ridgepath(capsys, "ls", tmp_path)
    assert code == 0
    damaged, good = out.splitlines()
    assert "cannot be read" in damaged
    assert "6/6 trials" in good


def test_asked_again_nothing_is_trained(folder, digits_file, capsys):
    before = (folder / "study.db").read_bytes()
    arguments = ("--strengths", "1e-3,0.1", "--seeds", "2", "--epochs", "2", "--study", folder)
    code, out, err = ridgepath(capsys, "run", "--data", digits_file, *arguments)
    assert code == 0
    assert "trained already" in err
    assert "0.001" in out
    assert (folder / "study.db").read_bytes() == before


def copy_of(folder, target):
    target.mkdir()
    (target / "study.db").write_bytes((folder / "study.db").read_bytes())
    return target


@pytest.fixture(scope="session")
def resumed(folder, tmp_path_factory):
    """The same study after two trials were taken out of it and it was resumed with one more seed."""
    target = copy_of(folder, tmp_path_factory.mktemp("resumed") / "study")
    with sqlite3.connect(target / "study.db") as connection:
        for table in ("epochs", "example_losses", "trials"):
            connection.execute(f"DELETE FROM {table} WHERE seed = 1 AND strength > 0")
    connection.close()
    assert len(rp.open_study(target).trials) == 4
    return rp.resume(target, seeds=3, progress=False)


def test_resume_ends_with_the_same_numbers_bit_for_bit(folder, resumed):
    untimed = [column for column in resumed.trials.columns if column != "seconds"]
    before, after = rp.open_study(folder), rp.open_study(resumed.folder)
    shared = after.trials.query("seed < 2").reset_index(drop=True)
    pd.testing.assert_frame_equal(before.trials[untimed], shared[untimed], check_exact=True)
    epochs = after.epochs.query("seed < 2").reset_index(drop=True)
    pd.testing.assert_frame_equal(before.epochs, epochs, check_exact=True)


def test_seeds_are_a_count_or_a_list_which_a_comma_makes_of_one():
    assert (read_seeds("7"), read_seeds("7,"), read_seeds("0,1,2")) == (7, [7], [0, 1, 2])


def test_resume_adds_seeds(resumed):
    assert sorted(resumed.trials.query("strength == 0")["seed"]) == [0, 1, 2]
    assert len(resumed.trials) == 9


def test_strengths_are_found_for_a_whole_study_only(folder, capsys):
    before = (folder / "study.db").read_bytes()
    code, _, err = ridgepath(capsys, "resume", folder, "--strengths", "auto")
    assert (code, (folder / "study.db").read_bytes()) == (2, before)
    assert "strengths that are added to a study must be numbers; received auto." in err


@pytest.mark.slow
def test_ctrl_c_while_the_ridge_is_looked_for_leaves_nothing(tmp_path):
    arguments = ["--strengths", "auto", "--epochs", "200", "--study", tmp_path / "s"]
    command = [sys.executable, "-m", "ridgepath", "run", *map(str, arguments)]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as process:
        assert any(line.startswith("training 10 networks") for line in process.stderr)
        process.send_signal(signal.SIGINT)
        rest = process.stderr.read()
    assert (process.returncode, rest) == (130, "Interrupted before training; nothing was written.\n")
    assert not (tmp_path / "s").exists()


@pytest.mark.slow
def test_ctrl_c_keeps_what_is_finished_and_says_how_to_go_on(digits_file, tmp_path):
    many = ["--strengths", "0.1", "--seeds", "20", "--epochs", "30"]
    arguments = ["--data", digits_file, *many, "--study", tmp_path / "s"]
    process = subprocess.Popen(
        [sys.executable, "-m", "ridgepath", "run", *map(str, arguments)], stderr=subprocess.PIPE, text=True
    )
    store = tmp_path / "s" / "study.db"
    while process.poll() is None and not (store.exists() and len(rp.open_study(tmp_path / "s").trials) > 2):
        pass
    process.send_signal(signal.SIGINT)
    _, said = process.communicate()
    kept = len(rp.open_study(tmp_path / "s").trials)
    assert process.returncode == 130
    assert "Traceback" not in said
    assert said.splitlines()[-1] == (
        f"Interrupted: {kept} of 40 trials are kept. Go on with: ridgepath resume {tmp_path / 's'}"
    )
    assert len(rp.resume(tmp_path / "s", progress=False).trials) == 40


def test_refit_gives_the_model_of_the_trial(resumed):
    model = resumed.refit(0.1, seed=0)
    from ridgepath.datasets import load_dataset

    data = load_dataset(resumed._data)
    accuracy = model.evaluate(data.validation.x, data.validation.y, verbose=0, return_dict=True)["accuracy"]
    trial = resumed.trials.query("strength == 0.1 and seed == 0").iloc[0]
    assert accuracy == pytest.approx(trial["val_accuracy"])


def test_plot_gives_a_figure(folder):
    path = rp.open_study(folder)
    assert path.plot().ax_.get_xlabel() == "strength"
    assert path.plot("curves").axes_.shape == (2, 2)
    with pytest.raises(InputError, match="path or curves to plot; received 'pie'"):
        path.plot("pie")
    assert "<table>" in path._repr_html_()


def test_help_names_every_command(capsys):
    code, out, _ = ridgepath(capsys, "--help")
    assert code == 0
    for command in ("run", "compare", "resume", "show", "report", "export", "ls", "refit", "convert"):
        assert command in out
