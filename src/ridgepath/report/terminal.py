"""A summary in the terminal: readable at 80 columns, without colour, and where there is ASCII only."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from rich import box
from rich.cells import cell_len
from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.table import Table as RichTable
from rich.text import Text

from ridgepath.penalties import format_strength
from ridgepath.report.findings import Findings, Grid, findings
from ridgepath.report.formatting import write_duration
from ridgepath.report.lines import Line, bullet, shown
from ridgepath.report.locale.words import ENGLISH
from ridgepath.report.sentences import answer, how_sure, keras_disagrees, on_test_examples, which_variant
from ridgepath.report.sketch import ASCII, UNICODE, sketch
from ridgepath.report.summary import Choice, Failure, Summary
from ridgepath.report.table import Table, tables
from ridgepath.report.verdicts import Verdicts, VerdictTable, verdicts
from ridgepath.texts import plain, write_count

_GAP = 2
_WIDEST_HEADING = 16
_MOST_FAILURES = 10
_LEFT = ("strength", "choice", "verdict", "would decide", "in a word", "course")


def print_summary(summary: Summary, console: Console) -> None:
    """Print a summary: the answer, the results, and what one must know to read them."""
    console.print(render(summary))


def render(summary: Summary) -> RenderableType:
    """Lay a summary out; tables are divided so that they fit the width of the console that prints them."""
    return Group(*_parts(summary))


def _parts(summary: Summary) -> Iterator[RenderableType]:
    yield Line(f"{summary.study}: {_question(summary)}", style="dim")
    yield ""
    for choice, table in zip(summary.choices, tables(summary), strict=True):
        if len(summary.choices) > 1:
            yield Line(table.variant, style="bold underline")
        yield Line(" ".join(answer(summary, choice)), style="bold")
        further = (on_test_examples(summary, choice), how_sure(choice), keras_disagrees(choice))
        yield from (Line(sentence) for sentence in further if sentence)
        yield ""
        yield _Sketch(summary, choice)
        yield _results(table)
        yield ""
        yield from _verdicts(verdicts(summary.families, choice.variant), title=ENGLISH.verdicts.IS_THE_DIFFERENCE_REAL)
        yield from _findings(findings(summary.diagnosis_of(choice.variant)))
    between = verdicts(summary.families, "")
    yield from _verdicts(between, title=ENGLISH.verdicts.WHICH_VARIANT, answer=which_variant(summary))
    yield bullet(ENGLISH.names.TABLE_LEGEND)
    yield from _failures(summary.failures)
    yield from (bullet(note) for note in summary.notes)


def _question(summary: Summary) -> str:
    asked = (write_count(len(summary.seeds), "seed"), write_count(summary.epochs, "epoch"))
    batches, time = f"batch size {summary.batch_size}", write_duration(summary.seconds)
    return ", ".join((summary.data.name, *asked, batches, *summary.engines, time))


def _verdicts(found: Verdicts | None, *, title: str, answer: Sequence[str] = ()) -> Iterator[RenderableType]:
    if found is None:
        return
    yield Line(title, style="bold")
    if answer:
        yield from (Line(" ".join(answer), style="bold"), "")
    for table in found.tables:
        yield from _grid(table)
        yield Line(table.margin, style="dim")
        yield ""
    yield Line(found.reading, style="dim")
    yield ""


def _grid(table: VerdictTable | Grid) -> Iterator[RenderableType]:
    yield Line(table.heading)
    columns = zip(table.columns, zip(*table.rows, strict=True), strict=True)
    yield _Divided(*(_Printed(heading, cells, left=heading in _LEFT) for heading, cells in columns))


def _findings(found: Findings | None) -> Iterator[RenderableType]:
    if found is None:
        return
    yield Line(ENGLISH.findings.UNDER_AND_OVERFITTING, style="bold")
    for table in found.tables:
        yield from (*_grid(table), "")
    yield from (Line(found.reading, style="dim"), "")
    yield Line(ENGLISH.findings.THE_CLAIMS, style="bold")
    lines = RichTable.grid(padding=(0, 2, 0, 0))
    for each in found.answers:
        lines.add_row(each.verdict, Line(f"{each.claim}. {each.grounds}"))
    yield from (lines, Line(found.answers_reading, style="dim"), "")


def _failures(failures: Sequence[Failure]) -> Iterator[RenderableType]:
    for failure in failures[:_MOST_FAILURES]:
        where = f"{failure.variant} {format_strength(failure.strength)}, seed {failure.seed}"
        yield bullet(f"{where}: {failure.status}: {failure.reason}")
    if len(failures) > _MOST_FAILURES:
        yield bullet(f"and {write_count(len(failures) - _MOST_FAILURES, 'more trial')} without figures.")


class _Sketch:
    """The path of one variant as a drawing, and a line below it; nothing where there is none."""

    def __init__(self, summary: Summary, choice: Choice) -> None:
        self._points, self._choice = summary.points_of(choice.variant), choice

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        pens = ASCII if options.ascii_only else UNICODE
        lines = sketch(self._points, self._choice, width=options.max_width, pens=pens)
        yield from (Text(line, no_wrap=True) for line in lines)
        yield from ("",) * (len(lines) > 0)


class _Printed(NamedTuple):
    heading: str
    cells: tuple[str, ...]
    left: bool = False

    @property
    def width(self) -> int:
        heading = max(cell_len(line) for line in self.heading.splitlines())
        return max(min(heading, _WIDEST_HEADING), *(cell_len(cell) for cell in self.cells))

    def shown(self, options: ConsoleOptions) -> _Printed:
        """Return the column in the letters that a console has."""
        cells = tuple(shown(cell, options) for cell in self.cells)
        return _Printed(shown(self.heading, options), cells, left=self.left)


class _Divided:
    """A table, as many side by side or stacked as the width asks for; its first column begins each of them."""

    def __init__(self, first: _Printed, *others: _Printed) -> None:
        self._columns = (first, *others)

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        first, *others = (column.shown(options) for column in self._columns)
        for number, columns in enumerate(_pack(others, room=options.max_width - first.width)):
            yield from ("",) * (number > 0)
            yield _table((first, *columns))


def _results(table: Table) -> _Divided:
    strengths = _Printed("\nstrength", tuple(row.strength for row in table.rows), left=True)
    marks = _Printed("\n", tuple(" ".join(row.marks) for row in table.rows), left=True)
    trials = _Printed("\ntrials", tuple(row.trials for row in table.rows))
    measures = (
        _Printed(plain(column.group) + "\n" + column.title, tuple(str(row.cells[index]) for row in table.rows))
        for index, column in enumerate(table.columns)
    )
    return _Divided(strengths, marks, trials, *measures)


def _pack(columns: Sequence[_Printed], *, room: int) -> Iterator[list[_Printed]]:
    packed: list[_Printed] = []
    for column in columns:
        if packed and sum(_GAP + c.width for c in (*packed, column)) > room:
            yield packed
            packed = []
        packed.append(column)
    yield packed


def _table(columns: Sequence[_Printed]) -> RichTable:
    table = RichTable(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, _GAP - 1, 0, 0))
    for column in columns:
        table.add_column(
            Text(column.heading),
            justify="left" if column.left else "right",
            width=column.width,
            overflow="fold",
            vertical="bottom",
        )
    for cells in zip(*(column.cells for column in columns), strict=True):
        table.add_row(*(Text(cell) for cell in cells))
    return table
