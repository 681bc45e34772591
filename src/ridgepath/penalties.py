"""What a strength means, and grids of strengths."""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

from ridgepath.errors import InputError

AUTO = "auto"
"""What a user gives for strengths that are to be found."""


def asked_strengths(strengths: str | Iterable[object], *, zero: bool = True) -> tuple[float, ...] | None:
    """Return the strengths that a study is asked for, as :func:`read_strengths` does; ``None`` for ``"auto"``.

    Raises:
        InputError: they are not allowed, or ``"auto"`` is to do without 0.
    """
    if strengths != AUTO:
        return read_strengths(strengths, zero=zero)
    if not zero:
        remedy = "Leave 0 in, or give the strengths yourself."
        raise InputError("strengths that are found have 0 among them", received="auto without 0", remedy=remedy)
    return None


def read_strengths(strengths: str | Iterable[object], *, zero: bool = True) -> tuple[float, ...]:
    """Return strengths that are given as text (:func:`parse_strengths`) or as numbers (:func:`check_strengths`)."""
    return (
        parse_strengths(strengths, zero=zero) if isinstance(strengths, str) else check_strengths(strengths, zero=zero)
    )


def check_strengths(strengths: Iterable[object], *, zero: bool = True) -> tuple[float, ...]:
    """Return strengths as floats in ascending order, with 0 added unless ``zero`` is false.

    Raises:
        InputError: there is none, one is not a finite number >= 0, or one is there twice.
    """
    values = [_as_strength(value) for value in strengths]
    if not values:
        raise InputError(
            "a study needs at least one strength", received="none", remedy="Give some, such as 0,1e-4,1e-3."
        )
    for value in values:
        if values.count(value) > 1:
            raise InputError(
                "strengths must differ", received=f"{format_strength(value)} twice", remedy="Remove one of the two."
            )
    if zero and 0.0 not in values:
        values.append(0.0)
    return tuple(sorted(values))


def _as_strength(value: object) -> float:
    remedy = "Remove it, or give a number such as 0, 0.001 or 1e-4."
    if isinstance(value, bool) or not isinstance(value, (int, float, str, np.integer, np.floating)):
        raise InputError("strengths must be numbers", received=repr(value), remedy=remedy)
    try:
        strength = float(value)
    except ValueError:
        raise InputError("strengths must be numbers", received=repr(value), remedy=remedy) from None
    if not math.isfinite(strength) or strength < 0:
        raise InputError("strengths must be >= 0 and finite", received=value, remedy=remedy)
    return strength + 0.0


def parse_strengths(text: str, *, zero: bool = True) -> tuple[float, ...]:
    """Read strengths as the command line writes them.

    Args:
        text: numbers with commas between them (``0,1e-4,1e-3``), or ``LOW:HIGH:N`` for N strengths spread
            evenly on a log scale, both ends included.
        zero: whether 0 is added where it is not there.

    Raises:
        InputError: the text is neither, or a strength is not allowed.
    """
    if text == AUTO:
        remedy = "Give numbers here; `ridgepath run --strengths auto` looks for them."
        raise InputError("strengths that are added to a study must be numbers", received="auto", remedy=remedy)
    if ":" not in text:
        return check_strengths((part.strip() for part in text.split(",")), zero=zero)
    return check_strengths(_log_grid(text), zero=zero)


def _log_grid(text: str) -> list[float]:
    def refuse() -> InputError:
        return InputError(
            "a range of strengths is LOW:HIGH:N with 0 < LOW < HIGH and N a whole number from 2 to 1000",
            received=repr(text),
            remedy="Write, for example, 1e-5:1e-2:7; 0 is added by itself.",
        )

    parts = text.split(":")
    try:
        low, high, count = float(parts[0]), float(parts[1]), int(parts[2])
    except (ValueError, IndexError):
        raise refuse() from None
    if len(parts) != 3 or not 0 < low < high < math.inf or not 2 <= count <= 1000:
        raise refuse()
    return [float(f"{value:.6g}") for value in np.geomspace(low, high, count)]


def write_strengths(strengths: str | Iterable[object]) -> str:
    """Write strengths so that :func:`read_strengths` takes them for these, to the last digit; text is left as it is."""
    return strengths if isinstance(strengths, str) else ",".join(map(repr, strengths))


def format_strength(strength: float) -> str:
    """Write a strength as people do: ``0``, ``0.0001``, ``1e-05``, ``0.00316``."""
    return f"{strength:.3g}" if strength else "0"


def write_points(points: Iterable[tuple[str, float]], *, several: bool) -> str:
    """List strengths, each with the name of its variant before the first of it where there are several."""
    strengths: dict[str, list[str]] = {}
    for variant, strength in points:
        strengths.setdefault(variant, []).append(format_strength(strength))
    return ", ".join(f"{variant} " * several + ", ".join(written) for variant, written in strengths.items())
