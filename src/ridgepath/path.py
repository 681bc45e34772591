"""A regularization path: what a study has measured so far, in Python."""

from __future__ import annotations

import functools
import os
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any

from ridgepath.directions import direction
from ridgepath.errors import InputError
from ridgepath.penalties import format_strength, write_points
from ridgepath.report.choice import minima
from ridgepath.report.families import Terms
from ridgepath.report.measures import LOSS, check_measure
from ridgepath.report.summary import Summary, summarize
from ridgepath.results import Results
from ridgepath.showing import Shown
from ridgepath.sources import Source
from ridgepath.statistics.comparison import check_margin
from ridgepath.store import StudyStore
from ridgepath.study import Study
from ridgepath.texts import plain

if TYPE_CHECKING:
    import numpy as np
    import pandas as pd

    from ridgepath.builders import Builder
    from ridgepath.refitting import Refit
    from ridgepath.trackers.destinations import Log

PathLike = str | os.PathLike[str]

REPORT_FILES = {"html": "report.html", "markdown": "report.md"}
"""Forms of the report → the file's name in the study's folder."""


class Path(Shown):
    """A regularization path: what a study has measured so far.

    Attributes:
        folder: where the study is kept.
        study: the question.
    """

    def __init__(self, store: StudyStore, *, builder: Builder | None = None, data: Any = None) -> None:
        self.folder: FilePath = store.folder
        self.study: Study = store.study
        self._store = store
        self._builder = builder
        self._summaries: dict[Terms, Summary] = {}
        location = store.context.get("data")
        self._data = data if data is not None or not location else Source.at(location)

    @functools.cached_property
    def results(self) -> Results:
        """The tables of all finished trials."""
        return self._store.results()

    @functools.cached_property
    def trials(self) -> pd.DataFrame:
        """A row a trial: variant, strength, seed, status, engine, seconds and its figures after the last epoch."""
        from ridgepath.frames import frame

        return frame(self.results.trials)

    @functools.cached_property
    def epochs(self) -> pd.DataFrame:
        """A row a trial and epoch: what ``fit`` reports, beside data losses, penalty and figures of the weights."""
        from ridgepath.frames import frame

        return frame(self.results.epochs)

    def summary(
        self, *, metric: str | None = None, margin: float | None = None, larger_is_better: bool | None = None
    ) -> Summary:
        """Return every number of the report.

        Args:
            metric: what the strengths are compared on: a metric of the network such as ``"accuracy"``, taken on the
                validation examples, or any column of the trials or ``"gap"``; by default validation data loss, on
                which strengths are always chosen.
            margin: of equivalence: the largest difference that does not matter, in the unit of the metric; by default
                one standard error of the mean of what is compared with.
            larger_is_better: whether that is so; by default as is known of Keras' metrics by their names.

        Raises:
            InputError: the metric or the margin is none, or which way the metric should go is not known.
        """
        terms = self._terms(metric, margin, larger_is_better)
        if terms not in self._summaries:
            self._summaries[terms] = summarize(
                self.study,
                self.results,
                name=str(self.folder),
                seconds=self._store.seconds,
                context=self._store.context,
                terms=terms,
            )
        return self._summaries[terms]

    def _terms(self, metric: str | None, margin: float | None, larger_is_better: bool | None) -> Terms:
        measure = LOSS if metric is None else check_measure(metric, self.results)
        known = larger_is_better if larger_is_better is not None else direction(measure)
        if known is None:
            raise InputError(
                f"to be told which way {measure} should go",
                received="a figure of which that is not known",
                remedy="Say whether larger is better or smaller.",
            )
        return Terms(measure, known, check_margin(margin))

    @property
    def strength_min(self) -> float | None:
        """The strength with the lowest mean validation data loss, of equals the larger; in the first variant."""
        return self.summary().strength_min

    @property
    def strength_equivalent(self) -> float | None:
        """The largest strength shown to differ from ``strength_min`` by no more than the margin."""
        return self.summary().strength_equivalent

    @property
    def strength_1se(self) -> float | None:
        """The largest strength whose mean is within one standard error of that."""
        return self.summary().strength_1se

    def report(
        self, target: PathLike | None = None, *, format: str = "html", lang: str = "en", **terms: Any
    ) -> FilePath:
        """Write the report and return where it is.

        Args:
            target: the file; by default ``report.html`` or ``report.md`` in the study's folder.
            format: ``html``, or ``markdown`` with a figure beside it.
            lang: ``en`` for English, ``ar`` for Egyptian Arabic.
            terms: ``metric``, ``margin`` and ``larger_is_better`` as in :meth:`summary`.

        Raises:
            InputError: there is no such format or language, or the file cannot be written there.
        """
        if format not in REPORT_FILES:
            expected = f"a format out of {', '.join(REPORT_FILES)}"
            raise InputError(expected, received=repr(format), remedy="Choose one of them.")
        file = FilePath(target) if target is not None else self.folder / REPORT_FILES[format]
        if format == "html":
            from ridgepath.report.html import write_html

            write_html(self.summary(**terms), file, lang)
        else:
            from ridgepath.report.markdown import write_markdown

            write_markdown(self.summary(**terms), file, lang)
        return file

    def export(self, target: PathLike | None = None) -> list[FilePath]:
        """Write the tables of trials and epochs, and return the files.

        Args:
            target: a file that ends in ``.csv``, ``.parquet`` or ``.json``; by default ``trials.csv`` in the folder.
        """
        from ridgepath.exports import export

        return export(self.results, FilePath(target) if target is not None else self.folder / "trials.csv")

    def log(self, to: Log, **terms: Any) -> list[str]:
        """Show trials, curves and report in other programs, each once, and return where they can be looked at.

        Args:
            to: ``"mlflow"``, ``"tensorboard"`` or ``"optuna"``, whose package comes with the extra of that name, or
                several of them. Each may have a place: ``"mlflow=http://127.0.0.1:5000"``, by default what MLflow's own
                ``MLFLOW_TRACKING_URI`` says; ``"tensorboard=DIR"``, by default a folder in the study's; and
                ``"optuna=sqlite:///trials.db"``, by default a file in the study's folder.
            terms: as in :meth:`summary`, for the report.

        Raises:
            InputError: there is no such program, its package is not installed, or its place is none.
            NotLoggedError: the program cannot be reached, or its place cannot be written.
        """
        from ridgepath.trackers.destinations import read_destinations
        from ridgepath.tracking import log_study

        destinations, summary = read_destinations(to), self.summary(**terms)
        return [log_study(self._store, summary, destination) for destination in destinations]

    def refit(
        self,
        strength: str | float = "1se",
        *,
        variant: str | None = None,
        seed: int | None = None,
        on: str = "training",
    ) -> Any:
        """Train one more network at a strength by plain ``model.fit``, on the Keras backend of this process.

        Args:
            strength: ``"1se"``, ``"min"``, ``"equivalent"`` or a number.
            variant: whose strength; by default the study's first.
            seed: fixes initial weights and order of batches; by default the study's first seed.
            on: ``"training"``: the training examples, or those of the seed where every seed has a split of its own.
                ``"training+validation"``: both together; no figure of the study is then of such a network.

        Returns:
            An ordinary ``keras.Model``.

        Raises:
            InputError: one of these is wrong, the rule has no answer yet, or the network or the data is not that of the
                study, or cannot be found from here.
            TrainingError: the weights are not finite in the end.
        """
        return self.plan_refit(strength, variant=variant, seed=seed, on=on).train()

    def plan_refit(self, strength: str | float, *, variant: str | None, seed: int | None, on: str) -> Refit:
        """Check what :meth:`refit` is asked for, and return it untrained."""
        from ridgepath.refitting import plan_refit

        return plan_refit(
            self.study,
            strength,
            builder=self._builder,
            data=self._data,
            choices=lambda: self.summary().choices,
            trials=self.results.trials,
            variant=variant,
            seed=seed,
            on=on,
        )

    def features(self, rows: Any, *, seed: int | None = None) -> np.ndarray:
        """Return new rows as the features that :meth:`refit`'s network takes: encoded and scaled as the study's table.

        Args:
            rows: a table, as a DataFrame or a file; a target may be in it, and is left aside.
            seed: as in :meth:`refit`.

        Raises:
            InputError: the study's data is no table, or cannot be found from here, or the rows do not suit it.
        """
        from ridgepath.preparation import features_of_rows
        from ridgepath.tables import is_table

        source = Source.of(self._data)
        if not is_table(source.data):
            received, remedy = self.study.data.name, "Prepare the examples as those of the study."
            raise InputError("a study of a table that can be read from here", received=received, remedy=remedy)
        chosen = self.study.seeds[0] if seed is None else seed
        return features_of_rows(source, rows, validation=self.study.validation, seed=chosen)

    def line(self) -> str:
        """Return one line that says what the study is and how far it has come."""
        strengths = ", ".join(
            f"{variant.name} {'/'.join(map(format_strength, variant.strengths))}" for variant in self.study.variants
        )
        trials = self.results.trials if "results" in vars(self) else self._store.trials()
        counts = f"{len(trials)}/{len(self.study.trials)} trials"
        lowest = minima(self.study, trials)
        found = [(variant, strength) for variant, strength in lowest.items() if strength is not None]
        chosen = f"  min {write_points(found, several=len(lowest) > 1)}" if found else ""
        return plain(f"{self.folder}  {self.study.data.name}  {strengths}  {counts}{chosen}")

    def __repr__(self) -> str:
        return f"<ridgepath.Path {self.line()}>"
