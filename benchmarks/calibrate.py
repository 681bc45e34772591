"""Check the statistics on studies whose truth is known.

    python benchmarks/calibrate.py            about twenty minutes on one core
    python benchmarks/calibrate.py --quick    about two minutes: fewer settings and draws

Draws studies of 2 to 20 seeds and 100 to 10,000 validation examples and prints, beside its target: how often the 95%
intervals of a mean hold its true value, how often a study without any difference calls a strength better or
worse, how often a real difference is found, how often a difference as large as the margin is called equivalent, how far
off the forecast of seeds is, how far off the figure of the chosen strength, how often learners that are
really trained on overlapping training sets are falsely called different, and how often anything is wrong in studies
that add seeds until they are decided. Exits with 1 if a target is missed by more than three standard errors of the
simulation. :mod:`known_truth`, :mod:`trained_learners` and :mod:`known_looks` say what is drawn.
"""

from __future__ import annotations

import argparse
import sys
import time
from dataclasses import dataclass

import numpy as np
from known_looks import look_again
from known_truth import (
    Rate,
    Shares,
    coverage,
    false_equivalence,
    false_rates,
    findings,
    forecasts,
    selection_bias,
)
from trained_learners import LEARNERS, false_differences

SHARES: dict[str, Shares] = {
    "seeds": (0.90, 0.08, 0.02),
    "examples": (0.05, 0.90, 0.05),
    "rest": (0.10, 0.10, 0.80),
    "mixed": (0.40, 0.40, 0.20),
}
"""Where the noise comes from: parts of the variance of a mean from seeds, examples and the rest."""

STRENGTHS = 6
POOL = 100
"""Examples that every seed divides into training and validation."""


@dataclass(frozen=True)
class Plan:
    """How much is drawn: numbers of draws hold for studies of 100 examples, larger ones get fewer."""

    seeds: tuple[int, ...]
    examples: tuple[int, ...]
    studied: tuple[tuple[str, int], ...]
    means: int
    studies: int
    forecasts: int

    def draws(self, most: int, numbers: int) -> int:
        """Return how many studies with so many numbers to draw; at least 300."""
        return max(300, min(most, most * 20_000 // numbers))


FULL = Plan(
    seeds=(2, 3, 4, 5, 10, 20),
    examples=(100, 1_000, 10_000),
    studied=(("light", 100), ("light", 1_000), ("heavy", 100)),
    means=4_000,
    studies=1_000,
    forecasts=1_000,
)
QUICK = Plan(
    seeds=(2, 5, 20), examples=(100, 1_000), studied=(("light", 100),), means=1_000, studies=300, forecasts=300
)


class Table:
    """Prints what was found beside its target, and counts the targets that were missed."""

    def __init__(self) -> None:
        self.missed = 0

    def title(self, text: str) -> None:
        print(f"\n{text}")

    def line(self, text: str, *, met: bool = True) -> None:
        self.missed += not met
        print(f"  {text}{'' if met else '   MISSED'}", flush=True)


def print_coverage(plan: Plan, table: Table, generator: np.random.Generator) -> None:
    table.title(
        "Coverage of the 95% interval of a mean, lowest to highest over the four sources of noise\n"
        "  target: 93% to 97% from 5 seeds on, at least 93% below"
    )
    for tails in ("light", "heavy", "skewed"):
        for seeds in plan.seeds:
            cells, met = [], True
            for examples in plan.examples:
                draws = plan.draws(plan.means, seeds * examples) * (5 if tails == "light" else 1)
                rates = [
                    coverage(shares, (seeds, examples), tails, draws=draws, generator=generator)
                    for shares in SHARES.values()
                ]
                met &= all(rate.within(0.93, 0.97 if seeds >= 5 else 1.0) for rate in rates)
                cells.append(f"{examples:>6} examples {span(rates)}")
            table.line(f"{tails:<7} {seeds:>2} seeds  " + "   ".join(cells), met=met)


def percent(rate: Rate) -> str:
    return f"{100 * rate.value:5.1f}%"


def span(rates: list[Rate]) -> str:
    values = [100 * rate.value for rate in rates]
    return f"{min(values):5.1f}-{max(values):5.1f}%"


def print_false_rates(plan: Plan, table: Table, generator: np.random.Generator) -> None:
    table.title(
        f"Studies of {STRENGTHS} strengths without any difference that call one better or worse\n"
        "  target: at most 5% of studies, by comparisons with 0 (3 of the 5%) and with the smallest mean (2) together"
    )
    sources = [(shares, 0.0) for shares in SHARES.values()] + [(SHARES["mixed"], 0.9)]
    for tails, examples in plan.studied:
        for seeds in plan.seeds:
            draws = plan.draws(plan.studies, seeds * examples * STRENGTHS)
            size = STRENGTHS, seeds, examples
            found = [false_rates(s, size, tails, alike=a, draws=draws, generator=generator) for s, a in sources]
            together = [f.either for f in found]
            table.line(
                f"{tails:<7} {seeds:>2} seeds {examples:>6} examples   together {span(together)}   "
                f"with 0 {span([f.against_zero for f in found])}   "
                f"with the smallest {span([f.against_minimum for f in found])}",
                met=all(rate.within(0.0, 0.05) for rate in together),
            )


def print_findings(plan: Plan, table: Table, generator: np.random.Generator) -> None:
    table.title(
        f"Studies of {STRENGTHS} strengths, half of them worse by 4 standard errors of a difference\n"
        "  target: all intervals hold in at least 95%, a wrong verdict in at most 5%; power is shown beside"
    )
    for seeds in plan.seeds:
        for source, shares in SHARES.items():
            draws = plan.draws(plan.studies, seeds * 100 * STRENGTHS)
            found = findings(shares, (STRENGTHS, seeds, 100), "light", effect=4.0, draws=draws, generator=generator)
            table.line(
                f"{seeds:>2} seeds, noise from {source:<9} all hold {percent(found.all_hold)}   "
                f"wrong {percent(found.wrong)}   power {percent(found.found)}",
                met=found.all_hold.within(0.95, 1.0) and found.wrong.within(0.0, 0.05),
            )


def print_equivalence(plan: Plan, table: Table, generator: np.random.Generator) -> None:
    table.title("Two strengths whose difference is the margin, called equivalent\n  target: at most 5%")
    for seeds in plan.seeds:
        draws = plan.draws(plan.studies, seeds * 200)
        rates = [
            false_equivalence(shares, (seeds, 100), draws=draws, generator=generator) for shares in SHARES.values()
        ]
        table.line(f"{seeds:>2} seeds   {span(rates)}", met=all(rate.within(0.0, 0.05) for rate in rates))


def print_forecasts(plan: Plan, table: Table, generator: np.random.Generator) -> None:
    table.title(
        "Forecast of the seeds needed, by studies of 1,000 examples that did not decide\n"
        "  target: a study of the true number decides in at least 80%; how the forecasts turn out is shown beside"
    )
    for seeds in plan.seeds[:-1]:
        for source, effect in (("seeds", 1.6), ("rest", 1.6), ("mixed", 2.4)):
            told = forecasts(SHARES[source], (seeds, 1_000), effect=effect, draws=plan.forecasts, generator=generator)
            low, middle, high = told.ratio
            table.line(
                f"{seeds:>2} seeds, noise from {source:<6} true number {told.truth:>3} decides {percent(told.decided)} "
                f"forecast/true: median {middle:.2f}, 10-90% {low:.2f}-{high:.2f}   "
                f"decides {percent(told.kept)}   none {percent(told.without)}",
                met=told.decided.within(0.8, 1.0),
            )


def print_selection(plan: Plan, table: Table, generator: np.random.Generator) -> None:
    table.title(
        "How far the mean of the chosen strength lies from its truth, in standard errors, all strengths equal\n"
        "  target: corrected, at most half as far as uncorrected"
    )
    for strengths in (4, 10):
        for seeds in plan.seeds[:: len(plan.seeds) // 2]:
            for source, shares in SHARES.items():
                seen, corrected = selection_bias(
                    shares, (strengths, seeds, 200), draws=plan.studies, generator=generator
                )
                table.line(
                    f"{strengths:>2} strengths, {seeds:>2} seeds, noise from {source:<9} {seen:5.2f} as seen, "
                    f"{corrected:5.2f} corrected",
                    met=abs(corrected) <= abs(seen) / 2,
                )


def print_splits(plan: Plan, table: Table, generator: np.random.Generator) -> None:
    table.title(
        f"Two settings of a learner that is trained on splits of {POOL} examples, without any difference, "
        "called different\n"
        "  target: at most 5%, of 2 seeds 7%; the plain t-test beside, and the spread of differences over their error"
    )
    ways = [("redrawn", seeds) for seeds in plan.seeds]
    for learner in LEARNERS:
        for validation, seeds in (*ways, ("folds:5", 5), ("folds:5", 20), ("folds:10", 10), ("folds:10", 50)):
            found = false_differences(learner, validation, seeds, pool=POOL, draws=plan.studies, generator=generator)
            table.line(
                f"{learner:<10} {validation:<8} {seeds:>2} seeds   {percent(found.corrected)}   "
                f"plain t {percent(found.plain)}   spread/error {found.spread:.2f}",
                met=found.corrected.within(0.0, 0.05 if seeds > 2 else 0.07),
            )


def print_looks(plan: Plan, table: Table, generator: np.random.Generator) -> None:
    table.title(
        f"Studies of {STRENGTHS} strengths that add seeds, doubling, to what is open: an interval wrong at any look\n"
        "  target: at most 5% of studies; with the whole 5% at every look, power and trials saved beside"
    )
    for first, most in ((2, 16), (5, 40)):
        for source, shares in SHARES.items():
            for effect in (0.0, 5.0):
                size, draws = (STRENGTHS, first, 100), plan.studies // 4
                seen = look_again(shares, size, most=most, effect=effect, draws=draws, generator=generator)
                table.line(
                    f"{first} to {most:>2} seeds, noise from {source:<9} effect {effect:.0f}   "
                    f"wrong {percent(seen.wrong)}   undivided {percent(seen.undivided)}   "
                    f"power {percent(seen.decided)}   trials {seen.trials:.0%}",
                    met=seen.wrong.within(0.0, 0.05),
                )


def main() -> int:
    parser = argparse.ArgumentParser(description="Check the statistics on studies whose truth is known.")
    parser.add_argument("--quick", action="store_true", help="fewer settings and draws")
    parser.add_argument("--seed", type=int, default=0, help="of the simulation")
    arguments = parser.parse_args()
    plan, table, generator = QUICK if arguments.quick else FULL, Table(), np.random.default_rng(arguments.seed)
    start = time.perf_counter()
    for part in (
        print_coverage,
        print_false_rates,
        print_findings,
        print_equivalence,
        print_forecasts,
        print_selection,
        print_splits,
        print_looks,
    ):
        part(plan, table, generator)
    print(f"\n{table.missed} targets missed; {time.perf_counter() - start:.0f} seconds")
    return 1 if table.missed else 0


if __name__ == "__main__":
    sys.exit(main())
