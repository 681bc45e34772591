"""A study in an Optuna storage, with its report as the note that optuna-dashboard shows."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

import optuna
import plotly.graph_objects as go
from optuna.distributions import FloatDistribution, IntDistribution
from optuna.trial import FrozenTrial, TrialState, create_trial
from optuna_dashboard import get_note, save_note, save_plotly_graph_object
from sqlalchemy import URL

from ridgepath.report.drawings.frame import coloured
from ridgepath.report.drawings.path import path_drawing
from ridgepath.report.labels import language
from ridgepath.report.markdown import markdown
from ridgepath.report.measures import LOSS
from ridgepath.report.palette import light_colours
from ridgepath.report.series import path_series, strengths_above_zero
from ridgepath.report.summary import Summary
from ridgepath.results import DONE, TrialResult
from ridgepath.trackers.answers import answered, found, verdicts
from ridgepath.trackers.cards import StudyCard, curves, finals, trial_key
from ridgepath.trackers.destinations import without_credentials

FILE = "optuna.db"
"""In the study's folder, unless the user names a storage."""
TRIAL, STATUS = "trial", "status"
"""Attributes by which a trial is found again, and that say how it ended."""
LARGEST_SEED = 2**32 - 1


class OptunaTracker:
    """The trials of one study in an Optuna storage."""

    def __init__(self, card: StudyCard, where: str | None) -> None:
        self._address = where or URL.create("sqlite", database=str(card.folder.resolve() / FILE)).render_as_string()
        self._largest = {variant.name: variant.strengths[-1] for variant in card.question.variants}
        with _quietly():
            storage = optuna.storages.get_storage(self._address)
            names = optuna.get_all_study_names(storage)
            name = next((each for each in names if each.endswith(f"-{card.identity}")), card.title)
            self._study = optuna.create_study(storage=storage, study_name=name, load_if_exists=True)
            self._set(card.parameters)
            trials = self._study.get_trials(deepcopy=False)
            self._logged = {(each.user_attrs.get(TRIAL), each.user_attrs.get(STATUS)) for each in trials}

    @property
    def sight(self) -> str:
        """The command that shows the study."""
        return f"optuna-dashboard {shlex.quote(without_credentials(self._address))}"

    def add(self, result: TrialResult) -> None:
        """Log one trial: its parameters, its validation data loss over the epochs and in the end, and how it ended.

        Optuna's trials never change: one that failed and was trained again is there twice, failed and done.
        """
        logged = (trial_key(result.trial), result.status)
        if logged in self._logged:
            return
        with _quietly():
            self._study.add_trial(_frozen(result, largest=self._largest.get(result.trial.variant, 0.0)))
            self._logged.add(logged)

    def conclude(self, summary: Summary) -> None:
        """Log what the study has found so far as attributes, the path as a graph, and the report as a note."""
        with _quietly():
            self._set(found(summary) | {"verdicts": verdicts(summary), "answer": answered(summary)})
            for graph, figure in _paths(summary).items():
                save_plotly_graph_object(self._study, figure, graph_object_id=graph)
            note = markdown(summary)
            if get_note(self._study) != note:
                save_note(self._study, note)

    def _set(self, attributes: Mapping[str, object]) -> None:
        known = self._study.user_attrs
        for name, value in attributes.items():
            if known.get(name) != value:
                self._study.set_user_attr(name, value)


def _frozen(result: TrialResult, *, largest: float) -> FrozenTrial:
    """Return a trial as Optuna keeps it.

    A strength has its variant's name, as the argument of the network has that is varied. Its range begins at 0, which
    has no logarithm.
    """
    trial, done = result.trial, result.status == DONE
    frozen = create_trial(
        state=TrialState.COMPLETE if done else TrialState.FAIL,
        value=result.figures[LOSS] if done else None,
        params={trial.variant: trial.strength, "seed": trial.seed},
        distributions={
            trial.variant: FloatDistribution(0.0, max(largest, trial.strength)),
            "seed": IntDistribution(0, LARGEST_SEED),
        },
        user_attrs=_attributes(result),
        intermediate_values={epoch: value for name, epoch, value in curves(result) if name == LOSS},
    )
    frozen.datetime_complete = datetime.now()
    frozen.datetime_start = frozen.datetime_complete - timedelta(seconds=result.seconds)
    return frozen


def _attributes(result: TrialResult) -> dict[str, object]:
    trial = result.trial
    named = {TRIAL: trial_key(trial), "variant": trial.variant, "strength": trial.strength, "engine": result.engine}
    reason = {"reason": result.reason} if result.reason else {}
    return named | {STATUS: result.status} | reason | finals(result)


def _paths(summary: Summary) -> dict[str, go.Figure]:
    """Return the path of every variant as the dashboard draws it, by its name there."""
    spoken, colours = language("en"), light_colours(strengths_above_zero(summary))
    drawings = (path_drawing(path, spoken) for path in path_series(summary, spoken))
    return {f"path-{number}": coloured(each.figure, colours) for number, each in enumerate(drawings)}


@contextmanager
def _quietly() -> Iterator[None]:
    """Use Optuna without its messages."""
    verbosity = optuna.logging.get_verbosity()
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    try:
        yield
    finally:
        optuna.logging.set_verbosity(verbosity)
