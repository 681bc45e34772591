"""What a reader must know to read the numbers rightly: whole sentences, chosen by what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from ridgepath.penalties import format_strength
from ridgepath.report.choice import Choice
from ridgepath.report.estimates import Failure, PathPoint
from ridgepath.report.formatting import write_count, write_share
from ridgepath.results import DIVERGED
from ridgepath.splits import describe
from ridgepath.study import DataCard, Study


def write_notes(
    study: Study, *, points: Sequence[PathPoint], choices: Sequence[Choice], failures: Sequence[Failure]
) -> tuple[str, ...]:
    """Write the notes of a report: on noise, examples, trials left out, and the ends of the path."""
    return (
        *_on_noise(study, points=points, choices=choices),
        *_on_examples(study),
        *_on_trials(points, failures=failures),
        *_on_unusable(points),
        *(sentence for choice in choices for sentence in _on_ends(choice, points=points, study=study)),
    )


def _on_noise(study: Study, *, points: Sequence[PathPoint], choices: Sequence[Choice]) -> Iterator[str]:
    yield (
        f"Figures are means over {_on_seeds(study)} ± their standard error, with 95% intervals. {_on_sources(study)}"
    )
    yield from describe(study)
    several = len(choices) > 1
    for choice in choices:
        chosen = next((p for p in points if (p.variant, p.strength) == (choice.variant, choice.strength_min)), None)
        if chosen is not None:
            yield from _on_shares(chosen, prefix=f"{choice.variant}: " if several else "")
    if any(point.trials == 1 for point in points):
        yield (
            "One trial at a strength tells nothing of the noise of seeds: errors there cover the examples only, "
            "figures without an error are shown with ± ?, and no difference is decided. Add seeds."
        )


def _on_seeds(study: Study) -> str:
    if not study.further:
        return write_count(len(study.seeds), "seed")
    return f"{len(study.seeds)} to {write_count(len(study.all_seeds), 'seed')}"


def _on_sources(study: Study) -> str:
    of_seeds = "the seeds (initial weights, order of batches, dropout)"
    tested = "test data loss" if study.data.test else ""
    measures = "validation and test data loss" if tested else "validation data loss"
    others = "All others cover the noise of seeds only."
    if len(study.all_seeds) == 1:
        return f"With one seed only {measures} and the gap have them: they cover which examples happened to be drawn."
    if study.overlap is not None:
        others = f"Those of {tested} cover the noise of seeds and of test examples. " * bool(tested) + others
        return (
            f"Those of validation figures and of the gap cover {of_seeds}, which examples were drawn and how they "
            f"were divided; training sets overlap, and that is accounted for (Nadeau and Bengio 2003). {others}"
        )
    if study.data.validation == 1 and not tested:
        return f"They cover {of_seeds}; one validation example tells nothing of the noise of examples."
    return (
        f"Those of {measures} and of the gap cover two sources of noise: {of_seeds} and which examples happened "
        f"to be drawn. {others}"
    )


def _on_shares(chosen: PathPoint, *, prefix: str) -> Iterator[str]:
    shares = chosen.estimates["val_data_loss"].shares
    if chosen.trials < 2 or shares is None or not any(shares):
        return
    of_seeds, of_examples, of_rest = (write_share(share) for share in shares)
    error = f"{prefix}Of the squared standard error of the validation data loss at strength "
    error += format_strength(chosen.strength)
    if chosen.estimates["val_data_loss"].covers == "seeds, examples and splits":
        yield f"{error}, {of_seeds} comes from the seeds and splits, and {of_examples} from the examples."
    elif chosen.estimates["val_data_loss"].covers == "seeds and examples":
        yield (
            f"{error}, {of_seeds} comes from the seeds, {of_examples} from the examples and {of_rest} from how the two "
            "meet; more seeds reduce the first and the last only."
        )


def _on_examples(study: Study) -> Iterator[str]:
    data = study.data
    test = f", test figures from {data.test:,}" if data.test else ""
    yield (
        f"Validation figures are from {write_count(data.validation, 'example')}, training figures from {data.train:,}"
        f"{test}, all taken after the last epoch, in inference mode; only Keras' val_loss contains the penalty."
    )
    if study.train_evaluated < data.train:
        yield (
            f"Training figures of each epoch are taken on a fixed part of {study.train_evaluated:,} of the "
            f"{data.train:,} training examples; those of the last epoch in the tables, on all of them."
        )
    yield _on_choosing(data)


def _on_choosing(data: DataCard) -> str:
    if data.test:
        return "Strengths are chosen on the validation examples; the test examples had no part in it."
    return (
        "The same validation examples choose a strength and report its figures, which flatters the chosen one: "
        "the figure that is corrected for it is the one to quote. A test set would need no correction."
    )


def _on_trials(points: Sequence[PathPoint], *, failures: Sequence[Failure]) -> Iterator[str]:
    finished, missing = sum(point.trials for point in points), sum(point.missing for point in points)
    planned = write_count(finished + missing + len(failures), "trial")
    if failures:
        diverged = sum(failure.status == DIVERGED for failure in failures)
        kinds = [(diverged, "diverged"), (len(failures) - diverged, "failed")]
        how = " and ".join(f"{count} {kind}" for count, kind in kinds if count)
        yield f"Trials that did not end well are in no figure: {how}, of {planned}."
    if missing:
        yield f"Not trained yet: {missing} of {planned}. Resume the study to train the rest."
    if len({point.trials for point in points if point.trials}) > 1:
        yield (
            "Strengths have unequal numbers of finished trials, so means of losses and metrics are those to expect had "
            "all the same seeds."
        )


def _on_unusable(points: Sequence[PathPoint]) -> Iterator[str]:
    several = len({point.variant for point in points}) > 1
    for name, measure in (("validation", "val_data_loss"), ("training", "train_data_loss")):
        unusable = [point for point in points if point.trials and not math.isfinite(point.estimates[measure].mean)]
        if unusable:
            where = ", ".join(f"{p.variant} " * several + format_strength(p.strength) for p in unusable)
            yield f"At strength {where}, a finished trial's {name} data loss is not finite, so no mean is shown there."


def _on_ends(choice: Choice, *, points: Sequence[PathPoint], study: Study) -> Iterator[str]:
    tried = [p for p in points if p.variant == choice.variant and p.trials + p.failed]
    strengths = [point.strength for point in tried if point.trials]
    if choice.strength_min is None or len(strengths) < 2:
        return
    prefix = f"{choice.variant}: " if len(study.variants) > 1 else ""
    if choice.strength_min == max(point.strength for point in tried):
        yield f"{prefix}The lowest mean lies at the largest strength tried; still larger ones may be lower."
    elif 0 < choice.strength_min == min(strength for strength in strengths if strength > 0):
        yield f"{prefix}The lowest mean lies at the smallest strength above 0; still smaller ones may be lower."
