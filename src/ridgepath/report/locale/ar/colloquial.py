"""«شرح بالعامية»: a penalty and what became of it, as one student explains it to another."""

from __future__ import annotations

from typing import NamedTuple

from ridgepath.penalties import format_strength
from ridgepath.report.cases import analysis as cases
from ridgepath.report.estimates import Estimate
from ridgepath.report.locale.ar.document import penalty_name
from ridgepath.report.locale.ar.findings import CLAIMS, STATES
from ridgepath.report.locale.ar.numbers import estimate, isolated, ltr
from ridgepath.statistics.claims import Claim, Reason
from ridgepath.statistics.diagnosis import State


class Point(NamedTuple):
    """A point of a list; ``name`` is what it is about, and may be empty."""

    name: str
    text: str


HEADING = "🗣️ شرح بالعامية"
DIFFERENCE, CONCLUSION = "الفرق بين L2 و Dropout؟", "الخلاصة"

IN_GENERAL: tuple[Point, ...] = (
    Point("Dropout", "بيطفي neurons عشوائيًا"),
    Point("L2", "بيخلي الـ weights صغيرة"),
)
NOT_BOTH = "الدراسة دي مجربتش الاتنين مع بعض، فده كلام عام مش من أرقامنا."

_WHAT: dict[cases.Penalty, str] = {
    "l2": 'تخيل إنك بتعاقب الموديل لو الـ weights بتاعته كبيرة قوي. زي ما تقوله "خليك بسيط!"',
    "l1": "تخيل إنك بتعاقب الموديل على كل weight بيستخدمه، كبير أو صغير، فاللي ملوش لازمة بيقرب من الصفر. زي ما تقوله "
    '"اللي مش محتاجه سيبه!"',
    "dropout": "تخيل فريق بيتمرن، وكل مرة كام لاعب قاعدين بره عشوائيًا. فمحدش يقدر يعتمد على نجم واحد، والكل لازم يعرف "
    "يلعب.",
    "weight_decay": "تخيل إن كل weight بيتخصم منه حتة صغيرة مع كل خطوة تدريب. اللي شغله مهم بيعوض الخصم، واللي "
    "ملوش لازمة "
    "بيصغر.",
    "other": "ده argument في كود الـ network: بنغير قيمته ونشوف بيأثر إزاي. الأرقام هي اللي بتقول بيعمل إيه.",
}
_HOW: dict[cases.Penalty, tuple[str, ...]] = {
    "l2": (
        "بنضيف عقوبة على الـ loss بناءً على مربع حجم الـ weights",
        "كل ما الـ weights أكبر، العقوبة أكبر",
        "الموديل بيحاول يخلي الـ weights صغيرة",
    ),
    "l1": (
        "بنضيف عقوبة على الـ loss بناءً على حجم الـ weights",
        "كل ما الـ weights أكبر، العقوبة أكبر",
        "الموديل بيحاول يقرب الـ weights اللي مش مهمة من الصفر",
    ),
    "dropout": (
        "في كل خطوة تدريب بنطفي نسبة من الـ neurons عشوائيًا",
        "كل ما النسبة أكبر، التدريب أصعب",
        "وقت الـ validation كل الـ neurons شغالة",
    ),
    "weight_decay": (
        "في كل خطوة الـ optimizer بينقص من كل weight نسبة صغيرة",
        "كل ما النسبة أكبر، الـ weights بتصغر أسرع",
        "مفيش عقوبة بتتضاف على الـ loss نفسه",
    ),
    "other": (),
}
_LIKE: dict[cases.Penalty, str] = {
    "l2": 'الـ L2 زي المدرب اللي بيقولك "متعقدش الموضوع!"',
    "l1": 'الـ L1 زي صاحبك اللي بيقولك "سيب اللي مش محتاجه!"',
    "dropout": "الـ dropout زي التمرين من غير نجم الفريق",
    "weight_decay": "الـ weight decay زي الخصم الصغير كل شهر",
}
_NOT_SEEN: tuple[Reason, ...] = ("not surely too much", "does not surely overfit without")


def what_is(tried: cases.Tried) -> tuple[str, str]:
    """Ask what a penalty is, and answer."""
    named = f"{penalty_name(tried)} Regularization" if tried.penalty in ("l1", "l2") else penalty_name(tried)
    return f"إيه هو الـ {isolated(named)}؟", _WHAT[tried.penalty]


def headings(tried: cases.Tried, *, several: bool) -> tuple[str, str, str]:
    """Ask how a penalty works, what it is good for, and what was tried; by its name where a study has several."""
    if not several:
        return "إزاي بيشتغل؟", "ليه ده مفيد؟ وحصل عندنا ولا لأ؟", "إيه اللي جربناه؟"
    named = f"الـ {isolated(penalty_name(tried))}"
    return f"إزاي {named} بيشتغل؟", f"ليه {named} مفيد؟ وحصل عندنا ولا لأ؟", f"إيه اللي جربناه من {named}؟"


def how(tried: cases.Tried) -> tuple[str, ...]:
    """Say how a penalty works; nothing where that is the user's own."""
    return _HOW[tried.penalty]


def came_true(claim: Claim) -> Point:
    """Say of a claim whether it came true on these data."""
    return Point(CLAIMS[claim.key], _came_true(claim))


def _came_true(claim: Claim) -> str:
    match claim.verdict:
        case "supported":
            return "ده حصل عندنا فعلًا"
        case "contradicted":
            return "عندنا ده محصلش"
        case "undecided":
            not_seen = claim.reason in _NOT_SEEN
            return "عندنا مش أكيد إن الموقف ده ظهر" if not_seen else "أرقامنا لسه متقدرش تحسم"


def tried_one(strength: float, *, place: str, loss: Estimate | None, state: State | None) -> Point:
    """Say what came of one strength: how strong it is among those tried, its loss, and its change in a word."""
    became = "" if state is None or state == "not known" else f"، {STATES[state]}"
    measured = "مفيش رقم" if loss is None else f"الـ validation data loss {estimate(loss)}{became}"
    return Point(ltr(format_strength(strength)), f"{place}، {measured}")


NONE, LIGHTEST, BETWEEN, STRONGEST, ONLY = "من غيره خالص", "الأخف", "في النص", "الأقوى", "القيمة الوحيدة فوق الصفر"


def moral(tried: cases.Tried, outcome: cases.Outcome) -> str:
    """End with what became of the penalty."""
    like = _LIKE.get(tried.penalty)
    return f"{like}، {_ending(outcome)}" if like else ""


def _ending(outcome: cases.Outcome) -> str:
    match outcome:
        case cases.Helps():
            return "وهنا كان عنده حق. ⚡"
        case cases.MakesNoDifference():
            return "بس هنا كلامه مفرقش."
        case cases.Open():
            return "بس لسه مش عارفين هنا عنده حق ولا لأ."
        case cases.SmallestIsBest(strength):
            return f"بس هنا {_without(strength)} أحسن."
        case cases.SmallestIsLowest(strength):
            return f"بس هنا {_without(strength)} كان كفاية، والزيادة مكسبتناش حاجة."
        case cases.NotComparable() | cases.NoAnswer():
            return "بس لسه مجربناش كفاية عشان نعرف."


def _without(strength: float) -> str:
    return "من غيره خالص" if strength == 0 else f"أقل قيمة ({ltr(format_strength(strength))})"
