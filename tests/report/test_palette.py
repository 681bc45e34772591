import pytest

from ridgepath.report.palette import dark_colours, light_colours

THEMES = pytest.mark.parametrize("colours", [light_colours, dark_colours], ids=["light", "dark"])


def luminance(colour):
    """Return the relative luminance of WCAG 2.1."""
    channels = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * channel for weight, channel in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def contrast(one, other):
    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


@THEMES
def test_lines_stand_out_from_the_panel(colours):
    named = colours(12)
    lines = [name for name in named if name.startswith("strength-")] + ["validation", "training", "keras", "none"]
    assert len(lines) == 16
    assert all(contrast(named[name], named["panel"]) >= 3 for name in lines)


@THEMES
def test_text_stands_out_from_what_it_is_on(colours):
    named = colours(0)
    for text in ("ink", "muted"):
        assert all(contrast(named[text], named[ground]) >= 4.5 for ground in ("page", "panel", "tint"))
    assert contrast(named["accent"], named["page"]) >= 4.5


@THEMES
@pytest.mark.parametrize("count", [1, 2, 5, 30])
def test_strengths_get_steadily_lighter(colours, count):
    scale = [luminance(colours(count)[f"strength-{index}"]) for index in range(count)]
    assert scale == sorted(set(scale))
    assert f"strength-{count}" not in colours(count)


def test_both_themes_name_the_same_colours():
    assert light_colours(4).keys() == dark_colours(4).keys()
