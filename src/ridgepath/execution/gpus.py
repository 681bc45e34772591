"""Which GPUs this process may use, found out without JAX, which starts in the workers and never in the caller.

A GPU counts if JAX can use it: an NVIDIA one, with JAX' plugin for CUDA installed, where ``JAX_PLATFORMS`` does not
say otherwise and as far as ``CUDA_VISIBLE_DEVICES`` shows it. Without the plugin nothing else is looked at.
"""

from __future__ import annotations

import os
import subprocess
from importlib.metadata import entry_points
from pathlib import Path

TOGETHER = "RIDGEPATH_TOGETHER"
"""The environment variable that, set to 1, has trials trained together on a CPU, too: slower, but the code of a GPU."""

VISIBLE = "CUDA_VISIBLE_DEVICES"
"""The environment variable by which CUDA shows a process some GPUs only."""

_DRIVER = Path("/proc/driver/nvidia/gpus")


def is_together_asked() -> bool:
    """Tell whether trials are to be trained together even on a CPU."""
    return os.environ.get(TOGETHER) == "1"


def usable_gpus() -> tuple[str, ...]:
    """Return the GPUs that workers can have, as :data:`VISIBLE` names them; none where JAX would run on the CPU."""
    if not is_cuda_asked() or not is_cuda_there():
        return ()
    shown = os.environ.get(VISIBLE)
    return _present() if shown is None else _shown(shown)


def is_cuda_asked() -> bool:
    """Tell whether JAX may run on NVIDIA GPUs, for all that its settings say."""
    platforms = os.environ.get("JAX_PLATFORMS", "")
    return not platforms or bool({"cuda", "gpu"} & set(platforms.split(",")))


def is_cuda_there() -> bool:
    """Tell whether JAX' plugin for CUDA is installed."""
    return any("cuda" in plugin.name for plugin in entry_points(group="jax_plugins"))


def _shown(names: str) -> tuple[str, ...]:
    """Read :data:`VISIBLE`: what stands behind an entry that names no GPU, such as ``-1``, is not shown either."""
    shown: list[str] = []
    for name in (part.strip() for part in names.split(",")):
        if not name or name.startswith("-"):
            break
        shown.append(name)
    return tuple(shown)


def _present() -> tuple[str, ...]:
    """Number the GPUs that the driver lists, from 0, as CUDA does."""
    return tuple(map(str, range(_count())))


def _count() -> int:
    try:
        listed = subprocess.run(["nvidia-smi", "-L"], capture_output=True, text=True, timeout=30, check=True).stdout
    except (OSError, subprocess.SubprocessError):
        return len(list(_DRIVER.iterdir())) if _DRIVER.is_dir() else 0
    return sum(line.startswith("GPU ") for line in listed.splitlines())
