"""What docs/networks.md says of networks is what the tests try and what the program prints."""

import ast
import re
import sys
from pathlib import Path

import keras
import pytest

from ridgepath.callbacks import EarlyStopping
from ridgepath.study import PROVED_BATCHES
from ridgepath.training import coefficients, lowering, proof

PAGE = (Path(__file__).parent.parent / "docs" / "networks.md").read_text(encoding="utf-8")
WITHOUT_TENSORFLOW = ("StringLookup", "IntegerLookup", "TextVectorization", "Hashing", "HashedCrossing")


def section(title):
    return PAGE.partition(f"## {title}\n")[2].partition("\n## ")[0]


def reasons():
    """Yield the fixed parts of every reason with which a model is refused, as the modules write it."""
    for module in (lowering, proof):
        for node in ast.walk(ast.parse(Path(module.__file__).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "NotLoweredError" and node.args:
                [said] = node.args
                parts = said.values if isinstance(said, ast.JoinedStr) else [said]
                yield tuple(part.value for part in parts if isinstance(part, ast.Constant))


def test_every_network_of_the_tests_is_named():
    sys.path.insert(0, str(Path(__file__).parent / "training"))
    from zoo import NETWORKS

    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \|$", section("Networks that are held to `fit`"), flags=re.MULTILINE)
    text = " ".join(rows)
    named = set()
    for name in sorted(NETWORKS, key=len, reverse=True):  # the longest first, for some are parts of others
        if re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text):
            text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", text, count=1)
            named.add(name)
    assert named == set(NETWORKS)
    assert not re.search(r"\w", text), "nothing is named that is not tried"


def test_every_reason_for_plain_fit_is_in_the_table():
    found = list(reasons())
    assert len(found) >= 7
    rows = re.findall(r"^\| `([^`]+)` \|", section("Known reasons for plain `model.fit`"), flags=re.MULTILINE)
    assert len(rows) == len(found)
    for parts in found:
        pattern = ".+".join(re.escape(part) for part in parts)
        assert any(re.search(pattern, row) for row in rows), parts


def test_the_numbers_of_the_proof_are_those_of_the_program():
    text = section("Compiled programs, and their proof")
    assert f"{proof.MARGIN:g} times" in text
    assert PROVED_BATCHES == 2
    assert "two full batches" in text


def test_penalties_that_share_a_program_are_named():
    text = section("What shares a program")
    for regularizer in coefficients._NUMBERS:
        assert f"`{regularizer.__name__}`" in text or f"keras.regularizers.{regularizer.__name__}`" in text


def test_the_arguments_of_early_stopping_are_named():
    text = section("Early stopping, and whose weights a trial ends with")
    for name in EarlyStopping.__dataclass_fields__:
        assert f"`{name}`" in text


@pytest.mark.parametrize("name", WITHOUT_TENSORFLOW)
def test_layers_that_need_tensorflow_are_named(name):
    assert f"`{name}`" in section("Imports of `tensorflow.keras`")
    settings = {"IntegerLookup": {"vocabulary": [1]}, "Hashing": {"num_bins": 3}, "HashedCrossing": {"num_bins": 3}}
    if not keras.src.utils.module_utils.tensorflow.available:
        with pytest.raises(ImportError, match=f"Layer {name} requires TensorFlow"):
            getattr(keras.layers, name)(**settings.get(name, {}))
