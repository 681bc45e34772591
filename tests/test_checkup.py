"""What doctor finds: each fault is made on purpose, and the finding says it with what to do."""

import dataclasses
import importlib.metadata
import json
import os
import shutil
import sqlite3
from contextlib import closing

import numpy as np
import pytest
from packaging.requirements import Requirement
from rich.console import Console

from ridgepath import images
from ridgepath.builders import TASK_NETWORK, find_builder
from ridgepath.checkup import data, devices, installation, studies, terminal
from ridgepath.checkup.finding import Finding, State
from ridgepath.cli import checking, main
from ridgepath.datasets import load_dataset
from ridgepath.results import DIVERGED, DONE, FAILED, TrialResult, epoch_columns, trial_columns
from ridgepath.store import StudyStore
from ridgepath.study import Study, Variant

NETWORK = "def build(l2):\n    return l2\n"


def one(findings, name):
    [found] = [each for each in findings if each.name == name]
    return found


class TestInstallation:
    def test_here_all_is_installed(self):
        found = list(installation.installation())
        assert {each.state for each in found} <= {State.OK, State.ABSENT}
        assert importlib.metadata.version("keras") in one(found, "packages").said

    def test_requirements_are_read_as_pip_reads_them(self):
        lines = [*(importlib.metadata.requires("ridgepath") or ()), *(importlib.metadata.requires("pandas") or ())]
        for line, ours in zip(lines, installation.requirements(lines), strict=True):
            theirs = Requirement(line)
            assert ours.package == theirs.name
            least = [each.version for each in theirs.specifier if each.operator == ">="]
            assert ours.least == (least[0] if least else "0")
            assert theirs.marker is None or not ours.extra or theirs.marker.evaluate({"extra": ours.extra})
            assert bool(ours.extra) == ("extra" in str(theirs.marker or ""))

    def test_what_lacks_or_is_old_is_a_problem(self, monkeypatch):
        lines = ["jax>=0.4.36", "absent-package>=2", "numpy>=999", "x-extra; extra == 'more'", "y; extra == 'dev'"]
        monkeypatch.setattr(installation, "requires", lambda _: lines)
        found = list(installation.installation())
        assert one(found, "absent-package") == Finding(
            "Installation",
            "absent-package",
            State.PROBLEM,
            "is needed and not installed",
            "Install it with: pip install --upgrade 'absent-package>=2'",
        )
        assert one(found, "numpy").said == f"{np.__version__} is older than 999"
        assert one(found, "extra more").state is State.ABSENT
        assert "pip install 'ridgepath[more]'" in one(found, "extra more").remedy
        assert [each.name for each in found] == ["Python", "absent-package", "numpy", "extra more"]

    @pytest.mark.parametrize(("here", "least", "old"), [("1.10", "1.9", False), ("1.9.9", "1.10", True)])
    def test_versions_are_compared_by_their_numbers(self, monkeypatch, here, least, old):
        monkeypatch.setattr(installation, "version", lambda _: here)
        assert bool(installation._wrong(installation.Requirement("p", least, ""))) == old


class TestDevices:
    def test_what_trains_is_tried_and_a_file_of_the_users_that_is_called_jax_is_not(self, tmp_path, monkeypatch):
        (tmp_path / "jax.py").write_text("raise ImportError")
        monkeypatch.chdir(tmp_path)
        found = list(devices.devices())
        assert one(found, "training").state is State.OK
        assert importlib.metadata.version("jax") in one(found, "training").said
        assert one(found, "cores").said.startswith(f"{len(os.sched_getaffinity(0))}")
        assert "a worker begins with 0." in one(found, "memory").said

    @pytest.mark.parametrize(
        ("jax", "says"),
        [
            ("raise ImportError('jaxlib is for another Python')", "ImportError: jaxlib is for another Python"),
            ("import os\nos.kill(os.getpid(), 11)", "its process ended with -11"),
            ("import os\nos._exit(0)", "an answer that is none: ''"),
            ("import time\ntime.sleep(60)", "no answer in 1 seconds"),
        ],
    )
    def test_a_broken_jax_is_reported_and_breaks_nothing_else(self, jax, says, tmp_path, monkeypatch):
        (tmp_path / "jax.py").write_text(jax)
        monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")]))
        if "sleep" in jax:
            monkeypatch.setattr(devices, "PATIENCE", 1.0)
        found = one(devices.devices(), "training")
        assert (found.state, found.said) == (State.PROBLEM, f"Keras on JAX does not run: {says}")
        assert "pip install" in found.remedy

    def test_memory_that_is_too_little_for_a_worker_a_core_is_a_warning(self, monkeypatch):
        monkeypatch.setattr(devices, "free_memory", lambda: 1_000_000_000)
        found = devices._memory(400_000_000, 4)
        assert (found.state, found.said) == (
            State.WARNING, "1.0 GB free; a worker begins with 0.4 GB, 4 of them need 1.6 GB"
        )  # fmt: skip
        assert "--workers 2" in found.remedy
        assert devices._memory(400_000_000, 2).state is State.OK

    def test_a_container_may_have_less_memory_than_its_machine(self, tmp_path, monkeypatch):
        monkeypatch.setattr(devices, "_CGROUP", tmp_path)
        whole = devices.free_memory()
        (tmp_path / "memory.current").write_text("100\n")
        (tmp_path / "memory.max").write_text("max\n")
        assert abs(devices.free_memory() - whole) < 2e9
        (tmp_path / "memory.max").write_text("1100\n")
        assert devices.free_memory() == 1000

    def test_a_gpu_that_jax_does_not_see_is_a_warning(self, tmp_path, monkeypatch):
        monkeypatch.setattr(devices, "_NVIDIA", tmp_path / "absent")
        assert devices._accelerators(["cpu: cpu"], "cpu").state is State.ABSENT
        monkeypatch.setattr(devices, "_NVIDIA", tmp_path)
        assert "jax[cuda12]" in devices._accelerators(["cpu: cpu"], "cpu").remedy
        assert devices._accelerators(["gpu: NVIDIA H100"], "gpu").said == "gpu: NVIDIA H100"


class TestData:
    def test_what_comes_with_ridgepath_is_read(self):
        found = list(data.data())
        assert one(found, "mnist-5k").said == "3,000 train, 1,000 validation, 1,000 test examples"
        assert {one(found, name).state for name in ("digits", "breast-cancer", "diabetes")} == {State.OK}

    def test_full_image_sets_may_be_absent_or_damaged(self, tmp_path, monkeypatch):
        monkeypatch.setattr(images, "DEBIAN", tmp_path)
        monkeypatch.setenv("KERAS_HOME", str(tmp_path))
        monkeypatch.setattr(images, "_download", lambda name: pytest.fail("nothing is downloaded by a check"))
        found = data._images("fashion-mnist")
        assert (found.state, found.said) == (State.ABSENT, "not on this machine")
        assert str(tmp_path / "datasets") in found.remedy
        (tmp_path / "datasets").mkdir()
        (tmp_path / "datasets" / "fashion-mnist.npz").write_text("no archive")
        assert data._images("fashion-mnist").state is State.PROBLEM

    def test_room_is_looked_for_where_a_folder_will_be(self, tmp_path, monkeypatch):
        assert data.room("Data", "x", tmp_path / "new" / "deep").state is State.OK
        (tmp_path / "file").write_text("")
        found = data.room("Data", "x", tmp_path / "file" / "deep")
        assert (found.state, found.said) == (State.PROBLEM, f"{tmp_path / 'file' / 'deep'} cannot be written")
        monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**7))
        found = data.room("Data", "x", tmp_path)
        assert (found.state, found.said) == (State.WARNING, f"10 MB free in {tmp_path}")

    def test_without_a_place_for_programs_there_is_a_warning_only(self, tmp_path):
        (tmp_path / "programs").mkdir()
        (tmp_path / "programs" / "one").write_bytes(b"x" * 3_000_000)
        assert data._programs(tmp_path / "programs").said.startswith("1 compiled, 3 MB, in ")
        (tmp_path / "file").write_text("")
        assert data._programs(tmp_path / "file" / "programs").state is State.WARNING


@pytest.fixture
def kept(tmp_path):
    """A finished study of a network in a file on data in a file, with figures that nobody trained."""
    (tmp_path / "net.py").write_text(NETWORK)
    x, y = np.zeros((40, 3), np.float32), np.arange(40, dtype=np.int32) % 10
    np.savez(tmp_path / "mine.npz", x_train=x, y_train=y, x_val=x, y_val=y)
    return study_in(tmp_path / "kept", builder=f"{tmp_path / 'net.py'}:build", data=str(tmp_path / "mine.npz"))


def study_in(folder, *, builder, data, endings=(DONE, DONE), location=True):
    card, source = find_builder(builder).card, load_dataset(data).card
    if not location:
        card = dataclasses.replace(card, location=None)
    study = Study(card, source, (Variant("l2", (0.0, 0.1)),), (0,), epochs=1, batch_size=32, train_evaluated=40)
    context = {"data": data} if location else {}
    store = StudyStore.create(folder, study, metrics=[], context=context)
    for trial, status in zip(study.trials, endings, strict=False):
        figures = dict.fromkeys(trial_columns([], test=source.test > 0), 0.5)
        epochs = {name: [0.5] for name in epoch_columns([])}
        losses = {name: np.zeros(getattr(source, name)) for name in ("validation", "test") if getattr(source, name)}
        store.add(TrialResult(trial, status, "", "jax", 1.0, figures, epochs, losses))
    return folder


class TestStudy:
    def test_a_whole_one_is_in_order_and_left_as_it_is(self, kept):
        before = {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in kept.iterdir()}
        found = list(studies.study(kept))
        assert {each.state for each in found} == {State.OK}
        assert one(found, "trials").said == "2 of 2 trials done"
        assert {file: (file.read_bytes(), file.stat().st_mtime_ns) for file in kept.iterdir()} == before

    @pytest.mark.parametrize("content", [b"", b"no database" * 99])
    def test_what_is_none_is_a_problem(self, kept, content):
        (kept / "study.db").write_bytes(content)
        [found] = studies.study(kept)
        assert (found.name, found.state) == ("study.db", State.PROBLEM)
        assert found.remedy

    @pytest.mark.parametrize("table", ["sessions", "trials", "epochs", "study"])
    def test_damage_of_any_table_is_found(self, kept, table):
        with closing(sqlite3.connect(kept / "study.db")) as connection:
            [page] = connection.execute("SELECT rootpage FROM sqlite_master WHERE name = ?", [table]).fetchone()
        content = bytearray((kept / "study.db").read_bytes())
        content[4096 * (page - 1) + 3 : 4096 * (page - 1) + 5] = b"\xff\xff"  # the number of cells in the page
        (kept / "study.db").write_bytes(content)
        [found] = studies.study(kept)
        assert (found.name, found.state) == ("study.db", State.PROBLEM)

    def test_damage_is_found_also_where_nothing_is_read(self, kept):
        with closing(sqlite3.connect(kept / "study.db")) as connection:
            index = "SELECT rootpage FROM sqlite_master WHERE name = 'sqlite_autoindex_example_losses_1'"
            [page] = connection.execute(index).fetchone()
        content = bytearray((kept / "study.db").read_bytes())
        start, end = 4096 * (page - 1), 4096 * page
        assert b"l2" in content[start:end]
        content[start:end] = content[start:end].replace(b"l2", b"l3")
        (kept / "study.db").write_bytes(content)
        assert len(StudyStore.open(kept).results().trials) == 2
        [found] = studies.study(kept)
        assert (found.state, found.said) == (
            State.PROBLEM, "damaged: row 1 missing from index sqlite_autoindex_example_losses_1"
        )  # fmt: skip

    def test_missing_and_failed_trials_are_counted(self, tmp_path):
        folder = study_in(tmp_path / "s", builder=TASK_NETWORK, data="digits", endings=(FAILED,))
        found = one(studies.study(folder), "trials")
        assert (found.state, found.said) == (State.WARNING, "0 of 2 trials done, 1 failed")
        assert found.remedy == f"Train what is missing: ridgepath resume {folder}"
        folder = study_in(tmp_path / "t", builder=TASK_NETWORK, data="digits", endings=(DIVERGED, DONE))
        assert one(studies.study(folder), "trials") == Finding(
            "Study", "trials", State.OK, "1 of 2 trials done, 1 diverged"
        )

    def test_a_network_that_changed_or_is_gone(self, kept):
        (kept.parent / "net.py").write_text("# another comment\n" + NETWORK)
        assert one(studies.study(kept), "network").state is State.OK
        (kept.parent / "net.py").write_text(NETWORK.replace("return l2", "return 2 * l2"))
        found = one(studies.study(kept), "network")
        assert (found.state, found.said) == (State.WARNING, f"{kept.parent / 'net.py'}:build has changed since")
        (kept.parent / "net.py").unlink()
        assert "No such file" in one(studies.study(kept), "network").said

    def test_data_that_changed_or_are_gone(self, kept):
        file = kept.parent / "mine.npz"
        arrays = dict(np.load(file))
        np.savez(file, **arrays | {"x_train": arrays["x_train"] + 1})
        found = one(studies.study(kept), "data")
        assert (found.state, found.said) == (State.WARNING, f"{file} has changed since")
        file.unlink()
        assert one(studies.study(kept), "data").state is State.WARNING

    def test_what_cannot_go_on_and_is_not_finished_is_a_problem(self, kept):
        folder = study_in(
            kept.parent / "half", builder=f"{kept.parent / 'net.py'}:build", data="digits", endings=(DONE,)
        )
        (kept.parent / "net.py").unlink()
        assert one(studies.study(folder), "network").state is State.PROBLEM

    def test_what_was_given_in_python_is_not_looked_for(self, kept):
        builder, data_file = f"{kept.parent / 'net.py'}:build", str(kept.parent / "mine.npz")
        folder = study_in(kept.parent / "python", builder=builder, data=data_file, location=False)
        found = list(studies.study(folder))
        assert (one(found, "network").state, one(found, "data").state) == (State.ABSENT, State.ABSENT)

    def test_a_study_file_that_says_something_else(self, kept):
        for change in (lambda file: file.write_text("epochs = 99"), lambda file: file.unlink()):
            change(kept / "study.toml")
            assert one(studies.study(kept), "study.toml").state is State.WARNING


FOUND = [
    Finding("Study", "data", State.PROBLEM, "a \x1b[2J name " * 9, "Do [bold]this[/bold]."),
    Finding("Study", "temporary files", State.WARNING, "w" * 200),
    Finding("Study", "folder", State.OK, "fine ± 1"),
]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_findings_fit_80_columns_and_names_do_not_steer_the_terminal(encoding):
    with open(os.devnull, "w", encoding=encoding) as nowhere:
        console = Console(file=nowhere, width=80, record=True, legacy_windows=False)
        console.print(terminal.part(FOUND), terminal.ending(FOUND))
    text = console.export_text()
    assert max(map(len, text.splitlines())) <= 80
    assert "\x1b" not in text
    assert "Do [bold]this[/bold]." in text
    assert text.splitlines()[-1] == "1 problem and 1 warning."
    assert ("fine ± 1" in text) == (encoding == "utf-8")


@pytest.mark.parametrize(("states", "code"), [("ok absent warning", 0), ("ok problem", 2)])
def test_the_exit_code_says_whether_there_is_something_to_mend(states, code, monkeypatch, capsys):
    found = [Finding("Data", state, State(state), "said") for state in states.split()]
    monkeypatch.setattr(checking, "_checks", lambda folder: iter([lambda: iter(found)]))
    for arguments in (["doctor"], ["doctor", "somewhere", "--json"]):
        with pytest.raises(SystemExit) as ended:
            main(arguments)
        assert ended.value.code == code
    printed = capsys.readouterr()
    assert printed.err == ""
    document = json.loads(printed.out.splitlines()[-1])
    assert [each["state"] for each in document["findings"]] == states.split()
    assert document["problems"] == states.count("problem")


def test_a_folder_that_is_no_study_is_a_problem_and_not_made(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(checking, "_checks", lambda folder: iter([lambda: studies.study(folder)]))
    with pytest.raises(SystemExit) as ended:
        main(["doctor", str(tmp_path / "absent")])
    assert ended.value.code == 2
    assert "Give the folder of a study." in capsys.readouterr().out
    assert list(tmp_path.iterdir()) == []
