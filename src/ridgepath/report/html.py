"""A summary as one HTML page that works offline, in every language at once, and asks the network for nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from plotly.offline import get_plotlyjs

from ridgepath.penalties import format_strength
from ridgepath.question import question_file
from ridgepath.report.content import Content, content
from ridgepath.report.labels import language, languages
from ridgepath.report.methods import methods
from ridgepath.report.palette import dark_colours, light_colours
from ridgepath.report.reproduction import commands, configuration
from ridgepath.report.series import strengths_above_zero
from ridgepath.report.summary import Summary
from ridgepath.report.writing import write_whole


def write_html(summary: Summary, target: Path, lang: str = "en") -> None:
    """Write a summary as one self-contained page, whole or not at all.

    Args:
        lang: the language in which it opens; the page has a switch for the others.

    Raises:
        InputError: there is no such language, or the file cannot be written there.
    """
    write_whole(target, page(summary, lang))


def page(summary: Summary, lang: str = "en") -> str:
    """Return the page as text.

    Raises:
        InputError: there is no such language.
    """
    first = language(lang)
    spoken = (first, *(each for each in languages() if each.words.lang != lang))
    contents = tuple(content(summary, each) for each in spoken)
    strengths = strengths_above_zero(summary)
    colours = {"light": light_colours(strengths), "dark": dark_colours(strengths)}
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            summary=summary,
            contents=contents,
            commands=commands(summary),
            study_file=question_file(summary.question, summary.context),
            configuration=configuration(summary),
            methods=methods(summary),
            format_strength=format_strength,
            colours=colours,
            drawings={"colours": colours, **_drawings(contents)},
            plotly=Markup(get_plotlyjs()),
        )
    )


def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("ridgepath.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["unbroken"] = _unbroken
    return environment


def _unbroken(sentence: str) -> str:
    """Keep a mean and its error on one line."""
    return sentence.replace(" ± ", "\N{NO-BREAK SPACE}±\N{NO-BREAK SPACE}")


def _drawings(contents: Sequence[Content]) -> dict[str, Any]:
    """Return the figures of every language, and once for all what single seeds measured."""
    return {
        "figures": {each.spoken.words.lang: dict(_figures(each)) for each in contents},
        "seeds": {figure.name: figure.drawing.seeds for figure in contents[0].figures if figure.drawing.seeds},
        "seed": {each.spoken.words.lang: each.spoken.text(each.spoken.labels.figure.seed) for each in contents},
    }


def _figures(page: Content) -> Iterator[tuple[str, dict[str, Any]]]:
    for figure in page.figures:
        yield figure.name, figure.drawing.to_json()
