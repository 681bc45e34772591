import math

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from synthetic import make_results, make_study, make_summary

from ridgepath.errors import InputError
from ridgepath.report.figures import CurvesDisplay, PathDisplay, curves_figure, path_figure
from ridgepath.report.palette import light_colours
from ridgepath.report.series import path_series
from ridgepath.report.summary import summarize
from ridgepath.results import Results


def lines(ax):
    """Map the colour of a line of the path to its line and to the bars that have both ends."""
    bars = [[bar for bar in c.lines[2][0].get_segments() if np.isfinite(bar).all() and len(bar)] for c in ax.containers]
    return {to_hex(c.lines[0].get_color()): (c.lines[0], kept) for c, kept in zip(ax.containers, bars, strict=True)}


def test_the_path_is_drawn_from_the_series():
    summary = make_summary()
    figure = path_figure(summary)
    figure.draw_without_rendering()
    [ax], [path] = figure.axes, path_series(summary)
    drawn = lines(ax)
    for line in (path.validation, path.training):
        curve, _ = drawn[light_colours(0)[line.colour]]
        np.testing.assert_array_equal(np.asarray(curve.get_ydata(), float), line.means)
        np.testing.assert_array_equal(curve.get_xdata(), line.positions)
    assert [label.get_text() for label in ax.get_xticklabels()] == ["0", "0.0001", "0.001", "0.01"]
    texts = {text.get_text() for text in ax.texts}
    assert texts == {"//", *(mark.name for mark in path.marks), *(shade.name for shade in path.shades)}
    areas = [patch.get_extents().transformed(ax.transData.inverted()) for patch in ax.patches]
    assert [(area.x0, area.x1) for area in areas] == [pytest.approx((shade.start, shade.stop)) for shade in path.shades]
    [upper] = ax.child_axes
    above = [label.get_text() for label in upper.get_xticklabels()]
    assert above == ["\n".join(label) for label in path.upper_labels]
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert legend == ["lowest mean + 1 standard error", "validation data loss", "training data loss"]


def test_error_bars_end_at_the_interval():
    summary = make_summary()
    [ax] = path_figure(summary).axes
    _, bars = lines(ax)[light_colours(0)["validation"]]
    expected = [(p.estimates["val_data_loss"].low, p.estimates["val_data_loss"].high) for p in summary.points]
    np.testing.assert_allclose([bar[:, 1] for bar in bars], expected)


def test_one_seed_has_bars_where_the_noise_of_examples_is_known():
    figure = path_figure(make_summary(make_study(seeds=1)))
    figure.draw_without_rendering()
    assert [len(bars) for _, bars in lines(figure.axes[0]).values()] == [4, 0]


def test_variants_stand_side_by_side_and_names_are_no_mathematics():
    summary = make_summary(make_study(variants=("l2", r"$\bad{$")))
    for figure in (path_figure(summary), curves_figure(summary)):
        figure.draw_without_rendering()
    assert [ax.get_title(loc="left") for ax in path_figure(summary).axes] == ["l2", r"$\bad{$"]


def test_curves_have_a_panel_a_measure_and_a_line_a_strength():
    summary = make_summary()
    figure = curves_figure(summary)
    figure.draw_without_rendering()
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["validation data loss", "training data loss", "validation accuracy", "training accuracy"]
    curves = [c for c in summary.curves if c.measure == "train_accuracy"]
    for line, curve in zip(figure.axes[3].get_lines(), curves, strict=True):
        assert tuple(line.get_ydata()) == curve.mean
    assert [line.get_linestyle() for line in figure.axes[0].get_lines()] == ["--", "-", "-", "-"]
    assert [text.get_text() for text in figure.axes[0].get_legend().get_texts()] == ["0", "0.0001", "0.001", "0.01"]


def test_figures_of_a_study_without_trials_are_empty():
    study = make_study()
    whole = make_results(study)
    summary = summarize(study, Results(whole.trials[:0], whole.epochs[:0], {}), name="s", seconds=0.0, context={})
    for figure in (path_figure(summary), curves_figure(summary)):
        figure.draw_without_rendering()
        assert not any(math.isfinite(y) for ax in figure.axes for line in ax.get_lines() for y in line.get_ydata())


class Path:
    """What has a summary, as a path has."""

    def __init__(self, summary):
        self.summary = lambda: summary


class TestDisplays:
    def test_draw_on_axes_that_are_given(self):
        figure = Figure()
        ax = figure.subplots()
        display = PathDisplay.from_path(Path(make_summary()), ax=ax)
        assert display.ax_ is ax
        assert display.figure_ is figure
        assert figure.axes == [ax]
        validation, training = display.errorbars_[0]
        assert (validation.get_label(), training.get_label()) == ("validation data loss", "training data loss")
        assert ax.get_legend() is not None

    def test_draw_the_same_once_more_on_other_axes(self):
        display = CurvesDisplay.from_path(Path(make_summary()))
        first = display.figure_
        axes = Figure().subplots(2, 2)
        assert display.plot(axes) is display
        assert display.figure_ is axes[0, 0].figure is not first
        np.testing.assert_array_equal(display.axes_, axes)
        assert len(axes[1, 1].get_lines()) == 4

    @pytest.mark.parametrize(("display", "needed"), [(PathDisplay, 2), (CurvesDisplay, 8)])
    def test_need_as_many_axes_as_there_are_panels(self, display, needed):
        path = Path(make_summary(make_study(variants=("l2", "dropout"))))
        with pytest.raises(InputError, match=f"{needed} axes to draw on; received 3"):
            display.from_path(path, ax=Figure().subplots(1, 3))
        assert display.from_path(path).axes_.size == needed

    @pytest.mark.parametrize("display", [PathDisplay, CurvesDisplay])
    def test_speak_arabic_and_show_themselves_in_a_notebook(self, display):
        drawn = display.from_path(Path(make_summary()), lang="ar")
        assert drawn._repr_png_().startswith(b"\x89PNG")
        words = [
            text.get_text() for text in drawn.ax_.get_figure().findobj(match=lambda each: hasattr(each, "get_text"))
        ]
        assert any("\u0627" in word for word in words)

    def test_leave_pyplot_alone(self):
        import matplotlib.pyplot as plt

        PathDisplay.from_path(Path(make_summary()))
        assert plt.get_fignums() == []

    def test_save_themselves(self, tmp_path):
        PathDisplay.from_path(Path(make_summary())).savefig(tmp_path / "path.svg")
        assert "<svg" in (tmp_path / "path.svg").read_text()
