"""A summary as one HTML page that works offline and asks the network for nothing."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from pathlib import Path
from typing import Any, NamedTuple

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from ridgepath.penalties import format_strength
from ridgepath.report import interactive
from ridgepath.report.findings import Findings, findings
from ridgepath.report.formatting import MISSING, write_estimate
from ridgepath.report.locale.words import Words, words
from ridgepath.report.palette import dark_colours, light_colours
from ridgepath.report.provenance import facts
from ridgepath.report.sentences import (
    answer,
    curves_caption,
    how_sure,
    keras_disagrees,
    on_test_examples,
    path_caption,
    which_variant,
)
from ridgepath.report.series import curve_series, path_series, strengths_above_zero
from ridgepath.report.summary import Choice, Summary
from ridgepath.report.table import Column, Table, tables
from ridgepath.report.verdicts import Verdicts, verdicts
from ridgepath.report.writing import write_whole


class Tile(NamedTuple):
    """One of the few numbers at the top of the page."""

    name: str
    value: str
    detail: str


class Section(NamedTuple):
    """One variant on the page."""

    number: int
    variant: str
    answer: tuple[str, ...]
    on_test_examples: str | None
    how_sure: str | None
    keras_disagrees: str | None
    tiles: tuple[Tile, ...]
    table: Table
    groups: tuple[tuple[str, int], ...]
    verdicts: Verdicts | None
    findings: Findings | None


def write_html(summary: Summary, target: Path, lang: str = "en") -> None:
    """Write a summary as one self-contained page, whole or not at all.

    Raises:
        InputError: there is no such language, or the file cannot be written there.
    """
    write_whole(target, page(summary, lang))


def page(summary: Summary, lang: str = "en") -> str:
    """Return the page as text.

    Raises:
        InputError: there is no such language.
    """
    spoken = words(lang)
    environment = Environment(
        loader=PackageLoader("ridgepath.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = _unbroken
    strengths = strengths_above_zero(summary)
    colours = {"light": light_colours(strengths), "dark": dark_colours(strengths)}
    return environment.get_template("report.html.j2").render(
        summary=summary,
        words=spoken,
        notes=[spoken.notes.note(case) for case in summary.to_know],
        sections=_sections(summary, spoken),
        legend=spoken.names.TABLE_LEGEND,
        path_caption=path_caption(summary, spoken),
        curves_caption=curves_caption(summary, spoken),
        which_variant=which_variant(summary, spoken),
        between_choices=verdicts(summary.families, "", spoken),
        under_and_overfitting=spoken.findings.UNDER_AND_OVERFITTING,
        the_claims=spoken.findings.THE_CLAIMS,
        facts=facts(summary, spoken),
        format_strength=format_strength,
        colours=colours,
        drawings={"colours": colours, "figures": dict(_drawings(summary))},
        plotly=Markup(get_plotlyjs()),
    )


def _unbroken(sentence: str) -> str:
    """Keep a mean and its error on one line."""
    return sentence.replace(" ± ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}")


def _drawings(summary: Summary) -> Iterator[tuple[str, dict[str, Any]]]:
    for number, path in enumerate(path_series(summary)):
        yield f"path-{number}", {**interactive.to_json(interactive.path_figure(path)), "narrow": {}}
    for number, curves in enumerate(curve_series(summary)):
        figure = interactive.to_json(interactive.curves_figure(curves))
        yield f"curves-{number}", {**figure, "narrow": interactive.curves_narrow(curves)}


def _sections(summary: Summary, words: Words) -> tuple[Section, ...]:
    return tuple(
        Section(
            number,
            choice.variant,
            answer=answer(summary, choice, words),
            on_test_examples=on_test_examples(summary, choice, words),
            how_sure=how_sure(choice, words),
            keras_disagrees=keras_disagrees(choice, words),
            tiles=tuple(_tiles(summary, choice)),
            table=table,
            groups=_groups(table.columns),
            verdicts=verdicts(summary.families, choice.variant, words),
            findings=findings(summary.diagnosis_of(choice.variant), words),
        )
        for number, (choice, table) in enumerate(zip(summary.choices, tables(summary, words), strict=True))
    )


def _tiles(summary: Summary, choice: Choice) -> Iterator[Tile]:
    estimates = {point.strength: point.estimates for point in summary.points_of(choice.variant)}
    named = (
        ("strength_min", choice.strength_min, "lowest mean"),
        ("strength_1se", choice.strength_1se, "largest within one standard error"),
        ("strength_equivalent", choice.strength_equivalent, "largest shown to be equivalent"),
    )
    for name, strength, rule in named:
        if strength is None:
            yield Tile(name, MISSING, rule)
        else:
            yield Tile(
                name, format_strength(strength), f"{rule}: {write_estimate(estimates[strength]['val_data_loss'])}"
            )
    keras = choice.keras_val_loss_choice
    yield Tile(
        "Keras' val_loss", MISSING if keras is None else format_strength(keras), "would pick; contains the penalty"
    )


def _groups(columns: tuple[Column, ...]) -> tuple[tuple[str, int], ...]:
    """Return the headings above the columns, each with the number of columns below it."""
    return tuple((group, len(list(members))) for group, members in groupby(columns, key=lambda column: column.group))
