"""The short labels of the page and of its figures: buttons, axes, legends, heads of tables; no sentence of analysis."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PageLabels:
    """Buttons, headings and what is read aloud. ``{}`` in a label stands for a number or a name."""

    other_language: str
    light_or_dark: str
    light: str
    dark: str
    as_the_system: str
    skip: str
    eyebrow: str
    need_script: str
    the_path: str
    results: str
    how_far_apart: str
    over_epochs: str
    every_seed: str
    save: str
    legend: str
    objective: str
    gap: str
    noise: str
    weights: str
    first_layer: str
    trials: str
    sort_by: str
    without_figures: str
    how_it_was_made: str
    reproduce: str
    study_file: str
    configuration: str
    copy: str
    copied: str
    methods: str
    builder: str
    figure_of: str
    sees: str


@dataclass(frozen=True)
class Captions:
    """What a figure shows, below it."""

    sides: str
    upper_axis: str
    every_seed: str
    some_seeds: str
    some_strengths: str
    objective: str
    gap: str
    forest: str
    noise: str
    weights: str
    first_layer: str


@dataclass(frozen=True)
class FigureLabels:
    """Axes, legends and hover texts."""

    strength: str
    data_loss: str
    epoch: str
    training: str
    validation: str
    penalty: str
    keras_val_loss: str
    lowest_plus_error: str
    strength_min: str
    strength_1se: str
    both: str
    overfits: str
    underfits: str
    perhaps: str
    weight_norm: str
    near_zero: str
    interval: str
    trials: str
    seed: str
    seeds: str
    examples: str
    rest: str
    share_of_noise: str
    difference: str
    against: str
    weight: str
    density: str
    gap: str
    after_training: str
    minimized: str


@dataclass(frozen=True)
class TableLabels:
    """Heads of tables, and words in their cells."""

    variant: str
    strength: str
    seed: str
    ended: str
    why: str
    seconds: str
    best_epoch: str
    weight_norm: str
    near_zero: str
    keras_val_loss: str
    mean_and_error: str


@dataclass(frozen=True)
class Labels:
    """All labels of one language.

    Attributes:
        outcomes: how a trial ended → in a word.
        rules: tile → what its rule says.
    """

    page: PageLabels
    captions: Captions
    figure: FigureLabels
    table: TableLabels
    outcomes: Mapping[str, str]
    rules: Mapping[str, str]
