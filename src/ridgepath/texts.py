"""Texts for a terminal. Those of others are made plain: names come from users, and studies from strangers."""

from __future__ import annotations


def plain(text: str) -> str:
    """Replace what could move the cursor, colour the terminal or turn the direction of what follows."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)


def on_one_line(text: str) -> str:
    """Return a text of one or more lines as a plain one of one line."""
    return plain(" ".join(text.splitlines()))


def encodable(text: str) -> str:
    """Return a text that UTF-8 can write: parts of a file's name that are no text are escaped, as in JSON."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def write_count(count: int, noun: str) -> str:
    """Write ``1 seed``, ``5 seeds``, ``1,000 examples``."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"
