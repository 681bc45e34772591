"""How the weights of a finished network look: how many are how large, and what the first layer sees.

Weights of a network span many orders of size, and a penalty moves them through all of these. So they are counted
between edges that are evenly spaced near zero and ever wider apart far from it, the same ones for every network: counts
of several trials can be added, and a distribution drawn at any scale.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

BINS = 256
_FINE, _FAR = 1e-3, 10.0
WEIGHT_EDGES: NDArray[np.float64] = _FINE * np.sinh(np.linspace(-1, 1, BINS + 1) * math.asinh(_FAR / _FINE))
"""Edges of the bins in which weights are counted; the outermost bins take what lies beyond them, too."""

UNITS = 16
"""Units of the first layer, at most and the first ones, whose weights are kept as images."""

SMALLEST, MOST_BYTES = 8, 2**16
"""An input is an image from so many pixels a side; and images of a trial take no more room than this."""

_STEPS = 127


@dataclass(frozen=True)
class Portrait:
    """The hidden weights of one finished network.

    Attributes:
        counts: hidden weights between neighbouring :data:`WEIGHT_EDGES`, uint32 (bin,).
        images: weights of units of the first layer, in steps of ``scale`` / 127, int8 (unit, row, column, channel);
            without a unit where inputs are no images or the first layer does not look at them.
        scale: the largest of these weights, without its sign.
    """

    counts: NDArray[np.uint32]
    images: NDArray[np.int8]
    scale: float

    @property
    def weights(self) -> NDArray[np.float64]:
        """The weights that the images show (unit, row, column, channel), to within half a step."""
        return self.images.astype(np.float64) * (self.scale / _STEPS)


def portrait(kernels: Sequence[NDArray[Any]], shape: Sequence[int], *, pictured: bool) -> Portrait:
    """Draw a network's portrait.

    Args:
        kernels: its hidden weight matrices, the first layer's first; (..., input, unit) each.
        shape: that of one example's features.
        pictured: whether the first layer is kept as images, too. One seed a strength is enough for that: units of
            one seed begin alike at every strength, those of two seeds have nothing in common.
    """
    counts = np.zeros(BINS, np.uint32)
    for kernel in kernels:
        counts += _counted(np.asarray(kernel, np.float64))
    images, scale = _quantized(_images(np.asarray(kernels[0], np.float64), shape) if pictured else _NO_IMAGES)
    return Portrait(counts, images, scale)


_NO_IMAGES: NDArray[np.float64] = np.empty((0, 0, 0, 1))


def _counted(weights: NDArray[np.float64]) -> NDArray[np.uint32]:
    inner = np.searchsorted(WEIGHT_EDGES[1:-1], weights.ravel(), side="right")
    return np.bincount(inner, minlength=BINS).astype(np.uint32)


def _images(kernel: NDArray[np.float64], shape: Sequence[int]) -> NDArray[np.float64]:
    """Return the first units' weights (unit, row, column, channel) if they look at an image's pixels."""
    size = _image_size(shape)
    if size is None:
        return _NO_IMAGES
    is_dense = kernel.ndim == 2 and len(kernel) == math.prod(size)
    if not is_dense and not (kernel.ndim == 4 and kernel.shape[2] == size[2]):
        return _NO_IMAGES
    by_pixel = kernel.reshape(*size, -1) if is_dense else kernel
    units = min(UNITS, MOST_BYTES // max(math.prod(by_pixel.shape[:3]), 1))
    return np.moveaxis(by_pixel[..., :units], -1, 0)


def _image_size(shape: Sequence[int]) -> tuple[int, int, int] | None:
    """Return rows, columns and channels of an example that is an image: of grey pixels, or of one or three channels."""
    sizes = tuple(shape) if len(shape) == 3 else (*shape, 1)
    if len(sizes) != 3 or sizes[2] not in (1, 3) or min(sizes[:2]) < SMALLEST:
        return None
    return sizes[0], sizes[1], sizes[2]


def _quantized(images: NDArray[np.float64]) -> tuple[NDArray[np.int8], float]:
    scale = float(np.max(np.abs(images), initial=0.0))
    steps = images * (_STEPS / scale) if scale else images
    return np.rint(steps).astype(np.int8), scale
