"""Conversions as a user asks for them: there and back, what is needed for them, and what is refused."""

import itertools
import json
import math
from pathlib import Path

import numpy as np
import pytest

from ridgepath.cli import main
from ridgepath.conventions import CONVENTIONS, Loss, Penalty
from ridgepath.conversion import SETTINGS, convert
from ridgepath.errors import InputError

DOCS = Path(__file__).parent.parent / "docs" / "conventions.md"
ALL = {"examples": 300, "batch_size": 20, "learning_rate": 0.1, "target_sd": 7.0, "optimizer": "sgd"}


def equivalent(one, other):
    if {one.loss, other.loss} == {Loss.SQUARED, Loss.CLASSES}:
        return False
    if one.penalty == other.penalty:
        return True
    return Penalty.L1 not in (one.penalty, other.penalty) and not (one.adaptive or other.adaptive)


@pytest.mark.parametrize("name", CONVENTIONS)
def test_there_and_back_and_over_a_third(name):
    here = CONVENTIONS[name]
    for there in CONVENTIONS.values():
        if not equivalent(here, there):
            with pytest.raises(InputError, match="equivalent"):
                convert(0.3, name, there.name, **ALL)
            continue
        converted = convert(0.3, name, there.name, **ALL).strength
        assert convert(converted, there.name, name, **ALL).strength == pytest.approx(0.3, rel=1e-12)
        for third in CONVENTIONS.values():
            if equivalent(here, third) and equivalent(there, third):
                direct = convert(0.3, name, third.name, **ALL).strength
                assert convert(converted, there.name, third.name, **ALL).strength == pytest.approx(direct, rel=1e-12)


def test_the_two_numbers_of_a_formula_have_two_names():
    for one, other in itertools.permutations(CONVENTIONS.values(), 2):
        assert not equivalent(one, other) or one.symbol != other.symbol


def test_a_formula_is_what_is_computed():
    for one, other in itertools.permutations(CONVENTIONS.values(), 2):
        if not equivalent(one, other):
            continue
        conversion = convert(0.3, one.name, other.name, **ALL)
        left, right = conversion.formula.split(" = ")
        program = right.replace(one.symbol, "strength").replace("·", "*")
        assert left == other.symbol
        assert eval(program, {"strength": 0.3, **conversion.settings}) == pytest.approx(conversion.strength)


def test_only_what_is_needed_is_asked_for():
    assert convert(5.0, "textbook-2n-regression", "sklearn-ridge-alpha").strength == 5.0
    assert convert(0.2, "keras-l2", "sklearn-logistic-c", examples=np.int64(10)).settings == {"examples": 10}
    for name, convention in CONVENTIONS.items():
        if convention.over and convention.penalty is Penalty.L2:
            missing = {setting: value for setting, value in ALL.items() if setting not in convention.over}
            [setting] = convention.over
            with pytest.raises(InputError, match=f"Add --{setting.replace('_', '-')}."):
                convert(0.3, name, "keras-l2", **missing)
    assert {setting for each in CONVENTIONS.values() for setting in each.over} == set(SETTINGS)


def asked(capsys, *arguments):
    with pytest.raises(SystemExit) as ended:
        main(["convert", *arguments])
    return ended.value.code, *capsys.readouterr()


def test_the_number_comes_first_and_then_its_formula(capsys):
    code, out, err = asked(capsys, "1e-4", "--from", "keras-l2", "--to", "torch-weight-decay")
    assert (code, out, err) == (0, "0.0002\ntorch.weight_decay = 2 · keras.l2\n", "")
    asked_for = ("1e-4", "--from", "keras-l2", "--to", "sklearn-logistic-c", "--examples", "3000")
    code, out, err = asked(capsys, *asked_for)
    formula = "LogisticRegression.C = 1 / (2 · keras.l2 · examples)"
    assert (code, err) == (0, "")
    assert out == f"1.666666667\n{formula}, with examples = 3000\n"
    code, out, err = asked(capsys, *asked_for, "--json")
    printed = json.loads(out)
    assert printed == {
        "from": "keras-l2",
        "to": "sklearn-logistic-c",
        "strength": pytest.approx(5 / 3),
        "formula": formula,
        "settings": {"examples": 3000},
    }


ADAM = "L2 in the loss and decoupled weight decay are equivalent under plain SGD only"
TRAIN = "ridgepath run FILE.py:build --vary weight_decay=0.01,0.1,1."


@pytest.mark.parametrize(
    ("strength", "source", "target", "options", "says"),
    [
        ("1", "keras-l2", "adamw-weight-decay", (), f"{ADAM}"),
        ("1", "keras-l2", "adamw-weight-decay", (), TRAIN),
        ("1", "keras-l2", "adamw-weight-decay", ("--optimizer", "sgd"), ADAM),
        (
            "1",
            "torch-weight-decay",
            "keras-weight-decay",
            ("--optimizer", "adam"),
            "decoupled decay. Find the other by training",
        ),
        ("1", "torch-weight-decay", "keras-weight-decay", ("--optimizer", "momentum"), TRAIN),
        (
            "1",
            "torch-weight-decay",
            "keras-weight-decay",
            (),
            "Add --optimizer sgd if that is what trains",
        ),
        ("1", "keras-weight-decay", "keras-l2", (), "--vary l2=1e-4,1e-3,1e-2."),
        (
            "1",
            "keras-l1",
            "keras-l2",
            (),
            "an L1 penalty is equivalent to no L2 penalty and no decay; received",
        ),
        (
            "1",
            "sklearn-ridge-alpha",
            "sklearn-logistic-c",
            (),
            "beside a squared error is equivalent to none",
        ),
        ("1", "keras-l2", "sklearn-ridge-alpha", (), "examples; received none. Add --examples."),
        (
            "1",
            "keras-l2",
            "sklearn-ridge-alpha",
            ("--examples", "0"),
            "--examples must be a whole number of at least 1",
        ),
        (
            "1",
            "keras-l2",
            "glmnet-gaussian-ridge",
            ("--target-sd", "nan"),
            "--target-sd must be a finite number above 0",
        ),
        ("1", "keras-l2", "sklearn-alpha", (), "a convention out of keras-l2, torch-weight-decay, "),
        (
            "1",
            "keras-l2",
            "torch-weight-decay",
            ("--optimizer", "lion"),
            "an optimizer out of sgd, momentum, adam;",
        ),
        ("0", "keras-l2", "sklearn-logistic-c", ("--examples", "9"), "a strength above 0, for C is one over it"),
        ("nan", "keras-l2", "torch-weight-decay", (), "strengths must be >= 0 and finite; received nan."),
        ("much", "keras-l2", "torch-weight-decay", (), "strengths must be numbers; received 'much'."),
        ("1e308", "keras-l2", "torch-weight-decay", (), "a strength whose equal is finite; received 1e308."),
        ("1e-320", "keras-l2", "sklearn-logistic-c", ("--examples", "1"), "a strength whose equal is finite"),
    ],
)
def test_what_cannot_be_converted_is_said_in_a_line(capsys, strength, source, target, options, says):
    code, out, err = asked(capsys, strength, "--from", source, "--to", target, *options)
    assert (code, out) == (2, "")
    assert says in err
    assert err.count("\n") == 1


def test_zero_is_zero_wherever_it_can_be_written():
    for name, convention in CONVENTIONS.items():
        if convention.power == 1 and convention.penalty is Penalty.L2:
            assert math.copysign(1, convert(0, "keras-l2", name, **ALL).strength) == 1
            assert convert(0, "keras-l2", name, **ALL).strength == 0


def test_the_table_of_the_docs_has_every_convention():
    written = [line for line in DOCS.read_text(encoding="utf-8").splitlines() if line.startswith("| `")]
    rows = [
        f"| `{each.name}` | {each.where} | {each.minimized.replace('|', '&#124;')} | {each.formula} | {each.source} |"
        for each in CONVENTIONS.values()
    ]
    assert written == rows
