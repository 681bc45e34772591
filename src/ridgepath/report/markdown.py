"""A summary in Markdown: the answer, the results and how they were made."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from ridgepath.penalties import format_strength
from ridgepath.report.findings import findings
from ridgepath.report.locale.words import ENGLISH
from ridgepath.report.provenance import facts
from ridgepath.report.sentences import answer, how_sure, keras_disagrees, on_test_examples, which_variant
from ridgepath.report.summary import Summary
from ridgepath.report.table import Table, tables
from ridgepath.report.verdicts import verdicts
from ridgepath.report.writing import write_whole


def markdown(summary: Summary) -> str:
    """Write a summary as Markdown (GitHub's tables)."""
    return "\n".join(_lines(summary)) + "\n"


def write_markdown(summary: Summary, target: Path) -> None:
    """Write a summary as Markdown into a file, whole or not at all.

    Raises:
        InputError: the file cannot be written there.
    """
    write_whole(target, markdown(summary))


def _lines(summary: Summary) -> Iterator[str]:
    yield from (f"# {_escape(summary.study)}", "")
    for headline, *further in filter(None, [which_variant(summary)]):
        yield from (" ".join((f"**{_escape(headline)}**", *map(_escape, further))), "")
    for choice, table in zip(summary.choices, tables(summary), strict=True):
        yield from (f"## Results: {_escape(choice.variant)}", "")
        first, *others = answer(summary, choice)
        yield from (" ".join((f"**{first}**", *others)), "")
        for sentence in (on_test_examples(summary, choice), how_sure(choice), keras_disagrees(choice)):
            yield from (_escape(sentence), "") if sentence else ()
        yield from (*_table(table), "", _escape(ENGLISH.names.TABLE_LEGEND), "")
        yield from _verdicts(summary, choice.variant, title="Is the difference real?")
        yield from _findings(summary, choice.variant)
    yield from _verdicts(summary, "", title="Which variant?")
    yield from ("## How to read the numbers", "", *(f"- {_escape(note)}" for note in summary.notes), "")
    yield from _failures(summary)
    yield from ("## How it was made", "")
    yield from (f"- {_escape(name)}: {_escape(value)}" for name, value in facts(summary))


def _verdicts(summary: Summary, variant: str, *, title: str) -> Iterator[str]:
    found = verdicts(summary.families, variant)
    if found is None:
        return
    yield from (f"### {title}", "")
    for table in found.tables:
        yield from (f"**{_escape(table.heading)}**", "", _row(table.columns))
        yield _row(["---:", "---:", "---:", "---:", ":---", ":---"][: len(table.columns)], escape=False)
        yield from (_row(row) for row in table.rows)
        yield from ("", _escape(table.margin), "")
    yield from (_escape(found.reading), "")


def _findings(summary: Summary, variant: str) -> Iterator[str]:
    found = findings(summary.diagnosis_of(variant))
    if found is None:
        return
    yield from (f"### {ENGLISH.findings.UNDER_AND_OVERFITTING}", "")
    for table in found.tables:
        yield from (f"**{_escape(table.heading)}**", "", _row(table.columns))
        yield _row([*("---:" for _ in table.columns[1:]), ":---"], escape=False)
        yield from (*(_row(row) for row in table.rows), "")
    yield from (_escape(found.reading), "", f"### {ENGLISH.findings.THE_CLAIMS}", "")
    yield from (_row(["claim", "verdict", "figures"]), _row([":---"] * 3, escape=False))
    yield from (_row(answer[:3]) for answer in found.answers)
    yield from ("", _escape(found.answers_reading), "")


def _table(table: Table) -> Iterator[str]:
    headings = [f"{column.group}, {column.title}" for column in table.columns]
    yield _row(["strength", "", "trials", *headings])
    yield _row(["---:", ":---", "---:", *("---:" for _ in headings)], escape=False)
    for row in table.rows:
        yield _row([row.strength, " ".join(row.marks), row.trials, *(str(cell) for cell in row.cells)])


def _row(cells: Sequence[str], *, escape: bool = True) -> str:
    return f"| {' | '.join(_escape(cell) if escape else cell for cell in cells)} |"


def _failures(summary: Summary) -> Iterator[str]:
    if not summary.failures:
        return
    yield from ("## Trials without figures", "")
    for failure in summary.failures:
        where = f"{failure.variant} {format_strength(failure.strength)}, seed {failure.seed}"
        yield f"- {_escape(f'{where}: {failure.status}: {failure.reason}')}"
    yield ""


def _escape(text: str) -> str:
    """Keep names from becoming markup: HTML, links, emphasis, table cells or new lines."""
    line = " ".join(text.split()).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # An underscore inside a word is no emphasis on GitHub, and val_loss should stay readable as source.
    return re.sub(r"([\\`*\[\]|#~]|\b_|_\b|(?<!\w)_)", r"\\\1", line)
