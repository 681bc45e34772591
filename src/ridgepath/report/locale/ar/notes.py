"""The notes in Egyptian Arabic."""

from __future__ import annotations

from ridgepath.penalties import format_strength
from ridgepath.report.cases import notes as cases
from ridgepath.report.locale.ar.numbers import (
    EXAMPLE,
    TRIAL,
    count,
    isolated,
    listed,
    ltr,
    seeds,
    share,
    strength,
    wa,
)
from ridgepath.splits import Division

HOW_TO_READ = "تقرا الأرقام دي إزاي"

_OF_SEEDS = "الـ seeds (الـ weights الأولانية، وترتيب الـ batches، والـ dropout)"
_SPLITS = {"val": "validation", "train": "training"}


def note(case: cases.NoteCase) -> str:
    """Phrase one note: on noise, examples, trials left out, or the ends of the path."""
    match case:
        case cases.ErrorsCover(fewest, most, noise, tested):
            figures = (
                f"الأرقام متوسطات على {seeds(fewest, most)} {ltr('±')} الـ standard error، ومعاها نطاقات {ltr('95%')}"
            )
            figures += " (confidence intervals)."
            return f"{figures} {_on_sources(noise, tested=tested)}"
        case cases.Divided(division):
            return _on_division(division)
        case cases.FoldsMissing(division):
            wanted = division.folds * division.partial
            return (
                f"{ltr(f'{division.partial}')} من {ltr(f'{division.repetitions}')} cross-validations ناقصة folds: "
                f"عندها {ltr(f'{division.seeds_of_partial}')} من {ltr(f'{wanted} seeds')}، فبعض الأمثلة اتعمل "
                "بيها validation أكتر من غيرها."
            )
        case cases.SharesOfError():
            return _on_shares(case)
        case cases.OneTrialOnly():
            return (
                "تجربة واحدة عند strength مبتقولش حاجة عن دوشة الـ seeds: الـ standard error هناك بيغطي الأمثلة بس، "
                f"والأرقام اللي ملهاش standard error مكتوب جنبها {ltr('± ?')}، ومفيش فرق بيتحسم. زود seeds."
            )
        case cases.LowestAtLargest(variant):
            return f"{_prefix(variant)}أقل متوسط طلع عند أكبر strength جربناه؛ ممكن الأكبر منه يكون أقل كمان."
        case cases.LowestAtSmallest(variant):
            return f"{_prefix(variant)}أقل متوسط طلع عند أصغر strength فوق الصفر؛ ممكن الأصغر منه يكون أقل كمان."
        case _:
            return _on_data(case)


def _prefix(variant: str) -> str:
    return f"{isolated(variant)}: " if variant else ""


def _on_division(division: Division) -> str:
    pool = f"أمثلة التدريب والـ validation ({count(division.train + division.validation, EXAMPLE)})"
    parts = f"{ltr(f'{division.train:,}')} للتدريب {wa(ltr(f'{division.validation:,}'))} للـ validation"
    if not division.folds:
        return f"كل seed بيقسم {pool} من أول وجديد: {parts}."
    return f"كل {ltr(f'{division.folds} seeds')} ورا بعض cross-validation على {pool}: في كل seed {parts}."


def _on_sources(noise: cases.Noise, *, tested: bool) -> str:
    others = "وكل الباقي بيغطي دوشة الـ seeds بس."
    measures = "الـ validation data loss والـ test data loss" if tested else "الـ validation data loss"
    match noise:
        case "one seed":
            return (
                f"بـ seed واحد، {measures} والفجوة (gap) بس هم اللي ليهم نطاقات: بتغطي إن الأمثلة دي بالذات هي "
                "اللي طلعت لنا."
            )
        case "divided":
            others = "نطاقات الـ test data loss بتغطي دوشة الـ seeds وأمثلة الـ test، " * tested + others
            return (
                f"نطاقات أرقام الـ validation والفجوة (gap) بتغطي {_OF_SEEDS}، وأنهي أمثلة طلعت لنا، واتقسمت "
                f"إزاي؛ داتا التدريب متداخلة، وده محسوب (Nadeau and Bengio 2003). {others}"
            )
        case "one example":
            return f"النطاقات بتغطي {_OF_SEEDS}؛ مثال validation واحد مبيقولش حاجة عن دوشة الأمثلة."
        case "two sources":
            return (
                f"نطاقات {measures} والفجوة (gap) بتغطي مصدرين للدوشة (noise): {_OF_SEEDS}، وإن الأمثلة دي بالذات "
                f"هي اللي طلعت لنا. {others}"
            )


def _on_shares(case: cases.SharesOfError) -> str:
    of_seeds, of_examples, of_rest = (share(part) for part in case.shares)
    error = (
        f"{_prefix(case.variant)}مربع الـ standard error بتاع الـ validation data loss عند {strength(case.strength)}"
    )
    if case.divided:
        return f"{error}: {of_seeds} منه من الـ seeds والتقسيم، {wa(of_examples)} من الأمثلة."
    return (
        f"{error}: {of_seeds} منه من الـ seeds، {wa(of_examples)} من الأمثلة، {wa(of_rest)} من تقابل الاتنين؛ لو "
        "زودت seeds الأول والأخير بس هم اللي هيقلوا."
    )


def _on_data(
    case: cases.ExamplesAre
    | cases.TrainingPart
    | cases.TestHadNoPart
    | cases.ValidationFlatters
    | cases.LeftOut
    | cases.NotTrainedYet
    | cases.UnequalSeeds
    | cases.NotFinite,
) -> str:
    match case:
        case cases.ExamplesAre(train, validation, test):
            tested = f"، وأرقام الـ test على {count(test, EXAMPLE)}" if test else ""
            return (
                f"أرقام الـ validation على {count(validation, EXAMPLE)}، وأرقام التدريب على {count(train, EXAMPLE)}"
                f"{tested}، كلها بعد آخر epoch والموديل في وضع inference؛ والـ val_loss بتاع Keras بس هو اللي "
                "جواه العقوبة."
            )
        case cases.TrainingPart(evaluated, train):
            return (
                f"أرقام التدريب في كل epoch على جزء ثابت: {ltr(f'{evaluated:,}')} من {count(train, EXAMPLE)}؛ أما "
                "أرقام آخر epoch في الجداول فعلى كل داتا التدريب."
            )
        case cases.TestHadNoPart():
            return "اخترنا الـ strength على أمثلة الـ validation؛ وأمثلة الـ test مدخلتش في الاختيار خالص."
        case cases.ValidationFlatters():
            return (
                "نفس أمثلة الـ validation بتختار الـ strength وبتقول أرقامه، وده بيجامل اللي اتختار: الرقم "
                "المتصلح هو اللي تقوله للناس. لو فيه test set مكناش هنحتاج نصلح حاجة."
            )
        case cases.LeftOut(diverged, failed, planned):
            kinds = [(diverged, "فركشت (diverged)"), (failed, "فشلت")]
            how = listed([f"{ltr(str(number))} {kind}" for number, kind in kinds if number])
            return f"التجارب اللي مخلصتش كويس مش داخلة في أي رقم: {how}، من {count(planned, TRIAL)}."
        case cases.NotTrainedYet(missing, planned):
            return (
                f"لسه متدربش: {ltr(f'{missing}')} من {count(planned, TRIAL)}. كمل الدراسة (resume) عشان الباقي يتدرب."
            )
        case cases.UnequalSeeds():
            return (
                "عدد التجارب اللي خلصت مش متساوي بين الـ strengths، فمتوسطات الـ loss والـ metrics هي المتوقعة "
                "لو كلهم كان عندهم نفس الـ seeds."
            )
        case cases.NotFinite(split, points):
            named = [f"{variant or 'strength'} {format_strength(value)}" for variant, value in points]
            where = "، ".join(isolated(each) for each in named)
            loss = f"الـ {_SPLITS[split]} data loss"
            return f"عند {where}: {loss} بتاع تجربة خلصت مش رقم سليم، فمفيش متوسط هناك."
