"""Whether a study is whole, and whether it can go on from here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from ridgepath.builders import find_builder
from ridgepath.checkup.data import room
from ridgepath.checkup.finding import Finding, State, found_by, write_bytes
from ridgepath.database import faults
from ridgepath.datasets import Source, load_dataset
from ridgepath.errors import InputError
from ridgepath.images import WAYS, images_on_disk, ways
from ridgepath.question import QUESTION_FILE, question_file
from ridgepath.results import DIVERGED, DONE
from ridgepath.store import FILE, StudyStore
from ridgepath.texts import write_count

PART = "Study"


def study(folder: Path) -> Iterator[Finding]:
    """Check the study in a folder; nothing is written, and no code of it is run."""
    try:
        store = StudyStore.open(folder)
        damages = faults(folder / FILE)
        ended = store.results().trials["status"]
    except InputError as error:
        yield found_by(error, PART, FILE)
        return
    if damages:
        remedy = "Restore it from a copy, or run the study anew in another folder."
        yield Finding(PART, FILE, State.PROBLEM, f"damaged: {damages[0]}", remedy)
        return
    yield Finding(PART, FILE, State.OK, f"whole, {write_bytes((folder / FILE).stat().st_size)}")
    done, diverged = int((ended == DONE).sum()), int((ended == DIVERGED).sum())
    missing = len(store.study.trials) - done - diverged
    yield _trials(store, done=done, diverged=diverged, failed=len(ended) - done - diverged)
    yield _network(store, missing=missing)
    yield _data(store, missing=missing)
    yield _question(store)
    yield room(PART, "folder", folder)


def _trials(store: StudyStore, *, done: int, diverged: int, failed: int) -> Finding:
    asked = len(store.study.trials)
    said = f"{done} of {write_count(asked, 'trial')} done"
    said += f", {diverged} diverged" if diverged else ""
    said += f", {failed} failed" if failed else ""
    if done + diverged == asked:
        return Finding(PART, "trials", State.OK, said)
    return Finding(PART, "trials", State.WARNING, said, f"Train what is missing: ridgepath resume {store.folder}")


def _network(store: StudyStore, *, missing: int) -> Finding:
    card = store.study.builder
    if card.location is None:
        remedy = "It goes on by fit_path with the same function."
        return Finding(PART, "network", State.ABSENT, f"{card.name}, a function given in Python", remedy)
    try:
        here = find_builder(card.location).card.fingerprint
    except InputError as error:
        return found_by(error, PART, "network", _without(missing))
    return _same(here == card.fingerprint, "network", card.location, missing)


def _data(store: StudyStore, *, missing: int) -> Finding:
    card, location = store.study.data, store.context.get("data", "")
    if not location:
        remedy = "It goes on by fit_path with the same arrays."
        return Finding(PART, "data", State.ABSENT, f"{card.name}, given in Python", remedy)
    try:
        source = Source.at(location)
        if source.data in WAYS and images_on_disk(source.data) is None:  # and is not to be downloaded by a check
            return Finding(PART, "data", _without(missing), f"{source.data} is not on this machine", ways(source.data))
        here = load_dataset(source).card.fingerprint
    except InputError as error:
        return found_by(error, PART, "data", _without(missing))
    return _same(here == card.fingerprint, "data", str(source.data), missing)


def _same(is_same: bool, name: str, place: str, missing: int) -> Finding:
    if is_same:
        return Finding(PART, name, State.OK, f"{place}, as it was")
    remedy = "Bring back what the study was trained with, or run a new one."
    return Finding(PART, name, _without(missing), f"{place} has changed since", remedy)


def _without(missing: int) -> State:
    """Tell how bad it is that a study cannot be trained: its results stay, but what is missing does not come."""
    return State.PROBLEM if missing else State.WARNING


def _question(store: StudyStore) -> Finding:
    try:
        is_right = (store.folder / QUESTION_FILE).read_bytes() == question_file(store.study, store.context).encode()
    except OSError:
        is_right = False
    if is_right:
        return Finding(PART, QUESTION_FILE, State.OK, "says what the study asks")
    remedy = "It is written anew when the study is run or resumed; to ask something else, change a copy."
    return Finding(PART, QUESTION_FILE, State.WARNING, "does not say what the study asks", remedy)
