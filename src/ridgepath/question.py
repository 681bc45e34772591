"""What a study was asked, as a study file: ``ridgepath run study.toml`` asks the same.

Its keys are the options of the command line; a test holds that what is written here is read there as the same question.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields
from pathlib import Path
from typing import Any

from ridgepath.callbacks import EarlyStopping
from ridgepath.errors import StudyError
from ridgepath.files import drafts, remedy_of
from ridgepath.sources import Source
from ridgepath.study import Study
from ridgepath.toml import toml_comment, toml_key, toml_value

QUESTION_FILE = "study.toml"
"""Its name in the study's folder."""

MOST_SEEDS, MARGIN = "most seeds", "margin"
"""Under these names a study's context says how far seeds were added for open comparisons, and within which margin."""

FOUND = "strengths"
"""Under this name a study's context says how its strengths were found."""

_HEAD = """\
# What this study was asked: `ridgepath run study.toml` asks it again.
# Beside study.db it goes on with the study there, and trains nothing that is there already; a copy in another folder
# is a new study of the same question. ridgepath keeps this file up to date: to ask something else, change a copy.
"""


def question_file(study: Study, context: Mapping[str, str]) -> str:
    """Write a study's whole question as a study file.

    What a file cannot name, a function or arrays that were given in Python, is left empty, with a comment; such a file
    is refused until it is filled in.

    Args:
        context: of the study, as :class:`ridgepath.store.StudyStore` has it.
    """
    return f"{_HEAD}\n" + "".join(f"{line}\n" for line in _lines(study, context))


def keep_question(folder: Path, study: Study, context: Mapping[str, str]) -> None:
    """Let the study file in a study's folder say what the study asks, if it does not.

    Raises:
        StudyError: it cannot be written.
    """
    file, content = folder / QUESTION_FILE, question_file(study, context).encode()
    try:
        if not file.is_file() or file.read_bytes() != content:
            with drafts(file) as (draft,):
                draft.write_bytes(content)
    except OSError as error:
        received, remedy = error.strerror or error, remedy_of(error, "Make the folder writable, or give another one.")
        raise StudyError(f"{file} must be writable", received=received, remedy=remedy) from None


def first_seeds(study: Study) -> tuple[int, ...]:
    """Return the seeds that were there before any was added for a comparison."""
    return study.looks[0] if study.looks else study.seeds


def given(settings: Source | EarlyStopping) -> Iterator[tuple[str, Any]]:
    """Yield the settings that are given: all of early stopping, whose defaults are not Keras' own."""
    for each in fields(settings):
        value = getattr(settings, each.name)
        if value is not None:
            yield each.name, value


def _lines(study: Study, context: Mapping[str, str]) -> Iterator[str]:
    yield from _network(study, context)
    yield ""
    yield from _data(study, context.get("data", ""))
    yield ""
    yield from _training(study)
    yield from _comparisons(study, context)


def _network(study: Study, context: Mapping[str, str]) -> Iterator[str]:
    builder = study.builder
    if builder.location is None:
        yield toml_comment(
            f"{builder.name} was a function in Python. Write it to a file and name it: net.py:{builder.name}"
        )
    yield f"build = {toml_value(builder.location or '')}"
    if context.get(FOUND):
        yield toml_comment(f"Strengths were found, by {context[FOUND]}.")
    for variant in study.variants:
        yield f"{toml_key('vary', variant.name)} = {toml_value(variant.strengths)}"
    if any(0.0 not in variant.strengths for variant in study.variants):
        yield "zero = false"


def _data(study: Study, location: str) -> Iterator[str]:
    if location:
        for name, value in given(Source.at(location)):
            yield _setting(name, value)
    else:
        yield toml_comment(
            f"{study.data.name} were given in Python, with fingerprint {study.data.fingerprint[:16]}. Write them to an "
            ".npz or a table and name it."
        )
        yield 'data = ""'
    yield _setting("validation", study.validation)


def _training(study: Study) -> Iterator[str]:
    seeds = first_seeds(study)
    yield _setting("seeds", len(seeds) if seeds == tuple(range(len(seeds))) else seeds)
    yield _setting("epochs", study.epochs)
    yield _setting("batch_size", study.batch_size)
    yield _setting("engine", study.engine)
    if study.early_stopping is not None:
        for name, value in given(study.early_stopping):
            yield f"{toml_key('early-stopping', name)} = {toml_value(value)}"
    yield _setting("keep", study.keep)
    for number, weight in study.class_weight:
        yield f"{toml_key('class-weight', str(number))} = {toml_value(weight)}"


def _comparisons(study: Study, context: Mapping[str, str]) -> Iterator[str]:
    """Say how seeds were added where they decide; the margin is part of the question only then."""
    if not study.looks:
        return
    most = max(int(_number(context, MOST_SEEDS) or 0), len(study.all_seeds))
    yield from ("", toml_comment(f"{len(study.all_seeds)} seeds so far: more were added where a comparison was open."))
    yield from (_setting("until", "decided"), _setting("max_seeds", most))
    margin = _number(context, MARGIN)
    if margin is not None:
        yield _setting("margin", margin)


def _number(context: Mapping[str, str], name: str) -> float | None:
    try:
        return float(context[name])
    except (KeyError, ValueError):
        return None


def _setting(name: str, value: Any) -> str:
    return f"{toml_key(name.replace('_', '-'))} = {toml_value(value)}"
