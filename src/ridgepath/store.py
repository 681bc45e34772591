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
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pandas as pd

from ridgepath import gallery
from ridgepath.database import REMEDIES, connected, quoted, transaction
from ridgepath.errors import StudyError
from ridgepath.files import drafts, made
from ridgepath.portraits import Portrait
from ridgepath.question import QUESTION_FILE, keep_question, question_file
from ridgepath.results import DIVERGED, DONE, KEY, Results, TrialResult, epoch_columns, trial_columns
from ridgepath.study import Study, Trial

FILE = "study.db"
APPLICATION_ID = 0x52504448
"""``RPDH``, in the header of the file: that it is ours."""
VERSION = 3
"""Of the tables; a file with a higher one was written by a newer ridgepath."""
ADDED = {2: ("gradient_share", "update_share", "sensitivity"), 3: ("trained_epochs", "kept_epoch")}
"""Version → the columns that it added to the table of trials, behind those that were there."""
PORTRAYED = 3
"""The first version with a table of portraits."""

DEPTH = 4
"""Levels of folders below the given one in which studies are looked for."""

KEY_TYPES = {"variant": "TEXT", "strength": "REAL", "seed": "INTEGER"}
OUTCOME_TYPES = {"status": "TEXT", "reason": "TEXT", "engine": "TEXT", "seconds": "REAL"}
PANDAS_TYPES = {"TEXT": str, "REAL": np.float64, "INTEGER": np.int64}


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
        store._check_columns()
        if (folder / FILE).exists():
            raise StudyError(f"{folder} must not hold a study yet", received=FILE, remedy="Give another folder.")
        files = drafts(folder / FILE, folder / QUESTION_FILE)
        with made(folder), files as (draft, question), transaction(draft, mode="rwc") as connection:
            store._write_tables(connection)
            question.write_text(question_file(study, context), encoding="utf-8")
        return store

    @classmethod
    def open(cls, folder: Path) -> StudyStore:
        """Open the study in a folder, for reading until something is added.

        Raises:
            StudyError: the folder is not there or holds no study, or one that is damaged or newer than this program.
        """
        _check_is_study(folder)
        with _reading(folder) as connection:
            _check_header(folder, connection)
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
                marks = ", ".join("?" * len(self._columns(table)))
                connection.executemany(f"INSERT INTO {table} VALUES ({marks})", lines)

    def finished(self) -> frozenset[Trial]:
        """Return the trials that need no training: done, or diverged, which would diverge again."""
        with _reading(self.folder) as connection:
            rows = connection.execute(
                "SELECT variant, strength, seed FROM trials WHERE status IN (?, ?)", (DONE, DIVERGED)
            )
            return frozenset(Trial(*row) for row in rows)

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
            return float(connection.execute("SELECT total(seconds) FROM sessions").fetchone()[0])

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
            _check_header(self.folder, connection)  # A newer program may have written to it meanwhile.
            self._upgrade(connection)
            yield connection

    @property
    def _examples(self) -> dict[str, int]:
        card = self.study.data
        return {"validation": card.validation} | ({"test": card.test} if card.test else {})

    def _columns(self, table: str) -> dict[str, str]:
        """Name the columns of a table, each with its type in SQLite."""
        if table == "trials":
            figures = trial_columns(self.metrics, test=self.study.data.test > 0)
            return KEY_TYPES | OUTCOME_TYPES | dict.fromkeys(figures, "REAL")
        if table == "epochs":
            return KEY_TYPES | {"epoch": "INTEGER"} | dict.fromkeys(epoch_columns(self.metrics), "REAL")
        if table == "portraits":
            return KEY_TYPES | gallery.COLUMNS
        return KEY_TYPES | {"split": "TEXT", "losses": "BLOB"}

    def _check_columns(self) -> None:
        """Refuse metrics whose columns meet another column; SQLite takes ``Loss`` and ``loss`` for the same."""
        figures = (epoch_columns(self.metrics), trial_columns(self.metrics, test=True))
        for names in ((*KEY_TYPES, "epoch", *figures[0]), (*KEY_TYPES, *OUTCOME_TYPES, *figures[1])):
            folded = [name.casefold() for name in names]
            twice = next((name for name in names if folded.count(name.casefold()) > 1), None)
            if twice is not None:
                raise StudyError(
                    "the metrics of a network need names of their own",
                    received=f"{', '.join(self.metrics)}, which give the column {twice} twice",
                    remedy="Give the metric another name, as in keras.metrics.Mean(name='...').",
                )

    def _write_tables(self, connection: sqlite3.Connection) -> None:
        connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
        connection.execute(f"PRAGMA user_version = {VERSION}")
        for table, also in (("trials", ""), ("epochs", ", epoch"), ("example_losses", ", split"), ("portraits", "")):
            self._create_table(connection, table, also)
        connection.execute("CREATE TABLE sessions (started TEXT, seconds REAL, workers INTEGER, trials INTEGER)")
        connection.execute("CREATE TABLE study (study TEXT, metrics TEXT, context TEXT)")
        row = (self.study.to_json(), self.metrics, self.context)
        connection.execute("INSERT INTO study VALUES (?, ?, ?)", [_json(value) for value in row])

    def _create_table(self, connection: sqlite3.Connection, table: str, also: str) -> None:
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in self._columns(table).items())
        connection.execute(f"CREATE TABLE {table} ({columns}, PRIMARY KEY (variant, strength, seed{also}))")

    def _upgrade(self, connection: sqlite3.Connection) -> None:
        version = _version(connection)
        for name in _missing_columns(version):
            connection.execute(f"ALTER TABLE trials ADD COLUMN {quoted(name)} REAL")
        if version < PORTRAYED:
            self._create_table(connection, "portraits", "")
        if version < VERSION:
            connection.execute(f"PRAGMA user_version = {VERSION}")

    @classmethod
    def _read(cls, folder: Path, connection: sqlite3.Connection) -> StudyStore:
        row = connection.execute("SELECT study, metrics, context FROM study").fetchone()
        try:
            study, metrics, context = (json.loads(value) for value in row)
            return cls(folder, Study.from_json(study), metrics=metrics, context=context)
        except (TypeError, ValueError, KeyError, AttributeError) as error:
            raise _damaged(folder, f"a question that cannot be read ({error})") from None

    def _rows(self, result: TrialResult) -> dict[str, list[tuple[object, ...]]]:
        key = _key(result.trial)
        outcome = (result.status, result.reason, result.engine, float(result.seconds))
        figures = list(self._columns("trials"))[len(key) + len(outcome) :]
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

    def _table(self, connection: sqlite3.Connection, table: str) -> pd.DataFrame:
        columns = self._columns(table)
        missing = _missing_columns(_version(connection)) if table == "trials" else []
        present = [name for name in columns if name not in missing]
        cursor = connection.execute(f"SELECT * FROM {table} ORDER BY variant, strength, seed, 4")
        if [column[0] for column in cursor.description] != present:
            raise _damaged(self.folder, f"other columns in {table}")
        frame = pd.DataFrame(cursor.fetchall(), columns=present).reindex(columns=list(columns))
        try:
            return frame.astype({name: PANDAS_TYPES[kind] for name, kind in columns.items()})
        except (TypeError, ValueError) as error:
            raise _damaged(self.folder, f"in {table}: {error}") from None

    def _example_losses(self, connection: sqlite3.Connection, trials: pd.DataFrame) -> dict[str, np.ndarray]:
        tables = {split: np.full((len(trials), size), np.nan, np.float32) for split, size in self._examples.items()}
        rows = {key: row for row, key in enumerate(trials[list(KEY)].itertuples(index=False, name=None))}
        for *key, split, losses in connection.execute("SELECT * FROM example_losses"):
            try:
                tables[split][rows[tuple(key)]] = np.frombuffer(losses, "<f4")
            except (KeyError, ValueError, TypeError) as error:
                raise _damaged(self.folder, f"example losses that fit no trial ({error})") from None
        return tables

    def _portraits(self, connection: sqlite3.Connection) -> dict[Trial, Portrait]:
        try:
            return gallery.read(connection) if _version(connection) >= PORTRAYED else {}
        except (ValueError, TypeError) as error:
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
    }


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _damaged(folder: Path, received: str) -> StudyError:
    return StudyError(
        f"{folder / FILE} must be a whole study", received=received, remedy=REMEDIES[sqlite3.SQLITE_CORRUPT]
    )


def _check_is_study(folder: Path) -> None:
    if not (folder / FILE).is_file():
        missing = "no such folder" if not folder.exists() else f"no {FILE} in it" if folder.is_dir() else "a file"
        raise StudyError(f"{folder} must be a study", received=missing, remedy="Give the folder of a study.")


def _version(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _missing_columns(version: int) -> list[str]:
    """Name the columns of trials that came after a version."""
    return [name for later, names in ADDED.items() if later > version for name in names]


def _check_header(folder: Path, connection: sqlite3.Connection) -> None:
    if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION_ID:
        raise StudyError(
            f"{folder / FILE} must be a study", received="another program's file", remedy="Give another folder."
        )
    version = _version(connection)
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
