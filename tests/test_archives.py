"""``.npz`` files of the user's own arrays."""

from __future__ import annotations

import zipfile
from pathlib import Path

import numpy as np
import pytest

from ridgepath.datasets import load_dataset
from ridgepath.errors import InputError


def arrays(examples: int = 4, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(examples, 3)), generator.integers(0, 2, examples)


def write_npz(path: Path, **changed: np.ndarray | None) -> Path:
    x, y = arrays(6)
    x_val, y_val = arrays(4, seed=1)
    kept = {"x_train": x, "y_train": y, "x_val": x_val, "y_val": y_val, **changed}
    np.savez(path, **{name: array for name, array in kept.items() if array is not None})
    return path


@pytest.mark.parametrize("as_path", [str, Path])
def test_reads_the_users_arrays(tmp_path: Path, as_path: type) -> None:
    x_test, y_test = arrays(2, seed=2)
    path = write_npz(tmp_path / "own.npz", x_test=x_test, y_test=y_test)
    own = load_dataset(as_path(path))
    assert (own.name, own.card.train, own.card.validation, own.card.test) == ("own.npz", 6, 4, 2)
    assert own.train.x.dtype == np.float32
    np.testing.assert_array_equal(own.train.x, arrays(6)[0].astype(np.float32))
    np.testing.assert_array_equal(own.validation.y, arrays(4, seed=1)[1])
    assert load_dataset(write_npz(tmp_path / "two.npz")).test is None


def test_scales_pixels(tmp_path: Path) -> None:
    levels = np.array([[0], [51], [255], [1]], np.uint8)
    y = np.arange(4, dtype=np.uint8)
    path = write_npz(tmp_path / "own.npz", x_train=levels, y_train=y, x_val=levels, y_val=y)
    own = load_dataset(path)
    assert own.train.x.dtype == np.float32
    assert own.validation.x.ravel().tolist() == [0, np.float32(0.2), 1, np.float32(1) / np.float32(255)]
    assert own.validation.y.tolist() == [0, 1, 2, 3]
    with pytest.raises(InputError, match="x_train of type uint8, x_val of type float64"):
        load_dataset(write_npz(path, x_train=levels, y_train=y, x_val=levels / 255, y_val=y))


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"y_val": None}, r"received x_train, y_train, x_val without y_val"),
        ({"x_train": None, "y_train": None}, r"received x_val, y_val without x_train, y_train"),
        ({"x_test": np.ones((2, 3))}, r"without y_test\. "),
        (
            {"x_val": None, "y_val": None, "x_valid": np.ones((4, 3)), "y_valid": np.ones(4)},
            r"received x_train, y_train, x_valid, y_valid where x_valid, y_valid have no meaning",
        ),
        ({"x_train.a": np.ones((6, 3))}, r"one array x_train or several with names; received x_train and x_train\.a"),
        ({"weight_train": np.ones(6)}, r"weights in the train split and not in the validation split"),
        (
            {f"weight_{part}.{n}": np.ones(6) for part in ("train", "val") for n in "ab"},
            r"one weight an example; received several arrays weight_train",
        ),
        ({"y_train": np.ones(5)}, r"the train split needs one target .*; received 6 examples and 5 targets"),
        ({"x_val": np.empty((0, 3)), "y_val": np.empty(0)}, r"validation features need at least one example"),
        ({"x_val": np.ones((4, 2))}, r"shape of the train features, \(3,\) an example; received \(2,\)"),
        ({"x_train": np.full((6, 3), np.nan)}, r"the train features must be finite; received nan in example 0"),
        ({"x_val": np.full((4, 3), 1e300)}, r"the validation features must be finite; received inf in example 0"),
        ({"y_val": np.array([0, 1, np.nan, 1])}, r"validation targets must be finite; received nan in example 2"),
        ({"x_train": np.array([[None] * 3] * 6)}, r"received in x_train: Object arrays"),
        (
            {"y_train": np.array(list("abcdef"))},
            r"the train targets must be an array of numbers; received type <U1",
        ),
    ],
)
def test_refuses_wrong_arrays(tmp_path: Path, changed: dict[str, np.ndarray], message: str) -> None:
    with pytest.raises(InputError, match=message):
        load_dataset(write_npz(tmp_path / "own.npz", **changed))


def test_refuses_other_files(tmp_path: Path) -> None:
    path = tmp_path / "own.npz"
    with pytest.raises(InputError, match=rf"file that exists; received {path}\. Give your own"):
        load_dataset(path)
    path.write_text("x,y\n1,2\n")
    with pytest.raises(InputError, match=rf"{path} must be an \.npz file"):
        load_dataset(str(path))
    path.write_bytes(write_npz(tmp_path / "whole.npz").read_bytes()[:-30])
    with pytest.raises(InputError, match=rf"{path} must be an \.npz file"):
        load_dataset(path)
    with path.open("wb") as file:
        np.save(file, np.ones(3))
    with pytest.raises(InputError, match="received a single array"):
        load_dataset(path)
    with pytest.raises(InputError, match="directory"):
        load_dataset(tmp_path)


def test_refuses_members_that_are_no_arrays(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "own.npz", x_train=None)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("x_train", "1,2,3")
    with pytest.raises(InputError, match="received in x_train: something else"):
        load_dataset(path)


def test_refuses_damaged_arrays(tmp_path: Path) -> None:
    path = write_npz(tmp_path / "own.npz")
    content = path.read_bytes()
    at = content.index(arrays(6)[0].tobytes())
    path.write_bytes(content[:at] + bytes(8) + content[at + 8 :])
    with pytest.raises(InputError, match="received in x_train: Bad CRC-32"):
        load_dataset(path)


def test_sets_a_validation_part_apart_where_there_is_none(tmp_path: Path) -> None:
    x, y = arrays(50)
    path = write_npz(tmp_path / "own.npz", x_train=x, y_train=y, x_val=None, y_val=None, other=np.ones(2))
    own = load_dataset(path)
    assert (own.card.train, own.card.validation, own.card.test) == (40, 10, 0)
    joined = np.concatenate([own.train.x, own.validation.x])
    np.testing.assert_array_equal(np.sort(joined, axis=0), np.sort(x.astype(np.float32), axis=0))


def test_reads_several_inputs_and_weights(tmp_path: Path) -> None:
    title, pixels = np.arange(12.0).reshape(6, 2), np.full((6, 3), 255, np.uint8)
    weight = np.arange(6.0)
    parts = {
        f"{name}_{part}": array
        for part in ("train", "val")
        for name, array in (("weight", weight), ("y", np.arange(6)))
    }
    inputs = {f"x_{part}.{n}": array for part in ("train", "val") for n, array in (("title", title), ("a.b", pixels))}
    np.savez(tmp_path / "named.npz", **parts, **inputs)
    named = load_dataset(tmp_path / "named.npz").train
    assert set(named.x) == {"title", "a.b"}
    np.testing.assert_array_equal(named.x["title"], title.astype(np.float32), strict=True)
    np.testing.assert_array_equal(named.x["a.b"], np.ones((6, 3), np.float32), strict=True)
    np.testing.assert_array_equal(named.weight, weight.astype(np.float32), strict=True)
    counted = {f"{axis}_{part}.{n}": title + n for part in ("train", "val") for n in (0, 1) for axis in "xy"}
    np.savez(tmp_path / "counted.npz", **counted)
    x, y, _ = load_dataset(tmp_path / "counted.npz").validation
    assert (type(x), type(y), len(x)) == (tuple, tuple, 2)
    np.testing.assert_array_equal(x[1], x[0] + 1)


def test_pixels_are_pixels_in_all_splits_of_an_input(tmp_path: Path) -> None:
    inputs = {"x_train.a": np.ones((6, 1), np.uint8), "x_val.a": np.ones((6, 1)), "x_train.b": np.ones((6, 1))}
    y = np.arange(6)
    np.savez(tmp_path / "own.npz", **inputs, **{"x_val.b": np.ones((6, 1))}, y_train=y, y_val=y)
    with pytest.raises(InputError, match=r"received x_train\.a of type uint8, x_val\.a of type float64"):
        load_dataset(tmp_path / "own.npz")
