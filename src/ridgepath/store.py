"""``study.db``: a study on disk, in SQLite, with plain columns that any SQLite tool shows; beside it ``study.toml``.

A trial is written whole or not at all. Reading runs no code out of the file. ``study.toml`` says the question to people
and to ``ridgepath run``; it follows from ``study.db`` alone, and is written anew whenever that asks for more.

A file of an earlier version is read as it is, with NaN in the columns and no portraits where it lacks them; the first
thing that is written to it gives it what it lacks.
"""

from __future__ import annotations

import json
import math
import os
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from ridgepath import gallery
from ridgepath.database import REMEDIES, connected, transaction
from ridgepath.errors import StudyError
from ridgepath.files import drafts, made
from ridgepath.portraits import Portrait
from ridgepath.question import QUESTION_FILE, given, keep_question, question_file
from ridgepath.results import DIVERGED, DONE, KEY, Results, Table, TrialResult, epoch_columns
from ridgepath.schema import PORTRAYED, VERSION, Schema, check_tables, version_of
from ridgepath.study import Study, Trial
from ridgepath.texts import encodable, on_one_line
from ridgepath.typed import check_types

FILE = "study.db"
APPLICATION_ID = 0x52504448
"""``RPDH``, in the header of the file: that it is ours."""
HEADER = struct.Struct(">16s2xBB48xi")
"""Of an SQLite file: its magic, the formats to write and to read (1 without, 2 with a write-ahead log), whose it is."""
MAGIC = b"SQLite format 3\0"
DEPTH = 4
"""Levels of folders below the given one in which studies are looked for."""


class StudyStore:
    """A study on disk.

    Attributes:
        folder: where it lies.
        study: the question, with all strengths and seeds that were ever asked for.
        metrics: names of the network's metrics.
        context: how it came to be: versions, machine, command, time of creation.
    """

    def __init__(self, folder: Path, study: Study, *, metrics: Sequence[str], context: Mapping[str, str]) -> None:
        self.folder = folder
        self.study = study
        self.metrics = tuple(metrics)
        self.context = dict(context)

    @classmethod
    def create(cls, folder: Path, study: Study, *, metrics: Sequence[str], context: Mapping[str, str]) -> StudyStore:
        """Write a study without results; its folder is made if it is not there.

        Raises:
            StudyError: there is a study already, the folder cannot be written, or the name of a metric is
                taken by a column. Then nothing is left behind.
        """
        store = cls(folder, study, metrics=metrics, context=context)
        store._schema.check()
        if (folder / FILE).exists():
            raise StudyError(f"{folder} must not hold a study yet", received=FILE, remedy="Give another folder.")
        files = drafts(folder / FILE, folder / QUESTION_FILE)
        with made(folder), files as (draft, question), transaction(draft, mode="rwc") as connection:
            connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
            store._schema.create(connection)
            row = (study.to_json(), store.metrics, store.context)
            connection.execute("INSERT INTO study VALUES (?, ?, ?)", [_json(value) for value in row])
            question.write_text(question_file(study, context), encoding="utf-8")
        return store

    @classmethod
    def open(cls, folder: Path) -> StudyStore:
        """Open the study in a folder, perhaps a stranger's, for reading until something is added; no code of it is run.

        Raises:
            StudyError: the folder is not there or holds no study, or one that is damaged or newer than this program.
        """
        _check_is_study(folder)
        with _reading(folder) as connection:
            _check_version(folder, connection)
            return cls._read(folder, connection)

    def add(self, result: TrialResult) -> None:
        """Write a trial, whole or not at all; one that is done or diverged already is left as it is.

        Raises:
            StudyError: the file cannot be written.
        """
        rows = self._rows(result)
        key = _key(result.trial)
        this = "WHERE variant = ? AND strength = ? AND seed = ?"
        with self._writing() as connection:
            ended = connection.execute(f"SELECT status FROM trials {this}", key).fetchone()
            if ended and ended[0] in (DONE, DIVERGED):
                return
            for table, lines in rows.items():
                connection.execute(f"DELETE FROM {table} {this}", key)
                marks = ", ".join("?" * len(self._schema.columns(table)))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", lines)

    def finished(self) -> frozenset[Trial]:
        """Return the trials that need no training: done, or diverged, which would diverge again."""
        with _reading(self.folder) as connection:
            rows = connection.execute(
                "SELECT variant, strength, seed FROM trials WHERE status IN (?, ?)", (DONE, DIVERGED)
            )
            return frozenset(Trial(*row) for row in rows)

    def check_whole(self) -> None:
        """Check every page of the file, which must be whole before anything is added to it.

        Raises:
            StudyError: a page is damaged.
        """
        with _reading(self.folder) as connection:
            [found, *_] = connection.execute("PRAGMA quick_check(1)").fetchone()
        if found != "ok":
            raise _damaged(self.folder, on_one_line(found))

    def check_same_question(self, study: Study) -> None:
        """Check that a study differs from this one in its variants, strengths and seeds at most.

        Raises:
            StudyError: it asks another question.
        """
        if study.fingerprint == self.study.fingerprint:
            return
        ours, theirs = _question(self.study), _question(study)
        differing = [name for name in ours if ours[name] != theirs[name]]
        raise StudyError(
            f"the study in {self.folder} has {', '.join(f'{name} {ours[name]}' for name in differing)}",
            received=f"another question: {', '.join(f'{name} {theirs[name]}' for name in differing)}",
            remedy="Ask for the same, or give another folder; only strengths, seeds and penalties can be added.",
        )

    def grow(self, study: Study) -> None:
        """Add the variants, strengths and seeds of ``study`` to the question.

        Raises:
            StudyError: it asks another question, or the file cannot be written.
        """
        with self._writing() as connection:
            stored = self._read(self.folder, connection)  # Another process may have let it grow meanwhile.
            stored.check_same_question(study)
            grown = stored.study.grown_by(study)
            connection.execute("UPDATE study SET study = ?", (_json(grown.to_json()),))
        self.study = grown
        keep_question(self.folder, self.study, self.context)

    def remember(self, context: Mapping[str, str]) -> None:
        """Add to the context, or give what is in it another value."""
        with self._writing() as connection:
            self.context = self._read(self.folder, connection).context | dict(context)
            connection.execute("UPDATE study SET context = ?", (_json(self.context),))
        keep_question(self.folder, self.study, self.context)

    def add_session(self, *, started: str, seconds: float, workers: int, trials: int) -> None:
        """Write down one sitting: when it started, how long it took, and the trials that it finished."""
        with self._writing() as connection:
            connection.execute("INSERT INTO sessions VALUES (?, ?, ?, ?)", (started, seconds, workers, trials))

    @property
    def seconds(self) -> float:
        """Time spent on the study, over all sittings."""
        with _reading(self.folder) as connection:
            total = connection.execute("SELECT total(seconds) FROM sessions").fetchone()[0]
        if total is None or not math.isfinite(total):
            raise _damaged(self.folder, f"{total} seconds")
        return float(total)

    def trials(self) -> Table:
        """Read the table of trials alone.

        Raises:
            StudyError: the file cannot be read.
        """
        with _reading(self.folder) as connection:
            return self._table(connection, "trials")

    def results(self) -> Results:
        """Read the tidy tables; they have no rows as long as no trial is finished.

        Raises:
            StudyError: the file cannot be read.
        """
        with _reading(self.folder) as connection:
            trials = self._table(connection, "trials")
            epochs = self._table(connection, "epochs")
            losses = self._example_losses(connection, trials)
            portraits = self._portraits(connection)
        return Results(trials, epochs, losses, portraits)

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with transaction(self.folder / FILE, mode="rw") as connection:
            _check_version(self.folder, connection)  # A newer program may have written to it meanwhile.
            self._schema.upgrade(connection)
            yield connection

    @property
    def _examples(self) -> dict[str, int]:
        card = self.study.data
        return {"validation": card.validation} | ({"test": card.test} if card.test else {})

    @property
    def _schema(self) -> Schema:
        return Schema(self.metrics, tested=self.study.data.test > 0)

    @classmethod
    def _read(cls, folder: Path, connection: sqlite3.Connection) -> StudyStore:
        try:
            check_tables(connection)
            row = connection.execute("SELECT study, metrics, context FROM study").fetchone()
            study, metrics, context = (json.loads(value) for value in row)
            check_types(tuple(metrics), tuple[str, ...], name="metrics")
            check_types((*context, *context.values()), tuple[str, ...], name="context")
            store = cls(folder, Study.from_json(study), metrics=metrics, context=context)
            store._schema.check()
            return store
        except (TypeError, ValueError, KeyError, AttributeError, RecursionError) as error:
            raise _damaged(folder, f"a question that cannot be read ({error})") from None

    def _rows(self, result: TrialResult) -> dict[str, list[tuple[object, ...]]]:
        key = _key(result.trial)
        outcome = (result.status, encodable(result.reason), result.engine, float(result.seconds))
        figures = list(self._schema.columns("trials"))[len(key) + len(outcome) :]
        for split, losses in result.example_losses.items():
            if np.shape(losses) != (self._examples.get(split),):
                raise ValueError(f"example losses of {split} of shape {np.shape(losses)}; expected {self._examples}")
        epochs = (result.epochs.get(name, ()) for name in epoch_columns(self.metrics))
        count = max((len(values) for values in result.epochs.values()), default=0)
        by_epoch = zip(*([*map(float, values)] or [math.nan] * count for values in epochs), strict=True)
        return {
            "trials": [(*key, *outcome, *(float(result.figures.get(name, math.nan)) for name in figures))],
            "epochs": [(*key, epoch, *values) for epoch, values in enumerate(by_epoch, 1)],
            "example_losses": [
                (*key, split, np.asarray(losses, "<f4").tobytes()) for split, losses in result.example_losses.items()
            ],
            "portraits": [] if result.portrait is None else [(*key, *gallery.to_row(result.portrait))],
        }

    def _table(self, connection: sqlite3.Connection, table: str) -> Table:
        try:
            return self._schema.read(connection, table)
        except (TypeError, ValueError, OverflowError) as error:
            raise _damaged(self.folder, f"{error} in {table}") from None

    def _example_losses(self, connection: sqlite3.Connection, trials: Table) -> dict[str, np.ndarray]:
        rows = {key: row for row, key in enumerate(trials[list(KEY)].tolist())}
        try:
            tables = {split: np.full((len(trials), size), np.nan, np.float32) for split, size in self._examples.items()}
            for *key, split, losses in connection.execute("SELECT * FROM example_losses"):
                tables[split][rows[tuple(key)]] = np.frombuffer(losses, "<f4").reshape(self._examples[split])
        except (KeyError, ValueError, TypeError, MemoryError) as error:
            raise _damaged(self.folder, f"example losses that fit no trial ({error})") from None
        return tables

    def _portraits(self, connection: sqlite3.Connection) -> dict[Trial, Portrait]:
        try:
            return gallery.read(connection) if version_of(connection) >= PORTRAYED else {}
        except (ValueError, TypeError, OverflowError) as error:
            raise _damaged(self.folder, f"portraits that cannot be read ({error})") from None


def find_studies(folder: Path) -> list[Path]:
    """Return the folders that hold a study, sorted: this one, and those a few levels below that are not hidden.

    Raises:
        StudyError: there is no such folder.
    """
    if not folder.is_dir():
        raise StudyError("studies are looked for in a folder", received=folder, remedy="Give a folder that exists.")
    found = []
    for place, folders, files in os.walk(folder):
        here = Path(place)
        deepest = len(here.relative_to(folder).parts) == DEPTH
        folders[:] = [] if deepest else [name for name in folders if not name.startswith(".")]
        if FILE in files:
            found.append(here)
    return sorted(found)


def check_folder(folder: Path) -> None:
    """Check, before anything is trained, that a study can be written into a folder; nothing is created.

    Raises:
        StudyError: it holds other files and no study, is no folder, or cannot be written or made.
    """
    remedy = "Give another folder."
    if folder.is_dir() and not (folder / FILE).exists():
        others = sorted(entry.name for entry in folder.iterdir() if not entry.name.startswith("."))
        if others:
            raise StudyError(f"{folder} must be new, empty or a study", received=f"{others[0]} in it", remedy=remedy)
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not nearest.is_dir():
        raise StudyError("a study is a folder", received=f"the file {nearest}", remedy=remedy)
    for place in (nearest, folder / FILE):
        if place.exists() and not os.access(place, os.W_OK):
            raise StudyError("a study must be writable", received=f"{place}, which is not", remedy=remedy)


def _key(trial: Trial) -> tuple[str, float, int]:
    return trial.variant, float(trial.strength), int(trial.seed)


def _question(study: Study) -> dict[str, object]:
    return {
        "network": f"{study.builder.name} ({study.builder.fingerprint[:8]})",
        "data": f"{study.data.name} ({study.data.fingerprint[:8]})",
        "epochs": study.epochs,
        "batch size": study.batch_size,
        "engine": study.engine,
        "validation": study.validation,
        "early stopping": _in_words(given(study.early_stopping)) if study.early_stopping else "none",
        "keep": study.keep,
        "class weight": _in_words(study.class_weight) or "none",
    }


def _in_words(settings: Iterable[tuple[object, object]]) -> str:
    return " ".join(f"{name}={value}" for name, value in settings)


def _json(value: object) -> str:
    return encodable(json.dumps(value, ensure_ascii=False, allow_nan=False))


def _damaged(folder: Path, received: str) -> StudyError:
    return StudyError(
        f"{folder / FILE} must be a whole study", received=received, remedy=REMEDIES[sqlite3.SQLITE_CORRUPT]
    )


def _check_is_study(folder: Path) -> None:
    """Check that a folder holds a file of ours, by its first bytes: SQLite is given no other file, and no log of one.

    Raises:
        StudyError: it does not.
    """
    file = folder / FILE
    if not file.is_file():
        missing = "no such folder" if not folder.exists() else f"no {FILE} in it" if folder.is_dir() else "a file"
        raise StudyError(f"{folder} must be a study", received=missing, remedy="Give the folder of a study.")
    try:
        with file.open("rb") as opened:
            header = opened.read(HEADER.size)
    except OSError as error:
        remedy = REMEDIES[sqlite3.SQLITE_CANTOPEN]
        raise StudyError(f"{file} must be a study that can be read", received=error, remedy=remedy) from None
    magic, *formats, application = HEADER.unpack(header) if len(header) == HEADER.size else (b"", 0)
    if magic != MAGIC or application != APPLICATION_ID:
        received = "another program's file" if header else "an empty file"
        raise StudyError(f"{file} must be a study", received=received, remedy="Give another folder.")
    if formats != [1, 1]:
        raise _damaged(folder, "one in a format that ridgepath does not write")


def _check_version(folder: Path, connection: sqlite3.Connection) -> None:
    version = version_of(connection)
    if not 1 <= version <= VERSION:
        expected = f"{folder / FILE} must have a version from 1 to {VERSION}"
        raise StudyError(expected, received=f"version {version}", remedy="Update ridgepath.")


@contextmanager
def _reading(folder: Path) -> Iterator[sqlite3.Connection]:
    """Read one state of the study, whatever another process writes meanwhile."""
    # A killed writer leaves a journal: its unfinished transaction has to be rolled back before anything is read.
    mode = "rw" if (folder / f"{FILE}-journal").exists() else "ro"
    with connected(folder / FILE, mode=mode) as connection:
        connection.execute("BEGIN")
        yield connection
