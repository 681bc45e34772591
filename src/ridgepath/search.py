"""Strengths that are found: short trainings bracket the ridge, and the study extends an end at which the best lies.

The short trainings have fewer epochs than the study's trials, so they are no results and are written nowhere. What is
done is said as it is done, and stays with the study as a sentence.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from ridgepath.errors import InputError
from ridgepath.penalties import AUTO, format_strength
from ridgepath.progress import Watch
from ridgepath.question import FOUND
from ridgepath.results import DONE, Leg, TrialResult
from ridgepath.statistics.bracket import LADDER, Bracket, Probes, bracket, extension, grid, next_probes
from ridgepath.store import StudyStore
from ridgepath.study import FIXED, Study, Trial, Variant
from ridgepath.texts import write_count

CEILING = "no strength above"
"""Under this name a study's context says how large strengths may be that are added to those that were found."""

EXTENDED = "; then extended by "
"""Between how strengths were found and those that were added."""

SHORT = 5
"""A short training has a fifth of the study's epochs,"""
LEAST_EPOCHS, LEAST_STEPS = 2, 200
"""but at least so many epochs and steps, as far as the study's trainings have them."""

MOST_EXTENSIONS = 6
"""Strengths, at most, by which a grid is extended."""

TrainTrials = Callable[[Study, Sequence[Trial]], Iterator[Leg]]
"""Trains some trials with the settings of a study, and yields every leg as it is finished."""


@dataclass(frozen=True)
class Found:
    """The strengths that were found.

    Attributes:
        strengths: a grid, ascending, 0 first.
        ceiling: the largest strength that may be added to it.
        account: how they were found, in a sentence without its full stop.
    """

    strengths: tuple[float, ...]
    ceiling: float
    account: str

    @property
    def context(self) -> dict[str, str]:
        """What the study remembers of it."""
        return {FOUND: self.account} | ({CEILING: f"{self.ceiling:g}"} if self.ceiling < math.inf else {})


def found_before(store: StudyStore) -> Found | None:
    """Return the strengths of a study as it found them, and has extended them since; ``None`` if they were given."""
    account, ceiling = store.context.get(FOUND), store.context.get(CEILING, "inf")
    return None if account is None else Found(store.study.variants[0].strengths, float(ceiling), account)


def short(study: Study) -> Study:
    """Return the study of the short trainings."""
    steps = math.ceil(study.data.train / study.batch_size)
    epochs = max(LEAST_EPOCHS, math.ceil(study.epochs / SHORT), math.ceil(LEAST_STEPS / steps))
    return replace(study, epochs=min(epochs, study.epochs))


def with_strengths(study: Study, strengths: Sequence[float]) -> Study:
    """Return the study with these strengths of its one variant."""
    return replace(study, variants=(Variant(study.variants[0].name, tuple(strengths)),))


def find_strengths(study: Study, train: TrainTrials, watch: Watch) -> Found:
    """Bracket the ridge of a study by short trainings, and spread a grid over it.

    All have the study's first seed, but for one more at 0.

    Raises:
        InputError: the network cannot be trained at 0 or at no other strength, or does not change with its strength.
    """
    probing, seed = short(study), study.seeds[0]
    other = study.seeds[1] if len(study.seeds) > 1 else (seed + 1) % 2**32
    asked = [(0.0, seed), (0.0, other), *((strength, seed) for strength in LADDER)]
    results: dict[tuple[float, int], TrialResult] = {}
    watch.say("Looking for the ridge by short trainings, which are no part of the results.")
    while asked:
        legs = train(probing, [Trial(study.variants[0].name, *key) for key in asked])
        for result in watch.follow(legs, trials=len(asked), epochs=probing.epochs):
            results[result.trial.strength, result.trial.seed] = result
        probes = _probes(results, seeds=(seed, other), divided=study.validation != FIXED)
        asked = [(strength, seed) for strength in next_probes(probes)]
    found = bracket(probes)
    strengths = grid(found)
    how = f"{write_count(probing.epochs, 'epoch')}, seed {seed}"
    probed = f"{len(results)} short trainings ({how}) at 0 and {_range(probes.trained)}"
    account = f"{probed}: {_ends(found)}; so {len(strengths) - 1} strengths {_range(strengths[1:])}, and 0"
    watch.say(f"{account}.")
    return Found(strengths, found.ceiling, f"{AUTO}: {account}")


def _probes(results: Mapping[tuple[float, int], TrialResult], *, seeds: tuple[int, int], divided: bool) -> Probes:
    none, reseeded = (_usable(results[0.0, seed]) for seed in seeds)
    if divided:  # The other seed has other examples, which can be paired by the rank of their losses only.
        reseeded = np.sort(reseeded)[np.argsort(np.argsort(none))]
    tried = {strength: _losses(result) for (strength, _), result in results.items() if strength}
    if all(losses is None for losses in tried.values()):
        _usable(results[min(tried), seeds[0]])
    return Probes(none, reseeded, tried)


def _losses(result: TrialResult) -> np.ndarray | None:
    return result.example_losses["validation"].astype(np.float64) if result.status == DONE else None


def _usable(result: TrialResult) -> np.ndarray:
    losses = _losses(result)
    if losses is None:
        raise InputError(
            f"a network that can be trained at strength {format_strength(result.trial.strength)}",
            received=f"one that cannot: {result.reason}",
            remedy="Mend the network, or give the strengths yourself.",
        )
    return losses


def _ends(found: Bracket) -> str:
    """Say what the probes showed of the ends of the bracket."""
    high = format_strength(found.high)
    felt = "the smallest is felt" if found.unfelt is None else f"{format_strength(found.unfelt)} is hardly felt"
    hurts = f"{high} clearly hurts" if found.hurts else f"up to {high} none clearly hurts"
    limit = "" if found.limit is None else f", {format_strength(found.limit)} cannot be trained"
    return f"{felt}, {hurts}{limit}"


def _range(strengths: Sequence[float]) -> str:
    return f"from {format_strength(strengths[0])} to {format_strength(strengths[-1])}"


def next_extension(found: Found, study: Study, store: StudyStore) -> float | None:
    """Return the strength by which a study is to be extended; ``None`` if its best lies at no end, or it may not be."""
    if len(_added(found.account)) == MOST_EXTENSIONS:
        return None
    return extension(
        found.strengths, _means(store, study.variants[0].name, study.seeds, found.strengths), ceiling=found.ceiling
    )


def _added(account: str) -> list[str]:
    added = account.partition(EXTENDED)[2]
    return added.split(", ") if added else []


def extensions(found: Found, study: Study, store: StudyStore, watch: Watch) -> Iterator[tuple[Trial, ...]]:
    """Add strengths to a study, one after the other, as long as its best lies at an end, and yield the trials of each.

    Those of one have to be in the store when the next are asked for.
    """
    while (one := next_extension(found, study, store)) is not None:
        end = "largest strength" if one > found.strengths[-1] else "smallest strength above 0"
        watch.say(f"The lowest mean validation data loss lies at the {end}: {format_strength(one)} is added.")
        account = found.account + (", " if _added(found.account) else EXTENDED) + format_strength(one)
        found = replace(found, strengths=tuple(sorted([*found.strengths, one])), account=account)
        store.grow(with_strengths(study, found.strengths))
        store.remember(found.context)
        yield tuple(Trial(study.variants[0].name, one, seed) for seed in study.seeds)


def _means(store: StudyStore, variant: str, seeds: Sequence[int], strengths: Sequence[float]) -> list[float]:
    """Return the mean validation data loss of each strength over these seeds; NaN where no trial is done."""
    trials = store.trials()
    done = trials[(trials["variant"] == variant) & (trials["status"] == DONE) & np.isin(trials["seed"], seeds)]
    losses = (done["val_data_loss"][done["strength"] == strength] for strength in strengths)
    return [float(of_strength.mean()) if of_strength.size else math.nan for of_strength in losses]
