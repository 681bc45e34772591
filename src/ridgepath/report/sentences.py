"""The answer in words: each sentence is chosen by the numbers."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from ridgepath.penalties import format_strength
from ridgepath.report.families import Difference
from ridgepath.report.formatting import write_count, write_estimate, write_number, write_share
from ridgepath.report.summary import Choice, PathPoint, Summary
from ridgepath.report.verdicts import in_a_sentence, would_decide
from ridgepath.statistics.variance import Covers

TABLE_LEGEND = (
    "min: the lowest mean validation data loss; 1se: the largest strength within one standard error of it. "
    "Gap: validation minus training data loss. Best epoch: that of a trial's lowest validation data loss. "
    "Near zero: the share of weights with |w| < 0.001."
)


_DRAWN: dict[Covers, str] = {
    "seeds and examples": "seeds and validation examples",
    "seeds, examples and splits": "seeds, validation examples and splits",
    "examples": "validation examples, but not the one seed,",
    "seeds": "seeds, but not the one validation example,",
}


def answer(summary: Summary, choice: Choice) -> tuple[str, ...]:
    """Say which strengths the rules take within one variant, and on what ground; the first sentence is the headline."""
    points = {point.strength: point for point in summary.points_of(choice.variant)}
    if choice.strength_min is None:
        return (_no_answer(list(points.values())),)
    chosen = points[choice.strength_min]
    ground = f"{write_count(chosen.trials, 'seed')}, {write_count(summary.data.validation, 'validation example')}"
    if len(points) == 1:
        found = f"has a mean validation data loss of {write_estimate(chosen.estimates['val_data_loss'])}"
        return (f"{_strength(chosen.strength, start=True)}, the only one tried, {found} ({ground}).",)
    found = f"has the lowest mean validation data loss, {write_estimate(chosen.estimates['val_data_loss'])}"
    sentences = [f"{_strength(chosen.strength, start=True)} {found} ({ground})."]
    sentences.extend(_is_it_real(choice))
    sentences.extend(_larger(choice, points))
    return tuple(sentences)


def _is_it_real(choice: Choice) -> Iterator[str]:
    """Say how the lowest compares with the smallest strength; if it is that itself, how the others do."""
    found = next((each for each in choice.from_smallest if each.strength[1] == choice.strength_min), None)
    if found is not None:
        yield _verdict(found)
    elif choice.from_smallest:
        verdicts = ", ".join(f"{format_strength(each.strength[1])} {each.verdict}" for each in choice.from_smallest)
        yield f"Compared with it: {verdicts}."


def _verdict(found: Difference) -> str:
    against, difference = f"strength {format_strength(found.against[1])}", in_a_sentence(found)
    if not math.isfinite(found.difference):
        return f"It cannot be compared with {against}: they have no seed in common."
    if found.verdict == "better":
        return f"It is better than {against}, and the difference is real: {difference}."
    if found.verdict == "worse":
        return f"Yet on the seeds that both have it is worse than {against}: {difference}."
    if found.verdict == "equivalent":
        margin = write_number(found.margin, digits=2)
        return f"It is equivalent to {against}: the difference, {difference}, lies within ±{margin}."
    return f"Whether it is better than {against} is undecided: {difference}; {would_decide(found)}."


def how_sure(choice: Choice) -> str | None:
    """Say how often each strength would be chosen, and what the chosen one is worth; ``None`` without a choice."""
    if choice.honest is None or len(choice.frequencies) < 2:
        return None
    if choice.drawn == "none":
        return "One seed and one validation example do not tell how sure that is."
    ranked = sorted(choice.frequencies.items(), key=lambda item: -item[1])
    shares = [f"{format_strength(s)} in {write_share(f)}" for s, f in ranked if f >= 0.005]
    sentences = [f"Were {_DRAWN[choice.drawn]} drawn anew, the lowest would be {_listed(shares)} of studies."]
    if choice.honest.source != "test set":
        corrected, more = write_estimate(choice.honest.estimate), write_number(choice.honest.optimism, digits=2)
        sentences.append(
            f"Corrected for having been chosen on the examples that judge it, its loss is {corrected} "
            f"({more} above the mean that was seen)."
        )
    return " ".join(sentences)


def _listed(parts: list[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def on_test_examples(summary: Summary, choice: Choice) -> str | None:
    """Say what the chosen strength reaches on the test examples; ``None`` where there are none."""
    chosen = next((p for p in summary.points_of(choice.variant) if p.strength == choice.strength_min), None)
    if chosen is None or "test_data_loss" not in chosen.estimates:
        return None
    named = [("data loss", chosen.estimates["test_data_loss"])]
    named += [(metric, chosen.estimates[f"test_{metric}"]) for metric in summary.metrics]
    figures = ", ".join(f"{name} {write_estimate(value)}" for name, value in named)
    examples = write_count(summary.data.test, "test example")
    return f"On the {examples}, which had no part in the choice, {_strength(chosen.strength)} has {figures}."


def keras_disagrees(choice: Choice) -> str | None:
    """Say that Keras' ``val_loss`` would have picked another strength; ``None`` where it would not."""
    if None in (choice.strength_min, choice.keras_val_loss_choice):
        return None
    if choice.keras_val_loss_choice == choice.strength_min:
        return None
    ours, theirs = (format_strength(s or 0.0) for s in (choice.strength_min, choice.keras_val_loss_choice))
    return f"Keras' val_loss contains the penalty; it would pick {theirs} instead of {ours}."


def path_caption(summary: Summary) -> str:
    """Say what the figure of the path shows."""
    bars = "One trial a strength: bars cover the examples only"
    if _has_intervals(summary):
        bars = f"Bars are 95% intervals; those of validation losses cover {_covers(summary)}, the others seeds"
    return (
        f"Mean data loss after the last epoch, without the penalty. {bars}. Strengths share seeds and examples, so a "
        "difference may be surer than the bars suggest: the comparisons below say. The dotted line is the lowest mean "
        "validation data loss plus one standard error. Keras' val_loss can be switched on in the legend."
    )


def curves_caption(summary: Summary) -> str:
    """Say what the figure of the curves shows."""
    bands = "One trial a strength: there are no bands"
    if _has_intervals(summary):
        bands = "Bands are 95% t intervals over seeds"
        if _covers(summary) == "seeds, examples and splits":
            bands += "; those of validation figures account for the overlap of training sets"
    partly = summary.train_evaluated < summary.data.train
    part = f"; training figures are from {summary.train_evaluated:,} training examples" if partly else ""
    return f"Means at the end of each epoch, in inference mode, a line a strength. {bands}{part}."


def _covers(summary: Summary) -> Covers:
    return next(point.estimates["val_data_loss"].covers for point in summary.points if point.trials > 1)


def _has_intervals(summary: Summary) -> bool:
    return any(point.trials > 1 for point in summary.points)


def _no_answer(points: list[PathPoint]) -> str:
    failed, missing = (sum(getattr(point, name) for point in points) for name in ("failed", "missing"))
    if any(point.trials for point in points):
        return "No strength has a finite mean validation data loss, so none can be named."
    if failed and not missing:
        return f"All trials ({failed}) diverged or failed, so no strength can be named."
    return "No trial has finished, so there is no answer yet."


def _larger(choice: Choice, points: Mapping[float, PathPoint]) -> Iterator[str]:
    if choice.strength_min == max(points):
        yield "No larger strength was tried."
        return
    if choice.strength_min == max(strength for strength, point in points.items() if point.trials):
        yield "No larger strength has a finished trial."
        return
    if choice.strength_1se is None:
        yield "Without a standard error of its mean the one-standard-error rule has no answer."
    elif choice.strength_1se == choice.strength_min:
        yield "No larger strength is within one standard error of it."
    else:
        yield f"The largest strength within one standard error of it is {format_strength(choice.strength_1se)}."
    if choice.strength_equivalent != choice.strength_min and choice.strength_equivalent is not None:
        yield f"The largest shown to be equivalent to it is {format_strength(choice.strength_equivalent)}."


def _strength(strength: float, *, start: bool = False) -> str:
    return f"{'Strength' if start else 'strength'} {format_strength(strength)}"
