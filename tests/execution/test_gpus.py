"""Which GPUs are found, on machines that are made up; and that every worker has one for itself."""

import os
import signal
from importlib.metadata import EntryPoint
from types import SimpleNamespace

import pytest

from ridgepath.errors import TrainingError
from ridgepath.execution import gpus, local
from ridgepath.execution.gpus import usable_gpus
from ridgepath.execution.local import LocalWorkers, worker_environment

LISTED = """GPU 0: NVIDIA H100 80GB HBM3 (UUID: GPU-5b1e)
  MIG 1g.10gb     Device  0: (UUID: MIG-77a1)
GPU 1: NVIDIA H100 80GB HBM3 (UUID: GPU-90af)
"""


@pytest.fixture
def machine(monkeypatch, tmp_path):
    """Return a function that makes up a machine: its environment, JAX' plugins, what nvidia-smi and the driver list."""
    for name in ("JAX_PLATFORMS", "CUDA_VISIBLE_DEVICES"):
        monkeypatch.delenv(name, raising=False)

    def make(*, plugins=("xla_cuda12",), listed=LISTED, driver=None, **environment):
        found = [EntryPoint(name, f"jax_plugins.{name}", "jax_plugins") for name in plugins]
        monkeypatch.setattr(gpus, "entry_points", lambda group: found if group == "jax_plugins" else [])

        def run(command, **settings):
            if listed is None:
                raise FileNotFoundError(command[0])
            return SimpleNamespace(stdout=listed)

        monkeypatch.setattr(gpus.subprocess, "run", run)
        monkeypatch.setattr(gpus, "_DRIVER", tmp_path if driver else tmp_path / "absent")
        for name in driver or ():
            (tmp_path / name).mkdir()
        for name, value in environment.items():
            monkeypatch.setenv(name, value)

    return make


@pytest.mark.parametrize(
    ("about", "found"),
    [
        ({}, ("0", "1")),
        ({"plugins": ()}, ()),
        ({"plugins": ("xla_rocm60",)}, ()),
        ({"plugins": ("xla_rocm60", "xla_cuda13")}, ("0", "1")),
        ({"JAX_PLATFORMS": "cpu"}, ()),
        ({"JAX_PLATFORMS": "cuda,cpu"}, ("0", "1")),
        ({"CUDA_VISIBLE_DEVICES": "3,GPU-90af"}, ("3", "GPU-90af")),
        ({"CUDA_VISIBLE_DEVICES": ""}, ()),
        ({"CUDA_VISIBLE_DEVICES": "-1"}, ()),
        ({"CUDA_VISIBLE_DEVICES": "1, 0,-1,2"}, ("1", "0")),
        ({"listed": ""}, ()),
        ({"listed": None}, ()),
        ({"listed": None, "driver": ("0000:01:00.0", "0000:02:00.0")}, ("0", "1")),
    ],
)
def test_gpus_are_those_that_jax_can_use_and_cuda_shows(machine, about, found):
    machine(**about)
    assert usable_gpus() == found


def test_without_jax_plugin_for_cuda_nothing_is_asked_of_the_driver(machine, monkeypatch):
    machine(plugins=())
    monkeypatch.setattr(gpus.subprocess, "run", lambda *given, **settings: pytest.fail("asked"))
    assert usable_gpus() == ()


def test_a_worker_on_a_gpu_keeps_its_threads_and_multiplies_float32_as_such(monkeypatch):
    monkeypatch.delenv("JAX_DEFAULT_MATMUL_PRECISION", raising=False)
    on_gpu, on_core = worker_environment(on_gpu=True), worker_environment()
    assert on_gpu["JAX_DEFAULT_MATMUL_PRECISION"] == "highest"
    assert not {"NPROC", "XLA_FLAGS", "OMP_NUM_THREADS"} & on_gpu.keys()
    assert "JAX_DEFAULT_MATMUL_PRECISION" not in on_core
    assert on_gpu["KERAS_BACKEND"] == on_core["KERAS_BACKEND"] == "jax"
    monkeypatch.setenv("JAX_DEFAULT_MATMUL_PRECISION", "tensorfloat32")
    assert worker_environment(on_gpu=True)["JAX_DEFAULT_MATMUL_PRECISION"] == "tensorfloat32"


def gpu_of_this_worker(pipe, mode):
    """Meet another worker, each at one end of a pipe, so that both are there; return the process and its GPU."""
    with open(pipe, mode):
        return os.getpid(), os.environ["CUDA_VISIBLE_DEVICES"]


def die():
    os.kill(os.getpid(), signal.SIGKILL)


def two_at_once(pool, pipe):
    waits = [pool.begin(gpu_of_this_worker, str(pipe), mode) for mode in ("rb", "wb")]
    (first, one), (second, other) = (wait() for wait in waits)
    assert first != second
    return {one, other}


def test_every_worker_has_a_gpu_for_itself_also_after_one_died(monkeypatch, tmp_path):
    monkeypatch.setattr(local, "usable_gpus", lambda: ("3", "GPU-90af", "5"))
    os.mkfifo(tmp_path / "pipe")
    with LocalWorkers(2) as pool:
        assert (pool.workers, pool.gpus) == (2, ("3", "GPU-90af"))
        assert two_at_once(pool, tmp_path / "pipe") == {"3", "GPU-90af"}
        with pytest.raises(TrainingError):
            pool.begin(die)()
        assert two_at_once(pool, tmp_path / "pipe") == {"3", "GPU-90af"}
    assert os.environ.get("CUDA_VISIBLE_DEVICES") is None


def test_there_are_no_more_workers_than_gpus(monkeypatch):
    monkeypatch.setattr(local, "usable_gpus", lambda: ("0",))
    with LocalWorkers(4) as pool:
        assert pool.workers == 1
    monkeypatch.setattr(local, "usable_gpus", lambda: ())
    with LocalWorkers(4) as pool:
        assert (pool.workers, pool.gpus) == (4, ())
