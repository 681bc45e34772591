"""All commands as one program, and its exit codes."""

from __future__ import annotations

import gc
import os
import shlex
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import typer
from typer.exceptions import Abort, TyperException

from ridgepath.cli.checking import doctor
from ridgepath.cli.converting import convert
from ridgepath.cli.reading import export, list_studies, log, report, show
from ridgepath.cli.refitting import refit
from ridgepath.cli.starting import init
from ridgepath.cli.training import compare, resume, run
from ridgepath.errors import InputError, Interrupted, RidgepathError
from ridgepath.texts import on_one_line

app = typer.Typer(
    name="ridgepath",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Which regularization strength should my network use, and is the difference real?",
)
for command in (init, run, compare, resume, show, report, export, log, refit, doctor):
    app.command()(command)
app.command("ls")(list_studies)
app.command()(convert)


_RARELY = 100_000
"""Objects after which Python looks for garbage; imports make many objects, and none of it is garbage."""
_SOON = 0.05
"""Seconds after which a lost interruption is repeated."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code; whoever ends it by SIGTERM interrupts it."""
    gc.set_threshold(_RARELY)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with _interrupted_in_any_case():
        code = _exit_code(arguments)
    sys.exit(code)


@contextmanager
def _interrupted_in_any_case() -> Iterator[None]:
    """Repeat an interruption that comes while Python collects garbage: there it is printed, and forgotten."""
    before = sys.unraisablehook

    def again(unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_type is KeyboardInterrupt:
            threading.Timer(_SOON, os.kill, (os.getpid(), signal.SIGINT)).start()
        else:
            before(unraisable)

    sys.unraisablehook = again
    try:
        yield
    finally:
        sys.unraisablehook = before


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
    typer.echo(on_one_line(text if code == 130 else f"ridgepath: {text}"), err=True)
    return code
