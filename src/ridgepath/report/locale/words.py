"""The languages of a report. What is said is chosen elsewhere, once, as a case with its numbers; a language phrases it.

Each language has the modules that are asked for here, with these functions. mypy holds them to it, and to phrasing
every case: each ``match`` must name all of its group.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple, Protocol

from ridgepath.errors import InputError
from ridgepath.report.cases import analysis as of_analysis
from ridgepath.report.cases import answer as of_answer
from ridgepath.report.cases import findings as of_findings
from ridgepath.report.cases import notes as of_notes
from ridgepath.report.cases import verdicts as of_verdicts
from ridgepath.report.families import Point
from ridgepath.report.locale import ar, en
from ridgepath.statistics import claims, comparison
from ridgepath.statistics.diagnosis import State
from ridgepath.statistics.evidence import Interval
from ridgepath.statistics.turning import Course, Turning


class Answers(Protocol):
    """The answer, and what stands beside it."""

    def answer(self, case: of_answer.AnswerCase) -> str: ...
    def how_sure(self, case: of_answer.SureCase) -> str: ...
    def ranking(self, case: of_answer.RankingCase) -> str: ...
    def further(self, case: of_answer.FurtherCase) -> str: ...


class Verdicts(Protocol):
    """The comparisons."""

    IS_THE_DIFFERENCE_REAL: str
    WHICH_VARIANT: str
    CHOICE: str
    DIFFERENCE_COLUMNS: tuple[str, ...]

    def verdict(self, found: comparison.Verdict) -> str: ...
    def would_decide(self, remedy: of_verdicts.Remedy) -> str: ...
    def would_decide_cell(self, remedy: of_verdicts.Remedy) -> str: ...
    def heading(self, case: of_verdicts.Heading) -> str: ...
    def pair(self, first: str, second: str) -> str: ...
    def margin(self, case: of_verdicts.Margin) -> str: ...
    def reading(self, case: of_verdicts.Reading) -> str: ...


class Findings(Protocol):
    """Under- and overfitting, and the claims."""

    UNDER_AND_OVERFITTING: str
    THE_CLAIMS: str
    OVER_THE_EPOCHS: str
    SHIFT_COLUMNS: tuple[str, ...]
    CLAIM_COLUMNS: tuple[str, ...]

    def claim(self, key: claims.Key) -> str: ...
    def claim_verdict(self, found: claims.Verdict) -> str: ...
    def grounds(self, found: claims.Claim) -> str: ...
    def state(self, found: State) -> str: ...
    def course(self, found: Course) -> str: ...
    def interval(self, found: Interval, unit: claims.Unit = "loss") -> str: ...
    def lowest_epoch(self, turning: Turning) -> str: ...
    def shifts_heading(self, against: float) -> str: ...
    def course_columns(self, last: int) -> tuple[str, ...]: ...
    def findings_reading(self, case: of_findings.FindingsReading) -> str: ...


class Notes(Protocol):
    """What a reader must know to read the numbers rightly."""

    HOW_TO_READ: str

    def note(self, case: of_notes.NoteCase) -> str: ...


class Names(Protocol):
    """What measures and points are called, and the table of results."""

    STRENGTH: str
    TRIALS: str
    TABLE_LEGEND: str

    def measure(self, name: str) -> str: ...
    def column(self, name: str) -> tuple[str, str]: ...
    def heading(self, group: str, title: str) -> str: ...
    def named(self, point: Point) -> str: ...
    def number(self, text: str) -> str: ...
    def quoted(self, text: str) -> str: ...
    def trials(self, done: int, planned: int) -> str: ...
    def range_of(self, low: str, high: str) -> str: ...


class Provenance(Protocol):
    """How a study was made."""

    DATA: str
    EXAMPLES: str
    FINGERPRINT: str
    NETWORK: str
    SEEDS: str
    TRAINING: str
    ENGINE: str
    TIME: str
    NO_ENGINE: str

    def examples(self, train: int, validation: int, test: int) -> str: ...
    def training(self, epochs: int, batch_size: int) -> str: ...
    def duration(self, seconds: float) -> str: ...


class Document(Protocol):
    """The document in the task's form."""

    OBJECTIVE: str
    CODE_USED: str
    RESULTS: str
    SHORT_ANALYSIS: str
    KEY_TAKEAWAY: str
    EVIDENCE: str
    HOW_IT_WAS_MADE: str
    ONCE_MORE: str
    WITHOUT_FIGURES: str
    NO_SOURCE: str
    FIGURE: str
    LEGEND_OF_ERRORS: str

    def penalty(self, tried: of_analysis.Tried) -> str: ...
    def title(self, tried: Sequence[of_analysis.Tried]) -> str: ...
    def objective(self, made: of_analysis.Made) -> str: ...
    def trained(self, made: of_analysis.Made) -> str: ...
    def analysis(self, case: of_analysis.AnalysisCase) -> str: ...
    def takeaway(self, case: of_analysis.TakeawayCase) -> str: ...


class Words(NamedTuple):
    """A language; ``direction`` is that of its lines, as in HTML."""

    lang: str
    direction: Literal["ltr", "rtl"]
    answers: Answers
    verdicts: Verdicts
    findings: Findings
    notes: Notes
    names: Names
    provenance: Provenance
    document: Document


ENGLISH = Words("en", "ltr", en.answer, en.verdicts, en.findings, en.notes, en.names, en.provenance, en.document)
EGYPTIAN = Words("ar", "rtl", ar.answer, ar.verdicts, ar.findings, ar.notes, ar.names, ar.provenance, ar.document)

LANGUAGES = {words.lang: words for words in (ENGLISH, EGYPTIAN)}


def words(lang: str) -> Words:
    """Return a language by its code.

    Raises:
        InputError: there is no such language.
    """
    if lang in LANGUAGES:
        return LANGUAGES[lang]
    known = " or ".join(LANGUAGES)
    raise InputError(f"a language out of {', '.join(LANGUAGES)}", received=repr(lang), remedy=f"Choose {known}.")
