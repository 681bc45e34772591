"""Logging a study where people look at trials already: what its file holds, in MLflow, TensorBoard or Optuna.

What is there already is left as it is. So a study can be logged while it trains, after every sitting, or years later,
each trial once, and nothing is lost by an interruption. Training neither waits for a tracker nor ends by one.
"""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from pathlib import Path
from queue import SimpleQueue
from threading import Thread

from ridgepath.errors import RidgepathError
from ridgepath.progress import Watch
from ridgepath.report.summary import Summary
from ridgepath.results import TrialResult
from ridgepath.store import StudyStore
from ridgepath.trackers.cards import StudyCard, Tracker, trial_results
from ridgepath.trackers.destinations import Destination, without_credentials

MOST_CHARACTERS = 400
"""Of what a tracker's library says when it fails."""


class NotLoggedError(RidgepathError):
    """Report that a study could not be logged; it is as it was, and can be logged later."""

    def __init__(self, destination: Destination, folder: Path, problem: BaseException) -> None:
        reason = " ".join(str(problem).split()) or "interrupted"
        said = "".join(each for each in reason if each.isprintable())[:MOST_CHARACTERS]
        again = shlex.join(["ridgepath", "log", str(folder), "--to", str(destination)])
        account = f"The study is not, or not all, in {destination.program}: {said}. Log it later with: {again}"
        super().__init__(without_credentials(account))


def log_study(store: StudyStore, summary: Summary, destination: Destination) -> str:
    """Log what a study holds and is not there yet, and return where it can be looked at.

    Raises:
        NotLoggedError: the tracker cannot be reached, read or written.
    """
    try:
        return _logged(_tracker(destination, store), store, summary)
    except Exception as problem:  # Whatever it is that a foreign library raises.
        raise NotLoggedError(destination, store.folder, problem) from problem


class Logbook:
    """Logs the trials of a sitting as they are finished, in a thread beside the training."""

    def __init__(self, destinations: Sequence[Destination]) -> None:
        self.destinations = tuple(destinations)
        self._jobs: SimpleQueue[tuple[StudyStore, TrialResult] | None] = SimpleQueue()
        self._thread = Thread(target=self._work, name="ridgepath-log", daemon=True)

    def add(self, store: StudyStore, result: TrialResult) -> None:
        """Log a trial as soon as may be, and do not wait for that."""
        if not self.destinations:
            return
        if not self._thread.is_alive():
            self._thread.start()
        self._jobs.put((store, result))

    def close(self, store: StudyStore, summary: Summary, watch: Watch) -> None:
        """Log what is missing yet and what the study has found, and say where it is, or why it is not there."""
        try:
            if self._thread.is_alive():
                self._jobs.put(None)
                self._thread.join()
            for destination in self.destinations:
                watch.stage(f"logging to {destination.program}")
                try:
                    watch.say_whole(f"Logged to {destination.program}; look: {log_study(store, summary, destination)}")
                except NotLoggedError as error:
                    watch.warn(str(error))
        except KeyboardInterrupt as stopped:
            for destination in self.destinations:
                watch.warn(str(NotLoggedError(destination, store.folder, stopped)))

    def _work(self) -> None:
        trackers: dict[Destination, Tracker | None] = {}
        while (job := self._jobs.get()) is not None:
            for destination in self.destinations:
                try:
                    if destination not in trackers:
                        trackers[destination] = _tracker(destination, job[0])
                    if (tracker := trackers[destination]) is not None:
                        tracker.add(job[1])
                except Exception:  # It is tried again, and said, in the end; meanwhile no trial is held up by it.
                    trackers[destination] = None


def _tracker(destination: Destination, store: StudyStore) -> Tracker:
    """Open a tracker. Each is imported only when it is asked for, with the library that it needs."""
    card = StudyCard.of(store)
    if destination.program == "mlflow":
        from ridgepath.trackers.mlflow import MlflowTracker

        return MlflowTracker(card, destination.where)
    if destination.program == "tensorboard":
        from ridgepath.trackers.tensorboard import TensorboardTracker

        return TensorboardTracker(card, destination.where)
    from ridgepath.trackers.optuna import OptunaTracker

    return OptunaTracker(card, destination.where)


def _logged(tracker: Tracker, store: StudyStore, summary: Summary) -> str:
    for result in trial_results(store.results()):
        tracker.add(result)
    tracker.conclude(summary)
    return tracker.sight
