"""The command that writes a study file to begin with: init."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from enum import StrEnum
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from ridgepath.cli.training import run
from ridgepath.errors import InputError
from ridgepath.files import drafts, remedy_of
from ridgepath.toml import SUFFIX

if TYPE_CHECKING:
    from ridgepath.cli.study_file import Setting

_WIDTH = 80

_HEAD = """\
# A study of ridgepath. Every setting is here, with what it is if you leave it
# alone; take away the # before one to change it. "For example" marks those that
# are not there unless you ask for them. Then:
#
#     ridgepath run {name}
#
# Texts stand in quotes, lists in brackets, and paths are relative to this file.
# An option on the command line, such as --epochs 30, wins over what is here.
"""


def init(
    file: Annotated[Path, typer.Argument(metavar="[FILE.toml]", help="Where to; study.toml by default.")] = Path(
        "study.toml"
    ),
) -> None:
    """Write a study file that has every setting, with its meaning and its default."""
    from ridgepath.cli.study_file import settings_of

    if file.suffix != SUFFIX:
        raise InputError(f"a study file ends in {SUFFIX}", received=file, remedy=f"Call it {file.stem}{SUFFIX}.")
    if file.exists():
        raise InputError("a study file that is new", received=f"{file}, which is there", remedy="Give another name.")
    try:
        with drafts(file) as (draft,):
            draft.write_text(study_file(file.name, settings_of(run)), encoding="utf-8")
    except OSError as error:
        received = f"{file} ({error.strerror})"
        raise InputError("a file that can be written", received=received, remedy=remedy_of(error)) from None
    typer.echo(f"{file}: all settings, each with its default. Change some, then: ridgepath run {file}")


def study_file(name: str, settings: Sequence[Setting]) -> str:
    """Return a study file of some name that asks for nothing but what is asked without it."""
    return _HEAD.format(name=name) + "".join(f"{line}\n" for line in _lines(settings))


def _lines(settings: Sequence[Setting]) -> Iterator[str]:
    for panel, group in groupby(settings, key=lambda setting: setting.panel):
        yield from ("", "", f"# {panel}", f"# {'=' * len(panel)}")
        for setting in group:
            yield from ("", *(f"# {line}" for line in textwrap.wrap(setting.help, _WIDTH - 2, break_on_hyphens=False)))
            yield _commented(setting)


def _commented(setting: Setting) -> str:
    from ridgepath.cli.study_file import example

    default = setting.default
    if default is None:
        return f"#{example(setting)}  # for example"
    value = default.value if isinstance(default, StrEnum) else default
    return f"#{setting.key} = {setting.form.write(value)}"
