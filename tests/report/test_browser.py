"""The page in a real browser: Debian's chromium, without a network."""

import os
import shutil

import pytest
from synthetic import make_study, make_summary

from ridgepath.report.html import write_html
from ridgepath.report.palette import DARK, LIGHT
from ridgepath.results import DIVERGED
from ridgepath.study import Trial

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(
    CHROMIUM is None and not os.environ.get("CI"), reason="no chromium on this machine to open the page in"
)
HOSTILE = """</script><script>alert(1)</script><img src="http://x.y/z" onerror=alert(2)>{{ 7*7 }}'"&"""
FIGURES = ("path-0", "forest-0", "curves-0", "gap-0", "objective-0", "noise-0", "weights-0")


@pytest.fixture(scope="module")
def browser():
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    target = tmp_path_factory.mktemp("page") / "report.html"
    write_html(make_summary(ended={Trial("l2", 0.01, 3): (DIVERGED, "loss not finite in epoch 4")}), target)
    return target


class Opened:
    """A page, and all that went wrong on it or was asked of the network."""

    def __init__(self, context, target):
        context.set_offline(True)
        self.page = context.new_page()
        self.problems, self.requests = [], []
        self.page.on("console", lambda message: self.problems.append(message.text))
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))
        self.page.on("dialog", lambda dialog: (self.problems.append(dialog.message), dialog.dismiss()))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(target.as_uri())

    @property
    def language(self):
        return self.page.evaluate("[document.documentElement.lang, document.documentElement.dir]")

    def figure(self, name):
        return self.page.locator(f"#{self.language[0]}-{name}")

    def traces(self, name):
        return self.figure(name).evaluate("target => target.data.map((trace) => trace.visible)")

    def speak(self, lang):
        self.page.locator(f"button.language:visible[data-language={lang}]").click()


@pytest.fixture
def opening(browser):
    """Return what opens a file, in a window of its own."""
    contexts = []

    def open_file(target, **settings):
        contexts.append(browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **settings}))
        return Opened(contexts[-1], target)

    yield open_file
    for context in contexts:
        context.close()


def test_it_draws_all_figures_without_an_error_or_a_request(opening, report):
    opened = opening(report)
    for name in FIGURES:
        assert opened.figure(name).locator("svg.main-svg").first.is_visible(), name
    assert opened.page.locator(".pictures img:visible").count() == 4
    assert opened.page.evaluate("[...document.images].every((image) => image.naturalWidth > 0)")
    assert opened.problems == []
    assert opened.requests[0] == report.as_uri()
    assert {request.partition(":")[0] for request in opened.requests[1:]} <= {"data", "blob"}


@pytest.mark.parametrize(
    ("study", "figures"),
    [
        (make_study(seeds=1, strengths=(0.5,), epochs=1, validation=1, test=0), 5),
        (make_study(seeds=2, strengths=(0.0,), epochs=2, validation=20), 6),
    ],
)
def test_a_small_study_is_drawn_too(opening, tmp_path, study, figures):
    write_html(make_summary(study, metrics=()), tmp_path / "report.html")
    opened = opening(tmp_path / "report.html")
    for lang in ("ar", "en"):
        opened.speak(lang)
        drawn = opened.page.locator(".drawing:visible")
        assert drawn.count() == figures
        assert all(each.locator("svg.main-svg").first.is_visible() for each in drawn.all())
    assert opened.problems == []


def test_a_study_without_figures_has_a_page_without_them(opening, tmp_path):
    study = make_study(seeds=1)
    write_html(make_summary(study, ended=dict.fromkeys(study.trials, (DIVERGED, "lost"))), tmp_path / "report.html")
    opened = opening(tmp_path / "report.html")
    opened.speak("ar")
    assert opened.page.locator(".drawing").count() == 0
    assert opened.problems == []


def test_names_of_users_stay_text(opening, tmp_path):
    target = tmp_path / "report.html"
    study = make_study(name=HOSTILE, variants=(HOSTILE, "l2"), seeds=2, epochs=2, validation=20, test=0)
    ended = {Trial(HOSTILE, 0.01, 1): (DIVERGED, HOSTILE)}
    write_html(make_summary(study, metrics=(HOSTILE,), ended=ended, name=HOSTILE), target)
    opened = opening(target)
    for lang in ("ar", "en"):
        opened.speak(lang)
        assert opened.figure("curves-1").locator("svg.main-svg").first.is_visible()
        titles = opened.figure("curves-0").locator(".annotation-text").all_text_contents()
        assert any(HOSTILE in title for title in titles), titles
    assert opened.problems == []
    assert len(opened.requests) - sum(request.startswith("data:") for request in opened.requests) == 1


def test_the_switch_changes_language_direction_and_figures(opening, report):
    opened = opening(report)
    assert opened.language == ["en", "ltr"]
    english = opened.figure("weights-0").locator(".ytitle").text_content()
    opened.speak("ar")
    assert opened.language == ["ar", "rtl"]
    assert opened.page.locator("h1:visible").count() == 1
    assert "أقل متوسط" in opened.page.locator("h1:visible").text_content()
    arabic = opened.figure("weights-0").locator(".ytitle").text_content()
    assert english == "density"
    assert "الكثافة" in arabic
    assert opened.page.evaluate("document.activeElement.dataset.language") == "en"
    opened.speak("en")
    assert opened.language == ["en", "ltr"]
    assert opened.problems == []


def test_it_opens_in_arabic_and_titles_of_axes_stand_beside_their_numbers(opening, tmp_path):
    write_html(make_summary(), tmp_path / "report.html", "ar")
    opened = opening(tmp_path / "report.html")
    assert opened.language == ["ar", "rtl"]
    for name in ("path-0", "weights-0", "noise-0"):
        title = opened.figure(name).locator(".ytitle").bounding_box()
        ticks = [tick.bounding_box() for tick in opened.figure(name).locator(".ytick text").all()]
        assert title["x"] + title["width"] <= min(tick["x"] for tick in ticks) + 1, name
    assert opened.problems == []


def test_pointing_at_a_mark_shows_its_value(opening, report):
    opened = opening(report)
    figure = opened.figure("path-0")
    figure.scroll_into_view_if_needed()
    box = figure.locator(".scatterlayer .trace").first.locator(".point").nth(1).bounding_box()
    opened.page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    shown = figure.locator(".hoverlayer .hovertext")
    shown.first.wait_for()
    assert "strength 0.0001" in shown.first.text_content()
    assert "±" in shown.first.text_content()


def test_the_legend_switches_lines_by_mouse_and_keyboard(opening, report):
    opened = opening(report)
    buttons = opened.page.locator("#page-en .legend-of[data-of=path-0] button")
    assert [button.get_attribute("aria-pressed") for button in buttons.all()] == ["true", "true", "false"]
    assert opened.traces("path-0")[:3] == [True, True, False]
    buttons.nth(2).click()
    assert opened.traces("path-0")[:3] == [True, True, True]
    buttons.nth(0).focus()
    opened.page.keyboard.press("Space")
    assert opened.traces("path-0")[:3] == [False, True, True]
    assert buttons.nth(0).get_attribute("aria-pressed") == "false"
    opened.speak("ar")
    assert opened.traces("path-0")[:3] == [False, True, True]


def test_a_strength_is_switched_in_all_panels(opening, report):
    opened = opening(report)
    assert opened.traces("curves-0") == [True] * 32
    opened.page.locator("#page-en .legend-of[data-of=curves-0] button").nth(1).click()
    assert opened.traces("curves-0").count(False) == 8


def test_every_seed_is_a_line_on_demand(opening, report):
    opened = opening(report)
    button = opened.page.locator("#page-en button.every-seed")
    points = "target => target.data.map((trace) => trace.y.filter((value) => value === null).length)"
    assert sum(opened.figure("curves-0").evaluate(points)) == 0
    button.click()
    assert button.get_attribute("aria-pressed") == "true"
    assert opened.figure("curves-0").evaluate(points) == [5, 5, 5, 4] * 4
    assert opened.figure("curves-0").evaluate("target => target.data[0].customdata[0]") == 0
    button.click()
    assert len(opened.traces("curves-0")) == 32
    assert opened.problems == []


def test_the_table_of_trials_is_sorted_both_ways(opening, report):
    opened = opening(report)
    heading = opened.page.locator("#page-en .sortable th").nth(3)

    def losses():
        cells = opened.page.locator("#page-en .sortable tbody td:nth-child(4)").all_text_contents()
        return [float(cell) for cell in cells if cell != "–"], cells

    for direction, reverse in (("ascending", False), ("descending", True)):
        heading.locator("button").click()
        assert heading.get_attribute("aria-sort") == direction
        numbers, cells = losses()
        assert numbers == sorted(numbers, reverse=reverse)
        assert cells.count("–") == 1
    assert opened.page.locator("#page-en .sortable [aria-sort]").count() == 1


@pytest.mark.parametrize("lang", ["en", "ar"])
def test_a_phone_needs_no_scrolling_sideways(opening, report, lang):
    opened = opening(report, viewport={"width": 400, "height": 800})
    if lang == "ar":
        opened.speak(lang)
    assert opened.page.evaluate("document.documentElement.scrollWidth") == 400
    for name in FIGURES:
        box = opened.figure(name).locator("svg.main-svg").first.bounding_box()
        assert box["x"] >= 0, name
        assert box["x"] + box["width"] <= 400, name
    titles = [note.bounding_box()["y"] for note in opened.figure("gap-0").locator(".annotation").all()]
    assert abs(titles[0] - titles[1]) > 200
    assert opened.problems == []


def rgb(colour):
    return "rgb({}, {}, {})".format(*(int(colour[place : place + 2], 16) for place in (1, 3, 5)))


def test_it_is_dark_where_the_system_is_and_as_the_reader_says(opening, report):
    opened = opening(report, color_scheme="dark")
    ground = "getComputedStyle(document.body).backgroundColor"
    ink = "target => getComputedStyle(target.querySelector('.xtitle')).fill"
    for theme, colours in (("system", DARK), ("light", LIGHT), ("dark", DARK), ("system", DARK)):
        opened.page.locator("#page-en select.theme").select_option(theme)
        assert opened.page.evaluate(ground) == rgb(colours["page"])
        assert opened.figure("path-0").evaluate(ink) == rgb(colours["ink"])
    opened.page.emulate_media(color_scheme="light")
    assert opened.page.evaluate(ground) == rgb(LIGHT["page"])
    assert opened.figure("path-0").evaluate(ink) == rgb(LIGHT["ink"])


def test_on_paper_no_figure_is_cut_and_all_is_open(opening, report):
    opened = opening(report, color_scheme="dark")
    assert opened.page.pdf(format="A4").startswith(b"%PDF")
    opened.page.emulate_media(media="print")
    opened.page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    width, height = 210 / 25.4 * 96, 297 / 25.4 * 96
    opened.page.set_viewport_size({"width": round(width), "height": round(height)})
    assert opened.page.evaluate("[...document.querySelectorAll('#page-en details')].every((each) => each.open)")
    assert opened.figure("path-0").evaluate("target => target._fullLayout.font.color") == LIGHT["ink"]
    for figure in opened.page.locator("#page-en figure").all():
        box = figure.bounding_box()
        assert box["height"] < height * 0.9
        assert figure.evaluate("figure => getComputedStyle(figure).breakInside") == "avoid"
        for drawing in figure.locator("svg.main-svg").all():
            assert drawing.bounding_box()["width"] <= box["width"]
    opened.page.emulate_media(media="screen")
    opened.page.evaluate("window.dispatchEvent(new Event('afterprint'))")
    assert opened.figure("path-0").evaluate("target => target._fullLayout.font.color") == DARK["ink"]
    assert opened.problems == []


def test_what_makes_it_again_can_be_copied(opening, report):
    opened = opening(report, permissions=["clipboard-read", "clipboard-write"])
    button = opened.page.locator("#page-en button.copy").first
    button.click()
    opened.page.wait_for_function("button => button.textContent === 'Copied'", arg=button.element_handle())
    assert opened.page.evaluate("navigator.clipboard.readText()").startswith("import ridgepath as rp")


def test_a_figure_can_be_saved_with_its_legend(opening, report):
    opened = opening(report)
    with opened.page.expect_download() as download:
        opened.page.locator("#page-en button.save").first.click()
    assert download.value.suggested_filename == "path-0.png"
    assert download.value.path().read_bytes().startswith(b"\x89PNG")
    assert opened.problems == []


def test_without_scripts_the_tables_are_there_and_say_so(opening, report):
    opened = opening(report, java_script_enabled=False)
    assert opened.page.get_by_text("The figures and the buttons need JavaScript").first.is_visible()
    assert opened.page.locator("#page-en table.numbers").first.is_visible()
    assert not opened.page.locator("#page-ar").is_visible()


def test_a_reader_with_a_keyboard_gets_to_the_answer_first(opening, report):
    opened = opening(report)
    opened.page.keyboard.press("Tab")
    assert opened.page.evaluate("document.activeElement.className") == "skip"
    opened.page.keyboard.press("Enter")
    assert opened.page.evaluate("location.hash") == "#en-answer"


@pytest.mark.parametrize(("scheme", "width"), [("light", 1200), ("dark", 400)])
def test_axe_finds_no_serious_fault(opening, report, scheme, width):
    from axe_playwright_python.sync_playwright import Axe

    opened = opening(report, color_scheme=scheme, viewport={"width": width, "height": 900})
    for lang in ("ar", "en"):
        opened.speak(lang)
        found = Axe().run(opened.page).response
        assert len(found["passes"]) > 20
        faults = [fault for fault in found["violations"] if fault["impact"] in ("serious", "critical")]
        assert [(fault["id"], [node["html"] for node in fault["nodes"]][:3]) for fault in faults] == []
