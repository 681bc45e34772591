"""The answer in Egyptian Arabic."""

from __future__ import annotations

from collections.abc import Sequence

from ridgepath.penalties import format_strength
from ridgepath.report.cases import answer as cases
from ridgepath.report.families import Difference, Point
from ridgepath.report.formatting import spread_of
from ridgepath.report.locale.ar.names import measure, named, of
from ridgepath.report.locale.ar.numbers import (
    EXAMPLE,
    TRIAL,
    count,
    count_english,
    estimate,
    isolated,
    listed,
    ltr,
    number,
    share,
    strength,
    wa,
    with_interval,
)
from ridgepath.report.locale.ar.numbers import examples as counted
from ridgepath.report.locale.ar.verdicts import verdict, would_decide
from ridgepath.report.measures import LOSS
from ridgepath.statistics.comparison import Verdict
from ridgepath.statistics.variance import Covers

_DRAWN: dict[Covers, str] = {
    "seeds and examples": "seeds وأمثلة validation جديدة",
    "seeds, examples and splits": "seeds وأمثلة validation وتقسيم جديد",
    "examples": "أمثلة validation جديدة ونفس الـ seed الواحد،",
    "seeds": "seeds جديدة ونفس مثال الـ validation الواحد،",
}
_OF_THE_FIRST: dict[Verdict, str] = {
    "better": "أكيد أحسن من",
    "equivalent": "زي",
    "undecided": "مش أكيد إنه أحسن من",
    "worse": "أكيد أوحش من",
}


def answer(case: cases.AnswerCase) -> str:
    """Phrase one sentence of the answer."""
    match case:
        case cases.NoTrialYet():
            return "لسه مفيش ولا تجربة خلصت، فمفيش إجابة لحد دلوقتي."
        case cases.AllEndedBadly(trials):
            return f"كل التجارب ({count(trials, TRIAL)}) فشلت أو فركشت (diverged)، فمش هنقدر نختار strength."
        case cases.NoFiniteMean():
            return "مفيش ولا strength متوسط الـ validation data loss بتاعه رقم سليم، فمش هنقدر نختار."
        case cases.OnlyOneTried(value, loss, seeds, examples):
            found = f"متوسط الـ validation data loss بتاعه {estimate(loss)} ({_ground(seeds, examples)})"
            return f"جربنا {strength(value)} بس: {found}."
        case cases.HasLowest(value, loss, seeds, examples):
            found = f"{estimate(loss)} ({_ground(seeds, examples)})"
            return f"أقل متوسط validation data loss طلع عند {strength(value)}: {found}."
        case cases.OthersCompared(verdicts):
            found = "، ".join(f"{ltr(format_strength(value))} {verdict(each)}" for value, each in verdicts)
            return f"لما قارنا الباقي بيه: {found}."
        case cases.NoSeedInCommon() | cases.IsBetter() | cases.IsWorse() | cases.IsEquivalent() | cases.IsUndecided():
            return _is_it_real(case)
        case _:
            return _larger(case)


def _ground(seeds: int, examples: int) -> str:
    return f"{count_english(seeds, 'seed')} {wa(counted(examples, 'validation'))}"


def _is_it_real(
    case: cases.NoSeedInCommon | cases.IsBetter | cases.IsWorse | cases.IsEquivalent | cases.IsUndecided,
) -> str:
    match case:
        case cases.NoSeedInCommon(value):
            return f"مينفعش نقارنه بـ {strength(value)}: مفيش seed خلص عند الاتنين."
        case cases.IsBetter(found):
            return f"وهو أحسن من {_against(found)}، والفرق حقيقي مش صدفة: {_difference(found)}."
        case cases.IsWorse(found):
            return f"بس على الـ seeds اللي عند الاتنين هو أوحش من {_against(found)}: {_difference(found)}."
        case cases.IsEquivalent(found):
            within = ltr(f"±{_bare(found.margin)}")
            return f"بس هو {wa(_against(found))} زي بعض عمليًا: الفرق {_difference(found)}، وده جوه الهامش {within}."
        case cases.IsUndecided(found, remedy):
            whether = f"هل هو فعلًا أحسن من {_against(found)}؟ لسه مش محسوم: الفرق {_difference(found)}"
            return f"{whether}؛ {would_decide(remedy)}."


def _against(found: Difference) -> str:
    return strength(found.against[1])


def _difference(found: Difference) -> str:
    return with_interval(spread_of(found))


def _bare(value: float) -> str:
    return f"{value:.2g}"


def _larger(
    case: cases.NoLargerTried
    | cases.NoLargerFinished
    | cases.NoStandardError
    | cases.NoneWithinOneError
    | cases.WithinOneError
    | cases.LargestEquivalent,
) -> str:
    match case:
        case cases.NoLargerTried():
            return "ومجربناش strength أكبر منه."
        case cases.NoLargerFinished():
            return "ومفيش strength أكبر منه خلصت له تجربة."
        case cases.NoStandardError():
            return "ومن غير standard error للمتوسط، قاعدة الـ one standard error ملهاش إجابة."
        case cases.NoneWithinOneError():
            return "ومفيش strength أكبر منه متوسطه في حدود standard error واحد منه."
        case cases.WithinOneError(value):
            return f"أكبر strength متوسطه في حدود standard error واحد منه هو {ltr(format_strength(value))}."
        case cases.LargestEquivalent(value):
            return f"وأكبر واحد ثبت إنه زيه هو {ltr(format_strength(value))}."


def how_sure(case: cases.SureCase) -> str:
    """Phrase one sentence on how sure the choice is."""
    match case:
        case cases.NotKnownHowSure():
            return "seed واحد ومثال validation واحد مبيقولوش إحنا متأكدين قد إيه."
        case cases.WouldBeChosen(drawn, shares):
            chosen = [f"{ltr(format_strength(value))} في {share(part)}" for value, part in shares]
            return f"لو عدنا الدراسة كذا مرة على {_DRAWN[drawn]} كان الأقل هيطلع {listed(chosen)} من المرات."
        case cases.Corrected(loss, optimism):
            return (
                "الأمثلة اللي اختارته هي نفسها اللي بتحكم عليه، وده بيجامله. لما نصلح ده، الـ loss بتاعه يبقى "
                f"{estimate(loss)} (أعلى بـ {number(optimism)} من المتوسط اللي شفناه)."
            )


def ranking(case: cases.RankingCase) -> str:
    """Phrase one sentence of the ranking of the variants' choices."""
    match case:
        case cases.RankedFirst(point, loss):
            return f"من اختيارات كل الأنواع، أقل متوسط validation data loss عند {named(point)}: {estimate(loss)}."
        case cases.RankedBehind(others):
            behind = listed([f"{named(point)} بـ {estimate(loss)}" for point, loss in others])
            return f"بعده {behind}."
        case cases.FirstCompared(compared, verdicts):
            begin = "الأول" if compared == LOSS else f"في {measure(compared)}، الأول"
            return f"{begin} {'، '.join(f'{_OF_THE_FIRST[v]} {_points(points)}' for v, points in verdicts)}."


def further(case: cases.FurtherCase) -> str:
    """Phrase what stands beside the answer: the test examples, Keras' choice, and the captions of the figures."""
    match case:
        case cases.OnTestExamples(value, examples, loss, metrics):
            figures = "، ".join(f"{isolated(name)} {estimate(each)}" for name, each in (("data loss", loss), *metrics))
            on = f"على أمثلة الـ test ({count(examples, EXAMPLE)})، اللي مدخلتش في الاختيار خالص"
            return f"{on}، {strength(value)} جاب: {figures}."
        case cases.KerasDisagrees(theirs, ours):
            would = f"كان هيختار {ltr(format_strength(theirs))} بدل {ltr(format_strength(ours))}"
            return f"خد بالك: الـ val_loss بتاع Keras جواه العقوبة، فلو مشينا وراه {would}."
        case cases.PathCaption(covers, printed):
            bars = "تجربة واحدة لكل strength: الخطوط الرأسية بتغطي الأمثلة بس"
            if covers is not None:
                bars = (
                    f"الخطوط الرأسية نطاقات {ltr('95%')}: بتاعة الـ validation loss بتغطي {of(covers)}، "
                    "والباقي بيغطي الـ seeds"
                )
            switch = "" if printed else " الـ val_loss بتاع Keras ممكن تظهره من مفتاح الرسمة."
            return (
                f"متوسط الـ data loss بعد آخر epoch، من غير العقوبة. {bars}. كل الـ strengths على نفس الـ seeds ونفس "
                "الأمثلة، فالفرق بينهم ممكن يكون أكيد أكتر ما الخطوط بتبين: المقارنات تحت هي اللي بتحسم. الخط "
                f"المنقط هو أقل متوسط validation data loss زائد standard error واحد.{switch}"
            )
        case cases.CurvesCaption(covers, evaluated):
            bands = "تجربة واحدة لكل strength، فمفيش نطاقات" if covers is None else _BANDS
            if covers == "seeds, examples and splits":
                bands += "، ونطاقات أرقام الـ validation محسوب فيها إن داتا التدريب متداخلة"
            part = f"؛ أرقام التدريب على {count(evaluated, EXAMPLE)} من داتا التدريب" if evaluated is not None else ""
            return f"المتوسطات في آخر كل epoch، والموديل في وضع inference، خط لكل strength. {bands}{part}."


_BANDS = f"النطاقات: {ltr('95%')} (t) على الـ seeds"


def _points(points: Sequence[Point]) -> str:
    return listed([named(point) for point in points])
