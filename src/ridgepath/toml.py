"""TOML: read with one clear line for what is wrong, and written; only what a study file needs of it."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from ridgepath.errors import InputError
from ridgepath.texts import on_one_line

SUFFIX = ".toml"

LARGEST = 2**63
"""Whole numbers are below this, as TOML itself asks for."""

_BARE = re.compile("[A-Za-z0-9_-]+")


def read_toml(file: Path) -> dict[str, Any]:
    """Return what a TOML file says.

    Raises:
        InputError: there is no such file, or it is no TOML; the message has the line.
    """
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except OSError as error:
        received, remedy = f"{file} ({error.strerror})", "Give an existing file; `ridgepath init` writes one."
        raise InputError("a study file", received=received, remedy=remedy) from None
    except RecursionError:
        reason: object = "brackets in brackets without end"
    except ValueError as error:  # also of bytes that are no UTF-8, and of numbers with thousands of digits
        reason = " ".join(str(error).split())
    raise InputError(f"{file} must be TOML", received=reason, remedy="Mend that place; texts stand in quotes.")


def toml_value(value: bool | int | float | str | list[Any] | tuple[Any, ...]) -> str:
    """Write a value; :func:`read_toml` gives it back, to the last digit."""
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    return str(value).lower() if isinstance(value, bool) else repr(value)


def toml_key(*parts: str) -> str:
    """Write a key, whatever is in its parts: ``vary.l2``."""
    return ".".join(part if _BARE.fullmatch(part) else toml_value(part) for part in parts)


def toml_comment(text: str) -> str:
    """Write a text so that it cannot end its comment."""
    return f"# {on_one_line(text)}"
