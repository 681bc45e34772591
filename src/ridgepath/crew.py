"""The workers of a study, and what they do: look at the network, compile, train.

A worker imports this module to find its work, so it imports little itself. It delays the import of the training floor,
so that Keras and JAX start in the workers and never in the caller's process, where Keras may run on another backend.
"""

from __future__ import annotations

import functools
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ridgepath.arrays import Dataset, Split
from ridgepath.builders import Builder, file_and_name, files_of
from ridgepath.errors import InputError
from ridgepath.execution.gpus import is_together_asked
from ridgepath.execution.local import LocalWorkers, available_cores
from ridgepath.execution.workers import Placed, Workers
from ridgepath.results import Checkpoint, Leg
from ridgepath.study import NetworkCard, Shard, Study, Trial, plan_shards, proof_examples

LOCAL, RAY = "local", "ray"
"""Where workers can be: on this machine, or on a Ray cluster, which can also be named by its address."""


def check_on(on: str) -> None:
    """Check where workers are to be.

    Raises:
        InputError: it is no such place.
    """
    if on not in (LOCAL, RAY) and not re.fullmatch(rf"{RAY}://[^/\s]+:\d+/?", on):
        raise InputError(
            f"a study is trained on {LOCAL}, {RAY} or {RAY}://HOST:PORT",
            received=repr(on),
            remedy=f"Give {RAY} on a machine of the cluster, and from outside the address of its head, whose port is "
            "10001 unless it was started with another.",
        )


def hire(on: str, *, workers: int | None, most: int, say: Callable[[str], None]) -> Workers:
    """Start workers.

    Args:
        on: as :func:`check_on` checks it.
        workers: how many; by default as many as there are cores or GPUs.
        most: how many there is work for.
        say: is told what a user should know.

    Raises:
        InputError: there is no such cluster, or it cannot be used.
    """
    if on == LOCAL:
        return LocalWorkers(min(workers or available_cores(), most))
    try:
        from ridgepath.execution.ray import RayWorkers
    except ModuleNotFoundError as error:
        if error.name != "ray":
            raise
        remedy = "Install it with: pip install 'ridgepath[ray]'"
        raise InputError(f"--on {on} needs the package ray", received="none of that name", remedy=remedy) from None
    return RayWorkers(on, workers=workers, most=most, say=say)


@dataclass(frozen=True)
class PlacedBuilder:
    """A builder whose file, if it has one, is where every worker can read it."""

    builder: Builder
    files: Placed | None

    @classmethod
    def of(cls, builder: Builder, pool: Workers) -> PlacedBuilder:
        """Have the files of a builder placed."""
        location = builder.card.location
        folder, names = (Path(), []) if location is None else files_of(location)
        return cls(builder, pool.place(folder, names) if names else None)

    def here(self) -> Builder:
        """Return the builder as it is found on the machine where this is called."""
        card = self.builder.card
        if self.files is None or card.location is None:
            return self.builder
        path, name = file_and_name(card.location)
        return replace(self.builder, card=replace(card, location=f"{self.files.here() / path.name}:{name}"))


@dataclass
class Crew:
    """The workers, and what all of them need to know.

    Attributes:
        data: the arrays, as :meth:`ridgepath.datasets.Dataset.save` put them into a folder.
    """

    pool: Workers
    builder: PlacedBuilder
    data: Placed
    proven: frozenset[str] = frozenset()

    def met(self, network: NetworkCard) -> NetworkCard:
        """Remember which programs of a network have proved themselves."""
        self.proven |= network.proven
        return network

    def prepare(self, study: Study) -> None:
        """Let every worker compile a study's program, and do not wait for it."""
        self.pool.warm(_prepare, self.builder, self.data, study)

    def train(
        self, study: Study, trials: Sequence[Trial], progress: Mapping[Trial, Checkpoint] | None = None
    ) -> Iterator[Leg]:
        """Train trials with the settings of a study, and yield every leg as it is finished.

        Args:
            progress: how far those have come that are under way already.
        """
        is_together = self.pool.gpus or is_together_asked()
        share = math.ceil(len(trials) / self.pool.workers)
        shards = plan_shards(trials, together=max(share, 1) if is_together else 1)
        train_leg = _TrainLeg(self.builder, self.data, study, self.proven)
        return self.pool.train(shards, train_leg, progress=progress)


def inspect(pool: Workers, builder: PlacedBuilder, study: Study, dataset: Dataset) -> Callable[[], NetworkCard]:
    """Let workers look at the network, a variant each, and return what waits for what they found."""
    examples = dataset.train.take(slice(proof_examples(study.data.train, study.batch_size)))
    found = [
        pool.begin(_inspect_network, builder, study, [(variant.name, s) for s in variant.strengths], examples)
        for variant in study.variants
    ]

    def both(one: NetworkCard, other: NetworkCard) -> NetworkCard:
        return replace(one, refused=one.refused | other.refused, proven=one.proven | other.proven)

    return lambda: functools.reduce(both, [value() for value in found])


def import_training() -> None:
    """Import what trains, without what Keras takes along for pictures, tables and wrappers: half of its import."""
    absent = [name for name in ("cv2", "matplotlib", "pandas", "sklearn") if name not in sys.modules]
    sys.modules.update(dict.fromkeys(absent))  # type: ignore[arg-type]
    try:
        import ridgepath.training.shard  # noqa: F401
    finally:
        for name in absent:
            del sys.modules[name]


def _prepare(builder: PlacedBuilder, data: Placed, study: Study) -> None:
    from ridgepath.training.shard import prepare
    from ridgepath.training.workshop import Task

    prepare(Task(builder.here(), str(data.here()), study, together=is_together_asked()))


def _inspect_network(
    builder: PlacedBuilder, study: Study, points: Sequence[tuple[str, float]], examples: Split
) -> NetworkCard:
    from ridgepath.training.device import fit_batch
    from ridgepath.training.inspection import inspect_network

    return inspect_network(builder.here(), study, points, examples=fit_batch(examples, study.class_weight))


@dataclass(frozen=True)
class _TrainLeg:
    builder: PlacedBuilder
    data: Placed
    study: Study
    proven: frozenset[str]

    def __call__(self, shard: Shard, progress: Mapping[Trial, Checkpoint]) -> Leg:
        from ridgepath.training.shard import train_leg
        from ridgepath.training.workshop import Task

        task = Task(self.builder.here(), str(self.data.here()), self.study, together=is_together_asked())
        return train_leg(task, shard, progress, proven=self.proven)
