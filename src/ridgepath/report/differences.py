"""Is the difference real? Every strength against none, paired by seed and example."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from ridgepath.penalties import format_strength
from ridgepath.report.estimates import Estimate
from ridgepath.report.formatting import write_count, write_estimate, write_interval
from ridgepath.results import DONE, Results
from ridgepath.statistics.comparison import Comparison, compare
from ridgepath.study import Study, Variant

Point = tuple[str, float]
"""A variant and one of its strengths."""

Difference = Comparison[Point]


def differences(study: Study, results: Results) -> tuple[Difference, ...]:
    """Compare, in each variant, every strength with the smallest one on validation data loss.

    The smallest is 0 unless the user said no. The intervals of all variants hold together with 95%: each variant is a
    family with its share of the 5%. A study without trials has no comparisons.
    """
    if results.trials.empty:
        return ()
    share = 1 / len(study.variants)
    compared: list[Difference] = []
    for variant in study.variants:
        labels = [(variant.name, strength) for strength in variant.strengths]
        table = _losses(study, results, variant)
        compared.extend(compare(labels, table, baseline=labels[0], share=share))
    return tuple(compared)


def _losses(study: Study, results: Results, variant: Variant) -> np.ndarray:
    """Return the validation losses of a variant, (strength, seed, example), NaN where a trial is missing."""
    losses = results.example_losses["validation"]
    table = np.full((len(variant.strengths), len(study.seeds), losses.shape[1]), np.nan, np.float32)
    rows = {strength: row for row, strength in enumerate(variant.strengths)}
    columns = {seed: column for column, seed in enumerate(study.seeds)}
    keys = results.trials[["variant", "strength", "seed", "status"]].itertuples(index=False, name=None)
    for (name, strength, seed, status), of_trial in zip(keys, losses, strict=True):
        if name == variant.name and status == DONE and strength in rows and seed in columns:
            table[rows[strength], columns[seed]] = of_trial
    return table


def describe(difference: Difference) -> str:
    """Say in a line what a comparison found, and what would decide it if it is open."""
    strength, against = (format_strength(point[1]) for point in (difference.strength, difference.against))
    between = f"{strength} against {against}"
    if not math.isfinite(difference.difference):
        return f"{between}: undecided; they have no seed in common."
    estimate = Estimate(
        difference.difference, difference.standard_error, difference.low, difference.high, difference.seeds
    )
    found = f"{between}: {difference.verdict}; difference {write_estimate(estimate)}"
    if not math.isfinite(difference.low):
        return f"{found}, no interval from one seed; add seeds."
    p = "p < 0.001" if difference.p_value < 0.001 else f"p = {difference.p_value:.2g}"
    return f"{found}, 95% interval {write_interval(estimate)}, {p}.{_what_would_decide(difference)}"


def _what_would_decide(difference: Difference) -> str:
    if difference.verdict != "undecided":
        return ""
    if difference.seeds_needed is not None:
        return f" About {write_count(_rounded(difference.seeds_needed), 'seed')} in all would decide it."
    if difference.examples_needed is not None:
        examples = write_count(_rounded(difference.examples_needed), "validation example")
        return f" More seeds alone would not decide it; about {examples} would."
    return " Neither more seeds nor more examples alone would decide it."


def _rounded(count: int) -> int:
    """Keep two digits: a forecast is no more exact than that."""
    return int(float(f"{count:.1e}")) if count >= 100 else count


def explain(found: Sequence[Difference]) -> str | None:
    """Say how the comparisons of one variant are to be read; nothing where there is none."""
    if not found:
        return None
    first = found[0]
    weakest = format_strength(first.against[1])
    return (
        f"Differences in validation data loss from strength {weakest}, paired by seed and example; a negative one is "
        f"better. The intervals hold together and cover {_noise(found)}. Equivalent: the interval "
        f"lies within ±{first.margin:.2g}, one standard error of the mean at strength {weakest}."
    )


def _noise(found: Sequence[Difference]) -> str:
    noises = dict.fromkeys(difference.covers for difference in found)
    return " or ".join({"none": "no noise"}.get(noise, f"the noise of {noise}") for noise in noises)
