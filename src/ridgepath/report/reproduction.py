"""How to train a study once more: its commands or its call, and all that it was asked."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator

from ridgepath.callbacks import LAST
from ridgepath.penalties import write_strengths
from ridgepath.question import first_seeds, given
from ridgepath.report.summary import Summary
from ridgepath.sources import Source
from ridgepath.study import FIXED, Study, write_seeds


def commands(summary: Summary) -> str:
    """Return what trains the same study again, in a folder of its own: shell commands, or a call in Python.

    A study whose network or arrays were given in Python cannot be named to a shell.
    """
    study, data = summary.question, summary.context.get("data", "")
    in_shell = study.builder.location is not None and data
    return "\n".join(_shell(study, data) if in_shell else _python(study, data))


def configuration(summary: Summary) -> str:
    """Return all that the study was asked, as JSON, a line an entry, without the source of its network."""
    question = summary.question.to_json()
    del question["builder"]["source"]
    lines = (f"  {json.dumps(name)}: {json.dumps(value, ensure_ascii=False)}" for name, value in question.items())
    return "{\n" + ",\n".join(lines) + "\n}"


def _shell(study: Study, data: str) -> Iterator[str]:
    folder, seeds = "studies/again", first_seeds(study)
    yield shlex.join(["ridgepath", "run", str(study.builder.location), *_options(study, data, seeds, folder)])
    if len(study.all_seeds) > len(seeds):
        yield shlex.join(
            ["ridgepath", "resume", folder, "--until", "decided", "--max-seeds", f"{len(study.all_seeds)}"]
        )


def _options(study: Study, data: str, seeds: tuple[int, ...], folder: str) -> Iterator[str]:
    for name, value in given(Source.at(data)):
        yield from (f"--{name.replace('_', '-')}", str(value))
    for variant in study.variants:
        yield from ("--vary", f"{variant.name}={write_strengths(variant.strengths)}")
    if any(0.0 not in variant.strengths for variant in study.variants):
        yield "--no-zero"
    yield from ("--seeds", write_seeds(seeds))
    yield from ("--epochs", str(study.epochs), "--batch-size", str(study.batch_size))
    if study.engine != "auto":
        yield from ("--engine", study.engine)
    if study.validation != FIXED:
        yield from ("--validation", study.validation)
    if study.early_stopping is not None:
        rule = given(study.early_stopping)
        yield from ("--early-stopping", ",".join(f"{name}={_written(value)}" for name, value in rule))
    if study.keep != LAST:
        yield from ("--keep", study.keep)
    if study.class_weight:
        yield from ("--class-weight", ",".join(f"{number}={weight!r}" for number, weight in study.class_weight))
    yield from ("--study", folder)


def _written(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _python(study: Study, data: str) -> Iterator[str]:
    seeds = first_seeds(study)
    yield "import ridgepath as rp"
    yield ""
    network = repr(study.builder.location) if study.builder.location else study.builder.name
    yield "path = rp.fit_path("
    yield f"    {network},"
    if data:
        (_, name), *others = given(Source.at(data))
        yield f"    {', '.join([repr(str(name)), *(f'{key}={value!r}' for key, value in others)])},"
    else:
        yield f"    data,  # fingerprint {study.data.fingerprint[:16]}"
    yield f"    vary={ {variant.name: list(variant.strengths) for variant in study.variants} },"
    yield f"    seeds={list(seeds)}, epochs={study.epochs}, batch_size={study.batch_size},"
    yield f"    engine={study.engine!r}, validation={study.validation!r}, zero={_all_have_zero(study)},"
    if study.early_stopping is not None:
        yield f"    callbacks=[rp.{study.early_stopping}],"
    if study.keep != LAST:
        yield f"    keep={study.keep!r},"
    if study.class_weight:
        yield f"    class_weight={dict(study.class_weight)},"
    yield '    study="studies/again",'
    yield ")"
    if len(study.all_seeds) > len(seeds):
        yield f'path = rp.resume("studies/again", until="decided", max_seeds={len(study.all_seeds)})'


def _all_have_zero(study: Study) -> bool:
    return all(0.0 in variant.strengths for variant in study.variants)
