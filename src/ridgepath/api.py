"""The Python face: train a path, open one, look at it."""

from __future__ import annotations

import functools
import os
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

import pandas as pd

from ridgepath.builders import Build, Builder, find_builder
from ridgepath.datasets import load_dataset
from ridgepath.deciding import MAX_SEEDS, check_max_seeds, run_until_decided
from ridgepath.errors import InputError, StudyError
from ridgepath.exports import export
from ridgepath.penalties import check_strengths, format_strength, write_points
from ridgepath.progress import Watch
from ridgepath.report.families import Terms
from ridgepath.report.measures import LOSS, check_measure, direction
from ridgepath.report.summary import Summary, summarize
from ridgepath.results import Results
from ridgepath.search import found_before
from ridgepath.session import Request, run
from ridgepath.showing import Shown
from ridgepath.splits import check_validation
from ridgepath.statistics.comparison import check_margin
from ridgepath.store import StudyStore, find_studies
from ridgepath.study import Study, Trial, check_seeds
from ridgepath.variants import Vary, added_variants, asked_variants

PathLike = str | os.PathLike[str]


def fit_path(
    build: str | Build,
    data: Any = "mnist-5k",
    *,
    strengths: str | Sequence[object] | None = None,
    vary: Vary | None = None,
    seeds: int | Sequence[int] = 5,
    epochs: int = 15,
    batch_size: int = 32,
    study: PathLike | None = None,
    workers: int | None = None,
    engine: str = "auto",
    validation: str = "fixed",
    zero: bool = True,
    progress: bool = True,
) -> Path:
    """Train a network at every strength with every seed, and return the path.

    In one seed, all strengths start from the same weights and see the same batches in the same order; between
    seeds both differ. What the study's folder holds already is not trained again.

    Args:
        build: a function that takes a strength and returns a compiled Keras model, or ``"FILE.py:build"``.
            It is called in worker processes, whose Keras runs on JAX whatever the caller's runs on.
        data: ``"mnist-5k"``, ``"mnist"``, ``"fashion-mnist"``, an ``.npz`` file, a
            :class:`~ridgepath.datasets.Dataset`, or ``((x, y), (x_val, y_val))``, perhaps with a third
            pair, the test set.
        strengths: numbers >= 0, in the convention of the builder (Keras' own ``l2(λ)`` is ``λ·Σw²``). Or ``"auto"``:
            short trainings bracket the ridge, a log grid is spread over it, with 0, and an end at which the best lies
            is extended. The study remembers how; asked again, or resumed, it keeps its strengths, and is extended where
            its best lies at an end. By default 0, 1e-4, 1e-3, 1e-2.
        vary: instead of strengths, arguments of ``build`` by name, each with its strengths: variants of one study,
            whose other arguments stay at their defaults. ``{"l2": [1e-4, 1e-3], "dropout": "0.1,0.3"}`` trains
            ``build(l2=0.0001)``, ..., ``build(dropout=0.3)``.
        seeds: how many, or which.
        epochs: passes over the training examples.
        batch_size: examples in a step; the last step of an epoch takes what is left.
        study: the folder to keep the study in; by default one under ``studies/``, named after the question.
        workers: processes, each with one thread; by default one a core.
        engine: ``jax`` trains compiled, lowered programs, ``reference`` by plain ``model.fit``, and ``auto`` takes
            ``jax`` wherever the model can be lowered.
        validation: ``fixed``: all seeds share the split that is given. ``redrawn``: every seed divides training and
            validation examples anew, into parts of these sizes. ``folds:5``: every five seeds are a cross-validation
            of them. The test set is never touched.
        zero: whether strength 0 is added where it is not given, in every variant.
        progress: whether to show what is going on, on standard error.

    Raises:
        InputError: something is wrong with the input; nothing was written.
        Interrupted: the user interrupted it; what was finished is kept in the folder.
    """
    builder = find_builder(build)
    request = Request(
        builder=builder,
        data=data,
        variants=asked_variants(builder, strengths=strengths, vary=vary, zero=zero),
        seeds=check_seeds(seeds),
        epochs=epochs,
        batch_size=batch_size,
        folder=None if study is None else FilePath(study),
        workers=workers,
        engine=engine,
        validation=check_validation(validation),
    )
    return fit_request(request, progress=progress)


def fit_request(request: Request, *, progress: bool = True) -> Path:
    """Train what a request asks for, and return the path."""
    with Watch(quiet=not progress) as watch:
        folder = run(request, watch)
    return Path(StudyStore.open(folder), builder=request.builder, data=request.data)


def open_study(folder: PathLike) -> Path:
    """Open the study in a folder; nothing is trained, and no code from the study is run.

    Raises:
        StudyError: there is no study in the folder, or its file cannot be read.
    """
    return Path(StudyStore.open(FilePath(folder)))


def list_studies(folder: PathLike) -> list[str]:
    """Return a line for every study in a folder and below it; one that cannot be read is named with the reason."""
    lines = []
    for found in find_studies(FilePath(folder)):
        try:
            lines.append(open_study(found).line())
        except StudyError as error:
            lines.append(f"{found}  cannot be read: {error}")
    return lines


def resume(
    folder: PathLike,
    *,
    seeds: int | Sequence[int] | None = None,
    strengths: str | Sequence[object] | None = None,
    vary: Vary | None = None,
    until: str | None = None,
    max_seeds: int | None = None,
    margin: float | None = None,
    workers: int | None = None,
    progress: bool = True,
) -> Path:
    """Finish what was interrupted, or add seeds or strengths to a study.

    Args:
        folder: the study.
        seeds: seeds to have in the end, a count or a list; those that are there stay.
        strengths: strengths to add to a study of one variant.
        vary: strengths to add by variant; a new variant gets 0, too.
        until: ``"decided"`` to add seeds, only to the strengths whose comparison is open, until all are decided.
        max_seeds: number of seeds at which that ends, decided or not; 20 by default.
        margin: of equivalence, as in :meth:`Path.summary`.
        workers: processes; by default one a core.
        progress: whether to show what is going on, on standard error.

    Raises:
        InputError: something is wrong with the input; nothing was written.
        StudyError: there is no study in the folder, or its network or data cannot be found from here.
        Interrupted: the user interrupted it again.
    """
    store = StudyStore.open(FilePath(folder))
    request = request_of(store, seeds=seeds, strengths=strengths, vary=vary, workers=workers)
    terms, most = Terms(margin=check_margin(margin)), check_max_seeds(MAX_SEEDS if max_seeds is None else max_seeds)
    if until is None and max_seeds is not None:
        raise InputError("the most seeds go with until decided", received=max_seeds, remedy="Add --until decided.")
    if until is None:
        is_as_it_was = strengths is None and vary is None and len(store.study.variants) == 1
        goes_on = is_as_it_was and found_before(store) is not None
        return fit_request(replace(request, variants=None) if goes_on else request, progress=progress)
    if until != "decided":
        raise InputError("until is decided or nothing", received=repr(until), remedy="Give decided.")
    if (seeds, strengths, vary) != (None, None, None):
        remedy = "Resume with the seeds or strengths first, then until decided."
        raise InputError("until decided adds the seeds itself", received="seeds or strengths as well", remedy=remedy)
    with Watch(quiet=not progress) as watch:
        run_until_decided(request, store.folder, watch, most=most, terms=terms)
    return open_study(store.folder)


def request_of(
    store: StudyStore,
    *,
    seeds: int | Sequence[int] | None = None,
    strengths: str | Sequence[object] | None = None,
    vary: Vary | None = None,
    workers: int | None = None,
) -> Request:
    """Return the request that goes on with a stored study."""
    study, location = store.study, store.context.get("data", "")
    if study.builder.location is None or not location:
        raise StudyError(
            "a study whose network is in a file and whose data has a name or is an .npz file",
            received=f"one whose {'data' if study.builder.location else 'network'} was given in Python",
            remedy=f"Call fit_path again with the same network and data, and study={str(store.folder)!r}.",
        )
    builder = find_builder(study.builder.location)
    return Request(
        builder=builder,
        data=location,
        variants=added_variants(builder, study.variants, strengths=strengths, vary=vary),
        seeds=study.seeds if seeds is None else check_seeds(seeds),
        epochs=study.epochs,
        batch_size=study.batch_size,
        folder=store.folder,
        workers=workers,
        engine=study.engine,
        further=study.further,
        looks=study.looks,
        validation=study.validation,
    )


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
        self._data = data if data is not None else store.context.get("data") or None

    @functools.cached_property
    def results(self) -> Results:
        """The tables of all finished trials."""
        return self._store.results()

    @property
    def trials(self) -> pd.DataFrame:
        """A row a trial: variant, strength, seed, status, engine, seconds and its figures after the last epoch."""
        return self.results.trials

    @property
    def epochs(self) -> pd.DataFrame:
        """A row a trial and epoch: what ``fit`` reports, beside data losses, penalty and figures of the weights."""
        return self.results.epochs

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
        return export(self.results, FilePath(target) if target is not None else self.folder / "trials.csv")

    def refit(self, strength: str | float = "1se", *, variant: str | None = None, seed: int | None = None) -> Any:
        """Train one more network at a strength by plain ``model.fit``, on the Keras backend of this process.

        Args:
            strength: ``"1se"``, ``"min"`` or a number.
            variant: whose strength; by default the study's first.
            seed: fixes initial weights and order of batches; by default the study's first seed.

        Returns:
            An ordinary ``keras.Model``, trained on the training examples: on those of the seed, where every seed has
            a split of its own.

        Raises:
            InputError: the strength is none of these, there is no such variant, or the network or the data cannot be
                found from here.
        """
        from ridgepath.training.reference import refit

        location = self.study.builder.location
        builder = self._builder or (find_builder(location) if location is not None else None)
        if builder is None or self._data is None:
            raise InputError(
                "a study whose network is in a file and whose data has a name or is an .npz file",
                received="one whose network or data was given in Python",
                remedy="Call refit on the path that fit_path returned.",
            )
        names = [each.name for each in self.study.variants]
        variant = names[0] if variant is None else variant
        if variant not in names:
            raise InputError(f"a variant out of {', '.join(names)}", received=repr(variant), remedy="Choose one.")
        chosen = self._chosen(strength, variant)
        trial = Trial(variant, chosen, self.study.seeds[0] if seed is None else seed)
        return refit(builder, trial, load_dataset(self._data), self.study)

    def _chosen(self, strength: str | float, variant: str) -> float:
        if isinstance(strength, str) and strength in ("min", "1se"):
            choice = next(each for each in self.summary().choices if each.variant == variant)
            found = choice.strength_min if strength == "min" else choice.strength_1se
            if found is None:
                remedy = "Finish the study or add seeds, or give a number."
                received = f"{len(self.trials)} trials, too few for the rule"
                raise InputError(f"a study that can choose strength_{strength}", received=received, remedy=remedy)
            return found
        return check_strengths([strength], zero=False)[0]

    def line(self) -> str:
        """Return one line that says what the study is and how far it has come."""
        strengths = ", ".join(
            f"{variant.name} {'/'.join(map(format_strength, variant.strengths))}" for variant in self.study.variants
        )
        counts = f"{len(self.trials)}/{len(self.study.trials)} trials"
        minima = [(each.variant, each.strength_min) for each in self.summary().choices]
        found = [(variant, strength) for variant, strength in minima if strength is not None]
        chosen = f"  min {write_points(found, several=len(minima) > 1)}" if found else ""
        return f"{self.folder}  {self.study.data.name}  {strengths}  {counts}{chosen}"

    def __repr__(self) -> str:
        return f"<ridgepath.Path {self.line()}>"


REPORT_FILES = {"html": "report.html", "markdown": "report.md"}
"""Forms of the report → the file's name in the study's folder."""
