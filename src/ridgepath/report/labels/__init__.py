"""What a page says in one language: the sentences, and the short labels."""

from __future__ import annotations

from typing import NamedTuple

from ridgepath.report.labels.ar import ARABIC
from ridgepath.report.labels.en import ENGLISH
from ridgepath.report.labels.kinds import Labels
from ridgepath.report.locale.words import LANGUAGES, Words, words

LABELS = {"en": ENGLISH, "ar": ARABIC}
"""Language → its labels."""


class Language(NamedTuple):
    """A language with all that a page says in it."""

    words: Words
    labels: Labels

    def text(self, label: str) -> str:
        """Make a label of a figure keep its own order of words: a drawing runs from left to right in every language."""
        return f"\N{RIGHT-TO-LEFT ISOLATE}{label}\N{POP DIRECTIONAL ISOLATE}" if self.is_right_to_left else label

    @property
    def is_right_to_left(self) -> bool:
        """Whether its lines begin on the right."""
        return self.words.direction == "rtl"


def language(lang: str) -> Language:
    """Return a language by its code.

    Raises:
        InputError: there is no such language.
    """
    return Language(words(lang), LABELS[lang])


def languages() -> tuple[Language, ...]:
    """Return all languages."""
    return tuple(language(lang) for lang in LANGUAGES)
