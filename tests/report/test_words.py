"""Languages: each phrases every case, with the same numbers, and Arabic keeps every figure in its own order."""

import re
import typing
import unicodedata

import pytest
from examples import GROUPS, MADE, TRIED
from synthetic import make_study, make_summary

from ridgepath.errors import InputError
from ridgepath.report.analysis import made
from ridgepath.report.locale.ar import numbers
from ridgepath.report.locale.ar.colloquial import what_is
from ridgepath.report.locale.words import EGYPTIAN, ENGLISH, LANGUAGES, words
from ridgepath.report.provenance import facts
from ridgepath.statistics.claims import Key
from ridgepath.statistics.claims import Verdict as ClaimVerdict
from ridgepath.statistics.comparison import Verdict
from ridgepath.statistics.diagnosis import State
from ridgepath.statistics.turning import Course

ISOLATES = {"\u2066": 1, "\u2067": 1, "\u2068": 1, "\u2069": -1}
PHRASED = [(case, module, function) for _, cases, module, function in GROUPS for case in cases]


def name_of(value):
    return value if isinstance(value, str) else type(value).__name__


def bare(text):
    return "".join(letter for letter in text if letter not in ISOLATES).replace("\N{NO-BREAK SPACE}", " ")


def numbers_in(text):
    """Return the numbers of a text with their signs, without those of names such as L2."""
    return set(re.findall(r"(?<![\w.])-?\d+(?:,\d{3})*(?:\.\d+)?(?!\w)", bare(text)))


def outside_isolates(text):
    """Return what stands in no isolate; isolates must close in the order in which they open."""
    depth, left = 0, ""
    for letter in text:
        depth += ISOLATES.get(letter, 0)
        assert depth >= 0, f"closed before it opened: {text!r}"
        left += letter if depth == 0 and letter not in ISOLATES else ""
    assert depth == 0, f"never closed: {text!r}"
    return left


def is_arabic(text):
    return any("ARABIC" in unicodedata.name(letter, "") for letter in text)


@pytest.mark.parametrize(("union", "cases", "module", "function"), GROUPS, ids=lambda value: name_of(value)[:20])
def test_there_is_an_example_of_every_case(union, cases, module, function):
    assert {type(case) for case in cases} == set(typing.get_args(union) or (union,))


@pytest.mark.parametrize(("case", "module", "function"), PHRASED, ids=name_of)
def test_both_languages_phrase_every_case_with_the_same_numbers(case, module, function):
    english, arabic = (getattr(getattr(words, module), function)(case) for words in (ENGLISH, EGYPTIAN))
    assert bool(english) == bool(arabic)
    assert "None" not in english + arabic
    assert not is_arabic(english)
    assert not english or is_arabic(arabic)
    assert not set("{}") & set(english + arabic)
    in_words = {"1"} | ({"0"} if "zero" not in english else set())
    assert numbers_in(arabic) ^ numbers_in(english) <= in_words


@pytest.mark.parametrize(("case", "module", "function"), PHRASED, ids=name_of)
def test_what_would_be_turned_round_in_an_arabic_line_is_isolated(case, module, function):
    left = outside_isolates(getattr(getattr(EGYPTIAN, module), function)(case))
    assert not re.search(r"-\d|±|\d\s*%|\d[.,]\d|~|<", left), left


def test_isolates_are_as_unicode_has_them():
    assert numbers.ltr("-0.5") == "\u2066-0.5\u2069"
    assert numbers.isolated("x") == "\u2068x\u2069"
    assert [unicodedata.bidirectional(letter) for letter in ISOLATES] == ["LRI", "RLI", "FSI", "PDI"]


@pytest.mark.parametrize(
    ("number", "examples", "trials"),
    [
        (1, "مثال واحد", "تجربة واحدة"),
        (2, "مثالين", "تجربتين"),
        (3, "3 أمثلة", "3 تجارب"),
        (10, "10 أمثلة", "10 تجارب"),
        (11, "11 مثال", "11 تجربة"),
        (99, "99 مثال", "99 تجربة"),
        (100, "100 مثال", "100 تجربة"),
        (103, "103 أمثلة", "103 تجارب"),
        (1000, "1,000 مثال", "1,000 تجربة"),
        (55000, "55,000 مثال", "55,000 تجربة"),
    ],
)
def test_arabic_nouns_take_the_form_that_their_number_asks_for(number, examples, trials):
    assert bare(numbers.count(number, numbers.EXAMPLE)) == examples
    assert bare(numbers.count(number, numbers.TRIAL)) == trials


@pytest.mark.parametrize(("number", "said"), [(1, "seed واحد"), (2, "2 seeds"), (20, "20 seeds")])
def test_english_nouns_stay_english(number, said):
    assert bare(numbers.count_english(number, "seed")) == said


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.44, "0.4 ثانية"),
        (47, "47 ثانية"),
        (60, "دقيقة"),
        (125, "دقيقتين و 5 ثواني"),
        (200, "3 دقايق و 20 ثانية"),
        (7200, "ساعتين"),
        (7500, "ساعتين و 5 دقايق"),
        (float("nan"), "–"),
    ],
)
def test_times_are_said_in_arabic(seconds, said):
    assert bare(numbers.duration(seconds)) == said


def test_and_stands_on_its_own_before_what_is_not_arabic():
    assert numbers.wa("مثالين") == "ومثالين"
    assert bare(numbers.wa(numbers.ltr("5 seeds"))) == "و 5 seeds"
    assert bare(numbers.listed([numbers.ltr("0"), numbers.ltr("1"), numbers.ltr("2")])) == "0، 1 و 2"


@pytest.mark.parametrize("lang", LANGUAGES)
def test_single_words_are_there_for_all_that_can_be_found(lang):
    say = words(lang)
    for named, phrase in (
        (Verdict, say.verdicts.verdict),
        (ClaimVerdict, say.findings.claim_verdict),
        (Key, say.findings.claim),
        (State, say.findings.state),
        (Course, say.findings.course),
    ):
        said = [phrase(each) for each in typing.get_args(named)]
        assert len(set(said)) == len(said)
        assert all(is_arabic(each) or "regularization" in each or "generalization" in each for each in said) == (
            lang == "ar"
        )


def test_arabic_keeps_the_terms_that_students_say_in_english():
    assert EGYPTIAN.names.measure("val_data_loss") == "الـ \u2068validation data loss\u2069"
    assert "accuracy" in EGYPTIAN.names.measure("test_accuracy")
    assert EGYPTIAN.names.column("weight_norm") == ("weights", "L2 norm")


def test_names_of_users_are_isolated_in_arabic():
    hostile = "\u202eevil"
    summary = make_summary(make_study(variants=(hostile, "l2"), name=hostile))
    for case in summary.to_know:
        assert hostile not in outside_isolates(EGYPTIAN.notes.note(case))
    assert hostile not in outside_isolates(EGYPTIAN.document.objective(made(summary)))
    assert hostile not in outside_isolates(EGYPTIAN.names.named((hostile, 0.1)))


def test_how_a_study_was_made_is_said_in_arabic():
    said = dict(facts(make_summary(), EGYPTIAN))
    assert bare(said["الأمثلة"]) == "3,000 مثال تدريب، 1,000 مثال validation، 1,000 مثال test"
    assert bare(said["التدريب"]) == "15 epochs، batch size 32"
    assert said["keras"] == "3.15.1"


def test_a_penalty_is_named_as_people_call_it():
    assert bare(what_is(TRIED)[0]) == "إيه هو الـ L2 Regularization؟"
    assert ENGLISH.document.title(MADE.tried) == "L2 regularization"


def test_an_unknown_language_is_refused():
    with pytest.raises(InputError, match=r"a language out of en, ar.*received 'fr'.*Choose en or ar"):
        words("fr")
