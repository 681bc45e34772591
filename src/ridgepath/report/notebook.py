"""How a path shows itself in a notebook: the answer, a small table and the figure of the path."""

from __future__ import annotations

import base64
from html import escape

from ridgepath.report.figures import PathDisplay
from ridgepath.report.labels import Language, language
from ridgepath.report.sentences import answer, which_variant
from ridgepath.report.series import path_series
from ridgepath.report.summary import Summary
from ridgepath.report.table import Table, tables

_COLUMNS = 5
"""Measures in the table, at most: the first ones of the whole table."""


def notebook_html(summary: Summary, lang: str = "en") -> str:
    """Return a piece of HTML that needs no script and no style of its own.

    Raises:
        InputError: there is no such language.
    """
    spoken = language(lang)
    several = len(summary.choices) > 1
    parts = [f"<p><b>{escape(sentence)}</b></p>" for sentence in which_variant(summary, spoken.words)[:1]]
    for choice, table in zip(summary.choices, tables(summary, spoken.words), strict=True):
        headline, *others = map(escape, answer(summary, choice, spoken.words))
        name = f"{escape(choice.variant)}: " if several else ""
        parts += [f"<p>{name}<b>{headline}</b> {' '.join(others)}</p>", _table(table, spoken)]
    if any(point.trials for point in summary.points):
        parts.append(_picture(summary, spoken))
    return f'<div lang="{lang}" dir="{spoken.words.direction}">{"".join(parts)}</div>'


def _table(table: Table, spoken: Language) -> str:
    names = spoken.words.names
    columns = table.columns[:_COLUMNS]
    headings = (names.STRENGTH, "", names.TRIALS, *(f"{column.group} {column.title}" for column in columns))
    head = "".join(f'<th scope="col">{escape(heading)}</th>' for heading in headings)
    rows = (
        (row.strength, ", ".join(row.marks), row.trials, *(names.number(str(cell)) for cell in row.cells[:_COLUMNS]))
        for row in table.rows
    )
    body = "".join("<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def _picture(summary: Summary, spoken: Language) -> str:
    image = PathDisplay(path_series(summary, spoken), spoken).plot()._repr_png_()
    said = escape(spoken.labels.page.figure_of.format(spoken.labels.page.the_path))
    return f'<img src="data:image/png;base64,{base64.b64encode(image).decode("ascii")}" alt="{said}">'
