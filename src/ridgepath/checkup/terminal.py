"""Findings on a terminal: a line each, and what to do below it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from ridgepath.checkup.finding import Finding, State
from ridgepath.report.lines import Line
from ridgepath.texts import write_count

STYLES = {State.OK: "green", State.ABSENT: "dim", State.WARNING: "yellow", State.PROBLEM: "bold red"}
_NAMES = 15
"""Letters of the longest name, so that all parts stand in one column."""


def part(findings: Sequence[Finding]) -> RenderableType:
    """Lay out the findings of one part."""
    lines = Table.grid(padding=(0, 2, 0, 0))
    lines.add_column(width=max(map(len, State)))
    lines.add_column(width=_NAMES, overflow="fold")
    lines.add_column(ratio=1, overflow="fold")
    for each in findings:
        lines.add_row(Text(each.state.value, style=STYLES[each.state]), Line(each.name), Group(*_said(each)))
    return Group(Line(findings[0].part, style="bold"), lines, "")


def _said(finding: Finding) -> Iterator[RenderableType]:
    yield Line(finding.said)
    if finding.remedy:
        yield Line(finding.remedy, style="dim" if finding.state is State.ABSENT else "")


def ending(findings: Sequence[Finding]) -> RenderableType:
    """Say in a line how it stands."""
    counts = Counter(each.state for each in findings)
    found = [
        write_count(counts[state], noun)
        for state, noun in ((State.PROBLEM, "problem"), (State.WARNING, "warning"))
        if counts[state]
    ]
    worst = next((state for state in (State.PROBLEM, State.WARNING) if counts[state]), State.OK)
    return Line(f"{' and '.join(found)}." if found else "All is in order.", style=f"bold {STYLES[worst]}")
