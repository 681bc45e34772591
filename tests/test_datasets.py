from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.model_selection import train_test_split

from ridgepath.datasets import Dataset, Source, Split, check_labels, load_dataset
from ridgepath.errors import InputError
from ridgepath.splits import set_apart

DIGITS_FINGERPRINT = "31f3e9bb69e538c6c6744bd3f81660c8f5233163cf686f8af6e490a540ab174e"


def arrays(examples: int = 4, *, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(seed)
    return generator.normal(size=(examples, 3)), generator.integers(0, 2, examples)


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
        [None, 3, {}, np.ones((2, 3)), (), (arrays(),), (arrays(), arrays()[:1]), (*arrays(), *arrays())],
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
        with pytest.raises(InputError, match=r"received 'minst'\. .*mnist, fashion-mnist, digits, .*; .*FILE\.npz"):
            load_dataset("minst")

    @pytest.mark.parametrize("name", ["own.xlsx", "folder/own.txt", "own.tsv"])
    def test_refuse_other_files(self, name: str) -> None:
        for data in (name, Path(name)):
            with pytest.raises(InputError, match=rf"a file \(\.npz, \.csv or \.parquet\).*received '{name}'\."):
                load_dataset(data)


class TestSettingApart:
    Y = np.repeat([0, 1, 2], [60, 30, 10])

    def test_takes_a_share_of_every_class_and_keeps_pairs_together(self) -> None:
        x = np.arange(100)[:, None] * 1.0
        own = load_dataset((x, self.Y))
        assert (own.card.train, own.card.validation, own.card.test) == (80, 20, 0)
        assert np.bincount(own.validation.y).tolist() == [12, 6, 2]
        for split in own.splits.values():
            np.testing.assert_array_equal(split.y, self.Y[split.x[:, 0].astype(int)])
        assert sorted(np.concatenate([own.train.x, own.validation.x])[:, 0]) == list(range(100))
        assert own.account == ("Of 100 examples 20 for validation are set apart, the same ones in every study.",)

    def test_is_fixed_forever(self) -> None:
        # Written down once: another numpy, or another day, must find the same parts in a study that is resumed.
        parts = set_apart(np.arange(12) % 2, {"validation": 0.25, "test": 0.25})
        assert {name: rows.tolist() for name, rows in parts.items()} == {
            "train": [0, 1, 3, 5, 7, 10],
            "validation": [2, 4, 9],
            "test": [6, 8, 11],
        }

    @pytest.mark.parametrize("shares", [{"validation": 0.2}, {"validation": 0.15, "test": 0.25}, {"test": 0.3}])
    @pytest.mark.parametrize("seed", range(3))
    def test_gives_the_counts_of_scikit_learn(self, shares: dict[str, float], seed: int) -> None:
        y = np.random.default_rng(seed).choice(4, 337, p=[0.5, 0.3, 0.15, 0.05])
        for name, rows in set_apart(y, shares).items():
            if name != "train":
                _, theirs = train_test_split(y, test_size=len(rows), stratify=y, random_state=0)
                assert len(rows) == round(shares[name] * 337)
                # Two parts one after the other may each round a class the other way.
                assert np.abs(np.bincount(y[rows]) - np.bincount(theirs)).max() <= len(shares)

    def test_takes_quantities_at_random(self) -> None:
        own = load_dataset(Source((np.ones((400, 1)), np.arange(400) / 7), validation_share=0.5))
        assert 75 < np.count_nonzero(own.validation.y < 200 / 7) < 125
        assert np.count_nonzero(np.diff(own.validation.y * 7) == 2) < 150, "every other example"

    def test_takes_weights_and_several_inputs_along(self) -> None:
        x = {"a": np.arange(30.0), "b": np.arange(30.0)[:, None] * 2}
        own = load_dataset(Source((x, np.arange(30) % 3, np.arange(30)), test_share=0.1))
        assert (own.train.examples, own.validation.examples) == (21, 6)
        for split in own.splits.values():
            np.testing.assert_array_equal(split.weight, split.x["a"])
            np.testing.assert_array_equal(split.x["b"][:, 0], 2 * split.x["a"])

    def test_leaves_alone_what_is_given(self) -> None:
        (x, y), validation = arrays(20), arrays(5, seed=1)
        own = load_dataset(Source((x, y), validation_data=validation, test_share=0.25))
        assert (own.card.train, own.card.validation, own.card.test) == (15, 5, 5)
        assert own.validation.x is validation[0]
        own = load_dataset(Source((x, y), validation_data=validation, test_data=arrays(3)))
        assert (own.train.x is x, own.card.test, own.account) == (True, 3, ())

    @pytest.mark.parametrize(
        ("settings", "message"),
        [
            ({"validation_share": 0.0}, r"the validation share must be between 0 and 1; received 0\.0"),
            ({"test_share": 1}, r"the test share must be between 0 and 1; received 1"),
            ({"validation_share": "half"}, r"between 0 and 1; received 'half'"),
            ({"validation_share": 0.5, "test_share": 0.5}, r"shares that leave examples to train on"),
            ({"validation_share": 0.99}, r"enough examples to set a share of 0\.99 apart for validation; received 20"),
            ({"validation_data": np.ones(3)}, r"validation data as \(x, y\) or \(x, y, weight\).*received ndarray"),
            ({"validation_data": (np.ones((3, 2)), np.ones(3))}, r"shape of the train features"),
            ({"validation_data": arrays(4), "validation_share": 0.2}, r"a validation share of data without a valida"),
            ({"target": "y"}, r"a target column goes with a table; received 'y' for data that is none"),
            ({"weight": "w"}, r"a weight column goes with a table"),
        ],
    )
    def test_refuses_what_cannot_be(self, settings: dict[str, Any], message: str) -> None:
        with pytest.raises(InputError, match=message):
            load_dataset(Source(arrays(20), **settings))

    @pytest.mark.parametrize(
        "data", ["digits", (arrays(9), arrays(4)), Dataset("own", Split(*arrays(9)), Split(*arrays(4)))]
    )
    def test_refuses_a_second_validation_part(self, data: object) -> None:
        with pytest.raises(InputError, match="a validation share of data without a validation part"):
            load_dataset(Source(data, validation_share=0.2))
        with pytest.raises(InputError, match="validation data goes with a table or with"):
            load_dataset(Source(data, validation_data=arrays(3)))

    def test_refuses_arrays_of_other_lengths_before_it_takes_of_them(self) -> None:
        with pytest.raises(InputError, match="received 9 examples and 12 targets"):
            load_dataset((np.ones((9, 2)), np.arange(12)))


class TestMemoryMaps:
    def test_are_taken_as_they_are(self, tmp_path: Path) -> None:
        np.save(tmp_path / "x.npy", np.ones((30, 2)))
        x = np.load(tmp_path / "x.npy", mmap_mode="r")
        own = load_dataset(((x, np.arange(30) % 2), (x[:9], np.arange(9) % 2)))
        assert own.train.x is x

    @pytest.mark.parametrize("validation", ["given", "apart", "pooled"])
    def test_are_not_read_into_memory_whole(self, tmp_path: Path, validation: str) -> None:
        # 100 MB in a process that may take 60 MB more than it has.
        script = f"""
import resource, shutil, numpy as np
from pathlib import Path
from ridgepath.datasets import load_dataset
x = np.memmap({str(tmp_path / "x")!r}, np.float32, "w+", shape=(1000, 25_000))
y = np.arange(1000) % 2
used = int(Path("/proc/self/status").read_text().partition("VmData:")[2].split()[0]) * 1024
resource.setrlimit(resource.RLIMIT_DATA, (used + 60_000_000,) * 2)
data = load_dataset((x, y) if {validation!r} == "apart" else ((x, y), (x[:100], y[:100])))
data.card
data.save(Path({str(tmp_path / "saved")!r}), pooled={validation == "pooled"})
shutil.rmtree({str(tmp_path)!r})
"""
        ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
        assert ended.stderr == ""


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
