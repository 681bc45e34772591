"""The full image sets: where they are looked for, how they are read and divided, and damaged files."""

from __future__ import annotations

import gzip
import stat
import sys
from pathlib import Path

import numpy as np
import pytest

from ridgepath import images as sets
from ridgepath.datasets import load_dataset
from ridgepath.errors import InputError


def write_idx(path: Path, array: np.ndarray) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    lengths = b"".join(length.to_bytes(4, "big") for length in array.shape)
    path.write_bytes(gzip.compress(bytes((0, 0, 8, array.ndim)) + lengths + array.tobytes()))


def small_images(folder: Path, *, side: int = 2) -> None:
    """Write 5,002 tiny training images and 3 for the test, each filled with its number modulo 256."""
    for images, labels, count in ((0, 1, 5_002), (2, 3, 3)):
        number = np.arange(count)
        pixels = np.broadcast_to((number % 256).astype(np.uint8)[:, None, None], (count, side, side))
        write_idx(folder / sets.IDX_FILES[images], pixels)
        write_idx(folder / sets.IDX_FILES[labels], (number % 10).astype(np.uint8))


@pytest.fixture
def nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Let no image set be found or downloaded; the folders are ``debian`` and ``keras/datasets`` in what returns."""
    monkeypatch.setattr(sets, "DEBIAN", tmp_path / "debian")
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    monkeypatch.setattr(sets, "_download", lambda name: f"no network for {name}")
    return tmp_path


def compressed(content: bytes) -> bytes:
    """Compress without the time of day, which would give a test another name in each worker."""
    return gzip.compress(content, mtime=0)


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
        monkeypatch.setattr(sets, "_download", lambda name: small_images(nowhere / "keras/datasets" / name))
        assert load_dataset("fashion-mnist").card.test == 3

    def test_downloads_by_keras_into_its_cache(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        small_images(tmp_path / "datasets/fashion-mnist", side=28)  # Already there, so that no network is needed.
        assert sets._download("fashion-mnist") == ""

    def test_says_why_a_download_failed(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        python = tmp_path / "python"
        python.write_text("#!/bin/sh\necho trace >&2\necho no route for $KERAS_BACKEND >&2\nexit 1\n")
        python.chmod(python.stat().st_mode | stat.S_IXUSR)
        monkeypatch.setattr(sys, "executable", str(python))
        assert sets._download("mnist") == "no route for numpy"

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
