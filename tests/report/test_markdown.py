"""The document in the task's form; another program's parser tells what of it is markup."""

import dataclasses
import re
from itertools import pairwise
from urllib.parse import unquote

import pytest
from markdown_it import MarkdownIt
from synthetic import SOURCE, make_results, make_study, make_summary, set_trials

from ridgepath.errors import InputError
from ridgepath.question import question_file
from ridgepath.report.explanation import explanation
from ridgepath.report.locale.ar.colloquial import HEADING
from ridgepath.report.locale.words import LANGUAGES, words
from ridgepath.report.markdown import markdown, write_markdown
from ridgepath.report.summary import summarize
from ridgepath.results import DIVERGED
from ridgepath.study import Trial

PARSER = MarkdownIt("commonmark", {"html": True}).enable("table")


def tokens(text):
    return [inner for token in PARSER.parse(text) for inner in (token, *(token.children or ()))]


def headings(text, level):
    parsed = pairwise(PARSER.parse(text))
    return [after.content for token, after in parsed if token.tag == level and token.nesting == 1]


def rows(text):
    return [line for line in text.splitlines() if line.startswith("|")]


def cells(row):
    return re.split(r"(?<!\\)\|", row)[1:-1]


def outside_code(text):
    return re.sub(r"(?s)^(`{3,})(?:python|toml)\n.*?^\1$", "", text, flags=re.MULTILINE)


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_has_the_sections_of_the_task_in_its_order(lang):
    say, text = words(lang).document, markdown(make_summary(), lang)
    sections = (say.OBJECTIVE, say.CODE_USED, say.RESULTS, say.SHORT_ANALYSIS, say.KEY_TAKEAWAY)
    numbered = [f"{number}. {section}" for number, section in enumerate(sections, 1)]
    assert headings(text, "h2") == [*numbered, HEADING, say.EVIDENCE]
    assert len(headings(text, "h1")) == 1


def test_the_english_sections_are_called_as_in_the_task():
    named = ["1. Objective", "2. Code Used", "3. Results", "4. Short Analysis", "5. Key Takeaway", "🗣️ شرح بالعامية"]
    assert headings(markdown(make_summary()), "h2")[:-1] == named


def test_the_table_has_a_row_a_strength_and_equal_columns():
    text = markdown(make_summary())
    table = rows(text)[:6]
    assert [cells(row)[0].strip() for row in table] == ["strength", "---:", "0", "0.0001", "0.001", "0.01"]
    assert len({len(cells(row)) for row in table}) == 1
    assert text.startswith("# L2 regularization\n")


def test_what_is_found_of_a_variant_stands_below_its_name():
    assert headings(markdown(make_summary()), "h4") == []
    text = markdown(make_summary(make_study(variants=("l1", "l2"))))
    assert headings(text, "h4")[:3] * 2 == headings(text, "h4")
    assert "Which variant?" in headings(text, "h3")


@pytest.mark.parametrize("lang", LANGUAGES)
def test_every_table_is_one_for_the_parser(lang):
    text = markdown(make_summary(make_study(variants=("l1", "l2"))), lang)
    tables = [token for token in tokens(text) if token.type == "table_open"]
    assert len(tables) == len([row for row in rows(text) if re.fullmatch(r"\|( :?---:? \|)+", row)])
    for start, row in enumerate(lines := text.splitlines()):
        if re.fullmatch(r"\|( :?---:? \|)+", row):
            body = [line for line in lines[start - 1 : start + 3] if line.startswith("|")]
            assert len({len(cells(line)) for line in body}) == 1


@pytest.mark.parametrize("source", [SOURCE, "def build(x):\n    '''\n```\n````\n'''\n    return x\n", "# one\n"])
def test_the_code_is_that_of_the_study_and_ends_where_it_ends(source):
    summary = make_summary()
    summary = dataclasses.replace(summary, builder=dataclasses.replace(summary.builder, source=source))
    for lang in LANGUAGES:
        fence, asked = [token for token in tokens(markdown(summary, lang)) if token.type == "fence"]
        assert (fence.content, fence.info) == (source, "python")
        assert (asked.content, asked.info) == (question_file(summary.question, summary.context), "toml")


def test_without_a_source_that_is_said():
    summary = make_summary()
    summary = dataclasses.replace(summary, builder=dataclasses.replace(summary.builder, source=""))
    text = markdown(summary)
    assert not [token for token in tokens(text) if token.info == "python"]
    assert "The source of the network builder is not to be had." in text


def test_trials_without_figures_and_how_it_was_made_are_listed():
    ended = {Trial("l2", 0.01, 3): (DIVERGED, "loss not finite in epoch 4")}
    text = markdown(make_summary(ended=ended))
    assert "- l2 0.01, seed 3: diverged: loss not finite in epoch 4\n" in text
    assert "- keras: 3.15.1\n" in text
    assert "Trials without figures" not in markdown(make_summary())


HOSTILE = "a|b\n# <script>x</script> [l](http://x.y) *b* `c` </div> ![i](j) ```"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_names_are_no_markup(lang):
    ended = {Trial(HOSTILE, 0.01, 3): (DIVERGED, HOSTILE)}
    study = make_study(name=HOSTILE, variants=(HOSTILE,))
    summary = make_summary(study, name=HOSTILE, metrics=(HOSTILE,), ended=ended, context={"machine": HOSTILE})
    text = markdown(summary, lang)
    parsed = tokens(text)
    assert {token.content.strip() for token in parsed if token.type.startswith("html")} <= {
        '<div dir="rtl" lang="ar">',
        "</div>",
    }
    assert not [token for token in parsed if token.type in ("link_open", "image", "code_inline", "em_open")]
    assert [token.info for token in parsed if token.type == "fence"] == ["python", "toml"]
    assert len(headings(text, "h1")) == 1
    assert len({len(cells(row)) for row in rows(text)[:6]}) == 1


def test_names_with_underscores_stay_readable():
    assert "val_loss" in markdown(make_summary())
    assert "top\\_k" not in markdown(make_summary(metrics=("top_k",)))


@pytest.mark.parametrize("lang", LANGUAGES)
def test_it_is_written_whole_with_its_figure_beside_it_or_refused(lang, tmp_path):
    target = tmp_path / "my report (1).md"
    write_markdown(make_summary(), target, lang)
    text = target.read_text(encoding="utf-8")
    [image] = [token for token in tokens(text) if token.type == "image"]
    figure = tmp_path / unquote(image.attrs["src"])
    assert figure.name == "my report (1)-path.png"
    assert figure.read_bytes().startswith(b"\x89PNG")
    assert text == markdown(make_summary(), lang, figure=figure.name)
    with pytest.raises(InputError, match="Name a file in a folder that exists"):
        write_markdown(make_summary(), tmp_path / "missing" / "report.md", lang)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["my report (1)-path.png", "my report (1).md"]


def test_an_unknown_language_writes_nothing(tmp_path):
    with pytest.raises(InputError, match="a language out of"):
        write_markdown(make_summary(), tmp_path / "report.md", "fr")
    assert list(tmp_path.iterdir()) == []


def test_arabic_stands_from_right_to_left_and_code_does_not():
    for lang, expected in (("en", 1), ("ar", 6)):
        text = markdown(make_summary(), lang)
        assert text.count('<div dir="rtl" lang="ar">') == text.count("</div>") == expected
        before_code = text[: text.index("```python")]
        assert before_code.count("<div") == before_code.count("</div>")
        assert HEADING in text[text.index("<div") :]
    assert "</div>" not in outside_code(markdown(make_summary())).split("شرح بالعامية")[0]


def test_in_arabic_nothing_is_said_in_english():
    text = outside_code(markdown(make_summary(), "ar"))
    prose = [line for line in text.splitlines() if len(line.split()) > 5 and not line.startswith(("| ---", "| :--"))]
    for line in prose:
        letters = [letter for letter in line if letter.isalpha()]
        arabic = sum("\u0600" <= letter <= "\u06ff" for letter in letters)
        assert arabic > 0.25 * len(letters) or line.startswith(("| ", "- ")), line


def parts_of(summary):
    return {part.heading: part for part in explanation(summary)}


def test_the_explanation_says_of_every_claim_whether_it_came_true():
    parts = parts_of(make_summary())
    came = dict(parts["ليه ده مفيد؟ وحصل عندنا ولا لأ؟"].points)
    assert came["بيحسن الـ generalization"] == "ده حصل عندنا فعلًا"
    assert came["الـ optimizer بيوازن بين الـ data loss والعقوبة"] == "عندنا ده محصلش"
    assert parts["الخلاصة"].text.endswith("وهنا كان عنده حق. ⚡")
    tried = parts["إيه اللي جربناه؟"].points
    assert [name.strip("\u2066\u2069") for name, _ in tried] == ["0", "0.0001", "0.001", "0.01"]
    assert [text.split("،")[0] for _, text in tried] == ["من غيره خالص", "الأخف", "في النص", "الأقوى"]


def test_the_explanation_contradicts_the_textbook_where_the_numbers_do():
    study = make_study()
    losses = {
        0.0: [0.1, 0.11, 0.12, 0.1, 0.1],
        **{s: [s + 0.3, s + 0.31, s + 0.32, s + 0.3, s + 0.3] for s in (1e-4, 1e-3, 1e-2)},
    }
    summary = summarize(
        study, set_trials(make_results(study), "val_data_loss", losses), name="s", seconds=1.0, context={}
    )
    parts = parts_of(summary)
    assert dict(parts["ليه ده مفيد؟ وحصل عندنا ولا لأ؟"].points)["بيحسن الـ generalization"] == "عندنا ده محصلش"
    assert parts["الخلاصة"].text.startswith("عكس كلام الكتب")
    assert parts["الخلاصة"].text.endswith("بس هنا من غيره خالص أحسن.")
    assert "Contrary to the textbook, it did not improve generalization here" in markdown(summary)


def test_what_was_not_compared_is_not_called_found():
    difference = "الفرق بين L2 و Dropout؟"
    assert parts_of(make_summary())[difference].points[-1].text.startswith("الدراسة دي مجربتش الاتنين")
    assert difference not in parts_of(make_summary(make_study(variants=("strength",))))
    both = parts_of(make_summary(make_study(variants=("dropout", "l2"))))[difference].points
    assert "مجربتش" not in both[-1].text
    single = parts_of(make_summary(make_study(seeds=1)))
    assert "ليه ده مفيد؟ وحصل عندنا ولا لأ؟" not in single
