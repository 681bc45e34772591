import math

import pytest
from synthetic import STRENGTHS, make_results, make_study, make_summary, set_trials

from ridgepath.report.formatting import write_estimate, write_interval
from ridgepath.report.series import axis_positions, curve_series, path_series, strengths_above_zero
from ridgepath.report.summary import summarize


def path_of(losses):
    study = make_study(strengths=tuple(losses), seeds=2)
    results = set_trials(make_results(study), "val_data_loss", losses)
    return path_series(summarize(study, results, name="s", seconds=1.0, context={}))[0]


def test_strengths_stand_at_their_logarithm_and_0_a_step_below():
    places = axis_positions(STRENGTHS)
    assert list(places.values()) == pytest.approx([-5, -4, -3, -2])
    assert list(places) == list(STRENGTHS)


@pytest.mark.parametrize("strengths", [(0.0,), (0.5,), (0.0, 0.5), (1e-9, 1e9), (0.0, 0.1, 0.11)])
def test_every_strength_has_a_finite_place_and_0_is_the_lowest(strengths):
    places = axis_positions(strengths)
    assert all(math.isfinite(place) for place in places.values())
    assert list(places.values()) == sorted(set(places.values()))


def test_the_lines_hold_the_estimates_and_are_broken_at_0():
    summary = make_summary()
    path = path_series(summary)[0]
    estimates = [point.estimates["val_data_loss"] for point in summary.points]
    line = path.validation
    assert line.positions == pytest.approx((-5, -4.5, -4, -3, -2))
    assert path.zero_break == -4.5
    assert math.isnan(line.means[1])
    kept = [0, 2, 3, 4]
    assert [line.means[i] for i in kept] == [estimate.mean for estimate in estimates]
    assert [line.lows[i] for i in kept] == [estimate.low for estimate in estimates]
    assert [line.highs[i] for i in kept] == [estimate.high for estimate in estimates]
    named, mean, interval, trials = line.texts[2].split("<br>")
    assert (named, mean, trials) == ("strength 0.0001", str(write_estimate(estimates[1])), "trials: 5")
    assert interval == f"95% {write_interval(estimates[1])}"


def test_a_path_without_0_is_not_broken():
    path = path_of({1e-4: [0.3, 0.4], 1e-3: [0.2, 0.3]})
    assert path.zero_break is None
    assert len(path.validation.means) == 2


def test_a_strength_without_a_mean_is_not_drawn():
    path = path_of({1e-4: [0.3, math.inf], 1e-3: [0.2, 0.3]})
    assert path.validation.positions == (-3,)


def test_the_choices_are_marked():
    path = path_of({0.0: [0.9, 1.0], 1e-4: [0.2, 0.4], 1e-3: [0.3, 0.5], 1e-2: [0.3, 0.49], 1e-1: [2, 3]})
    assert [(mark.name, mark.position, mark.level) for mark in path.marks] == [
        ("strength_min", -4.0, 0),
        ("strength_1se", -2.0, 1),
    ]
    assert path.threshold == pytest.approx(0.4)
    [both] = path_of({0.0: [0.2, 0.4], 1.0: [0.8, 0.9]}).marks
    assert (both.name, both.position, both.anchor) == ("strength_min = strength_1se", -1.0, "left")
    assert path_of({0.0: [math.inf, 1]}).marks == ()


def test_labels_of_ticks_keep_their_distance():
    path = path_series(make_summary(make_study(strengths=(0.0, 1e-4, 1.01e-4, *[1e-3 * k for k in range(1, 30)]))))[0]
    assert path.tick_labels[:2] == ("0", "0.0001")
    assert len(path.tick_labels) <= 8
    distances = [b - a for a, b in zip(path.ticks, path.ticks[1:], strict=False)]
    assert min(distances) >= (path.validation.positions[-1] - path.ticks[0]) / 7


def test_curves_are_paired_and_0_is_dashed():
    summary = make_summary()
    [series] = curve_series(summary)
    assert [[panel.title for panel in row] for row in series.rows] == [
        ["validation data loss", "training data loss"],
        ["validation accuracy", "training accuracy"],
    ]
    panel = series.rows[1][0]
    assert [(c.name, c.colour, c.dashed) for c in panel.curves] == [
        ("0", "none", True),
        ("0.0001", "strength-0", False),
        ("0.001", "strength-1", False),
        ("0.01", "strength-2", False),
    ]
    assert {c.curve.measure for c in panel.curves} == {"val_accuracy"}
    assert strengths_above_zero(summary) == 3
