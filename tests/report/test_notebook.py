from html.parser import HTMLParser

import pytest
from synthetic import make_results, make_study, make_summary

from ridgepath.report.notebook import notebook_html
from ridgepath.report.summary import summarize
from ridgepath.results import Results

HOSTILE = """<script>alert(1)</script><img src=x onerror=alert(2)>'"&"""


class Parsed(HTMLParser):
    def __init__(self, text):
        super().__init__()
        self.tags, self.text, self.open = [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag != "img":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data + " "


def test_it_shows_the_answer_a_small_table_and_the_figure():
    parsed = Parsed(notebook_html(make_summary()))
    assert parsed.open == []
    assert "has the lowest mean validation data loss" in parsed.text
    tags = [tag for tag, _ in parsed.tags]
    assert tags.count("tr") == 1 + 4
    assert tags.count("td") == 4 * 8
    [picture] = [attributes for tag, attributes in parsed.tags if tag == "img"]
    assert picture["src"].startswith("data:image/png;base64,iVBOR")
    assert picture["alt"]


def test_several_variants_have_a_table_each_and_a_headline():
    parsed = Parsed(notebook_html(make_summary(make_study(variants=("l2", "dropout")))))
    assert [tag for tag, _ in parsed.tags].count("table") == 2
    assert "l2:" in parsed.text
    assert "dropout:" in parsed.text


def test_it_speaks_arabic_from_right_to_left():
    parsed = Parsed(notebook_html(make_summary(), "ar"))
    assert parsed.tags[0] == ("div", {"lang": "ar", "dir": "rtl"})
    assert "أقل متوسط" in parsed.text


def test_names_stay_text():
    study = make_study(variants=(HOSTILE, "l2"))
    parsed = Parsed(notebook_html(make_summary(study, metrics=(HOSTILE,), name=HOSTILE)))
    assert {tag for tag, _ in parsed.tags} <= {"div", "p", "b", "table", "thead", "tbody", "tr", "th", "td", "img"}
    assert HOSTILE in parsed.text


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_without_a_trial_there_is_no_figure(lang):
    study = make_study()
    whole = make_results(study)
    summary = summarize(study, Results(whole.trials[:0], whole.epochs[:0], {}), name="s", seconds=0.0, context={})
    assert "img" not in {tag for tag, _ in Parsed(notebook_html(summary, lang)).tags}
