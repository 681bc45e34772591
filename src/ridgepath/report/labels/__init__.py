"""The labels of all languages."""

from __future__ import annotations

from ridgepath.report.labels.ar import ARABIC
from ridgepath.report.labels.en import ENGLISH
from ridgepath.report.labels.kinds import Labels, Language

LABELS: dict[Language, Labels] = {"en": ENGLISH, "ar": ARABIC}
"""Language → its labels."""
