"""What a command waits for: a command that reads starts without what trains, draws or makes tables for people.

Imports are counted rather than timed: they are nearly all of what such a command takes.
"""

import json
import subprocess
import sys

import pytest

from ridgepath.results import DONE, TrialResult, epoch_columns, trial_columns
from ridgepath.store import StudyStore
from ridgepath.study import BuilderCard, DataCard, Study, Variant

HEAVY = {
    *("cloudpickle", "jax", "jinja2", "keras", "loky", "matplotlib", "mlxtend", "multiprocessing", "numpy", "pandas"),
    *("plotly", "pyarrow", "rich.console", "rich.progress", "scipy", "scipy.optimize", "scipy.stats", "sklearn"),
    *("ridgepath.datasets", "ridgepath.execution", "ridgepath.report", "ridgepath.session", "ridgepath.training"),
}
READING = {"numpy", "ridgepath.report"}
SAY_IMPORTS = (
    "import json, sys\n"
    "from ridgepath.cli import main\n"
    "try: main(sys.argv[1:])\n"
    "finally: print(json.dumps(sorted(sys.modules)), file=sys.stderr)\n"
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A study of two strengths and two seeds that no network was trained for."""
    study = Study(
        builder=BuilderCard("build", None, "def build(strength): ...", "b" * 64),
        data=DataCard("mine", train=40, validation=4, test=0, fingerprint="d" * 64),
        variants=(Variant("l2", (0.0, 0.1)),),
        seeds=(0, 1),
        epochs=2,
        batch_size=8,
        train_evaluated=40,
    )
    store = StudyStore.create(tmp_path_factory.mktemp("read") / "s", study, metrics=("accuracy",), context={})
    for count, trial in enumerate(study.trials):
        figures = dict.fromkeys(trial_columns(("accuracy",), test=False), 1.0 + count)
        epochs = {name: [2.0, 1.0 + count] for name in epoch_columns(("accuracy",))}
        store.add(TrialResult(trial, DONE, "", "jax", 1.0, figures, epochs, {"validation": [count, 1.0, 1.0, 2.0]}))
    return store.folder


def imported_by(*arguments):
    """Run a command in a process of its own, and return which of the heavy modules it imported."""
    command = [sys.executable, "-c", SAY_IMPORTS, *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return HEAVY & set(json.loads(done.stderr))


def test_what_is_heavy_is_there_to_be_imported(folder):
    assert imported_by("report", folder) >= READING | {"plotly", "jinja2"}
    assert imported_by("export", folder) >= {"pandas"}


def test_help_imports_no_numpy():
    for arguments in ((), ("run",), ("show",)):
        assert imported_by(*arguments, "--help") <= {"rich.console"}


def test_a_study_is_shown_with_numpy_alone(folder):
    assert imported_by("show", folder) <= READING | {"rich.console"}
    assert imported_by("show", folder, "--json") <= READING


def test_studies_are_listed_without_what_draws_in_the_terminal(folder):
    assert imported_by("ls", folder) <= READING


def test_a_list_reads_the_table_of_trials_alone(folder, monkeypatch):
    from ridgepath.reading import list_studies

    monkeypatch.setattr(StudyStore, "results", lambda _: pytest.fail("all tables were read"))
    [line] = list_studies(folder)
    assert line == f"{folder}  mine  l2 0/0.1  4/4 trials  min 0"
