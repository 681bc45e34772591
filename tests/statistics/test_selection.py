import json
import math
from pathlib import Path

import numpy as np
import pytest

from ridgepath.statistics.comparison import compare
from ridgepath.statistics.selection import (
    honest_figure,
    resample_choices,
    strength_1se,
    strength_equivalent,
    strength_min,
)
from ridgepath.statistics.variance import mean_estimate

RUNS = json.loads((Path(__file__).parents[1] / "oracles" / "cv_glmnet.json").read_text())
runs_of_glmnet = pytest.mark.parametrize("run", RUNS, ids=[run["name"] for run in RUNS])


def path_of_folds(run):
    """cvm and cvsd as glmnet defines them, from the loss of each fold."""
    losses, weights = np.array(run["fold_losses"]), np.array(run["fold_sizes"])
    means = np.average(losses, axis=0, weights=weights)
    spread = np.average((losses - means) ** 2, axis=0, weights=weights)
    return means, np.sqrt(spread / (len(weights) - 1))


@runs_of_glmnet
def test_the_choices_are_those_of_cv_glmnet(run):
    assert strength_min(run["lambda"], run["cvm"]) == run["lambda_min"]
    assert strength_1se(run["lambda"], run["cvm"], run["cvsd"]) == run["lambda_1se"]


@runs_of_glmnet
def test_the_choices_do_not_depend_on_the_order_of_strengths(run):
    order = np.random.default_rng(0).permutation(len(run["lambda"]))
    strengths, means, errors = (np.array(run[name])[order] for name in ("lambda", "cvm", "cvsd"))
    assert strength_min(strengths, means) == run["lambda_min"]
    assert strength_1se(strengths, means, errors) == run["lambda_1se"]


@runs_of_glmnet
def test_mean_and_error_over_folds_are_those_of_cv_glmnet(run):
    means, errors = path_of_folds(run)
    np.testing.assert_allclose(means, run["cvm"], rtol=1e-10)
    np.testing.assert_allclose(errors, run["cvsd"], rtol=1e-10)


@pytest.mark.parametrize("run", [run for run in RUNS if len(set(run["fold_sizes"])) == 1], ids=lambda run: run["name"])
def test_of_equal_folds_mean_error_and_choices_are_those_of_cv_glmnet(run):
    """One value a seed, as a metric has: seeds are the folds; no example is shared."""
    found = [mean_estimate(np.array(of_folds)[:, None]) for of_folds in zip(*run["fold_losses"], strict=True)]
    means, errors = [each.mean for each in found], [each.standard_error for each in found]
    np.testing.assert_allclose(means, run["cvm"], rtol=1e-10)
    np.testing.assert_allclose(errors, run["cvsd"], rtol=1e-10)
    assert strength_min(run["lambda"], means) == run["lambda_min"]
    assert strength_1se(run["lambda"], means, errors) == run["lambda_1se"]


@runs_of_glmnet
def test_a_strength_whose_mean_is_nan_is_as_if_it_had_not_been_tried(run):
    chosen = run["lambda"].index(run["lambda_min"])
    holes, rest = dict(run), {name: list(run[name]) for name in ("lambda", "cvm", "cvsd")}
    holes["cvm"] = [math.nan if row == chosen else mean for row, mean in enumerate(run["cvm"])]
    for column in rest.values():
        del column[chosen]
    assert strength_min(run["lambda"], holes["cvm"]) == strength_min(rest["lambda"], rest["cvm"]) != run["lambda_min"]
    choices = [strength_1se(each["lambda"], each["cvm"], each["cvsd"]) for each in (holes, rest)]
    assert choices[0] == choices[1]


def test_the_oracle_has_ties_at_its_minimum():
    ties = [run["cvm"].count(min(run["cvm"])) for run in RUNS]
    assert max(ties) > 1


def test_of_equal_minima_the_largest_strength_is_chosen():
    assert strength_min([0.0, 0.1, 0.2, 0.3], [2.0, 1.0, 1.0, 2.0]) == 0.2
    assert strength_min([0.3, 0.2, 0.1, 0.0], [2.0, 1.0, 1.0, 2.0]) == 0.2


def test_one_standard_error_goes_towards_larger_strengths_and_the_bar_itself_passes():
    assert strength_1se([0.0, 0.1, 0.2, 0.3], [1.25, 1.0, 1.25, 1.5], [9.0, 0.25, 9.0, 9.0]) == 0.2


def test_a_larger_strength_within_the_bar_is_taken_even_across_a_hump():
    assert strength_1se([0.0, 0.1, 0.2, 0.3], [1.0, 5.0, 1.1, 5.0], [0.2] * 4) == 0.2


@pytest.mark.parametrize("hole", [math.nan, math.inf, -math.inf])
def test_a_mean_that_is_not_finite_never_wins(hole):
    assert strength_min([0.0, 0.1, 0.2], [1.0, 2.0, hole]) == 0.0
    assert strength_1se([0.0, 0.1, 0.2], [1.0, 1.1, hole], [0.5, 0.5, 0.5]) == 0.1


def test_without_a_finite_mean_or_a_finite_bar_there_is_no_choice():
    assert math.isnan(strength_min([0.0, 0.1], [math.nan, math.inf]))
    assert math.isnan(strength_min([], []))
    assert math.isnan(strength_1se([0.0, 0.1], [math.nan, math.nan], [1.0, 1.0]))
    assert math.isnan(strength_1se([0.0, 0.1], [1.0, 2.0], [math.nan, 1.0]))
    assert strength_1se([0.0, 0.1], [1.0, 2.0], [0.5, math.nan]) == 0.0


def test_columns_of_different_length_are_refused():
    with pytest.raises(ValueError, match="one value a strength"):
        strength_min([0.0, 0.1], [1.0])


def noisy(means, *, seeds=6, examples=300, deviations=(0.1, 1.0, 1.0), generator):
    """Losses of strengths with independent noise whose means are just these."""
    of_seed, of_example, of_rest = deviations
    shape = (len(means), seeds, examples)
    losses = (
        of_seed * generator.normal(size=(shape[0], seeds, 1))
        + of_example * generator.normal(size=(shape[0], 1, examples))
        + of_rest * generator.normal(size=shape)
    )
    return losses - losses.mean(axis=(1, 2), keepdims=True) + np.array(means)[:, None, None]


def test_the_largest_strength_within_the_margin_is_equivalent_to_the_minimum():
    strengths = [0.0, 0.1, 0.2, 0.3]
    losses = noisy([1.0, 0.9, 0.95, 1.5], generator=np.random.default_rng(0), deviations=(0.0, 0.01, 0.1))
    for margin, expected in ((0.2, 0.2), (0.01, 0.1), (2.0, 0.3)):
        comparisons = compare(strengths, losses, baseline=0.1, family="all pairs", margin=margin)
        assert strength_equivalent(comparisons, minimum=0.1) == expected
    assert strength_equivalent([], minimum=0.1) == 0.1
    with pytest.raises(ValueError, match=r"expected comparisons with 0\.3; received one with 0\.1"):
        strength_equivalent(comparisons, minimum=0.3)


@pytest.mark.parametrize("deviations", [(0.1, 0.01, 0.01), (0.0, 1.0, 0.1), (0.0, 0.0, 2.0)])
def test_of_two_strengths_the_frequency_is_what_the_error_of_their_difference_says(deviations):
    losses = noisy([1.0, 1.0], generator=np.random.default_rng(1), deviations=deviations)
    (comparison,) = compare([0.0, 0.1], losses, baseline=0.0)
    losses[0] += 0.8 * comparison.standard_error
    found = resample_choices([0.0, 0.1], losses, generator=np.random.default_rng(2), resamples=4000)
    # The normal distribution's, at 0.8: the standard error holds both sources of noise, once each.
    assert found.frequencies == pytest.approx([0.212, 0.788], abs=0.035)


@pytest.mark.parametrize("deviations", [(0.1, 1.0, 1.0), (0.5, 0.01, 0.01)])
def test_the_optimism_about_two_equal_strengths_is_the_expected_smaller_of_two_normals(deviations):
    losses = noisy([1.0, 1.0], seeds=4, deviations=deviations, generator=np.random.default_rng(3))
    (comparison,) = compare([0.0, 0.1], losses, baseline=0.0)
    found = resample_choices([0.0, 0.1], losses, generator=np.random.default_rng(4), resamples=4000)
    assert found.optimism == pytest.approx(comparison.standard_error / math.sqrt(2 * math.pi), rel=0.1)


@pytest.mark.parametrize("deviations", [(0.1, 3.0, 0.01), (0.02, 0.0, 1.0)])
def test_where_seeds_have_splits_of_their_own_the_frequency_is_what_the_corrected_error_says(deviations):
    losses = noisy([1.0, 1.0], generator=np.random.default_rng(16), deviations=deviations)
    (comparison,) = compare([0.0, 0.1], losses, baseline=0.0, overlap=0.5)
    losses[0] += 0.8 * comparison.standard_error
    generator = np.random.default_rng(17)
    found = resample_choices([0.0, 0.1], losses, generator=generator, resamples=4000, overlap=0.5)
    assert found.frequencies == pytest.approx([0.212, 0.788], abs=0.035)


def test_what_a_seed_does_to_all_strengths_alike_makes_none_with_fewer_seeds_a_choice():
    losses = noisy([1.0, 1.02, 1.05], seeds=12, deviations=(0.01, 0.0, 0.01), generator=np.random.default_rng(19))
    losses += 0.2 * np.random.default_rng(20).normal(size=(1, 12, 1))
    losses[2, 3:] = math.nan
    found = resample_choices([0.0, 0.1, 0.2], losses, generator=np.random.default_rng(21))
    # 0.05 are 5 standard errors of a difference from three seeds, 0.02 are 5 from twelve.
    assert found.frequencies == pytest.approx([1.0, 0.0, 0.0], abs=0.01)


def test_a_clear_choice_is_always_made_and_needs_no_correction():
    losses = noisy([1.0, 0.0, 1.0], generator=np.random.default_rng(5))
    found = resample_choices([0.0, 0.1, 0.2], losses, generator=np.random.default_rng(6))
    assert found.frequencies.tolist() == [0, 1, 0]
    assert found.optimism == pytest.approx(0, abs=1e-12)


def test_of_strengths_that_are_equal_everywhere_the_largest_is_chosen_each_time():
    found = resample_choices([0.1, 0.3, 0.2], np.ones((3, 4, 5)), generator=np.random.default_rng(7))
    assert found.frequencies.tolist() == [0, 1, 0]
    assert found.optimism == 0


@pytest.mark.parametrize("shape", [(1, 200), (6, 1), (1, 1)])
def test_with_one_seed_or_one_example_only_the_other_is_drawn(shape):
    generator = np.random.default_rng(8)
    losses = noisy([1.0, 1.0], seeds=shape[0], examples=shape[1], generator=generator)
    found = resample_choices([0.0, 0.1], losses, generator=generator)
    assert found.frequencies.sum() == pytest.approx(1)
    assert (found.frequencies.max() == 1) == (shape == (1, 1))


def test_trials_that_are_missing_are_left_out_and_a_strength_without_any_is_never_chosen():
    losses = noisy([1.0, 1.0, 0.0, 0.5], generator=np.random.default_rng(9))
    losses[0, 2], losses[1, 3, 5], losses[2] = math.nan, math.inf, math.nan
    found = resample_choices([0.0, 0.1, 0.2, 0.3], losses, generator=np.random.default_rng(10))
    assert found.frequencies.tolist() == [0, 0, 0, 1]
    nothing = resample_choices([0.0, 0.1], np.full((2, 3, 4), math.nan), generator=np.random.default_rng(11))
    assert nothing.frequencies.tolist() == [0, 0]
    assert math.isnan(nothing.optimism)


def test_the_generator_decides_what_is_drawn():
    losses = noisy([1.0, 1.0, 1.0], generator=np.random.default_rng(12))
    first, again, other = (
        resample_choices([0.0, 0.1, 0.2], losses, generator=np.random.default_rng(seed)) for seed in (1, 1, 2)
    )
    assert first.frequencies.tolist() == again.frequencies.tolist() != other.frequencies.tolist()


def test_the_test_set_tells_what_the_chosen_strength_is_worth():
    generator = np.random.default_rng(13)
    validation, test = generator.normal(1.0, 1.0, size=(4, 50)), generator.normal(2.0, 1.0, size=(4, 80))
    figure = honest_figure(0.1, validation=validation, optimism=0.3, test=test)
    assert (figure.strength, figure.source, figure.optimism) == (0.1, "test set", 0.0)
    assert figure.estimate == mean_estimate(test)


def test_without_a_test_set_mean_and_interval_are_raised_by_the_optimism():
    validation = np.random.default_rng(14).normal(1.0, 1.0, size=(4, 50))
    figure, seen = honest_figure(0.1, validation=validation, optimism=0.3), mean_estimate(validation)
    assert (figure.source, figure.optimism) == ("validation, corrected", 0.3)
    raised = (figure.estimate.mean, figure.estimate.low, figure.estimate.high)
    assert raised == pytest.approx((seen.mean + 0.3, seen.low + 0.3, seen.high + 0.3))
    assert figure.estimate.standard_error == seen.standard_error


def test_the_corrected_figure_knows_that_seeds_have_splits_of_their_own_and_share_the_test_examples():
    values = np.random.default_rng(18).normal(1.0, 1.0, size=(4, 50))
    figure = honest_figure(0.1, validation=values, optimism=0.3, overlap=0.25)
    assert figure.estimate.high == pytest.approx(mean_estimate(values, overlap=0.25).high + 0.3)
    assert figure.estimate.covers == "seeds, examples and splits"
    assert honest_figure(0.1, validation=values, optimism=0.3, test=values, overlap=0.25).estimate == mean_estimate(
        values
    )


def test_losses_of_other_strengths_are_refused():
    with pytest.raises(ValueError, match="for 2 strengths; received"):
        resample_choices([0.0, 0.1], np.ones((3, 4, 5)), generator=np.random.default_rng(15))
