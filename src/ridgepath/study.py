"""The question, frozen: which network, data, strengths, seeds and epochs; and the trials it asks for."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from ridgepath.callbacks import LAST, EarlyStopping
from ridgepath.errors import InputError
from ridgepath.typed import check_types

FIXED = "fixed"
"""The way of validation in which all seeds share the split that was given."""


@dataclass(frozen=True, order=True)
class Trial:
    """One network trained to the end."""

    variant: str
    strength: float
    seed: int


@dataclass(frozen=True)
class Variant:
    """One family of networks in a study, and the strengths at which it is trained, ascending."""

    name: str
    strengths: tuple[float, ...]


@dataclass(frozen=True)
class DataCard:
    """What a study remembers of its data: counts are examples, the fingerprint is a SHA-256 of all arrays."""

    name: str
    train: int
    validation: int
    test: int
    fingerprint: str


@dataclass(frozen=True)
class BuilderCard:
    """What a study remembers of its network builder.

    Attributes:
        location: where the builder can be loaded from again (``FILE.py:build``), or ``None`` for a
            function that lives only in a notebook or a script.
        source: its source text, to be shown and never run.
        fingerprint: a SHA-256 that stays the same when only comments or layout change.
    """

    name: str
    location: str | None
    source: str
    fingerprint: str


@dataclass(frozen=True)
class NetworkCard:
    """What is known of a network before it is trained.

    Attributes:
        metrics: names of its metrics, without ``loss``.
        parameters: number of its weights.
        classes: size of its output where its loss takes class numbers as targets, else ``None``.
        refused: (variant, strength) → why its model cannot be lowered and is trained by the reference engine.
        proven: keys of the lowered programs that have proved themselves.
        versions: package → version, as the workers have it.
    """

    metrics: tuple[str, ...]
    parameters: int
    classes: int | None
    refused: dict[tuple[str, float], str]
    proven: frozenset[str]
    versions: dict[str, str]


@dataclass(frozen=True)
class Study:
    """The question that a study answers.

    Attributes:
        variants: the families and their strengths.
        seeds: one training of every strength for each.
        epochs: passes over the training examples in each trial.
        batch_size: examples in a step; the last step of an epoch may have fewer.
        train_evaluated: training examples, a fixed part of them, on which the training figures of
            every epoch are taken (the figures of a finished trial are taken on all of them).
        engine: ``auto``, ``jax`` or ``reference``.
        further: trials with other seeds than these, at the strengths whose comparison was open.
        looks: seeds that were there at the first look at a comparison, those added for the second, and so on; empty
            for a study whose number of seeds did not follow from its results.
        validation: how the validation examples are chosen, see :mod:`ridgepath.splits`; the counts of ``data`` are
            those of every seed.
        early_stopping: when a trial stops before its last epoch; ``None`` for never.
        keep: which epoch's weights, and so figures, a trial ends with: ``last``, or the ``best`` of what early stopping
            watches, else of validation data loss.
        class_weight: (class, weight) pairs, by which the examples of a class count in training; empty for 1 each.
    """

    builder: BuilderCard
    data: DataCard
    variants: tuple[Variant, ...]
    seeds: tuple[int, ...]
    epochs: int
    batch_size: int
    train_evaluated: int
    engine: str = "auto"
    further: tuple[Trial, ...] = ()
    looks: tuple[tuple[int, ...], ...] = ()
    validation: str = FIXED
    early_stopping: EarlyStopping | None = None
    keep: str = LAST
    class_weight: tuple[tuple[int, float], ...] = ()

    @property
    def keeps_best(self) -> bool:
        """Whether a trial ends with the weights of its best epoch."""
        return self.keep != LAST or (self.early_stopping is not None and self.early_stopping.restore_best_weights)

    @property
    def overlap(self) -> float | None:
        """Validation examples over training examples where every seed has a split of its own, else ``None``."""
        return None if self.validation == FIXED else self.data.validation / self.data.train

    @property
    def trials(self) -> tuple[Trial, ...]:
        """All trials of the study: seed by seed, so that whole seeds are finished first."""
        every_seed = (
            Trial(variant.name, strength, seed)
            for seed in self.seeds
            for variant in self.variants
            for strength in variant.strengths
        )
        return (*every_seed, *self.further)

    @property
    def all_seeds(self) -> tuple[int, ...]:
        """The seeds of all trials, ascending: those of every strength, and those of some."""
        return tuple(sorted({*self.seeds, *(trial.seed for trial in self.further)}))

    def look_of(self, seed: int) -> int:
        """Return for which look a seed was added, from 1; the seeds that nobody looked at yet are for the next."""
        return next((look for look, added in enumerate(self.looks, 1) if seed in added), len(self.looks) + 1)

    @property
    def fingerprint(self) -> str:
        """A SHA-256 of the question without its strengths and seeds, which a study may add to later."""
        question: dict[str, Any] = {
            "builder": self.builder.fingerprint,
            "data": self.data.fingerprint,
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "engine": self.engine,
        }
        asked_lately = {
            "validation": self.validation,
            "early_stopping": self.early_stopping and dataclasses.asdict(self.early_stopping),
            "keep": self.keep,
            "class_weight": self.class_weight,
        }
        usual = {"validation": FIXED, "early_stopping": None, "keep": LAST, "class_weight": ()}
        question |= {name: value for name, value in asked_lately.items() if value != usual[name]}
        return hashlib.sha256(json.dumps(question, sort_keys=True).encode()).hexdigest()

    def looked_at(self) -> Study:
        """Return this study with all its seeds counted for a look: the first, or a further one if some are new."""
        new = tuple(seed for seed in self.all_seeds if self.look_of(seed) > len(self.looks))
        return dataclasses.replace(self, looks=(*self.looks, new)) if new else self

    def with_another_look(self, points: Iterable[tuple[str, float]], *, more: int) -> Study:
        """Return this study with further seeds, for its next look, at some of its variants and strengths.

        Args:
            points: (variant, strength); they get the new seeds, and all that others have already.
            more: how many new seeds.
        """
        first = self.all_seeds[-1] + 1
        added = tuple(range(first, first + more))
        wanted = {Trial(*point, seed) for point in points for seed in (*self.all_seeds, *added)}
        trials = Counter(trial.seed for trial in {*self.trials, *wanted})
        strengths = sum(len(variant.strengths) for variant in self.variants)
        return dataclasses.replace(
            self,
            seeds=tuple(sorted(seed for seed, count in trials.items() if count == strengths)),
            further=_in_order(t for t in {*self.further, *wanted} if trials[t.seed] < strengths),
            looks=(*self.looks, added) if added else self.looks,
        )

    def grown_by(self, other: Study) -> Study:
        """Return this study with the variants, strengths, seeds, further trials and looks of ``other`` added.

        Where comparisons were looked at, whoever adds seeds has seen those that came since: they are a look of their
        own.
        """
        adds_seeds = not set(other.all_seeds) <= set(self.all_seeds)
        looks = self.looked_at().looks if self.looks and adds_seeds else self.looks
        strengths = {variant.name: set(variant.strengths) for variant in self.variants}
        for variant in other.variants:
            strengths.setdefault(variant.name, set()).update(variant.strengths)
        seeds = {*self.seeds, *other.seeds}
        further = {trial for trial in (*self.further, *other.further) if trial.seed not in seeds}
        return dataclasses.replace(
            self,
            variants=tuple(Variant(name, tuple(sorted(values))) for name, values in strengths.items()),
            seeds=tuple(sorted(seeds)),
            further=_in_order(further),
            looks=max(looks, other.looks, key=len),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the study as plain JSON values; :meth:`from_json` is its inverse."""
        return dataclasses.asdict(self)

    @classmethod
    def from_json(cls, values: dict[str, Any]) -> Study:
        """Build the study that :meth:`to_json` wrote.

        Raises:
            TypeError, ValueError, KeyError, AttributeError: the values are those of no study.
        """
        study = cls(
            **{
                **values,
                "builder": BuilderCard(**values["builder"]),
                "data": DataCard(**values["data"]),
                "variants": tuple(Variant(v["name"], tuple(v["strengths"])) for v in values["variants"]),
                "seeds": tuple(values["seeds"]),
                "further": tuple(Trial(**trial) for trial in values.get("further", ())),
                "looks": tuple(tuple(added) for added in values.get("looks", ())),
                "early_stopping": EarlyStopping(**rule) if (rule := values.get("early_stopping")) else None,
                "class_weight": tuple((number, weight) for number, weight in values.get("class_weight", ())),
            }
        )
        check_types(study, cls, name="study")
        _check_can_be_asked(study)
        return study


def _check_can_be_asked(study: Study) -> None:
    """Check what every study that was ever written holds to.

    Raises:
        ValueError: the study does not.
    """
    names = [variant.name for variant in study.variants]
    strengths = [*(variant.strengths for variant in study.variants), tuple(trial.strength for trial in study.further)]
    checks = {
        "variants": names and len(set(names)) == len(names) and {trial.variant for trial in study.further} <= {*names},
        "strengths": all(map(len, strengths[:-1]))
        and all(s >= 0 and math.isfinite(s) for each in strengths for s in each),
        "order of strengths": all(list(each) == sorted(set(each)) for each in strengths[:-1]),
        "seeds": study.all_seeds and all(0 <= seed < 2**32 for seed in study.all_seeds),
        "epochs": study.epochs > 0,
        "batch size": study.batch_size > 0,
        "examples": min(study.data.train, study.data.validation, study.data.test + 1) > 0,
    }
    wrong = [name for name, holds in checks.items() if not holds]
    if wrong:
        raise ValueError(f"no study has such {', '.join(wrong)}")


def _in_order(trials: Iterable[Trial]) -> tuple[Trial, ...]:
    return tuple(sorted(trials, key=lambda trial: (trial.seed, trial.variant, trial.strength)))


@dataclass(frozen=True)
class Shard:
    """The trials that one worker trains together."""

    trials: tuple[Trial, ...]


def plan_shards(trials: Iterable[Trial], *, together: int = 1) -> tuple[Shard, ...]:
    """Divide trials into shards of at most ``together``, never across seeds or variants.

    One at a time is right for a CPU core: measured, nothing is gained there by training several at
    once, and small shards leave no core idle at the end. A GPU gets all that there are for it, and takes as many
    of them together as its memory holds. What the trials of a seed share (initial weights, order of batches) follows
    from the seed alone, not from their sharing a shard.
    """
    groups: dict[tuple[int, str], list[Trial]] = {}
    for trial in trials:
        groups.setdefault((trial.seed, trial.variant), []).append(trial)
    return tuple(
        Shard(tuple(group[start : start + together]))
        for group in groups.values()
        for start in range(0, len(group), together)
    )


PROVED_BATCHES = 2
"""Full batches on which a lowered program proves itself; one smaller batch follows where an epoch ends with one."""


def proof_examples(examples: int, batch_size: int) -> int:
    """Return on how many of so many training examples a lowered program proves itself."""
    return min(PROVED_BATCHES, examples // batch_size) * batch_size + examples % batch_size


def check_seeds(seeds: int | Sequence[int]) -> tuple[int, ...]:
    """Return seeds as a tuple: a count gives 0, 1, ..., a list is taken as it is.

    Raises:
        InputError: there is none, one is negative or no whole number, or one is there twice.
    """
    listed = list(range(seeds)) if isinstance(seeds, int) and not isinstance(seeds, bool) else seeds
    remedy = "Give a count of at least 1 (5 is a good start), or a list such as [0, 1, 2]."
    if not isinstance(listed, Sequence) or isinstance(listed, str) or not listed:
        raise InputError("a study needs at least one seed", received=seeds, remedy=remedy)
    for seed in listed:
        if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
            raise InputError("seeds must be whole numbers from 0 to 4294967295", received=repr(seed), remedy=remedy)
    if len(set(listed)) < len(listed):
        twice = next(seed for seed in listed if list(listed).count(seed) > 1)
        raise InputError("seeds must differ", received=f"{twice} twice", remedy="Remove one of the two.")
    return tuple(listed)
