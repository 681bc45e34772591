"""Tables: every mistake in one is refused with its column, its row and what to do."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from ridgepath.datasets import Source, load_dataset
from ridgepath.errors import InputError
from ridgepath.tables import CATEGORY, NUMBER, read_table


def frame_of(rows: int = 30, **changed: Any) -> pd.DataFrame:
    generator = np.random.default_rng(0)
    columns = {
        "age": generator.integers(18, 90, rows),
        "city": generator.choice(["Bonn", "Kiel", "Ulm"], rows),
        "income": generator.normal(30, 9, rows),
        "buys": np.arange(rows) % 2,
    }
    frame = pd.DataFrame({**columns, **changed})
    return frame[[name for name in frame if frame[name].iloc[0] is not None]]


def replaced(column: str, row: int, value: object) -> pd.DataFrame:
    frame = frame_of().astype(object)
    frame.loc[row - 1, column] = value
    return frame


def text_of(frame: pd.DataFrame) -> str:
    return frame.to_csv(index=False)


@pytest.fixture(params=["csv", "parquet", "frame"])
def given(request: pytest.FixtureRequest, tmp_path: Path) -> Any:
    """Give a table in one of the three forms."""

    def give(frame: pd.DataFrame, name: str = "own") -> object:
        path = tmp_path / f"{name}.{request.param}"
        if request.param == "csv":
            frame.to_csv(path, index=False)
        elif request.param == "parquet":
            frame.to_parquet(path, index=False)
        return frame if request.param == "frame" else path

    return give


def test_all_forms_of_a_table_are_the_same_data(tmp_path: Path) -> None:
    frame = frame_of(member=np.arange(30) % 3 == 0)
    frame.to_csv(tmp_path / "own.csv", index=False)
    frame.to_parquet(tmp_path / "own.parquet")
    frame.index = frame.index[::-1]
    before = frame.copy()
    forms = (tmp_path / "own.csv", str(tmp_path / "own.parquet"), frame)
    prints = {load_dataset(Source(form, "buys")).card.fingerprint for form in forms}
    assert len(prints) == 1
    pd.testing.assert_frame_equal(frame, before)
    assert load_dataset(Source(forms[0], "buys")).name == "own.csv"
    assert load_dataset(Source(frame, "buys")).name == "table"


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ([1, 2, 3], NUMBER),
        ([1.5, 2, 3], NUMBER),
        (pd.array([1, 2, 3], "Int64"), NUMBER),
        (pd.array([1, 2, 3], "float32[pyarrow]"), NUMBER),
        (["a", "b", "a"], CATEGORY),
        ([True, False, True], CATEGORY),
        (pd.array([True, False, True], "boolean"), CATEGORY),
        (pd.Series([True, False, True], dtype=object), CATEGORY),
        (pd.Categorical([3, 1, 3]), CATEGORY),
        (pd.array(["a", "b", "a"], "string[pyarrow]"), CATEGORY),
        (pd.Series(["0", "1", "3+"], dtype=object), CATEGORY),
        (pd.Series([1, 2, 3.5], dtype=object), NUMBER),
    ],
)
def test_kinds_of_columns(values: Any, kind: str) -> None:
    assert read_table(pd.DataFrame({"a": values, "b": 1})).kinds == {"a": kind, "b": NUMBER}


@pytest.mark.parametrize(
    ("values", "received"),
    [
        (pd.date_range("2020-01-01", periods=30), r"received datetime64"),
        (np.arange(30) * 1j, r"received complex128"),
        ([[1, 2]] * 30, r"received mixed"),
        (["a", 1] * 15, r"received mixed-integer"),
    ],
)
def test_columns_of_other_kinds_are_refused(values: Any, received: str) -> None:
    with pytest.raises(InputError, match=rf"column 'when' must hold numbers, text or truth values; {received}"):
        read_table(frame_of(when=values))


def test_missing_values_are_refused_with_their_place(given: Any) -> None:
    frame = frame_of()
    frame.loc[16, "income"] = np.nan
    message = "the train table must have no missing values; received none in column 'income', row 17. Fill them in"
    with pytest.raises(InputError, match=message):
        load_dataset(Source(given(frame), "buys"))
    frame.loc[20, "city"] = None
    with pytest.raises(InputError, match=r"row 17 \(2 rows lack values\)"):
        load_dataset(Source(given(frame), "buys"))
    with pytest.raises(InputError, match=r"the validation table must have no missing .*column 'income', row 17"):
        load_dataset(Source(given(frame_of()), "buys", validation_data=given(frame, "other")))


def test_a_column_without_any_value_is_missing_values(given: Any) -> None:
    with pytest.raises(InputError, match="none in column 'nothing', row 1 "):
        load_dataset(Source(given(frame_of(nothing=[np.nan] * 30)), "buys"))


@pytest.mark.parametrize("value", [np.inf, -np.inf, 1e39])
def test_infinite_numbers_are_refused_with_their_place(given: Any, value: float) -> None:
    frame = frame_of()
    frame.loc[4, "income"] = value
    with pytest.raises(InputError, match=r"must be finite .*; received (-?inf|1e\+39) in column 'income', row 5\."):
        load_dataset(Source(given(frame), "buys"))


def test_text_among_numbers_is_refused_with_its_place(tmp_path: Path) -> None:
    for column, text in (("income", "n. a."), ("income", "?"), ("buys", "-")):
        replaced(column, 9, text).to_csv(tmp_path / "own.csv", index=False)
        with pytest.raises(
            InputError, match=rf"column '{column}' must hold numbers or text, .*'{text}' in row 9".replace("?", r"\?")
        ):
            load_dataset(Source(tmp_path / "own.csv", "buys"))


def test_a_target_that_lacks_is_refused_with_names_near_it(given: Any) -> None:
    table = given(frame_of(**{f"x{n}": 1.0 for n in range(9)}))
    for typed, near in (("buy", "'buys'"), ("Income", "'income'"), ("cities", "'city'")):
        with pytest.raises(InputError, match=rf"name of the target column .*; received '{typed}'\. Do you mean {near}"):
            load_dataset(Source(table, typed))
    columns = r"The columns are age, city, income, buys, x0, x1, x2, x3 and 5 more\."
    with pytest.raises(InputError, match=rf"received 'price'\. {columns}"):
        load_dataset(Source(table, "price"))
    with pytest.raises(
        InputError, match=rf"a table needs a target column; received none\. .*--target NAME.* {columns}"
    ):
        load_dataset(table)
    with pytest.raises(InputError, match=r"the name of the weight column .*; received 'w'"):
        load_dataset(Source(table, "buys", "w"))


def test_one_target_and_one_weight(given: Any) -> None:
    with pytest.raises(InputError, match="one target column; received age, buys"):
        Source(given(frame_of()), ["age", "buys"])
    assert Source(given(frame_of()), ["buys"]).target == "buys"
    for weight, received in (("buys", "'buys', the target"), ("city", "categories")):
        with pytest.raises(InputError, match=f"a weight column of numbers, apart from the target; received {received}"):
            load_dataset(Source(given(frame_of()), "buys", weight))
    with pytest.raises(InputError, match=r"weights must be one number >= 0 .*received -1\.0 in example"):
        load_dataset(Source(given(frame_of(w=[1.0] * 29 + [-1.0])), "buys", "w"))
    with pytest.raises(InputError, match=r"the name of the target column; received 3\.5"):
        Source(given(frame_of()), 3.5)  # type: ignore[arg-type]


def test_one_class_is_refused(given: Any) -> None:
    for target in (["yes"] * 30, [0] * 30, [2.5] * 30):
        with pytest.raises(InputError, match=r"a target 'buys' with at least two values; received .* only"):
            load_dataset(Source(given(frame_of(buys=target)), "buys"))


def test_a_table_of_a_target_only_is_refused(given: Any) -> None:
    with pytest.raises(InputError, match="a table with features; received only buys"):
        load_dataset(Source(given(frame_of()[["buys"]]), "buys"))


def test_columns_of_names_are_refused(given: Any) -> None:
    with pytest.raises(InputError, match=r"column 'name' must have at most 20 categories, .*; received 24, such as 'n"):
        load_dataset(Source(given(frame_of(name=[f"n{n:02}" for n in range(30)])), "buys"))
    assert load_dataset(Source(given(frame_of(name=[f"n{n % 20}" for n in range(30)])), "buys")).train.examples == 24


def test_tables_that_differ_are_refused(given: Any) -> None:
    train = given(frame_of())
    for other, message in (
        (frame_of().drop(columns="age"), r"a validation table with the columns of .*; received one without 'age'"),
        (frame_of(more=1), r"received one with 'more' besides"),
        (frame_of(age=["young"] * 30), r"column 'age' of the validation table must hold numbers, .*'young' in row 1"),
        (frame_of(buys=np.arange(30) % 3), r"validation targets must be among the classes .*; received 2 in row 3"),
    ):
        with pytest.raises(InputError, match=message):
            load_dataset(Source(train, "buys", validation_data=given(other, "other")))
    turned = frame_of()[["buys", "income", "city", "age"]]
    own = load_dataset(Source(train, "buys", validation_data=given(turned, "other")))
    np.testing.assert_array_equal(own.train.x, own.validation.x)


def test_numbers_in_place_of_categories_are_refused() -> None:
    with pytest.raises(InputError, match=r"column 'city' of the test table must hold categories, .*; received numbers"):
        load_dataset(Source(frame_of(), "buys", test_data=frame_of(city=[1, 2] * 15)))


def test_categories_of_a_csv_stay_text_where_all_of_them_read_as_numbers(tmp_path: Path) -> None:
    frame_of(rooms=["1", "2", "3+"] * 10).to_csv(tmp_path / "train.csv", index=False)
    frame_of(rooms=["1", "2", "2"] * 10).to_csv(tmp_path / "other.csv", index=False)
    own = load_dataset(Source(tmp_path / "train.csv", "buys", validation_data=tmp_path / "other.csv"))
    assert own.validation.x[:3, -3:].tolist() == [[1, 0, 0], [0, 1, 0], [0, 1, 0]]


@pytest.mark.parametrize(
    ("text", "received"),
    [
        ("", "an empty file"),
        ("a,b,y\n", r"must have rows and columns; received shape \(0, 3\)"),
        (
            "a;b;y\n1;2;0\n",
            r"^\S*own\.csv must be a table that can be read; received a line of names with ';' between\.",
        ),
        ("a\tb\ty\n1\t2\t0\n", "a line of names with tabs between"),
        ("a,b,y\n1,2,0\n1,2,3,4\n", "Expected 3 fields in line 3, saw 4"),
        ("a,b,y\n1,2,0,7\n1,2,3,4\n", "Length of header"),
        ("a,b,a\n1,2,3\n", r"^the columns of .*own\.csv must have names of their own; received 'a' twice"),
        (",b,y\n0,2,3\n", r"^the columns of .* names of their own; received none for column 1\."),
        ('a,b,y\n1,"2,0\n', "EOF inside string"),
        ("größe,y\n1,2\n".encode("latin-1"), "utf-8"),
        (b"\x00\x01\x02\xff\xfe", "own.csv must be a table that can be read"),
    ],
)
def test_files_that_are_no_csv_are_refused(tmp_path: Path, text: str | bytes, received: str) -> None:
    path = tmp_path / "own.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(InputError, match=received) as refused:
        load_dataset(Source(path, "y"))
    assert len(str(refused.value).splitlines()) == 1


def test_spaces_after_commas_and_a_byte_order_mark_do_no_harm(tmp_path: Path) -> None:
    text = text_of(frame_of())
    (tmp_path / "plain.csv").write_text(text)
    (tmp_path / "spaced.csv").write_text("\ufeff" + text.replace(",", ", "), encoding="utf-8")
    plain, spaced = (load_dataset(Source(tmp_path / f"{name}.csv", "buys")) for name in ("plain", "spaced"))
    assert plain.card.fingerprint == spaced.card.fingerprint


def test_files_that_are_not_there_or_no_parquet_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("own.csv", "own.parquet"):
        with pytest.raises(InputError, match=rf"a table that exists; received .*{name}"):
            load_dataset(Source(tmp_path / name, "y"))
    (tmp_path / "own.parquet").write_text("a,y\n1,2\n")
    with pytest.raises(InputError, match=r"own\.parquet must be a table that can be read; .*Save it again as Parquet"):
        load_dataset(Source(tmp_path / "own.parquet", "y"))
    (tmp_path / "folder.csv").mkdir()
    with pytest.raises(InputError, match=r"folder\.csv must be a table that can be read; .*directory"):
        load_dataset(Source(tmp_path / "folder.csv", "y"))
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "pyarrow" else found(name))
    with pytest.raises(InputError, match=r'needs the package pyarrow.*pip install "ridgepath\[parquet\]"'):
        load_dataset(Source(tmp_path / "own.parquet", "y"))


def test_frames_with_the_same_name_twice_are_refused() -> None:
    frame = frame_of()
    frame.columns = ["age", "age", "income", "buys"]
    with pytest.raises(InputError, match="received 'age' twice"):
        load_dataset(Source(frame, "buys"))
    frame.columns = [1, "1", "income", "buys"]
    with pytest.raises(InputError, match="received '1' twice"):
        load_dataset(Source(frame, "buys"))


def test_names_that_are_numbers_may_be_given_as_such() -> None:
    frame = frame_of().rename(columns={"buys": 3})
    assert load_dataset(Source(frame, 3)).card == load_dataset(Source(frame, "3")).card  # type: ignore[arg-type]


def test_parts_of_other_forms_are_refused() -> None:
    for other in ((np.ones((3, 3)), np.ones(3)), "digits", "own.npz"):
        with pytest.raises(InputError, match="validation data as a table, like the data"):
            load_dataset(Source(frame_of(), "buys", validation_data=other))
