"""A study in MLflow: an experiment, in it a run of the study, and below that a run of every trial."""

from __future__ import annotations

import os
import re
import shlex
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from mlflow import MlflowClient, get_tracking_uri
from mlflow.entities import Metric, Param, Run, RunTag, ViewType

from ridgepath.report.html import page
from ridgepath.report.summary import Summary
from ridgepath.results import DONE, TrialResult
from ridgepath.study import Trial
from ridgepath.trackers.answers import answered, found, verdicts
from ridgepath.trackers.cards import FINAL, IN_PARAMETERS, StudyCard, curves, finals, trial_key, trial_name
from ridgepath.trackers.destinations import without_credentials

STUDY, TRIAL, STATUS, REASON = (f"ridgepath.{name}" for name in ("study", "trial", "status", "reason"))
"""Tags by which a study, and its trials, are found again, and that say how a trial ended."""
VERDICT = "verdict "
"""Before the names of the tags with comparisons."""
PARENT, NOTE = "mlflow.parentRunId", "mlflow.note.content"
"""Tags by which MLflow's page nests a run in another, and describes it."""

KIND = {"mlflow.experimentKind": "custom_model_development"}
"""The tag by which MLflow's page shows an experiment as one of model training."""

LONGEST = 5000
"""Characters, at most, of a parameter or a tag."""
MOST_METRICS = 800
"""Values, at most, in one request; a server takes 1000 of all together."""

SETTINGS = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
}
"""MLflow's own settings while it is written to, unless the user has others: a server that is gone is given up in
seconds and not in minutes, and nothing is printed into the answer."""


class MlflowTracker:
    """The runs of one study on a server, or in a database, of MLflow."""

    def __init__(self, card: StudyCard, where: str | None) -> None:
        self._card = card
        with _patiently():
            self._uri = where or get_tracking_uri()
            self._client = MlflowClient(tracking_uri=self._uri)
            self._experiment = self._open_experiment()
            runs = list(self._search_runs())
            self._trials = {run.data.tags[TRIAL]: run for run in runs if TRIAL in run.data.tags}
            self._logged = {key: run.data.tags.get(STATUS) for key, run in self._trials.items()}
            studies = [run for run in runs if TRIAL not in run.data.tags]
            self._study = studies[0] if studies else self._create_study()
            self._write(self._study, [], params=card.parameters)

    @property
    def sight(self) -> str:
        """Where MLflow shows the experiment: its page, or the command that serves it."""
        shown = without_credentials(self._uri)
        if self._uri.startswith("http"):
            return f"{shown.rstrip('/')}/#/experiments/{self._experiment}/runs"
        return f"mlflow server --backend-store-uri {shlex.quote(shown)}"

    def add(self, result: TrialResult) -> None:
        """Log one trial: its parameters, curves, figures in the end, and how it ended.

        What is cut off on the way is logged once more, point by point at the same times, which MLflow takes as one.
        """
        key = trial_key(result.trial)
        if self._logged.get(key) == result.status:
            return
        with _patiently():
            run = self._trials[key] = self._trials.get(key) or self._create_trial(result, key)
            end = run.info.start_time + round(1000 * result.seconds)
            metrics = _metrics(result, start=run.info.start_time, end=end)
            self._write(run, metrics, params=_parameters(result.trial), tags={REASON: result.reason})
            status = "FINISHED" if result.status == DONE else "FAILED"
            self._client.set_terminated(run.info.run_id, status, end_time=end)
            self._client.set_tag(run.info.run_id, STATUS, result.status)
            if REASON in run.data.tags and not result.reason:  # It failed before, and was trained again.
                self._client.delete_tag(run.info.run_id, REASON)
            self._logged[key] = result.status

    def conclude(self, summary: Summary) -> None:
        """Log what the study has found so far: its numbers, verdicts as tags, the answer in words, and the report."""
        with _patiently():
            run = self._study
            ended = sum(point.trials + point.failed for point in summary.points)
            moment = run.info.start_time + round(1000 * summary.seconds)
            metrics = [Metric(_key(name), value, moment, ended) for name, value in found(summary).items()]
            said = {f"{VERDICT}{name}": text for name, text in verdicts(summary).items()}
            self._write(run, metrics, tags={_key(name): text for name, text in said.items()} | _account(summary))
            for name in self._client.get_run(run.info.run_id).data.tags:
                if name.startswith(VERDICT) and name not in map(_key, said):
                    self._client.delete_tag(run.info.run_id, name)
            self._client.log_text(run.info.run_id, page(summary), "report.html")
            missing = any(point.missing for point in summary.points)
            self._client.set_terminated(run.info.run_id, "KILLED" if missing else "FINISHED", end_time=moment)

    def _open_experiment(self) -> str:
        """Return the study's experiment: the one with its tag, whatever it is called by now, or a new one."""
        wanted = f"tags.`{STUDY}` = '{self._card.identity}'"
        for experiment in self._client.search_experiments(view_type=ViewType.ALL, filter_string=wanted):
            if experiment.lifecycle_stage == "deleted":
                self._client.restore_experiment(experiment.experiment_id)
            return str(experiment.experiment_id)
        return str(self._client.create_experiment(self._card.title, tags={STUDY: self._card.identity} | KIND))

    def _search_runs(self) -> Iterator[Run]:
        wanted, token = f"tags.`{STUDY}` = '{self._card.identity}'", None
        while True:
            runs = self._client.search_runs([self._experiment], filter_string=wanted, page_token=token)
            yield from runs
            token = runs.token
            if not token:
                return

    def _create_study(self) -> Run:
        tags = {STUDY: self._card.identity}
        return self._client.create_run(self._experiment, _now(), tags, run_name=self._card.name)

    def _create_trial(self, result: TrialResult, key: str) -> Run:
        tags = {STUDY: self._card.identity, TRIAL: key, PARENT: self._study.info.run_id}
        start = _now() - round(1000 * result.seconds)
        return self._client.create_run(self._experiment, start, tags, run_name=trial_name(result.trial))

    def _write(
        self,
        run: Run,
        metrics: list[Metric],
        *,
        params: Mapping[str, str] | None = None,
        tags: Mapping[str, str] | None = None,
    ) -> None:
        """Write into a run, in as many requests as a server wants for it; no parameter is ever changed."""
        new = {_key(name): value for name, value in (params or {}).items() if _key(name) not in run.data.params}
        asked = [Param(name, value[:LONGEST]) for name, value in new.items() if value]
        told = [RunTag(name, value[:LONGEST]) for name, value in (tags or {}).items() if value]
        for start in range(0, max(len(metrics), 1), MOST_METRICS):
            part = metrics[start : start + MOST_METRICS]
            self._client.log_batch(run.info.run_id, part, params=asked, tags=told)
            asked, told = [], []


def _parameters(trial: Trial) -> dict[str, str]:
    return {"variant": trial.variant, "strength": str(trial.strength), "seed": str(trial.seed)}


def _metrics(result: TrialResult, *, start: int, end: int) -> list[Metric]:
    """Return a trial's curves, its epochs spread evenly over its time, and its figures in the end."""
    epochs = max((len(values) for values in result.epochs.values()), default=0)
    by_epoch = [
        Metric(_key(name), value, start + (end - start) * epoch // epochs, epoch)
        for name, epoch, value in curves(result)
    ]
    return by_epoch + [Metric(FINAL + _key(name), value, end, epochs) for name, value in finals(result).items()]


def _account(summary: Summary) -> dict[str, str]:
    """Return the tags that say how the study was made, and its answer in words."""
    strengths = {
        choice.variant: ", ".join(str(point.strength) for point in summary.points_of(choice.variant))
        for choice in summary.choices
    }
    known = {f"ridgepath.{_key(name)}": value for name, value in summary.context.items() if name not in IN_PARAMETERS}
    tried = {f"ridgepath.strengths.{_key(variant)}": text for variant, text in strengths.items()}
    return known | tried | {"ridgepath.seeds": ", ".join(map(str, summary.seeds)), NOTE: answered(summary)}


def _key(name: str) -> str:
    """Write a name as MLflow allows it: with some characters, and not as a path that leads elsewhere."""
    allowed = re.sub(r"[^\w./ -]", "_", name, flags=re.ASCII)
    return "/".join(part for part in allowed.split("/") if part.strip("."))[:250] or "_"


def _now() -> int:
    return round(1000 * time.time())


@contextmanager
def _patiently() -> Iterator[None]:
    """Use MLflow with :data:`SETTINGS`."""
    settings = {name: value for name, value in SETTINGS.items() if name not in os.environ}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            os.environ.pop(name, None)
