"""What trains on this machine, as a worker sees it: printed by a process of its own, which may break without harm."""

from __future__ import annotations

import json
import resource
import sys
from typing import Any

import jax
import jax.numpy as jnp
import keras

_BYTES_A_UNIT = 1 if sys.platform == "darwin" else 1024
"""Of ``ru_maxrss``: bytes on macOS, kilobytes on Linux."""


def environment() -> dict[str, Any]:
    """Compile and run a small program, and return what with, where, and in how much memory (bytes)."""
    product = jax.jit(lambda x: x @ x)(jnp.full((8, 8), 0.5))
    return {
        "keras": keras.__version__,
        "backend": keras.backend.backend(),
        "jax": jax.__version__,
        "devices": [f"{device.platform}: {device.device_kind}" for device in jax.devices()],
        "platform": jax.default_backend(),
        "is_right": bool((product == 2.0).all()),
        "bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * _BYTES_A_UNIT,
    }


if __name__ == "__main__":
    print(json.dumps(environment()))
