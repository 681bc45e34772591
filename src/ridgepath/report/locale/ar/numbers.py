"""Numbers and counts in Egyptian Arabic: Western digits, each figure kept in its own order from left to right."""

from __future__ import annotations

import math
from typing import NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.formatting import MISSING, Interval, interval_ends, write_estimate, write_number

NO_BREAK = "\N{NO-BREAK SPACE}"


class Noun(NamedTuple):
    """An Arabic noun in the forms that counts ask for: «مثال واحد»، «مثالين»، «5 أمثلة»، «1,000 مثال»."""

    one: str
    two: str
    few: str
    many: str


EXAMPLE = Noun("مثال واحد", "مثالين", "أمثلة", "مثال")
TRIAL = Noun("تجربة واحدة", "تجربتين", "تجارب", "تجربة")
POINT = Noun("نقطة مئوية", "نقطتين مئويتين", "نقط مئوية", "نقطة مئوية")


def ltr(text: str) -> str:
    """Isolate a figure or a formula, which is read from left to right whatever stands around it (UAX 9).

    It is not broken over two lines, where its second half would stand to the right of the first.
    """
    return f"\N{LEFT-TO-RIGHT ISOLATE}{text.replace(' ', NO_BREAK)}\N{POP DIRECTIONAL ISOLATE}"


def isolated(name: str) -> str:
    """Isolate a name whose direction is its own, such as one that a user gave."""
    return f"\N{FIRST STRONG ISOLATE}{name}\N{POP DIRECTIONAL ISOLATE}"


def count(number: int, noun: Noun) -> str:
    """Count with an Arabic noun, whose form follows the last two digits (CLDR: few for 3 to 10, else many)."""
    if number in (1, 2):
        return noun.one if number == 1 else noun.two
    return f"{ltr(f'{number:,}')} {noun.few if 3 <= number % 100 <= 10 else noun.many}"


def examples(number: int, split: str) -> str:
    """Count the examples of a split: «مثال validation واحد»، «مثالين test»، «1,000 مثال تدريب»."""
    return f"مثال {split} واحد" if number == 1 else f"{count(number, EXAMPLE)} {split}"


def seeds(fewest: int, most: int) -> str:
    """Count seeds, where strengths may have unequal numbers of them: «5 seeds»، «3 لـ 5 seeds»."""
    counted = count_english(most, "seed")
    return counted if fewest == most else f"{ltr(f'{fewest}')} لـ {counted}"


def count_english(number: int, noun: str) -> str:
    """Count with a noun that stays English: «seed واحد»، «5 seeds»."""
    return f"{noun} واحد" if number == 1 else ltr(f"{number:,} {noun}s")


def strength(value: float) -> str:
    """Write a strength with its name."""
    return ltr(f"strength {format_strength(value)}")


def estimate(found: Interval) -> str:
    """Write a mean and its standard error."""
    return ltr(str(write_estimate(found)))


def number(value: float, *, digits: int = 2) -> str:
    """Write a number that has no error."""
    return ltr(write_number(value, digits=digits))


def share(part: float) -> str:
    """Write a part of a whole in percent."""
    return f"أقل من {ltr('1%')}" if 0 < part < 0.01 else ltr(f"{part:.0%}")


def range_of(low: str, high: str) -> str:
    """Write an interval by its two ends."""
    return f"من {ltr(low)} لـ {ltr(high)}"


def with_interval(found: Interval) -> str:
    """Write a mean with the ends of its interval."""
    ends = interval_ends(found)
    return ltr(write_estimate(found).mean) + (f" (نطاق {ltr('95%')} {range_of(*ends)})" if ends else "")


def duration(seconds: float) -> str:
    """Write a time as «0.4 ثانية»، «47 ثانية»، «3 دقايق و20 ثانية» or «2 ساعة و5 دقايق»."""
    if not math.isfinite(seconds):
        return MISSING
    if seconds < 10:
        return f"{ltr(f'{seconds:.1f}')} ثانية"
    minutes, rest = divmod(round(seconds), 60)
    if not minutes:
        return count(rest, _SECOND)
    if minutes < 60:
        return _both(count(minutes, _MINUTE), rest, _SECOND)
    return _both(count(minutes // 60, _HOUR), minutes % 60, _MINUTE)


def _both(first: str, rest: int, noun: Noun) -> str:
    return f"{first} {wa(count(rest, noun))}" if rest else first


_SECOND = Noun("ثانية", "ثانيتين", "ثواني", "ثانية")
_MINUTE = Noun("دقيقة", "دقيقتين", "دقايق", "دقيقة")
_HOUR = Noun("ساعة", "ساعتين", "ساعات", "ساعة")


def wa(text: str) -> str:
    """Write «و» before a text: on its own where the text does not begin in Arabic."""
    return f"و{text}" if "\N{ARABIC LETTER HAMZA}" <= text[:1] <= "\N{ARABIC LETTER YEH}" else f"و {text}"


def listed(parts: list[str]) -> str:
    """Join parts as «أ، ب و ج»."""
    return parts[0] if len(parts) == 1 else f"{'، '.join(parts[:-1])} {wa(parts[-1])}"
