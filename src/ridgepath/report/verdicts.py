"""Is the difference real? The comparisons: a table a family, what would decide an open one, and how it is read."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.cases import verdicts as cases
from ridgepath.report.families import Difference, Family
from ridgepath.report.formatting import MISSING, Spread, interval_ends, spread_of, write_estimate, write_p
from ridgepath.report.locale.words import ENGLISH, Words
from ridgepath.statistics.comparison import Verdict


class VerdictTable(NamedTuple):
    """One family of comparisons as text.

    Attributes:
        margin: what is called equivalent.
        verdicts: of the rows, the same in every language.
    """

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    margin: str
    verdicts: tuple[Verdict, ...]


class Verdicts(NamedTuple):
    """The comparisons of one variant, or those between the choices of all; ``reading`` says how to read them."""

    tables: tuple[VerdictTable, ...]
    reading: str


def verdicts(families: Sequence[Family], variant: str, words: Words = ENGLISH) -> Verdicts | None:
    """Write the comparisons of one variant, or (``""``) those between the choices of all; ``None`` without any."""
    asked = [family for family in families if family.variant == variant]
    if not asked:
        return None
    reading = " ".join(words.verdicts.reading(case) for case in reading_cases(asked))
    return Verdicts(tuple(_table(family, words) for family in asked), reading)


def _table(family: Family, words: Words) -> VerdictTable:
    between, say = family.kind == "choices", words.verdicts
    rows = tuple(_row(each, words, between=between) for each in family.found)
    headings = (say.CHOICE if between else words.names.STRENGTH, *say.DIFFERENCE_COLUMNS)
    width = len(headings) - (not any(row[-1] for row in rows))
    return VerdictTable(
        say.heading(heading_case(family)),
        headings[:width],
        tuple(row[:width] for row in rows),
        say.margin(margin_case(family)),
        tuple(each.verdict for each in family.found),
    )


def _row(each: Difference, words: Words, *, between: bool) -> tuple[str, ...]:
    say, names, spread = words.verdicts, words.names, spread_of(each)
    pair = say.pair(names.named(each.strength), names.named(each.against))
    return (
        pair if between else format_strength(each.strength[1]),
        names.number(write_estimate(spread).mean),
        _interval(spread, words),
        write_p(each.p_value),
        say.verdict(each.verdict),
        say.would_decide_cell(remedy(each)),
    )


def _interval(spread: Spread, words: Words) -> str:
    ends = interval_ends(spread)
    return MISSING if ends is None else words.names.range_of(*ends)


def heading_case(family: Family) -> cases.Heading:
    """Choose the heading of a family."""
    if family.kind == "choices":
        return cases.BetweenChoices()
    against = family.found[0].against[1]
    return cases.AgainstLowest(against) if family.kind == "minimum" else cases.AgainstSmallest(against)


def remedy(each: Difference) -> cases.Remedy:
    """Choose what would decide a comparison, if it is open."""
    if each.verdict != "undecided":
        return cases.Decided()
    if not math.isfinite(each.difference):
        return cases.NoCommonSeed()
    if each.seeds < 2:
        return cases.MoreSeeds()
    if each.seeds_needed is not None:
        return cases.SeedsWould(_rounded(each.seeds_needed))
    if each.examples_needed is not None:
        return cases.ExamplesWould(_rounded(each.examples_needed))
    return cases.NotBySeeds() if each.covers == "seeds, examples and splits" else cases.NeitherAlone()


def would_decide(each: Difference, words: Words = ENGLISH) -> str:
    """Say what would decide a comparison that is open; nothing where it is not."""
    return words.verdicts.would_decide(remedy(each))


def _rounded(count: int) -> int:
    """Keep two digits: a forecast is no more exact than that."""
    return int(float(f"{count:.1e}")) if count >= 100 else count


def margin_case(family: Family) -> cases.Margin:
    """Choose what is said of the margin of a family."""
    margin = family.found[0].margin
    if family.terms.margin is not None:
        return cases.MarginSet(margin)
    if family.kind == "choices":
        return cases.MarginOfSecond()
    if not math.isfinite(margin):
        return cases.MarginUnknown()
    return cases.MarginOfMean(margin, family.found[0].against[1])


def reading_cases(families: Sequence[Family]) -> Iterator[cases.Reading]:
    """Choose what is said on how to read families of one variant."""
    terms, found = families[0].terms, [each for family in families for each in family.found]
    covers = dict.fromkeys(each.covers for each in found if math.isfinite(each.difference)) or {"none": None}
    by_example = any(each.examples > 1 for each in found)
    yield cases.Differences(terms.measure, terms.larger_is_better, by_example, tuple(covers))
    if any(each.seeds_needed or each.examples_needed for each in found):
        yield cases.Forecasts()
    if any(each.left_out for each in found):
        yield cases.SeedsLeftOut(max(each.left_out for each in found))
    last = max(each.look for each in found)
    if last:
        yield cases.FurtherLooks(last)
