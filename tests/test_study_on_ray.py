"""Whole studies on a Ray cluster of several nodes give the numbers, bit for bit, that they give on this machine."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys

import pytest

if not os.environ.get("CI"):
    pytest.importorskip("ray", reason="Ray is not installed")

import psutil
import ray

import ridgepath as rp
from real_cluster import QUIET, cluster_with
from ridgepath.builders import find_builder
from ridgepath.errors import BuilderError, Interrupted
from ridgepath.progress import Watch
from ridgepath.session import Request, run
from ridgepath.store import FILE
from ridgepath.study import Variant
from trained import SHORT_LEGS, tables

pytestmark = [pytest.mark.slow, *QUIET]

NETWORK = f"""
import keras

from layers import hidden
{SHORT_LEGS.format(0.1)}

def build(strength):
    model = keras.Sequential(
        [keras.layers.Flatten(), hidden(strength), keras.layers.Dropout(0.2), keras.layers.Dense(10, "softmax")]
    )
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
"""
LAYERS = """
import keras


def hidden(strength):
    return keras.layers.Dense(32, "relu", kernel_regularizer=keras.regularizers.L2(strength))
"""
SEEDS, EPOCHS = 3, 60
ASKED = ["--data", "digits.npz", "--strengths", "0,1e-3", "--seeds", str(SEEDS), "--epochs", str(EPOCHS)]


@pytest.fixture(scope="module")
def place(tmp_path_factory, digits_file):
    """A folder with a network, a module that it imports, and data."""
    folder = tmp_path_factory.mktemp("on-ray")
    (folder / "net.py").write_text(NETWORK)
    (folder / "layers.py").write_text(LAYERS)
    (folder / "digits.npz").write_bytes(digits_file.read_bytes())
    return folder


@pytest.fixture(autouse=True)
def here(place, monkeypatch):
    monkeypatch.chdir(place)
    return place


@pytest.fixture
def client_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@pytest.fixture
def cluster(tmp_path, client_port, monkeypatch):
    """A head without a core, and two nodes with one each; every one as if it were a machine of its own."""
    monkeypatch.setenv("GRPC_ENABLE_FORK_SUPPORT", "0")  # of the head: https://github.com/ray-project/ray/issues/63202

    def own(name):
        (tmp_path / name).mkdir()
        return {"env_vars": {"TMPDIR": str(tmp_path / name), "XDG_CACHE_HOME": str(tmp_path / name)}}

    with cluster_with(ray_client_server_port=client_port, **own("head")) as cluster:
        for name in ("first", "second"):
            cluster.add_node(num_cpus=1, **own(name))
        monkeypatch.setenv("RAY_ADDRESS", cluster.address)
        yield cluster


def request(study, **settings):
    return Request(
        builder=find_builder("net.py:build"),
        data="digits.npz",
        variants=(Variant("strength", (0.0, 1e-3)),),
        seeds=tuple(range(SEEDS)),
        epochs=EPOCHS,
        batch_size=32,
        folder=study,
        workers=None,
        engine="auto",
        **settings,
    )


@pytest.fixture(scope="module")
def local(place):
    """The study as this machine trains it."""
    with pytest.MonkeyPatch.context() as patch, Watch(quiet=True) as watch:
        patch.chdir(place)
        found = tables(run(request(place / "local"), watch))
    assert len(found["trials"]) == 2 * SEEDS
    return found


def programs_of(node):
    """Return the processes of a node in which something is trained."""
    raylets = [psutil.Process(process.process.pid) for process in node.all_processes["raylet"]]
    found = [each for raylet in raylets for each in raylet.children(recursive=True)]
    return [each for each in found if "_Process" in "".join(each.cmdline())]


def busiest(cluster):
    """Return the node that trains for sure: the worker of another may still be starting."""
    return max(cluster.worker_nodes, key=lambda node: sum(each.cpu_times().user for each in programs_of(node)))


class Listening(Watch):
    """Keeps what is said."""

    def __init__(self):
        super().__init__(quiet=True)
        self.said = []

    def say(self, text):
        self.said.append(text)


def test_a_study_loses_a_node_in_the_middle_and_no_number(tmp_path, cluster, local):
    results = []

    def written(store, result):
        results.append(result)
        if len(results) == 1:
            lost = busiest(cluster)
            processes = programs_of(lost)
            cluster.remove_node(lost, allow_graceful=False)
            for each in processes:  # with the machine; else they may train on until they notice
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.kill()

    watch = Listening()
    folder = run(request(tmp_path / "study", on="ray"), watch, written=written)
    assert tables(folder) == local
    assert "Ray: 2 workers, 2 cores on 2 nodes." in watch.said
    assert any(text.startswith("A worker process died (it") for text in watch.said), watch.said


def test_a_study_goes_on_here_that_was_interrupted_there_and_the_other_way_round(tmp_path, cluster, local):
    def interrupt(store, result):
        os.kill(os.getpid(), signal.SIGINT)

    folder = tmp_path / "study"
    done = []
    for on in ("ray", "local"):
        with pytest.raises(Interrupted) as stopped, Watch(quiet=True) as watch:
            run(request(folder, on=on), watch, written=interrupt)
        done.append(stopped.value.done)
    path = rp.resume(folder, on="ray", progress=False)
    assert 1 <= done[0] < done[1] < 2 * SEEDS
    assert tables(path.folder) == local
    assert not ray.is_initialized()


def wait_for_a_trial(folder, program):
    """Wait until a program has written a first result."""
    while not (folder / FILE).exists() or not tables(folder)["trials"]:
        assert program.poll() is None
        with contextlib.suppress(subprocess.TimeoutExpired):
            program.wait(0.05)


def test_a_study_whose_program_is_killed_goes_on_and_its_workers_end(tmp_path, cluster, local):
    folder = tmp_path / "study"
    asked = ["run", "net.py:build", *ASKED, "--on", "ray", "--study", folder]
    with subprocess.Popen([sys.executable, "-m", "ridgepath", *map(str, asked)], stderr=subprocess.DEVNULL) as program:
        wait_for_a_trial(folder, program)
        trained = [each for node in cluster.worker_nodes for each in programs_of(node)]
        program.kill()
    assert len(trained) == 2
    assert not psutil.wait_procs(trained, timeout=60)[1], "workers outlive their program"
    assert 1 <= len(tables(folder)["trials"]) < 2 * SEEDS
    assert tables(rp.resume(folder, on="ray", progress=False).folder) == local


@pytest.mark.parametrize("from_outside", [False, True])
def test_a_study_whose_head_is_lost_ends_and_can_go_on_here(tmp_path, cluster, client_port, local, from_outside):
    folder = tmp_path / "study"
    on = f"ray://127.0.0.1:{client_port}" if from_outside else "ray"
    asked = ["run", "net.py:build", *ASKED, "--on", on, "--study", folder]
    program = subprocess.Popen(
        [sys.executable, "-m", "ridgepath", *map(str, asked)],
        env=os.environ | {"RAY_CLIENT_RECONNECT_GRACE_PERIOD": "1"},
        stderr=subprocess.PIPE,
        text=True,
    )
    wait_for_a_trial(folder, program)
    cluster.remove_node(cluster.head_node, allow_graceful=False)
    _, said = program.communicate(timeout=120)
    assert program.returncode == 1
    assert "Traceback" not in said
    if from_outside:  # within the cluster, Ray ends the program, which says nothing any more
        assert re.search(rf"ridgepath: Ray failed: .* of 6 trials are kept in {folder}, and ridgepath resume", said)
    assert 1 <= len(tables(folder)["trials"]) < 2 * SEEDS
    assert tables(rp.resume(folder, progress=False).folder) == local


def test_from_outside_standard_output_is_one_document(tmp_path, cluster, client_port, local):
    asked = [
        "run",
        "net.py:build",
        *ASKED,
        "--on",
        f"ray://127.0.0.1:{client_port}",
        "--study",
        tmp_path / "study",
        "--json",
    ]
    program = [sys.executable, "-W", "error::UserWarning", "-m", "ridgepath", *map(str, asked)]
    done = subprocess.run(program, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["study"] == str(tmp_path / "study")
    assert tables(tmp_path / "study") == local
    question = (tmp_path / "study" / "study.toml").read_text()
    assert "ray:" not in question, "where a study is trained is no part of what it asks"


def test_a_function_of_a_module_that_the_nodes_do_not_have(tmp_path, cluster, monkeypatch):
    (tmp_path / "only_here.py").write_text(NETWORK + LAYERS)
    (tmp_path / "layers.py").write_text(LAYERS)
    monkeypatch.syspath_prepend(tmp_path)
    import only_here

    with pytest.raises(BuilderError, match=r"No module named 'only_here'.*or write the network in a file"):
        rp.fit_path(only_here.build, "digits.npz", study=tmp_path / "study", on="ray", progress=False)
    assert not (tmp_path / "study").exists()


def test_where_no_cluster_is_named_one_is_started_for_the_while(tmp_path, local):
    """In a process of its own: Ray 2.60 goes on to want a token in one that has started a cluster.

    As in a notebook, JAX is at work there already, and would warn of Ray's forks.
    """
    before = set(psutil.pids())
    asked = ["run", "net.py:build", *ASKED, "--on", "ray", "--study", tmp_path / "study"]
    program = [sys.executable, "-c", "import jax; jax.devices(); from ridgepath.cli import main; main()"]
    on_its_own = os.environ | {"RAY_ADDRESS": "local"}
    done = subprocess.run([*program, *map(str, asked)], env=on_its_own, capture_output=True, text=True, check=True)
    assert "Warning" not in done.stderr
    assert tables(tmp_path / "study") == local
    left = [each for each in psutil.process_iter() if each.pid not in before]
    assert not [each for each in psutil.wait_procs(left, timeout=60)[1] if "ray" in " ".join(each.cmdline())]
