"""The command that trains a network of a study for use: refit."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from ridgepath.cli.options import StudyFolder


def refit(
    folder: StudyFolder,
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.keras", help="Where to; keras.models.load_model opens it.")
    ],
    strength: Annotated[
        str,
        typer.Option(metavar="1se|min|equivalent|NUMBER", help="The strength: one that the study chose, or any."),
    ] = "1se",
    variant: Annotated[
        str | None, typer.Option(metavar="NAME", help="Whose strength; by default the study's first variant.")
    ] = None,
    seed: Annotated[
        int | None, typer.Option(metavar="N", help="Of initial weights and batches; by default the study's first.")
    ] = None,
    on: Annotated[
        str, typer.Option(metavar="training|training+validation", help="The examples to train on.")
    ] = "training",
) -> None:
    """Train one more network of a study, at a strength that it chose, and write it to a file."""
    from ridgepath.reading import open_study
    from ridgepath.refitting import check_target

    check_target(output)
    planned = open_study(folder).plan_refit(strength, variant=variant, seed=seed, on=on)
    planned.save(output)
    typer.echo(f"{output}\n{planned.account}")
