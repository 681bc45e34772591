"""Files that are not what their names say, or nearly so: they load or are refused in a line, and run no code."""

from __future__ import annotations

import io
import pickle
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ridgepath.datasets import Dataset, Source, load_dataset
from ridgepath.errors import InputError

bounded = settings(
    max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def npz_bytes(**arrays: object) -> bytes:
    held = io.BytesIO()
    np.savez(held, **arrays)
    return held.getvalue()


def _examples(count: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(count)
    return rng.normal(size=(count, 3)), np.arange(count) % 2


X, Y = _examples(12)
NPZ = npz_bytes(x_train=X, y_train=Y, x_val=X[:4], y_val=Y[:4], weight_train=np.ones(12), weight_val=np.ones(4))
CSV = pd.DataFrame({"a": X[:, 0], "b": ["x", "y", "z"] * 4, "y": Y}).to_csv(index=False).encode()


@st.composite
def mutations(draw: st.DrawFn, whole: bytes) -> bytes:
    """Draw a file with some bytes changed, one part left out or put in twice, or its end cut off."""
    changed = bytearray(whole)
    start = draw(st.integers(0, len(whole) - 1))
    kind = draw(st.sampled_from(("bytes", "part", "twice", "cut", "put")))
    if kind == "bytes":
        for place in draw(st.lists(st.integers(0, len(whole) - 1), min_size=1, max_size=8)):
            changed[place] = draw(st.integers(0, 255))
    elif kind == "part":
        del changed[start : start + draw(st.integers(1, 64))]
    elif kind == "twice":
        changed[start:start] = changed[start : start + draw(st.integers(1, 64))]
    elif kind == "cut":
        del changed[start:]
    else:
        changed[start:start] = draw(st.binary(min_size=1, max_size=16))
    return bytes(changed)


def loads_or_is_refused(file: Path, content: bytes, read: Callable[[Path], object]) -> object | None:
    file.write_bytes(content)
    try:
        return read(file)
    except InputError as error:
        refused = str(error)
    assert refused
    assert "\n" not in refused
    assert file.read_bytes() == content
    return None


def read_npz(file: Path) -> Dataset:
    return load_dataset(str(file))


def read_csv(file: Path) -> Dataset:
    return load_dataset(Source(str(file), target="y"))


def test_the_files_that_are_mutated_load(tmp_path: Path) -> None:
    for name, content, read in (("f.npz", NPZ, read_npz), ("f.csv", CSV, read_csv)):
        assert isinstance(loads_or_is_refused(tmp_path / name, content, read), Dataset)


@bounded
@given(content=st.binary(max_size=300))
def test_any_bytes_as_npz(tmp_path: Path, content: bytes) -> None:
    loads_or_is_refused(tmp_path / "f.npz", content, read_npz)


@bounded
@given(content=mutations(NPZ))
def test_an_npz_that_is_nearly_right(tmp_path: Path, content: bytes) -> None:
    loads_or_is_refused(tmp_path / "f.npz", content, read_npz)


@bounded
@given(content=st.binary(max_size=300) | st.text(max_size=300).map(lambda text: text.encode("utf-8", "surrogatepass")))
def test_any_bytes_as_csv(tmp_path: Path, content: bytes) -> None:
    loads_or_is_refused(tmp_path / "f.csv", content, read_csv)


@bounded
@given(content=mutations(CSV))
def test_a_csv_that_is_nearly_right(tmp_path: Path, content: bytes) -> None:
    loads_or_is_refused(tmp_path / "f.csv", content, read_csv)


CELLS = st.sampled_from(
    ["", "0", "-1", "1e400", "nan", "inf", "x", " ", '"', "1,5", "1_000", "0x1", "٣", "True", "\ufeff"]
)


@bounded
@given(rows=st.lists(st.lists(CELLS, min_size=1, max_size=4), min_size=1, max_size=6))
def test_a_csv_of_odd_cells(tmp_path: Path, rows: list[list[str]]) -> None:
    content = "\n".join(["a,b,y", *(",".join(row) for row in rows)]).encode()
    loads_or_is_refused(tmp_path / "f.csv", content, read_csv)


KINDS = st.sampled_from(["<f8", ">f4", "<f2", "|u1", "<i8", "|b1", "<c16", "<U3", "|S2", "<M8[s]", "|V4", "<u8"])
SHAPES = st.lists(st.integers(0, 5), max_size=3).map(tuple)


@bounded
@given(kinds=st.lists(KINDS, min_size=4, max_size=4), shapes=st.lists(SHAPES, min_size=4, max_size=4))
def test_an_npz_of_odd_types_and_shapes(tmp_path: Path, kinds: list[str], shapes: list[tuple[int, ...]]) -> None:
    names = ("x_train", "y_train", "x_val", "y_val")
    arrays = {name: np.zeros(shape, kind) for name, kind, shape in zip(names, kinds, shapes, strict=True)}
    loads_or_is_refused(tmp_path / "f.npz", npz_bytes(**arrays), read_npz)


HEADERS = (b"{'descr': '<f8', 'fortran_order': False, 'shape': (%s,), }", b"{'descr': '%s'}", b"%s")
NUMBERS = (b"12", b"-1", b"10**20", b"99999999999999", b"1.5", b"__import__('os')", b"9" * 9000, b"(" * 999)


@bounded
@given(header=st.sampled_from(HEADERS), put=st.sampled_from(NUMBERS))
def test_a_header_of_an_array_is_no_program(tmp_path: Path, header: bytes, put: bytes) -> None:
    said = header.replace(b"%s", put)
    for version, size in ((b"\x01\x00", 2), (b"\x02\x00", 4)):
        if len(said) < 256**size:
            array = b"\x93NUMPY" + version + len(said).to_bytes(size, "little") + said + bytes(96)
            loads_or_is_refused(tmp_path / "f.npz", with_member("x_train", array), read_npz)


def with_member(name: str, content: bytes) -> bytes:
    """Return the archive with another content of one array."""
    held = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(NPZ)) as source, zipfile.ZipFile(held, "w") as target:
        for each in source.namelist():
            target.writestr(each, content if each == f"{name}.npy" else source.read(each))
    return held.getvalue()


class Marking:
    """What leaves a mark when it is unpickled."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Callable[..., None], tuple[object, ...]]:
        return Path.touch, (self.mark,)


def test_a_pickle_is_never_loaded(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    pickle.loads(pickle.dumps(Marking(mark)))
    assert mark.exists(), "a pickle that is loaded leaves the mark"
    mark.unlink()
    objects = np.empty(2, object)
    objects[:] = [Marking(mark), None]
    pickled = pickle.dumps(Marking(mark))
    for content in (npz_bytes(x_train=objects, y_train=Y), with_member("x_train", pickled), pickled):
        (tmp_path / "f.npz").write_bytes(content)
        with pytest.raises(InputError, match=r"must be an \.npz file of plain arrays, undamaged; received"):
            read_npz(tmp_path / "f.npz")
        assert not mark.exists()


def test_an_array_that_lies_of_its_size_is_refused(tmp_path: Path) -> None:
    header = b"{'descr': '<f8', 'fortran_order': False, 'shape': (1099511627776,), }"
    array = b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + bytes(64)
    assert loads_or_is_refused(tmp_path / "f.npz", with_member("x_train", array), read_npz) is None


@pytest.mark.parametrize(
    ("place", "values"), [(6, (20, 46, 255)), (8, (0, 1, 32)), (10, (0, 8, 12, 14, 99)), (24, (1,))]
)
def test_an_index_that_lies_of_how_arrays_are_packed(tmp_path: Path, place: int, values: tuple[int, ...]) -> None:
    """Of the version of zip, of encryption, of the method of compression, and of the size."""
    for value in values:
        content = bytearray(NPZ)
        content[content.index(b"PK\x01\x02") + place] = value
        loads_or_is_refused(tmp_path / "f.npz", bytes(content), read_npz)
