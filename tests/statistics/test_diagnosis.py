import itertools
import math
import typing
from dataclasses import replace

import numpy as np
import pytest
from drawn import STRENGTHS, TURNED, draw

from ridgepath.statistics.diagnosis import State, diagnose, state
from ridgepath.statistics.variance import half_width, mean_squares

DIRECTIONS = ("falls", "undecided", "rises")


def states(seed=0, **truth):
    return [shift.state for shift in diagnose(draw(np.random.default_rng(seed), **truth)).shifts]


def test_every_combination_has_a_state_and_every_state_a_combination():
    found = {state(*directions) for directions in itertools.product(DIRECTIONS, repeat=3)}
    assert found | {"not known"} == set(typing.get_args(State))


@pytest.mark.parametrize(
    ("training", "validation", "noise", "expected"),
    [
        (0.5, -0.5, 1, "regularizes"),
        (0.5, 0.5, 1, "underfits"),
        (-0.5, 0.5, 1, "overfits"),
        (-0.5, -0.5, 1, "fits better"),
        (0.0, -0.5, 1, "generalizes better"),
        (0.0, 0.5, 1, "generalizes worse"),
        (0.5, 0.0, 1, "narrows the gap"),
        (-0.5, 0.0, 1, "widens the gap"),
        (0.0, 0.0, 1, "no sure change"),
    ],
)
def test_the_states_follow_the_truth(training, validation, noise, expected):
    found = states(strengths=(0.0, 0.1), train=(0.0, training), val=(0.0, validation), noise=noise)
    assert found == [expected]


@pytest.mark.parametrize(("training", "expected"), [(0.05, "less"), (-0.05, "more")])
def test_what_only_the_training_data_show_is_named_so(training, expected):
    (shift,) = diagnose(draw(np.random.default_rng(0), strengths=(0.0, 0.1), train=(0.0, training))).shifts
    assert shift.gap.direction == "undecided"
    assert shift.state == f"fits the training data {expected}"


def test_changes_are_paired_and_all_of_a_variant_hold_together():
    measured = draw(np.random.default_rng(1), train=(0.0, 0.1, 0.2, 0.3))
    found = diagnose(measured).shifts
    assert [(shift.strength, shift.against) for shift in found] == [(strength, 0.0) for strength in STRENGTHS[1:]]
    losses, train = measured.val_losses.astype(np.float64), measured.figures["train_data_loss"]
    error = 1 - 0.95 ** (1 / 9)
    for row, shift in enumerate(found, start=1):
        tables = {
            "training": (train[row] - train[0])[:, None],
            "validation": losses[row] - losses[0],
            "gap": (losses[row] - train[row][:, None]) - (losses[0] - train[0][:, None]),
        }
        for name, table in tables.items():
            squares, interval = mean_squares(table), getattr(shift, name)
            half = half_width(squares, error)
            expected = (squares.mean, squares.mean - half, squares.mean + half)
            assert (interval.mean, interval.low, interval.high) == pytest.approx(expected)
        assert (shift.training.covers, shift.gap.covers) == ("seeds", "seeds and examples")


def test_splits_that_overlap_widen_every_interval():
    measured = draw(np.random.default_rng(1), train=(0.0, 0.1, 0.2, 0.3))
    found = diagnose(replace(measured, overlap=0.5))
    losses = measured.val_losses.astype(np.float64)
    squares = mean_squares(losses[1] - losses[0], overlap=0.5)
    half = half_width(squares, 1 - 0.95 ** (1 / 9))
    validation = found.shifts[0].validation
    assert (validation.low, validation.high) == pytest.approx((squares.mean - half, squares.mean + half))
    shifts, figures = found.shifts, [figure for claim in found.claims for figure in claim.figures]
    intervals = [each for shift in shifts for each in (shift.training, shift.validation, shift.gap)]
    intervals += [figure.interval for figure in figures]
    assert {interval.covers for interval in intervals} == {"seeds, examples and splits"}


def test_one_seed_tells_no_state():
    assert states(seeds=1, val=(0, 5, 5, 5), train=(0, 5, 5, 5)) == ["not known"] * 3


def test_one_strength_has_a_course_and_no_change():
    found = diagnose(draw(np.random.default_rng(2), strengths=(0.1,), curves=(TURNED,), noise=0.1))
    assert found.shifts == ()
    assert [turning.course for turning in found.turnings] == ["turned"]
    assert len(found.claims) == 8


def test_one_example_and_one_epoch_have_a_diagnosis():
    measured = draw(np.random.default_rng(3), examples=1, train=(0, 5, 5, 5), val=(0, 5, 5, 5))
    found = diagnose(replace(measured, val_epochs=measured.val_epochs[:, :, :1]))
    assert [shift.state for shift in found.shifts] == ["underfits"] * 3
    assert {turning.course for turning in found.turnings} == {"undecided"}


@pytest.mark.parametrize("hole", [math.nan, math.inf])
def test_a_strength_without_a_usable_trial_is_left_out(hole):
    measured = draw(np.random.default_rng(4), weights=(10.0, 8.0, 5.0, 2.0))
    losses = measured.val_losses.copy()
    losses[3, :, 7], losses[1, 0, 0] = hole, hole
    found = diagnose(replace(measured, val_losses=losses))
    assert [turning.strength for turning in found.turnings] == [0.0, 0.001, 0.01]
    assert [(shift.strength, shift.validation.seeds) for shift in found.shifts] == [(0.001, 4), (0.01, 5)]
    assert found.claims[0].figures[0].strength == 0.01


@pytest.mark.parametrize("hole", [math.nan, math.inf, 1.7e308])
def test_figures_that_are_no_numbers_leave_all_open_without_a_warning(hole):
    measured = draw(np.random.default_rng(5))
    figures = {name: np.full_like(values, hole) for name, values in measured.figures.items()}
    found = diagnose(replace(measured, figures=figures, val_epochs=np.full_like(measured.val_epochs, hole)))
    decided = {claim.key for claim in found.claims if claim.verdict != "undecided"}
    assert decided <= {"better generalization", "balance"}
    assert {shift.training.direction for shift in found.shifts} == {"undecided"}
    nothing = diagnose(replace(measured, val_losses=np.full_like(measured.val_losses, math.nan)))
    assert (nothing.shifts, nothing.turnings) == ((), ())
    assert {claim.reason for claim in nothing.claims} == {"too few strengths"}


def test_a_study_without_an_effect_seldom_shows_one():
    generator, studies = np.random.default_rng(6), 200
    wrong = 0
    for _ in range(studies):
        found = diagnose(draw(generator, seeds=5, examples=60)).shifts
        wrong += any(shift.state != "no sure change" for shift in found)
    assert 0 < wrong <= 0.05 * studies


def test_tables_that_do_not_fit_together_are_refused():
    measured = draw(np.random.default_rng(7))
    with pytest.raises(ValueError, match="expected val_epochs for"):
        diagnose(replace(measured, val_epochs=measured.val_epochs[:3]))
    with pytest.raises(ValueError, match="expected weight_norm for"):
        diagnose(replace(measured, figures={"weight_norm": np.ones(4)}))
    with pytest.raises(ValueError, match="expected ascending strengths"):
        diagnose(replace(measured, strengths=STRENGTHS[::-1]))
