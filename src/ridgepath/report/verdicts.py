"""Is the difference real? The comparisons in words: a table a family, and how it is to be read."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.families import Difference, Family, Point
from ridgepath.report.formatting import (
    MISSING,
    Spread,
    write_count,
    write_estimate,
    write_interval,
    write_number,
    write_p,
)
from ridgepath.report.measures import name_measure

_HEADINGS = ("difference", "95% interval", "p", "verdict", "would decide")


class VerdictTable(NamedTuple):
    """One family of comparisons as text; ``margin`` says what is called equivalent."""

    heading: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    margin: str


class Verdicts(NamedTuple):
    """The comparisons of one variant, or those between the choices of all; ``reading`` says how to read them."""

    tables: tuple[VerdictTable, ...]
    reading: str


def verdicts(families: Sequence[Family], variant: str) -> Verdicts | None:
    """Write the comparisons of one variant, or (``""``) those between the choices of all; ``None`` without any."""
    asked = [family for family in families if family.variant == variant]
    return Verdicts(tuple(_table(family) for family in asked), _reading(asked)) if asked else None


def _table(family: Family) -> VerdictTable:
    rows = tuple(_row(each, between=family.kind == "choices") for each in family.found)
    width = len(_HEADINGS) + any(row[-1] for row in rows)
    headings = ("choice" if family.kind == "choices" else "strength", *_HEADINGS)
    return VerdictTable(_heading(family), headings[:width], tuple(row[:width] for row in rows), _margin(family))


def _heading(family: Family) -> str:
    if family.kind == "choices":
        return "The choices of the variants, each against each"
    against = format_strength(family.found[0].against[1])
    return f"Against strength {against}" + (", the lowest" if family.kind == "minimum" else "")


def _row(each: Difference, *, between: bool) -> tuple[str, ...]:
    name = f"{named(each.strength)} against {named(each.against)}" if between else format_strength(each.strength[1])
    spread = spread_of(each)
    return (
        name,
        write_estimate(spread).mean,
        write_interval(spread),
        write_p(each.p_value),
        each.verdict,
        _remedy(each).cell,
    )


def spread_of(each: Difference) -> Spread:
    """Return the difference with its error and interval."""
    return Spread(each.difference, each.standard_error, each.low, each.high)


def named(point: Point) -> str:
    """Write a strength with its variant: ``dropout 0.3``."""
    return f"{point[0]} {format_strength(point[1])}"


class _Remedy(NamedTuple):
    """What would decide an open comparison: in a cell of a table, and in a sentence."""

    cell: str
    sentence: str


def _remedy(each: Difference) -> _Remedy:
    if each.verdict != "undecided":
        return _Remedy("", "")
    if not math.isfinite(each.difference):
        return _Remedy("no common seed", "")
    if each.seeds < 2:
        return _Remedy("more seeds", "one seed decides nothing: add seeds")
    if each.seeds_needed is not None:
        seeds = write_count(_rounded(each.seeds_needed), "seed")
        return _Remedy(f"~{seeds}", f"about {seeds} in all would decide it")
    if each.examples_needed is not None:
        count, noun = _rounded(each.examples_needed), "example"
        would = f"about {write_count(count, f'validation {noun}')} would"
        return _Remedy(f"~{write_count(count, noun)}", f"more seeds alone would not decide it, {would}")
    if each.covers == "seeds, examples and splits":
        return _Remedy("not by seeds", "more seeds alone would not decide it")
    return _Remedy("neither alone", "neither more seeds nor more examples alone would decide it")


def would_decide(each: Difference) -> str:
    """Say what would decide a comparison that is open; nothing where it is not."""
    return _remedy(each).sentence


def _rounded(count: int) -> int:
    """Keep two digits: a forecast is no more exact than that."""
    return int(float(f"{count:.1e}")) if count >= 100 else count


def _reading(families: Sequence[Family]) -> str:
    terms, found = families[0].terms, [each for family in families for each in family.found]
    direction = "a positive one is better" if terms.larger_is_better else "a negative one is better"
    paired = "seed and example" if any(each.examples > 1 for each in found) else "seed"
    sentences = [
        f"Differences in {name_measure(terms.measure)}, paired by {paired}; {direction}. "
        f"The intervals of all comparisons hold together with 95% and cover {_noise(found)}."
    ]
    if any(each.seeds_needed or each.examples_needed for each in found):
        sentences.append("A number with ~ forecasts how many in all would decide, with 80% chance.")
    if any(each.left_out for each in found):
        most = write_count(max(each.left_out for each in found), "seed")
        sentences.append(f"Up to {most} did not enter: one of the two was not trained there, or has no finite value.")
    last = max(each.look for each in found)
    if last:
        sentences.append(
            "Seeds were added until comparisons were decided: the k-th look at a comparison uses 1/(k(k+1)) of the "
            f"5%, so that the intervals of all looks hold together; here up to look {last}."
        )
    return " ".join(sentences)


def _noise(found: Sequence[Difference]) -> str:
    noises = dict.fromkeys(each.covers for each in found if math.isfinite(each.difference)) or {"none": None}
    return " or ".join({"none": "no noise"}.get(noise, f"the noise of {noise}") for noise in noises)


def _margin(family: Family) -> str:
    margin = family.found[0].margin
    if family.terms.margin is not None:
        return f"Equivalent: the interval lies within ±{write_number(margin, digits=2)}, the margin that you set."
    if family.kind == "choices":
        return "Equivalent: the interval lies within one standard error of the mean of the second."
    if not math.isfinite(margin):
        return "Nothing can be called equivalent, for the margin, one standard error of a mean, is not known."
    return (
        f"Equivalent: the interval lies within ±{write_number(margin, digits=2)}, one standard error of the mean at "
        f"strength {format_strength(family.found[0].against[1])}."
    )


def in_a_sentence(difference: Difference) -> str:
    """Write a difference with its interval: ``-0.0123 (95% interval -0.0200 to -0.0046)``."""
    spread = spread_of(difference)
    interval = write_interval(spread)
    return write_estimate(spread).mean + (f" (95% interval {interval})" if interval != MISSING else "")
