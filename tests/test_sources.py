"""What a study remembers of its data, and data that is found again from it."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ridgepath.errors import InputError
from ridgepath.sources import Source


def test_a_name_or_a_path_is_remembered_as_ever(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for data, location in (
        ("mnist-5k", "mnist-5k"),
        ("own.npz", f"{tmp_path}/own.npz"),
        (Path("own.npz"), f"{tmp_path}/own.npz"),
        ("~/own.npz", f"{tmp_path}/own.npz"),
    ):
        assert Source(data).location == location
        assert Source.at(location).data == location


def test_all_that_is_needed_is_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    source = Source("a.csv", "y", "w", Path("b.csv"), test_share=0.25)
    found = Source.at(source.location)
    assert json.loads(source.location) == {
        "data": f"{tmp_path}/a.csv",
        "validation_data": f"{tmp_path}/b.csv",
        "target": "y",
        "weight": "w",
        "test_share": 0.25,
    }
    assert found.location == source.location
    assert asdict(found) == {**asdict(source), "data": f"{tmp_path}/a.csv", "validation_data": f"{tmp_path}/b.csv"}


def test_a_name_may_have_a_share() -> None:
    assert Source.at(Source("own.npz", validation_share=0.3).location).validation_share == 0.3


@pytest.mark.parametrize("data", [(np.ones(3), np.ones(3)), pd.DataFrame({"a": [1]})])
def test_what_is_only_in_memory_is_not_remembered(data: object) -> None:
    assert Source(data, "a").location == ""
    assert Source("own.csv", "a", validation_data=data).location == ""


def test_a_source_of_a_later_version_is_refused() -> None:
    with pytest.raises(
        InputError, match=r"data this version .*; received one that was made with colour, sheet\. Install"
    ):
        Source.at('{"data": "a.xls", "sheet": 2, "colour": "red"}')


def test_a_source_is_itself() -> None:
    source = Source("digits")
    assert Source.of(source) is source
    assert Source.of("digits").location == "digits"
