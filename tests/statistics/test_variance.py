import math

import numpy as np
import pytest
from scipy import stats

from ridgepath.statistics.variance import half_width, mean_estimate, mean_squares, p_value


def crossed(generator, *, seeds, examples, deviations):
    """Values with known standard deviations of seed, example and rest, and mean 0."""
    of_seed, of_example, of_rest = deviations
    return (
        of_seed * generator.normal(size=(seeds, 1))
        + of_example * generator.normal(size=(1, examples))
        + of_rest * generator.normal(size=(seeds, examples))
    )


def test_mean_squares_of_a_table_done_by_hand():
    squares = mean_squares([[1.0, 2.0, 6.0], [3.0, 2.0, 10.0]])
    # Seeds' means 3 and 5, examples' means 2, 2 and 8, total mean 4.
    assert squares.mean == 4
    assert squares.ms_seeds == pytest.approx(3 * (1 + 1) / 1)
    assert squares.ms_examples == pytest.approx(2 * (4 + 4 + 16) / 2)
    assert squares.ms_rest == pytest.approx((0 + 1 + 1 + 0 + 1 + 1) / 2)
    assert squares.standard_error == pytest.approx(math.sqrt((6 + 24 - 2) / 6))


def test_components_are_those_of_the_simulated_truth():
    generator, truth = np.random.default_rng(1), (0.5, 1.0, 2.0)
    draws = [mean_squares(crossed(generator, seeds=8, examples=30, deviations=truth)) for _ in range(400)]
    # Unclipped, for clipping at 0 has a bias.
    found = np.array(
        [
            (
                (d.ms_seeds - d.ms_rest) / 30,
                (d.ms_examples - d.ms_rest) / 8,
                d.ms_rest,
                d.ms_seeds + d.ms_examples - d.ms_rest,
            )
            for d in draws
        ]
    )
    expected = [0.25, 1.0, 4.0, 8 * 30 * (0.25 / 8 + 1.0 / 30 + 4.0 / 240)]
    deviations = (found.mean(axis=0) - expected) / (found.std(axis=0) / math.sqrt(len(draws)))
    assert np.abs(deviations).max() < 4
    assert np.array([d.components for d in draws]).min() >= 0


def test_the_standard_error_is_the_spread_of_means_over_studies():
    generator = np.random.default_rng(2)
    draws = [mean_squares(crossed(generator, seeds=6, examples=50, deviations=(0.2, 1.0, 1.0))) for _ in range(1000)]
    spread = np.std([d.mean for d in draws])
    assert math.sqrt(np.mean([d.standard_error**2 for d in draws])) == pytest.approx(spread, rel=0.08)


def test_values_without_any_noise_of_one_source_say_so():
    generator = np.random.default_rng(3)
    only_examples = np.broadcast_to(generator.normal(size=(1, 200)), (5, 200))
    estimate = mean_estimate(only_examples)
    assert (estimate.share_seeds, estimate.share_rest) == pytest.approx((0, 0), abs=1e-9)
    assert estimate.share_examples == pytest.approx(1)
    assert estimate.standard_error == pytest.approx(only_examples[0].std(ddof=1) / math.sqrt(200))
    only_seeds = np.broadcast_to(generator.normal(size=(5, 1)), (5, 200))
    estimate = mean_estimate(only_seeds)
    assert estimate.share_seeds == pytest.approx(1)
    assert estimate.degrees_of_freedom == pytest.approx(4)
    assert estimate.standard_error == pytest.approx(only_seeds[:, 0].std(ddof=1) / math.sqrt(5))


@pytest.mark.parametrize("deviations", [(0.0, 0.0, 1.0), (0.1, 1.0, 1.0), (1.0, 0.0, 0.1)])
def test_the_shares_add_to_one(deviations):
    estimate = mean_estimate(crossed(np.random.default_rng(4), seeds=4, examples=60, deviations=deviations))
    assert estimate.share_seeds + estimate.share_examples + estimate.share_rest == pytest.approx(1)
    assert min(estimate.share_seeds, estimate.share_examples, estimate.share_rest) >= 0


def test_with_seeds_alone_interval_and_p_value_are_those_of_the_t_test():
    values = np.random.default_rng(5).normal(0.8, 1.0, size=6)
    oracle = stats.ttest_1samp(values, 0.0)
    estimate = mean_estimate(values[:, None])
    assert (estimate.low, estimate.high) == pytest.approx(tuple(oracle.confidence_interval(0.95)))
    assert p_value(mean_squares(values[:, None])) == pytest.approx(oracle.pvalue)
    assert (estimate.covers, estimate.degrees_of_freedom) == ("seeds", pytest.approx(5))


def test_with_one_seed_the_interval_is_that_of_the_t_test_over_examples():
    half = np.random.default_rng(6).normal(size=40)
    values = 1 + np.concatenate([half, -half])
    oracle = stats.ttest_1samp(values, 0.0).confidence_interval(0.95)
    estimate = mean_estimate(values[None, :])
    assert (estimate.low, estimate.high) == pytest.approx(tuple(oracle))
    assert (estimate.covers, estimate.seeds, estimate.examples) == ("examples", 1, 80)


def test_the_interval_adds_the_squares_of_the_two_sources():
    values = crossed(np.random.default_rng(7), seeds=4, examples=100, deviations=(0.3, 1.0, 1.0))
    squares = mean_squares(values)
    of_seeds = stats.t.isf(0.025, 3) ** 2 * squares.ms_seeds / 400
    of_examples = stats.t.isf(0.025, 99) ** 2 * (squares.ms_examples - squares.ms_rest) / 400
    assert half_width(squares) == pytest.approx(math.sqrt(of_seeds + of_examples))


def test_few_examples_are_not_taken_for_noiseless():
    squares = mean_squares([[1.0, 0.0], [0.0, 1.0], [1.0, 0.0]])
    assert squares.ms_seeds == 0
    assert 0 < squares.ms_examples < squares.ms_rest
    assert half_width(squares) == pytest.approx(stats.t.isf(0.025, 1) * math.sqrt(squares.ms_examples / 6))


def test_the_p_value_is_the_error_at_which_the_interval_reaches_zero():
    squares = mean_squares(0.4 + crossed(np.random.default_rng(8), seeds=5, examples=100, deviations=(0.2, 1.0, 1.0)))
    assert half_width(squares, p_value(squares)) == pytest.approx(abs(squares.mean))


def test_skewed_examples_give_an_interval_that_reaches_further_up():
    values = np.random.default_rng(9).exponential(size=(1, 100))
    estimate, n = mean_estimate(values), 100
    above, below = estimate.high - estimate.mean, estimate.mean - estimate.low
    assert above > below
    # Hall's cubic takes both ends to the quantiles of a symmetric t.
    skew = stats.skew(values[0]) / (6 * math.sqrt(n))
    for end, quantile in ((estimate.low, 1), (estimate.high, -1)):
        t = (estimate.mean - end) / estimate.standard_error
        cubic = t + 2 * skew * t**2 + 4 / 3 * skew**2 * t**3 + skew
        assert cubic == pytest.approx(quantile * stats.t.isf(0.025, n - 1))


@pytest.mark.parametrize("hole", [math.nan, math.inf, -math.inf])
def test_a_seed_with_a_value_that_is_not_finite_is_left_out_and_counted(hole):
    values = crossed(np.random.default_rng(10), seeds=4, examples=60, deviations=(0.1, 1.0, 1.0)).astype(np.float32)
    without = mean_estimate(values[[0, 1, 3]])
    values[2, 17] = hole
    estimate = mean_estimate(values)
    assert (estimate.seeds, estimate.left_out) == (3, 1)
    assert (estimate.mean, estimate.low, estimate.high) == (without.mean, without.low, without.high)


def test_one_value_has_a_mean_and_no_error():
    estimate = mean_estimate([[3.0]])
    assert (estimate.mean, estimate.seeds, estimate.examples, estimate.covers) == (3.0, 1, 1, "none")
    missing = (estimate.standard_error, estimate.degrees_of_freedom, estimate.low, estimate.high)
    assert all(math.isnan(value) for value in missing)
    assert math.isnan(p_value(mean_squares([[3.0]])))


def test_without_a_finite_seed_there_is_no_mean():
    estimate = mean_estimate(np.full((3, 5), math.nan))
    assert math.isnan(estimate.mean)
    assert (estimate.seeds, estimate.examples, estimate.left_out, estimate.covers) == (0, 0, 3, "none")


@pytest.mark.parametrize(("shape", "covers"), [((3, 4), "seeds and examples"), ((3, 1), "seeds"), ((1, 4), "examples")])
def test_constant_values_have_no_error(shape, covers):
    estimate = mean_estimate(np.full(shape, 0.25))
    assert (estimate.mean, estimate.standard_error, estimate.low, estimate.high) == (0.25, 0.0, 0.25, 0.25)
    assert (estimate.share_seeds, estimate.share_examples, estimate.share_rest) == (0.0, 0.0, 0.0)
    assert estimate.covers == covers
    assert estimate.degrees_of_freedom == max(shape) - 1
    assert p_value(mean_squares(np.full(shape, 0.25))) == 0.0
    assert p_value(mean_squares(np.zeros(shape))) == 1.0


def test_float32_is_summed_in_float64():
    values = np.full((2, 100_000), 1.0, np.float32)
    values[:, ::2] += np.float32(1e-3)
    exact = values.astype(np.float64)
    estimate = mean_estimate(values)
    assert estimate.mean == pytest.approx(exact.mean(), rel=1e-12)
    assert estimate.standard_error == pytest.approx(exact[0].std(ddof=1) / math.sqrt(100_000), rel=1e-9)


def splits_of_their_own(generator, *, seeds, examples, overlap, deviations=(0.3, 1.0)):
    """Values whose seeds' means correlate by overlap / (1 + overlap), and examples that no two seeds share."""
    of_seed, within = deviations
    variance = of_seed**2 + within**2 / examples
    shared = math.sqrt(overlap * variance) * generator.normal()
    return shared + of_seed * generator.normal(size=(seeds, 1)) + within * generator.normal(size=(seeds, examples))


def test_seeds_with_splits_of_their_own_give_the_corrected_t_test():
    values = 0.3 + splits_of_their_own(np.random.default_rng(11), seeds=6, examples=40, overlap=0.25)
    means = values.mean(axis=1)
    # Nadeau and Bengio (2003): the variance of the means times 1/S + n_validation/n_training.
    error = math.sqrt((1 / 6 + 0.25) * np.var(means, ddof=1))
    oracle = stats.t(df=5, loc=means.mean(), scale=error).interval(0.95)
    estimate = mean_estimate(values, overlap=0.25)
    assert (estimate.mean, estimate.standard_error) == pytest.approx((means.mean(), error))
    assert (estimate.low, estimate.high) == pytest.approx(oracle)
    assert (estimate.covers, estimate.degrees_of_freedom) == ("seeds, examples and splits", 5)
    expected = 2 * stats.t.sf(abs(means.mean()) / error, 5)
    assert p_value(mean_squares(values, overlap=0.25)) == pytest.approx(expected)


@pytest.mark.parametrize("examples", [1, 3, 200])
def test_without_overlap_it_is_the_t_test_over_the_means_of_seeds(examples):
    values = 0.4 + np.random.default_rng(12).normal(size=(5, examples))
    oracle = stats.ttest_1samp(values.mean(axis=1), 0.0)
    estimate = mean_estimate(values, overlap=0.0)
    assert (estimate.low, estimate.high) == pytest.approx(tuple(oracle.confidence_interval(0.95)))
    assert p_value(mean_squares(values, overlap=0.0)) == pytest.approx(oracle.pvalue)


@pytest.mark.parametrize("overlap", [1 / 4, 1.0])
def test_the_corrected_interval_is_exact_where_the_correlation_is_as_guessed(overlap):
    generator, held = np.random.default_rng(13), [0, 0]
    for _ in range(2000):
        values = splits_of_their_own(generator, seeds=6, examples=5, overlap=overlap)
        for i, estimate in enumerate((mean_estimate(values, overlap=overlap), mean_estimate(values, overlap=0.0))):
            held[i] += estimate.low <= 0 <= estimate.high
    # A standard deviation is 0.5%.
    assert held[0] / 2000 == pytest.approx(0.95, abs=0.015)
    assert held[1] / 2000 < 0.92


def test_the_shares_are_those_of_examples_and_of_all_that_a_seed_draws():
    generator = np.random.default_rng(14)
    draws = [
        mean_estimate(splits_of_their_own(generator, seeds=30, examples=20, overlap=0.25), overlap=0.25)
        for _ in range(200)
    ]
    assert np.mean([d.share_examples for d in draws]) == pytest.approx(0.05 / (0.09 + 0.05), rel=0.1)
    assert all(d.share_seeds + d.share_examples == pytest.approx(1) for d in draws)
    assert {d.share_rest for d in draws} == {0.0}
    one_value = mean_estimate(generator.normal(size=(5, 1)), overlap=0.25)
    assert (one_value.share_seeds, one_value.share_examples, one_value.share_rest) == (1.0, 0.0, 0.0)
    constant = mean_estimate(np.ones((3, 4)), overlap=0.25)
    assert (constant.standard_error, constant.low, constant.high) == (0.0, 1.0, 1.0)


def test_of_one_usable_seed_it_does_not_matter_whose_examples_they_are():
    values = np.random.default_rng(15).normal(size=(2, 30))
    values[1, 4] = math.nan
    assert mean_estimate(values, overlap=0.25) == mean_estimate(values)


@pytest.mark.parametrize("overlap", [-0.1, math.nan, math.inf])
def test_an_overlap_that_is_none_is_refused(overlap):
    with pytest.raises(ValueError, match="expected an overlap >= 0 and finite"):
        mean_squares(np.ones((2, 3)), overlap=overlap)


def test_an_array_without_two_axes_is_refused():
    with pytest.raises(ValueError, match=r"expected an array \(seed, example\); received one with 1 axes"):
        mean_estimate([1.0, 2.0])
