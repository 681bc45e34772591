"""The command line: thin calls into the Python face, which is imported when a command runs."""

from __future__ import annotations

import json
import shlex
import sys
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.exceptions import Abort, TyperException

from ridgepath.errors import InputError, Interrupted, RidgepathError

if TYPE_CHECKING:
    from ridgepath import api
    from ridgepath.report.summary import Summary

app = typer.Typer(
    name="ridgepath",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Which regularization strength should my network use, and is the difference real?",
)


class Engine(StrEnum):
    """Who trains: compiled programs, plain model.fit, or whichever can."""

    auto = "auto"
    jax = "jax"
    reference = "reference"


class Language(StrEnum):
    """Languages of the report."""

    en = "en"
    ar = "ar"


class ReportFormat(StrEnum):
    """Forms of the report."""

    html = "html"
    markdown = "markdown"


StudyFolder = Annotated[Path, typer.Argument(metavar="DIR", help="The study's folder.")]
Workers = Annotated[int | None, typer.Option("--workers", metavar="N", help="Processes; one a core by default.")]
Margin = Annotated[
    float | None,
    typer.Option(
        "--margin", metavar="X", help="A difference that does not matter; one standard error of a mean by default."
    ),
]
Metric = Annotated[
    str | None,
    typer.Option("--metric", metavar="NAME", help="Compare on this, such as accuracy; by default on data loss."),
]
LargerIsBetter = Annotated[
    bool | None,
    typer.Option(
        "--larger-is-better/--smaller-is-better", help="Which way the metric should go, if its name does not tell."
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document and nothing else.")]
Data = Annotated[
    str, typer.Option(metavar="NAME|FILE.npz", help="mnist-5k, mnist, fashion-mnist, or a file of your own.")
]
Strengths = Annotated[
    str | None,
    typer.Option(
        metavar="LIST|LOW:HIGH:N|auto",
        help="Numbers with commas between, or N of them on a log scale, or let short trainings find them; "
        "0,1e-4,1e-3,1e-2 by default.",
    ),
]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=LIST|NAME=LOW:HIGH:N", help="Strengths of an argument by name; may be given repeatedly."
    ),
]
Zero = Annotated[bool, typer.Option("--zero/--no-zero", help="Add strength 0 where it is not given.")]
Seeds = Annotated[str, typer.Option(metavar="N|LIST", help="How many seeds, or which, with commas between.")]
Epochs = Annotated[int, typer.Option(metavar="N", help="Passes over the training examples.")]
BatchSize = Annotated[int, typer.Option(metavar="N", help="Examples in a step.")]
NewStudy = Annotated[
    Path | None, typer.Option(metavar="DIR", help="Where to keep the study; under studies/ by default.")
]
WhichEngine = Annotated[Engine, typer.Option(help="Who trains; reference is plain model.fit.")]
Validation = Annotated[
    str,
    typer.Option(
        metavar="fixed|redrawn|folds:K", help="One split for all seeds, one a seed, or cross-validations of K seeds."
    ),
]


@app.command()
def run(
    build: Annotated[
        str | None,
        typer.Argument(metavar="[FILE.py:build]", help="Your network; by default the task's: 784-128-10 with L2."),
    ] = None,
    data: Data = "mnist-5k",
    strengths: Strengths = None,
    vary: Vary = None,
    zero: Zero = True,
    seeds: Seeds = "5",
    epochs: Epochs = 15,
    batch_size: BatchSize = 32,
    study: NewStudy = None,
    workers: Workers = None,
    engine: WhichEngine = Engine.auto,
    margin: Margin = None,
    validation: Validation = "fixed",
    as_json: AsJson = False,
) -> None:
    """Train every strength with every seed, and show the path; with --vary, a path for every argument."""
    from ridgepath.builders import TASK_NETWORK, find_builder
    from ridgepath.variants import asked_variants, parse_vary

    builder = find_builder(build or TASK_NETWORK)
    varied = parse_vary(vary) if vary else None
    _train(
        margin=margin,
        as_json=as_json,
        builder=builder,
        variants=asked_variants(builder, strengths=strengths, vary=varied, zero=zero),
        data=data,
        seeds=seeds,
        epochs=epochs,
        batch_size=batch_size,
        folder=study,
        workers=workers,
        engine=engine.value,
        validation=validation,
    )


@app.command()
def compare(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAMES]...", help="Out of l2, dropout and weight_decay; all by default."),
    ] = None,
    data: Data = "mnist-5k",
    vary: Vary = None,
    zero: Zero = True,
    seeds: Seeds = "5",
    epochs: Epochs = 15,
    batch_size: BatchSize = 32,
    study: NewStudy = None,
    workers: Workers = None,
    engine: WhichEngine = Engine.auto,
    margin: Margin = None,
    validation: Validation = "fixed",
    as_json: AsJson = False,
) -> None:
    """Compare penalties on a 784-128-10 network: a path for each, and their choices against each other."""
    from ridgepath.builders import PENALTIES_NETWORK, find_builder
    from ridgepath.variants import asked_variants, compared_penalties, parse_vary

    builder = find_builder(PENALTIES_NETWORK)
    varied = compared_penalties(names or (), parse_vary(vary or ()))
    _train(
        margin=margin,
        as_json=as_json,
        builder=builder,
        variants=asked_variants(builder, strengths=None, vary=varied, zero=zero),
        data=data,
        seeds=seeds,
        epochs=epochs,
        batch_size=batch_size,
        folder=study,
        workers=workers,
        engine=engine.value,
        validation=validation,
    )


@app.command()
def resume(
    folder: StudyFolder,
    seeds: Annotated[
        str | None, typer.Option(metavar="N|LIST", help="Seeds to have in the end; those that are there stay.")
    ] = None,
    strengths: Annotated[str | None, typer.Option(metavar="LIST|LOW:HIGH:N", help="Strengths to add.")] = None,
    vary: Vary = None,
    until: Annotated[
        str | None,
        typer.Option(metavar="decided", help="Add seeds, only to strengths whose comparison is open, until none is."),
    ] = None,
    max_seeds: Annotated[
        int | None, typer.Option("--max-seeds", metavar="N", help="Where that ends, decided or not; 20 by default.")
    ] = None,
    margin: Margin = None,
    workers: Workers = None,
    as_json: AsJson = False,
) -> None:
    """Finish what was interrupted, or add seeds or strengths."""
    from ridgepath import api
    from ridgepath.variants import parse_vary

    path = api.resume(
        folder,
        seeds=None if seeds is None else _seeds(seeds),
        strengths=strengths,
        vary=parse_vary(vary) if vary else None,
        until=until,
        max_seeds=max_seeds,
        margin=margin,
        workers=workers,
        progress=not as_json,
    )
    _present(path, margin=margin, as_json=as_json)


@app.command()
def show(
    folder: StudyFolder,
    metric: Metric = None,
    margin: Margin = None,
    larger_is_better: LargerIsBetter = None,
    as_json: AsJson = False,
) -> None:
    """Show what a study found."""
    from ridgepath import api

    path = api.open_study(folder)
    _show(path.summary(metric=metric, margin=margin, larger_is_better=larger_is_better), as_json=as_json)


@app.command()
def report(
    folder: StudyFolder,
    form: Annotated[ReportFormat, typer.Option("--format", help="The form of the report.")] = ReportFormat.html,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to; in the study's folder by default.")
    ] = None,
    lang: Annotated[Language, typer.Option(help="Its language: English, or Egyptian Arabic.")] = Language.en,
    metric: Metric = None,
    margin: Margin = None,
    larger_is_better: LargerIsBetter = None,
) -> None:
    """Write a study's report."""
    from ridgepath import api

    path = api.open_study(folder)
    terms = {"metric": metric, "margin": margin, "larger_is_better": larger_is_better}
    typer.echo(path.report(output, format=form.value, lang=lang.value, **terms))


@app.command()
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
    from ridgepath import api

    for file in api.open_study(folder).export(output):
        typer.echo(file)


@app.command("ls")
def list_studies(
    folder: Annotated[Path, typer.Argument(metavar="[DIR]", help="Where to look.")] = Path("."),
) -> None:
    """List the studies in a folder and below it."""
    from ridgepath import api

    lines = api.list_studies(folder)
    for line in lines or [f"No study in {folder}. `ridgepath run` makes one."]:
        typer.echo(line)


def _seeds(text: str) -> int | list[int]:
    try:
        return int(text) if "," not in text else [int(part) for part in text.split(",")]
    except ValueError:
        raise InputError(
            "seeds must be whole numbers",
            received=repr(text),
            remedy="Give a count such as 5, or a list such as 0,1,2.",
        ) from None


def _train(*, margin: float | None, as_json: bool, seeds: str, validation: str, **settings: Any) -> None:
    """Train what the request of these settings asks for, and show it."""
    from ridgepath import api
    from ridgepath.session import Request
    from ridgepath.splits import check_validation
    from ridgepath.statistics.comparison import check_margin
    from ridgepath.study import check_seeds

    check_margin(margin)
    request = Request(
        seeds=check_seeds(_seeds(seeds)),
        validation=check_validation(validation),
        command=shlex.join(["ridgepath", *sys.argv[1:]]),
        **settings,
    )
    _present(api.fit_request(request, progress=not as_json), margin=margin, as_json=as_json)


def _present(path: api.Path, *, margin: float | None, as_json: bool) -> None:
    """Show a path that was just trained, and leave its report in its folder."""
    file = path.report(margin=margin)
    _show(path.summary(margin=margin), as_json=as_json)
    if not as_json:
        typer.echo(f"\nReport: {file}")


def _show(summary: Summary, *, as_json: bool) -> None:
    if as_json:
        typer.echo(json.dumps(summary.to_json(), allow_nan=False, ensure_ascii=False))
        return
    from rich.console import Console

    from ridgepath.report.terminal import print_summary

    print_summary(summary, Console())


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    sys.exit(_exit_code(arguments))


def _exit_code(arguments: list[str] | None) -> int:
    try:
        code: Any = app(args=arguments, standalone_mode=False)
    except InputError as error:
        return _complain(str(error), code=2)
    except TyperException as error:
        return _complain(error.format_message(), code=2)
    except Interrupted as stopped:
        kept = f"Interrupted: {stopped.done} of {stopped.total} trials are kept."
        return _complain(f"{kept} Go on with: ridgepath resume {shlex.quote(str(stopped.folder))}", code=130)
    except (KeyboardInterrupt, Abort):
        code = 130
    except RidgepathError as error:
        return _complain(str(error), code=1)
    if code == 130:  # typer, too, makes this of a KeyboardInterrupt, and says nothing
        return _complain("Interrupted before training; nothing was written.", code=130)
    return code if isinstance(code, int) else 0


def _complain(text: str, *, code: int) -> int:
    typer.echo(text if code == 130 else f"ridgepath: {text}", err=True)
    return code
