"""The task's document in Egyptian Arabic: what was asked, done and found, each sentence true to the numbers."""

from __future__ import annotations

from collections.abc import Sequence

from ridgepath.penalties import format_strength
from ridgepath.report.cases import analysis as cases
from ridgepath.report.families import Difference
from ridgepath.report.formatting import spread_of
from ridgepath.report.locale.ar.findings import REASONS, STATES, figures
from ridgepath.report.locale.ar.numbers import (
    EXAMPLE,
    count,
    count_english,
    isolated,
    listed,
    ltr,
    seeds,
    strength,
    wa,
    with_interval,
)
from ridgepath.report.locale.ar.verdicts import would_decide
from ridgepath.statistics.claims import Claim, Key

OBJECTIVE, CODE_USED, RESULTS = "الهدف", "الكود المستخدم", "النتايج"
SHORT_ANALYSIS, KEY_TAKEAWAY, EVIDENCE = "تحليل سريع", "الخلاصة المهمة", "كل الأدلة"
HOW_IT_WAS_MADE, WITHOUT_FIGURES = "اتعملت إزاي", "تجارب من غير أرقام"
ONCE_MORE = "تعيدها زي ما هي: study.toml"
NO_SOURCE = "الكود اللي بيبني الـ network مش متاح."
FIGURE = "الـ validation data loss والـ training data loss مع الـ strength"
LEGEND_OF_ERRORS = f"المتوسط {ltr('±')} الـ standard error."

_NAMES: dict[cases.Penalty, str] = {"l1": "L1", "l2": "L2", "dropout": "dropout", "weight_decay": "weight decay"}
_MEANS: dict[cases.Penalty, str] = {
    "l1": "الـ L1 بيضيف على الـ loss عقوبة بحجم مجموع القيم المطلقة للـ weights، فبيشدها كلها ناحية الصفر بنفس القوة",
    "l2": "الـ L2 بيضيف على الـ loss عقوبة بحجم مجموع مربعات الـ weights، فبيشد الكبيرة فيها ناحية الصفر أكتر من غيرها",
    "dropout": "الـ dropout بيطفي شوية neurons عشوائيًا في كل خطوة، عشان مفيش neuron يعتمد على التاني",
    "weight_decay": "الـ weight decay بينقص من كل weight جزء صغير في كل خطوة من خطوات الـ optimizer، بعيد عن الـ loss",
    "other": "اللي بيتغير هنا argument من بتوع الـ network",
}
_SUPPORTED: dict[Key, str] = {
    "smaller weights": "لما الـ strength كبر، الـ weights صغرت فعلًا",
    "narrower gap": "الفجوة بين التدريب والـ validation ضاقت فعلًا",
    "better generalization": "الـ generalization اتحسن فعلًا",
    "too much underfits": "الزيادة فيه عملت underfitting فعلًا: الـ loss زاد على التدريب وعلى الـ validation",
    "too little overfits": "القليل منه ممنعش الـ overfitting: الـ validation data loss رجع يزيد في الاتنين",
    "sparser weights": "weights أكتر بقت قريبة من الصفر",
    "balance": "الـ optimizer بيوازن فعلًا بين الـ data loss والعقوبة: في الـ updates مفيش واحد أكبر من ضعف التاني",
    "less sensitive": "لما الـ weights صغرت، الموديل بقى بيتأثر أقل بأي تغيير صغير في الـ input",
    "dropout differs": "الـ L2، مش الـ dropout، هو اللي صغّر الـ weights",
}
_CONTRADICTED: dict[Key, str] = {
    "smaller weights": "عكس كلام الكتب: لما الـ strength كبر، الـ weights كبرت مش صغرت",
    "narrower gap": "عكس كلام الكتب: الفجوة بين التدريب والـ validation وسعت",
    "better generalization": "عكس كلام الكتب: الـ generalization متحسنش هنا",
    "too much underfits": "الزيادة فيه ضرت من غير underfitting: حفظ التدريب أحسن، بس الـ validation data loss زاد",
    "too little overfits": "حتى أصغر strength منع الـ overfitting: الـ validation data loss عنده لسه بيقل",
    "sparser weights": "عكس اللي بيتقال: الـ weights القريبة من الصفر بقت أقل",
    "balance": "الـ optimizer مش بيوازن بين الـ data loss والعقوبة: في الـ updates فيه واحد أكبر من ضعف التاني",
    "less sensitive": "عكس كلام الكتب: لما الـ weights صغرت، الموديل بقى بيتأثر أكتر",
    "dropout differs": "عكس كلام الكتب: الـ dropout صغّر الـ weights أكتر من الـ L2",
}
_WHETHER: dict[Key, str] = {
    "smaller weights": "هل الـ strength الأكبر بيصغّر الـ weights؟",
    "narrower gap": "هل بيضيّق الفجوة بين التدريب والـ validation؟",
    "better generalization": "هل بيحسن الـ generalization؟",
    "too much underfits": "هل الزيادة فيه بتعمل underfitting؟",
    "too little overfits": "هل القليل منه بيسيب الموديل يعمل overfitting؟",
    "sparser weights": "هل بيقرّب weights أكتر من الصفر؟",
    "balance": "هل الـ optimizer بيوازن بين الـ data loss والعقوبة؟",
    "less sensitive": "هل الـ weights الصغيرة بتخلي الموديل يتأثر أقل؟",
    "dropout differs": "هل الـ L2، مش الـ dropout، هو اللي بيصغّر الـ weights؟",
}


def penalty(tried: cases.Tried) -> str:
    """Name a variant as people call it."""
    return isolated(penalty_name(tried))


def penalty_name(tried: cases.Tried) -> str:
    """Name a variant, to be isolated with what follows it."""
    return _NAMES.get(tried.penalty, tried.variant)


def title(tried: Sequence[cases.Tried]) -> str:
    """Write the title of the document."""
    return f"الـ Regularization: {listed([penalty(each) for each in tried])}"


def objective(made: cases.Made) -> str:
    """Say what was asked."""
    ranges = listed([f"{penalty(each)} ({_strengths(each.strengths)})" for each in made.tried])
    return (
        f"نقارن أداء الموديل عند قيم مختلفة من {ranges}، عشان نفهم بتأثر إزاي على الـ generalization على داتا "
        f"{isolated(made.data.name)}، وأنهي فروق حقيقية مش مجرد دوشة (noise)."
    )


def trained(made: cases.Made) -> str:
    """Say what was trained."""
    length = f"{count_english(made.epochs, 'epoch')} {wa(ltr(f'batch size {made.batch_size:,}'))}"
    return (
        f"{_networks(made)}: كل strength بـ {seeds(made.fewest, made.seeds)}، {length}، على "
        f"{count(made.data.train, EXAMPLE)}. المقارنة على الـ validation data loss، اللي مفيهوش العقوبة."
    )


def _networks(made: cases.Made) -> str:
    planned = count_english(made.planned, "network")
    return f"دربنا {planned}" if made.networks == made.planned else f"دربنا {ltr(f'{made.networks:,}')} من {planned}"


def analysis(case: cases.AnalysisCase) -> str:
    """Phrase one sentence of the analysis."""
    match case:
        case cases.Means(tried):
            named = f": {isolated(tried.variant)}" if tried.penalty == "other" else ""
            return f"{_MEANS[tried.penalty]}{named}."
        case cases.Shown(against, states):
            shown = "؛ ".join(f"{_strengths(strengths)} «{STATES[state]}»" for state, strengths in states)
            return f"قدام {strength(against)}: {shown}."
        case cases.NothingSure(against):
            return (
                "مفيش ولا strength غيّر أكيد في الـ training loss أو الـ validation loss أو الفجوة قدام "
                f"{ltr(format_strength(against))}."
            )
        case cases.Checked(claim):
            return _checked(claim)
        case cases.NothingToTell():
            return "محتاجين على الأقل seed اتنين و strength اتنين عشان نقول بيعمل إيه؛ الداتا دي متقدرش تقول."


def _checked(claim: Claim) -> str:
    if claim.reason == "not surely too much":
        return f"مش أكيد إن الـ underfitting ظهر: {REASONS[claim.reason]} ({figures(claim)})."
    if claim.reason == "does not surely overfit without":
        return f"مش أكيد إن الـ overfitting ظهر من غيره: {REASONS[claim.reason]} ({figures(claim)})."
    if claim.reason is not None:
        return f"{_WHETHER[claim.key]} لسه مش محسوم: {figures(claim)}؛ {REASONS[claim.reason]}."
    said = _SUPPORTED if claim.verdict == "supported" else _CONTRADICTED
    return f"{said[claim.key]} ({figures(claim)})."


def takeaway(case: cases.TakeawayCase) -> str:
    """Phrase one sentence of what is to be remembered."""
    match case:
        case cases.Helps(found):
            better = f"{strength(found.strength[1])} بيعمم أحسن من {strength(found.against[1])}"
            return f"{better}، ومش صدفة: {_difference(found)}."
        case cases.MakesNoDifference(found):
            return (
                f"{strength(found.strength[1])} صاحب أقل متوسط، بس هو {wa(strength(found.against[1]))} زي بعض، وعلى "
                f"الداتا دي مكسبناش حاجة تفرق: {_difference(found)}."
            )
        case cases.Open(found, remedy):
            whether = f"{strength(found.strength[1])} صاحب أقل متوسط، بس هل هو أحسن من {strength(found.against[1])}؟"
            return f"{whether} لسه مش محسوم: {'؛ '.join(filter(None, (_difference(found), would_decide(remedy))))}."
        case cases.SmallestIsBest(value):
            if value == 0:
                return f"عكس كلام الكتب، {strength(0)}، يعني من غيره خالص، هو الأحسن هنا: كل اللي فوقه أكيد أوحش."
            return f"أصغر قيمة، {strength(value)}، هي الأحسن هنا: كل اللي أكبر منها أكيد أوحش."
        case cases.SmallestIsLowest(value, worse):
            others = f"{_strengths(worse)} أكيد أوحش، والباقي مش أكيد" if worse else "ومفيش واحد فيهم أكيد أوحش"
            return f"مفيش strength أكبر قدر ينزل عن {strength(value)}، صاحب أقل loss؛ {others}."
        case cases.NotComparable(value):
            return f"{strength(value)} صاحب أقل loss، بس مفيش حاجة نقارنه بيها."
        case cases.NoAnswer():
            return "لسه مفيش إجابة."
        case cases.AloneItWouldBe(verdict):
            gain = "فيه مكسب أكيد" if verdict == "supported" else "أي مكسب أكيد أقل من standard error واحد"
            return f"لوحده {gain}؛ بس المقارنة لازم تبقى صح مع كل المقارنات التانية، فنطاقها أوسع وسايباه مفتوح."
        case cases.BothSides(too_much, too_little):
            much, little = _side(too_much, "underfitting"), _side(too_little, "overfitting")
            return f"قوي زيادة: {much}. ضعيف زيادة: {little}."


def _difference(found: Difference) -> str:
    return f"الفرق في الـ data loss {with_interval(spread_of(found))}"


def _side(claim: Claim, name: str) -> str:
    match claim.verdict:
        case "supported":
            return f"شفنا {name} عند {_seen_at(claim)}"
        case "contradicted":
            return f"مفيش {name} عند {ltr(format_strength(claim.figures[-1].strength or 0.0))}"
        case "undecided":
            return f"مش أكيد إننا شفنا {name}"


def _seen_at(claim: Claim) -> str:
    return listed(
        list(dict.fromkeys(ltr(format_strength(f.strength)) for f in claim.figures if f.strength is not None))
    )


def _strengths(strengths: Sequence[float]) -> str:
    return "، ".join(ltr(format_strength(each)) for each in strengths)
