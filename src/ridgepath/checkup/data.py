"""Whether data sets can be read, and whether there is room for what is written."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from ridgepath.checkup.finding import Finding, State, found_by, write_bytes
from ridgepath.datasets import BUNDLED, Dataset
from ridgepath.errors import InputError
from ridgepath.execution.local import cache_folder
from ridgepath.images import WAYS, images_on_disk, ways

PART = "Data"
LEAST_FREE = 500_000_000
"""Bytes on a disk below which there is a warning: a full image set takes 204 MB there while it is trained on."""


def data() -> Iterator[Finding]:
    """Check the sets that are known by name, and the folders in which training writes."""
    for name, load in BUNDLED.items():
        try:
            yield Finding(PART, name, State.OK, _examples(load()))
        except InputError as error:
            yield found_by(error, PART, name)
    for name in WAYS:
        yield _images(name)
    yield room(PART, "this folder", Path.cwd())
    yield room(PART, "temporary files", Path(tempfile.gettempdir()))
    yield _programs(cache_folder())


def room(part: str, name: str, folder: Path) -> Finding:
    """Check that a folder, or the nearest one above it that is there, can be written and has room."""
    nearest = next(place for place in (folder, *folder.absolute().parents) if place.exists())
    if not nearest.is_dir() or not os.access(nearest, os.W_OK):
        return Finding(part, name, State.PROBLEM, f"{folder} cannot be written", "Make it writable, or use another.")
    free = shutil.disk_usage(nearest).free
    said = f"{write_bytes(free)} free in {folder}"
    if free < LEAST_FREE:
        return Finding(part, name, State.WARNING, said, "Free some space on its disk.")
    return Finding(part, name, State.OK, said)


def _images(name: str) -> Finding:
    try:
        dataset = images_on_disk(name)
    except InputError as error:
        return found_by(error, PART, name)
    if dataset is None:
        return Finding(PART, name, State.ABSENT, "not on this machine", ways(name))
    return Finding(PART, name, State.OK, _examples(dataset))


def _examples(dataset: Dataset) -> str:
    counts = ", ".join(f"{split.examples:,} {name}" for name, split in dataset.splits.items())
    return f"{counts} examples"


def _programs(folder: Path) -> Finding:
    """Check the folder of compiled programs; without it, every run compiles anew."""
    found = room(PART, "programs", folder)
    if found.state is State.PROBLEM:
        remedy = "Make it writable, or name another in JAX_COMPILATION_CACHE_DIR."
        return Finding(PART, "programs", State.WARNING, f"{found.said}, so every run compiles anew", remedy)
    files = [file for file in folder.glob("*") if file.is_file()]
    size = write_bytes(sum(file.stat().st_size for file in files))
    return Finding(PART, "programs", found.state, f"{len(files):,} compiled, {size}, in {folder}", found.remedy)
