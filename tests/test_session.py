from pathlib import Path

import pytest

from ridgepath.builders import TASK_NETWORK, find_builder
from ridgepath.session import Request


def request(data):
    settings = {"variants": None, "seeds": (0,), "epochs": 1, "batch_size": 1, "folder": None, "workers": None}
    return Request(builder=find_builder(TASK_NETWORK), data=data, engine="auto", **settings)


@pytest.mark.parametrize("data", ["mine.npz", Path("mine.npz"), "~/mine.npz"])
def test_data_in_a_file_is_found_again_from_anywhere(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert request(data).location == str(tmp_path / "mine.npz")


def test_named_data_is_found_again_by_its_name_and_arrays_are_not():
    assert request("mnist-5k").location == "mnist-5k"
    assert request((([1.0], [0]), ([1.0], [0]))).location == ""
