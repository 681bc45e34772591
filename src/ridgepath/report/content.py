"""What a page says in one language: its sections, their sentences, tables and figures."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from typing import NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.drawings.curves import curves_drawing, seeds_shown
from ridgepath.report.drawings.forest import forest_drawing
from ridgepath.report.drawings.frame import Drawing
from ridgepath.report.drawings.gap import gap_drawing
from ridgepath.report.drawings.noise import noise_drawing
from ridgepath.report.drawings.objective import objective_drawing
from ridgepath.report.drawings.path import path_drawing
from ridgepath.report.drawings.weights import weights_drawing
from ridgepath.report.findings import Findings, findings
from ridgepath.report.formatting import MISSING, write_estimate, write_number
from ridgepath.report.labels import Language
from ridgepath.report.pictures import data_address, mosaic
from ridgepath.report.provenance import facts
from ridgepath.report.sentences import (
    answer,
    curves_caption,
    how_sure,
    keras_disagrees,
    on_test_examples,
    path_caption,
    which_variant,
)
from ridgepath.report.series import CurveSeries, PathSeries, curve_series, path_series
from ridgepath.report.shown import MOST_LINES, shown_strengths
from ridgepath.report.summary import Choice, Summary
from ridgepath.report.table import Column, Table, tables
from ridgepath.report.trial_table import TrialTable, trial_table
from ridgepath.report.verdicts import Verdicts, verdicts


class Tile(NamedTuple):
    """One of the few numbers at the top of the page."""

    name: str
    value: str
    detail: str


class Figure(NamedTuple):
    """A figure with its place on the page; ``name`` is one of its kind and its variant."""

    name: str
    title: str
    caption: str
    drawing: Drawing


class Picture(NamedTuple):
    """What the first layer sees at one strength."""

    strength: str
    scale: str
    address: str
    spoken: str


@dataclass(frozen=True)
class Section:
    """One variant on the page.

    Attributes:
        first: the figure that stands before the table of results, the path; none without a finished trial.
        comparisons: the figure beside the verdicts, if there are any.
        further: all others.
    """

    number: int
    variant: str
    answer: tuple[str, ...]
    on_test_examples: str | None
    how_sure: str | None
    keras_disagrees: str | None
    tiles: tuple[Tile, ...]
    table: Table
    groups: tuple[tuple[str, int], ...]
    verdicts: Verdicts | None
    findings: Findings | None
    first: Figure | None
    comparisons: Figure | None
    further: tuple[Figure, ...]
    pictures: tuple[Picture, ...]
    pictures_caption: str

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures of the section."""
        return tuple(figure for figure in (self.first, self.comparisons, *self.further) if figure is not None)


@dataclass(frozen=True)
class Content:
    """A whole page in one language."""

    spoken: Language
    which_variant: tuple[str, ...]
    sections: tuple[Section, ...]
    between_choices: Verdicts | None
    choices_figure: Figure | None
    notes: tuple[str, ...]
    trials: TrialTable
    facts: tuple[tuple[str, str], ...]

    @property
    def figures(self) -> tuple[Figure, ...]:
        """All figures of the page."""
        of_sections = (figure for section in self.sections for figure in section.figures)
        return (*of_sections, *(() if self.choices_figure is None else (self.choices_figure,)))


def content(summary: Summary, spoken: Language) -> Content:
    """Say and draw all that a page holds."""
    words = spoken.words
    return Content(
        spoken,
        which_variant=which_variant(summary, words),
        sections=_sections(summary, spoken),
        between_choices=verdicts(summary.families, "", words),
        choices_figure=_comparisons(summary, "", "choices", spoken),
        notes=tuple(words.notes.note(case) for case in summary.to_know),
        trials=trial_table(summary, spoken),
        facts=facts(summary, words),
    )


def _sections(summary: Summary, spoken: Language) -> tuple[Section, ...]:
    drawn = zip(
        summary.choices,
        tables(summary, spoken.words),
        path_series(summary, spoken),
        curve_series(summary, spoken),
        strict=True,
    )
    return tuple(
        _section(summary, spoken, number, choice, table, path, curves)
        for number, (choice, table, path, curves) in enumerate(drawn)
    )


def _section(
    summary: Summary,
    spoken: Language,
    number: int,
    choice: Choice,
    table: Table,
    path: PathSeries,
    curves: CurveSeries,
) -> Section:
    words, said, variant = spoken.words, spoken.labels, choice.variant
    caption = " ".join((path_caption(summary, words), said.captions.sides, said.captions.upper_axis))
    pictures = tuple(_pictures(summary, variant, spoken))
    has_trials = any(point.trials for point in summary.points_of(variant))
    path_figure = Figure(f"path-{number}", said.page.the_path, caption, path_drawing(path, spoken))
    return Section(
        number,
        variant,
        answer=answer(summary, choice, words),
        on_test_examples=on_test_examples(summary, choice, words),
        how_sure=how_sure(choice, words),
        keras_disagrees=keras_disagrees(choice, words),
        tiles=tuple(_tiles(summary, choice, spoken)),
        table=table,
        groups=_groups(table.columns),
        verdicts=verdicts(summary.families, variant, words),
        findings=findings(summary.diagnosis_of(variant), words),
        first=path_figure if has_trials else None,
        comparisons=_comparisons(summary, variant, f"forest-{number}", spoken),
        further=tuple(_further(summary, spoken, number, path, curves)) if has_trials else (),
        pictures=pictures,
        pictures_caption=said.captions.first_layer.format(seed=_pictured_seed(summary, variant)) if pictures else "",
    )


def _comparisons(summary: Summary, variant: str, name: str, spoken: Language) -> Figure | None:
    said, drawing = spoken.labels, forest_drawing(summary, variant, spoken)
    return None if drawing is None else Figure(name, said.page.how_far_apart, said.captions.forest, drawing)


def _further(
    summary: Summary, spoken: Language, number: int, path: PathSeries, curves: CurveSeries
) -> Iterator[Figure]:
    said, captions, variant = spoken.labels.page, spoken.labels.captions, path.variant
    some = _some_strengths(summary, variant, spoken)
    shown, most = seeds_shown(curves)
    seeds = captions.every_seed if shown == most else captions.some_seeds.format(shown=shown, all=most)
    over_epochs = " ".join((curves_caption(summary, spoken.words), *((seeds,) if most > 1 else ()), *some))
    yield Figure(f"curves-{number}", said.over_epochs, over_epochs, curves_drawing(curves, spoken))
    gap = gap_drawing(summary, path, curves, spoken)
    yield Figure(f"gap-{number}", said.gap, " ".join((captions.gap, *some)), gap)
    objective = objective_drawing(summary, variant, spoken)
    yield Figure(f"objective-{number}", said.objective, " ".join((captions.objective, *some)), objective)
    noise = noise_drawing(summary, variant, spoken)
    if noise is not None:
        yield Figure(f"noise-{number}", said.noise, " ".join((captions.noise, *some)), noise)
    weights = weights_drawing(summary, variant, spoken)
    if weights is not None:
        yield Figure(f"weights-{number}", said.weights, " ".join((captions.weights, *some)), weights)


def _some_strengths(summary: Summary, variant: str, spoken: Language) -> tuple[str, ...]:
    tried = sum(point.trials > 0 for point in summary.points_of(variant))
    if tried <= MOST_LINES:
        return ()
    return (spoken.labels.captions.some_strengths.format(shown=MOST_LINES, all=tried),)


def _pictured_seed(summary: Summary, variant: str) -> int:
    return next(each.seed for each in summary.first_layers if each.variant == variant)


def _pictures(summary: Summary, variant: str, spoken: Language) -> Iterator[Picture]:
    shown = shown_strengths(summary, variant)
    for each in summary.first_layers:
        if each.variant == variant and each.strength in shown:
            strength, scale = format_strength(each.strength), float(abs(each.weights).max())
            said = spoken.labels.page.sees.format(len(each.weights), strength)
            yield Picture(strength, write_number(scale, digits=2), data_address(mosaic(each.weights)), said)


def _tiles(summary: Summary, choice: Choice, spoken: Language) -> Iterator[Tile]:
    estimates = {point.strength: point.estimates for point in summary.points_of(choice.variant)}
    number, rules = spoken.words.names.number, spoken.labels.rules
    for name in ("strength_min", "strength_1se", "strength_equivalent"):
        strength = getattr(choice, name)
        loss = "" if strength is None else f": {number(str(write_estimate(estimates[strength]['val_data_loss'])))}"
        yield Tile(name, MISSING if strength is None else format_strength(strength), f"{rules[name]}{loss}")
    keras = choice.keras_val_loss_choice
    named = spoken.labels.figure.keras_val_loss
    yield Tile(named, MISSING if keras is None else format_strength(keras), rules["keras_val_loss"])


def _groups(columns: tuple[Column, ...]) -> tuple[tuple[str, int], ...]:
    """Return the headings above the columns, each with the number of columns below it."""
    return tuple((group, len(list(members))) for group, members in groupby(columns, key=lambda column: column.group))
