from pathlib import Path

import pytest

from ridgepath.datasets import Source


@pytest.mark.parametrize("data", ["mine.npz", Path("mine.npz"), "~/mine.npz"])
def test_data_in_a_file_is_found_again_from_anywhere(data, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert Source(data).location == str(tmp_path / "mine.npz")


def test_named_data_is_found_again_by_its_name_and_arrays_are_not():
    assert Source("mnist-5k").location == "mnist-5k"
    assert Source((([1.0], [0]), ([1.0], [0]))).location == ""
