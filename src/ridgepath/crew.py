"""The workers of a study, and what they do: look at the network, compile, train.

A worker imports this module to find its work, so it imports little itself. It delays the import of the training floor,
so that Keras and JAX start in the workers and never in the caller's process, where Keras may run on another backend.
"""

from __future__ import annotations

import functools
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ridgepath.arrays import Dataset, Split
from ridgepath.builders import Builder
from ridgepath.execution.gpus import is_together_asked
from ridgepath.execution.workers import Workers
from ridgepath.results import Checkpoint, Leg
from ridgepath.study import NetworkCard, Shard, Study, Trial, plan_shards, proof_examples


@dataclass
class Crew:
    """The workers, and what all of them need to know."""

    pool: Workers
    builder: Builder
    data_folder: str
    proven: frozenset[str] = frozenset()

    def met(self, network: NetworkCard) -> NetworkCard:
        """Remember which programs of a network have proved themselves."""
        self.proven |= network.proven
        return network

    def prepare(self, study: Study) -> None:
        """Let every worker compile a study's program, and do not wait for it."""
        self.pool.warm(_prepare, self.builder, self.data_folder, study)

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
        train_leg = _TrainLeg(self.builder, self.data_folder, study, self.proven)
        return self.pool.train(shards, train_leg, progress=progress)


def inspect(pool: Workers, builder: Builder, study: Study, dataset: Dataset) -> Callable[[], NetworkCard]:
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


def _prepare(builder: Builder, data_folder: str, study: Study) -> None:
    from ridgepath.training.shard import prepare
    from ridgepath.training.workshop import Task

    prepare(Task(builder, data_folder, study, together=is_together_asked()))


def _inspect_network(
    builder: Builder, study: Study, points: Sequence[tuple[str, float]], examples: Split
) -> NetworkCard:
    from ridgepath.training.device import fit_batch
    from ridgepath.training.inspection import inspect_network

    return inspect_network(builder, study, points, examples=fit_batch(examples, study.class_weight))


@dataclass(frozen=True)
class _TrainLeg:
    builder: Builder
    data_folder: str
    study: Study
    proven: frozenset[str]

    def __call__(self, shard: Shard, progress: Mapping[Trial, Checkpoint]) -> Leg:
        from ridgepath.training.shard import train_leg
        from ridgepath.training.workshop import Task

        task = Task(self.builder, self.data_folder, self.study, together=is_together_asked())
        return train_leg(task, shard, progress, proven=self.proven)
