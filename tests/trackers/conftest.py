"""A stored study, and the programs in which it is looked at."""

import os
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
sys.path.insert(0, str(Path(__file__).parent))
sys.path.append(str(Path(__file__).parent.parent / "report"))

from types import ModuleType

import pytest
from stored import ask, end, free_port, make_store

from ridgepath.path import Path as RegularizationPath
from ridgepath.store import StudyStore

# TensorBoard's own way to do without TensorFlow; what stands for it beside networks, in this process, is not for it.
sys.modules["tensorboard.compat.notf"] = ModuleType("tensorboard.compat.notf")


@pytest.fixture
def store(tmp_path):
    return make_store(tmp_path / "my study")


@pytest.fixture
def summary_of():
    return lambda store: RegularizationPath(StudyStore.open(store.folder)).summary()


@pytest.fixture(scope="session")
def serving(tmp_path_factory):
    """Return what starts a program that serves at ``{port}``, waits until it answers, and returns its address.

    In the end it is ended, with all that it started.
    """
    with ExitStack() as running:

        def serve(command, *, health):
            port = free_port()
            output = running.enter_context((tmp_path_factory.mktemp("served") / "output.txt").open("w"))
            written = [str(part).format(port=port) for part in command]
            process = subprocess.Popen(written, stdout=output, stderr=output, start_new_session=True)
            running.callback(end, process)
            ask(f"http://127.0.0.1:{port}{health}", tries=240)
            return f"http://127.0.0.1:{port}"

        yield serve
