"""The comparisons in English."""

from __future__ import annotations

from ridgepath.penalties import format_strength
from ridgepath.report.cases import verdicts as cases
from ridgepath.report.formatting import write_number
from ridgepath.report.locale.en.names import measure
from ridgepath.statistics.comparison import Verdict
from ridgepath.statistics.variance import Covers
from ridgepath.texts import write_count

IS_THE_DIFFERENCE_REAL, WHICH_VARIANT = "Is the difference real?", "Which variant?"

DIFFERENCE_COLUMNS: tuple[str, ...] = ("difference", "95% interval", "p", "verdict", "would decide")
CHOICE = "choice"


def verdict(found: Verdict) -> str:
    """Write a verdict in a word."""
    return found


def would_decide(remedy: cases.Remedy) -> str:
    """Say in a sentence what would decide an open comparison; nothing where it is not open, or cannot be compared."""
    match remedy:
        case cases.Decided() | cases.NoCommonSeed():
            return ""
        case cases.MoreSeeds():
            return "one seed decides nothing: add seeds"
        case cases.SeedsWould(seeds):
            return f"about {write_count(seeds, 'seed')} in all would decide it"
        case cases.ExamplesWould(examples):
            would = f"about {write_count(examples, 'validation example')} would"
            return f"more seeds alone would not decide it, {would}"
        case cases.NotBySeeds():
            return "more seeds alone would not decide it"
        case cases.NeitherAlone():
            return "neither more seeds nor more examples alone would decide it"


def would_decide_cell(remedy: cases.Remedy) -> str:
    """Say in a cell of a table what would decide an open comparison."""
    match remedy:
        case cases.Decided():
            return ""
        case cases.NoCommonSeed():
            return "no common seed"
        case cases.MoreSeeds():
            return "more seeds"
        case cases.SeedsWould(seeds):
            return f"~{write_count(seeds, 'seed')}"
        case cases.ExamplesWould(examples):
            return f"~{write_count(examples, 'example')}"
        case cases.NotBySeeds():
            return "not by seeds"
        case cases.NeitherAlone():
            return "neither alone"


def heading(case: cases.Heading) -> str:
    """Write the heading of a table of comparisons."""
    match case:
        case cases.AgainstSmallest(strength):
            return f"Against strength {format_strength(strength)}"
        case cases.AgainstLowest(strength):
            return f"Against strength {format_strength(strength)}, the lowest"
        case cases.BetweenChoices():
            return "The choices of the variants, each against each"


def pair(first: str, second: str) -> str:
    """Name a comparison by the two that are compared."""
    return f"{first} against {second}"


def margin(case: cases.Margin) -> str:
    """Say what is called equivalent."""
    match case:
        case cases.MarginSet(width):
            within = f"±{write_number(width, digits=2)}"
            return f"Equivalent: the interval lies within {within}, the margin that you set."
        case cases.MarginOfSecond():
            return "Equivalent: the interval lies within one standard error of the mean of the second."
        case cases.MarginUnknown():
            return "Nothing can be called equivalent, for the margin, one standard error of a mean, is not known."
        case cases.MarginOfMean(width, strength):
            within = f"±{write_number(width, digits=2)}, one standard error of the mean"
            return f"Equivalent: the interval lies within {within} at strength {format_strength(strength)}."


def reading(case: cases.Reading) -> str:
    """Say how a table of comparisons is to be read."""
    match case:
        case cases.Differences(compared, larger_is_better, by_example, covers):
            direction = "a positive one is better" if larger_is_better else "a negative one is better"
            paired = "seed and example" if by_example else "seed"
            return (
                f"Differences in {measure(compared)}, paired by {paired}; {direction}. The intervals of all "
                f"comparisons hold together with 95% and cover {_noise(covers)}."
            )
        case cases.Forecasts():
            return "A number with ~ forecasts how many in all would decide, with 80% chance."
        case cases.SeedsLeftOut(seeds):
            most = write_count(seeds, "seed")
            return f"Up to {most} did not enter: one of the two was not trained there, or has no finite value."
        case cases.FurtherLooks(looks):
            return (
                "Seeds were added until comparisons were decided: the k-th look at a comparison uses 1/(k(k+1)) of the "
                f"5%, so that the intervals of all looks hold together; here up to look {looks}."
            )


def _noise(covers: tuple[Covers, ...]) -> str:
    return " or ".join("no noise" if noise == "none" else f"the noise of {noise}" for noise in covers)
