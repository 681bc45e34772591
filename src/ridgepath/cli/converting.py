"""The command that writes a strength in another convention: convert."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Annotated

import typer

from ridgepath.cli.options import AsJson
from ridgepath.conventions import CONVENTIONS


def convert(
    strength: Annotated[str, typer.Argument(metavar="STRENGTH", help="A number, in the convention of --from.")],
    source: Annotated[
        str, typer.Option("--from", metavar="CONVENTION", help=f"Its convention, out of {', '.join(CONVENTIONS)}.")
    ],
    target: Annotated[str, typer.Option("--to", metavar="CONVENTION", help="The convention that is asked for.")],
    examples: Annotated[int | None, typer.Option(metavar="N", help="Number of training examples.")] = None,
    batch_size: Annotated[int | None, typer.Option(metavar="N", help="Examples in a step.")] = None,
    learning_rate: Annotated[float | None, typer.Option(metavar="X", help="The constant learning rate.")] = None,
    target_sd: Annotated[
        float | None, typer.Option(metavar="X", help="Standard deviation of the training targets, with 1/n.")
    ] = None,
    optimizer: Annotated[
        str | None,
        typer.Option(
            metavar="sgd|momentum|adam",
            help="What trains: plain SGD, SGD with momentum, or Adam and other adaptive optimizers.",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a strength in another convention, such as torch's or scikit-learn's, if one is equivalent."""
    from ridgepath import conversion

    converted = conversion.convert(
        strength,
        source,
        target,
        examples=examples,
        batch_size=batch_size,
        learning_rate=learning_rate,
        target_sd=target_sd,
        optimizer=optimizer,
    )
    if as_json:
        typer.echo(json.dumps({"from": source, "to": target, **asdict(converted)}, ensure_ascii=False))
    else:
        typer.echo(f"{converted.strength:.10g}\n{converted.account}")
