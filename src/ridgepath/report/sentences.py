"""The answer in words: each sentence is chosen by the numbers."""

from __future__ import annotations

from ridgepath.penalties import format_strength
from ridgepath.report.formatting import write_count, write_estimate
from ridgepath.report.summary import Choice, PathPoint, Summary

TABLE_LEGEND = (
    "min: the lowest mean validation data loss; 1se: the largest strength within one standard error of it. "
    "Gap: validation minus training data loss. Best epoch: that of a trial's lowest validation data loss. "
    "Near zero: the share of weights with |w| < 0.001."
)


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
    if choice.strength_min and 0.0 in points and points[0.0].trials:
        sentences.append(f"Strength 0 has {write_estimate(points[0.0].estimates['val_data_loss'])}.")
    sentences.append(_one_standard_error(choice, largest=max(s for s, point in points.items() if point.trials)))
    return tuple(sentences)


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
    bars = (
        "Bars are 95% t intervals over seeds" if _has_intervals(summary) else "One trial a strength: there are no bars"
    )
    return (
        f"Mean data loss after the last epoch, without the penalty. {bars}. The dotted line is the lowest mean "
        "validation data loss plus one standard error. Keras' val_loss can be switched on in the legend."
    )


def curves_caption(summary: Summary) -> str:
    """Say what the figure of the curves shows."""
    bands = (
        "Bands are 95% t intervals over seeds"
        if _has_intervals(summary)
        else "One trial a strength: there are no bands"
    )
    partly = summary.train_evaluated < summary.data.train
    part = f"; training figures are from {summary.train_evaluated:,} training examples" if partly else ""
    return f"Means at the end of each epoch, in inference mode, a line a strength. {bands}{part}."


def _has_intervals(summary: Summary) -> bool:
    return any(point.trials > 1 for point in summary.points)


def _no_answer(points: list[PathPoint]) -> str:
    failed, missing = (sum(getattr(point, name) for point in points) for name in ("failed", "missing"))
    if any(point.trials for point in points):
        return "No strength has a finite mean validation data loss, so none can be named."
    if failed and not missing:
        return f"All trials ({failed}) diverged or failed, so no strength can be named."
    return "No trial has finished, so there is no answer yet."


def _one_standard_error(choice: Choice, *, largest: float) -> str:
    if choice.strength_1se is None:
        return "With one trial there is no standard error, so the one-standard-error rule has no answer."
    if choice.strength_min == largest:
        return "No larger strength was tried."
    if choice.strength_1se == choice.strength_min:
        return "No larger strength is within one standard error of it."
    return f"The largest strength within one standard error of it is {format_strength(choice.strength_1se)}."


def _strength(strength: float, *, start: bool = False) -> str:
    return f"{'Strength' if start else 'strength'} {format_strength(strength)}"
