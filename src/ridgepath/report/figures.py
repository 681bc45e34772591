"""The figures in print: matplotlib, without pyplot and its global state."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ridgepath.report.palette import light_colours
from ridgepath.report.series import (
    CurveSeries,
    Panel,
    PathLine,
    PathSeries,
    curve_series,
    path_series,
    strengths_above_zero,
)
from ridgepath.report.summary import Summary


def path_figure(summary: Summary) -> Figure:
    """Draw validation and training data loss against strength, with 95% intervals; variants side by side."""
    series, colours = path_series(summary), light_colours(0)
    figure = Figure(figsize=(2.4 + 4.6 * len(series), 4.2), layout="constrained")
    axes = figure.subplots(1, len(series), squeeze=False, sharey=True)[0]
    for ax, path in zip(axes, series, strict=True):
        _draw_path(ax, path, colours=colours)
        ax.set_title(path.variant if len(series) > 1 else "", loc="left", pad=28, parse_math=False)
    axes[0].set_ylabel("data loss")
    # Below the axes: the bars of the data losses leave no room within that is surely free.
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize="small")
    return figure


def curves_figure(summary: Summary) -> Figure:
    """Draw data losses and metrics over epochs, a line a strength with its 95% band; variants below each other."""
    series, colours = curve_series(summary), light_colours(strengths_above_zero(summary))
    rows = [(curves, row) for curves in series for row in curves.rows]
    figure = Figure(figsize=(9.0, 3.2 * len(rows)), layout="constrained")
    grid = figure.subplots(len(rows), 2, squeeze=False, sharey="row", sharex=True)
    for axes, (curves, row) in zip(grid, rows, strict=True):
        for ax, panel in zip(axes, row, strict=True):
            _draw_panel(ax, panel, colours=colours)
            title = _panel_title(panel, curves=curves, several=len(series) > 1)
            ax.set_title(title, loc="left", fontsize="medium", parse_math=False)
    for ax in grid[-1]:
        ax.set_xlabel("epoch")
    _curves_legend(grid[0][0], series)
    return figure


def _draw_path(ax: Axes, path: PathSeries, *, colours: dict[str, str]) -> None:
    if path.threshold is not None:
        label = "lowest mean + 1 standard error"
        ax.axhline(path.threshold, color=colours["muted"], linewidth=0.8, linestyle=":", label=label)
    for mark in path.marks:
        ax.axvline(mark.position, color=colours["muted"], linewidth=0.8)
        ax.annotate(
            mark.name,
            (mark.position, 1.0),
            xycoords=ax.get_xaxis_transform(),
            xytext=(0, 2 + 11 * mark.level),
            textcoords="offset points",
            ha=mark.anchor,
            va="bottom",
            fontsize="small",
        )
    _draw_path_line(ax, path.validation, colours=colours, marker="o", linestyle="-")
    _draw_path_line(ax, path.training, colours=colours, marker="s", linestyle="--")
    _label_strengths(ax, path)
    _open_frame(ax)


def _draw_path_line(ax: Axes, line: PathLine, *, colours: dict[str, str], **style: Any) -> None:
    reach = np.array([np.subtract(line.means, line.lows), np.subtract(line.highs, line.means)])
    colour = colours[line.colour]
    ax.errorbar(line.positions, line.means, yerr=reach, color=colour, label=line.name, capsize=3, **style)


def _label_strengths(ax: Axes, path: PathSeries) -> None:
    ax.set_xticks(path.ticks, path.tick_labels, fontsize="small")
    ax.set_xlabel("strength")
    if path.zero_break is not None:
        where = ax.get_xaxis_transform()
        ax.text(path.zero_break, 0.0, "//", transform=where, ha="center", va="center", fontsize="medium")


def _draw_panel(ax: Axes, panel: Panel, *, colours: dict[str, str]) -> None:
    for strength in panel.curves:
        curve, colour = strength.curve, colours[strength.colour]
        ax.plot(curve.epochs, curve.mean, color=colour, linestyle="--" if strength.dashed else "-", label=strength.name)
        ax.fill_between(curve.epochs, curve.low, curve.high, color=colour, alpha=0.15, linewidth=0)
    _open_frame(ax)


def _panel_title(panel: Panel, *, curves: CurveSeries, several: bool) -> str:
    return f"{curves.variant}: {panel.title}" if several else panel.title


def _curves_legend(ax: Axes, series: Sequence[CurveSeries]) -> None:
    if any(panel.curves for curves in series for row in curves.rows for panel in row):
        ax.legend(title="strength", frameon=False, fontsize="small")


def _open_frame(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", linewidth=0.4, alpha=0.5)
