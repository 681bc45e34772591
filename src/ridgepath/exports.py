"""A study's tables in files for other programs: CSV, Parquet, JSON."""

from __future__ import annotations

import importlib.util
import json
import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from ridgepath.errors import InputError
from ridgepath.files import drafts, remedy_of
from ridgepath.frames import frame
from ridgepath.results import Results

FORMATS = (".csv", ".json", ".parquet")


def export(results: Results, target: Path) -> list[Path]:
    """Write the tables of trials and epochs to files of their own, and return these.

    Args:
        results: the tables.
        target: where trials go; epochs go beside it (``NAME.epochs.csv``). A ``.json`` holds both, with
            ``null`` for what is not finite.

    Raises:
        InputError: the ending is none of ``.csv``, ``.json`` and ``.parquet``, the file cannot be written,
            or pyarrow is missing for ``.parquet``.
    """
    _check_format(target)
    trials, epochs = frame(results.trials), frame(results.epochs)
    if target.suffix.lower() == ".json":
        document = {"trials": _records(trials), "epochs": _records(epochs)}
        writers: dict[Path, Callable[[Path], object]] = {
            target: lambda file: file.write_text(
                json.dumps(document, ensure_ascii=False, allow_nan=False), encoding="utf-8"
            )
        }
    else:
        beside = target.with_name(f"{target.stem}.epochs{target.suffix}")
        writers = {target: _table_writer(trials, target), beside: _table_writer(epochs, target)}
    return _write_files(writers)


def _check_format(target: Path) -> None:
    if target.suffix.lower() not in FORMATS:
        raise InputError(
            f"an export ends in {', '.join(FORMATS[:-1])} or {FORMATS[-1]}",
            received=target.name,
            remedy="Give a file such as trials.csv.",
        )
    if target.suffix.lower() == ".parquet" and importlib.util.find_spec("pyarrow") is None:
        raise InputError(
            "a .parquet file needs the package pyarrow",
            received="no such package",
            remedy='Install it with: pip install "ridgepath[parquet]"; or export to .csv.',
        )


def _records(frame: pd.DataFrame) -> list[dict[str, Any]]:
    return [
        {
            str(name): None if isinstance(value, float) and not math.isfinite(value) else value
            for name, value in row.items()
        }
        for row in frame.to_dict("records")
    ]


def _table_writer(frame: pd.DataFrame, target: Path) -> Callable[[Path], object]:
    if target.suffix.lower() == ".parquet":
        return lambda file: frame.to_parquet(file, engine="pyarrow", index=False)
    return lambda file: frame.to_csv(file, index=False)


def _write_files(writers: Mapping[Path, Callable[[Path], object]]) -> list[Path]:
    try:
        with drafts(*writers) as paths:
            for write, path in zip(writers.values(), paths, strict=True):
                write(path)
    except OSError as error:
        target = next(iter(writers))
        raise InputError(
            f"{target} must be a file that can be written", received=error, remedy=remedy_of(error, "Give another.")
        ) from None
    return list(writers)
