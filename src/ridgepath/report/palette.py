"""Colours of the page and of the figures, for light and dark, told apart by readers with colour blindness.

Validation and training are blue and orange (Okabe and Ito), and differ in line and marker too. Strengths run through
a scale whose lightness changes steadily; strength 0 stands outside it, grey and dashed.
"""

from __future__ import annotations

LIGHT = {
    "page": "#fbfaf8",
    "panel": "#ffffff",
    "picture": "#ffffff",
    "ink": "#1c2027",
    "muted": "#5a626e",
    "rule": "#dfdcd5",
    "accent": "#005a94",
    "tint": "#e9f1f8",
    "validation": "#0067a9",
    "training": "#c2500a",
    "keras": "#6b7280",
    "none": "#5a626e",
    "penalty": "#4a1158",
    "overfits": "#c2500a",
    "underfits": "#0067a9",
    "better": "#0067a9",
    "worse": "#c2500a",
    "equivalent": "#4a1158",
    "undecided": "#5a626e",
    "noise-seeds": "#0067a9",
    "noise-examples": "#c2500a",
    "noise-rest": "#8f96a1",
}
DARK = {
    "page": "#14161a",
    "panel": "#1b1e24",
    "picture": "#0e0f12",
    "ink": "#e9e7e2",
    "muted": "#a3abb6",
    "rule": "#343a44",
    "accent": "#7cc0f2",
    "tint": "#1d2b39",
    "validation": "#5ab4f0",
    "training": "#f2a14f",
    "keras": "#9aa3af",
    "none": "#a3abb6",
    "penalty": "#b44dff",
    "overfits": "#f2a14f",
    "underfits": "#5ab4f0",
    "better": "#5ab4f0",
    "worse": "#f2a14f",
    "equivalent": "#b44dff",
    "undecided": "#a3abb6",
    "noise-seeds": "#5ab4f0",
    "noise-examples": "#f2a14f",
    "noise-rest": "#7c8592",
}
_LIGHT_SCALE = ("#0d1a8c", "#8020ac", "#b02a82", "#cf4a52", "#c46a00")
_DARK_SCALE = ("#6d66f2", "#b368dc", "#ee7a9f", "#fba355", "#f4e04d")


def light_colours(strengths: int) -> dict[str, str]:
    """Return every colour by name, with ``strength-0``, ``strength-1``, ... for so many strengths above 0."""
    return {**LIGHT, **_scale(_LIGHT_SCALE, strengths)}


def dark_colours(strengths: int) -> dict[str, str]:
    """Return the colours of :func:`light_colours` as they are on a dark page."""
    return {**DARK, **_scale(_DARK_SCALE, strengths)}


def _scale(stops: tuple[str, ...], count: int) -> dict[str, str]:
    last = max(count - 1, 1)
    return {f"strength-{index}": _between(stops, index / last) for index in range(count)}


def _between(stops: tuple[str, ...], part: float) -> str:
    place = part * (len(stops) - 1)
    start = min(int(place), len(stops) - 2)
    channels = (
        round(a + (b - a) * (place - start)) for a, b in zip(_rgb(stops[start]), _rgb(stops[start + 1]), strict=True)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _rgb(colour: str) -> tuple[int, ...]:
    return tuple(int(colour[place : place + 2], 16) for place in (1, 3, 5))
