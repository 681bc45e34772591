import threading

import pytest

from ridgepath.builders import TASK_NETWORK, files_of, find_builder
from ridgepath.errors import BuilderError

WIDTH = 128


def helper(strength):
    return strength * WIDTH


def build(strength):
    return helper(strength)


def test_a_builder_in_a_file_is_read_and_not_run(tmp_path):
    file = tmp_path / "net.py"
    file.write_text("raise SystemExit\ndef mine(lam, width=3):\n    pass\n")
    builder = find_builder(f"{file}:mine")
    assert builder.card.location == f"{file}:mine"
    assert builder.parameter == "lam"
    assert builder.payload is None
    assert "def mine" in builder.card.source


def test_the_fingerprint_of_a_file_overlooks_comments_and_layout(tmp_path):
    def fingerprint(text):
        (tmp_path / "net.py").write_text(text)
        return find_builder(str(tmp_path / "net.py")).card.fingerprint

    first = fingerprint("def build(strength):\n    return 1\n")
    assert fingerprint("# a comment\ndef build(strength):\n\n    return  1  # one\n") == first
    assert fingerprint("def build(strength):\n    return 2\n") != first


def test_the_fingerprint_of_a_function_follows_what_it_refers_to(monkeypatch):
    first = find_builder(build).card.fingerprint
    assert find_builder(build).card.fingerprint == first
    monkeypatch.setitem(globals(), "WIDTH", 64)
    assert find_builder(build).card.fingerprint != first


def test_the_fingerprint_of_a_function_follows_its_default_arguments():
    def make(default, keyword):
        def build(strength, width=default, *, depth=keyword):
            return strength

        return find_builder(build).card.fingerprint

    assert make(1, 2) == make(1, 2)
    assert make(1, 2) != make(3, 2)
    assert make(1, 2) != make(1, 3)


def test_two_functions_without_source_differ_by_their_code():
    def compiled(text):
        names = {}
        exec(text, names)
        return find_builder(names["build"]).card.fingerprint

    assert compiled("def build(s): return s + 1") == compiled("def build(s): return s + 1")
    assert compiled("def build(s): return s + 1") != compiled("def build(s): return s + 2")
    inner = "def build(s): return map(lambda x: x.{}, s)"
    assert compiled(inner.format("a")) == compiled(inner.format("a"))
    assert compiled(inner.format("a")) != compiled(inner.format("b"))


def test_the_task_network_is_found_by_its_name():
    builder = find_builder(TASK_NETWORK)
    assert (builder.card.location, builder.parameter) == (TASK_NETWORK, "l2")


def test_a_builder_that_cannot_travel_is_refused():
    lock = threading.Lock()
    with pytest.raises(BuilderError, match="can be sent to worker processes"):
        find_builder(lambda strength: lock)


@pytest.mark.parametrize("wrong", [None, 3, ["build"]])
def test_what_is_no_function_is_refused(wrong):
    with pytest.raises(BuilderError, match="a function that takes a strength"):
        find_builder(wrong)


def test_the_files_of_a_builder_are_itself_and_what_it_imports_from_beside_it(tmp_path):
    (tmp_path / "net.py").write_text("import keras, layers\nfrom parts.heads import head\ndef build(strength): ...")
    (tmp_path / "layers.py").write_text("def f():\n    from sizes import WIDTH\n")
    (tmp_path / "sizes.py").write_text("import net\nWIDTH = 4\n")
    (tmp_path / "secrets.py").write_text("TOKEN = 1\n")
    (tmp_path / "large.npy").write_bytes(b"0")
    (tmp_path / "parts" / "deep").mkdir(parents=True)
    for name in ("__init__.py", "heads.py", "deep/tail.py"):
        (tmp_path / "parts" / name).write_text("from .heads import head\nfrom . import deep\nimport sizes\n")
    folder, names = files_of(f"{tmp_path}/net.py:build")
    assert folder == tmp_path
    assert names == [
        *("layers.py", "net.py", "parts/__init__.py", "parts/deep/tail.py", "parts/heads.py", "sizes.py"),
    ]


def test_a_built_in_builder_needs_no_files():
    assert files_of(TASK_NETWORK)[1] == []
