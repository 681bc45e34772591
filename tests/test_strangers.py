"""Files of strangers: damaged, foreign or hostile ones are refused in a line or shown; they run nothing and stay."""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from contextlib import closing
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ridgepath.cli import main
from ridgepath.errors import InputError
from ridgepath.reading import open_study
from ridgepath.results import DONE, FAILED, TrialResult, epoch_columns, trial_columns
from ridgepath.store import FILE, StudyStore
from ridgepath.study import BuilderCard, DataCard, Study, Variant

HOSTILE = "\x1b]0;mine\x07\x9b2J</script><script>alert(1)</script><img src=x onerror=alert(2)>[/red]{{ 7*7 }}\u202e'\"&"
STUDY = Study(
    builder=BuilderCard("build", "net.py:build", "def build(strength): ...", "b" * 64),
    data=DataCard("mine", train=8, validation=4, test=0, fingerprint="d" * 64),
    variants=(Variant("l2", (0.0, 0.1)),),
    seeds=(0, 1),
    epochs=2,
    batch_size=4,
    train_evaluated=8,
)
READING = (
    ("show",),
    ("show", "--json"),
    ("report", "-o", "out.html"),
    ("report", "-o", "out.ar.html", "--lang", "ar"),
    ("report", "-o", "out.md", "--format", "markdown"),
    ("export", "-o", "out.csv"),
    ("ls",),
)
bounded = settings(
    max_examples=40, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


def written(folder: Path, study: Study = STUDY, *, metric: str = "accuracy", said: str = "", **context: str) -> Path:
    """Write a study of three finished trials and a failed one, whose texts are given; return its folder."""
    store = StudyStore.create(folder, study, metrics=(metric,), context=context)
    for count, trial in enumerate(study.trials):
        figures = dict.fromkeys(trial_columns((metric,), test=False), 1.0 + count / 8)
        epochs = {name: [2.0, 1.0 + count / 8] for name in epoch_columns((metric,))}
        losses = {"validation": np.array([count, 1, 1, 2], np.float32)}
        status = FAILED if count == 3 else DONE
        store.add(TrialResult(trial, status, said, "jax", 1.0, figures, epochs, losses))
    store.add_session(started="2026-01-01", seconds=4.0, workers=1, trials=4)
    return folder


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "study")


def ridgepath(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[object, str, str]:
    with pytest.raises(SystemExit) as ended:
        main([str(argument) for argument in arguments])
    printed = capsys.readouterr()
    return ended.value.code, printed.out, printed.err


def execute(folder: Path, *statements: str) -> None:
    with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        for statement in statements:
            connection.execute(statement)


def read_whole(folder: Path) -> None:
    """Read all that any command reads."""
    path = open_study(folder)
    path.line(), path.summary(), path.trials, path.epochs


def read_or_refused(folder: Path, content: bytes) -> str | None:
    """Put a file in a study's place, and read it; return why it was refused, in a line, after a look at the file."""
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_bytes(content)
    present, refused = set(os.listdir(folder)), None
    try:
        read_whole(folder)
    except InputError as error:
        refused = str(error)
    assert refused is None or (refused and refused.isprintable())
    assert (folder / FILE).read_bytes() == content
    assert set(os.listdir(folder)) == present
    return refused


class TestDamage:
    @bounded
    @given(data=st.data())
    def test_bytes_that_were_changed(self, folder: Path, data: st.DataObject) -> None:
        content = bytearray((folder / FILE).read_bytes())
        for place in data.draw(st.lists(st.integers(0, len(content) - 1), min_size=1, max_size=30)):
            content[place] = data.draw(st.integers(0, 255))
        read_or_refused(folder.parent / "damaged", bytes(content))

    @bounded
    @given(share=st.floats(0, 0.999))
    def test_an_end_that_is_lost(self, folder: Path, share: float) -> None:
        whole = (folder / FILE).read_bytes()
        assert read_or_refused(folder.parent / "damaged", whole[: int(share * len(whole))]) is not None

    @bounded
    @given(content=st.binary(max_size=400), like_sqlite=st.booleans())
    def test_any_bytes(self, tmp_path: Path, content: bytes, like_sqlite: bool) -> None:
        start = b"SQLite format 3\0" if like_sqlite else b""
        assert read_or_refused(tmp_path / "damaged", start + content) is not None

    @bounded
    @given(data=st.data())
    def test_pages_that_changed_places(self, folder: Path, data: st.DataObject) -> None:
        whole = (folder / FILE).read_bytes()
        pages = [whole[start : start + 4096] for start in range(0, len(whole), 4096)]
        read_or_refused(folder.parent / "damaged", b"".join(data.draw(st.permutations(pages))))

    def test_a_damaged_page_is_found_before_anything_is_added(self, folder: Path) -> None:
        content = bytearray((folder / FILE).read_bytes())
        with closing(sqlite3.connect(folder / FILE)) as connection:
            root = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = 'portraits'").fetchone()[0]
        content[(root - 1) * 4096 : root * 4096] = b"\xff" * 4096
        (folder / FILE).write_bytes(content)
        with pytest.raises(InputError, match="must be a whole study"):
            StudyStore.open(folder).check_whole()
        assert (folder / FILE).read_bytes() == content

    @pytest.mark.parametrize("command", READING, ids=" ".join)
    def test_every_command_refuses_it_with_exit_code_2(
        self,
        folder: Path,
        capsys: pytest.CaptureFixture[str],
        monkeypatch: pytest.MonkeyPatch,
        command: tuple[str, ...],
    ) -> None:
        monkeypatch.chdir(folder.parent)
        whole = (folder / FILE).read_bytes()
        (folder / FILE).write_bytes(whole[: len(whole) // 2])
        code, out, err = ridgepath(capsys, command[0], folder, *command[1:])
        if command == ("ls",):
            assert (code, "cannot be read: " in out, len(out.splitlines())) == (0, True, 1)
        else:
            assert (code, out, len(err.splitlines())) == (2, "", 1)
            assert "malformed" in err
        assert (folder / FILE).read_bytes() == whole[: len(whole) // 2]
        assert sorted(os.listdir(folder.parent)) == ["study"]


class TestForeign:
    def refused(self, folder: Path, received: str) -> None:
        with pytest.raises(InputError, match=f"received {received}"):
            open_study(folder)

    def test_a_folder_in_its_place(self, tmp_path: Path) -> None:
        (tmp_path / FILE).mkdir()
        self.refused(tmp_path, r"no study\.db in it")
        assert os.listdir(tmp_path / FILE) == []

    def test_an_empty_file(self, tmp_path: Path) -> None:
        assert "received an empty file" in str(read_or_refused(tmp_path / "s", b""))

    @pytest.mark.parametrize("log", ["delete", "wal"])
    def test_a_database_of_another_program_gets_no_log(self, tmp_path: Path, log: str) -> None:
        with closing(sqlite3.connect(tmp_path / FILE, isolation_level=None)) as connection:
            connection.execute(f"PRAGMA journal_mode = {log}")
            connection.execute("CREATE TABLE study (study TEXT)")
        content = (tmp_path / FILE).read_bytes()
        self.refused(tmp_path, "another program's file")
        assert (os.listdir(tmp_path), (tmp_path / FILE).read_bytes()) == ([FILE], content)

    def test_a_journal_beside_it_is_left_alone(self, tmp_path: Path) -> None:
        (tmp_path / FILE).write_bytes(b"SQLite format 3\0" + bytes(200))
        (tmp_path / f"{FILE}-journal").write_bytes(b"\xd9\xd5\x05\xf9\x20\xa1\x63\xd7" + bytes(1000))
        before = {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)}
        self.refused(tmp_path, "another program's file")
        assert {name: (tmp_path / name).read_bytes() for name in os.listdir(tmp_path)} == before

    def test_ours_with_a_log_that_we_never_write(self, folder: Path) -> None:
        execute(folder, "PRAGMA journal_mode = wal")
        content = (folder / FILE).read_bytes()
        assert "in a format that ridgepath does not write" in str(read_or_refused(folder, content))


def changed(**values: object) -> Callable[[Path], None]:
    """Return what gives the question of a stored study other values: ``data__name`` is the name in the data."""

    def change(folder: Path) -> None:
        question = STUDY.to_json()
        for name, value in values.items():
            *places, last = name.split("__")
            place = question
            for each in places:
                place = place[each]
            place[last] = value
        with closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
            connection.execute("UPDATE study SET study = ?", [json.dumps(question)])

    return change


def done(*statements: str) -> Callable[[Path], None]:
    return lambda folder: execute(folder, *statements)


ENDLESS = "CREATE VIEW trials AS WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) SELECT x FROM n"
LIES = {
    "epochs that are a text": changed(epochs="many"),
    "epochs that are half": changed(epochs=2.5),
    "no epoch": changed(epochs=0),
    "a truth value for a count": changed(batch_size=True),
    "examples beyond all memory": changed(data__validation=10**13),
    "examples beyond all integers": changed(data__train=10**300, data__validation=10**300),
    "no variant": changed(variants=[]),
    "a variant twice": changed(variants=[{"name": "l2", "strengths": [0.1]}] * 2),
    "strengths in no order": changed(variants=[{"name": "l2", "strengths": [0.1, 0.0]}]),
    "a strength that is no number": changed(variants=[{"name": "l2", "strengths": [float("nan")]}]),
    "a seed below 0": changed(seeds=[-1]),
    "a name that is a list": changed(builder__name=["x"]),
    "a rule that is unknown": changed(early_stopping={"monitor": 3}),
    "depth": done(f"UPDATE study SET study = '{'[' * 100_000}'"),
    "metrics that are numbers": done("UPDATE study SET metrics = '[1]'"),
    "metrics that meet": done("UPDATE study SET metrics = '[\"loss\"]'"),
    "context that is nested": done("UPDATE study SET context = '{\"a\": {}}'"),
    "data that is nowhere": done("""UPDATE study SET context = '{"data": "{"}'"""),
    "data that is a list": done("""UPDATE study SET context = '{"data": "{\\"data\\": [1]}"}'"""),
    "a view without end": done("ALTER TABLE trials RENAME TO others", ENDLESS),
    "a status of its own": done("UPDATE trials SET status = 'great'"),
    "bytes for a text": done("UPDATE trials SET reason = x'00ff'"),
    "text that is none": done("UPDATE trials SET reason = CAST(x'ff00' AS TEXT)"),
    "no seed": done("UPDATE trials SET seed = NULL"),
    "endless time": done("UPDATE sessions SET seconds = 9e999"),
    "losses of too many": done("UPDATE example_losses SET losses = zeroblob(20)"),
    "one loss for all": done("UPDATE example_losses SET losses = zeroblob(4)"),
    "losses of no split": done("UPDATE example_losses SET split = 'train'"),
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_no_study_holds_is_refused(folder: Path, lie: Callable[[Path], None]) -> None:
    lie(folder)
    assert read_or_refused(folder, (folder / FILE).read_bytes()) is not None


ODD = {
    "numbers at their end": done("UPDATE trials SET val_data_loss = 3e38, train_data_loss = -3e38, weight_norm = 3e38"),
    "infinite ones": done("UPDATE trials SET val_data_loss = 9e999", "UPDATE epochs SET val_data_loss = -9e999"),
    "time without end": done("UPDATE trials SET seconds = 9e999"),
    "no time": done("UPDATE trials SET seconds = NULL"),
    "epochs that are none": done("UPDATE epochs SET epoch = -epoch", "UPDATE trials SET best_epoch = 1e300"),
    "a trial that nobody asked for": done("UPDATE trials SET seed = 9 WHERE seed = 1", "DELETE FROM example_losses"),
}


@pytest.mark.parametrize("oddity", ODD.values(), ids=ODD)
def test_numbers_that_are_odd_are_shown(
    folder: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    oddity: Callable[[Path], None],
) -> None:
    oddity(folder)
    monkeypatch.chdir(folder.parent)
    for command in READING:
        code, _, err = ridgepath(capsys, command[0], folder, *command[1:])
        assert (code, err) == (0, ""), command


class Tags(HTMLParser):
    """The elements of a page with the names of their attributes, and its scripts."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, tuple[str, ...]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, tuple(name for name, _ in attrs)))


def hostile_study(name: str) -> Study:
    """Return the study with a name in all of its texts."""
    return dataclasses.replace(
        STUDY,
        builder=BuilderCard(name, f"{name}.py:build", name, "b" * 64),
        data=dataclasses.replace(STUDY.data, name=name),
        variants=(Variant(name, (0.0, 0.1)),),
    )


class TestTexts:
    @pytest.fixture
    def reports(
        self, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
    ) -> Callable[[str], dict[str, str]]:
        """What every command makes of a study with a name everywhere."""

        def made(name: str) -> dict[str, str]:
            place = tmp_path / str(len(os.listdir(tmp_path)))
            place.mkdir()
            monkeypatch.chdir(place)
            written(place / "study", hostile_study(name), metric=name, said=name, **{name: name, "command": name})
            found = {}
            for command in READING:
                code, out, err = ridgepath(capsys, command[0], place / "study", *command[1:])
                assert (code, err) == (0, ""), command
                found[" ".join(command)] = out
            return found | {file.name: file.read_text("utf-8") for file in place.glob("out.*") if file.is_file()}

        return made

    def test_command_no_terminal(self, reports: Callable[[str], dict[str, str]]) -> None:
        for command, out in reports(HOSTILE).items():
            if not command.startswith("out."):
                assert out.replace("\n", "").isprintable(), command

    def test_are_no_elements_of_a_page(self, reports: Callable[[str], dict[str, str]]) -> None:
        hostile, harmless = reports(HOSTILE), reports("plain")
        for page in ("out.html", "out.ar.html"):
            assert Tags(hostile[page]).found == Tags(harmless[page]).found

    def test_are_no_markup_in_a_figure(self, reports: Callable[[str], dict[str, str]]) -> None:
        page = reports(HOSTILE)["out.html"]
        drawings = re.search(r'<script type="application/json" id="drawings">(.*?)</script>', page, re.DOTALL)
        assert drawings is not None
        assert "alert(2)" in drawings[1], "the name is in the figures"
        assert "<img" not in json.dumps(json.loads(drawings[1]))

    def test_that_utf_8_cannot_write_are_escaped(
        self, reports: Callable[[str], dict[str, str]], tmp_path: Path
    ) -> None:
        changed(data__name="\ud800 mine")(written(tmp_path / "s"))
        path = open_study(tmp_path / "s")
        assert "\\ud800 mine" in path.report(tmp_path / "r.html").read_text("utf-8")
        assert path.line().isprintable()


WATCH = """
import os, sys, pickle
import ridgepath.cli

mine = os.getcwd()

def watch(event, arguments):
    # Code out of the study's place, whoever asks for it, or a program of its own, or anything out of a pickle.
    ours = event == "open" and str(arguments[0]).endswith((".py", ".pyc")) and str(arguments[0]).startswith(mine)
    runs = event in ("pickle.find_class", "os.system", "os.exec", "os.posix_spawn", "subprocess.Popen")
    if ours or (runs and arguments[0] != "fc-list"):  # By which matplotlib finds fonts, once.
        os.write(2, f"{event} {arguments}".encode())
        os._exit(9)

sys.addaudithook(watch)
ridgepath.cli.main(sys.argv[1:])
"""


class TestCode:
    @pytest.fixture
    def stranger(self, tmp_path: Path) -> Path:
        """A study whose network lies beside it, and leaves a mark when it is imported."""
        network = tmp_path / "net.py"
        network.write_text(f"open({str(tmp_path / 'mark')!r}, 'w')\ndef build(strength): ...\n")
        builder = BuilderCard("build", f"{network}:build", network.read_text(), "b" * 64)
        written(tmp_path / "study", dataclasses.replace(STUDY, builder=builder), data="mnist-5k")
        shutil.copy(network, tmp_path / "sitecustomize.py")
        return tmp_path

    @pytest.mark.parametrize("command", READING, ids=" ".join)
    def test_of_a_study_is_not_run_by_reading_it(self, stranger: Path, command: tuple[str, ...]) -> None:
        arguments = [command[0], str(stranger / "study"), *command[1:]]
        environment = {**os.environ, "PYTHONSAFEPATH": "1"}
        ran = subprocess.run(
            [sys.executable, "-c", WATCH, *arguments], cwd=stranger, env=environment, capture_output=True, text=True
        )
        assert (ran.returncode, ran.stderr) == (0, "")
        assert not (stranger / "mark").exists()

    def test_is_not_run_by_resume_unless_it_is_what_the_study_shows(
        self, stranger: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        """The file is compared with the study before anything of it runs: by what it says, and by nobody's leave."""
        code, _, err = ridgepath(capsys, "resume", stranger / "study", "--json")
        assert (code, (stranger / "mark").exists()) == (2, False)
        assert "has network build (bbbbbbbb)" in err
