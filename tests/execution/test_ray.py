"""Workers on a Ray cluster. The slow tests have a real one: several nodes on this machine, as if each were its own."""

import os
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack

import numpy as np
import pytest

if not os.environ.get("CI"):
    pytest.importorskip("ray", reason="Ray is not installed")

import ray
from ray.exceptions import RayActorError
from test_local import EPOCHS, Count, Large, trials

from real_cluster import QUIET, cluster_with
from ridgepath.builders import find_builder
from ridgepath.crew import PlacedBuilder, check_on, hire
from ridgepath.errors import BuilderError, InputError, TrainingError
from ridgepath.execution import cluster, workers
from ridgepath.execution import ray as on_ray
from ridgepath.execution.ray import RayWorkers
from ridgepath.study import plan_shards

pytestmark = QUIET

LOST = (
    "A worker process died (it cannot be reached); another one",
    "A worker process died (its node was lost); another one",
)


@pytest.mark.parametrize("on", ["local", "ray", "ray://head:10001", "ray://10.0.0.1:10001/"])
def test_a_place_to_train_on(on):
    check_on(on)


@pytest.mark.parametrize(
    "on", ["", "Ray", "ray:", "ray://", "ray://head", "ray://:10001", "http://head:1", "ray://a:b"]
)
def test_what_is_no_place_to_train_on(on):
    with pytest.raises(InputError, match=r"trained on local, ray or ray://HOST:PORT; received .*10001"):
        check_on(on)


def test_without_ray_it_is_said_how_to_install_it(monkeypatch):
    monkeypatch.delitem(sys.modules, "ridgepath.execution.ray")
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(InputError, match=r"--on ray needs the package ray.*pip install 'ridgepath\[ray\]'"):
        hire("ray", workers=1, most=1, say=print)


@pytest.fixture
def closed_port():
    """A port at which nothing listens."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield taken.getsockname()[1]


@pytest.mark.parametrize("scheme", ["ray://", ""])
def test_an_address_at_which_nothing_answers(closed_port, scheme, monkeypatch):
    address = f"{scheme}127.0.0.1:{closed_port}"
    monkeypatch.setenv("RAY_ADDRESS", address)
    for on in {"ray", address if scheme else "ray"}:
        with pytest.raises(InputError, match=f"a Ray cluster at {address} .*; received .*refused"):
            RayWorkers(on, workers=1, most=1, say=print)
    assert not ray.is_initialized()


def test_an_address_without_a_port(monkeypatch):
    monkeypatch.setenv("RAY_ADDRESS", "head")
    with pytest.raises(InputError, match="received an address without a port"):
        RayWorkers("ray", workers=1, most=1, say=print)


NODE = cluster.Node("n1", "10.0.0.7", 2, 0)
HERE = cluster._versions_by_value()(cluster._ALIKE)


@pytest.mark.parametrize("own", [None, "0.0.1"])
def test_a_node_without_this_ridgepath_is_refused(own, monkeypatch):
    monkeypatch.setattr(cluster, "on_nodes", lambda *_: [{**HERE, "ridgepath": own}])
    with pytest.raises(InputError, match=f"received {own or 'none'} on 10.0.0.7. Install it there: pip install"):
        cluster.check_alike([NODE], print)


def test_another_jax_on_a_node_is_said(monkeypatch):
    monkeypatch.setattr(cluster, "on_nodes", lambda *_: [{**HERE, "jax": "0.0.1", "numpy": None}])
    said = []
    cluster.check_alike([NODE], said.append)
    assert said == [
        f"10.0.0.7 has jax 0.0.1, not {HERE['jax']}, numpy None, not {HERE['numpy']}: "
        "its numbers may differ in the last digits."
    ]


def test_what_asks_for_versions_runs_where_ridgepath_is_not_installed(tmp_path):
    file = tmp_path / "function"
    file.write_bytes(ray.cloudpickle.dumps(cluster._versions_by_value()))
    program = (
        "import sys; sys.modules['ridgepath'] = None\n"
        "import pathlib, ray.cloudpickle\n"
        "function = ray.cloudpickle.loads(pathlib.Path(sys.argv[1]).read_bytes())\n"
        "print(function(['no-such-package', 'numpy']))"
    )
    done = subprocess.run([sys.executable, "-c", program, file], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == repr({"no-such-package": None, "numpy": np.__version__})


def test_settings_that_decide_numbers_are_taken_along_and_those_of_a_machine_are_not(monkeypatch):
    for name in [name for name in os.environ if name.startswith("JAX_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    monkeypatch.setenv("JAX_ENABLE_X64", "1")
    monkeypatch.setenv("JAX_COMPILATION_CACHE_DIR", "/only/here")
    assert on_ray._taken_along() == {"XLA_FLAGS": "--xla_cpu_enable_fast_math=false", "JAX_ENABLE_X64": "1"}


class Machines:
    """A cluster whose nodes are as separate machines: each has a folder of its own for temporary files."""

    def __init__(self, folder, cores, stack):
        self.folder, self.names = folder, iter(range(100))
        self.cluster = stack.enter_context(cluster_with(**self.own()))
        self.nodes = [self.add(count) for count in cores]

    def own(self):
        place = self.folder / f"machine-{next(self.names)}"
        place.mkdir()
        return {"env_vars": {"TMPDIR": str(place), "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}}

    def add(self, cores):
        return self.cluster.add_node(num_cpus=cores, **self.own())

    def lose(self):
        self.cluster.remove_node(self.nodes.pop(), allow_graceful=False)

    @property
    def placed(self):
        """All files that are placed on some machine."""
        return [file for file in self.folder.glob("machine-*/ridgepath-*/*/**/*") if file.is_file()]


@pytest.fixture
def machines(tmp_path, monkeypatch):
    """Make a cluster of nodes with so many cores."""
    with ExitStack() as stack:

        def make(*cores):
            made = Machines(tmp_path, cores, stack)
            monkeypatch.setenv("RAY_ADDRESS", made.cluster.address)
            return made

        yield make


def workers_on(*, said=None, **settings):
    return RayWorkers("ray", **{"workers": None, "most": 100, **settings}, say=print if said is None else said.append)


def seen(placed):
    """Tell from within a worker where it is, and which files it finds."""
    found = [(str(file), file.stat().st_ino, file.read_bytes()) for file in sorted(placed.here().iterdir())]
    return ray.get_runtime_context().get_node_id(), os.getpid(), tempfile.gettempdir(), tuple(found)


def raise_error(error):
    raise error


def setting(name):
    return os.environ.get(name)


def prints():
    print("a builder that prints")


@pytest.mark.slow
def test_a_cluster_of_two_nodes_with_two_cores_each(tmp_path, machines, monkeypatch, capfd):
    nodes, said = machines(2, 2), []
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.npy").write_bytes(bytes(range(256)) * 4096)
    (tmp_path / "net.py").write_text("import beside\ndef build(strength): ...")
    (tmp_path / "beside.py").touch()
    monkeypatch.setenv("XLA_FLAGS", "--xla_cpu_enable_fast_math=false")
    monkeypatch.setenv("KERAS_BACKEND", "numpy")
    before = dict(os.environ)
    with workers_on(said=said) as pool:
        assert said == ["Ray: 4 workers, 4 cores on 2 nodes."]

        placed = pool.place(tmp_path / "data", ["x.npy"])
        found = [value() for value in [pool.begin(seen, placed) for _ in range(pool.workers)]]
        by_node = {node: {files for each, *_, files in found if each == node} for node, *_ in found}
        assert len({pid for _, pid, *_ in found}) == 4
        assert len(by_node) == 2
        assert all(len(files) == 1 for files in by_node.values()), "the workers of a node have the same file"
        assert len(nodes.placed) == 2, "and there is one on each"
        for _, _, temporary, [(file, _, content)] in found:
            assert file.startswith(temporary)
            assert content == (tmp_path / "data" / "x.npy").read_bytes()

        builder = pool.begin(PlacedBuilder.of(find_builder(f"{tmp_path}/net.py:build"), pool).here)()
        file, name = builder.card.location.rsplit(":", 1)
        assert (os.path.dirname(os.path.dirname(file)), name) == (
            os.path.dirname(os.path.dirname(found[0][3][0][0])),
            "build",
        )
        assert sorted(os.listdir(os.path.dirname(file))) == ["beside.py", "net.py"]

        assert pool.begin(setting, "KERAS_BACKEND")() == "jax"
        assert pool.begin(setting, "NPROC")() == "1"
        flags = "--xla_cpu_enable_fast_math=false --xla_cpu_multi_thread_eigen=false"
        assert pool.begin(setting, "XLA_FLAGS")() == flags

        wrong = BuilderError("a network", received="none", remedy="Mend it.")
        with pytest.raises(BuilderError) as caught:
            pool.begin(raise_error, wrong)()
        assert str(caught.value) == str(wrong)
        pool.begin(prints)()

        legs = list(pool.train(plan_shards(trials(6)), Count(tmp_path)))
        assert sorted(result.trial for leg in legs for result in leg.results) == trials(6)
        assert sum(leg.epochs for leg in legs) == 6 * EPOCHS

        (tmp_path / "large").mkdir()
        legs = list(pool.train(plan_shards(trials(4)), Large(tmp_path / "large")))
        assert [result.status for leg in legs for result in leg.results] == ["done"] * 4
        assert pool.workers == 2, "memory ran out twice"
    assert not nodes.placed, "nothing is left on the nodes"
    assert dict(os.environ) == before
    assert not ray.is_initialized()

    with workers_on(workers=1, said=said) as pool:
        assert pool.workers == 1, "the cluster is still there"
        with pytest.raises(TrainingError, match=r"died \d+ times before .* \(its process ended\)"):
            pool.begin(os._exit, 1)()
        legs = list(pool.train(plan_shards(trials(2)), Count(tmp_path, ((1.0, 2, 100),))))
        assert sorted((result.trial.strength, result.status) for leg in legs for result in leg.results) == [
            (0.0, "done"),
            (1.0, "failed"),
        ]
    assert "Traceback" not in capfd.readouterr().err


@pytest.mark.slow
def test_when_nodes_are_lost_the_others_go_on_and_when_all_are_it_is_said(tmp_path, machines, monkeypatch, capfd):
    nodes, said = machines(1, 1, 1), []
    monkeypatch.setattr(workers, "PATIENCE", 1.0)
    with workers_on(said=said) as pool:
        for value in [pool.begin(os.getpid) for _ in range(3)]:
            value()
        legs, waited = [], "No worker can start yet; training goes on as soon as there is room for one."
        for leg in pool.train(plan_shards(trials(12)), Count(tmp_path)):
            legs.append(leg)
            if leg.results and len(nodes.nodes) == 3:
                nodes.lose()
            if any(remark.startswith(LOST) for remark in leg.remarks) and len(nodes.nodes) == 2:
                assert sum(len(leg.results) for leg in legs) < 12
                nodes.lose()
                nodes.lose()
            if waited in leg.remarks and not nodes.nodes:
                nodes.nodes.append(nodes.add(1))
    assert sorted(result.trial for leg in legs for result in leg.results) == trials(12)
    assert all(result.status == "done" for leg in legs for result in leg.results)
    assert sum(leg.epochs for leg in legs) == 12 * EPOCHS, "no epoch that was brought is trained again"
    remarks = [remark for leg in legs for remark in leg.remarks]
    assert len([remark for remark in remarks if remark.startswith(LOST)]) >= 3
    assert waited in remarks
    assert capfd.readouterr().out == "", "Ray tells of its nodes on standard output"


@pytest.mark.slow
def test_workers_for_which_there_is_no_room_yet(machines):
    machines(1)
    said = []
    with workers_on(workers=3, said=said) as pool:
        assert said == [
            "Ray: 3 workers, 1 core on 1 node. There is room for 1 now; the others start when there is more."
        ]
        assert pool.begin(os.getpid)()


@pytest.mark.slow
def test_a_node_that_joins_later_with_another_ridgepath_trains_nothing(machines, tmp_path, monkeypatch):
    nodes = machines()
    with workers_on(workers=1) as pool:
        monkeypatch.setattr(on_ray, "version", lambda _: "0.0.1")  # what the node has is the other one now
        nodes.add(1)
        pool._workers[0].died(RayActorError())
        pool._workers[0].start()
        with pytest.raises(TrainingError, match=r"died 3 times .*has ridgepath .*, not 0\.0\.1\)"):
            list(pool.train(plan_shards(trials(1)), Count(tmp_path)))
    assert not list(tmp_path.glob("leg-*"))


@pytest.mark.slow
def test_a_cluster_without_a_core(machines):
    machines()
    with pytest.raises(InputError, match="a Ray cluster with a core for a worker; received one without"):
        workers_on()
    assert not ray.is_initialized()
