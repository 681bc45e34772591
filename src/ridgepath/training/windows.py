"""Convolutions and pools by formulas that a CPU is quick at: matrix products of patches, and reductions of blocks.

XLA is slow at convolutions and at the gradient of a maximum over windows on a CPU, and at convolutions within a loop
above all, which is where training has them: a step of a network with 8 and 16 filters took 21 ms by its own and 3 ms by
these. Values and gradients are the same up to rounding. What is not covered (groups, transposed convolutions,
channels first, windows that overlap, patches that take too much memory) is left to XLA.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

from ridgepath.training.coefficients import swapped

MOST_PATCHES = 2**25
"""Numbers in the patches of a batch, at most: 128 MiB in float32."""

_convolve = jax.lax.conv_general_dilated
_reduce_window = jax.lax.reduce_window


def windows_for_cpu() -> AbstractContextManager[None]:
    """Let functions that are traced take their convolutions and pools from here, where the device is a CPU."""
    if jax.default_backend() != "cpu":
        return nullcontext()
    return swapped([(jax.lax, "conv_general_dilated", convolve), (jax.lax, "reduce_window", reduce_window)])


def convolve(
    images: jax.Array, kernel: jax.Array, window_strides: Sequence[int], padding: Any, **settings: Any
) -> jax.Array:
    """Take a convolution as ``jax.lax.conv_general_dilated`` does, as the product of patches and kernel.

    Args:
        images: (example, ..., channel).
        kernel: (..., channel, filter).
        settings: the others of ``jax.lax.conv_general_dilated``.
    """
    dilations = settings.get("rhs_dilation") or (1,) * len(window_strides)
    spans = [(size - 1) * dilation + 1 for size, dilation in zip(kernel.shape[:-2], dilations, strict=True)]
    if not _is_plain(images, kernel, settings):
        return _convolve(images, kernel, window_strides, padding, **settings)
    if isinstance(padding, str):
        padding = jax.lax.padtype_to_pads(images.shape[1:-1], spans, window_strides, padding)
    padded = jnp.pad(images, ((0, 0), *((int(before), int(after)) for before, after in padding), (0, 0)))
    strides = zip(padded.shape[1:-1], spans, window_strides, strict=True)
    shape = [(size - span) // stride + 1 for size, span, stride in strides]
    patches = len(images) * math.prod(shape) * math.prod(kernel.shape[:-1])
    if min(shape) < 1 or patches > MOST_PATCHES:
        return _convolve(images, kernel, window_strides, padding, **settings)
    shifts = [
        padded[(slice(None), *(slice(o * d, o * d + (n - 1) * s + 1, s) for o, d, n, s in along), slice(None))]
        for offsets in np.ndindex(*kernel.shape[:-2])
        for along in [tuple(zip(offsets, dilations, shape, window_strides, strict=True))]
    ]
    return jnp.concatenate(shifts, axis=-1) @ kernel.reshape(-1, kernel.shape[-1])


def _is_plain(images: jax.Array, kernel: jax.Array, settings: dict[str, Any]) -> bool:
    """Tell whether channels are last and nothing is asked for but strides, padding and dilation of the kernel."""
    others = {name: value for name, value in settings.items() if name not in ("rhs_dilation", "dimension_numbers")}
    usual = {"feature_group_count": 1, "batch_group_count": 1}
    if any(value is not None and value != usual.get(name) for name, value in others.items()):
        return False
    axes = range(images.ndim)
    last = jax.lax.ConvDimensionNumbers(
        (0, axes[-1], *axes[1:-1]), (axes[-1], axes[-2], *axes[:-2]), (0, axes[-1], *axes[1:-1])
    )
    given = settings.get("dimension_numbers")
    return bool(jax.lax.conv_dimension_numbers(images.shape, kernel.shape, given) == last)


def reduce_window(
    operand: jax.Array,
    init_value: Any,
    computation: Any,
    window_dimensions: Sequence[int],
    window_strides: Sequence[int],
    padding: Any,
    **settings: Any,
) -> jax.Array:
    """Reduce windows as ``jax.lax.reduce_window`` does; maxima and sums of windows side by side, by blocks."""
    window, strides = tuple(window_dimensions), tuple(window_strides)
    sizes = tuple(zip(operand.shape, window, strict=True))
    is_whole = isinstance(padding, str) and (padding.upper() == "VALID" or not any(n % width for n, width in sizes))
    fits = is_whole and window == strides and all(n >= width for n, width in sizes) and not settings
    is_number = isinstance(init_value, (int, float))
    if fits and is_number and computation is jax.lax.max and init_value == -math.inf:
        return _block_maximum(operand, window)
    if fits and is_number and computation is jax.lax.add and init_value == 0:
        return _blocks(operand, window).sum(_within(window))
    reduced: jax.Array = _reduce_window(operand, init_value, computation, window, strides, padding, **settings)
    return reduced


def _blocks(values: jax.Array, window: tuple[int, ...]) -> jax.Array:
    """Divide every axis into windows, (window, within, window, within, ...); what is left over is cut off."""
    counts = [size // width for size, width in zip(values.shape, window, strict=True)]
    cut = values[tuple(slice(count * width) for count, width in zip(counts, window, strict=True))]
    return cut.reshape(tuple(itertools.chain(*zip(counts, window, strict=True))))


def _within(window: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(range(1, 2 * len(window), 2))


@partial(jax.custom_vjp, nondiff_argnums=(1,))
def _block_maximum(values: jax.Array, window: tuple[int, ...]) -> jax.Array:
    return _blocks(values, window).max(_within(window))


def _forward(values: jax.Array, window: tuple[int, ...]) -> tuple[jax.Array, tuple[jax.Array, jax.Array]]:
    maxima = _block_maximum(values, window)
    return maxima, (values, maxima)


def _backward(window: tuple[int, ...], kept: tuple[jax.Array, jax.Array], gradient: jax.Array) -> tuple[jax.Array]:
    """Give the gradient of a window to the first of its maxima, as XLA does."""
    values, maxima = kept
    blocks, within = _blocks(values, window), _within(window)
    earlier = np.arange(math.prod(window), 0, -1, dtype=np.float32).reshape([n for width in window for n in (1, width)])
    score = jnp.where(blocks == jnp.expand_dims(maxima, within), earlier, 0)
    is_first = score == score.max(within, keepdims=True)
    given = jnp.where(is_first, jnp.expand_dims(gradient, within), 0)
    joined = given.reshape([size * width for size, width in zip(maxima.shape, window, strict=True)])
    cut_off = [(0, size - present) for size, present in zip(values.shape, joined.shape, strict=True)]
    return (jnp.pad(joined, cut_off),)


_block_maximum.defvjp(_forward, _backward)
