"""A Ray cluster: the way to it, what its nodes have, and whether they are alike enough to train one study."""

from __future__ import annotations

import importlib.metadata
import logging
import os
import signal
import socket
import threading
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import ray
from ray._private import auto_init_hook
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ridgepath.errors import InputError
from ridgepath.execution.gpus import is_cuda_asked, is_cuda_there
from ridgepath.execution.local import available_cores
from ridgepath.texts import write_count

CLIENT = "ray://"
"""How the address of a cluster begins that is reached from outside."""

_ADDRESS = "RAY_ADDRESS"
_USAGE = "RAY_USAGE_STATS_ENABLED"
_REACHED_WITHIN = 10.0
"""Seconds within which a cluster has to answer at its address; Ray itself would try for minutes."""
_ALIKE = ("ridgepath", "jax", "jaxlib", "keras", "numpy")
"""Packages that decide the numbers."""

_Value = TypeVar("_Value")
Say = Callable[[str], None]


class Node(NamedTuple):
    """A machine of the cluster.

    Attributes:
        name: Ray's own.
        address: where people know it.
        cores, gpus: what it has, used or not.
    """

    name: str
    address: str
    cores: int
    gpus: int


def nodes_of_cluster() -> list[Node]:
    """Return the nodes that are there now."""
    return [
        Node(each["NodeID"], each["NodeManagerAddress"], *(int(each["Resources"].get(k, 0)) for k in ("CPU", "GPU")))
        for each in ray.nodes()
        if each["Alive"]
    ]


def on_nodes(function: Callable[..., _Value], names: Sequence[str], *arguments: Any, **settings: Any) -> list[_Value]:
    """Call a function on some nodes at the same time, on each beside whatever it does."""
    calls = [
        ray.remote(function)
        .options(num_cpus=0, max_retries=0, scheduling_strategy=NodeAffinitySchedulingStrategy(name, soft=False))
        .remote(*arguments, **settings)
        for name in names
    ]
    values: list[_Value] = ray.get(calls)
    return values


def _versions_by_value() -> Callable[[Sequence[str]], dict[str, str | None]]:
    """Return a function that travels as code, and so runs where ridgepath is not installed."""

    def versions(packages: Sequence[str]) -> dict[str, str | None]:
        found: dict[str, str | None] = {}
        for package in packages:
            try:
                found[package] = importlib.metadata.version(package)
            except importlib.metadata.PackageNotFoundError:
                found[package] = None
        return found

    return versions


def check_alike(nodes: Sequence[Node], say: Say) -> None:
    """Check that all nodes have this ridgepath, and say where another package may make other numbers.

    Raises:
        InputError: one has it not, or in another version.
    """
    versions = _versions_by_value()
    here = versions(_ALIKE)
    for node, there in zip(nodes, on_nodes(versions, [node.name for node in nodes], _ALIKE), strict=True):
        own = there["ridgepath"]
        if own != here["ridgepath"]:
            raise InputError(
                f"ridgepath {here['ridgepath']} on every node of the cluster",
                received=f"{own or 'none'} on {node.address}",
                remedy=f"Install it there: pip install 'ridgepath[ray]=={here['ridgepath']}'",
            )
        other = ", ".join(f"{name} {there[name]}, not {here[name]}" for name in _ALIKE if there[name] != here[name])
        if other:
            say(f"{node.address} has {other}: its numbers may differ in the last digits.")


def usable_by_workers(nodes: Sequence[Node]) -> int:
    """Return how many GPUs the workers can have: those of nodes whose JAX can use them."""
    having = [node for node in nodes if node.gpus]
    if not is_cuda_asked():
        return 0
    usable = on_nodes(is_cuda_there, [node.name for node in having])
    return sum(node.gpus for node, is_usable in zip(having, usable, strict=True) if is_usable)


def describe_devices(nodes: Sequence[Node], *, on_gpu: bool) -> str:
    """Say how many cores or GPUs there are on how many nodes that have some."""
    counts = [count for node in nodes if (count := node.gpus if on_gpu else node.cores)]
    device = "GPU" if on_gpu else "core"
    return f"{write_count(sum(counts), device)} on {write_count(len(counts), 'node')}"


def last_line(error: BaseException) -> str:
    """Return the last line of what an error says, without a full stop: Ray's begin with what happened to Ray."""
    lines = str(error).strip().splitlines()
    return lines[-1].strip().rstrip(".") if lines else type(error).__name__


@contextmanager
def connected(address: str) -> Iterator[None]:
    """Be connected to a cluster; to the one that the caller is connected to already, if no other is named."""
    if not address.startswith(CLIENT) and ray.is_initialized():
        yield
        return
    with _same_environment(), _silent(), _no_other(), ExitStack() as stack:
        stack.callback(ray.shutdown)
        with _same_sigterm(), _quiet_forks():
            _connect(address)
        yield


@contextmanager
def _same_environment() -> Iterator[None]:
    """Remove the variables that Ray, or who starts it, adds to the environment."""
    before = set(os.environ)
    try:
        yield
    finally:
        for name in os.environ.keys() - before:
            del os.environ[name]


@contextmanager
def _silent() -> Iterator[None]:
    """Keep off standard output what Ray writes there of lost nodes; its ``log_to_driver`` is about workers only."""
    ray._private.worker._worker_logs_enabled = False
    try:
        yield
    finally:
        ray._private.worker._worker_logs_enabled = True


@contextmanager
def _no_other() -> Iterator[None]:
    """Keep Ray from starting a cluster by itself, or looking for another, when the connection is lost."""
    before = auto_init_hook.enable_auto_connect
    auto_init_hook.enable_auto_connect = False
    try:
        yield
    finally:
        auto_init_hook.enable_auto_connect = before


@contextmanager
def _same_sigterm() -> Iterator[None]:
    """Take back what Ray makes of SIGTERM: it is the caller's to decide."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


@contextmanager
def _quiet_forks() -> Iterator[None]:
    """Keep JAX, if it is at work in this process, from warning of Ray's forks: they become other programs at once."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", r"os\.fork\(\) was called", RuntimeWarning)
        yield


def _connect(address: str) -> None:
    named = address if address.startswith(CLIENT) else os.environ.get(_ADDRESS, "auto")
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": logging.ERROR}
    try:
        if named not in ("auto", "local"):
            _check_answers(named)
            ray.init(named, **quiet)
        elif named == "local" or not _joined(quiet):
            _start(quiet)
    except (OSError, RuntimeError, ValueError, ImportError) as error:
        text = last_line(error) if "Traceback" in str(error) else " ".join(str(error).split()).rstrip(".")
        raise InputError(
            f"a Ray cluster at {named} that takes this program",
            received=text,
            remedy="docs/cluster.md says how to start one, which versions go together, and what may be in the way.",
        ) from None


def _joined(quiet: Mapping[str, Any]) -> bool:
    """Connect to the cluster that this machine belongs to, if it belongs to one."""
    try:
        ray.init("auto", **quiet)
    except ConnectionError:
        return False
    return True


def _start(quiet: Mapping[str, Any]) -> None:
    """Start a cluster on this machine alone, which ends with the connection and reports to nobody."""
    os.environ.setdefault(_USAGE, "0")
    ray.init("local", num_cpus=available_cores(), include_dashboard=False, **quiet)


def _check_answers(address: str) -> None:
    """Check that something answers at an address, before Ray tries for minutes.

    Raises:
        OSError, ValueError: nothing does, or it is none.
    """
    place = urlsplit(address if "://" in address else f"//{address}")
    if not place.hostname or not place.port:
        raise ValueError("an address without a port")
    with socket.create_connection((place.hostname, place.port), timeout=_REACHED_WITHIN):
        pass
