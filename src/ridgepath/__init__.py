"""Which regularization strength should my network use, and is the difference real?"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ridgepath.api import compare, fit_path, resume
    from ridgepath.callbacks import EarlyStopping
    from ridgepath.conversion import convert_strength
    from ridgepath.datasets import Dataset, Split
    from ridgepath.errors import InputError, Interrupted, RidgepathError, StudyError
    from ridgepath.path import Path
    from ridgepath.penalties import format_strength, parse_strengths
    from ridgepath.reading import open_study
    from ridgepath.results import Results
    from ridgepath.study import Study, Trial, Variant

__all__ = [
    "Dataset",
    "EarlyStopping",
    "InputError",
    "Interrupted",
    "Path",
    "Results",
    "RidgepathError",
    "Split",
    "Study",
    "StudyError",
    "Trial",
    "Variant",
    "compare",
    "convert_strength",
    "fit_path",
    "format_strength",
    "open_study",
    "parse_strengths",
    "resume",
]

_HOMES = {
    "api": ("compare", "fit_path", "resume"),
    "conversion": ("convert_strength",),
    "callbacks": ("EarlyStopping",),
    "datasets": ("Dataset", "Split"),
    "errors": ("InputError", "Interrupted", "RidgepathError", "StudyError"),
    "path": ("Path",),
    "penalties": ("format_strength", "parse_strengths"),
    "reading": ("open_study",),
    "results": ("Results",),
    "study": ("Study", "Trial", "Variant"),
}


def __getattr__(name: str) -> Any:
    """Import a public name when it is first used: neither ``--help`` nor a worker waits for what it does not need."""
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f"ridgepath.{home}"), name)
    raise AttributeError(f"module 'ridgepath' has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
