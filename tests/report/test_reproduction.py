import dataclasses
import json
import shlex

import pytest
from synthetic import make_results, make_study, make_summary

from asking import asked
from ridgepath import session
from ridgepath.builders import find_builder
from ridgepath.callbacks import EarlyStopping
from ridgepath.datasets import Source
from ridgepath.report.labels import language
from ridgepath.report.methods import methods
from ridgepath.report.reproduction import commands, configuration
from ridgepath.report.summary import summarize
from ridgepath.report.trial_table import trial_table
from ridgepath.results import DIVERGED
from ridgepath.study import Trial, Variant

NETWORK = """
import keras

def build(l2=0.0, dropout=0.0):
    return keras.Sequential()
"""


def summary_of(study, **context):
    return summarize(study, make_results(study), name="s", seconds=1.0, context=context)


@pytest.fixture
def builder(tmp_path):
    file = tmp_path / "my net.py"
    file.write_text(NETWORK)
    return find_builder(f"{file}:build")


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"seeds": (3, 5), "engine": "reference"},
        {"seeds": (7,)},
        {"variants": (Variant("l2", (0.0, 1e-5, 1 / 3)), Variant("dropout", (0.0, 0.5)))},
        {"variants": (Variant("dropout", (0.1, 0.2)),), "validation": "folds:5"},
        {"early_stopping": EarlyStopping(patience=3, min_delta=1e-4, restore_best_weights=True), "keep": "best"},
        {"class_weight": ((0, 0.5), (3, 2.0))},
    ],
)
def test_the_command_asks_for_the_same_study(builder, changed, monkeypatch):
    study = dataclasses.replace(make_study(seeds=2), builder=builder.card, **changed)
    request = asked(shlex.split(commands(summary_of(study, data="digits.npz")))[1:], monkeypatch)
    assert isinstance(request, session.Request)
    assert request.builder.card == builder.card
    for name in ("variants", "epochs", "batch_size", "engine", "validation", "early_stopping", "keep"):
        assert getattr(request, name) == getattr(study, name), name
    assert dict(request.class_weight or {}) == dict(study.class_weight)
    assert tuple(request.seeds) == study.seeds
    assert request.data.location == Source("digits.npz").location


def test_seeds_that_were_added_for_a_comparison_are_added_again(builder):
    study = dataclasses.replace(
        make_study(seeds=3),
        builder=builder.card,
        looks=((0, 1), (2,), (9,)),
        further=(Trial("l2", 0.001, 9),),
    )
    first, second = commands(summary_of(study, data="mnist-5k")).splitlines()
    assert "--seeds 2 " in first
    assert second == "ridgepath resume studies/again --until decided --max-seeds 4"


@pytest.mark.parametrize(("location", "data", "seeds"), [(None, "mnist-5k", 2), ("net.py:build", "", 2)])
def test_what_a_shell_cannot_name_is_a_call(location, data, seeds):
    study = make_study(seeds=seeds)
    study = dataclasses.replace(study, builder=dataclasses.replace(study.builder, location=location))
    call = commands(summary_of(study, data=data))
    compile(call, "call", "exec")
    given = {}
    scope = {"build": "build", "data": "data", "rp": None}
    fake = type("rp", (), {"fit_path": staticmethod(lambda *args, **named: given.update(named, args=args))})
    exec(call.replace("import ridgepath as rp", ""), scope | {"rp": fake})
    assert given["args"] == (location or "build", data or "data")
    assert given["vary"] == {"l2": [0.0, 1e-4, 1e-3, 1e-2]}
    assert (given["seeds"], given["zero"]) == ([0, 1], True)


def test_the_configuration_is_the_question_without_the_source():
    study = make_study()
    found = json.loads(configuration(summary_of(study)))
    assert found["data"]["fingerprint"] == "d" * 64
    assert "source" not in found["builder"]
    assert found["variants"] == [{"name": "l2", "strengths": [0.0, 1e-4, 1e-3, 1e-2]}]


class TestMethods:
    def test_says_what_was_done(self):
        written = methods(make_summary())
        for part in (
            "mnist-5k (3,000 training, 1,000 validation and 1,000 test examples; SHA-256 dddddddddddddddd)",
            "varying l2 at 0, 0.0001, 0.001, 0.01",
            "Each strength was trained with 5 seeds for 15 epochs with batches of 32, 20 trainings in all.",
            "paired by seed and example",
            "Keras 3.15.1, JAX 0.10.2, Python 3.11.9",
        ):
            assert part in written
        assert "Nadeau" not in written
        assert "diverged" not in written

    def test_says_what_was_left_out_and_how_many_seeds_there_were(self):
        written = methods(make_summary(ended={Trial("l2", 0.01, 3): (DIVERGED, "")}))
        assert "with 4 to 5 seeds" in written
        assert "19 trainings in all (1 more diverged or failed and are left out)" in written

    @pytest.mark.parametrize(
        ("validation", "part"), [("redrawn", "divided anew"), ("folds:5", "repeated 5-fold cross-validation")]
    )
    def test_says_how_examples_were_divided(self, validation, part):
        written = methods(summary_of(dataclasses.replace(make_study(), validation=validation)))
        assert part in written
        assert "Nadeau and Bengio, 2003" in written

    def test_claims_no_test_examples_and_no_pairs_where_there_are_none(self):
        written = methods(make_summary(make_study(test=0, seeds=1, strengths=(0.1,))))
        assert "1,000 validation examples" in written
        assert "test" not in written
        assert "paired" not in written
        assert "with 1 seed for" in written


class TestTrialTable:
    def test_has_every_trial_and_its_figures(self):
        summary = make_summary(ended={Trial("l2", 0.01, 3): (DIVERGED, "x")})
        table = trial_table(summary, language("en"))
        assert len(table.rows) == 20
        assert {len(row) for row in table.rows} == {len(table.columns)}
        assert table.columns[:4] == ("strength", "seed", "ended", "validation data loss")
        first = summary.trials[0]
        assert table.rows[0][:4] == ("0", "0", "done", f"{first.figures['val_data_loss']:.4g}")
        near_zero = table.columns.index("near zero, %")
        assert table.rows[0][near_zero] == f"{first.figures['near_zero'] * 100:.4g}"
        [lost] = [row for row in table.rows if "diverged" in row]
        assert set(lost[3:-1]) == {"–"}

    def test_names_variants_where_there_are_several(self):
        table = trial_table(make_summary(make_study(variants=("l2", "dropout"))), language("ar"))
        assert len(table.rows) == 40
        assert {row[0] for row in table.rows} == {"l2", "dropout"}
