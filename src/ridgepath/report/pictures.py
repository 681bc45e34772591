"""Images of weights as PNG files that a page holds in itself."""

from __future__ import annotations

import base64
import math
import struct
import zlib

import numpy as np
from numpy.typing import NDArray

from ridgepath.report.palette import LIGHT

_POSITIVE, _NEGATIVE = LIGHT["validation"], LIGHT["training"]


def mosaic(weights: NDArray[np.float64]) -> NDArray[np.uint8]:
    """Put images of units side by side, in a square or nearly one, one clear pixel apart.

    Args:
        weights: (unit, row, column, channel).

    Returns:
        RGBA (row, column, 4). Of one channel, the sign is the colour and the size is how opaque it is, so that zero is
        clear on any ground; of three, grey is zero and each channel its own colour.
    """
    units, rows, columns, _ = weights.shape
    across = math.ceil(math.sqrt(units))
    down = math.ceil(units / across)
    picture = np.zeros((down * (rows + 1) - 1, across * (columns + 1) - 1, 4), np.uint8)
    for unit, pixels in enumerate(_pixels(weights)):
        top, left = (unit // across) * (rows + 1), (unit % across) * (columns + 1)
        picture[top : top + rows, left : left + columns] = pixels
    return picture


def _pixels(weights: NDArray[np.float64]) -> NDArray[np.uint8]:
    parts = weights / (np.max(np.abs(weights), initial=0.0) or 1.0)
    if weights.shape[3] == 3:
        opaque = np.full((*weights.shape[:3], 1), 255, np.uint8)
        return np.concatenate([np.rint(127.5 * (1 + parts)).astype(np.uint8), opaque], axis=3)
    colours = np.where(parts >= 0, _rgb(_POSITIVE), _rgb(_NEGATIVE))
    return np.concatenate([colours, np.rint(255 * np.abs(parts)).astype(np.uint8)], axis=3).astype(np.uint8)


def _rgb(colour: str) -> NDArray[np.uint8]:
    return np.frombuffer(bytes.fromhex(colour[1:]), np.uint8)


def png(picture: NDArray[np.uint8]) -> bytes:
    """Write RGBA pixels (row, column, 4) as a PNG file (W3C, Portable Network Graphics, third edition)."""
    rows, columns, _ = picture.shape
    unfiltered = np.concatenate([np.zeros((rows, 1), np.uint8), picture.reshape(rows, -1)], axis=1)
    header = struct.pack(">IIBBBBB", columns, rows, 8, 6, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(unfiltered.tobytes(), 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, content) for kind, content in parts)


def _chunk(kind: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(kind + content)
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", checksum)


def data_address(picture: NDArray[np.uint8]) -> str:
    """Return an address that holds the picture itself."""
    return f"data:image/png;base64,{base64.b64encode(png(picture)).decode('ascii')}"
