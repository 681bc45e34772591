import numpy as np
import pytest
from synthetic import make_results, make_study, set_trials

from ridgepath.report.series import axis_positions, path_series
from ridgepath.report.sides import Side, axis_reach, limits
from ridgepath.report.summary import summarize


def summary_of(validation, training):
    """Summarize a study of four seeds whose losses vary little, at every strength in a way of its own."""
    study = make_study(strengths=tuple(validation), seeds=4)
    results = make_results(study)
    for column, losses in (("val_data_loss", validation), ("train_data_loss", training)):
        noise = np.random.default_rng(len(column)).normal(0, 0.002, (len(losses), 4))
        noise -= noise.mean(axis=1, keepdims=True)
        varied = {strength: loss + own for (strength, loss), own in zip(losses.items(), noise, strict=True)}
        results = set_trials(results, column, varied)
    return summarize(study, results, name="s", seconds=1.0, context={})


def sides_of(validation, training):
    strengths = (0.0, 1e-4, 1e-3, 1e-2)
    found = summary_of(*(dict(zip(strengths, losses, strict=True)) for losses in (validation, training)))
    return found.sides["l2"]


def test_weaker_strengths_overfit_and_stronger_ones_underfit_and_intervals_say_which_surely():
    assert sides_of((0.6, 0.5, 0.3, 0.8), (0.01, 0.02, 0.1, 0.5)) == (
        Side("overfits", (0.0,), sure=True),
        Side("overfits", (1e-4,), sure=False),
        Side("underfits", (1e-2,), sure=True),
    )


def test_what_only_the_means_say_is_not_sure():
    assert sides_of((0.301, 0.3, 0.3001, 0.3002), (0.0999, 0.1, 0.1001, 0.1002)) == (
        Side("overfits", (0.0,), sure=False),
        Side("underfits", (1e-3, 1e-2), sure=False),
    )


@pytest.mark.parametrize(
    ("training", "kinds"),
    [
        ((0.4, 0.3, 0.2, 0.1), []),
        ((0.2, 0.2, 0.1, 0.05), []),
        ((0.05, 0.2, 0.1, 0.3), ["overfits", "underfits"]),
        ((0.2, 0.05, 0.1, 0.3), ["underfits"]),
    ],
)
def test_a_higher_validation_loss_alone_is_neither(training, kinds):
    assert [side.kind for side in sides_of((0.6, 0.5, 0.3, 0.8), training)] == kinds


def test_a_side_ends_half_way_to_its_neighbour_and_at_the_end_of_the_axis():
    places = axis_positions((0.0, 1e-4, 1e-3, 1e-2))
    low, high = axis_reach(places)
    assert low < -5
    assert high > -2
    assert limits(Side("overfits", (0.0, 1e-4), sure=True), places) == (low, -3.5)
    assert limits(Side("underfits", (1e-3,), sure=False), places) == (-3.5, -2.5)
    assert limits(Side("underfits", (1e-2,), sure=False), places) == (-2.5, high)


def test_a_name_has_a_question_mark_where_it_is_not_sure_and_stands_once():
    def names(validation, training):
        strengths = (0.0, 1e-4, 1e-3, 1e-2)
        losses = (dict(zip(strengths, values, strict=True)) for values in (validation, training))
        return [shade.name for shade in path_series(summary_of(*losses))[0].shades]

    assert names((0.6, 0.5, 0.3, 0.8), (0.01, 0.02, 0.1, 0.5)) == ["overfits", "", "underfits"]
    assert names((0.301, 0.3, 0.3001, 0.3002), (0.0999, 0.1, 0.1001, 0.1002)) == ["overfits?", "underfits?"]
