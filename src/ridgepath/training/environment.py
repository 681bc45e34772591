"""What trains on this machine, as a worker sees it: printed by a process of its own, which may break without harm."""

from __future__ import annotations

import json
import sys
from contextlib import suppress
from pathlib import Path
from typing import Any

import jax
import jax.numpy as jnp
import keras


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
        "bytes": _most_memory(),
    }


def _most_memory() -> int | None:
    """Return how many bytes this process has taken at most; ``None`` where that is not told, as on Windows.

    Linux tells it in a file; what it tells otherwise is handed down from the process that started this one.
    """
    with suppress(OSError, StopIteration):
        lines = Path("/proc/self/status").read_text().splitlines()
        kilobytes = next(line.split()[1] for line in lines if line.startswith("VmHWM:"))
        return int(kilobytes) * 1024
    with suppress(ImportError):
        import resource

        unit = 1 if sys.platform == "darwin" else 1024
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit
    return None


if __name__ == "__main__":
    print(json.dumps(environment()))
