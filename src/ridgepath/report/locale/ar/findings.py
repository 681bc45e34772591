"""Under- and overfitting, and the claims, in Egyptian Arabic."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import groupby

from ridgepath.penalties import format_strength
from ridgepath.report.cases import findings as cases
from ridgepath.report.formatting import MISSING, interval_ends, spread_of_evidence, write_estimate
from ridgepath.report.locale.ar import names
from ridgepath.report.locale.ar.numbers import examples as examples_of
from ridgepath.report.locale.ar.numbers import ltr, range_of, seeds, strength, wa
from ridgepath.statistics.claims import Claim, Figure, Key, Reason, Unit
from ridgepath.statistics.claims import Verdict as ClaimVerdict
from ridgepath.statistics.diagnosis import State
from ridgepath.statistics.evidence import Interval
from ridgepath.statistics.turning import Course, Turning

UNDER_AND_OVERFITTING = "الـ underfitting والـ overfitting"
THE_CLAIMS = "الكلام اللي بيتقال: طلع صح على الداتا دي ولا لأ؟"
OVER_THE_EPOCHS = "الـ validation data loss على مدار الـ epochs"
SHIFT_COLUMNS: tuple[str, ...] = ("strength", "training data loss", "validation data loss", "الفجوة (gap)", "في كلمة")
CLAIM_COLUMNS: tuple[str, ...] = ("الكلام", "الحكم", "الأرقام")

CLAIMS: dict[Key, str] = {
    "smaller weights": "كل ما الـ strength يكبر، الـ weights تصغر",
    "narrower gap": "بيضيّق الفجوة بين التدريب والـ validation",
    "better generalization": "بيحسن الـ generalization",
    "too much underfits": "الزيادة فيه بتعمل underfitting",
    "too little overfits": "القليل منه مبيمنعش الـ overfitting",
    "sparser weights": "بيخلي weights كتير قريبة من الصفر (sparse)",
    "balance": "الـ optimizer بيوازن بين الـ data loss والعقوبة",
    "less sensitive": "لما الـ weights تصغر، الموديل بيتأثر أقل بأي تغيير صغير في الـ input",
    "dropout differs": "الـ L2 غير الـ dropout: الـ L2 هو اللي بيخلي الـ weights صغيرة",
}

REASONS: dict[Reason, str] = {
    "too few strengths": "محتاجين على الأقل strength اتنين خلصت تجاربهم",
    "too few seeds": "محتاجين seed اتنين على الأقل",
    "no strength 0": "الدراسة مفيهاش strength 0 نقارن بيه",
    "not recorded": "متسجلش في الدراسة دي، أو مش معروف للـ network والـ optimizer دول",
    "noise": "النطاق سايب الاحتمالين مفتوحين",
    "no change": "مفيش حاجة اتغيرت",
    "a step goes the other way": "بين اتنين strength ورا بعض أكيد حصل العكس",
    "not surely too much": "أكبر strength جربناه مش أكيد إنه زيادة عن اللزوم",
    "does not surely overfit without": "عند strength 0 مش أكيد إن الـ validation data loss رجع يزيد",
    "no penalty": "النوع ده مبيضيفش عقوبة على الـ loss",
    "no dropout and l2": "الدراسة مفيهاش تجارب لنوعين اسمهم dropout و l2",
}

STATES: dict[State, str] = {
    "regularizes": "بيعمل regularization",
    "underfits": "بيعمل underfitting",
    "overfits": "بيعمل overfitting",
    "fits better": "بيتعلم أحسن",
    "generalizes better": "generalization أحسن",
    "generalizes worse": "generalization أوحش",
    "narrows the gap": "بيضيّق الفجوة",
    "widens the gap": "بيوسّع الفجوة",
    "fits the training data less": "بيحفظ التدريب أقل",
    "fits the training data more": "بيحفظ التدريب أكتر",
    "no sure change": "مفيش تغيير أكيد",
    "not known": "مش معروف",
}
MEANINGS: dict[State, str] = {
    "regularizes": "الـ training data loss زاد ومع ذلك الـ validation data loss قل: أصغر strength كان عامل overfitting",
    "underfits": "الـ training data loss والـ validation data loss زادوا هم الاتنين",
    "overfits": "الـ training data loss قل ومع ذلك الـ validation data loss زاد",
    "fits better": "الـ training data loss والـ validation data loss قلوا هم الاتنين",
    "generalizes better": "الـ validation data loss قل، والـ training data loss مش محسوم",
    "generalizes worse": "الـ validation data loss زاد، والـ training data loss مش محسوم",
    "narrows the gap": "الفجوة قلت، والـ validation data loss مش محسوم: مفيش مكسب أكيد",
    "widens the gap": "الفجوة زادت، والـ validation data loss مش محسوم",
    "fits the training data less": "الـ training data loss زاد، والباقي مش محسوم",
    "fits the training data more": "الـ training data loss قل، والباقي مش محسوم",
    "no sure change": "كله مش محسوم",
    "not known": "محتاجين seed اتنين أرقامهم سليمة",
}

_VERDICTS: dict[ClaimVerdict, str] = {"supported": "صح هنا", "contradicted": "مش صح هنا", "undecided": "لسه مش محسوم"}
_COURSES: dict[Course, str] = {"turned": "رجع يزيد", "still falling": "لسه بيقل", "undecided": "لسه مش محسوم"}
_AFTER: dict[Unit, str] = {"loss": "", "%": "%", "percentage points": "", "share": "", "% a %": "%"}
_UNITS: dict[Unit, str] = {
    "loss": "",
    "%": "",
    "percentage points": " نقطة مئوية",
    "share": "",
    "% a %": f" لكل {ltr('1%')}",
}
_NAMES = {
    "near_zero": f"نسبة الـ weights اللي فيها {ltr('|w| < 0.001')}",
    "update_share": "نصيب العقوبة من الـ update",
    "gradient_share": "نصيب العقوبة من الـ gradient",
    "gap": "الفجوة (gap)",
    "rise": "زيادة الـ validation data loss بعد أقل epoch",
    "margin": "أكيد أي مكسب أقل من standard error واحد للمتوسط",
    "slope": "تغير الحساسية (sensitivity) مع الـ L2 norm بتاع الـ weights",
}


def claim(key: Key) -> str:
    """Write a claim."""
    return CLAIMS[key]


def claim_verdict(found: ClaimVerdict) -> str:
    """Write the verdict on a claim in a word."""
    return _VERDICTS[found]


def state(found: State) -> str:
    """Write a change in a word."""
    return STATES[found]


def course(found: Course) -> str:
    """Write the course over the epochs in a word."""
    return _COURSES[found]


def grounds(found: Claim) -> str:
    """Write the figures on which a verdict rests, and the reason where it is open."""
    reason = "" if found.reason is None else REASONS[found.reason]
    return f"{'؛ '.join(filter(None, (figures(found), reason)))}."


def figures(found: Claim) -> str:
    """Write the figures of a claim, measure by measure."""
    return "؛ ".join(
        f"{_NAMES.get(measure) or names.measure(measure)}: {_several(found.key, of_measure)}"
        for measure, of_measure in groupby(found.figures, key=lambda figure: figure.measure)
    )


def _several(key: Key, figures: Iterable[Figure]) -> str:
    return "، ".join(f"{interval(figure.interval, figure.unit)}{_where(key, figure)}" for figure in figures)


def _where(key: Key, figure: Figure) -> str:
    strengths = [ltr(format_strength(each)) for each in (figure.strength, figure.against) if each is not None]
    if key == "dropout differs":
        return " مع l2 {} قدام dropout {}، كل واحد بالنسبة لـ strength 0 بتاعه".format(*strengths)
    return f" عند {' قدام '.join(strengths)}" if strengths else ""


def interval(found: Interval, unit: Unit = "loss") -> str:
    """Write a mean with the ends of its interval: «-0.0153 (من -0.035 لـ 0.005)»."""
    spread = spread_of_evidence(found)
    mean, ends = write_estimate(spread).mean, interval_ends(spread)
    return f"{ltr(mean + _AFTER[unit])}{_UNITS[unit]}" + (f" ({range_of(*ends)})" if ends else "")


def lowest_epoch(turning: Turning) -> str:
    """Write the epoch of the lowest mean with its interval."""
    if turning.epoch is None:
        return MISSING
    if turning.low is None:
        return f"{turning.epoch}"
    return f"{ltr(f'{turning.epoch}')} ({range_of(f'{turning.low}', f'{turning.high}')})"


def shifts_heading(against: float) -> str:
    """Write the heading of the changes against the smallest strength."""
    return f"التغير في الـ data loss قدام {strength(against)}"


def course_columns(last: int) -> tuple[str, ...]:
    """Write the headings of the courses over so many epochs."""
    return ("strength", "أقل حاجة عند epoch", f"الزيادة لحد epoch {last}", "المشوار")


def findings_reading(case: cases.FindingsReading) -> str:
    """Say how the tables, or the claims, are to be read."""
    match case:
        case cases.ShiftsReading(entered, noise, examples, states):
            meanings = "؛ ".join(f"«{STATES[each]}»: {MEANINGS[each]}" for each in states)
            return (
                f"{ltr('↑')} أكيد زاد، {ltr('↓')} أكيد قل، {ltr('?')} مش أكيد: التغيرات محسوبة seed بـ seed، على "
                f"{_seeds(entered)}، ونطاقات {ltr('95%')} كلها صح مع بعض. {_shift_noise(noise, examples)} {meanings}."
            )
        case cases.CoursesReading(entered, divided):
            noise_of = _seeds(entered) + ("، كل واحد بتقسيمه" if divided else "، على أمثلة الـ validation دي")
            return (
                f"على مدار الـ epochs (نطاقات {ltr('95%')}؛ دوشة {noise_of}): «رجع يزيد» يعني الزيادة أكيد فوق "
                "الصفر، أيًا كان أقل epoch؛ و«لسه بيقل» يعني آخر epoch أكيد هو الأقل."
            )
        case cases.ClaimsReading(entered, covers):
            return (
                f"بين القوسين: نطاقات {ltr('95%')} على {_seeds(entered)}، محسوبة seed بـ seed؛ نطاقات الكلام الواحد "
                f"كلها صح مع بعض، فأي حكم «صح هنا» أو «مش صح هنا» بيطلع غلط في {ltr('5%')} من الدراسات بالكتير. "
                f"وهي بتغطي دوشة {' أو '.join(names.of(noise) for noise in covers)}."
            )
        case cases.NothingCanBeDecided():
            return "مفيش هنا أي حاجة ليها نطاق، فمفيش كلام نقدر نحسمه."


def _seeds(counts: cases.SeedCounts) -> str:
    return seeds(counts.fewest, counts.most)


def _shift_noise(noise: cases.ShiftNoise, examples: int) -> str:
    counted = examples_of(examples, "validation")
    match noise:
        case "divided":
            return "وهي بتغطي دوشة الـ seeds والأمثلة والتقسيم."
        case "one seed":
            return f"بـ seed واحد اللي فيها validation data loss بس هي المعروفة: بتغطي دوشة {counted}."
        case "seeds and examples":
            return (
                "بتاعة الـ training data loss بتغطي دوشة الـ seeds على داتا التدريب دي، والباقي بيغطي دوشة الـ seeds "
                f"{wa(counted)}."
            )
