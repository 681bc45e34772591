"""The command that checks whether all is in order: doctor."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ridgepath.cli.options import AsJson

if TYPE_CHECKING:
    from ridgepath.checkup.finding import Finding


def doctor(
    folder: Annotated[Path | None, typer.Argument(metavar="[DIR]", help="A study to check, too.")] = None,
    as_json: AsJson = False,
) -> None:
    """Check the installation, the devices, the data and a study; exit code 2 if there is something to mend."""
    from ridgepath.checkup.finding import State

    findings = _check(folder, as_json=as_json)
    counted = (State.PROBLEM, State.WARNING)
    counts = {f"{state}s": sum(each.state is state for each in findings) for state in counted}
    if as_json:
        typer.echo(json.dumps({"findings": [asdict(each) for each in findings], **counts}, ensure_ascii=False))
    if counts["problems"]:
        raise typer.Exit(2)


def _check(folder: Path | None, *, as_json: bool) -> list[Finding]:
    """Check part after part, and print each as it is known, for starting JAX takes a while."""
    from rich.console import Console

    from ridgepath.checkup import terminal

    console = Console(quiet=as_json)
    findings: list[Finding] = []
    for check in _checks(folder):
        found = list(check())
        findings += found
        console.print(terminal.part(found))
    console.print(terminal.ending(findings))
    return findings


def _checks(folder: Path | None) -> Iterator[Callable[[], Iterator[Finding]]]:
    from ridgepath.checkup.data import data
    from ridgepath.checkup.devices import devices
    from ridgepath.checkup.installation import installation
    from ridgepath.checkup.studies import study

    yield from (installation, devices, data)
    if folder is not None:
        yield lambda: study(folder)
