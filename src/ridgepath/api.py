"""The Python face that trains: a path, several of them, or what is left of one."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path as FilePath
from typing import Any

from ridgepath.builders import PENALTIES_NETWORK, Build, find_builder
from ridgepath.callbacks import read_callbacks
from ridgepath.crew import LOCAL
from ridgepath.datasets import Source
from ridgepath.deciding import MAX_SEEDS, check_deciding, run_until_decided
from ridgepath.errors import InputError, Interrupted
from ridgepath.path import Path, PathLike
from ridgepath.progress import Watch
from ridgepath.question import keep_question
from ridgepath.reading import open_study
from ridgepath.report.families import Terms
from ridgepath.resuming import request_of
from ridgepath.search import found_before
from ridgepath.session import Request, Written, run
from ridgepath.splits import check_validation
from ridgepath.statistics.comparison import check_margin
from ridgepath.store import StudyStore
from ridgepath.study import check_seeds
from ridgepath.trackers.destinations import Log, read_destinations
from ridgepath.tracking import Logbook
from ridgepath.variants import Vary, asked_variants, compared_arguments
from ridgepath.weighting import ClassWeight


def fit_path(
    build: str | Build,
    data: Any = "mnist-5k",
    *,
    target: str | None = None,
    weight: str | None = None,
    validation_data: Any = None,
    test_data: Any = None,
    validation_share: float | None = None,
    test_share: float | None = None,
    strengths: str | Sequence[object] | None = None,
    vary: Vary | None = None,
    seeds: int | Sequence[int] = 5,
    epochs: int = 15,
    batch_size: int = 32,
    study: PathLike | None = None,
    workers: int | None = None,
    engine: str = "auto",
    validation: str = "fixed",
    callbacks: Sequence[Any] = (),
    keep: str = "last",
    class_weight: ClassWeight = None,
    on: str = LOCAL,
    zero: bool = True,
    log: Log = (),
    progress: bool = True,
) -> Path:
    """Train a network at every strength with every seed, and return the path.

    In one seed, all strengths start from the same weights and see the same batches in the same order; between
    seeds both differ. What the study's folder holds already is not trained again.

    Args:
        build: a function that takes a strength and returns a compiled Keras model, or ``"FILE.py:build"``.
            It is called in worker processes, whose Keras runs on JAX whatever the caller's runs on.
        data: the name of a data set such as ``"mnist-5k"``, ``"digits"`` or ``"diabetes"``; a table, as a DataFrame or
            as a ``.csv`` or ``.parquet`` file, with ``target``; an ``.npz`` file; a
            :class:`~ridgepath.datasets.Dataset`; arrays ``(x, y)``, or ``((x, y), (x_val, y_val))``, perhaps with a
            third pair, the test set. Weights are a third array, several inputs a tuple or a dict of arrays.
        target, weight: of a table, the column to predict, and perhaps the one that says how much an example counts.
        validation_data, test_data: of a table, another one; of ``(x, y)``, another such pair.
        validation_share, test_share: of the examples, set apart where none are given for this, the same ones in
            every study, by class; by default 0.2 to validate and none to test.
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
        workers: processes; by default one a GPU, or where there is none, one a core, each with one thread.
        engine: ``jax`` trains compiled, lowered programs, ``reference`` by plain ``model.fit``, and ``auto`` takes
            ``jax`` wherever the model can be lowered.
        validation: ``fixed``: all seeds share the split that is given. ``redrawn``: every seed divides training and
            validation examples anew, into parts of these sizes. ``folds:5``: every five seeds are a cross-validation
            of them. The test set is never touched.
        callbacks: an :class:`~ridgepath.EarlyStopping` or Keras' own; no other callback has a place in a compiled
            epoch. Ours watches validation data loss, Keras' own what its ``monitor`` says.
        keep: whose weights, and so figures, a trial ends with: those of the ``last`` epoch, or of the ``best`` one
            by what early stopping watches, else by validation data loss. ``restore_best_weights`` is ``best``, too.
        class_weight: ``"balanced"``, or class → weight, as in ``fit``: how much its examples count in training.
            Data losses and metrics are without it.
        on: ``"local"`` trains on this machine. ``"ray"`` trains on the Ray cluster that it belongs to, or else on one
            that is started on it for the while; ``"ray://HOST:10001"`` on one that is elsewhere. Then workers are by
            default one a GPU or core of the cluster. It needs ``pip install 'ridgepath[ray]'`` on every machine.
        zero: whether strength 0 is added where it is not given, in every variant.
        log: where to show trials and report, besides, as in :meth:`Path.log`; trials while it trains.
        progress: whether to show what is going on, on standard error.

    Raises:
        InputError: something is wrong with the input; nothing was written.
        Interrupted: the user interrupted it; what was finished is kept in the folder.
    """
    builder = find_builder(build)
    request = Request(
        builder=builder,
        data=Source(data, target, weight, validation_data, test_data, validation_share, test_share),
        variants=asked_variants(builder, strengths=strengths, vary=vary, zero=zero),
        seeds=check_seeds(seeds),
        epochs=epochs,
        batch_size=batch_size,
        folder=None if study is None else FilePath(study),
        workers=workers,
        engine=engine,
        validation=check_validation(validation),
        early_stopping=read_callbacks(callbacks),
        keep=keep,
        class_weight=class_weight,
        on=on,
    )
    return fit_request(request, log=log, progress=progress)


def compare(
    build: str | Build = PENALTIES_NETWORK,
    data: Any = "mnist-5k",
    *,
    names: Sequence[str] = (),
    vary: Vary | None = None,
    **settings: Any,
) -> Path:
    """Train a path for each of several penalties, or other arguments of a network, and return them as one study.

    Args:
        build: as in :func:`fit_path`, with a default for every argument; by default a 784-128-10 network with ``l2``,
            ``dropout`` and ``weight_decay``.
        data: as in :func:`fit_path`.
        names: the arguments to compare; by default all that are called ``l1``, ``l2``, ``dropout`` or ``weight_decay``.
        vary: their strengths where the usual ones (:data:`ridgepath.variants.COMPARED`) do not suit, and those of
            further arguments.
        settings: ``seeds``, ``epochs`` and all others of :func:`fit_path`.

    Raises:
        InputError: something is wrong with the input; nothing was written.
        Interrupted: the user interrupted it; what was finished is kept in the folder.
    """
    compared = compared_arguments(find_builder(build), names, vary or {})
    return fit_path(build, data, vary=compared, **settings)


def fit_request(request: Request, *, log: Log = (), margin: float | None = None, progress: bool = True) -> Path:
    """Train what a request asks for, log it with its report within a margin, and return the path."""
    folder = _sit(
        lambda watch, written: run(request, watch, written=written), log=log, margin=margin, progress=progress
    )
    store = StudyStore.open(folder)
    keep_question(folder, store.study, store.context)
    return Path(store, builder=request.builder, data=request.data)


def _sit(train: Callable[[Watch, Written], FilePath], *, log: Log, margin: float | None, progress: bool) -> FilePath:
    """Train while it is watched and logged, and return the study's folder; what is interrupted is logged as well."""
    logbook = Logbook(read_destinations(log))
    with Watch(quiet=not progress) as watch:
        try:
            folder = train(watch, logbook.add)
        except Interrupted as stopped:
            _close(logbook, stopped.folder, watch, margin)
            raise
        _close(logbook, folder, watch, margin)
    return folder


def _close(logbook: Logbook, folder: FilePath, watch: Watch, margin: float | None) -> None:
    if logbook.destinations:
        store = StudyStore.open(folder)
        logbook.close(store, Path(store).summary(margin=margin), watch)


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
    on: str = LOCAL,
    log: Log = (),
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
        workers: processes; by default one a GPU, or where there is none, one a core.
        on: as in :func:`fit_path`, wherever the study was trained before.
        log: where to show trials and report, besides, as in :meth:`Path.log`; trials while it trains.
        progress: whether to show what is going on, on standard error.

    Raises:
        InputError: something is wrong with the input; nothing was written.
        StudyError: there is no study in the folder, or its network or data cannot be found from here.
        Interrupted: the user interrupted it again.
    """
    store = StudyStore.open(FilePath(folder))
    request = request_of(store, seeds=seeds, strengths=strengths, vary=vary, workers=workers, on=on)
    terms, most = Terms(margin=check_margin(margin)), MAX_SEEDS if max_seeds is None else max_seeds
    check_deciding(until, max_seeds)
    if until is None:
        is_as_it_was = strengths is None and vary is None and len(store.study.variants) == 1
        goes_on = is_as_it_was and found_before(store) is not None
        asked = replace(request, variants=None) if goes_on else request
        return fit_request(asked, log=log, margin=margin, progress=progress)
    if (seeds, strengths, vary) != (None, None, None):
        remedy = "Resume with the seeds or strengths first, then until decided."
        raise InputError("until decided adds the seeds itself", received="seeds or strengths as well", remedy=remedy)

    def train(watch: Watch, written: Written) -> FilePath:
        run_until_decided(request, store.folder, watch, most=most, terms=terms, written=written)
        return store.folder

    return open_study(_sit(train, log=log, margin=margin, progress=progress))
