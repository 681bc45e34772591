from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from odd_study import ODD_VARIANT, execute
from ridgepath.errors import InputError
from ridgepath.exports import FORMATS, export
from ridgepath.frames import frame
from ridgepath.store import StudyStore


class TestExport:
    @pytest.mark.parametrize(
        ("ending", "read"),
        [
            (".csv", lambda file: pd.read_csv(file, keep_default_na=False)),
            (".parquet", pd.read_parquet),
        ],
    )
    def test_tables_come_back(
        self, filled: StudyStore, tmp_path: Path, ending: str, read: Callable[[Path], pd.DataFrame]
    ) -> None:
        files = export(filled.results(), tmp_path / f"my trials{ending}")
        assert files == [tmp_path / f"my trials{ending}", tmp_path / f"my trials.epochs{ending}"]
        results = filled.results()
        for file, table in zip(files, (results.trials, results.epochs), strict=True):
            pd.testing.assert_frame_equal(read(file), frame(table), check_dtype=False, check_exact=True)

    def test_json_holds_both(self, filled: StudyStore, tmp_path: Path) -> None:
        execute(filled, "UPDATE trials SET penalty = NULL, loss = 9e999", "UPDATE epochs SET near_zero = 1e-9 / 3")
        target = tmp_path / "all.JSON"
        assert export(filled.results(), target) == [target]
        document = json.loads(target.read_text(encoding="utf-8"), parse_constant=pytest.fail)
        assert (len(document["trials"]), len(document["epochs"])) == (6, 12)
        line = document["trials"][0]
        assert (line["variant"], line["seed"], line["penalty"], line["loss"]) == (ODD_VARIANT, 0, None, None)
        assert document["epochs"][0]["near_zero"] == 1e-9 / 3
        assert "تنظيم" in target.read_text(encoding="utf-8")

    def test_overwrites_and_leaves_nothing_beside(self, filled: StudyStore, tmp_path: Path) -> None:
        target = tmp_path / "out" / "t.csv"
        target.parent.mkdir()
        target.write_text("old")
        export(filled.results(), target)
        assert sorted(os.listdir(target.parent)) == ["t.csv", "t.epochs.csv"]
        assert len(pd.read_csv(target)) == 6

    def test_works_without_any_trial(self, store: StudyStore, tmp_path: Path) -> None:
        for ending in FORMATS:
            assert all(file.is_file() for file in export(store.results(), tmp_path / f"t{ending}"))

    def test_refuses_other_endings(self, filled: StudyStore, tmp_path: Path) -> None:
        for name in ("t.xlsx", "trials"):
            with pytest.raises(InputError, match=rf"ends in \.csv, \.json or \.parquet; received {name}\."):
                export(filled.results(), tmp_path / name)

    def test_says_how_to_get_parquet(self, filled: StudyStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
        with pytest.raises(InputError, match=r'pip install "ridgepath\[parquet\]"'):
            export(filled.results(), tmp_path / "t.parquet")

    def test_says_what_cannot_be_written(self, filled: StudyStore, tmp_path: Path) -> None:
        target = tmp_path / "t.csv"
        (tmp_path / "t.epochs.csv").mkdir()
        for wrong in (tmp_path / "none" / "t.csv", target):
            with pytest.raises(InputError, match=rf"{wrong} must be a file that can be written"):
                export(filled.results(), wrong)
        assert not [name for name in os.listdir(tmp_path) if name.startswith(".")]
