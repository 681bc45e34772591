"""The commands that train a study and show what it found: run, compare, resume."""

from __future__ import annotations

import shlex
import sys
from dataclasses import asdict, fields
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ridgepath.cli import forms
from ridgepath.cli.options import (
    Answer,
    Data,
    Deciding,
    On,
    StudyFolder,
    Training,
    Varied,
    Vary,
    Workers,
    about_strengths,
    about_training,
    with_options,
)
from ridgepath.cli.reading import print_answer
from ridgepath.toml import SUFFIX

if TYPE_CHECKING:
    from ridgepath.builders import Builder
    from ridgepath.path import Path
    from ridgepath.study import Variant


def _run_file(context: typer.Context, build: str | None) -> str | None:
    """Take from a study file what the command line does not say, and return the network."""
    if build is None or not build.endswith(SUFFIX):
        return build
    from ridgepath.cli.study_file import asked_of_run

    asked = asked_of_run(FilePath(build), run)
    context.default_map = {name: value for name, value in asked.items() if name != "build"}
    return str(asked["build"]) if "build" in asked else None


def _compare_file(context: typer.Context, compared: list[str] | None) -> list[str] | None:
    """Take from a study file what the command line does not say, and return the network and names."""
    if not compared or not compared[0].endswith(SUFFIX):
        return compared
    from ridgepath.cli.study_file import asked_of_compare

    context.default_map, taken = asked_of_compare(FilePath(compared[0]), compared[1:], compare)
    return taken


@with_options
def run(
    build: Annotated[
        str | None,
        typer.Argument(
            metavar="[FILE.py:build|FILE.toml]",
            help="Your network, by default the task's: 784-128-10 with L2; or a study file, whose settings hold where "
            "no option is given.",
            is_eager=True,
            callback=_run_file,
        ),
    ] = None,
    strengths: Annotated[
        str | None,
        forms.STRENGTHS,
        about_strengths(
            metavar="LIST|LOW:HIGH:N|auto",
            help="Numbers with commas between, or N of them on a log scale, or let short trainings find them; "
            "0,1e-4,1e-3,1e-2 by default.",
        ),
    ] = None,
    *,
    varied: Varied,
    data: Data,
    training: Training,
    deciding: Deciding,
    answer: Answer,
) -> None:
    """Train every strength with every seed, and show the path; with --vary, a path for every argument."""
    from ridgepath.builders import TASK_NETWORK, find_builder
    from ridgepath.variants import asked_variants, parse_vary

    builder = find_builder(build or TASK_NETWORK)
    named = parse_vary(varied.vary) if varied.vary else None
    variants = asked_variants(builder, strengths=strengths, vary=named, zero=varied.zero)
    _train(builder, variants, data=data, training=training, deciding=deciding, answer=answer)


@with_options
def compare(
    compared: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FILE.py:build|FILE.toml|NAME",
            help="Your network or a study file, and which of its arguments; by default a built-in 784-128-10 network, "
            "and all out of l1, l2, dropout and weight_decay that the network has.",
            is_eager=True,
            callback=_compare_file,
        ),
    ] = None,
    *,
    varied: Varied,
    data: Data,
    training: Training,
    deciding: Deciding,
    answer: Answer,
) -> None:
    """Compare penalties, or other arguments of a network: a path for each, and their choices against each other."""
    from ridgepath.builders import PENALTIES_NETWORK, find_builder
    from ridgepath.variants import asked_variants, compared_arguments, parse_vary

    network, names = _network_and_names(compared or [])
    builder = find_builder(network or PENALTIES_NETWORK)
    named = compared_arguments(builder, names, parse_vary(varied.vary or ()))
    variants = asked_variants(builder, strengths=None, vary=named, zero=varied.zero)
    _train(builder, variants, data=data, training=training, deciding=deciding, answer=answer)


@with_options
def resume(
    folder: StudyFolder,
    seeds: Annotated[
        str | None, about_training(metavar="N|LIST", help="Seeds to have in the end; those that are there stay.")
    ] = None,
    strengths: Annotated[str | None, about_strengths(metavar="LIST|LOW:HIGH:N", help="Strengths to add.")] = None,
    vary: Vary = None,
    workers: Workers = None,
    on: On = "local",
    *,
    deciding: Deciding,
    answer: Answer,
) -> None:
    """Finish what was interrupted, or add seeds or strengths."""
    from ridgepath import api
    from ridgepath.study import read_seeds
    from ridgepath.variants import parse_vary

    path = api.resume(
        folder,
        seeds=None if seeds is None else read_seeds(seeds),
        strengths=strengths,
        vary=parse_vary(vary) if vary else None,
        **asdict(deciding),
        margin=answer.margin,
        workers=workers,
        on=on,
        log=answer.log or (),
        progress=not answer.as_json,
    )
    _present(path, answer)


def _network_and_names(texts: list[str]) -> tuple[str | None, list[str]]:
    """Divide what ``compare`` is given into a network, if the first is no name that an argument can have, and names."""
    return (None, texts) if not texts or texts[0].isidentifier() else (texts[0], texts[1:])


def _train(
    builder: Builder,
    variants: tuple[Variant, ...] | None,
    *,
    data: Data,
    training: Training,
    deciding: Deciding,
    answer: Answer,
) -> None:
    """Train what the options ask for, and show it."""
    from ridgepath import api
    from ridgepath.callbacks import parse_early_stopping
    from ridgepath.datasets import Source
    from ridgepath.deciding import check_deciding
    from ridgepath.session import Request
    from ridgepath.splits import check_validation
    from ridgepath.statistics.comparison import check_margin
    from ridgepath.study import check_seeds, read_seeds
    from ridgepath.trackers.destinations import without_credentials
    from ridgepath.weighting import parse_class_weight

    check_margin(answer.margin)
    check_deciding(deciding.until, deciding.max_seeds)
    request = Request(
        builder=builder,
        variants=variants,
        data=Source(**{each.name: getattr(data, each.name) for each in fields(Source)}),
        validation=check_validation(data.validation),
        seeds=check_seeds(read_seeds(training.seeds)),
        epochs=training.epochs,
        batch_size=training.batch_size,
        folder=training.study,
        workers=training.workers,
        on=training.on,
        engine=training.engine.value,
        early_stopping=None if training.early_stopping is None else parse_early_stopping(training.early_stopping),
        keep=training.keep.value,
        class_weight=None if training.class_weight is None else parse_class_weight(training.class_weight),
        command=without_credentials(shlex.join(["ridgepath", *sys.argv[1:]])),
    )
    told: dict[str, Any] = {"log": answer.log or (), "margin": answer.margin, "progress": not answer.as_json}
    path = api.fit_request(request, **told)
    if deciding.until:
        path = api.resume(path.folder, **asdict(deciding), workers=training.workers, on=training.on, **told)
    _present(path, answer)


def _present(path: Path, answer: Answer) -> None:
    """Show a path that was just trained, and leave its report in its folder."""
    file = path.report(margin=answer.margin)
    print_answer(path.summary(margin=answer.margin), as_json=answer.as_json)
    if not answer.as_json:
        typer.echo(f"\nReport: {file}")
