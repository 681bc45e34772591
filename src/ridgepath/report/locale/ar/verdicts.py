"""The comparisons in Egyptian Arabic."""

from __future__ import annotations

from ridgepath.report.cases import verdicts as cases
from ridgepath.report.formatting import write_number
from ridgepath.report.locale.ar.names import measure, of
from ridgepath.report.locale.ar.numbers import EXAMPLE, count, count_english, ltr, strength
from ridgepath.report.locale.ar.numbers import examples as counted
from ridgepath.statistics.comparison import Verdict
from ridgepath.statistics.variance import Covers

IS_THE_DIFFERENCE_REAL, WHICH_VARIANT = "الفرق ده حقيقي ولا صدفة؟", "أنهي نوع أحسن؟"

DIFFERENCE_COLUMNS: tuple[str, ...] = ("الفرق", f"نطاق {ltr('95%')}", "p", "الحكم", "إيه اللي يحسمها")
CHOICE = "الاختيار"

_VERDICTS: dict[Verdict, str] = {
    "better": "أحسن",
    "worse": "أوحش",
    "equivalent": "زي بعض",
    "undecided": "لسه مش محسوم",
}


def verdict(found: Verdict) -> str:
    """Write a verdict in a word."""
    return _VERDICTS[found]


def would_decide(remedy: cases.Remedy) -> str:
    """Say in a sentence what would decide an open comparison; nothing where it is not open, or cannot be compared."""
    match remedy:
        case cases.Decided() | cases.NoCommonSeed():
            return ""
        case cases.MoreSeeds():
            return "seed واحد مبيحسمش حاجة: زود seeds"
        case cases.SeedsWould(seeds):
            return f"حوالي {count_english(seeds, 'seed')} في المجموع هيحسموها"
        case cases.ExamplesWould(examples):
            return f"زيادة الـ seeds لوحدها مش هتحسمها، لكن حوالي {counted(examples, 'validation')} يحسموها"
        case cases.NotBySeeds():
            return "زيادة الـ seeds لوحدها مش هتحسمها"
        case cases.NeitherAlone():
            return "لا زيادة الـ seeds لوحدها ولا زيادة الأمثلة لوحدها هتحسمها"


def would_decide_cell(remedy: cases.Remedy) -> str:
    """Say in a cell of a table what would decide an open comparison."""
    match remedy:
        case cases.Decided():
            return ""
        case cases.NoCommonSeed():
            return "مفيش seed مشترك"
        case cases.MoreSeeds():
            return "seeds أكتر"
        case cases.SeedsWould(seeds):
            return f"حوالي {count_english(seeds, 'seed')}"
        case cases.ExamplesWould(examples):
            return f"حوالي {count(examples, EXAMPLE)}"
        case cases.NotBySeeds():
            return "مش بالـ seeds"
        case cases.NeitherAlone():
            return "ولا واحد فيهم لوحده"


def heading(case: cases.Heading) -> str:
    """Write the heading of a table of comparisons."""
    match case:
        case cases.AgainstSmallest(value):
            return f"قدام {strength(value)}"
        case cases.AgainstLowest(value):
            return f"قدام {strength(value)}، صاحب أقل متوسط"
        case cases.BetweenChoices():
            return "اختيارات الأنواع، كل واحد قدام التاني"


def pair(first: str, second: str) -> str:
    """Name a comparison by the two that are compared."""
    return f"{first} قدام {second}"


def margin(case: cases.Margin) -> str:
    """Say what is called equivalent."""
    match case:
        case cases.MarginSet(width):
            return f"«زي بعض» يعني النطاق كله جوه {_within(width)}، الهامش اللي إنت حددته."
        case cases.MarginOfSecond():
            return "«زي بعض» يعني النطاق كله جوه standard error واحد لمتوسط التاني."
        case cases.MarginUnknown():
            return "مينفعش نقول على حاجة «زي بعض»، لأن الهامش، standard error واحد للمتوسط، مش معروف."
        case cases.MarginOfMean(width, value):
            within = f"{_within(width)}، اللي هو standard error واحد للمتوسط"
            return f"«زي بعض» يعني النطاق كله جوه {within} عند {strength(value)}."


def _within(width: float) -> str:
    return ltr(f"±{write_number(width, digits=2)}")


def reading(case: cases.Reading) -> str:
    """Say how a table of comparisons is to be read."""
    match case:
        case cases.Differences(compared, larger_is_better, by_example, covers):
            direction = "الموجب معناه أحسن" if larger_is_better else "السالب معناه أحسن"
            paired = "نفس الـ seed ونفس المثال" if by_example else "نفس الـ seed"
            return (
                f"دي الفروق في {measure(compared)}، كل اتنين على {paired}؛ {direction}. نطاقات كل المقارنات صح مع بعض "
                f"بنسبة {ltr('95%')}، و{_noise(covers)}."
            )
        case cases.Forecasts():
            return f"كلمة «حوالي» توقع: العدد الكلي اللي يحسمها باحتمال {ltr('80%')}."
        case cases.SeedsLeftOut(seeds):
            most = count_english(seeds, "seed")
            return f"فيه مقارنات ناقصها لحد {most}: واحد من الاتنين متدربش عنده، أو ملوش رقم سليم."
        case cases.FurtherLooks(looks):
            return (
                f"زودنا seeds لحد ما المقارنات اتحسمت: البصة رقم k على مقارنة بتاخد {ltr('1/(k(k+1))')} من الـ "
                f"{ltr('5%')}، عشان نطاقات كل البصات تبقى صح مع بعض؛ وصلنا هنا للبصة رقم {ltr(str(looks))}."
            )


def _noise(covers: tuple[Covers, ...]) -> str:
    return " أو ".join(
        "مش بتغطي أي دوشة (noise)" if noise == "none" else f"بتغطي الدوشة (noise) اللي جاية من {of(noise)}"
        for noise in covers
    )
