import html
import json
import os
import re
import stat
from html.parser import HTMLParser

import pytest
from synthetic import make_results, make_study, make_summary

from ridgepath.errors import InputError
from ridgepath.question import question_file
from ridgepath.report.html import page, write_html
from ridgepath.report.labels import languages
from ridgepath.report.summary import summarize
from ridgepath.results import DIVERGED, Results
from ridgepath.study import Trial

HOSTILE = """</script><script>alert(1)</script><img src="http://x.y/z" onerror=alert(2)>{{ 7*7 }}'"&"""


class Page(HTMLParser):
    """Keep what a browser would make of a page: its tags with their attributes, its scripts, its text."""

    def __init__(self, text):
        super().__init__()
        self.tags, self.scripts, self.words, self._open = [], [], [], []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "link", "img", "br"):
            self._open.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self._open.pop()[0] == tag, f"</{tag}> closes another element"

    def handle_data(self, data):
        where = self._open[-1] if self._open else ("", {})
        if where[0] == "script":
            self.scripts.append((where[1], data))
        elif where[0] != "style":
            self.words.append(data)

    @property
    def text(self):
        return re.sub(r"\s+", " ", "".join(self.words))

    def all(self, tag):
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def drawings(self):
        return json.loads(next(text for attributes, text in self.scripts if attributes.get("id") == "drawings"))


@pytest.fixture(scope="module")
def usual():
    ended = {Trial("l2", 0.01, 3): (DIVERGED, "loss not finite in epoch 4")}
    return Page(page(make_summary(ended=ended)))


@pytest.fixture(scope="module")
def hostile():
    study = make_study(name=HOSTILE, variants=(HOSTILE, "l2"))
    ended = {Trial(HOSTILE, 0.01, 3): (DIVERGED, HOSTILE)}
    return Page(page(make_summary(study, metrics=(HOSTILE,), ended=ended, name=HOSTILE, context={HOSTILE: HOSTILE})))


def test_the_answer_is_the_heading_and_everything_else_is_there(usual):
    headings = [tag for tag, _ in usual.tags if tag in ("h1", "h2")]
    assert headings[0] == "h1"
    assert headings.count("h1") == len(languages()) == 2
    for part in ("has the lowest mean validation data loss", "noise of seeds only", "loss not finite in epoch 4"):
        assert part in usual.text
    for part in ("def build(strength)", "l2(strength) < 1", "mnist-5k", "3.15.1", "42 s", "3,000 training"):
        assert part in usual.text
    for part in ("rp.fit_path(", "We trained the network build on mnist-5k", '"epochs": 15'):
        assert part in usual.text


def test_it_opens_in_the_language_asked_for_and_holds_the_other():
    for lang, direction, other in (("en", "ltr", "ar"), ("ar", "rtl", "en")):
        parsed = Page(page(make_summary(), lang))
        [root] = parsed.all("html")
        assert (root["lang"], root["dir"]) == (lang, direction)
        pages = {attributes["id"]: attributes for attributes in parsed.all("div") if attributes.get("class") == "page"}
        assert [(name, "hidden" in attributes) for name, attributes in pages.items()] == [
            (f"page-{lang}", False),
            (f"page-{other}", True),
        ]
        assert {attributes["lang"] for attributes in pages.values()} == {"en", "ar"}
        assert "أقل متوسط" in parsed.text
        assert "has the lowest mean validation data loss" in parsed.text


def test_an_unknown_language_is_refused(tmp_path):
    with pytest.raises(InputError, match="a language out of en, ar; received 'fr'"):
        write_html(make_summary(), tmp_path / "report.html", "fr")
    assert list(tmp_path.iterdir()) == []


def test_the_table_has_a_row_a_strength_and_every_row_is_full(usual):
    tags = [tag for tag, _ in usual.tags]
    body = tags[tags.index("tbody") : tags.index("table", tags.index("tbody"))]
    rows = [row.split() for row in " ".join(body).split("tr ")[1:]]
    assert [row.count("th") + row.count("td") for row in rows] == [2 + 12] * 4
    groups = [attributes for attributes in usual.all("th") if attributes.get("scope") == "colgroup"]
    assert sum(int(group["colspan"]) for group in groups) == 12 * len(languages())
    assert "0.9017" in usual.text


def test_the_figures_have_their_places_and_names(usual):
    places = {attributes["id"]: attributes for attributes in usual.all("div") if attributes.get("class") == "drawing"}
    kinds = ("path", "forest", "curves", "gap", "objective", "noise", "weights")
    names = {lang: {f"{kind}-0" for kind in kinds} for lang in ("en", "ar")}
    assert {lang: set(figures) for lang, figures in usual.drawings["figures"].items()} == names
    assert set(places) == {f"{lang}-{name}" for lang, found in names.items() for name in found}
    assert all(place["role"] == "img" and place["aria-label"] for place in places.values())
    identities = [attributes["id"] for _, attributes in usual.tags if "id" in attributes]
    assert len(identities) == len(set(identities))
    assert set(usual.drawings["seeds"]) == {"curves-0"}


def test_whatever_is_labelled_by_an_id_finds_it(usual):
    identities = {attributes["id"] for _, attributes in usual.tags if "id" in attributes}
    named = [a[name] for _, a in usual.tags for name in ("aria-labelledby", "data-from") if name in a]
    assert len(named) > 20
    assert set(named) <= identities
    assert {a["href"].removeprefix("#") for a in usual.all("a")} <= identities


def test_what_the_first_layer_sees_is_there_as_pictures(usual):
    pictures = usual.all("img")
    assert len(pictures) == 4 * len(languages())
    assert all(picture["src"].startswith("data:image/png;base64,") and picture["alt"] for picture in pictures)


def test_every_colour_of_a_figure_is_in_both_themes_and_in_the_page(usual):
    drawings = usual.drawings
    used = set(re.findall(r"var\(--([\w-]+)\)", json.dumps(drawings["figures"])))
    assert "validation" in used
    assert "strength-2" in used
    assert used <= set(drawings["colours"]["light"])
    assert used <= set(drawings["colours"]["dark"])


def test_the_page_names_nothing_outside_itself(usual, hostile):
    for parsed in (usual, hostile):
        links = [
            (tag, name, value)
            for tag, attributes in parsed.tags
            for name, value in attributes.items()
            if name in ("src", "href", "srcset", "action", "poster", "data", "background")
        ]
        assert ("link", "href", "data:,") in links
        assert all(value.startswith(("data:", "#")) for *_, value in links)
        [policy] = [a["content"] for a in parsed.all("meta") if a.get("http-equiv") == "Content-Security-Policy"]
        assert policy.startswith("default-src 'none';")
        assert "http" not in policy


def test_the_style_loads_nothing():
    style = re.search(r"<style>(.*?)</style>", page(make_summary()), re.DOTALL)[1]
    assert not re.search(r"url\(|@import|@font-face", style)
    assert "prefers-color-scheme: dark" in style
    assert "@media print" in style


def test_plotly_is_there_once_and_after_the_text(usual):
    large = [index for index, (_, text) in enumerate(usual.scripts) if len(text) > 1_000_000]
    assert large == [1]
    assert len(usual.scripts) == 3


def test_hostile_names_stay_text(usual, hostile):
    assert len(hostile.all("script")) == len(usual.all("script")) == 3
    assert len(hostile.all("img")) == len(usual.all("img")) * 2
    assert not any(name.startswith("on") for _, attributes in hostile.tags for name in attributes)
    assert hostile.text.count(HOSTILE) >= 8
    for figures in hostile.drawings["figures"].values():
        assert not re.search(r"<(?!br>|b>|/b>|extra>|/extra>)", json.dumps(figures))


@pytest.mark.parametrize(
    ("study", "metrics"), [(make_study(seeds=1), ("accuracy",)), (make_study(test=0, strengths=(0.001,)), ())]
)
def test_a_small_study_has_a_page(study, metrics):
    parsed = Page(page(make_summary(study, metrics=metrics)))
    assert {"path-0", "curves-0", "gap-0", "objective-0"} <= set(parsed.drawings["figures"]["en"])


def test_a_study_without_trials_has_a_page():
    study = make_study()
    whole = make_results(study)
    summary = summarize(study, Results(whole.trials[:0], whole.epochs[:0], {}), name="s", seconds=0.0, context={})
    assert "No trial has finished, so there is no answer yet." in Page(page(summary)).text


def test_the_file_is_replaced_whole_and_readable_as_others_are(tmp_path):
    target, other = tmp_path / "report.html", tmp_path / "other"
    target.write_text("old")
    other.write_text("")
    write_html(make_summary(), target)
    assert target.read_text(encoding="utf-8") == page(make_summary())
    assert stat.S_IMODE(os.stat(target).st_mode) == stat.S_IMODE(os.stat(other).st_mode)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "report.html"]


def test_a_place_that_cannot_be_written_is_refused(tmp_path):
    with pytest.raises(InputError, match=r"a file that a report can be written to; received .*missing.report\.html"):
        write_html(make_summary(), tmp_path / "missing" / "report.html")
    (tmp_path / "folder").mkdir()
    with pytest.raises(InputError, match=r"folder \(Is a directory\)"):
        write_html(make_summary(), tmp_path / "folder")
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


@pytest.mark.parametrize("name", ["mnist-5k", HOSTILE])
def test_the_study_file_is_shown_as_it_is(name):
    summary = make_summary(make_study(name=name, variants=(name,)))
    text = page(summary)
    for lang in ("en", "ar"):
        [shown] = re.findall(rf'id="{lang}-study-file"[^>]*><code>(.*?)</code>', text, flags=re.DOTALL)
        assert html.unescape(shown) == question_file(summary.question, summary.context)
        assert "<" not in shown
