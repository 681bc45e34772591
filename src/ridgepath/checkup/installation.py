"""Whether ridgepath and the packages that it needs are here, in versions that do."""

from __future__ import annotations

import platform
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, requires, version
from typing import NamedTuple

from ridgepath.checkup.finding import Finding, State

PART = "Installation"
NAMED = ("keras", "jax", "numpy")
"""Packages whose versions are named even where nothing is wrong with them."""
DEVELOPERS = "dev"
"""The extra that is of no use to users."""


class Requirement(NamedTuple):
    """A package that is needed, its least version, and the extra that needs it; empty for ridgepath itself."""

    package: str
    least: str
    extra: str


def installation() -> Iterator[Finding]:
    """Check Python and all packages."""
    yield Finding(PART, "Python", State.OK, f"{platform.python_version()}, {sys.executable}")
    needed = requirements(requires("ridgepath") or ())
    own = [each for each in needed if not each.extra]
    wrong = [found for found in map(_wrong, own) if found]
    yield from wrong
    if not wrong:
        named = ", ".join(f"{package} {version(package)}" for package in NAMED)
        said = f"ridgepath {version('ridgepath')} with all {len(own)} that it needs; {named}"
        yield Finding(PART, "packages", State.OK, said)
    for extra in dict.fromkeys(each.extra for each in needed if each.extra not in ("", DEVELOPERS)):
        yield _extra(extra, [each for each in needed if each.extra == extra])


def requirements(lines: Iterator[str] | list[str] | tuple[str, ...]) -> list[Requirement]:
    """Read what a package needs, as its metadata writes it: ``pyarrow>=15; extra == 'parquet'``."""
    found = []
    for line in lines:
        needed, _, condition = line.partition(";")
        name = re.match(r"[\w.-]+", needed)
        least = re.search(r">=\s*([\w.]+)", needed)
        extra = re.search(r"extra\s*==\s*['\"]([^'\"]+)", condition)
        if name:
            found.append(Requirement(name[0], least[1] if least else "0", extra[1] if extra else ""))
    return found


def _wrong(needed: Requirement) -> Finding | None:
    """Return what is wrong with a package that is needed."""
    remedy = f"Install it with: pip install --upgrade '{needed.package}>={needed.least}'"
    here = _version(needed.package)
    if here is None:
        return Finding(PART, needed.package, State.PROBLEM, "is needed and not installed", remedy)
    if _numbers(here) < _numbers(needed.least):
        return Finding(PART, needed.package, State.PROBLEM, f"{here} is older than {needed.least}", remedy)
    return None


def _extra(extra: str, needed: list[Requirement]) -> Finding:
    lacking = [each.package for each in needed if _wrong(each)]
    if lacking:
        remedy = f"Install it with: pip install 'ridgepath[{extra}]'"
        return Finding(PART, f"extra {extra}", State.ABSENT, f"lacks {', '.join(lacking)}", remedy)
    here = ", ".join(f"{each.package} {_version(each.package)}" for each in needed)
    return Finding(PART, f"extra {extra}", State.OK, here)


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None


def _numbers(written: str) -> tuple[int, ...]:
    """Return a version so that versions can be compared: its first three numbers."""
    return tuple(int(number) for number in re.findall(r"\d+", written)[:3])
