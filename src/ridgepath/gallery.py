"""The portraits in ``study.db``, one row a trial: plain numbers as bytes, little-endian."""

from __future__ import annotations

import math
import sqlite3

import numpy as np

from ridgepath.portraits import BINS, Portrait
from ridgepath.study import Trial

COLUMNS = {"counts": "BLOB", "images": "BLOB", "size": "TEXT", "scale": "REAL"}
"""What the table has beside the key: counts as uint32, images as int8, their size as UNITSxROWSxCOLUMNSxCHANNELS."""


def to_row(portrait: Portrait) -> tuple[object, ...]:
    """Return the values of :data:`COLUMNS`."""
    counts, images = np.asarray(portrait.counts, "<u4"), np.asarray(portrait.images, np.int8)
    if counts.shape != (BINS,) or images.ndim != 4:
        raise ValueError(f"{counts.shape} counts and images {images.shape}; expected {BINS} and four axes")
    return counts.tobytes(), images.tobytes(), "x".join(map(str, images.shape)), float(portrait.scale)


def read(connection: sqlite3.Connection) -> dict[Trial, Portrait]:
    """Read the portraits of all trials.

    Raises:
        ValueError, TypeError: a row is damaged.
    """
    rows = connection.execute("SELECT * FROM portraits ORDER BY variant, strength, seed")
    return {Trial(*row[:3]): _from_row(*row[3:]) for row in rows}


def _from_row(counts: bytes, images: bytes, size: str, scale: float) -> Portrait:
    counted = np.frombuffer(counts, "<u4")
    if len(counted) != BINS or not math.isfinite(scale):
        raise ValueError(f"{len(counted)} counts, scale {scale}")
    shape = tuple(int(part) for part in str(size).split("x"))
    return Portrait(counted.astype(np.uint32), np.frombuffer(images, np.int8).reshape(shape), scale)
