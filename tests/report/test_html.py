import json
import os
import re
import shutil
import stat
import subprocess
from html.parser import HTMLParser

import pytest
from synthetic import make_results, make_study, make_summary

from ridgepath.errors import InputError
from ridgepath.report.html import page, write_html
from ridgepath.report.summary import summarize
from ridgepath.results import DIVERGED, Results
from ridgepath.study import Trial

HOSTILE = """</script><script>alert(1)</script><img src="http://x.y/z" onerror=alert(2)>{{ 7*7 }}'"&"""
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


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
    assert headings.count("h1") == 1
    for part in ("has the lowest mean validation data loss", "noise of seeds only", "loss not finite in epoch 4"):
        assert part in usual.text
    for part in ("def build(strength)", "l2(strength) < 1", "mnist-5k", "3.15.1", "42 s", "3,000 training"):
        assert part in usual.text


def test_the_table_has_a_row_a_strength_and_every_row_is_full(usual):
    tags = [tag for tag, _ in usual.tags]
    body = tags[tags.index("tbody") : tags.index("table", tags.index("tbody"))]
    counts = [len(re.findall("t[hd]", row)) for row in " ".join(body).split("tr ")[1:]]
    assert counts == [2 + 12] * 4
    groups = [attributes for attributes in usual.all("th") if attributes.get("scope") == "colgroup"]
    assert sum(int(group["colspan"]) for group in groups) == 12
    assert "0.9017" in usual.text


def test_the_figures_have_their_places_and_names(usual):
    places = {attributes["id"]: attributes for attributes in usual.all("div") if attributes.get("class") == "drawing"}
    assert set(places) == set(usual.drawings["figures"]) == {"path-0", "curves-0"}
    assert all(place["role"] == "img" and place["aria-label"] for place in places.values())
    identities = [attributes["id"] for _, attributes in usual.tags if "id" in attributes]
    assert len(identities) == len(set(identities))


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
        assert links == [("link", "href", "data:,")]
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
    assert hostile.all("img") == []
    assert not any(name.startswith("on") for _, attributes in hostile.tags for name in attributes)
    assert hostile.text.count(HOSTILE) >= 8
    titles = [note["text"] for note in hostile.drawings["figures"]["curves-0"]["layout"]["annotations"]]
    assert not any("<script" in title or "<img" in title for title in titles)


@pytest.mark.parametrize(
    ("study", "metrics"), [(make_study(seeds=1), ("accuracy",)), (make_study(test=0, strengths=(0.001,)), ())]
)
def test_a_small_study_has_a_page(study, metrics):
    parsed = Page(page(make_summary(study, metrics=metrics)))
    assert len(parsed.drawings["figures"]) == 2


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


@pytest.mark.skipif(CHROMIUM is None, reason="no chromium on this machine to open the page in")
def test_a_browser_draws_the_figures_without_an_error(tmp_path):
    target = tmp_path / "report.html"
    write_html(make_summary(make_study(variants=(HOSTILE, "l2")), metrics=(HOSTILE,), name=HOSTILE), target)
    options = [
        *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-sync"),
        *("--disable-background-networking", "--disable-component-update", "--enable-logging=stderr"),
        *(f"--user-data-dir={tmp_path / 'profile'}", "--virtual-time-budget=5000", "--dump-dom"),
    ]
    done = subprocess.run(
        [CHROMIUM, *options, target.as_uri()], capture_output=True, text=True, timeout=300, check=True
    )
    for identity in ("path-0", "curves-0", "path-1", "curves-1"):
        assert re.search(rf'id="{identity}"[^>]*>(?:(?!class="drawing").)*main-svg', done.stdout, re.DOTALL), identity
    assert "CONSOLE" not in done.stderr, done.stderr
