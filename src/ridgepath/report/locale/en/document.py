"""The task's document in English: what was asked, done and found, each sentence true to the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from ridgepath.penalties import format_strength
from ridgepath.report.cases import analysis as cases
from ridgepath.report.families import Difference
from ridgepath.report.formatting import spread_of
from ridgepath.report.locale.en.findings import REASONS, figures
from ridgepath.report.locale.en.numbers import listed, with_interval
from ridgepath.report.locale.en.verdicts import would_decide
from ridgepath.statistics.claims import Claim, Key
from ridgepath.statistics.diagnosis import State
from ridgepath.texts import write_count

OBJECTIVE, CODE_USED, RESULTS = "Objective", "Code Used", "Results"
SHORT_ANALYSIS, KEY_TAKEAWAY, EVIDENCE = "Short Analysis", "Key Takeaway", "All the evidence"
HOW_IT_WAS_MADE, WITHOUT_FIGURES = "How it was made", "Trials without figures"
ONCE_MORE = "The same once more, as study.toml"
NO_SOURCE = "The source of the network builder is not to be had."
FIGURE = "Validation and training data loss against strength"
LEGEND_OF_ERRORS = "Mean ± standard error."

_NAMES: dict[cases.Penalty, str] = {"l1": "L1", "l2": "L2", "dropout": "dropout", "weight_decay": "weight decay"}
_MEANS: dict[cases.Penalty, str] = {
    "l1": "L1 regularization adds a penalty proportional to the sum of absolute weights to the loss, which pulls all "
    "weights towards 0 with the same force",
    "l2": "L2 regularization adds a penalty proportional to the sum of squared weights to the loss, which pulls large "
    "weights towards 0 most",
    "dropout": "Dropout leaves out some of the outputs of a layer, others in every step, so that no unit can rely on "
    "any other",
    "weight_decay": "Weight decay takes a part off every weight in each step of the optimizer, beside the loss",
    "other": "What varies is an argument of the network",
}
_SUPPORTED: dict[Key, str] = {
    "smaller weights": "Larger strengths made the weights smaller",
    "narrower gap": "It narrowed the gap between training and validation",
    "better generalization": "It improved generalization",
    "too much underfits": "Too much of it underfits: both losses rose",
    "too little overfits": "Too little of it did not prevent overfitting: both curves have turned",
    "sparser weights": "It made the weights sparser",
    "balance": "The optimizer does balance data loss and penalty: neither is more than twice the other in its updates",
    "less sensitive": "Smaller weights made the network less sensitive to small changes of its input",
    "dropout differs": "It is L2, not dropout, that made the weights small",
}
_CONTRADICTED: dict[Key, str] = {
    "smaller weights": "Contrary to the textbook, larger strengths made the weights larger",
    "narrower gap": "Contrary to the textbook, the gap between training and validation widened",
    "better generalization": "Contrary to the textbook, it did not improve generalization here",
    "too much underfits": "Too much of it did harm without underfitting: the training data were fitted better, and yet "
    "validation data loss rose",
    "too little overfits": "Even the smallest strength prevented overfitting: its curve is still falling",
    "sparser weights": "Contrary to what is often said, it left fewer weights near zero",
    "balance": "The optimizer does not balance data loss and penalty: somewhere one is more than twice the other "
    "in its "
    "updates",
    "less sensitive": "Contrary to the textbook, smaller weights made the network more sensitive",
    "dropout differs": "Contrary to the textbook, dropout made the weights smaller than L2 did",
}
_WHETHER: dict[Key, str] = {
    "smaller weights": "Whether a larger strength makes the weights smaller",
    "narrower gap": "Whether it narrows the gap between training and validation",
    "better generalization": "Whether it improves generalization",
    "too much underfits": "Whether too much of it underfits",
    "too little overfits": "Whether too little of it lets the network overfit",
    "sparser weights": "Whether it makes the weights sparser",
    "balance": "Whether the optimizer balances data loss and penalty",
    "less sensitive": "Whether smaller weights make the network less sensitive",
    "dropout differs": "Whether it is L2 rather than dropout that makes the weights small",
}


def penalty(tried: cases.Tried) -> str:
    """Name a variant as people call it."""
    return _NAMES.get(tried.penalty, tried.variant)


def title(tried: Sequence[cases.Tried]) -> str:
    """Write the title of the document."""
    named = listed([penalty(each) for each in tried])
    return f"{named[:1].upper()}{named[1:]} regularization"


def objective(made: cases.Made) -> str:
    """Say what was asked."""
    ranges = listed([f"{penalty(each)} ({_strengths(each.strengths)})" for each in made.tried])
    return (
        f"Compare model performance at different strengths of {ranges}, to understand how they affect generalization "
        f"on {made.data.name}, and which differences are more than noise."
    )


def trained(made: cases.Made) -> str:
    """Say what was trained."""
    length = f"{write_count(made.epochs, 'epoch')} and batches of {made.batch_size:,}"
    return (
        f"{_networks(made)}: every strength with {_seeds(made)}, {length}, on "
        f"{write_count(made.data.train, 'example')}. Strengths are compared on validation data loss, which does not "
        "contain the penalty."
    )


def _seeds(made: cases.Made) -> str:
    seeds = write_count(made.seeds, "seed")
    return seeds if made.fewest == made.seeds else f"{made.fewest} to {seeds}"


def _networks(made: cases.Made) -> str:
    if made.networks < made.planned:
        return f"{made.networks:,} of {write_count(made.planned, 'network')} were trained to the end"
    return f"{write_count(made.networks, 'network')} {'was' if made.networks == 1 else 'were'} trained"


def analysis(case: cases.AnalysisCase) -> str:
    """Phrase one sentence of the analysis."""
    match case:
        case cases.Means(tried):
            named = f", {tried.variant}" if tried.penalty == "other" else ""
            return f"{_MEANS[tried.penalty]}{named}."
        case cases.Shown(against, states):
            shown = "; ".join(f"{_each_of(strengths)} {_DOES.get(state, state)}" for state, strengths in states)
            return f"Held against strength {format_strength(against)}: {shown}."
        case cases.NothingSure(against):
            return (
                f"No strength surely changes training loss, validation loss or gap against {format_strength(against)}."
            )
        case cases.Checked(claim):
            return _checked(claim)
        case cases.NothingToTell():
            return "It takes two seeds and two strengths at least to say what it does; these data cannot."


_DOES: dict[State, str] = {"no sure change": "makes no sure change", "not known": "cannot be judged"}


def _each_of(strengths: Sequence[float]) -> str:
    return f"{'each of ' * (len(strengths) > 1)}{listed(_written(strengths))}"


def _checked(claim: Claim) -> str:
    if claim.reason == "not surely too much":
        return f"Underfitting was not surely seen: {REASONS[claim.reason]} ({figures(claim)})."
    if claim.reason == "does not surely overfit without":
        return f"Overfitting was not surely seen without it: {REASONS[claim.reason]} ({figures(claim)})."
    if claim.reason is not None:
        return f"{_WHETHER[claim.key]} is open: {figures(claim)}; {REASONS[claim.reason]}."
    said = _SUPPORTED if claim.verdict == "supported" else _CONTRADICTED
    return f"{said[claim.key]} ({figures(claim)})."


def takeaway(case: cases.TakeawayCase) -> str:
    """Phrase one sentence of what is to be remembered."""
    match case:
        case cases.Helps(found):
            better = f"{_of(found.strength[1], start=True)} generalizes better than {_of(found.against[1])}"
            return f"{better}, and that is no noise: {_difference(found)}."
        case cases.MakesNoDifference(found):
            return (
                f"The lowest, {_of(found.strength[1])}, is as good as {_of(found.against[1])}; on these data nothing "
                f"that matters was gained: {_difference(found)}."
            )
        case cases.Open(found, remedy):
            whether = f"Whether {_of(found.strength[1])}, the lowest, is better than {_of(found.against[1])} is open"
            return f"{whether}: {'; '.join(filter(None, (_difference(found), would_decide(remedy))))}."
        case cases.SmallestIsBest(strength):
            if strength == 0:
                return "Strength 0, none of it, is best here, contrary to the textbook: all above 0 are surely worse."
            return f"{_of(strength, start=True)}, the smallest, is best here: every larger one is surely worse."
        case cases.SmallestIsLowest(strength, worse):
            others = f"{listed(_written(worse))} surely worse, the others not" if worse else "none is surely worse"
            return f"No larger strength improved on {_of(strength)}, which has the lowest loss; {others}."
        case cases.NotComparable(strength):
            return f"{_of(strength, start=True)} has the lowest loss, but there is nothing to hold it against."
        case cases.NoAnswer():
            return "There is no answer yet."
        case cases.AloneItWouldBe(verdict):
            gain = "some gain is sure" if verdict == "supported" else "every gain is surely below one standard error"
            return f"Taken alone, {gain}; the comparison must hold together with all others, and leaves it open."
        case cases.BothSides(too_much, too_little):
            return f"Too strong: {_side(too_much, 'underfitting')}. Too weak: {_side(too_little, 'overfitting')}."


def _difference(found: Difference) -> str:
    return f"difference in data loss {with_interval(spread_of(found))}"


def _side(claim: Claim, name: str) -> str:
    match claim.verdict:
        case "supported":
            return f"{name} was seen at {_seen_at(claim)}"
        case "contradicted":
            return f"there was no {name} at {format_strength(claim.figures[-1].strength or 0.0)}"
        case "undecided":
            return f"{name} was not surely seen"


def _seen_at(claim: Claim) -> str:
    return listed(list(dict.fromkeys(format_strength(f.strength) for f in claim.figures if f.strength is not None)))


def _strengths(strengths: Sequence[float]) -> str:
    return ", ".join(_written(strengths))


def _written(strengths: Sequence[float]) -> list[str]:
    return [format_strength(each) for each in strengths]


def _of(strength: float, *, start: bool = False) -> str:
    return f"{'Strength' if start else 'strength'} {format_strength(strength)}"
