"""Every number of a report. What draws or writes a report computes nothing of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from ridgepath.report.arrays import PathArrays
from ridgepath.report.cases.notes import NoteCase
from ridgepath.report.choice import Choice, choose, lowest
from ridgepath.report.diagnosis import VariantDiagnosis, diagnoses
from ridgepath.report.diagnosis import to_json as diagnosis_to_json
from ridgepath.report.estimates import (
    Curve,
    Estimate,
    Failure,
    PathPoint,
    TrialRow,
    curves,
    failures,
    path_points,
    trial_rows,
)
from ridgepath.report.families import Difference, Family, Terms, families
from ridgepath.report.locale.words import ENGLISH
from ridgepath.report.measures import LOSS
from ridgepath.report.notes import note_cases
from ridgepath.report.sides import Side, sides
from ridgepath.report.weights import Distribution, FirstLayer, distributions, first_layers
from ridgepath.results import Results
from ridgepath.study import BuilderCard, DataCard, Study

__all__ = ["Choice", "Curve", "Difference", "Estimate", "Failure", "PathPoint", "Summary", "summarize"]


@dataclass(frozen=True)
class Summary:
    """What a study found.

    Attributes:
        study: the name of the study.
        question: what was asked: all that a study is started with.
        train_evaluated: training examples on which the training figures of an epoch are taken.
        metrics: the network's own metrics, such as ``accuracy``.
        points: the path, variant by variant, strengths as in the study.
        choices: what the rules take, one a variant.
        families: the comparisons of strengths, and on what.
        diagnoses: under- and overfitting, and the claims made for a penalty, one a variant that has trials.
        sides: variant → where on its path the network overfits and underfits.
        curves: data losses, metrics and the gap over epochs.
        trials: what every trial measured.
        distributions: how the hidden weights are distributed at every strength that recorded it.
        first_layers: what the first layer sees at every strength that recorded it.
        engines: the engines that trained the trials.
        seconds: wall-clock time of the study's training.
        context: what else is known of how it was made, name → value, such as versions.
        to_know: what must be known, or the numbers are misread.
    """

    study: str
    question: Study
    data: DataCard
    builder: BuilderCard
    seeds: tuple[int, ...]
    epochs: int
    batch_size: int
    train_evaluated: int
    metrics: tuple[str, ...]
    points: tuple[PathPoint, ...]
    choices: tuple[Choice, ...]
    families: tuple[Family, ...]
    diagnoses: tuple[VariantDiagnosis, ...]
    sides: dict[str, tuple[Side, ...]]
    curves: tuple[Curve, ...]
    trials: tuple[TrialRow, ...]
    distributions: tuple[Distribution, ...]
    first_layers: tuple[FirstLayer, ...]
    failures: tuple[Failure, ...]
    engines: tuple[str, ...]
    seconds: float
    context: dict[str, str]
    to_know: tuple[NoteCase, ...]

    @property
    def strength_min(self) -> float | None:
        """The strength with the lowest mean validation data loss in the first variant."""
        return self.choices[0].strength_min

    @property
    def strength_1se(self) -> float | None:
        """The largest strength within one standard error of that in the first variant."""
        return self.choices[0].strength_1se

    @property
    def strength_equivalent(self) -> float | None:
        """The largest strength shown to be equivalent to ``strength_min`` in the first variant."""
        return self.choices[0].strength_equivalent

    @property
    def keras_val_loss_choice(self) -> float | None:
        """The strength that Keras' ``val_loss`` would have picked in the first variant."""
        return self.choices[0].keras_val_loss_choice

    @property
    def notes(self) -> tuple[str, ...]:
        """The sentences without which the numbers are misread, in English."""
        return tuple(ENGLISH.notes.note(case) for case in self.to_know)

    def diagnosis_of(self, variant: str) -> VariantDiagnosis | None:
        """Return the diagnosis of one variant; ``None`` without trials."""
        return next((diagnosis for diagnosis in self.diagnoses if diagnosis.variant == variant), None)

    def points_of(self, variant: str) -> tuple[PathPoint, ...]:
        """Return the path of one variant."""
        return tuple(point for point in self.points if point.variant == variant)

    @property
    def comparisons(self) -> tuple[Difference, ...]:
        """The comparisons of all families."""
        return tuple(difference for family in self.families for difference in family.found)

    def to_json(self) -> dict[str, Any]:
        """Return the summary as plain JSON values; what is not known or not finite is ``None``."""
        return {
            "study": self.study,
            "data": asdict(self.data),
            "seeds": list(self.seeds),
            "path": [_point_to_json(point) for point in self.points],
            "strength_min": self.strength_min,
            "strength_1se": self.strength_1se,
            "keras_val_loss_choice": self.keras_val_loss_choice,
            "comparisons": [
                _difference_to_json(difference, family) for family in self.families for difference in family.found
            ],
            "seconds": _finite(self.seconds),
            "diagnosis": [_all_finite(diagnosis_to_json(diagnosis)) for diagnosis in self.diagnoses],
            "epochs": self.epochs,
            "batch_size": self.batch_size,
            "strength_equivalent": self.strength_equivalent,
            "choices": [_choice_to_json(choice) for choice in self.choices],
            "failures": [asdict(failure) for failure in self.failures],
            "engines": list(self.engines),
            "context": dict(self.context),
            "notes": list(self.notes),
        }


def summarize(
    study: Study,
    results: Results,
    *,
    name: str,
    seconds: float,
    context: Mapping[str, str],
    terms: Terms | None = None,
) -> Summary:
    """Compute every number of a report from what the trials recorded.

    Strengths are always chosen on validation data loss.

    Args:
        name: how the study is called, such as its folder.
        seconds: wall-clock time of the study's training.
        context: what else is known of how it was made, name → value, such as versions.
        terms: on what the strengths are compared; by default on validation data loss.

    Raises:
        InputError: the margin is negative or no number.
    """
    terms = terms or Terms()
    paths = [PathArrays(study, results, variant.name) for variant in study.variants]
    points, failed = path_points(study, results, paths), failures(results)
    by_variant = {path.variant: [point for point in points if point.variant == path.variant] for path in paths}
    minima = {variant: lowest(of_variant) for variant, of_variant in by_variant.items()}
    compared = families(paths, minima, terms)
    on_loss = compared if terms.measure == LOSS else families(paths, minima, Terms())
    choices = tuple(
        choose(path, by_variant[path.variant], [family for family in on_loss if family.variant == path.variant])
        for path in paths
    )
    diagnosed = diagnoses(results, paths)
    by_name = {diagnosis.variant: diagnosis for diagnosis in diagnosed}
    return Summary(
        study=name,
        question=study,
        data=study.data,
        builder=study.builder,
        seeds=study.all_seeds,
        epochs=study.epochs,
        batch_size=study.batch_size,
        train_evaluated=study.train_evaluated,
        metrics=results.metrics,
        points=points,
        choices=choices,
        families=compared,
        diagnoses=diagnosed,
        sides={each.variant: sides(by_variant[each.variant], each, by_name.get(each.variant)) for each in choices},
        curves=curves(results, paths),
        trials=trial_rows(results),
        distributions=distributions(study, results.portraits),
        first_layers=first_layers(study, results.portraits),
        failures=failed,
        engines=_engines(results),
        seconds=float(seconds),
        context=dict(context),
        to_know=note_cases(study, points=points, choices=choices, failures=failed),
    )


def _engines(results: Results) -> tuple[str, ...]:
    return tuple(sorted({engine for engine in results.trials["engine"] if engine}))


def _point_to_json(point: PathPoint) -> dict[str, Any]:
    return {
        "variant": point.variant,
        "strength": point.strength,
        "trials": point.trials,
        "failed": point.failed,
        "missing": point.missing,
        **{measure: _estimate_to_json(estimate) for measure, estimate in point.estimates.items()},
    }


def _estimate_to_json(estimate: Estimate) -> dict[str, Any]:
    fields = ("mean", "standard_error", "low", "high")
    numbers: dict[str, Any] = {field: _finite(getattr(estimate, field)) for field in fields}
    if estimate.shares is None:
        return numbers | {"covers": estimate.covers}
    return numbers | {"covers": estimate.covers, "noise": estimate.shares._asdict()}


def _choice_to_json(choice: Choice) -> dict[str, Any]:
    honest = choice.honest
    return {
        "variant": choice.variant,
        "strength_min": choice.strength_min,
        "strength_1se": choice.strength_1se,
        "strength_equivalent": choice.strength_equivalent,
        "threshold": choice.threshold,
        "keras_val_loss_choice": choice.keras_val_loss_choice,
        "frequencies": [{"strength": s, "frequency": share} for s, share in choice.frequencies.items()],
        "drawn": choice.drawn,
        "honest": honest
        and {
            "strength": honest.strength,
            **{name: _finite(getattr(honest.estimate, name)) for name in ("mean", "standard_error", "low", "high")},
            "covers": honest.estimate.covers,
            "optimism": _finite(honest.optimism),
            "source": honest.source,
        },
    }


def _difference_to_json(difference: Difference, family: Family) -> dict[str, Any]:
    numbers = ("difference", "standard_error", "low", "high", "p_value", "margin")
    return {
        "variant": difference.strength[0],
        "strength": difference.strength[1],
        "against_variant": difference.against[0],
        "against": difference.against[1],
        "metric": family.terms.measure,
        "larger_is_better": family.terms.larger_is_better,
        **{name: _finite(getattr(difference, name)) for name in numbers},
        "verdict": difference.verdict,
        "seeds_needed": difference.seeds_needed,
        "examples_needed": difference.examples_needed,
        "seeds_may_decide": difference.seeds_may_decide,
        "seeds": difference.seeds,
        "examples": difference.examples,
        "left_out": difference.left_out,
        "covers": difference.covers,
        "within_margin": difference.within_margin,
        "kind": family.kind,
        "family": difference.family,
        "look": difference.look,
    }


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _all_finite(value: Any) -> Any:
    """Replace every number that is not finite, however deep it lies."""
    if isinstance(value, dict):
        return {name: _all_finite(each) for name, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_all_finite(each) for each in value]
    return _finite(value) if isinstance(value, float) else value
