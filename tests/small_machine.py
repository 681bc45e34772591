"""A machine that is too small: a disk of a few hundred kilobytes, and a limit of memory for some processes.

Both are the kernel's own, for which one must be root; where that is not allowed, what needs them is skipped.
"""

import shutil
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

BLOCK = 4096


@contextmanager
def small_disk(place: Path, *, kilobytes: int):
    """Mount a disk of so many kilobytes at a place."""
    place.mkdir()
    size = f"size={kilobytes}k"
    mount = shutil.which("mount")
    command = [mount, "-t", "tmpfs", "-o", size, "tmpfs", str(place)]
    if mount is None or subprocess.run(command, capture_output=True, check=False).returncode:
        pytest.skip("mounting a small disk is not allowed here")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


def fill(place: Path) -> Path:
    """Write a file until the disk is full; return it."""
    file = place / "filling"
    with file.open("wb", buffering=0) as opened:
        try:
            while opened.write(bytes(BLOCK)):
                pass
        except OSError:
            return file
    raise AssertionError


@contextmanager
def limited_memory(name: str, *, megabytes: int):
    """Make a control group whose processes have so much memory together; give what puts a command before it into it."""
    version_1 = Path("/sys/fs/cgroup/memory")
    root, limit = (version_1, "memory.limit_in_bytes") if version_1.is_dir() else (Path("/sys/fs/cgroup"), "memory.max")
    group = root / name
    try:
        group.mkdir()
        (group / limit).write_text(str(megabytes * 2**20))
    except OSError:
        pytest.skip("limiting memory by a control group is not allowed here")
    members = group / "cgroup.procs"
    try:
        yield ["sh", "-c", 'echo $$ > "$0" && exec "$@"', str(members)]
    finally:
        for left in members.read_text().split():  # on its way to its end
            with suppress(OSError):
                (root / "cgroup.procs").write_text(left)
        group.rmdir()
