"""A study in Markdown, in the task's form: objective, code, results, analysis, takeaway, «شرح بالعامية», evidence."""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from ridgepath.penalties import format_strength
from ridgepath.question import question_file
from ridgepath.report.analysis import analysis, made, takeaway
from ridgepath.report.explanation import explanation
from ridgepath.report.figures import path_figure
from ridgepath.report.findings import findings
from ridgepath.report.locale.ar.colloquial import HEADING as IN_COLLOQUIAL
from ridgepath.report.locale.words import EGYPTIAN, Words, words
from ridgepath.report.provenance import facts
from ridgepath.report.sentences import answer, how_sure, keras_disagrees, on_test_examples, path_caption, which_variant
from ridgepath.report.summary import Choice, Summary
from ridgepath.report.table import Table, tables
from ridgepath.report.verdicts import verdicts
from ridgepath.report.writing import write_together
from ridgepath.texts import encodable

_DOTS_AN_INCH = 160
_SPACES = re.compile("[^\\S\N{NO-BREAK SPACE}]+")


def write_markdown(summary: Summary, target: Path, lang: str = "en") -> None:
    """Write a summary as Markdown into a file, and its figure beside it, whole or not at all.

    Raises:
        InputError: there is no such language, or the file cannot be written there.
    """
    figure, image = target.with_name(f"{target.stem}-path.png"), io.BytesIO()
    path_figure(summary, lang).savefig(image, format="png", dpi=_DOTS_AN_INCH)
    text = markdown(summary, lang, figure=figure.name)
    write_together({target: encodable(text).encode(), figure: image.getvalue()})


def markdown(summary: Summary, lang: str = "en", *, figure: str = "") -> str:
    """Write a summary as Markdown (GitHub's tables).

    Args:
        figure: the file with the figure of the path, beside the document; none if empty.

    Raises:
        InputError: there is no such language.
    """
    lines = "\n".join(_document(summary, words(lang), figure=figure))
    return f"{lines}\n"


def _document(summary: Summary, words: Words, *, figure: str) -> Iterator[str]:
    say, study = words.document, made(summary)
    yield from _turned(words, _opening(summary, words))
    yield from _code(summary.builder.source, words)
    yield from _turned(words, (_escape(say.trained(study)), "", *_results(summary, words, figure=figure)))
    yield from _turned(words, (*_analysis(summary, words), "---", ""))
    yield from _turned(EGYPTIAN, (*_explanation(summary), "---", ""))
    yield from _turned(words, (f"## {say.EVIDENCE}", "", *_evidence(summary, words)))
    yield from _turned(words, (f"### {say.ONCE_MORE}", ""))
    yield from _fenced(question_file(summary.question, summary.context), "toml")


def _turned(words: Words, lines: Iterable[str]) -> Iterator[str]:
    """Set lines from right to left where the language asks for it; code always runs from left to right."""
    if words.direction == "ltr":
        yield from lines
        return
    yield from (f'<div dir="{words.direction}" lang="{words.lang}">', "", *lines, "</div>", "")


def _opening(summary: Summary, words: Words) -> Iterator[str]:
    say, study = words.document, made(summary)
    yield from (f"# {_escape(say.title(study.tried))}", "")
    yield from (f"## 1. {say.OBJECTIVE}", "", _escape(say.objective(study)), "")
    yield from (f"## 2. {say.CODE_USED}", "")


def _code(source: str, words: Words) -> Iterator[str]:
    """Show the source of the network builder."""
    if not source.strip():
        yield from _turned(words, (words.document.NO_SOURCE, ""))
        return
    yield from _fenced(source, "python")


def _fenced(text: str, language: str) -> Iterator[str]:
    """Show a text between fences that are longer than any in it."""
    longest = max((len(run) for run in re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    yield from (f"{fence}{language}", text.rstrip("\n"), fence, "")


def _results(summary: Summary, words: Words, *, figure: str) -> Iterator[str]:
    yield from (f"## 3. {words.document.RESULTS}", "")
    for headline, *further in filter(None, [which_variant(summary, words)]):
        yield from (" ".join((f"**{_escape(headline)}**", *map(_escape, further))), "")
    for choice, table in zip(summary.choices, tables(summary, words), strict=True):
        if len(summary.choices) > 1:
            yield from (f"### {_escape(choice.variant)}", "")
        first, *others = map(_escape, answer(summary, choice, words))
        yield from (" ".join((f"**{first}**", *others)), "")
        said = (on_test_examples(summary, choice, words), how_sure(choice, words), keras_disagrees(choice, words))
        for sentence in filter(None, said):
            yield from (_escape(sentence), "")
        yield from (*_table(table, words), "")
    yield from (_escape(f"{words.document.LEGEND_OF_ERRORS} {words.names.TABLE_LEGEND}"), "")
    if figure:
        yield from (f"![{_escape(words.document.FIGURE)}]({quote(figure)})", "")
        yield from (f"*{_escape(path_caption(summary, words, printed=True))}*", "")


def _analysis(summary: Summary, words: Words) -> Iterator[str]:
    yield from (f"## 4. {words.document.SHORT_ANALYSIS}", "")
    for choice in summary.choices:
        first, *found = analysis(summary, choice, words)
        yield from (_of_variant(summary, choice, [first]), "", *(f"- {_escape(each)}" for each in found), "")
    yield from (f"## 5. {words.document.KEY_TAKEAWAY}", "")
    for sentences in filter(None, [which_variant(summary, words)]):
        yield from (" ".join(map(_escape, sentences)), "")
    for choice in summary.choices:
        yield from (_of_variant(summary, choice, takeaway(summary, choice, words)), "")


def _of_variant(summary: Summary, choice: Choice, sentences: Sequence[str]) -> str:
    said = " ".join(map(_escape, sentences))
    return f"**{_escape(choice.variant)}**: {said}" if len(summary.choices) > 1 else said


def _explanation(summary: Summary) -> Iterator[str]:
    yield from (f"## {IN_COLLOQUIAL}", "")
    for part in explanation(summary):
        yield from (f"### {_escape(part.heading)}", "")
        if part.text:
            yield from (_escape(part.text), "")
        if part.points:
            yield from (
                *(f"- {f'**{_escape(name)}**: ' if name else ''}{_escape(text)}" for name, text in part.points),
                "",
            )


def _evidence(summary: Summary, words: Words) -> Iterator[str]:
    say = words.document
    for choice in summary.choices:
        level = "####" if len(summary.choices) > 1 else "###"
        if len(summary.choices) > 1:
            yield from (f"### {_escape(choice.variant)}", "")
        heading = f"{level} {words.verdicts.IS_THE_DIFFERENCE_REAL}"
        yield from _verdicts(summary, choice.variant, words, heading=heading)
        yield from _findings(summary, choice.variant, words, level=level)
    yield from _verdicts(summary, "", words, heading=f"### {words.verdicts.WHICH_VARIANT}")
    notes = (words.notes.note(case) for case in summary.to_know)
    yield from (f"### {words.notes.HOW_TO_READ}", "", *(f"- {_escape(note)}" for note in notes), "")
    yield from _failures(summary, words)
    yield from (f"### {say.HOW_IT_WAS_MADE}", "")
    yield from (f"- {_escape(name)}: {_escape(value)}" for name, value in facts(summary, words))
    yield ""


def _verdicts(summary: Summary, variant: str, words: Words, *, heading: str) -> Iterator[str]:
    found = verdicts(summary.families, variant, words)
    if found is None:
        return
    yield from (heading, "")
    for table in found.tables:
        yield from (f"**{_escape(table.heading)}**", "", _row(table.columns))
        yield _row(["---:", "---:", "---:", "---:", ":---", ":---"][: len(table.columns)], escape=False)
        yield from (_row(row) for row in table.rows)
        yield from ("", _escape(table.margin), "")
    yield from (_escape(found.reading), "")


def _findings(summary: Summary, variant: str, words: Words, *, level: str) -> Iterator[str]:
    found, say = findings(summary.diagnosis_of(variant), words), words.findings
    if found is None:
        return
    yield from (f"{level} {say.UNDER_AND_OVERFITTING}", "")
    for table in found.tables:
        yield from (f"**{_escape(table.heading)}**", "", _row(table.columns))
        yield _row([*("---:" for _ in table.columns[1:]), ":---"], escape=False)
        yield from (*(_row(row) for row in table.rows), "")
    yield from (_escape(found.reading), "", f"{level} {_escape(say.THE_CLAIMS)}", "")
    yield from (_row(say.CLAIM_COLUMNS), _row([":---"] * 3, escape=False))
    yield from (_row(answer[:3]) for answer in found.answers)
    yield from ("", _escape(found.answers_reading), "")


def _table(table: Table, words: Words) -> Iterator[str]:
    headings = [words.names.heading(column.group, column.title) for column in table.columns]
    yield _row([words.names.STRENGTH, "", words.names.TRIALS, *headings])
    yield _row(["---:", ":---", "---:", *("---:" for _ in headings)], escape=False)
    for row in table.rows:
        figures = (words.names.number(str(cell)) for cell in row.cells)
        yield _row([row.strength, " ".join(row.marks), row.trials, *figures])


def _row(cells: Sequence[str], *, escape: bool = True) -> str:
    return f"| {' | '.join(_escape(cell) if escape else cell for cell in cells)} |"


def _failures(summary: Summary, words: Words) -> Iterator[str]:
    if not summary.failures:
        return
    yield from (f"### {words.document.WITHOUT_FIGURES}", "")
    for failure in summary.failures:
        where = f"{failure.variant} {format_strength(failure.strength)}, seed {failure.seed}"
        yield f"- {_escape(words.names.quoted(f'{where}: {failure.status}: {failure.reason}'))}"
    yield ""


def _escape(text: str) -> str:
    """Keep names from becoming markup: HTML, links, emphasis, table cells or new lines."""
    line = _SPACES.sub(" ", text).strip().replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    # An underscore inside a word is no emphasis on GitHub, and val_loss should stay readable as source.
    return re.sub(r"([\\`*\[\]|#~]|\b_|_\b|(?<!\w)_)", r"\\\1", line)
