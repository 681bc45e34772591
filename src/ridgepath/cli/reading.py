"""The commands that read a finished study: show, report, export, log, ls."""

from __future__ import annotations

import json
from dataclasses import asdict
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ridgepath.cli.options import AsJson, StudyFolder, Terms, with_options

if TYPE_CHECKING:
    from ridgepath.report.summary import Summary


class Language(StrEnum):
    """Languages of the report."""

    en = "en"
    ar = "ar"


class ReportFormat(StrEnum):
    """Forms of the report."""

    html = "html"
    markdown = "markdown"


@with_options
def show(folder: StudyFolder, terms: Terms, as_json: AsJson = False) -> None:
    """Show what a study found."""
    from ridgepath.reading import open_study

    print_answer(open_study(folder).summary(**asdict(terms)), as_json=as_json)


@with_options
def report(
    folder: StudyFolder,
    form: Annotated[ReportFormat, typer.Option("--format", help="The form of the report.")] = ReportFormat.html,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to; in the study's folder by default.")
    ] = None,
    lang: Annotated[Language, typer.Option(help="Its language: English, or Egyptian Arabic.")] = Language.en,
    *,
    terms: Terms,
) -> None:
    """Write a study's report."""
    from ridgepath.reading import open_study

    typer.echo(open_study(folder).report(output, format=form.value, lang=lang.value, **asdict(terms)))


@with_options
def export(
    folder: StudyFolder,
    output: Annotated[
        Path | None,
        typer.Option(
            "-o", "--output", metavar="FILE", help="FILE.csv, FILE.parquet or FILE.json; trials.csv by default."
        ),
    ] = None,
) -> None:
    """Write a study's tables for other programs."""
    from ridgepath.reading import open_study

    for file in open_study(folder).export(output):
        typer.echo(file)


@with_options
def log(
    folder: StudyFolder,
    to: Annotated[
        list[str],
        typer.Option(metavar="NAME|NAME=WHERE", help="mlflow, tensorboard or optuna; may be given repeatedly."),
    ],
    *,
    terms: Terms,
) -> None:
    """Show a study's trials, curves and report in MLflow, TensorBoard or optuna-dashboard."""
    from ridgepath.reading import open_study

    for sight in open_study(folder).log(to, **asdict(terms)):
        typer.echo(sight)


def list_studies(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to look.")] = Path("."),
) -> None:
    """List the studies in a folder and below it."""
    from ridgepath import reading

    lines = reading.list_studies(folder)
    for line in lines or [f"No study in {folder}. `ridgepath run` makes one."]:
        typer.echo(line)


def print_answer(summary: Summary, *, as_json: bool) -> None:
    """Print what a study found."""
    if as_json:
        typer.echo(json.dumps(summary.to_json(), allow_nan=False))  # In ASCII, in which nothing commands a terminal.
        return
    from rich.console import Console

    from ridgepath.report.terminal import print_summary

    print_summary(summary, Console())
