"""Study files: what ``run`` and ``compare`` are asked in TOML; its keys are their options.

A command whose first argument is a ``.toml`` takes from it all that its own command line does not say.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn, get_args

from typer.models import OptionInfo

from ridgepath.builders import PENALTIES_NETWORK, find_builder
from ridgepath.cli import forms
from ridgepath.cli.forms import Form, Given, WrongFormError, form_of
from ridgepath.errors import InputError
from ridgepath.penalties import write_strengths
from ridgepath.store import FILE
from ridgepath.toml import read_toml, toml_key
from ridgepath.variants import compared_arguments, parse_vary


@dataclass(frozen=True)
class Setting:
    """What a study file can say in one key.

    Attributes:
        key: as the option is called, without its dashes.
        name: of the command's argument.
        panel: the group in which ``--help`` shows the option.
        default: as the command has it; ``None`` where there is none.
    """

    key: str
    name: str
    form: Form
    help: str
    panel: str
    default: Any = None


BUILD = Setting("build", "build", forms.NETWORK, "Your network; by default the task's: 784-128-10 with L2.", "Network")
COMPARE = Setting(
    "compare",
    "compare",
    forms.NAMED,
    "Arguments of the network to compare at usual strengths, as `ridgepath compare` does; [] for all penalties.",
    "Network",
)


def settings_of(command: Callable[..., None]) -> tuple[Setting, ...]:
    """Return what a study file can say to a command: its network, what to compare, and each of its options."""
    return BUILD, COMPARE, *_options(command)


def _options(command: Callable[..., None]) -> Iterator[Setting]:
    for name, parameter in inspect.signature(command).parameters.items():
        kind, *notes = get_args(parameter.annotation)
        for option in (note for note in notes if isinstance(note, OptionInfo)):
            declared = (each for each in (option.default, *(option.param_decls or ())) if isinstance(each, str))
            long = next((each for each in declared if each.startswith("--")), name.replace("_", "-"))
            key = long.split("/")[0].removeprefix("--")
            form = next((note for note in notes if isinstance(note, Form)), None)
            panel = option.rich_help_panel if isinstance(option.rich_help_panel, str) else "Options"
            form = form or form_of(kind, option.metavar or "")
            yield Setting(key, name, form, option.help or "", panel, parameter.default)


def asked_of_run(file: Path, command: Callable[..., None]) -> dict[str, Any]:
    """Return what a study file asks of ``run``; what it compares is varied, at the strengths of ``compare``.

    Raises:
        InputError: as :func:`read_study_file`, or there is nothing to compare.
    """
    asked = read_study_file(file, command)
    names = asked.pop("compare", None)
    if names is None:
        return asked
    network = str(asked.get("build", PENALTIES_NETWORK))
    vary = compared_arguments(find_builder(network), _list(names), parse_vary(_list(asked.get("vary", []))))
    varied = [f"{name}={write_strengths(strengths)}" for name, strengths in vary.items()]
    return asked | {"build": network, "vary": varied}


def asked_of_compare(file: Path, names: list[str], command: Callable[..., None]) -> tuple[dict[str, Any], list[str]]:
    """Return what a study file asks of ``compare``, and its network and names as that command takes them.

    Args:
        names: on the command line; they win over the file's.
    """
    asked = read_study_file(file, command)
    network, named = asked.pop("build", None), _list(asked.pop("compare", []))
    return asked, [*([] if network is None else [str(network)]), *(names or named)]


def _list(given: Given) -> list[str]:
    return given if isinstance(given, list) else []


def read_study_file(file: Path, command: Callable[..., None]) -> dict[str, Given]:
    """Return what a study file says, as the command line would have been given it, by the command's arguments.

    A file beside a ``study.db`` that names no folder is about the study there.

    Raises:
        InputError: there is no such file, it is no TOML, or a key or a value in it is none; the message names them.
    """
    known = {setting.key: setting for setting in settings_of(command)}
    said = read_toml(file)
    found = {}
    for key, value in said.items():
        if key not in known:
            _refuse_key(file, key, value, command=command.__name__, known=tuple(known))
        found[known[key].name] = _given(file, known[key], value, tuple(known))
    if "study" not in said and (file.parent / FILE).is_file():
        found["study"] = str(file.parent)
    return found


def _given(file: Path, setting: Setting, value: Any, known: Sequence[str]) -> Given:
    if isinstance(value, dict):
        _check_place(file, setting, value, known)
    if value == "" and setting.key in ("build", "data"):
        what, remedy = ("network", "net.py:build") if setting.key == "build" else ("data set", "mine.npz")
        raise InputError(
            f"{file}: {setting.key} must name a {what}",
            received="nothing, as of one that was given in Python",
            remedy=f'Write it to a file and name that, such as {setting.key} = "{remedy}".',
        )
    try:
        return setting.form.given(value, file.parent)
    except WrongFormError:
        raise InputError(
            f"{file}: {setting.key} must be {setting.form.expected}",
            received=_shown(value),
            remedy=f"Write, for example, {example(setting)}.",
        ) from None


def example(setting: Setting) -> str:
    """Return a line that says something in a study file."""
    key = toml_key(*filter(None, (setting.key, setting.form.name)))
    return f"{key} = {setting.form.example}"


def _check_place(file: Path, setting: Setting, table: dict[str, Any], known: Sequence[str]) -> None:
    """Refuse what was meant for no table: all that follows a ``[table]`` belongs to it."""
    for key, value in table.items():
        if key in known and not (setting.form is forms.BY_NAME and isinstance(value, list | str)):
            _refuse_place(file, key, setting.key)


def _refuse_key(file: Path, key: str, value: Any, *, command: str, known: Sequence[str]) -> NoReturn:
    inner = next((each for each in value if each in known), None) if isinstance(value, dict) else None
    if inner is not None:
        _refuse_place(file, inner, key)
    near = difflib.get_close_matches(key.replace("_", "-"), known, n=1)
    remedy = f"Do you mean {near[0]}?" if near else "`ridgepath init` writes a file with all of them."
    raise InputError(f"{file}: a setting of `ridgepath {command}`", received=_shown(key), remedy=remedy)


def _refuse_place(file: Path, key: str, table: str) -> NoReturn:
    raise InputError(
        f"{file}: {key} stands in no table",
        received=f"it below [{toml_key(table)}]",
        remedy="Write it above all lines with a name in brackets.",
    )


def _shown(value: Any) -> str:
    """Show what was received in one line that is not too long."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
