"""English."""

from ridgepath.report.locale.en import answer as answer
from ridgepath.report.locale.en import document as document
from ridgepath.report.locale.en import findings as findings
from ridgepath.report.locale.en import names as names
from ridgepath.report.locale.en import notes as notes
from ridgepath.report.locale.en import provenance as provenance
from ridgepath.report.locale.en import verdicts as verdicts
