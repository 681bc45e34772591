import dataclasses
import json

import numpy as np
import pytest
from synthetic import make_results, make_study, make_summary

from ridgepath.portraits import WEIGHT_EDGES
from ridgepath.report.content import content
from ridgepath.report.drawings.curves import curves_drawing, seeds_shown
from ridgepath.report.drawings.forest import forest_drawing
from ridgepath.report.drawings.frame import Drawing
from ridgepath.report.drawings.gap import gap_drawing
from ridgepath.report.drawings.noise import noise_drawing
from ridgepath.report.drawings.objective import objective_drawing
from ridgepath.report.drawings.path import path_drawing
from ridgepath.report.drawings.weights import weights_drawing
from ridgepath.report.labels import language
from ridgepath.report.series import curve_series, path_series
from ridgepath.report.summary import summarize
from ridgepath.results import DIVERGED

ENGLISH, ARABIC = language("en"), language("ar")


@pytest.fixture(scope="module")
def summary():
    return make_summary()


def path_of(summary, spoken=ENGLISH):
    return path_drawing(path_series(summary, spoken)[0], spoken)


def curves_of(summary, spoken=ENGLISH):
    return curves_drawing(curve_series(summary, spoken)[0], spoken)


class TestPath:
    def test_holds_the_series_and_keras_waits_in_the_legend(self, summary):
        [path] = path_series(summary)
        traces = path_of(summary).figure.data
        assert [(trace.name, trace.visible) for trace in traces[:3]] == [
            ("validation data loss", True),
            ("training data loss", True),
            ("Keras' val_loss", "legendonly"),
        ]
        for trace, line in zip(traces, (path.validation, path.training, path.keras), strict=False):
            drawn = [i for i, mean in enumerate(line.means) if mean == mean]
            assert [trace.y[i] for i in drawn] == [line.means[i] for i in drawn]
            ends = [(trace.y[i] - trace.error_y.arrayminus[i], trace.y[i] + trace.error_y.array[i]) for i in drawn]
            assert ends == [pytest.approx((line.lows[i], line.highs[i])) for i in drawn]
            assert tuple(trace.text) == line.texts
        assert len({(trace.marker.symbol, trace.line.dash) for trace in traces[:3]}) == 3

    def test_names_strengths_below_and_what_the_weights_do_above(self, summary):
        [path] = path_series(summary)
        layout = path_of(summary).figure.layout
        assert tuple(layout.xaxis.ticktext) == ("0", "0.0001", "0.001", "0.01")
        assert tuple(layout.xaxis.tickvals) == tuple(layout.xaxis2.tickvals) == path.ticks
        norms = [point.estimates["weight_norm"].mean for point in summary.points]
        shares = [point.estimates["near_zero"].mean for point in summary.points]
        expected = [f"{norm:.3g}<br>{100 * share:.2g}%" for norm, share in zip(norms, shares, strict=True)]
        assert list(layout.xaxis2.ticktext) == expected
        assert layout.xaxis2.side == "top"

    def test_marks_the_choices_and_shades_both_sides(self, summary):
        [path] = path_series(summary)
        layout = path_of(summary).figure.layout
        marks = {mark.name: mark.position for mark in path.marks}
        texts = {note.text: note.x for note in layout.annotations}
        assert marks.items() <= texts.items()
        assert "//" in texts
        assert [shape.y0 for shape in layout.shapes if shape.y0 == shape.y1] == [path.threshold]
        areas = [(shape.x0, shape.x1, shape.opacity) for shape in layout.shapes if shape.type == "rect"]
        assert [area[:2] for area in areas] == [(shade.start, shade.stop) for shade in path.shades]
        assert len({opacity for *_, opacity in areas}) == len({shade.sure for shade in path.shades})


class TestCurves:
    def test_have_a_line_and_a_band_a_strength_in_each_panel(self, summary):
        figure = curves_of(summary).figure
        lines = [trace for trace in figure.data if trace.fill != "toself"]
        bands = [trace for trace in figure.data if trace.fill == "toself"]
        assert (len(lines), len(bands)) == (16, 16)
        assert [line.name for line in lines if line.showlegend] == ["0", "0.0001", "0.001", "0.01"]
        first = summary.curves[0]
        assert tuple(lines[0].y) == pytest.approx(first.mean, rel=1e-4)
        assert tuple(bands[0].y) == pytest.approx((*first.high, *reversed(first.low)), rel=1e-4)
        assert (lines[0].line.dash, lines[1].line.dash) == ("dash", "solid")

    def test_every_seed_comes_with_its_line(self, summary):
        drawing = curves_of(summary)
        assert [drawing.figure.data[place].name for place in drawing.seeds] == ["0", "0.0001", "0.001", "0.01"] * 4
        first = next(iter(drawing.seeds.values()))
        assert first["seeds"] == (0, 1, 2, 3, 4)
        np.testing.assert_allclose(first["values"], summary.curves[0].of_seeds, rtol=1e-4)

    def test_of_very_many_seeds_some_are_shown_and_the_caption_says_so(self):
        study = make_study(strengths=(0.0, 1e-3), seeds=130, epochs=2, validation=3, test=0)
        crowded = make_summary(study, metrics=())
        [curves] = curve_series(crowded)
        assert seeds_shown(curves) == (120, 130)
        assert {len(each["values"]) for each in curves_drawing(curves, ENGLISH).seeds.values()} == {120}
        [figure] = [f for f in content(crowded, ENGLISH).figures if f.name == "curves-0"]
        assert "120 of the 130 seeds" in figure.caption

    def test_of_very_many_strengths_some_are_shown(self):
        strengths = tuple(round(0.001 * 1.3**power, 9) for power in range(30))
        crowded = make_summary(make_study(strengths=strengths, seeds=2, epochs=2, validation=3, test=0), metrics=())
        names = {trace.name for trace in curves_of(crowded).figure.data if trace.showlegend}
        assert len(names) == 12
        assert {f"{strength:.3g}" for strength in (strengths[0], strengths[-1], crowded.strength_min)} <= names
        captions = {f.name: f.caption for f in content(crowded, ENGLISH).figures}
        assert "12 of 30 strengths" in captions["curves-0"]

    def test_panels_of_a_row_share_their_scale_and_a_phone_stacks_them(self, summary):
        drawing = curves_of(summary)
        layout = drawing.figure.layout
        assert (layout.yaxis2.matches, layout.yaxis3.matches, layout.yaxis4.matches) == ("y", None, "y3")
        assert (layout.grid.rows, layout.grid.columns) == (2, 2)
        assert (drawing.narrow["grid"]["rows"], drawing.narrow["grid"]["columns"]) == (4, 1)
        assert drawing.narrow["height"] > layout.height

    def test_one_trial_has_no_band_and_no_interval(self):
        figure = curves_of(make_summary(make_study(seeds=1))).figure
        assert len(figure.data) == 16
        assert curves_of(make_summary(make_study(seeds=1))).seeds == {}
        assert not any("95%" in trace.hovertemplate for trace in figure.data)

    def test_names_of_metrics_are_no_markup(self):
        named = make_summary(metrics=("<a href='http://x.y'>m</a>",))
        titles = [note.text for note in curves_of(named).figure.layout.annotations]
        assert titles[2] == "<b>validation &lt;a href='http://x.y'&gt;m&lt;/a&gt;</b>"


def test_data_loss_and_penalty_stand_on_each_other_and_give_keras_val_loss(summary):
    bars = objective_drawing(summary, "l2", ENGLISH).figure.data
    heights = np.sum([bar.y for bar in bars if bar.xaxis == "x"], axis=0)
    np.testing.assert_allclose(heights, [point.estimates["keras_val_loss"].mean for point in summary.points])
    assert [bar.name for bar in bars] == ["validation data loss", "penalty", "training data loss", "penalty"]
    assert [bar.showlegend for bar in bars] == [True, True, True, False]


def test_the_gap_is_drawn_against_strength_and_over_epochs(summary):
    figure = gap_drawing(summary, path_series(summary)[0], curve_series(summary)[0], ENGLISH).figure
    gaps = [point.estimates["gap"] for point in summary.points]
    assert list(figure.data[0].y) == [gap.mean for gap in gaps]
    bars = figure.data[0].error_y
    ends = [(gap.mean - low, gap.mean + high) for gap, low, high in zip(gaps, bars.arrayminus, bars.array, strict=True)]
    assert ends == [pytest.approx((gap.low, gap.high)) for gap in gaps]
    lines = [trace for trace in figure.data[1:] if trace.fill != "toself"]
    expected = [curve.mean for curve in summary.curves if curve.measure == "gap"]
    for line, mean in zip(lines, expected, strict=True):
        np.testing.assert_allclose(line.y, mean, rtol=1e-4)


class TestForest:
    def test_every_comparison_is_a_row_with_its_interval_and_verdict(self, summary):
        figure = forest_drawing(summary, "l2", ENGLISH).figure
        margins, *marked = figure.data
        drawn = {
            row: (trace.name, x, x + high, x - low)
            for trace in marked
            for row, x, high, low in zip(trace.y, trace.x, trace.error_x.array, trace.error_x.arrayminus, strict=True)
        }
        expected = {
            row: (each.verdict, each.difference, pytest.approx(each.high), pytest.approx(each.low))
            for row, each in enumerate(summary.comparisons)
        }
        assert drawn == expected
        assert len({trace.marker.symbol for trace in marked}) == len(marked) >= 2
        ends = [x for x in margins.x if x is not None]
        assert sorted({abs(end) for end in ends}) == sorted({each.margin for each in summary.comparisons})
        first = summary.comparisons[0]
        assert figure.layout.yaxis.ticktext[0] == f"{first.strength[1]:.3g} against 0"

    def test_choices_of_variants_are_compared_in_a_figure_of_their_own(self):
        several = make_summary(make_study(variants=("l2", "dropout")))
        names = forest_drawing(several, "", ENGLISH).figure.layout.yaxis.ticktext
        assert all("l2" in name and "dropout" in name for name in names)

    def test_nothing_to_compare_has_no_figure(self):
        assert forest_drawing(make_summary(make_study(strengths=(0.1,))), "l2", ENGLISH) is None


def test_the_sources_of_noise_add_up(summary):
    bars = noise_drawing(summary, "l2", ENGLISH).figure.data
    assert [bar.name for bar in bars] == ["seeds", "examples", "how the two meet"]
    np.testing.assert_allclose(np.sum([bar.x for bar in bars], axis=0), 1)
    assert list(bars[1].x) == [point.estimates["val_data_loss"].shares.examples for point in summary.points]
    assert len({bar.marker.pattern.shape for bar in bars}) == 3
    assert noise_drawing(make_summary(make_study(seeds=1)), "l2", ENGLISH) is None


def test_the_weights_of_each_strength_are_a_density(summary):
    figure = weights_drawing(summary, "l2", ENGLISH).figure
    assert [trace.name for trace in figure.data] == ["0", "0.0001", "0.001", "0.01"]
    widths = dict(zip((WEIGHT_EDGES[:-1] + WEIGHT_EDGES[1:]) / 2, np.diff(WEIGHT_EDGES), strict=True))
    middles = np.array(list(widths))
    for trace in figure.data:
        each = [list(widths.values())[np.argmin(np.abs(middles - x))] for x in trace.x]
        assert np.nansum(np.array(trace.y, float) * each) == pytest.approx(1, abs=1e-3)
    assert figure.layout.yaxis.type == "log"
    assert figure.layout.xaxis.range[1] == pytest.approx(0.35, abs=0.1)


def test_a_study_without_portraits_has_no_figure_of_weights():
    study = make_study()
    old = dataclasses.replace(make_results(study), portraits={})
    summary = summarize(study, old, name="s", seconds=1.0, context={})
    assert weights_drawing(summary, "l2", ENGLISH) is None
    names = {figure.name for figure in content(summary, ENGLISH).figures}
    assert names == {"path-0", "forest-0", "curves-0", "gap-0", "objective-0", "noise-0"}
    assert content(summary, ENGLISH).sections[0].pictures == ()


def test_both_languages_draw_the_same_numbers(summary):
    def numbers(spoken):
        return [
            [(trace.x, trace.y) for trace in figure.drawing.figure.data] for figure in content(summary, spoken).figures
        ]

    assert json.dumps(numbers(ENGLISH), default=list) == json.dumps(numbers(ARABIC), default=list)


def test_what_is_not_finite_becomes_null(summary):
    drawing = path_of(summary)
    assert isinstance(drawing, Drawing)
    assert drawing.to_json()["data"][0]["y"][1] is None


def test_a_variant_without_a_finished_trial_has_no_figures():
    study = make_study(variants=("l2", "dropout"))
    lost = {trial: (DIVERGED, "") for trial in study.trials if trial.variant == "l2"}
    one, other = content(make_summary(study, ended=lost), ENGLISH).sections
    assert (one.first, one.figures) == (None, ())
    assert {figure.name for figure in other.figures} >= {"path-1", "curves-1"}
