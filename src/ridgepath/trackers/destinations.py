"""Where a study is logged to: one of the programs in which people look at trials, and the place that it reads."""

from __future__ import annotations

import importlib.util
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass

from ridgepath.errors import InputError

PACKAGES = {"mlflow": ("mlflow",), "tensorboard": ("tensorboard",), "optuna": ("optuna", "optuna_dashboard")}
"""Program → the packages that its extra of the same name brings."""

Log = str | Sequence[str]
"""What a user gives: ``NAME`` or ``NAME=WHERE``, or several of these."""


@dataclass(frozen=True)
class Destination:
    """A program, and where it keeps what it shows; ``None`` for its usual place."""

    program: str
    where: str | None = None

    def __str__(self) -> str:
        return self.program if self.where is None else f"{self.program}={self.where}"


def read_destinations(log: Log) -> tuple[Destination, ...]:
    """Return the destinations that a user names, each once.

    Raises:
        InputError: there is no such program, its package is not installed, or the place is none that it can use.
    """
    texts = [log] if isinstance(log, str) else log
    return tuple(dict.fromkeys(_read(text) for text in texts))


def without_credentials(text: str) -> str:
    """Take name and password out of the addresses in a text that others will read."""
    return re.sub(r"(?<=://)[^/\s@]+@", "", text)


def _read(text: str) -> Destination:
    program, equals, where = str(text).partition("=")
    if program not in PACKAGES:
        known = ", ".join(PACKAGES)
        remedy = "Give one of them, or NAME=WHERE, such as mlflow=http://127.0.0.1:5000."
        raise InputError(f"a study is logged to one of {known}", received=repr(text), remedy=remedy)
    if any(importlib.util.find_spec(package) is None for package in PACKAGES[program]):
        remedy = f"Install what it needs with: pip install 'ridgepath[{program}]'"
        raise InputError(f"--log {program} needs a package", received="none of that name", remedy=remedy)
    if equals and not where:
        raise InputError(f"a place after {program}=", received="nothing", remedy=f"Give one, or {program} alone.")
    _check_place(program, where or None)
    return Destination(program, where or None)


def _check_place(program: str, where: str | None) -> None:
    if program == "optuna" and where is not None and "://" not in where:
        raise InputError(
            "an Optuna storage is an address such as sqlite:///trials.db",
            received=repr(where),
            remedy=f"Write optuna=sqlite:///{where}, or optuna alone for a file in the study's folder.",
        )
    if program == "mlflow" and not _on_a_server(where) and importlib.util.find_spec("sqlalchemy") is None:
        raise InputError(
            "the address of an MLflow server",
            received="none" if where is None else repr(where),
            remedy="Give --log mlflow=http://127.0.0.1:5000, or set MLFLOW_TRACKING_URI; to do without a server, "
            "pip install mlflow.",
        )


def _on_a_server(where: str | None) -> bool:
    address = where or os.environ.get("MLFLOW_TRACKING_URI", "")
    return address.startswith(("http://", "https://", "databricks"))
