"""Options of the command line that say where data comes from, for all commands that train."""

from __future__ import annotations

from typing import Annotated

import typer

Data = Annotated[
    str,
    typer.Option(
        metavar="NAME|FILE",
        help="mnist-5k, mnist, fashion-mnist, digits, breast-cancer or diabetes; or your .csv, .parquet or .npz.",
    ),
]
Target = Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="Of a table, the column to predict.")]
Weight = Annotated[list[str] | None, typer.Option(metavar="COLUMN", help="Of a table, how much each example counts.")]
ValidationData = Annotated[
    str | None, typer.Option(metavar="FILE", help="A table to validate on; by default a share is set apart.")
]
TestData = Annotated[str | None, typer.Option(metavar="FILE", help="A table to test on.")]
ValidationShare = Annotated[
    float | None, typer.Option(metavar="X", help="Of the examples, set apart to validate; 0.2 where none are given.")
]
TestShare = Annotated[
    float | None, typer.Option(metavar="X", help="Of the examples, set apart to test; none by default.")
]
