"""What a user gives as data, and how a study remembers it so that the data is found again."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from ridgepath.errors import InputError

NAMES = ("mnist-5k", "mnist", "fashion-mnist", "digits", "breast-cancer", "diabetes")
"""Data sets that are known by name."""

SPLITS = ("train", "validation", "test")

VALIDATION_SHARE = 0.2
"""Of the examples, set apart to validate where no validation part is given."""

GIVEN = ("data", "validation_data", "test_data")
"""The parts that may be files."""


@dataclass(frozen=True, eq=False)
class Source:
    """Where a study's data comes from, and how it is read.

    Attributes:
        data: as :func:`ridgepath.datasets.load_dataset` takes it.
        target, weight: columns of a table.
        validation_data, test_data: examples of the form of ``data``, where that is a table or ``(x, y)``.
        validation_share, test_share: of the examples of ``data``, to be set apart where these are not given.

    Raises:
        InputError: there is not one target, a column has no name, or shares are not between 0 and 1.
    """

    data: Any
    target: str | None = None
    weight: str | None = None
    validation_data: Any = None
    test_data: Any = None
    validation_share: float | None = None
    test_share: float | None = None

    def __post_init__(self) -> None:
        for name in ("target", "weight"):
            object.__setattr__(self, name, _one_column(name, getattr(self, name)))
        shares = {name: getattr(self, name) for name in ("validation_share", "test_share")}
        for name, share in shares.items():
            _check_share(name, share)
        if sum(share or 0 for share in shares.values()) >= 1:
            received = " and ".join(str(share) for share in shares.values())
            raise InputError("shares that leave examples to train on", received=received, remedy="Give smaller ones.")

    @classmethod
    def of(cls, data: Any) -> Source:
        """Return data as a source: itself, if it is one."""
        return data if isinstance(data, Source) else cls(data)

    @property
    def location(self) -> str:
        """What a study remembers: a name or a path, or JSON where more is needed; empty for what is only in memory."""
        given = {name: getattr(self, name) for name in GIVEN}
        if not all(isinstance(each, str | Path | None) for each in given.values()):
            return ""
        found = {name: _found_again(each) for name, each in given.items() if each is not None}
        settings = {name: value for name, value in asdict(self).items() if name not in GIVEN and value is not None}
        return found["data"] if len(found) + len(settings) == 1 else json.dumps({**found, **settings})

    @classmethod
    def at(cls, location: str) -> Source:
        """Return the source that :attr:`location` wrote down, in this version or before.

        Raises:
            InputError: a later version wrote down more than this one knows, or it is damaged.
        """
        settings = _settings_at(location)
        unknown = sorted(set(settings) - {field.name for field in fields(cls)})
        if unknown:
            raise InputError(
                "a study whose data this version of ridgepath can find",
                received=f"one that was made with {', '.join(unknown)}",
                remedy="Install a newer version.",
            )
        return cls(**settings)


def _settings_at(location: str) -> dict[str, Any]:
    if not location.startswith("{"):
        return {"data": location}
    try:
        settings: dict[str, Any] = json.loads(location)
    except (ValueError, RecursionError):
        settings = {"data": None}
    if not isinstance(settings.get("data"), str) or not all(isinstance(settings.get(n), str | None) for n in GIVEN):
        remedy = "Restore the study from a copy, or give another one."
        raise InputError("a study that says where its data is", received="a damaged account of it", remedy=remedy)
    return settings


def _found_again(data: str | Path) -> str:
    return str(data) if data in NAMES else str(Path(data).expanduser().resolve())


def _one_column(name: str, column: object) -> str | None:
    columns = list(column) if isinstance(column, Sequence) and not isinstance(column, str) else [column]
    if len(columns) > 1:
        received, remedy = ", ".join(map(str, columns)), "Choose one; a study answers one question."
        raise InputError(f"one {name} column", received=received, remedy=remedy)
    if not columns or columns[0] is None:
        return None
    if not isinstance(columns[0], str | int) or columns[0] == "":
        received, remedy = repr(columns[0]), "Give the name of a column of the table."
        raise InputError(f"the name of the {name} column", received=received, remedy=remedy)
    return str(columns[0])


def _check_share(name: str, share: object) -> None:
    if share is None:
        return
    if isinstance(share, bool) or not isinstance(share, int | float) or not math.isfinite(share) or not 0 < share < 1:
        raise InputError(
            f"the {name.replace('_', ' ')} must be between 0 and 1",
            received=repr(share),
            remedy="Give a share of the examples, such as 0.2.",
        )


def shares_of(source: Source, given: Collection[str]) -> dict[str, float]:
    """Return which parts are to be set apart: a validation part where there is none, and those that are asked for.

    Args:
        given: the splits that are there.

    Raises:
        InputError: a share is asked for of a part that is given.
    """
    asked = {"validation": source.validation_share, "test": source.test_share}
    shares = {split: share for split, share in asked.items() if share is not None}
    twice = next((split for split in shares if split in given), None)
    if twice is not None:
        raise InputError(
            f"a {twice} share of data without a {twice} part",
            received=f"{shares[twice]:g} of data that has one",
            remedy="Leave the share out.",
        )
    return shares if "validation" in given else {"validation": VALIDATION_SHARE, **shares}
