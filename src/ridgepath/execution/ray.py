"""Train shards on a Ray cluster: an actor a core or GPU, each in a process of its own, wherever there is room.

Ray places the processes, carries what they are given and what they bring, and tells when one is lost. What is done
then, and who trains what next, is as on one machine: :mod:`ridgepath.execution.workers`.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

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

from ridgepath.errors import InputError, OutOfMemoryError, TrainingError
from ridgepath.execution.cluster import (
    Node,
    Say,
    check_alike,
    connected,
    describe_devices,
    last_line,
    nodes_of_cluster,
    on_nodes,
    usable_by_workers,
)
from ridgepath.execution.gpus import TOGETHER
from ridgepath.execution.local import keep_quiet, worker_environment
from ridgepath.execution.placing import shared_folder, sweep
from ridgepath.execution.workers import NO_MEMORY, Death, Placed, Worker, Workers
from ridgepath.texts import write_count

_ENDED_WITHIN = 5.0
"""Seconds within which processes that were killed are gone."""
_OF_NODES = {"JAX_COMPILATION_CACHE_DIR"}
"""JAX' settings that are of one machine, and not taken along."""

_Value = TypeVar("_Value")


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
            connection.enter_context(connected(address))
            nodes = nodes_of_cluster()
            check_alike(nodes, say)
            gpus = usable_by_workers(nodes)
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
                machines=f"a Ray cluster, {describe_devices(nodes, on_gpu=gpus > 0)}",
            )
            self._connection = connection.pop_all()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._connection:
            super().__exit__(kind, error, trace)
            if ray.is_initialized():
                with suppress(RayError, ConnectionError):
                    on_nodes(sweep, [node.name for node in nodes_of_cluster()], patience=_ENDED_WITHIN)

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
        self._actor = actor.options(**self._needs, max_restarts=0).remote(self._settings, version("ridgepath"))

    def submit(self, function: Callable[..., _Value], *arguments: Any) -> Future[_Value]:
        given = ray.put((function, arguments))  # else Ray warns of legs that bring megabytes along
        return _opened(self._actor.call.remote(given).future())

    def died(self, error: BaseException) -> Death:
        self.end()
        return _death(error)

    def end(self) -> None:
        if ray.is_initialized():
            with suppress(RayError, ConnectionError):
                ray.kill(self._actor)


class _Process:
    """What runs in a worker's process, perhaps on a node that was not there when versions were compared."""

    def __init__(self, settings: Mapping[str, str], ridgepath: str) -> None:
        if (here := version("ridgepath")) != ridgepath:
            raise RuntimeError(f"{ray.util.get_node_ip_address()} has ridgepath {here}, not {ridgepath}")
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
            opened.set_exception(
                failure if is_death else TrainingError(f"Ray failed: {last_line(failure).rstrip('.')}")
            )
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
        return Death(last_line(error))
    return Death("its process ended")


def _taken_along() -> dict[str, str]:
    """Return the settings of this process that decide numbers, and are no machine's own."""
    return {
        name: value
        for name, value in os.environ.items()
        if (name.startswith("JAX_") and name not in _OF_NODES) or name in ("XLA_FLAGS", TOGETHER)
    }


def _account(count: int, nodes: Sequence[Node], *, on_gpu: bool) -> str:
    """Say how many workers there are to be, and how many of them there is no room for yet."""
    room = int(ray.available_resources().get("GPU" if on_gpu else "CPU", 0))
    later = f" There is room for {room} now; the others start when there is more." if room < count else ""
    return f"Ray: {write_count(count, 'worker')}, {describe_devices(nodes, on_gpu=on_gpu)}.{later}"
