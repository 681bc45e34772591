import itertools

import numpy as np
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
    lines += ["better", "worse", "equivalent", "undecided"]
    assert len(lines) == 20
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


SEEN_BY = {
    "all colours": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
    "tritanopia": np.array(
        [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]]
    ),
}
"""What an eye makes of linear RGB (Machado, Oliveira and Fernandes 2009, severity 1)."""


def lab(colour, seen):
    """Return CIELAB of a colour as an eye sees it (IEC 61966-2-1, D65)."""
    channels = np.array([int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)])
    linear = np.where(channels <= 0.04045, channels / 12.92, ((channels + 0.055) / 1.055) ** 2.4)
    to_xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    parts = to_xyz @ np.clip(seen @ linear, 0, 1) / np.array([0.9505, 1.0, 1.089])
    x, y, z = np.where(parts > 0.008856, np.cbrt(parts), 7.787 * parts + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@THEMES
@pytest.mark.parametrize("eye", SEEN_BY)
@pytest.mark.parametrize(
    "together",
    [
        ("validation", "training", "penalty"),
        ("validation", "training", "keras"),
        ("better", "worse", "equivalent", "undecided"),
        ("noise-seeds", "noise-examples", "noise-rest"),
        ("overfits", "underfits"),
    ],
)
def test_colours_that_stand_together_differ_for_every_eye(colours, eye, together):
    named = colours(0)
    for one, other in itertools.combinations(together, 2):
        difference = np.linalg.norm(lab(named[one], SEEN_BY[eye]) - lab(named[other], SEEN_BY[eye]))
        assert difference >= 20, f"{one} and {other} with {eye}: {difference:.0f}"


@THEMES
@pytest.mark.parametrize("eye", SEEN_BY)
def test_neighbouring_strengths_differ_for_every_eye(colours, eye):
    scale = [lab(colours(5)[f"strength-{index}"], SEEN_BY[eye]) for index in range(5)]
    assert min(np.linalg.norm(b - a) for a, b in itertools.pairwise(scale)) >= 10
