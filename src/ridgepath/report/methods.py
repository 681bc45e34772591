"""A paragraph on methods that can be pasted in a paper; papers are in English, whatever the report is in."""

from __future__ import annotations

from collections.abc import Iterator

from ridgepath.penalties import format_strength
from ridgepath.report.choice import Choice
from ridgepath.report.formatting import write_estimate, write_interval
from ridgepath.report.measures import LOSS
from ridgepath.report.summary import Summary
from ridgepath.splits import REDRAWN
from ridgepath.study import FIXED, Study
from ridgepath.texts import write_count

_ENGINES = {
    "jax": "by compiled training loops on JAX that were checked against model.fit",
    "reference": "by Keras' model.fit",
}


def methods(summary: Summary) -> str:
    """Say what was trained on what, how often, and how strengths were compared; only what holds for this study."""
    return " ".join(_sentences(summary))


def _sentences(summary: Summary) -> Iterator[str]:
    yield _what(summary)
    yield _seeds(summary)
    yield (
        "Within a seed, all strengths started from the same initial weights and saw the same batches in the same "
        "order; between seeds both differed."
    )
    yield from _validation(summary.question)
    yield from _special(summary.question)
    yield from _comparisons(summary)
    for choice in summary.choices:
        yield from _found(summary, choice)
    yield _with_what(summary)


def _what(summary: Summary) -> str:
    data, question = summary.data, summary.question
    strengths = "; ".join(
        f"{variant.name} at {', '.join(map(format_strength, variant.strengths))}" for variant in question.variants
    )
    test = f" and {data.test:,} test" if data.test else ""
    examples = f"{data.train:,} training{'' if test else ' and'}{',' if test else ''} {data.validation:,} validation"
    return (
        f"We trained the network {summary.builder.name} on {data.name} ({examples}{test} examples; SHA-256 "
        f"{data.fingerprint[:16]}), varying {strengths}."
    )


def _seeds(summary: Summary) -> str:
    done = sum(point.trials for point in summary.points)
    lost = sum(point.failed for point in summary.points)
    counts = sorted({point.trials for point in summary.points})
    each = f"{counts[0]}" if len(counts) == 1 else f"{counts[0]} to {counts[-1]}"
    left_out = f" ({lost} more diverged or failed and are left out)" if lost else ""
    noun = "seed" if counts == [1] else "seeds"
    length = f"{write_count(summary.epochs, 'epoch')} with batches of {summary.batch_size:,}"
    return (
        f"Each strength was trained with {each} {noun} for {length}, {write_count(done, 'training')} in all{left_out}."
    )


def _special(study: Study) -> Iterator[str]:
    """Say what the loop of a training had beside its epochs."""
    if study.early_stopping is not None:
        rule = study.early_stopping
        yield f"Trainings stopped early on {rule.monitor} (patience {rule.patience}, min_delta {rule.min_delta:g})."
    if study.class_weight:
        weights = ", ".join(f"{number}: {weight:.3g}" for number, weight in study.class_weight)
        yield f"In training, examples were weighted by class ({weights})."


def _validation(study: Study) -> Iterator[str]:
    if study.validation == FIXED:
        return
    how = "divided anew into training and validation examples for every seed"
    if study.validation != REDRAWN:
        how = f"divided by repeated {study.validation.partition(':')[2]}-fold cross-validation, one fold a seed"
    yield (
        f"The examples other than the test examples were {how}; variances were widened for the overlap of the training "
        "sets (Nadeau and Bengio, 2003)."
    )


def _comparisons(summary: Summary) -> Iterator[str]:
    measures = list(dict.fromkeys(family.terms.measure for family in summary.families))
    measure = measures[0] if measures else LOSS
    compared = "mean validation data loss, which contains no penalty," if measure == LOSS else f"the mean of {measure}"
    question = summary.question
    epoch = "with the weights of each training's best epoch" if question.keeps_best else "after the last epoch"
    yield f"Strengths were compared on {compared} {epoch}, in inference mode."
    found = [each for family in summary.families for each in family.found]
    covers = sorted({each.covers for each in found if each.covers != "none"})
    if covers:
        margins = (
            "one standard error" if all(f.terms.margin is None for f in summary.families) else "a margin set before"
        )
        yield (
            f"Differences are paired by seed{' and example' if any(each.examples > 1 for each in found) else ''}, with "
            f"simultaneous 95% intervals that cover the noise of {' or '.join(covers)}; differences surely within "
            f"{margins} count as equivalent."
        )


def _found(summary: Summary, choice: Choice) -> Iterator[str]:
    points = {point.strength: point for point in summary.points_of(choice.variant)}
    if choice.strength_min is None:
        return
    chosen = points[choice.strength_min]
    whose = f" of {choice.variant}" if len(summary.choices) > 1 else ""
    loss = chosen.estimates[LOSS]
    yield (
        f"The lowest mean{whose} was at {format_strength(chosen.strength)}: {write_estimate(loss)} (standard error; "
        f"95% interval {write_interval(loss)})."
    )
    if "test_data_loss" in chosen.estimates:
        test = chosen.estimates["test_data_loss"]
        yield f"On the test examples, which had no part in the choice, its data loss was {write_estimate(test)}."


def _with_what(summary: Summary) -> str:
    how = " and ".join(_ENGINES.get(engine, engine) for engine in summary.engines) or "by no engine yet"
    named = (("ridgepath", "ridgepath"), ("Keras", "keras"), ("JAX", "jax"), ("Python", "python"))
    versions = ", ".join(f"{name} {summary.context[key]}" for name, key in named if summary.context.get(key))
    return f"Networks were trained {how}{f' ({versions})' if versions else ''}."
