"""Trials under way on disk, so that whoever goes on with an interrupted study loses seconds and not hours.

A checkpoint lies in the study's folder in two files: what :mod:`ridgepath.training.travelling` writes, which is
safetensors, and a manifest in JSON, which says of which trial, question and versions it is, and the SHA-256 of the
other. Both are written beside, flushed to the disk, and renamed into place, the manifest last; so that there is always
a whole one, or none. Reading them runs no code. One that is damaged, or not of this study and these versions, is not
used: its trial begins anew.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import time
from collections.abc import Callable, Generator, Iterable, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ridgepath.files import drafts
from ridgepath.penalties import format_strength
from ridgepath.results import FAILED, Checkpoint, Leg
from ridgepath.study import Trial
from ridgepath.typed import check_types

FOLDER = "checkpoints"
"""In a study's folder; gone when all trials are finished."""

EVERY = 10.0
"""Seconds of a trial's training between two of its checkpoints; a trial that ends sooner has none."""

SHARE = 0.05
"""The share of the time, at most, that goes into writing them."""

_OTHER = {"versions": "other versions"}


class _OfAnotherError(Exception):
    """Say of what a checkpoint is that is whole, but not of what is asked for."""


class Checkpoints:
    """The checkpoints of one study, as one sitting keeps them."""

    def __init__(self, folder: Path, *, question: str, versions: Mapping[str, str], say: Callable[[str], None]) -> None:
        """Begin a sitting; nothing is written yet.

        Args:
            folder: the study's.
            question: the study's fingerprint.
            versions: package → version; others may go on with other numbers.
            say: is told, in a sentence, what a user should know.
        """
        self._folder = folder / FOLDER
        self._made_by = {"question": question, "versions": dict(versions)}
        self._say = say
        self._latest: dict[Trial, Checkpoint] = {}
        self._due: dict[Trial, float] = {}
        self._pause = 0.0
        self._complained = False

    def sweep(self, unfinished: Iterable[Trial]) -> None:
        """Remove what is of no use any more: all that is not of these trials, such as what a killed sitting drafted."""
        stems = {_stem(trial) for trial in unfinished}
        with suppress(OSError):
            for file in self._folder.iterdir():
                is_ours = file.suffix in (".json", ".safetensors")
                if is_ours and file.name.split("@")[0].removesuffix(".json") not in stems:
                    file.unlink()
        self._remove_folder()

    def found(self, trials: Iterable[Trial]) -> dict[Trial, Checkpoint]:
        """Return how far these trials have come that are under way."""
        found = {trial: checkpoint for trial in sorted(trials) if (checkpoint := self._read(trial))}
        if found:
            epochs = sorted({checkpoint.epoch for checkpoint in found.values()})
            done = " to ".join(str(epoch) for epoch in dict.fromkeys((epochs[0], epochs[-1])))
            several = len(found) > 1
            going_on = "networks go on from their checkpoints" if several else "network goes on from a checkpoint"
            self._say(f"{len(found)} {going_on}, {done} epochs done.")
        return found

    def keeping(self, legs: Iterable[Leg]) -> Generator[Leg]:
        """Pass legs on, and keep how far the trials under way have come: now and then, and where it ends too early.

        A result must be in the study when the next leg is asked for: then its checkpoint goes.
        """
        try:
            for leg in legs:
                self._latest |= leg.progress
                self._write_due()
                yield leg
                for result in leg.results:
                    self._latest.pop(result.trial, None)
                    if result.status != FAILED:
                        self._remove(result.trial)
        finally:
            for trial in list(self._latest):
                self._write(trial)
            self._remove_folder()

    def _write_due(self) -> None:
        now = time.monotonic()
        for trial in self._latest:
            self._due.setdefault(trial, now + EVERY)
        for trial in sorted(self._latest, key=self._due.__getitem__):
            if max(self._due[trial], self._pause) <= time.monotonic():
                self._write(trial)

    def _write(self, trial: Trial) -> None:
        """Write where a trial has come to, if that can be done; training goes on without, too."""
        began, checkpoint = time.monotonic(), self._latest.pop(trial)
        manifest = {
            **self._made_by,
            "trial": asdict(trial),
            "epoch": checkpoint.epoch,
            "sha256": hashlib.sha256(checkpoint.content).hexdigest(),
        }
        tensors, about = self._files(trial, checkpoint.epoch)
        try:
            self._folder.mkdir(exist_ok=True)
            with drafts(tensors, about) as (first, last):
                _write_through(first, checkpoint.content)
                _write_through(last, json.dumps(manifest, indent=2).encode())
            self._remove(trial, but=(tensors, about))
        except OSError as error:
            if not self._complained:
                self._say(f"Networks under way cannot be kept ({error.strerror}); finished ones are.")
            self._complained = True
        ended = time.monotonic()
        self._due[trial] = ended + EVERY
        self._pause = ended + (ended - began) * (1 - SHARE) / SHARE

    def _read(self, trial: Trial) -> Checkpoint | None:
        """Return a trial's checkpoint; ``None`` where there is none that can be used."""
        about = self._folder / f"{_stem(trial)}.json"
        if not about.exists():
            return None
        try:
            return self._whole(trial, json.loads(about.read_bytes()))
        except _OfAnotherError as error:
            why = str(error)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            why = "damaged"
        strength = format_strength(trial.strength)
        self._say(f"The checkpoint of {trial.variant} = {strength}, seed {trial.seed}, is {why}: it begins anew.")
        return None

    def _whole(self, trial: Trial, manifest: dict[str, Any]) -> Checkpoint:
        wanted = {**self._made_by, "trial": asdict(trial)}
        for name, value in wanted.items():
            if manifest[name] != value:
                raise _OfAnotherError(f"of {_OTHER.get(name, 'another ' + name)}")
        epoch = manifest["epoch"]
        check_types(epoch, int, name="epoch")
        content = self._files(trial, epoch)[0].read_bytes()
        if hashlib.sha256(content).hexdigest() != manifest["sha256"]:
            raise ValueError("other bytes than were written")
        return Checkpoint(epoch, content)

    def _files(self, trial: Trial, epoch: int) -> tuple[Path, Path]:
        stem = _stem(trial)
        return self._folder / f"{stem}@{epoch}.safetensors", self._folder / f"{stem}.json"

    def _remove(self, trial: Trial, *, but: tuple[Path, ...] = ()) -> None:
        """Remove the files of a trial, its manifest first."""
        stem = _stem(trial)
        with suppress(OSError):
            for file in (self._folder / f"{stem}.json", *self._folder.glob(f"{stem}@*.safetensors")):
                if file not in but:
                    file.unlink(missing_ok=True)

    def _remove_folder(self) -> None:
        with suppress(OSError):
            self._folder.rmdir()  # if nothing is in it


def _stem(trial: Trial) -> str:
    """Name a trial's files so that people know it and no two are the same."""
    name = re.sub(r"[^\w.+-]", "-", f"{trial.variant}-{trial.strength!r}-seed-{trial.seed}")
    return f"{name[:80]}-{hashlib.sha256(repr(trial).encode()).hexdigest()[:8]}"


def _write_through(file: Path, content: bytes) -> None:
    with file.open("wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
