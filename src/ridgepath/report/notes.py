"""What a reader must know to read the numbers rightly: which notes apply, chosen by what was measured."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Literal

from ridgepath.callbacks import DATA_LOSS
from ridgepath.report.cases import notes as cases
from ridgepath.report.choice import Choice
from ridgepath.report.estimates import Failure, PathPoint
from ridgepath.results import DIVERGED
from ridgepath.splits import division
from ridgepath.study import Study


def note_cases(
    study: Study, *, points: Sequence[PathPoint], choices: Sequence[Choice], failures: Sequence[Failure]
) -> tuple[cases.NoteCase, ...]:
    """Choose the notes of a report: on noise, examples, trials left out, and the ends of the path."""
    return (
        *_on_noise(study, points=points, choices=choices),
        *_on_examples(study),
        *_on_trials(points, failures=failures),
        *_on_unusable(points),
        *(case for choice in choices for case in _on_ends(choice, points=points, study=study)),
    )


def _on_noise(study: Study, *, points: Sequence[PathPoint], choices: Sequence[Choice]) -> Iterator[cases.NoteCase]:
    most = len(study.all_seeds)
    yield cases.ErrorsCover(
        len(study.seeds) if study.further else most, most, noise=_noise(study), tested=study.data.test > 0
    )
    divided = division(study)
    if divided is not None:
        yield cases.Divided(divided)
        if divided.partial:
            yield cases.FoldsMissing(divided)
    several = len(choices) > 1
    for choice in choices:
        chosen = next((p for p in points if (p.variant, p.strength) == (choice.variant, choice.strength_min)), None)
        if chosen is not None:
            yield from _on_shares(chosen, variant=choice.variant if several else "")
    if any(point.trials == 1 for point in points):
        yield cases.OneTrialOnly()


def _noise(study: Study) -> cases.Noise:
    if len(study.all_seeds) == 1:
        return "one seed"
    if study.overlap is not None:
        return "divided"
    return "one example" if study.data.validation == 1 and not study.data.test else "two sources"


def _on_shares(chosen: PathPoint, *, variant: str) -> Iterator[cases.NoteCase]:
    loss = chosen.estimates["val_data_loss"]
    if chosen.trials < 2 or loss.shares is None or not any(loss.shares):
        return
    divided = loss.covers == "seeds, examples and splits"
    if divided or loss.covers == "seeds and examples":
        yield cases.SharesOfError(variant, chosen.strength, loss.shares, divided=divided)


def _on_examples(study: Study) -> Iterator[cases.NoteCase]:
    data = study.data
    yield cases.ExamplesAre(data.train, data.validation, data.test, after_best=study.keeps_best)
    if study.train_evaluated < data.train:
        yield cases.TrainingPart(study.train_evaluated, data.train)
    yield cases.TestHadNoPart() if data.test else cases.ValidationFlatters()
    if study.early_stopping is not None:
        yield cases.StopsEarly(study.early_stopping.monitor, study.early_stopping.patience)
    if study.keeps_best:
        yield cases.BestEpochKept(DATA_LOSS if study.early_stopping is None else study.early_stopping.monitor)
    if study.class_weight:
        yield cases.ClassesWeighted()


def _on_trials(points: Sequence[PathPoint], *, failures: Sequence[Failure]) -> Iterator[cases.NoteCase]:
    finished, missing = sum(point.trials for point in points), sum(point.missing for point in points)
    planned = finished + missing + len(failures)
    if failures:
        diverged = sum(failure.status == DIVERGED for failure in failures)
        yield cases.LeftOut(diverged, len(failures) - diverged, planned)
    if missing:
        yield cases.NotTrainedYet(missing, planned)
    if len({point.trials for point in points if point.trials}) > 1:
        yield cases.UnequalSeeds()


def _on_unusable(points: Sequence[PathPoint]) -> Iterator[cases.NoteCase]:
    several = len({point.variant for point in points}) > 1
    splits: tuple[Literal["val", "train"], ...] = ("val", "train")
    for split in splits:
        unusable = [p for p in points if p.trials and not math.isfinite(p.estimates[f"{split}_data_loss"].mean)]
        if unusable:
            yield cases.NotFinite(split, tuple((p.variant if several else "", p.strength) for p in unusable))


def _on_ends(choice: Choice, *, points: Sequence[PathPoint], study: Study) -> Iterator[cases.NoteCase]:
    tried = [p for p in points if p.variant == choice.variant and p.trials + p.failed]
    strengths = [point.strength for point in tried if point.trials]
    if choice.strength_min is None or len(strengths) < 2:
        return
    variant = choice.variant if len(study.variants) > 1 else ""
    if choice.strength_min == max(point.strength for point in tried):
        yield cases.LowestAtLargest(variant)
    elif 0 < choice.strength_min == min(strength for strength in strengths if strength > 0):
        yield cases.LowestAtSmallest(variant)
