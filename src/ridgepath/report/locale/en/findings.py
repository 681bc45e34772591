"""Under- and overfitting, and the claims, in English."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from ridgepath.penalties import format_strength
from ridgepath.report.cases import findings as cases
from ridgepath.report.formatting import MISSING, spread_of_evidence, write_estimate, write_interval
from ridgepath.report.locale.en import names
from ridgepath.statistics.claims import Claim, Figure, Key, Reason, Unit
from ridgepath.statistics.claims import Verdict as ClaimVerdict
from ridgepath.statistics.diagnosis import State
from ridgepath.statistics.evidence import Interval
from ridgepath.statistics.turning import Course, Turning
from ridgepath.texts import write_count

UNDER_AND_OVERFITTING, THE_CLAIMS = "Under- and overfitting", "What is claimed, checked on these data"
SHIFT_COLUMNS: tuple[str, ...] = ("strength", "training data loss", "validation data loss", "gap", "in a word")
CLAIM_COLUMNS: tuple[str, ...] = ("claim", "verdict", "figures")
OVER_THE_EPOCHS = "Validation data loss over the epochs"

CLAIMS: dict[Key, str] = {
    "smaller weights": "A larger strength gives smaller weights",
    "narrower gap": "It narrows the gap between training and validation",
    "better generalization": "It improves generalization",
    "too much underfits": "Too much of it underfits",
    "too little overfits": "Too little of it does not prevent overfitting",
    "sparser weights": "It makes the weights sparser",
    "balance": "The optimizer balances data loss and penalty",
    "less sensitive": "Smaller weights make the network less sensitive to small changes of its input",
    "dropout differs": "L2 and dropout work differently: it is L2 that makes the weights small",
}

REASONS: dict[Reason, str] = {
    "too few strengths": "it takes two strengths with finished trials",
    "too few seeds": "it takes two seeds at least",
    "no strength 0": "the study has no trial at strength 0 to hold it against",
    "not recorded": "not recorded in this study, or not known for its network and optimizer",
    "noise": "the interval leaves it open",
    "no change": "nothing changes",
    "a step goes the other way": "between two neighbouring strengths it surely goes the other way",
    "not surely too much": "the largest strength tried is not surely too much",
    "does not surely overfit without": "at strength 0 the validation data loss has not surely turned",
    "no penalty": "this variant adds no penalty to the loss",
    "no dropout and l2": "the study has no trials of variants named dropout and l2",
}

STATES: dict[State, str] = {
    "regularizes": "training data loss rises and yet validation data loss falls: the smallest strength overfits",
    "underfits": "training and validation data loss both rise",
    "overfits": "training data loss falls and yet validation data loss rises",
    "fits better": "training and validation data loss both fall",
    "generalizes better": "validation data loss falls, training data loss is open",
    "generalizes worse": "validation data loss rises, training data loss is open",
    "narrows the gap": "the gap falls, validation data loss is open: no sure gain",
    "widens the gap": "the gap rises, validation data loss is open",
    "fits the training data less": "training data loss rises, all else is open",
    "fits the training data more": "training data loss falls, all else is open",
    "no sure change": "all is open",
    "not known": "it takes two seeds with finite losses",
}

UNITS: dict[Unit, str] = {
    "loss": "",
    "%": "%",
    "percentage points": " percentage points",
    "share": "",
    "% a %": "% per 1%",
}
_NAMES = {
    "near_zero": "share of weights with |w| < 0.001",
    "update_share": "share of the penalty in the update",
    "gradient_share": "share of the penalty in the gradient",
    "gap": "gap",
    "rise": "rise of validation data loss after its lowest epoch",
    "margin": "every gain is surely below one standard error of the mean",
    "slope": "sensitivity over L2 norm of the weights",
}


def claim(key: Key) -> str:
    """Write a claim."""
    return CLAIMS[key]


def claim_verdict(found: ClaimVerdict) -> str:
    """Write the verdict on a claim in a word."""
    return found


def state(found: State) -> str:
    """Write a change in a word."""
    return found


def course(found: Course) -> str:
    """Write the course over the epochs in a word."""
    return found


def grounds(found: Claim) -> str:
    """Write the figures on which a verdict rests, and the reason where it is open."""
    reason = "" if found.reason is None else REASONS[found.reason]
    return _sentence("; ".join(filter(None, (figures(found), reason))))


def figures(found: Claim) -> str:
    """Write the figures of a claim, measure by measure."""
    return "; ".join(
        f"{_NAMES.get(measure) or names.measure(measure)}: {_several(found.key, of_measure)}"
        for measure, of_measure in groupby(found.figures, key=lambda figure: figure.measure)
    )


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."


def _several(key: Key, figures: Iterable[Figure]) -> str:
    return ", ".join(f"{interval(figure.interval, figure.unit)}{_where(key, figure)}" for figure in figures)


def _where(key: Key, figure: Figure) -> str:
    strengths = [format_strength(each) for each in (figure.strength, figure.against) if each is not None]
    if key == "dropout differs":
        return " with l2 {} against dropout {}, each relative to its strength 0".format(*strengths)
    return f" at {' against '.join(strengths)}" if strengths else ""


def interval(found: Interval, unit: Unit = "loss") -> str:
    """Write a mean with the ends of its interval: ``-0.0153 (-0.035 to 0.005)``."""
    spread = spread_of_evidence(found)
    mean, ends = write_estimate(spread).mean, write_interval(spread)
    after = UNITS[unit].replace("points", "point") if mean in ("1", "-1") else UNITS[unit]
    return f"{mean}{after}" + (f" ({ends})" if ends != MISSING else "")


def lowest_epoch(turning: Turning) -> str:
    """Write the epoch of the lowest mean with its interval."""
    if turning.epoch is None:
        return MISSING
    return f"{turning.epoch}" if turning.low is None else f"{turning.epoch} ({turning.low} to {turning.high})"


def shifts_heading(against: float) -> str:
    """Write the heading of the changes against the smallest strength."""
    return f"Change of the data losses against strength {format_strength(against)}"


def course_columns(last: int) -> tuple[str, ...]:
    """Write the headings of the courses over so many epochs."""
    return ("strength", "lowest at epoch", f"rise to epoch {last}", "course")


def findings_reading(case: cases.FindingsReading) -> str:
    """Say how the tables, or the claims, are to be read."""
    match case:
        case cases.ShiftsReading(seeds, noise, examples, states):
            meanings = _sentence("; ".join(f"{each}: {STATES[each]}" for each in states))
            return (
                f"↑ surely rises, ↓ surely falls, ? not sure: changes paired by seed, over {_seeds(seeds)}, with 95% "
                f"intervals that all hold together. {_shift_noise(noise, examples)} {meanings}"
            )
        case cases.CoursesReading(seeds, divided):
            noise_of = _seeds(seeds) + (" with splits of their own" if divided else ", on these validation examples")
            return (
                f"Over the epochs (95% intervals; the noise of {noise_of}): turned: the rise is surely above 0, "
                "whichever epoch was lowest; still falling: the last epoch is surely the lowest."
            )
        case cases.ClaimsReading(seeds, covers):
            return (
                f"In brackets: 95% intervals from {_seeds(seeds)}, paired by seed; those of one claim hold together, "
                "so each claim is wrongly supported or contradicted in at most 5% of studies. They cover the noise of "
                f"{' or of '.join(covers)}."
            )
        case cases.NothingCanBeDecided():
            return "Nothing here has an interval, so no claim can be decided."


def _seeds(counts: cases.SeedCounts) -> str:
    most = write_count(counts.most, "seed")
    return most if counts.fewest == counts.most else f"{counts.fewest} to {most}"


def _shift_noise(noise: cases.ShiftNoise, examples: int) -> str:
    counted = write_count(examples, "validation example")
    match noise:
        case "divided":
            return "They cover the noise of seeds, examples and splits."
        case "one seed":
            return f"With one seed only those with validation data loss are known: they cover the noise of {counted}."
        case "seeds and examples":
            return (
                "Those of training data loss cover the noise of seeds, on these training examples; the others that of "
                f"seeds and of {counted}."
            )
