"""Egyptian Arabic, as students speak it: simple, and with the terms of the field in English."""

from ridgepath.report.locale.ar import answer as answer
from ridgepath.report.locale.ar import document as document
from ridgepath.report.locale.ar import findings as findings
from ridgepath.report.locale.ar import names as names
from ridgepath.report.locale.ar import notes as notes
from ridgepath.report.locale.ar import provenance as provenance
from ridgepath.report.locale.ar import verdicts as verdicts
