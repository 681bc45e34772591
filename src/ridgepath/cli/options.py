"""The options of the commands: each written once, in groups that a command takes as a whole.

A group is a dataclass whose fields are options, each perhaps with the form in which a study file writes it. A command
that has a group for an argument has all of its options, and :func:`with_options` hands it the values as one object; so
an option that is added to a group is there in every command that takes the group, and in study files.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, get_type_hints

import typer

from ridgepath.cli import forms


class Engine(StrEnum):
    """Who trains: compiled programs, plain model.fit, or whichever can."""

    auto = "auto"
    jax = "jax"
    reference = "reference"


class Kept(StrEnum):
    """Which epoch's weights a trial ends with."""

    last = "last"
    best = "best"


about_strengths, about_data, about_training, about_answer = (
    functools.partial(typer.Option, rich_help_panel=panel) for panel in ("What varies", "Data", "Training", "Answer")
)

StudyFolder = Annotated[Path, typer.Argument(metavar="DIR", help="The study's folder.")]
AsJson = Annotated[bool, about_answer("--json", help="Print one JSON document and nothing else.")]
Margin = Annotated[
    float | None,
    about_answer(
        "--margin", metavar="X", help="A difference that does not matter; one standard error of a mean by default."
    ),
]
Workers = Annotated[
    int | None, about_training("--workers", metavar="N", help="Processes; by default one a core, or one a GPU.")
]
On = Annotated[
    str,
    about_training(
        metavar="local|ray|ray://HOST:PORT",
        help="Where: on this machine, or on a Ray cluster, that of this machine or another.",
    ),
]
Vary = Annotated[
    list[str] | None,
    forms.BY_NAME,
    about_strengths(
        metavar="NAME=LIST|NAME=LOW:HIGH:N", help="Strengths of an argument by name; may be given repeatedly."
    ),
]


@dataclass(frozen=True)
class Varied:
    """What varies, by name."""

    vary: Vary = None
    zero: Annotated[bool, about_strengths("--zero/--no-zero", help="Add strength 0 where it is not given.")] = True


@dataclass(frozen=True)
class Data:
    """The examples, and which of them validate."""

    data: Annotated[
        str,
        forms.DATA,
        about_data(
            metavar="NAME|FILE",
            help="mnist-5k, mnist, fashion-mnist, digits, breast-cancer or diabetes; or your .csv, .parquet or .npz.",
        ),
    ] = "mnist-5k"
    target: Annotated[list[str] | None, about_data(metavar="COLUMN", help="Of a table, the column to predict.")] = None
    weight: Annotated[
        list[str] | None, about_data(metavar="COLUMN", help="Of a table, how much each example counts.")
    ] = None
    validation_data: Annotated[
        str | None,
        forms.FILE,
        about_data(metavar="FILE", help="A table to validate on; by default a share is set apart."),
    ] = None
    test_data: Annotated[str | None, forms.FILE, about_data(metavar="FILE", help="A table to test on.")] = None
    validation_share: Annotated[
        float | None, about_data(metavar="X", help="Of the examples, set apart to validate; 0.2 where none are given.")
    ] = None
    test_share: Annotated[
        float | None, about_data(metavar="X", help="Of the examples, set apart to test; none by default.")
    ] = None
    validation: Annotated[
        str,
        about_data(
            metavar="fixed|redrawn|folds:K",
            help="One split for all seeds, one a seed, or cross-validations of K seeds.",
        ),
    ] = "fixed"


@dataclass(frozen=True)
class Training:
    """How a study is trained, and where it is kept."""

    seeds: Annotated[
        str,
        forms.SEEDS,
        about_training(metavar="N|LIST", help="How many seeds, or which, with commas between; 7, is one."),
    ] = "5"
    epochs: Annotated[int, about_training(metavar="N", help="Passes over the training examples.")] = 15
    batch_size: Annotated[int, about_training(metavar="N", help="Examples in a step.")] = 32
    study: Annotated[
        Path | None, about_training(metavar="DIR", help="Where to keep the study; under studies/ by default.")
    ] = None
    early_stopping: Annotated[
        str | None,
        forms.EARLY_STOPPING,
        about_training(
            metavar="N|NAME=VALUE,...",
            help="As Keras' EarlyStopping, on data loss unless monitor=... says otherwise: its patience, or "
            "patience=3,min_delta=1e-4,...",
        ),
    ] = None
    keep: Annotated[
        Kept, about_training(help="Whose weights a trial ends with: the last epoch's, or the best one's.")
    ] = Kept.last
    class_weight: Annotated[
        str | None,
        forms.CLASS_WEIGHT,
        about_training(metavar="balanced|CLASS=X,...", help="How much a class counts in training."),
    ] = None
    workers: Workers = None
    on: On = "local"
    engine: Annotated[Engine, about_training(help="Who trains; reference is plain model.fit.")] = Engine.auto


@dataclass(frozen=True)
class Deciding:
    """Whether seeds are added where they decide."""

    until: Annotated[
        str | None,
        about_training(metavar="decided", help="Add seeds, only to strengths whose comparison is open, until none is."),
    ] = None
    max_seeds: Annotated[
        int | None, about_training("--max-seeds", metavar="N", help="Where that ends, decided or not; 20 by default.")
    ] = None


@dataclass(frozen=True)
class Answer:
    """How the answer of what was just trained is given."""

    log: Annotated[
        list[str] | None,
        about_answer(
            metavar="NAME|NAME=WHERE",
            help="Also show trials and report in mlflow, tensorboard or optuna; may be given repeatedly.",
        ),
    ] = None
    margin: Margin = None
    as_json: AsJson = False


@dataclass(frozen=True)
class Terms:
    """In which terms strengths are compared."""

    metric: Annotated[
        str | None,
        about_answer("--metric", metavar="NAME", help="Compare on this, such as accuracy; by default on data loss."),
    ] = None
    margin: Margin = None
    larger_is_better: Annotated[
        bool | None,
        about_answer(
            "--larger-is-better/--smaller-is-better", help="Which way the metric should go, if its name does not tell."
        ),
    ] = None


def with_options(command: Callable[..., None]) -> Callable[..., None]:
    """Give a command the fields of its groups as options of its own, in the groups' places."""
    hints = get_type_hints(command, include_extras=True)
    groups = {name: hint for name, hint in hints.items() if isinstance(hint, type) and is_dataclass(hint)}

    @functools.wraps(command)
    def flat(**given: Any) -> None:
        grouped = {
            name: group(**{field.name: given.pop(field.name) for field in fields(group)})
            for name, group in groups.items()
        }
        command(**given, **grouped)

    parameters = [
        parameter
        for name, written in inspect.signature(command).parameters.items()
        for parameter in (_parameters(groups[name]) if name in groups else [written.replace(annotation=hints[name])])
    ]
    ordered = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in parameters]
    flat.__signature__ = inspect.Signature(ordered)  # type: ignore[attr-defined]
    flat.__annotations__ = {each.name: each.annotation for each in ordered}
    return flat


def _parameters(group: type[Any]) -> list[inspect.Parameter]:
    hints = get_type_hints(group, include_extras=True)
    return [each.replace(annotation=hints[name]) for name, each in inspect.signature(group).parameters.items()]
