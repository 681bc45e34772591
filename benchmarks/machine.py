"""What a sitting runs on: processor, memory and versions."""

from __future__ import annotations

import json
import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import psutil

OWN = ("keras", "jax", "joblib")
PEERS = ("keras", "jax", "tensorflow", "keras-tuner", "torch", "scikit-learn")


def described(peers_python: Path) -> dict[str, str]:
    """Describe the machine, and what the two environments hold."""
    return {
        "machine": f"{processor()}, {len(os.sched_getaffinity(0))} cores, {psutil.virtual_memory().total >> 30} GiB",
        "python": platform.python_version(),
        "versions": ", ".join(f"{name} {version(name)}" for name in OWN),
        "peers": ", ".join(f"{name} {number}" for name, number in _versions(peers_python).items()),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def processor() -> str:
    """Name the processor as Linux does, by its family where its name is hidden, with its widest vectors."""
    told = dict(line.split(":", 1) for line in _first_processor() if ":" in line)
    said = {name.strip(): text.strip() for name, text in told.items()}
    flags = said.get("flags", "").split()
    widest = next((name for name in ("avx512f", "avx2") if name in flags), "no AVX2")
    name = said.get("model name", "unknown")
    family = f"{said.get('vendor_id', platform.machine())} family {said.get('cpu family', '?')}"
    return f"{family if name == 'unknown' else name} ({widest})"


def _first_processor() -> list[str]:
    file = Path("/proc/cpuinfo")
    return file.read_text(encoding="utf-8").split("\n\n")[0].splitlines() if file.exists() else []


def _versions(python: Path) -> dict[str, str]:
    program = (
        "import json; from importlib.metadata import version; "
        f"print(json.dumps({{name: version(name) for name in {PEERS}}}))"
    )
    return json.loads(subprocess.run([python, "-c", program], capture_output=True, check=True, text=True).stdout)
