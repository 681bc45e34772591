"""Who trains: ridgepath, and what a user would otherwise run, each as a program of its own."""

from __future__ import annotations

import sys
from dataclasses import dataclass, field
from pathlib import Path

from workloads import Trials, Workload

HERE = Path(__file__).parent


@dataclass(frozen=True)
class Peer:
    """One way to train the trials.

    Attributes:
        title: what it is called in tables.
        program: a file in ``peers``; empty for ridgepath itself.
        environment: variables of its process; ``{folder}`` is a new folder for every run.
        own: whether it runs in the environment of ridgepath.
        cannot: networks that it does not have.
    """

    title: str
    program: str = ""
    environment: dict[str, str] = field(default_factory=dict)
    own: bool = False
    cannot: tuple[str, ...] = ()


RIDGEPATH, FIRST = "ridgepath", "ridgepath-first"
QUIET = {"TF_CPP_MIN_LOG_LEVEL": "3"}
ON_JAX, ON_TENSORFLOW = ({"KERAS_BACKEND": backend, **QUIET} for backend in ("jax", "tensorflow"))

PEERS = {
    RIDGEPATH: Peer("ridgepath", own=True),
    FIRST: Peer("ridgepath, its first run on a machine", environment={"XDG_CACHE_HOME": "{folder}/cache"}, own=True),
    "keras-jax": Peer("Keras `fit` on JAX, in a loop", "keras_loop.py", ON_JAX, own=True),
    "keras-tensorflow": Peer("Keras `fit` on TensorFlow, in a loop", "keras_loop.py", ON_TENSORFLOW),
    "keras-tuner": Peer("KerasTuner's GridSearch, on JAX", "grid_search.py", ON_JAX),
    "joblib": Peer("joblib over `fit` on JAX, a process a core", "joblib_fit.py", QUIET, own=True),
    "torch-1": Peer("PyTorch loop, one thread", "torch_loop.py", {"PEER_THREADS": "1"}),
    "torch": Peer("PyTorch loop, default threads", "torch_loop.py"),
    "torch-func": Peer("`torch.func`, all trials in a step", "torch_ensemble.py"),
    "sklearn": Peer(
        "scikit-learn's MLP",
        "sklearn_mlp.py",
        cannot=("convolutional",),
    ),
}


def command(
    name: str, workload: Workload, trials: Trials, *, data: Path, epochs: int, folder: Path, python: str
) -> list[str]:
    """Return what a user would type.

    Args:
        data: the ``.npz``.
        folder: where ridgepath keeps its study, as ``study``.
        python: the interpreter of the peers' environment.
    """
    peer = PEERS[name]
    what = ["--data", str(data), "--strengths", ",".join(f"{strength:g}" for strength in trials.strengths)]
    what += ["--epochs", str(epochs), "--batch-size", str(workload.batch_size)]
    seeds = ",".join(map(str, trials.seeds))
    if not peer.program:
        network = f"{HERE / 'networks.py'}:{workload.network}"
        program = [sys.executable, "-m", "ridgepath", "run", network, "--study", str(folder / "study")]
        return [*program, *what, "--seeds", seeds if len(trials.seeds) > 1 else f"{seeds},", "--no-zero", "--json"]
    program = [sys.executable if peer.own else python, str(HERE / "peers" / peer.program)]
    return [*program, "--network", workload.network, *what, "--seeds", seeds]
