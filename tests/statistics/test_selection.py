import json
import math
from pathlib import Path

import numpy as np
import pytest

from ridgepath.statistics.selection import strength_1se, strength_min

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
