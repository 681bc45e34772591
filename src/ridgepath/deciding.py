"""More seeds where they decide: only for strengths whose comparison is open, look after look."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Iterator, Sequence
from pathlib import Path

from ridgepath.errors import InputError
from ridgepath.penalties import format_strength
from ridgepath.progress import Watch
from ridgepath.question import MARGIN, MOST_SEEDS
from ridgepath.report.families import Difference, Terms
from ridgepath.report.locale.en.names import named
from ridgepath.report.summary import summarize
from ridgepath.session import Request, Written, run
from ridgepath.statistics.looks import next_look
from ridgepath.store import StudyStore
from ridgepath.study import Study
from ridgepath.texts import write_count

DECIDED = "decided"
"""Until when seeds can be added."""

MAX_SEEDS = 20
"""Seeds, at most, that a study is given unless the user says otherwise."""


def check_max_seeds(most: object) -> int:
    """Return the number of seeds at which a study stops, decided or not.

    Raises:
        InputError: it is no whole number of at least 2.
    """
    if isinstance(most, bool) or not isinstance(most, int) or most < 2:
        raise InputError(
            "the most seeds must be a whole number of at least 2",
            received=repr(most),
            remedy="Give the number at which to stop, decided or not, such as 20.",
        )
    return most


def check_deciding(until: str | None, max_seeds: int | None) -> None:
    """Check whether, and how far, seeds are to be added.

    Args:
        until: ``"decided"``, or nothing.
        max_seeds: as in :func:`check_max_seeds`; nothing for :data:`MAX_SEEDS`.

    Raises:
        InputError: it is something else, or there is a number where no seeds are added.
    """
    if until not in (None, DECIDED):
        raise InputError("until is decided or nothing", received=repr(until), remedy="Give decided.")
    if max_seeds is not None:
        if until is None:
            remedy = "Add --until decided."
            raise InputError("the most seeds go with until decided", received=max_seeds, remedy=remedy)
        check_max_seeds(max_seeds)


def run_until_decided(
    request: Request,
    folder: Path,
    watch: Watch,
    *,
    most: int,
    terms: Terms,
    written: Written = lambda store, result: None,
) -> None:
    """Finish a study, and add seeds to the strengths whose comparison is open until none is, or there are enough.

    A comparison, of a strength with 0 or with ``strength_min``, is open if it is undecided and seeds may decide it:
    where the noise of the examples alone is too large, no seed is wasted. What was decided gets no further seeds. The
    error of the repeated looks is that of :mod:`ridgepath.statistics.looks`.

    Args:
        request: that goes on with the stored study.
        most: seeds of a strength, in all.
        terms: on what the strengths are compared.
        written: as in :func:`ridgepath.session.run`.

    Raises:
        Interrupted: the user interrupted it; finished trials are kept, and it can go on.
    """
    store = StudyStore.open(folder)
    note = {MOST_SEEDS: f"{most}", MARGIN: "" if terms.margin is None else repr(terms.margin)}
    if note.items() - store.context.items():
        store.remember(note)
    if set(store.study.trials) - store.finished():
        run(request, watch, written=written)
    while True:
        store = StudyStore.open(folder)
        study = store.study.looked_at()
        store.grow(study)
        found = summarize(study, store.results(), name=str(folder), seconds=0.0, context={}, terms=terms).comparisons
        still = [each for each in found if each.seeds_may_decide and math.isfinite(each.difference)]
        now = len(study.all_seeds)
        more = max(next_look(now, most=most) - now, 0)
        points = {point for each in still for point in (each.strength, each.against)}
        grown = study.with_another_look(points, more=more)
        if not still or set(grown.trials) == set(study.trials):
            for sentence in _ending(found, still, study, seeds=now, most=most):
                watch.say(sentence)
            return
        seeds = f"{more} more" if more else "the seeds that others have"
        watch.say(f"Open after {write_count(now, 'seed')}: {_listed(still, study)}. Training these with {seeds}.")
        grown_request = dataclasses.replace(request, seeds=grown.seeds, further=grown.further, looks=grown.looks)
        run(grown_request, watch, written=written)


def _ending(
    found: Sequence[Difference], still: Sequence[Difference], study: Study, *, seeds: int, most: int
) -> Iterator[str]:
    compared = [each for each in found if math.isfinite(each.difference)]
    undecided = [each for each in compared if each.verdict == "undecided" and each not in still]
    apart = [each for each in found if each not in compared]
    if not found:
        yield "There is nothing to compare."
    elif not undecided and not still and not apart:
        yield f"All comparisons are decided, with up to {write_count(seeds, 'seed')}."
    if still:
        yield f"Still open after {write_count(seeds, 'seed')}, where {most} are allowed: {_listed(still, study)}."
    if undecided:
        yield f"Undecided, and more seeds would not help: {_listed(undecided, study)}. More validation examples may."
    if apart:
        yield f"Not to be compared, for no seed has finite losses at both: {_listed(apart, study)}."


def _listed(open_ones: Sequence[Difference], study: Study) -> str:
    return ", ".join(_named(each, several=len(study.variants) > 1) for each in open_ones)


def _named(each: Difference, *, several: bool) -> str:
    (variant, strength), (other, against) = each.strength, each.against
    first = named(each.strength) if several else format_strength(strength)
    return f"{first} against {named(each.against) if other != variant else format_strength(against)}"
