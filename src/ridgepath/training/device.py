"""The examples of one seed on the device, as its trials need them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import jax
import numpy as np

from ridgepath.arrays import Dataset, Split
from ridgepath.splits import Positions
from ridgepath.training.models import Batch
from ridgepath.training.probes import PROBED, Change, small_change
from ridgepath.weighting import ClassWeights, example_weights

EVALUATED_TOGETHER = 1000
"""Examples that go through the network at once when it is evaluated and no batch has a loss of its own."""


@functools.cache
def quick_loops() -> dict[str, str | bool]:
    """Return settings of XLA that make a loop of small steps quicker on a CPU, if this XLA has them.

    The weights are updated in place instead of copied, and vectors are as wide as the registers. Measured on a core
    with AVX-512: 0.125 ms a step of 784-128-10 instead of 0.147 (0.132 with the second setting alone).
    """
    settings: dict[str, str | bool] = {
        "xla_cpu_copy_insertion_use_region_analysis": True,
        "xla_cpu_prefer_vector_width": "512",
    }
    if jax.default_backend() != "cpu":
        return {}
    try:
        jax.jit(lambda number: number).lower(0.0).compile(compiler_options=settings)
    except Exception:  # the settings of XLA come and go with its versions
        return {}
    return settings


def batch_order(seed: int, epoch: int, examples: int) -> np.ndarray:
    """Return the order in which a seed's trials see the training examples in an epoch, int32 (example,)."""
    return np.random.default_rng([seed, epoch]).permutation(examples).astype(np.int32)


def evaluated_part(split: Split, examples: int) -> Split:
    """Return the fixed part of a split on which every epoch is evaluated: the same examples in every trial."""
    present = split.examples
    return split if examples >= present else split.take(_evaluated_positions(present, examples))


def _evaluated_positions(present: int, examples: int) -> np.ndarray:
    return np.sort(np.random.default_rng(0).permutation(present)[:examples])


def fit_batch(split: Split, class_weight: ClassWeights) -> Batch:
    """Return a split's arrays as ``fit`` takes them: with the weights of its examples, or of their classes."""
    if not class_weight:
        return split.batch
    assert isinstance(split.y, np.ndarray)
    return split.x, split.y, example_weights(class_weight, split.y)


def on_device(batch: Batch) -> Batch:
    """Put arrays on the device. On a CPU these are the memory-mapped files themselves: all workers share one copy."""
    placed: Batch = jax.tree.map(jax.device_put, batch)
    return placed


class TrialData:
    """The arrays of one split of a study's examples.

    Seeds with splits of their own share the arrays of the pool, and read their training examples from it by position.

    Attributes:
        train: arrays that hold the training examples, perhaps among others, as ``fit`` takes them.
        positions: where the training examples are in them, int32 (example,).
        train_part: the training examples on which every epoch is evaluated, in chunks.
        all_train: all training examples, in chunks; where seeds have splits of their own, made when they are asked for.
        validation, test: in chunks; no chunk where there is no test set.
        change: a small change of the features of validation examples, if there is one.
    """

    def __init__(
        self,
        data: Dataset,
        *,
        train_evaluated: int,
        class_weight: ClassWeights = (),
        together: int = EVALUATED_TOGETHER,
        chosen: Positions | None = None,
        place: Callable[[Split], Batch] | None = None,
    ) -> None:
        """Put on the device what is not there.

        Args:
            data: the arrays.
            train_evaluated: number of training examples on which every epoch is evaluated.
            class_weight: as a :class:`~ridgepath.study.Study` has it.
            together: examples that go through the network at once when it is evaluated.
            chosen: the split, in positions of the pool; ``None`` for the split that was given.
            place: puts the pool on the device, if it is not there already.
        """
        place = place or (lambda split: on_device(fit_batch(split, class_weight)))

        def kept(split: Split, positions: np.ndarray | None = None) -> list[Batch]:
            return list(_Chunks(split, together, positions))

        test = data.test if chosen is None else data.test_for(chosen.train)
        self.test = kept(test) if test else []
        if chosen is None:
            self.train = place(data.train)
            self.positions = np.arange(data.train.examples, dtype=np.int32)
            self.train_part = kept(evaluated_part(data.train, train_evaluated))
            is_all = train_evaluated >= data.train.examples
            self.all_train: Iterable[Batch] = self.train_part if is_all else kept(data.train)
            self.validation = kept(data.validation)
            self.change = _change(data.validation)
        else:
            pool = data.pool_for(chosen.train)
            self.train = place(pool)
            self.positions = chosen.train.astype(np.int32)
            part = chosen.train[_evaluated_positions(len(chosen.train), train_evaluated)]
            self.train_part = kept(pool, part)
            self.all_train = _Chunks(pool, together, chosen.train)
            self.validation = kept(pool, chosen.validation)
            self.change = _change(pool.take(chosen.validation[:PROBED]))

    def order(self, seed: int, epoch: int) -> np.ndarray:
        """Return where the training examples of an epoch are in ``train``, in their order, int32 (example,)."""
        order: np.ndarray = self.positions[batch_order(seed, epoch, len(self.positions))]
        return order


def _change(split: Split) -> Change | None:
    """Change the features of a split's first examples a little; several inputs have no common unit."""
    return small_change(split.x[:PROBED]) if isinstance(split.x, np.ndarray) else None


@dataclass(frozen=True)
class _Chunks:
    """The examples of a split, or those at some positions, on the device: as many at once as are evaluated together."""

    split: Split
    together: int
    positions: np.ndarray | None = None

    def __iter__(self) -> Iterator[Batch]:
        present = self.split.examples if self.positions is None else len(self.positions)
        for start in range(0, present, self.together):
            part = slice(start, start + self.together)
            chosen = part if self.positions is None else self.positions[part]
            yield on_device(self.split.take(chosen).batch)
