"""One sitting of a study: check everything, start the workers, and write down every trial as it is finished."""

from __future__ import annotations

import os
import platform
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path
from typing import Any

from ridgepath.builders import Builder
from ridgepath.callbacks import LAST, EarlyStopping, check_keep, check_monitor
from ridgepath.checkpoints import Checkpoints
from ridgepath.crew import LOCAL, Crew, PlacedBuilder, check_on, hire, import_training, inspect
from ridgepath.datasets import Dataset, Source, check_labels, load_dataset
from ridgepath.errors import InputError, Interrupted, TrainingError
from ridgepath.execution.gpus import usable_gpus
from ridgepath.execution.local import available_cores
from ridgepath.holding import held
from ridgepath.progress import Watch, explain
from ridgepath.results import TrialResult, epoch_columns
from ridgepath.search import Found, extensions, find_strengths, found_before, next_extension, short, with_strengths
from ridgepath.splits import describe, sizes
from ridgepath.statistics.bracket import COUNT
from ridgepath.store import FILE, StudyStore, check_folder
from ridgepath.study import FIXED, NetworkCard, Study, Trial, Variant
from ridgepath.texts import write_count
from ridgepath.weighting import ClassWeight, check_class_weight, frozen_class_weight

ENGINES = ("auto", "jax", "reference")
MOST_TRAIN_EVALUATED = 5_000
"""Training examples, at most, on which the training figures of every epoch are taken."""


@dataclass(frozen=True)
class Request:
    """What a user asks for, checked as far as can be without the data and the network.

    Attributes:
        data: as :func:`ridgepath.datasets.load_dataset` takes it.
        variants: as :func:`ridgepath.variants.asked_variants` returns them; ``None`` for one of strengths that are to
            be found.
        seeds: as :func:`ridgepath.study.check_seeds` returns them.
        folder: where to keep the study; ``None`` for one that is named after the question.
        workers: processes; ``None`` for one a core. Where there are GPUs, there are as many as these at most.
        command: what the user typed, for the report, or empty.
        further, looks: as in :class:`ridgepath.study.Study`.
        validation: as :func:`ridgepath.splits.check_validation` returns it.
        early_stopping, keep: as in :class:`ridgepath.study.Study`.
        class_weight, on: as in :func:`ridgepath.api.fit_path`.

    Raises:
        InputError: a setting is wrong.
    """

    builder: Builder
    data: Any
    variants: tuple[Variant, ...] | None
    seeds: tuple[int, ...]
    epochs: int
    batch_size: int
    folder: Path | None
    workers: int | None
    engine: str
    command: str = ""
    further: tuple[Trial, ...] = ()
    looks: tuple[tuple[int, ...], ...] = ()
    validation: str = FIXED
    early_stopping: EarlyStopping | None = None
    keep: str = LAST
    class_weight: ClassWeight = None
    on: str = LOCAL

    def __post_init__(self) -> None:
        check_on(self.on)
        check_keep(self.keep)
        check_class_weight(self.class_weight)
        for name in ("epochs", "batch_size"):
            _check_count(name, getattr(self, name))
        if self.workers is not None:
            _check_count("workers", self.workers)
        if self.engine not in ENGINES:
            raise InputError(f"an engine out of {', '.join(ENGINES)}", received=repr(self.engine), remedy="Choose one.")
        if self.folder is not None:
            check_folder(self.folder)

    @property
    def trials(self) -> int:
        """Number of trials that are asked for; the least, where strengths are to be found."""
        found = self.variants is None
        strengths = COUNT + 1 if found else sum(len(variant.strengths) for variant in self.variants or ())
        return strengths * len(self.seeds) + len(self.further)

    def study(self, dataset: Dataset) -> Study:
        """Return the frozen question, now that its data is there; strengths that are to be found are not yet in it.

        Raises:
            InputError: the batch size or the number of folds does not suit the data.
        """
        examples, validating = sizes(self.validation, dataset)
        if self.batch_size > examples:
            raise InputError(
                f"a batch size of at most {examples}, the number of training examples",
                received=self.batch_size,
                remedy="Choose a smaller batch size.",
            )
        return Study(
            builder=self.builder.card,
            data=replace(dataset.card, train=examples, validation=validating),
            variants=self.variants or (Variant(self.builder.parameter, (0.0,)),),
            seeds=self.seeds,
            epochs=self.epochs,
            batch_size=self.batch_size,
            train_evaluated=min(examples, MOST_TRAIN_EVALUATED),
            engine=self.engine,
            further=self.further,
            looks=self.looks,
            validation=self.validation,
            early_stopping=self.early_stopping,
            keep=self.keep,
            class_weight=frozen_class_weight(
                self.class_weight, dataset.train.y, weighted=dataset.train.weight is not None
            ),
        )


Written = Callable[[StudyStore, TrialResult], None]
"""Is told of every trial when it is in the store."""


def run(request: Request, watch: Watch, *, written: Written = lambda store, result: None) -> Path:
    """Train what is asked for and not there yet, and return the study's folder.

    Nothing is written before the whole input is known to be right; then every trial as it is finished.

    Raises:
        InputError: something in the request, or the folder, cannot be used, or another process trains the study.
        Interrupted: the user interrupted it; finished trials are kept.
    """
    sitting = _Sitting.begin()
    watch.stage("starting workers, loading data")
    hired = hire(request.on, workers=request.workers, most=request.trials, say=watch.say)
    with hired as pool, ExitStack() as holding:
        pool.warm(import_training)
        dataset = load_dataset(request.data)
        study = request.study(dataset)
        folder = request.folder or default_folder(study)
        check_folder(folder)
        store = StudyStore.open(folder) if (folder / FILE).exists() else None
        found = found_before(store) if request.variants is None and store is not None else None
        searching = request.variants is None and found is None
        if found is not None:
            study = with_strengths(study, found.strengths)
            watch.say("The strengths of this study are found already; nothing is probed.")
        if store is not None:
            store.check_whole()
            store.check_same_question(study)
        missing = _missing(study, store)
        if missing or searching or _is_to_grow(found, study, store):
            if store is not None:
                holding.enter_context(held(folder))
                missing = _missing(study, store)  # once more: whoever held it before may have finished some
            watch.stage("building the network at every strength")
            builder = PlacedBuilder.of(request.builder, pool)
            inspected = inspect(pool, builder, study, dataset)
            with _saved(dataset, pooled=study.validation != FIXED) as data_folder:
                dataset = Dataset.open(Path(data_folder))  # mapped, like the workers': one copy in memory for all
                crew = Crew(pool, builder, pool.place(Path(data_folder), os.listdir(data_folder)))
                whole = study if store is None else store.study.grown_by(study)
                crew.prepare(short(study) if searching else whole)
                network = crew.met(inspected())
                check_monitor(study.early_stopping, epoch_columns(network.metrics))
                if network.classes is not None:
                    check_labels(dataset, classes=network.classes)
                if searching:
                    found = find_strengths(study, crew.train, watch)
                    study = with_strengths(study, found.strengths)
                    network = crew.met(inspect(pool, builder, study, dataset)())
                    missing = _missing(study, store)
                for sentence in (*dataset.account, *describe(study)):
                    watch.say(sentence)
                watch.say_refused(network.refused, several=len(study.variants) > 1)
                is_new = store is None
                store = _written(
                    study,
                    store,
                    folder=folder,
                    network=network,
                    machine=pool.machines or _machine(),
                    request=request,
                    found=found,
                    account=dataset.account,
                )
                if is_new:
                    holding.enter_context(held(folder))
                more = () if found is None else extensions(found, study, store, watch)
                rounds = chain([missing], more)
                checkpoints = Checkpoints(
                    store.folder, question=store.study.fingerprint, versions=network.versions, say=watch.say
                )
                _train(crew, store, rounds, checkpoints, watch=watch, sitting=sitting, written=written)
        else:
            watch.say(f"All {len(study.trials)} networks are trained already; nothing was trained.")
    return folder


def default_folder(study: Study) -> Path:
    """Return a folder of its own for every question, so that what is asked again is found again."""
    variants = "-".join(variant.name for variant in study.variants)
    names = f"{variants}-{Path(study.data.name).stem}-{study.fingerprint[:8]}"
    return Path("studies") / re.sub(r"[^\w-]", "-", names)


@dataclass(frozen=True)
class _Sitting:
    """When this sitting began, by the calendar and by a clock that only goes forward."""

    started: str
    clock: float

    @classmethod
    def begin(cls) -> _Sitting:
        return cls(datetime.now(UTC).isoformat(timespec="seconds"), time.perf_counter())

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self.clock


def _check_count(name: str, value: object) -> None:
    if isinstance(value, bool) or not isinstance(value, int) or value < 1:
        raise InputError(
            f"{name.replace('_', ' ')} must be a whole number of at least 1",
            received=repr(value),
            remedy="Give 1 or more.",
        )


def _missing(study: Study, store: StudyStore | None) -> tuple[Trial, ...]:
    """Return the trials that are still to be trained."""
    finished = frozenset() if store is None else store.finished()
    return tuple(trial for trial in study.trials if trial not in finished)


def _is_to_grow(found: Found | None, study: Study, store: StudyStore | None) -> bool:
    """Tell whether the best of strengths that were found lies at an end."""
    return found is not None and store is not None and next_extension(found, study, store) is not None


def _written(
    study: Study,
    store: StudyStore | None,
    *,
    folder: Path,
    network: NetworkCard,
    machine: str,
    request: Request,
    found: Found | None,
    account: Sequence[str],
) -> StudyStore:
    """Create the store, or let the one that is there take up the new strengths and seeds."""
    note = {} if found is None else found.context
    if store is not None:
        store.grow(study)
        store.remember(note)
        return store
    context = network.versions | {
        "machine": machine,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "command": request.command,
        "data": Source.of(request.data).location,
        "data preparation": " ".join(account),
        "parameters": str(network.parameters),
        "trained by model.fit": " ".join(explain(network.refused, several=len(study.variants) > 1)),
        **note,
    }
    return StudyStore.create(folder, study, metrics=network.metrics, context=context)


def _machine() -> str:
    gpus = len(usable_gpus())
    seen = f", {write_count(gpus, 'GPU')}" if gpus else ""
    return f"{platform.system()} {platform.machine()}, {available_cores()} cores{seen}"


def _train(
    crew: Crew,
    store: StudyStore,
    rounds: Iterable[Sequence[Trial]],
    checkpoints: Checkpoints,
    *,
    watch: Watch,
    sitting: _Sitting,
    written: Written,
) -> None:
    """Train round after round, write each trial as it is finished, and the sitting at its end, however it ends.

    Trials start from the weights of those that were trained before, for the study is all that the store holds.
    """
    done, study = 0, store.study

    checkpoints.sweep(_missing(study, store))
    try:
        for trials in rounds:
            progress = checkpoints.found(trials)
            begun = sum(checkpoint.epoch for checkpoint in progress.values())
            legs = checkpoints.keeping(crew.train(study, trials, progress))
            with closing(legs):
                for result in watch.follow(legs, trials=len(trials), epochs=study.epochs, begun=begun):
                    store.add(result)
                    done += 1
                    written(store, result)
    except KeyboardInterrupt:
        raise Interrupted(store.folder, done=len(store.finished()), total=len(study.trials)) from None
    except TrainingError as error:
        kept = f"{len(store.finished())} of {len(study.trials)} trials are kept in {store.folder}"
        raise TrainingError(f"{error}; {kept}, and ridgepath resume goes on with it") from None
    finally:
        store.add_session(started=sitting.started, seconds=sitting.seconds, workers=crew.pool.workers, trials=done)


@contextmanager
def _saved(dataset: Dataset, *, pooled: bool) -> Iterator[str]:
    """Put the arrays where the workers map them into memory, once for all of them."""
    with tempfile.TemporaryDirectory(prefix="ridgepath-") as folder:
        try:
            dataset.save(Path(folder), pooled=pooled)
        except OSError as error:
            received = f"{folder}, where there is not enough ({error})"
            remedy = "Free some space on its disk, or set TMPDIR to a folder that has some."
            raise InputError("room for a copy of the data", received=received, remedy=remedy) from None
        yield folder
