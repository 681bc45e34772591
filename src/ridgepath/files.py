"""Files that are written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def drafts(*targets: Path) -> Iterator[tuple[Path, ...]]:
    """Give a draft beside each target to write to; at the end, when all are whole, they take over the names.

    A draft ends as its target does. When something fails on the way, the targets are as they were and no draft is left.

    Raises:
        OSError: a draft cannot take over its name.
    """
    paths = tuple(target.with_name(f".{os.getpid()}.{target.name}") for target in targets)
    try:
        yield paths
        for path, target in zip(paths, targets, strict=True):
            os.replace(path, target)
    finally:
        for path in paths:
            path.unlink(missing_ok=True)
