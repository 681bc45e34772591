"""How a study file writes an option, and what the command line would have been given instead.

A file is translated into what the command line takes, so that it can say nothing else and means the same.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any, get_args

from ridgepath.sources import NAMES
from ridgepath.toml import LARGEST, toml_value

Given = str | int | float | bool | list[str]
"""What the command line may be given."""


class WrongFormError(Exception):
    """A value is not of the form that an option has."""


@dataclass(frozen=True)
class Form:
    """How a study file writes an option.

    Attributes:
        expected: what its value is, as a clause.
        example: such a value, as TOML.
        given: value and folder of the file → what the command line would be given; raises :class:`WrongFormError`.
        name: in a table, of which the example is one value; empty for what is no table.
        write: what the command line would be given → such a value, as TOML.
    """

    expected: str
    example: str
    given: Callable[[Any, Path], Given]
    name: str = ""
    write: Callable[[Any], str] = toml_value


def form_of(kind: Any, metavar: str) -> Form:
    """Return the form of an option that is a plain value of a type."""
    optional = [each for each in get_args(kind) if each is not type(None)]
    kind = optional[0] if optional and kind not in _PLAIN and not _is_list(kind) else kind
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return _choice(kind)
    word = metavar.split("|")[0].lower() or "text"
    return _PLAIN[list if _is_list(kind) else kind](word)


def _is_list(kind: Any) -> bool:
    return getattr(kind, "__origin__", None) is list


def _choice(kind: type[StrEnum]) -> Form:
    def given(value: Any, _: Path) -> str:
        if value not in [each.value for each in kind]:
            raise WrongFormError
        return str(value)

    return Form(f"one of {', '.join(kind)}", toml_value(next(iter(kind)).value), given)


def _number(value: Any, _: Path) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or abs(value) >= LARGEST:
        raise WrongFormError
    return value


def _whole(value: Any, folder: Path) -> int:
    if not isinstance(value, int):
        raise WrongFormError
    return int(_number(value, folder))


def _switch(value: Any, _: Path) -> bool:
    if not isinstance(value, bool):
        raise WrongFormError
    return value


def _text(value: Any, _: Path) -> str:
    if not isinstance(value, str) or not value or "\0" in value:
        raise WrongFormError
    return value


def _texts(value: Any, folder: Path) -> list[str]:
    return [_text(each, folder) for each in (value if isinstance(value, list) else [value])]


def _file(value: Any, folder: Path) -> str:
    try:
        return str(folder / Path(_text(value, folder)).expanduser())
    except RuntimeError:  # the home folder of nobody
        raise WrongFormError from None


def _name_or_file(value: Any, folder: Path) -> str:
    return value if isinstance(value, str) and value in NAMES else _file(value, folder)


def _network(value: Any, folder: Path) -> str:
    from ridgepath.builders import BUILT_IN

    return value if isinstance(value, str) and value in BUILT_IN else _file(value, folder.absolute())


def _numbers(value: Any, folder: Path) -> str:
    """Take a list as the command line writes it, or a list of numbers."""
    if isinstance(value, list):
        return _listed(repr(_number(each, folder)) for each in value)
    return _text(value, folder)


def _listed(parts: Iterable[str]) -> str:
    text = ",".join(parts)
    if not text:
        raise WrongFormError
    return text


def _seeds(value: Any, folder: Path) -> str:
    from ridgepath.study import write_seeds

    if isinstance(value, list) and value:
        return write_seeds([_whole(each, folder) for each in value])
    return str(_whole(value, folder))


def _by_name(value: Any, folder: Path) -> list[str]:
    return [f"{name}={_numbers(each, folder)}" for name, each in _table(value).items()]


def _rule(value: Any, folder: Path) -> str:
    if isinstance(value, dict):
        return ",".join(f"{name}={_scalar(each)}" for name, each in _table(value).items())
    return str(_whole(value, folder))


def _weights(value: Any, folder: Path) -> str:
    if value == "balanced":
        return "balanced"
    table = _table(value)
    if not all(name.isdecimal() for name in table):
        raise WrongFormError
    return ",".join(f"{name}={_number(each, folder)!r}" for name, each in table.items())


def _table(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict) or not value or not all(name.isidentifier() or name.isdecimal() for name in value):
        raise WrongFormError
    return value


def _scalar(value: Any) -> str:
    if not isinstance(value, str | int | float) or (isinstance(value, str) and set(value) & set(',="\0')):
        raise WrongFormError
    return str(value).lower() if isinstance(value, bool) else str(value)


NAMED = Form("a list of names", '["l2", "dropout"]', _texts)
FILE = Form("the path of a file, relative to this one", '"other.csv"', _file)
DATA = Form("the name of a data set, or the path of a file, relative to this one", '"mine.npz"', _name_or_file)
NETWORK = Form("FILE.py:build, relative to this file", '"net.py:build"', _network)
STRENGTHS = Form("a list of numbers, or LOW:HIGH:N or auto as text", "[0, 1e-4, 1e-3, 1e-2]", _numbers)
SEEDS = Form("a whole number, or a list of them", "5", _seeds, write=str)
BY_NAME = Form("a list of numbers or LOW:HIGH:N, by name", "[0, 1e-4, 1e-3]", _by_name, name="l2")
EARLY_STOPPING = Form("its patience, or values by name", "3", _rule, name="patience")
CLASS_WEIGHT = Form("balanced, or numbers by class", '"balanced"', _weights)

_PLAIN: dict[Any, Callable[[str], Form]] = {
    bool: lambda _: Form("true or false", "true", _switch),
    int: lambda _: Form("a whole number", "2", _whole),
    float: lambda _: Form("a number", "0.1", _number),
    str: lambda word: Form("text", toml_value(word), _text),
    list: lambda word: Form("text, or a list of texts", toml_value(word), _texts),
    Path: lambda _: Form("a path, relative to this file", '"studies/mine"', _file),
}
