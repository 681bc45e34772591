import numpy as np
import pytest
from drawn import FALLING, TURNED, draw
from scipy import stats

from ridgepath.statistics.evidence import Measured
from ridgepath.statistics.turning import turnings
from ridgepath.statistics.variance import half_width, mean_squares

LAST = len(FALLING)


def turning(table):
    return several([table])[0]


def several(tables):
    """Find the turnings of curves (strength, seed, epoch) at strengths 0, 0.1, ..."""
    curves = np.asarray(tables, np.float64)
    strengths = tuple(0.1 * row for row in range(len(curves)))
    return turnings(Measured(strengths, np.ones((*curves.shape[:2], 1)), curves, {}))


def noisy(curve, *, seeds=5, seed=0, noise=0.01):
    return np.array(curve) + noise * np.random.default_rng(seed).normal(size=(seeds, len(curve)))


def test_a_curve_that_turns_is_told_with_the_epoch_and_the_rise():
    found = turning(noisy(TURNED))
    assert found.course == "turned"
    assert found.low <= 5 <= found.high < found.last == LAST
    assert abs(found.epoch - 5) <= 1
    assert found.rise.low <= TURNED[-1] - TURNED[4] <= found.rise.high
    assert (found.rise.seeds, found.rise.covers) == (5, "seeds")


def test_a_curve_that_falls_to_the_end_is_told():
    found = turning(noisy(FALLING))
    assert (found.course, found.epoch, found.low, found.high) == ("still falling", LAST, LAST, LAST)
    assert (found.rise.low, found.rise.mean, found.rise.high) == (0, 0, 0)


def test_a_curve_that_is_flat_after_a_fall_is_open():
    found = turning(noisy((3, 2, 1, 0, 0, 0, 0, 0, 0)))
    assert found.course == "undecided"
    assert found.high == 9
    assert 1 < found.low <= 4
    assert found.rise.low == 0 < found.rise.high


def test_with_two_epochs_it_is_the_paired_t_test():
    table = noisy((1.0, 1.02), seeds=4, noise=0.005)
    t = stats.ttest_rel(table[:, 1], table[:, 0])
    low, high = t.confidence_interval(0.95)
    found = turning(table)
    assert (found.rise.low, found.rise.high) == pytest.approx((low, high))
    assert (found.course == "turned") == (t.pvalue < 0.05)
    turned = turning(table[:, ::-1])
    assert (turned.course == "still falling") == (t.pvalue < 0.05)


def test_the_lower_end_is_where_simes_test_of_all_epochs_begins_to_reject():
    table = noisy(TURNED, seeds=4, noise=0.2)
    low = turning(table).rise.low

    def simes(rise):
        tests = [stats.ttest_1samp(table[:, -1] - table[:, e], rise, alternative="greater") for e in range(LAST - 1)]
        p = np.sort([test.pvalue for test in tests])
        return (p * len(p) / np.arange(1, len(p) + 1)).min()

    assert low > 0
    assert simes(low) == pytest.approx(0.025, rel=1e-6)


def test_the_upper_end_is_the_largest_of_the_epochs_own():
    table = noisy(TURNED, seeds=4, noise=0.2)
    ends = [stats.ttest_rel(table[:, -1], table[:, e]).confidence_interval(0.95)[1] for e in range(LAST - 1)]
    assert turning(table).rise.high == pytest.approx(max(ends))


def test_an_epoch_is_held_unless_simes_test_finds_it_above_another():
    for seed in range(20):
        table = noisy(TURNED, seeds=4, noise=0.05, seed=seed)
        kept = [epoch + 1 for epoch in range(LAST) if held(table, epoch)]
        found = turning(table)
        assert 1 < len(kept) < LAST
        assert (found.low, found.high) == (min(kept), max(kept))


def held(table, epoch):
    others = [other for other in range(LAST) if other != epoch]
    tests = [stats.ttest_rel(table[:, epoch], table[:, other], alternative="greater") for other in others]
    p = np.sort([test.pvalue for test in tests])
    return bool((p > 0.025 * np.arange(1, len(p) + 1) / len(p)).all())


def test_where_the_loss_surely_still_falls_the_lowest_epoch_is_the_last():
    tables = [noisy(FALLING, noise=0.05, seed=seed) for seed in range(30)]
    falling = [table for table in tables if turning(table).course == "still falling"]
    assert all((found.low, found.high) == (LAST, LAST) for found in map(turning, falling))
    # The earlier epochs are not all excluded one by one: it is the last one's being below each that tells.
    assert any(held(table, LAST - 2) for table in falling)


def test_intervals_of_several_strengths_hold_together():
    table = noisy(TURNED, noise=0.1)
    alone, together = turning(table), several([table] * 3)[1]
    assert together.rise.low < alone.rise.low
    assert together.rise.high > alone.rise.high
    assert together.strength == 0.1


def test_splits_that_overlap_widen_the_interval_as_those_of_all_means():
    table = noisy((1.0, 1.02), seeds=4, noise=0.005)
    squares = mean_squares((table[:, 1] - table[:, 0])[:, None], overlap=0.5)
    found = turnings(Measured((0.0,), np.ones((1, 4, 1)), table[None], {}, overlap=0.5))[0]
    half = half_width(squares)
    assert found.rise.high == pytest.approx(squares.mean + half)
    assert found.rise.low == pytest.approx(max(squares.mean - half, 0.0))
    assert found.rise.covers == squares.covers == "seeds, examples and splits"
    curve = noisy(TURNED, noise=0.05)
    whole, divided = (
        turnings(Measured((0.0,), np.ones((1, 5, 1)), curve[None], {}, overlap=overlap))[0] for overlap in (None, 2.0)
    )
    assert divided.low <= whole.low < whole.high < divided.high


def test_without_a_rise_it_is_seldom_found_and_with_one_the_intervals_hold_it():
    generator = np.random.default_rng(1)
    flat = [turning(generator.normal(size=(seeds, 15))).course for seeds in (3, 5, 10) for _ in range(250)]
    assert flat.count("turned") / len(flat) < 0.04
    assert flat.count("still falling") / len(flat) < 0.04
    missed = epochs_missed = 0
    for _ in range(200):
        found = turning(np.array(TURNED) + 0.1 * generator.normal(size=(5, LAST)).cumsum(axis=1))
        missed += not found.rise.low <= TURNED[-1] - TURNED[4] <= found.rise.high
        epochs_missed += not found.low <= 5 <= found.high
    assert max(missed, epochs_missed) < 200 * 0.08


def test_one_seed_shows_the_epoch_and_decides_nothing():
    found = turning([TURNED])
    assert (found.epoch, found.low, found.high, found.course) == (5, None, None, "undecided")
    assert found.rise.mean == pytest.approx(TURNED[-1] - TURNED[4])
    assert np.isnan([found.rise.low, found.rise.high]).all()
    assert found.rise.covers == "none"


def test_one_epoch_cannot_turn():
    found = turning([[1.0], [1.1], [1.2]])
    assert (found.epoch, found.low, found.last, found.course, found.rise.mean) == (1, None, 1, "undecided", 0)


@pytest.mark.parametrize("hole", [np.nan, np.inf])
def test_a_seed_with_a_hole_is_left_out(hole):
    table = noisy(TURNED, seeds=5)
    holed = table.copy()
    holed[2, 3] = hole
    assert turning(holed) == turning(np.delete(table, 2, axis=0))
    nothing = turning(np.full((3, 4), hole))
    assert (nothing.epoch, nothing.low, nothing.course, nothing.rise.seeds) == (None, None, "undecided", 0)


def test_no_noise_at_all():
    assert turning(np.ones((3, 5))).course == "undecided"
    assert (turning(np.ones((3, 5))).low, turning(np.ones((3, 5))).high) == (1, 5)
    assert turning([[2.0, 1.0, 1.5]] * 3).course == "turned"
    assert turning([[2.0, 1.0, 1.5]] * 3).rise.low == 0.5
    assert turning([[2.0, 1.0, 0.5]] * 3).course == "still falling"


def test_many_epochs_of_drawn_variants_have_a_row_each():
    measured = draw(np.random.default_rng(2), curves=(TURNED, FALLING, TURNED, FALLING), noise=0.1)
    assert [found.course for found in turnings(measured)] == [*("turned", "still falling", "turned", "still falling")]
