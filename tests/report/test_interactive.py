import pytest
from synthetic import make_study, make_summary

from ridgepath.report.interactive import curves_figure, curves_narrow, path_figure, to_json
from ridgepath.report.series import curve_series, path_series


def test_the_path_holds_the_series_and_keras_waits_in_the_legend():
    [path] = path_series(make_summary())
    traces = path_figure(path).data
    assert [(trace.name, trace.visible) for trace in traces] == [
        ("validation data loss", True),
        ("training data loss", True),
        ("Keras' val_loss", "legendonly"),
    ]
    for trace, line in zip(traces, (path.validation, path.training, path.keras), strict=True):
        drawn = [i for i, mean in enumerate(line.means) if mean == mean]
        assert [trace.y[i] for i in drawn] == [line.means[i] for i in drawn]
        reach = [line.highs[i] - line.means[i] for i in drawn]
        assert [trace.error_y.array[i] for i in drawn] == pytest.approx(reach)
        assert tuple(trace.text) == line.texts
    assert len({(trace.marker.symbol, trace.line.dash) for trace in traces}) == 3


def test_the_axis_names_strengths_and_the_choices_are_marked():
    [path] = path_series(make_summary())
    layout = path_figure(path).layout
    assert tuple(layout.xaxis.ticktext) == ("0", "0.0001", "0.001", "0.01")
    assert tuple(layout.xaxis.tickvals) == path.ticks
    assert [note.text for note in layout.annotations] == [*(mark.name for mark in path.marks), "//"]
    heights = [shape.y0 for shape in layout.shapes if shape.y0 == shape.y1]
    assert heights == [path.threshold]
    assert [shape.x0 for shape in layout.shapes if shape.x0 == shape.x1] == [mark.position for mark in path.marks]


def test_curves_have_a_line_and_a_band_a_strength_in_each_panel():
    summary = make_summary()
    [curves] = curve_series(summary)
    figure = curves_figure(curves)
    lines = [trace for trace in figure.data if trace.fill != "toself"]
    bands = [trace for trace in figure.data if trace.fill == "toself"]
    assert (len(lines), len(bands)) == (16, 16)
    assert [line.name for line in lines if line.showlegend] == ["0", "0.0001", "0.001", "0.01"]
    first = summary.curves[0]
    assert tuple(lines[0].y) == pytest.approx(first.mean, rel=1e-4)
    assert tuple(bands[0].y) == pytest.approx((*first.high, *reversed(first.low)), rel=1e-4)
    assert (lines[0].line.dash, lines[1].line.dash) == ("dash", "solid")


def test_panels_of_a_row_share_their_scale_and_a_phone_stacks_them():
    [curves] = curve_series(make_summary())
    layout = curves_figure(curves).layout
    assert (layout.yaxis2.matches, layout.yaxis3.matches, layout.yaxis4.matches) == ("y", None, "y3")
    assert (layout.grid.rows, layout.grid.columns) == (2, 2)
    narrow = curves_narrow(curves)
    assert (narrow["grid"]["rows"], narrow["grid"]["columns"]) == (4, 1)
    assert narrow["height"] > layout.height


def test_one_trial_has_no_band_and_no_interval():
    [curves] = curve_series(make_summary(make_study(seeds=1)))
    figure = curves_figure(curves)
    assert len(figure.data) == 16
    assert not any("95%" in trace.hovertemplate for trace in figure.data)


def test_names_of_metrics_are_no_markup():
    [curves] = curve_series(make_summary(metrics=("<a href='http://x.y'>m</a>",)))
    titles = [note.text for note in curves_figure(curves).layout.annotations]
    assert titles[2] == "<b>validation &lt;a href=&#x27;http://x.y&#x27;&gt;m&lt;/a&gt;</b>"


def test_what_is_not_finite_becomes_null():
    [path] = path_series(make_summary())
    assert to_json(path_figure(path))["data"][0]["y"][1] is None
