"""What a stored study asks for when it goes on, with more seeds, strengths or variants."""

from __future__ import annotations

from collections.abc import Sequence

from ridgepath.builders import find_builder
from ridgepath.crew import LOCAL
from ridgepath.datasets import Source
from ridgepath.errors import StudyError
from ridgepath.session import Request
from ridgepath.store import StudyStore
from ridgepath.study import check_seeds
from ridgepath.variants import Vary, added_variants


def request_of(
    store: StudyStore,
    *,
    seeds: int | Sequence[int] | None = None,
    strengths: str | Sequence[object] | None = None,
    vary: Vary | None = None,
    workers: int | None = None,
    on: str = LOCAL,
) -> Request:
    """Return the request that goes on with a stored study."""
    study, location = store.study, store.context.get("data", "")
    if study.builder.location is None or not location:
        raise StudyError(
            "a study whose network is in a file and whose data has a name or is in files",
            received=f"one whose {'data' if study.builder.location else 'network'} was given in Python",
            remedy=f"Call fit_path again with the same network and data, and study={str(store.folder)!r}.",
        )
    builder = find_builder(study.builder.location)
    return Request(
        builder=builder,
        data=Source.at(location),
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
        early_stopping=study.early_stopping,
        keep=study.keep,
        class_weight=dict(study.class_weight) or None,
        on=on,
    )
