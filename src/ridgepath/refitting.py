"""One more training of a network of a study, for use: at a strength that the study chose, perhaps on more data."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ridgepath.builders import Builder, find_builder
from ridgepath.datasets import load_dataset
from ridgepath.errors import InputError, StudyError, TrainingError
from ridgepath.execution.local import LocalWorkers
from ridgepath.files import NAME_ANOTHER, drafts, remedy_of
from ridgepath.penalties import check_strengths, format_strength
from ridgepath.progress import Watch
from ridgepath.report.choice import Choice
from ridgepath.results import DONE, Table
from ridgepath.study import FIXED, Study, Trial, check_seeds
from ridgepath.texts import write_count

RULES = ("1se", "min", "equivalent")
"""The rules by which a study chooses a strength; ``strength_1se`` is that of the first."""

TRAINING, WITH_VALIDATION = "training", "training+validation"
ON = (TRAINING, WITH_VALIDATION)
"""On which examples a network can be trained once more."""

SUFFIX = ".keras"


@dataclass(frozen=True)
class Refit:
    """A network that is trained once more.

    Attributes:
        builder: of the study's network.
        data: from where the examples are loaded, or themselves.
        trial: variant, strength and seed.
        rule: out of :data:`RULES`; empty for a strength that was given.
        on: out of :data:`ON`.
        epochs: passes over them: as many as the weights that a trial of the study ended with had.
    """

    study: Study
    builder: Builder
    data: Any
    trial: Trial
    rule: str
    on: str
    epochs: int

    def train(self) -> Any:
        """Train it in this process, and return the model.

        Raises:
            StudyError: the network or the data is no longer that of the study.
            TrainingError: its weights are not finite in the end.
        """
        from ridgepath.training.reference import refit

        dataset = load_dataset(self.data)
        for what, here, there in (
            ("network", self.builder.card.fingerprint, self.study.builder.fingerprint),
            ("data", dataset.card.fingerprint, self.study.data.fingerprint),
        ):
            if here != there:
                remedy = "Bring back what the study was trained with, or run a new study."
                raise StudyError(f"the {what} of the study", received=f"{what} that has changed since", remedy=remedy)
        with_validation = self.on == WITH_VALIDATION
        model = refit(
            self.builder, self.trial, dataset, self.study, epochs=self.epochs, with_validation=with_validation
        )
        if not all(np.isfinite(weights).all() for weights in model.get_weights()):
            raise TrainingError(f"the network at strength {format_strength(self.trial.strength)} cannot be trained")
        return model

    def save(self, target: Path) -> None:
        """Train it in a worker, whose Keras runs on JAX, and write it to a file, whole or not at all.

        Raises:
            InputError: the file does not end in ``.keras``, cannot be written, or as :meth:`train` does.
        """
        check_target(target)
        try:
            with drafts(target) as (draft,), LocalWorkers(1) as pool, Watch() as watch:
                watch.stage(f"training 1 network, {write_count(self.epochs, 'epoch')}")
                pool.begin(_train_into, self, draft)()
        except OSError as error:
            expected = "a file that a model can be written to"
            raise InputError(expected, received=error, remedy=remedy_of(error)) from None

    @property
    def account(self) -> str:
        """Say what was trained on what, and which figures of the study are of it: none."""
        card, trial = self.study.data, self.trial
        rule = f", strength_{self.rule} of the study" if self.rule else ""
        epochs = write_count(self.epochs, "epoch")
        settings = f"{trial.variant} {format_strength(trial.strength)}{rule}, seed {trial.seed}, {epochs}"
        if self.on == WITH_VALIDATION:
            examples = f"{card.train:,} training and {card.validation:,} validation examples"
            tested = "the test examples have had no part in it" if card.test else "the study has no test examples"
            unlike = f"It has seen the validation examples; {tested}."
        else:
            own = "" if self.study.validation == FIXED else " of its seed"
            examples = f"{card.train:,} training examples{own}"
            is_trial = trial in self.study.trials
            unlike = (
                "The trial of this strength and seed was trained in the same way, and differs by rounding."
                if is_trial
                else "The study has no trial of this strength and seed."
            )
        return f"{settings}, on {examples}.\nNo figure of the study was taken on this network. {unlike}"


def plan_refit(
    study: Study,
    strength: str | float,
    *,
    builder: Builder | None,
    data: Any,
    choices: Callable[[], Sequence[Choice]],
    trials: Table,
    variant: str | None,
    seed: int | None,
    on: str,
) -> Refit:
    """Check which network is to be trained once more, and on what.

    Args:
        strength: one of :data:`RULES`, or a number.
        builder: of the study's network, where it is at hand.
        data: where the examples are, if that is known.
        choices: of the study, variant by variant; called for a rule only.
        trials: of the study, as :attr:`ridgepath.results.Results.trials` has them.
        variant: by default the study's first.
        seed: by default the study's first.
        on: out of :data:`ON`.

    Raises:
        InputError: one of these is wrong, or the network or the data cannot be found from here.
    """
    location = study.builder.location
    builder = builder or (find_builder(location) if location is not None else None)
    if builder is None or data is None:
        raise InputError(
            "a study whose network is in a file and whose data has a name or is in files",
            received="one whose network or data was given in Python",
            remedy="Call refit on the path that fit_path returned.",
        )
    if on not in ON:
        raise InputError(f"examples to train on out of {', '.join(ON)}", received=repr(on), remedy="Choose one.")
    names = [each.name for each in study.variants]
    variant = names[0] if variant is None else variant
    if variant not in names:
        raise InputError(f"a variant out of {', '.join(names)}", received=repr(variant), remedy="Choose one.")
    [seed] = check_seeds([study.seeds[0] if seed is None else seed])
    by_rule = isinstance(strength, str) and strength in RULES
    chosen = _chosen(str(strength), choices(), variant) if by_rule else _number(strength)
    trial = Trial(variant, chosen, seed)
    return Refit(study, builder, data, trial, str(strength) if by_rule else "", on, _epochs(study, trial, trials))


def _chosen(rule: str, choices: Sequence[Choice], variant: str) -> float:
    choice = next(each for each in choices if each.variant == variant)
    chosen: float | None = getattr(choice, f"strength_{rule}")
    if chosen is None:
        remedy = "Finish the study or add seeds, or give a number."
        raise InputError(
            f"a study that can choose strength_{rule}", received="too few trials for the rule", remedy=remedy
        )
    return chosen


def _epochs(study: Study, trial: Trial, trials: Table) -> int:
    """Return the epoch that the trial ended with; where the study has no such trial, the median of its strength."""
    if study.early_stopping is None and not study.keeps_best:
        return study.epochs
    here = (trials["variant"] == trial.variant) & (trials["strength"] == trial.strength) & (trials["status"] == DONE)
    own = here & (trials["seed"] == trial.seed)
    kept = trials["kept_epoch"][own if own.any() else here]
    return round(float(np.nanmedian(kept))) if np.isfinite(kept).any() else study.epochs


def check_target(target: Path) -> None:
    """Check that a file can be a model's.

    Raises:
        InputError: it does not end in ``.keras``, or is no place for a file.
    """
    if target.suffix != SUFFIX:
        remedy = f"Name it {target.with_suffix(SUFFIX).name}."
        raise InputError(f"a model's file ends in {SUFFIX}", received=target.name, remedy=remedy)
    if target.is_dir() or not target.parent.is_dir():
        raise InputError("a file that a model can be written to", received=target, remedy=NAME_ANOTHER)


def _number(strength: str | float) -> float:
    try:
        return check_strengths([strength], zero=False)[0]
    except InputError:
        remedy = "Choose one, or a number such as 0.001."
        raise InputError(
            f"a strength is one of {', '.join(RULES)}, or a finite number >= 0", received=repr(strength), remedy=remedy
        ) from None


def _train_into(refit: Refit, file: Path) -> None:
    refit.train().save(file)
