"""The README's figure: what a trial-epoch takes beside ridgepath, and how a study grows with its trials."""

from __future__ import annotations

import re
from pathlib import Path

import matplotlib as mpl
from comparing import Spread, per_trial_epoch, ratios, whole
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from results import Results
from roster import PEERS, RIDGEPATH
from workloads import WORKLOADS

BARS, LINES = ("task", 4), "digits"
"""What the two panels are of: a workload with a number of trials, and one whose trials grow."""

INK, INK_ON_DARK, QUIET, OWN = "#1f2328", "#e6edf3", "#8b949e", "#2f81f7"
SHORT = {
    "ridgepath-first": "ridgepath, first run",
    "keras-jax": "Keras on JAX",
    "keras-tensorflow": "Keras on TensorFlow",
    "keras-tuner": "KerasTuner on JAX",
    "joblib": "joblib, Keras on JAX",
    "torch-1": "PyTorch, 1 thread",
    "torch": "PyTorch",
    "torch-func": "torch.func",
    "sklearn": "scikit-learn",
}
MARKERS = dict(zip(PEERS, "ods^vDPX*h", strict=True))
NEAREST = 1.22
"""How far labels of lines are apart at least, as a factor on the axis of seconds."""


STYLE = {
    "svg.fonttype": "none",
    "svg.hashsalt": "ridgepath",
    "text.color": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.edgecolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.titlesize": 10,
    "font.size": 9,
}


def draw(results: Results, file: Path) -> None:
    """Draw both panels into an SVG that is read on light and on dark pages."""
    with mpl.rc_context(STYLE):
        figure = Figure(figsize=(10, 4.2), layout="constrained")
        left, right = figure.subplots(1, 2)
        draw_ratios(left, results)
        draw_growth(right, results)
        figure.savefig(file, transparent=True, metadata={"Date": None, "Creator": None})
    file.write_text(for_both_pages(file.read_text(encoding="utf-8")), encoding="utf-8")


def draw_ratios(axes: Axes, results: Results) -> None:
    """Draw a bar a peer: its time of a trial-epoch over ridgepath's, median of rounds, with their range."""
    workload, trials = BARS
    times = per_trial_epoch(results.of(workload, trials))
    found = {name: spread for name in times if (spread := ratios(times, name))}
    names = sorted(found, key=lambda name: -found[name].median)
    for place, name in enumerate(names):
        spread = found[name]
        axes.barh(place, spread.median, color=colour(name), height=0.7)
        axes.plot([spread.low, spread.high], [place, place], color=INK, linewidth=1)
        axes.annotate(f"{spread.median:.2g}×", (spread.high, place), (4, 0), textcoords="offset points", va="center")
    axes.set_yticks(range(len(names)), [SHORT.get(name, name) for name in names])
    axes.set_xlim(0, 1.15 * max(spread.high for spread in found.values()))
    axes.set_title(f"Time of a trial-epoch, ridgepath = 1\n{_subject(workload)}, {trials} trials")


def draw_growth(axes: Axes, results: Results) -> None:
    """Draw a line a peer: seconds of the whole process against the number of trials."""
    epochs = WORKLOADS[LINES].epochs
    counts = sorted({run.trials for run in results.runs if run.workload == LINES})
    ends = {}
    for name in PEERS:
        times = {count: whole(results.of(LINES, count), epochs).get(name) for count in counts}
        line = [(count, Spread.of(found.values()).median) for count, found in times.items() if found]
        if line:
            above = 3 if name == RIDGEPATH else 2
            axes.plot(*zip(*line, strict=True), color=colour(name), marker=MARKERS[name], zorder=above)
            ends[name] = line[-1]
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.yaxis.set_major_formatter("{x:g}")
    axes.set_xticks(counts, [str(count) for count in counts])
    axes.minorticks_off()
    axes.set_xlabel("trials")
    axes.set_title(f"Seconds of the whole process, {epochs} epochs\n{_subject(LINES)}")
    name_lines(axes, ends)


def name_lines(axes: Axes, ends: dict[str, tuple[int, float]]) -> None:
    """Write the name of each line beside the panel, joined to its last point."""
    leader = {"arrowstyle": "-", "color": QUIET, "linewidth": 0.5, "linestyle": ":"}
    heights = apart({name: seconds for name, (_, seconds) in ends.items()})
    axes.set_ylim(top=1.1 * max(axes.get_ylim()[1], *heights.values()))
    for name, height in heights.items():
        axes.annotate(
            SHORT.get(name, name),
            ends[name],
            (1.04, height),
            textcoords=axes.get_yaxis_transform(),
            color=OWN if name == RIDGEPATH else INK,
            va="center",
            arrowprops=leader,
        )


def _subject(workload: str) -> str:
    """Return what is trained, without what it is called."""
    return WORKLOADS[workload].title.rpartition(": ")[2]


def colour(name: str) -> str:
    return OWN if name == RIDGEPATH else QUIET


def apart(heights: dict[str, float]) -> dict[str, float]:
    """Move labels up as far as it takes that each is a factor above the one below."""
    placed: dict[str, float] = {}
    lowest = 0.0
    for name in sorted(heights, key=heights.__getitem__):
        placed[name] = max(heights[name], lowest)
        lowest = NEAREST * placed[name]
    return placed


def for_both_pages(svg: str) -> str:
    """Let the ink be light where the page is dark; the rest is read on both."""
    rules = "".join(f'[style*="{kind}: {INK}"]{{{kind}:{INK_ON_DARK} !important}}' for kind in ("fill", "stroke"))
    return re.sub(r"(<svg[^>]*>)", rf"\1<style>@media (prefers-color-scheme: dark){{{rules}}}</style>", svg, count=1)
