"""Texts on a terminal that may hold names: these come from users, and terminals may have only ASCII."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Console, ConsoleOptions, RenderableType
from rich.measure import Measurement
from rich.table import Table as RichTable
from rich.text import Text

from ridgepath.texts import plain

_IN_ASCII = str.maketrans({"±": "+/-", "–": "-", "↑": "^", "↓": "v", "…": "...", "�": "?", "’": "'"})


def bullet(sentence: str) -> RenderableType:
    """Set a sentence as a point of a list."""
    line = RichTable.grid(padding=(0, 1, 0, 0))
    line.add_row("-", Line(sentence))
    return line


def shown(text: str, options: ConsoleOptions) -> str:
    """Write a text in the letters that a console has."""
    if not options.ascii_only:
        return text
    return text.translate(_IN_ASCII).encode("ascii", "replace").decode()


class Line:
    """A text that may hold names."""

    def __init__(self, text: str, style: str = "") -> None:
        self._text, self._style = plain(text), style

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> Iterator[RenderableType]:
        yield self._shown(options)

    def __rich_measure__(self, console: Console, options: ConsoleOptions) -> Measurement:
        return Measurement.get(console, options, self._shown(options))

    def _shown(self, options: ConsoleOptions) -> Text:
        return Text(shown(self._text, options), style=self._style)
