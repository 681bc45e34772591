"""The study file that every study keeps: what it says is read as the same question, also after the study has grown."""

import dataclasses
import json
import shutil
import sqlite3
import tomllib
from contextlib import closing

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import ridgepath as rp
from asking import asked
from ridgepath.builders import find_builder
from ridgepath.callbacks import EarlyStopping
from ridgepath.cli import main
from ridgepath.datasets import Source
from ridgepath.errors import InputError, StudyError
from ridgepath.question import MARGIN, MOST_SEEDS, QUESTION_FILE, keep_question, question_file
from ridgepath.store import StudyStore
from ridgepath.study import BuilderCard, DataCard, Study, Trial, Variant
from ridgepath.toml import toml_comment, toml_key, toml_value

NETWORK = "def build(l2=0.0, dropout=0.0, größe=0.0):\n    pass\n"
STRENGTHS = (0.0, 1e-4, 1e-3, 1e-2)
TABLE = Source("a b.csv", target='the "price"', weight="w", test_data="t.csv", validation_share=0.25)


def make_study(*, seeds=5, name="mnist-5k", variants=("l2",)):
    return Study(
        BuilderCard("build", None, "", "b" * 64),
        DataCard(name, train=3000, validation=1000, test=1000, fingerprint="d" * 64),
        variants=tuple(Variant(variant, STRENGTHS) for variant in variants),
        seeds=tuple(range(seeds)),
        epochs=15,
        batch_size=32,
        train_evaluated=3000,
    )


@pytest.fixture
def builder(tmp_path):
    (tmp_path / "my net.py").write_text(NETWORK, encoding="utf-8")
    return find_builder(f"{tmp_path / 'my net.py'}:build")


def ridgepath(*arguments):
    with pytest.raises(SystemExit) as ended:
        main([str(each) for each in arguments])
    assert ended.value.code == 0


@pytest.mark.parametrize("source", [Source("mnist-5k"), Source("mine.npz", test_share=0.125), TABLE])
@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"seeds": (3, 5), "engine": "reference"},
        {"seeds": (7,)},
        {"variants": (Variant("l2", (0.0, 1e-5, 1 / 3)), Variant("größe", (0.0, 0.5)))},
        {"variants": (Variant("dropout", (0.1, 0.2)),), "validation": "folds:5"},
        {"early_stopping": EarlyStopping(patience=3, min_delta=1e-4, restore_best_weights=True), "keep": "best"},
        {"class_weight": ((0, 0.5), (3, 2.0))},
    ],
)
def test_it_asks_for_the_same_study(builder, changed, source, monkeypatch, tmp_path):
    study = dataclasses.replace(make_study(seeds=2), builder=builder.card, **changed)
    (tmp_path / "study.toml").write_text(question_file(study, {"data": source.location}), encoding="utf-8")
    request = asked(["run", tmp_path / "study.toml"], monkeypatch)
    assert request.builder.card == builder.card
    for name in ("variants", "seeds", "epochs", "batch_size", "engine", "validation", "early_stopping", "keep"):
        assert getattr(request, name) == getattr(study, name), name
    assert dict(request.class_weight or {}) == dict(study.class_weight)
    assert request.data.location == source.location
    assert request.folder is None


def test_beside_its_study_it_is_about_that_study(builder, monkeypatch, tmp_path):
    study = dataclasses.replace(make_study(), builder=builder.card)
    StudyStore.create(tmp_path / "kept", study, metrics=[], context={"data": "mnist-5k"})
    assert asked(["run", tmp_path / "kept" / "study.toml"], monkeypatch).folder == tmp_path / "kept"
    other = asked(["run", tmp_path / "kept" / "study.toml", "--study", tmp_path / "other"], monkeypatch)
    assert other.folder == tmp_path / "other"


def test_seeds_that_were_added_for_a_comparison_are_asked_for_again(builder):
    study = dataclasses.replace(
        make_study(seeds=3), builder=builder.card, looks=((0, 1), (2,), (9,)), further=(Trial("l2", 0.001, 9),)
    )
    said = tomllib.loads(question_file(study, {"data": "mnist-5k"}))
    assert (said["seeds"], said["until"], said["max-seeds"]) == (2, "decided", 4)
    assert "margin" not in said
    said = tomllib.loads(question_file(study, {"data": "mnist-5k", MOST_SEEDS: "20", MARGIN: "0.001"}))
    assert (said["max-seeds"], said["margin"]) == (20, 0.001)
    assert "margin" not in tomllib.loads(question_file(make_study(), {MARGIN: "0.001"}))


@pytest.mark.parametrize(("lacking", "says"), [("build", "name a network"), ("data", "name a data set")])
def test_what_was_given_in_python_is_left_open_and_asked_for(builder, lacking, says, monkeypatch, tmp_path):
    study = make_study() if lacking == "build" else dataclasses.replace(make_study(), builder=builder.card)
    text = question_file(study, {} if lacking == "data" else {"data": "mnist-5k"})
    (tmp_path / "study.toml").write_text(text)
    assert {"build": "# build was a function in Python.", "data": "with fingerprint dddddddddddddddd"}[lacking] in text
    from ridgepath.cli import app

    with pytest.raises(InputError, match=says):
        app(["run", str(tmp_path / "study.toml")], standalone_mode=False)
    filled = {"build": json.dumps(builder.card.location), "data": '"mnist-5k"'}[lacking]
    (tmp_path / "study.toml").write_text(text.replace(f'{lacking} = ""', f"{lacking} = {filled}"))
    assert asked(["run", tmp_path / "study.toml"], monkeypatch).seeds == study.seeds


def test_names_cannot_end_a_comment_or_a_text():
    hostile = '"\nepochs = 99\r\n# \x1b[2J\x7f\\'
    study = make_study(name=hostile, variants=(hostile,))
    study = dataclasses.replace(study, builder=dataclasses.replace(study.builder, name=hostile))
    said = tomllib.loads(question_file(study, {"strengths": hostile}))
    assert (said["epochs"], said["build"], said["data"], list(said["vary"])) == (15, "", "", [hostile])


TEXTS = st.text(st.characters(exclude_categories=["Cs"]))
SCALARS = st.one_of(st.booleans(), st.integers(), st.floats(allow_nan=False), TEXTS)


@given(TEXTS, st.one_of(SCALARS, st.lists(SCALARS)), TEXTS)
def test_any_value_is_read_as_it_was_written(key, value, comment):
    text = f"{toml_comment(comment)}\n{toml_key('a b', key)} = {toml_value(value)}"
    found = tomllib.loads(text)["a b"][key]
    assert (type(found), found) == (type(value), value)


class TestKept:
    def test_it_is_there_from_the_beginning_and_grows_with_the_study(self, builder, tmp_path):
        study = dataclasses.replace(make_study(seeds=2), builder=builder.card)
        store = StudyStore.create(tmp_path / "kept", study, metrics=[], context={"data": "mnist-5k"})
        file = tmp_path / "kept" / QUESTION_FILE
        assert file.read_text() == question_file(study, {"data": "mnist-5k"})
        store.grow(dataclasses.replace(study, seeds=(0, 1, 2), variants=(Variant("l2", (0.5,)),)))
        said = tomllib.loads(file.read_text())
        assert (said["seeds"], said["vary"]) == (3, {"l2": [0.0, 1e-4, 1e-3, 1e-2, 0.5]})
        store.remember({"strengths": "auto: by looking"})
        assert "# Strengths were found, by auto: by looking." in file.read_text()
        assert [each.name for each in (tmp_path / "kept").iterdir() if each.name.startswith(".")] == []

    def test_it_is_left_alone_where_it_is_right_and_set_right_where_it_is_not(self, tmp_path):
        study = make_study()
        keep_question(tmp_path, study, {})
        file = tmp_path / QUESTION_FILE
        before = file.stat()
        keep_question(tmp_path, study, {})
        assert (file.stat().st_ino, file.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)
        file.write_text("epochs = 99")
        keep_question(tmp_path, study, {})
        assert file.read_text() == question_file(study, {})

    def test_where_it_cannot_be_written_that_is_said(self, tmp_path):
        (tmp_path / QUESTION_FILE).mkdir()
        with pytest.raises(StudyError, match=r"study\.toml must be writable; received Is a directory"):
            keep_question(tmp_path, make_study(), {})
        assert [each.name for each in tmp_path.iterdir()] == [QUESTION_FILE]


@pytest.mark.slow
def test_from_init_to_a_grown_study_and_its_copy(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    ridgepath("init")
    quick = ("--data", "digits", "--epochs", "1", "--seeds", "2", "--study", "first")
    ridgepath("run", "study.toml", *quick)
    capsys.readouterr()
    trained = (tmp_path / "first" / "study.db").read_bytes()
    ridgepath("run", "first/study.toml")
    assert "All 8 networks are trained already; nothing was trained." in capsys.readouterr().err
    assert (tmp_path / "first" / "study.db").read_bytes() == trained
    ridgepath("resume", "first", "--seeds", "3", "--strengths", "0.1")
    said = tomllib.loads((tmp_path / "first" / "study.toml").read_text())
    assert (said["seeds"], said["vary"]["l2"]) == (3, [0.0, 0.0001, 0.001, 0.01, 0.1])
    (tmp_path / "copy").mkdir()
    shutil.copy("first/study.toml", "copy/study.toml")
    capsys.readouterr()
    ridgepath("run", "copy/study.toml", "--study", "second")
    assert "nothing was trained" not in capsys.readouterr().err
    numbers = [path.trials.drop(columns="seconds") for path in map(rp.open_study, ("first", "second"))]
    pd.testing.assert_frame_equal(*numbers, check_exact=True)


@pytest.mark.slow
def test_a_study_whose_seeds_followed_from_looks_is_asked_again_as_a_whole(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    asked_for = ("--data", "digits", "--epochs", "1", "--strengths", "1e-4,0.01", "--seeds", "2")
    ridgepath("run", *asked_for, "--until", "decided", "--max-seeds", "4", "--margin", "0.01", "--study", "first")
    said = tomllib.loads((tmp_path / "first" / "study.toml").read_text())
    assert {name: said[name] for name in ("seeds", "until", "max-seeds", "margin")} == {
        "seeds": 2, "until": "decided", "max-seeds": 4, "margin": 0.01
    }  # fmt: skip
    before = trials_of(tmp_path / "first")
    ridgepath("run", "first/study.toml")
    assert trials_of(tmp_path / "first") == before
    ridgepath("run", "first/study.toml", "--study", "second")
    assert trials_of(tmp_path / "second") == before
    assert len(before) > 6


def trials_of(folder):
    with closing(sqlite3.connect(folder / "study.db")) as connection:
        rows = connection.execute("SELECT variant, strength, seed, val_data_loss FROM trials ORDER BY 1, 2, 3")
        return rows.fetchall()
