"""The figures in print and in notebooks: matplotlib ``Display`` objects, as scikit-learn has them.

A display holds the numbers of a figure; :meth:`plot` draws them, on axes that are given or on a figure of its own, and
leaves both in attributes. Nothing here touches pyplot and its global state.
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Protocol, Self

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ridgepath.errors import InputError
from ridgepath.report.labels import Language, language
from ridgepath.report.palette import light_colours
from ridgepath.report.series import (
    CurveSeries,
    Panel,
    PathLine,
    PathSeries,
    Shade,
    curve_series,
    path_series,
    strengths_above_zero,
)
from ridgepath.report.summary import Summary

_SURE, _BY_THE_MEANS = 0.18, 0.08


class Summarized(Protocol):
    """What has a summary, such as a :class:`ridgepath.Path`."""

    def summary(self) -> Summary:
        """Return the summary."""


class Display:
    """What all displays have.

    Attributes:
        figure_: the figure that was drawn on, once it was.
        axes_: its axes, (row, column).
    """

    figure_: Figure
    axes_: np.ndarray

    @property
    def ax_(self) -> Axes:
        """The first of the axes, which is the only one of a path of one variant."""
        found: Axes = self.axes_.flat[0]
        return found

    def plot(self, ax: Any = None) -> Self:
        """Draw; a display says what."""
        raise NotImplementedError

    def savefig(self, target: Any, **settings: Any) -> None:
        """Save the figure, as :meth:`matplotlib.figure.Figure.savefig` does."""
        self.figure_.savefig(target, **settings)

    def _repr_png_(self) -> bytes:
        """Show the figure in a notebook."""
        image = io.BytesIO()
        self.savefig(image, format="png", dpi=110)
        return image.getvalue()

    def _prepare(self, ax: Any, *, rows: int, columns: int, size: tuple[float, float], **shared: Any) -> None:
        """Take the axes that are given, or make a figure with so many."""
        if ax is None:
            figure = Figure(figsize=size, layout="constrained")
            self.figure_, self.axes_ = figure, figure.subplots(rows, columns, squeeze=False, **shared)
            return
        given = np.atleast_1d(np.asarray(ax, dtype=object)).ravel()
        if len(given) != rows * columns:
            remedy = f"Give {rows * columns}, or none for a figure of its own."
            raise InputError(f"{rows * columns} axes to draw on", received=len(given), remedy=remedy)
        self.axes_ = given.reshape(rows, columns)
        self.figure_ = given[0].get_figure(root=True)


class PathDisplay(Display):
    """Data losses against strength, with 95% intervals; variants side by side.

    Attributes:
        paths: what is drawn, a variant each.
        errorbars_: what was drawn: for each variant those of the validation and of the training data loss.
    """

    def __init__(self, paths: Sequence[PathSeries], spoken: Language) -> None:
        self.paths = tuple(paths)
        self._spoken = spoken
        self.errorbars_: list[tuple[Any, Any]] = []

    @classmethod
    def from_path(cls, path: Summarized, *, ax: Any = None, lang: str = "en") -> Self:
        """Draw a path.

        Args:
            ax: axes to draw on, one a variant; by default those of a new figure.
            lang: ``en`` or ``ar``.

        Raises:
            InputError: there are more axes or fewer, or there is no such language.
        """
        spoken = language(lang)
        return cls(path_series(path.summary(), spoken), spoken).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the path.

        Args:
            ax: axes to draw on, one a variant; by default those of a new figure.

        Raises:
            InputError: there are more axes or fewer.
        """
        count, said = len(self.paths), self._spoken.labels.figure
        self._prepare(ax, rows=1, columns=count, size=(2.4 + 4.6 * count, 4.6), sharey=True)
        self.errorbars_ = [
            _draw_path(each, path, said=self._spoken) for each, path in zip(self.axes_[0], self.paths, strict=True)
        ]
        for each, path in zip(self.axes_[0], self.paths, strict=True):
            each.set_title(path.variant if count > 1 else "", loc="left", pad=36, parse_math=False)
        self.ax_.set_ylabel(self._spoken.text(said.data_loss))
        handles, labels = self.ax_.get_legend_handles_labels()
        if ax is None:  # Below the axes: the bars of the data losses leave no room within that is surely free.
            self.figure_.legend(handles, labels, loc="outside lower center", ncols=3, frameon=False, fontsize="small")
        else:
            self.ax_.legend(handles, labels, frameon=False, fontsize="small")
        return self


class CurvesDisplay(Display):
    """Data losses and metrics over epochs, a line a strength with its 95% band; variants below each other.

    Attributes:
        curves: what is drawn, a variant each.
    """

    def __init__(self, curves: Sequence[CurveSeries], spoken: Language, *, strengths: int) -> None:
        self.curves = tuple(curves)
        self._spoken = spoken
        self._colours = light_colours(strengths)

    @classmethod
    def from_path(cls, path: Summarized, *, ax: Any = None, lang: str = "en") -> Self:
        """Draw the curves of a path.

        Args:
            ax: axes to draw on, two a row: validation and training; by default those of a new figure.
            lang: ``en`` or ``ar``.

        Raises:
            InputError: there are more axes or fewer, or there is no such language.
        """
        spoken, summary = language(lang), path.summary()
        return cls(curve_series(summary, spoken), spoken, strengths=strengths_above_zero(summary)).plot(ax)

    def plot(self, ax: Any = None) -> Self:
        """Draw the curves.

        Args:
            ax: axes to draw on, two a row; by default those of a new figure.

        Raises:
            InputError: there are more axes or fewer.
        """
        rows = [(curves, row) for curves in self.curves for row in curves.rows]
        self._prepare(ax, rows=len(rows), columns=2, size=(9.0, 3.2 * len(rows)), sharey="row", sharex=True)
        for axes, (curves, row) in zip(self.axes_, rows, strict=True):
            for each, panel in zip(axes, row, strict=True):
                _draw_panel(each, panel, colours=self._colours)
                title = f"{curves.variant}: {panel.title}" if len(self.curves) > 1 else panel.title
                each.set_title(title, loc="left", fontsize="medium", parse_math=False)
        for each in self.axes_[-1]:
            each.set_xlabel(self._spoken.text(self._spoken.labels.figure.epoch))
            each.xaxis.set_major_locator(MaxNLocator(integer=True))
        if self.ax_.get_lines():
            title = self._spoken.text(self._spoken.labels.figure.strength)
            self.ax_.legend(title=title, frameon=False, fontsize="small")
        return self


def path_figure(summary: Summary, lang: str = "en") -> Figure:
    """Draw the path of a summary on a figure of its own."""
    spoken = language(lang)
    return PathDisplay(path_series(summary, spoken), spoken).plot().figure_


def curves_figure(summary: Summary, lang: str = "en") -> Figure:
    """Draw the curves of a summary on a figure of their own."""
    spoken = language(lang)
    strengths = strengths_above_zero(summary)
    return CurvesDisplay(curve_series(summary, spoken), spoken, strengths=strengths).plot().figure_


def _draw_path(ax: Axes, path: PathSeries, *, said: Language) -> tuple[Any, Any]:
    colours = light_colours(0)
    for shade in path.shades:
        _draw_side(ax, shade, colours=colours)
    if path.threshold is not None:
        label = said.text(said.labels.figure.lowest_plus_error)
        ax.axhline(path.threshold, color=colours["muted"], linewidth=0.8, linestyle=":", label=label)
    _mark_choices(ax, path, colours=colours)
    drawn = (
        _draw_line(ax, path.validation, colours=colours, marker="o", linestyle="-"),
        _draw_line(ax, path.training, colours=colours, marker="s", linestyle="--"),
    )
    _label_strengths(ax, path, said)
    _open_frame(ax)
    return drawn


def _draw_side(ax: Axes, shade: Shade, *, colours: dict[str, str]) -> None:
    opacity = _SURE if shade.sure else _BY_THE_MEANS
    ax.axvspan(shade.start, shade.stop, color=colours[shade.kind], alpha=opacity, linewidth=0, zorder=0)
    end, align, inwards = (shade.start, "left", 3) if shade.kind == "overfits" else (shade.stop, "right", -3)
    ax.annotate(
        shade.name,
        (end, 0.0),
        xycoords=ax.get_xaxis_transform(),
        xytext=(inwards, 3),
        textcoords="offset points",
        ha=align,
        va="bottom",
        fontsize="small",
        color=colours["muted"],
    )


def _mark_choices(ax: Axes, path: PathSeries, *, colours: dict[str, str]) -> None:
    for mark in path.marks:
        ax.axvline(mark.position, color=colours["muted"], linewidth=0.8)
        ax.annotate(
            mark.name,
            (mark.position, 1.0),
            xycoords=ax.get_xaxis_transform(),
            xytext=({"left": 3, "right": -3}.get(mark.anchor, 0), -2 - 11 * mark.level),
            textcoords="offset points",
            ha=mark.anchor,
            va="top",
            fontsize="small",
            bbox={"facecolor": ax.get_facecolor(), "edgecolor": "none", "pad": 1},
        )


def _draw_line(ax: Axes, line: PathLine, *, colours: dict[str, str], **style: Any) -> Any:
    reach = np.array([np.subtract(line.means, line.lows), np.subtract(line.highs, line.means)])
    colour = colours[line.colour]
    return ax.errorbar(line.positions, line.means, yerr=reach, color=colour, label=line.name, capsize=3, **style)


def _label_strengths(ax: Axes, path: PathSeries, said: Language) -> None:
    ax.set_xlim(path.reach)
    ax.margins(y=0.09)
    ax.set_xticks(path.ticks, path.tick_labels, fontsize="small")
    ax.set_xlabel(said.text(said.labels.figure.strength))
    upper = ax.secondary_xaxis("top")
    upper.set_xticks(path.ticks, ["\n".join(label) for label in path.upper_labels], fontsize="x-small")
    upper.set_xlabel(
        said.text(f"{said.labels.figure.weight_norm} · {said.labels.figure.near_zero}"), fontsize="x-small"
    )
    if path.zero_break is not None:
        where = ax.get_xaxis_transform()
        ax.text(path.zero_break, 0.0, "//", transform=where, ha="center", va="center", fontsize="medium")


def _draw_panel(ax: Axes, panel: Panel, *, colours: dict[str, str]) -> None:
    for strength in panel.curves:
        curve, colour = strength.curve, colours[strength.colour]
        ax.plot(curve.epochs, curve.mean, color=colour, linestyle="--" if strength.dashed else "-", label=strength.name)
        ax.fill_between(curve.epochs, curve.low, curve.high, color=colour, alpha=0.15, linewidth=0)
    _open_frame(ax)


def _open_frame(ax: Axes) -> None:
    ax.spines[["top", "right"]].set_visible(False)
    ax.grid(axis="y", linewidth=0.4, alpha=0.5)
