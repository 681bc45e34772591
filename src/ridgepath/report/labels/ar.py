"""The labels in Egyptian Arabic; English terms stay as students say them."""

from __future__ import annotations

from ridgepath.report.labels.kinds import Captions, FigureLabels, Labels, PageLabels, TableLabels
from ridgepath.report.locale.ar.numbers import ltr

_MOST = ltr("95%")
_PAGE = PageLabels(
    other_language="English",
    light_or_dark="الألوان",
    light="فاتح",
    dark="غامق",
    as_the_system="زي الجهاز",
    skip="روح للإجابة على طول",
    eyebrow="مسار الـ regularization",
    need_script="الرسومات والزراير محتاجة JavaScript، والجداول فيها الأرقام بعد التدريب.",
    the_path="المسار",
    results="النتايج",
    how_far_apart="كل المقارنات",
    over_epochs="على مدار الـ epochs",
    every_seed="كل seed لوحده",
    save="احفظ صورة PNG",
    legend="المفتاح: اظهر أو اخفي",
    objective="الـ data loss والعقوبة",
    gap="الفجوة (gap)",
    noise="الدوشة جاية منين",
    weights="الـ weights",
    first_layer="أول layer شايفة إيه",
    trials="كل التجارب",
    sort_by="رتّب حسب {}",
    without_figures="تجارب من غير أرقام",
    how_it_was_made="اتعملت إزاي",
    reproduce="تعيدها زي ما هي",
    study_file="في study file",
    configuration="كل الإعدادات",
    copy="انسخ",
    copied="اتنسخ",
    methods="فقرة لورقة بحثية",
    builder="الكود اللي بيبني الـ network",
    figure_of="رسمة: {}. نفس الأرقام موجودة في الجداول.",
    sees="weights بتاعة {} وحدة من أول layer عند strength {}",
)
_CAPTIONS = Captions(
    sides="المظلل: فين الموديل بيعمل overfitting (عقوبة أضعف: الـ training loss أقل ومع ذلك الـ validation loss أعلى "
    "من strength_min) وفين بيعمل underfitting (عقوبة أقوى: الاتنين أعلى). لو المتوسطات بس هي "
    "اللي بتقول كده، يبقى أفتح وجنبه علامة استفهام.",
    upper_axis="فوق: الـ L2 norm بتاع الـ hidden weights، وقد إيه منها قريب من الصفر.",
    every_seed="زرار «كل seed لوحده» بيرسم كل تجربة بخط رفيع.",
    some_seeds="زرار «كل seed لوحده» بيرسم {shown} seeds من {all}، كل تجربة بخط رفيع.",
    some_strengths="مرسوم {shown} strengths من {all}: الطرفين، واللي اتختاروا، وشوية متوزعين بينهم.",
    objective="بعد التدريب، متوسط كل الـ seeds. على داتا التدريب الاتنين مع بعض هما اللي التدريب بيقلله، وعلى داتا "
    "الـ validation هما الـ val_loss بتاع Keras، وإحنا مش بنقارن بيه.",
    gap=f"الـ validation data loss ناقص الـ training data loss: بعد التدريب بنطاق {_MOST}، وعلى مدار الـ epochs.",
    forest=f"الفروق، كل فرق بنطاق {_MOST} مشترك. الخطوط المنقطة هي الهامش اللي جواه الفرق مش مهم.",
    noise="نصيب كل مصدر من مربع الـ standard error بتاع الـ validation data loss. لو زودت seeds بيقل نصيب الـ seeds "
    "ونصيب تقابل الاتنين، ونصيب الأمثلة مش بيقل غير بأمثلة أكتر.",
    weights="كل الـ hidden weights من كل الـ seeds، خط لكل strength، ومحور الكثافة لوغاريتمي.",
    first_layer="الأزرق موجب، والبرتقالي سالب، والشفاف صفر. كل strength مرسوم بمقياسه ونهايته مكتوبة. نفس الوحدات عند "
    "كل strength، وبدأت بنفس الـ weights. Seed رقم {seed}.",
)
_FIGURE = FigureLabels(
    strength="strength",
    data_loss="data loss",
    epoch="epoch",
    training="training data loss",
    validation="validation data loss",
    penalty="العقوبة (penalty)",
    keras_val_loss="val_loss بتاع Keras",
    lowest_plus_error="أقل متوسط + 1 standard error",
    strength_min="strength_min",
    strength_1se="strength_1se",
    both="strength_min = strength_1se",
    overfits="overfitting",
    underfits="underfitting",
    perhaps="{}؟",
    weight_norm="L2 norm بتاع الـ weights",
    near_zero="قريب من الصفر",
    interval=f"{_MOST} {{}}",
    trials="تجارب",
    seed="seed رقم {}",
    seeds="الـ seeds",
    examples="الأمثلة",
    rest="تقابل الاتنين",
    share_of_noise="النصيب من مربع الـ standard error",
    difference="الفرق في {}",
    against="{} قدام {}",
    weight="weight",
    density="الكثافة",
    gap="الفجوة (gap)",
    after_training="بعد التدريب",
    minimized="التدريب: اللي بيقلله",
)
_TABLE = TableLabels(
    variant="النوع",
    strength="strength",
    seed="seed",
    ended="خلصت إزاي",
    why="ليه",
    seconds="ثواني",
    best_epoch="أحسن epoch",
    weight_norm="L2 norm",
    near_zero="قريب من الصفر، %",
    keras_val_loss="val_loss بتاع Keras",
    mean_and_error="المتوسط ± الـ standard error.",
)
ARABIC = Labels(
    page=_PAGE,
    captions=_CAPTIONS,
    figure=_FIGURE,
    table=_TABLE,
    outcomes={"done": "خلصت", "diverged": "فركشت (diverged)", "failed": "فشلت"},
    rules={
        "strength_min": "أقل متوسط",
        "strength_1se": "الأكبر في حدود standard error واحد",
        "strength_equivalent": "الأكبر اللي ثبت إنه زيه",
        "keras_val_loss": "ده اللي كان هيختاره؛ جواه العقوبة",
    },
)
