"""What things are called in Egyptian Arabic; terms that students say in English stay English."""

from __future__ import annotations

from ridgepath.penalties import format_strength
from ridgepath.report.families import Point
from ridgepath.report.locale.ar.numbers import isolated, ltr
from ridgepath.report.locale.ar.numbers import range_of as range_of
from ridgepath.statistics.variance import Covers

_MEASURES = {
    "gap": "الفجوة (gap) بين الـ validation data loss والـ training data loss",
    "keras_val_loss": "الـ val_loss بتاع Keras",
    "loss": "الـ loss بتاع Keras",
    "val_loss": "الـ val_loss بتاع Keras",
    "penalty": "العقوبة",
    "weight_norm": "الـ L2 norm بتاع الـ weights",
    "near_zero": "نسبة الـ weights القريبة من الصفر",
}
_SPLITS = {"val": "validation", "train": "training", "test": "test"}
_COLUMNS = {
    "gap": ("data loss", "الفجوة (gap)"),
    "best_epoch": ("أحسن", "epoch"),
    "penalty": ("weights", "العقوبة"),
    "weight_norm": ("weights", "L2 norm"),
    "near_zero": ("weights", "قريب من الصفر، %"),
    "keras_val_loss": ("Keras", "val_loss"),
}
_COVERS: dict[Covers, str] = {
    "seeds and examples": "الـ seeds والأمثلة",
    "seeds, examples and splits": "الـ seeds والأمثلة والتقسيم",
    "seeds": "الـ seeds",
    "examples": "الأمثلة",
    "none": "ولا حاجة",
}

STRENGTH, TRIALS = "strength", "تجارب"

TABLE_LEGEND = (
    f"{ltr('min')}: أقل متوسط validation data loss. {ltr('1se')}: أكبر strength متوسطه مبيبعدش عنه أكتر من standard "
    "error واحد. الفجوة (gap): الـ validation data loss ناقص الـ training data loss. أحسن epoch: اللي كان فيه الـ "
    "validation data loss بتاع التجربة أقل حاجة. قريب من الصفر: نسبة الـ weights اللي فيها "
    f"{ltr('|w| < 0.001')}."
)


def measure(name: str) -> str:
    """Write a measure as students say it: ``val_data_loss`` is «الـ validation data loss»."""
    if name in _MEASURES:
        return _MEASURES[name]
    split, _, rest = name.partition("_")
    if split not in _SPLITS:
        return isolated(name.replace("_", " "))
    return f"الـ {isolated(f'{_SPLITS[split]} data loss' if rest == 'data_loss' else f'{_SPLITS[split]} {rest}')}"


def column(name: str) -> tuple[str, str]:
    """Write the two headings of a measure's column in the table of results."""
    if name in _COLUMNS:
        return _COLUMNS[name]
    split, _, rest = name.partition("_")
    return "data loss" if rest == "data_loss" else rest, _SPLITS[split]


def heading(group: str, title: str) -> str:
    """Write the two headings of a column as one."""
    return f"{group} {title}"


def of(covers: Covers) -> str:
    """Name what noise an interval covers."""
    return _COVERS[covers]


def named(point: Point) -> str:
    """Write a strength with its variant."""
    return isolated(f"{point[0]} {format_strength(point[1])}")


def number(text: str) -> str:
    """Keep a number, or a formula, in its own order among words."""
    return ltr(text)


def quoted(text: str) -> str:
    """Keep a text that is not of this report, such as an error's, in its own direction."""
    return isolated(text)


def trials(done: int, planned: int) -> str:
    """Count the finished trials of a strength, out of those planned where some are not."""
    return f"{done}" if done == planned else f"{done} من {planned}"
