"""Train shards on a Ray cluster: an actor a core or GPU, each in a process of its own, wherever there is room.

Ray places the processes, carries what they are given and what they bring, and tells when one is lost. What is done
then, and who trains what next, is as on one machine: :mod:`ridgepath.execution.workers`.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit

import numpy as np
import ray
from ray.exceptions import (
    ActorUnavailableError,
    NodeDiedError,
    ObjectLostError,
    RayActorError,
    RayError,
    WorkerCrashedError,
)
from ray.exceptions import OutOfMemoryError as KilledForMemoryError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from ridgepath.errors import InputError, OutOfMemoryError, TrainingError
from ridgepath.execution.gpus import TOGETHER, is_cuda_asked, is_cuda_there
from ridgepath.execution.local import available_cores, keep_quiet, worker_environment
from ridgepath.execution.placing import shared_folder, sweep
from ridgepath.execution.workers import NO_MEMORY, Death, Placed, Worker, Workers

CLIENT = "ray://"
"""How the address of a cluster begins that is reached from outside."""

_ADDRESS = "RAY_ADDRESS"
_USAGE = "RAY_USAGE_STATS_ENABLED"
_REACHED_WITHIN = 10.0
"""Seconds within which a cluster has to answer at its address; Ray itself would try for minutes."""
_ENDED_WITHIN = 5.0
"""Seconds within which processes that were killed are gone."""
_OF_NODES = {"JAX_COMPILATION_CACHE_DIR"}
"""JAX' settings that are of one machine, and not taken along."""
_ALIKE = ("ridgepath", "jax", "jaxlib", "keras", "numpy")
"""Packages that decide the numbers."""

_Value = TypeVar("_Value")
Say = Callable[[str], None]


class RayWorkers(Workers):
    """Worker processes on a Ray cluster: as many as are asked for, by default one a GPU or core of the cluster.

    Those for which there is no room yet start when there is. A cluster that ran before is left running.
    """

    def __init__(self, address: str, *, workers: int | None, most: int, say: Say) -> None:
        """Connect to a cluster, and start the workers.

        Args:
            address: ``ray`` for the cluster that this machine belongs to, or one that is started on it for the
                while; ``ray://HOST:PORT`` for one that is elsewhere.
            workers: how many are asked for.
            most: how many there is work for.
            say: is told what a user should know.

        Raises:
            InputError: there is no such cluster, or ridgepath is not on all its nodes in this version.
        """
        with ExitStack() as connection:
            connection.enter_context(_connected(address))
            nodes = _nodes()
            _check_alike(nodes, say)
            gpus = _gpus(nodes)
            there = gpus or sum(node.cores for node in nodes)
            count = min(workers or there, most)
            if not count:
                raise InputError(
                    "a Ray cluster with a core for a worker",
                    received="one without",
                    remedy="Add a node, or give the number of workers if the cluster grows when it is asked to.",
                )
            say(_account(count, nodes, on_gpu=gpus > 0))
            settings = _taken_along()
            super().__init__(
                [_Actor(settings, on_gpu=gpus > 0) for _ in range(count)],
                gpus=[""] * min(count, gpus),
                machines=f"a Ray cluster, {_devices(nodes, on_gpu=gpus > 0)}",
            )
            self._connection = connection.pop_all()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._connection:
            super().__exit__(kind, error, trace)
            with suppress(RayError, ConnectionError):
                _on_nodes(sweep, [node.name for node in _nodes()], patience=_ENDED_WITHIN)

    def place(self, folder: Path, names: Sequence[str]) -> Placed:
        """Put files into the cluster's object store, out of which a machine takes them once."""
        digest = hashlib.sha256()
        files = []
        for name in sorted(names):
            content = np.fromfile(folder / name, np.uint8)
            digest.update(f"{name} {len(content)};".encode())
            digest.update(content.data)
            files.append((name, ray.put(content)))
        return _InStore(digest.hexdigest()[:32], tuple(files))


@dataclass(frozen=True)
class _InStore:
    """Files in the cluster's object store: names and references.

    Attributes:
        key: names them by their contents.
    """

    key: str
    files: tuple[tuple[str, Any], ...]

    def here(self) -> Path:
        """Return where they are on this machine."""
        return shared_folder(self.key, lambda: ((name, ray.get(reference)) for name, reference in self.files))


class _Actor(Worker):
    """One actor that is never restarted by Ray; ``start`` makes another one."""

    deaths = (
        *(RayActorError, WorkerCrashedError, NodeDiedError, ObjectLostError),
        *(KilledForMemoryError, OutOfMemoryError),
    )

    def __init__(self, settings: Mapping[str, str], *, on_gpu: bool) -> None:
        self._settings, self._needs = settings, {"num_cpus": 1, "num_gpus": int(on_gpu)}
        self.start()

    def start(self) -> None:
        actor: Any = ray.remote(_Process)
        self._actor = actor.options(**self._needs, max_restarts=0).remote(self._settings)

    def submit(self, function: Callable[..., _Value], *arguments: Any) -> Future[_Value]:
        given = ray.put((function, arguments))  # else Ray warns of legs that bring megabytes along
        return _opened(self._actor.call.remote(given).future())

    def died(self, error: BaseException) -> Death:
        self.end()
        return _death(error)

    def end(self) -> None:
        with suppress(RayError, ConnectionError):
            ray.kill(self._actor)


class _Process:
    """What runs in a worker's process."""

    def __init__(self, settings: Mapping[str, str]) -> None:
        os.environ.update(settings)
        os.environ.update(worker_environment(on_gpu=bool(ray.get_gpu_ids())))
        keep_quiet()

    def call(self, given: tuple[Callable[..., Any], tuple[Any, ...]]) -> tuple[Any, Exception | None]:
        """Call a function, and return its value or its error: Ray would wrap it in one that shows a traceback."""
        function, arguments = given
        try:
            return function(*arguments), None
        except Exception as error:
            return None, error


def _opened(sent: Future[tuple[_Value, Exception | None]]) -> Future[_Value]:
    """Return a future of the value itself. What Ray raises and is no death is no fault of the function."""
    opened: Future[_Value] = Future()

    def pass_on(sent: Future[tuple[_Value, Exception | None]]) -> None:
        failure = sent.exception()
        if failure is not None:
            is_death = isinstance(failure, _Actor.deaths)
            opened.set_exception(failure if is_death else TrainingError(f"Ray failed: {_last_line(failure)}"))
            return
        value, error = sent.result()
        if error is None:
            opened.set_result(value)
        else:
            opened.set_exception(error)

    sent.add_done_callback(pass_on)
    return opened


def _death(error: BaseException) -> Death:
    """Tell what became of a worker."""
    if isinstance(error, KilledForMemoryError | OutOfMemoryError):
        return Death(NO_MEMORY, of_memory=True)
    if isinstance(error, ActorUnavailableError):
        return Death("it cannot be reached", of_machine=True)
    if isinstance(error, ObjectLostError | NodeDiedError) or "its node has died" in str(error):
        return Death("its node was lost", of_machine=True)
    if isinstance(error, RayActorError) and error.actor_init_failed:
        return Death(_last_line(error))
    return Death("its process ended")


def _last_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[-1].strip() if lines else type(error).__name__


class _Node(NamedTuple):
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


def _nodes() -> list[_Node]:
    return [
        _Node(each["NodeID"], each["NodeManagerAddress"], *(int(each["Resources"].get(k, 0)) for k in ("CPU", "GPU")))
        for each in ray.nodes()
        if each["Alive"]
    ]


def _on_nodes(function: Callable[..., _Value], names: Sequence[str], *arguments: Any, **settings: Any) -> list[_Value]:
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


def _check_alike(nodes: Sequence[_Node], say: Say) -> None:
    """Check that all nodes have this ridgepath, and say where another package may make other numbers.

    Raises:
        InputError: one has it not, or in another version.
    """
    versions = _versions_by_value()
    here = versions(_ALIKE)
    for node, there in zip(nodes, _on_nodes(versions, [node.name for node in nodes], _ALIKE), strict=True):
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


def _gpus(nodes: Sequence[_Node]) -> int:
    """Return how many GPUs the workers can have: those of nodes whose JAX can use them."""
    having = [node for node in nodes if node.gpus]
    if not is_cuda_asked():
        return 0
    usable = _on_nodes(is_cuda_there, [node.name for node in having])
    return sum(node.gpus for node, is_usable in zip(having, usable, strict=True) if is_usable)


def _taken_along() -> dict[str, str]:
    """Return the settings of this process that decide numbers, and are no machine's own."""
    return {
        name: value
        for name, value in os.environ.items()
        if (name.startswith("JAX_") and name not in _OF_NODES) or name in ("XLA_FLAGS", TOGETHER)
    }


def _devices(nodes: Sequence[_Node], *, on_gpu: bool) -> str:
    """Say how many cores or GPUs there are on how many nodes that have some."""
    counts = [count for node in nodes if (count := node.gpus if on_gpu else node.cores)]
    device = "GPU" if on_gpu else "core"
    return f"{_count(sum(counts), device)} on {_count(len(counts), 'node')}"


def _account(count: int, nodes: Sequence[_Node], *, on_gpu: bool) -> str:
    """Say how many workers there are to be, and how many of them there is no room for yet."""
    room = int(ray.available_resources().get("GPU" if on_gpu else "CPU", 0))
    later = f" There is room for {room} now; the others start when there is more." if room < count else ""
    return f"Ray: {_count(count, 'worker')}, {_devices(nodes, on_gpu=on_gpu)}.{later}"


def _count(number: int, what: str) -> str:
    return f"{number} {what}{'s' * (number != 1)}"


@contextmanager
def _connected(address: str) -> Iterator[None]:
    """Be connected to a cluster; to the one that the caller is connected to already, if no other is named."""
    if not address.startswith(CLIENT) and ray.is_initialized():
        yield
        return
    with _same_environment(), _silent(), ExitStack() as stack:
        stack.callback(ray.shutdown)
        with _same_sigterm():
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
def _same_sigterm() -> Iterator[None]:
    """Take back what Ray makes of SIGTERM: it is the caller's to decide."""
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGTERM, before)


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
        text = _last_line(error) if "Traceback" in str(error) else " ".join(str(error).split())
        raise InputError(
            f"a Ray cluster at {named} that takes this program",
            received=text.rstrip("."),
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
