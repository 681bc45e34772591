"""Means of strengths with unequal seeds: against known truth and statistics by hand."""

import numpy as np
import pytest

from ridgepath.statistics.balance import balance, balanced_means

NAN = np.nan


def test_with_the_same_seeds_they_are_the_plain_means():
    values = np.random.default_rng(0).normal(size=(4, 5))
    assert balanced_means(values).tolist() == [row.mean() for row in values]
    values[:, 2] = NAN
    assert balanced_means(values).tolist() == [row[~np.isnan(row)].mean() for row in values]


def test_additive_values_give_the_means_that_the_whole_table_has():
    rng = np.random.default_rng(1)
    whole = rng.normal(size=(5, 1)) + rng.normal(size=7)
    part = np.where(rng.random(whole.shape) < 0.5, NAN, whole)
    part[0], part[:, 0] = whole[0], whole[:, 0]
    np.testing.assert_allclose(balanced_means(part), whole.mean(axis=1))


def test_a_strength_with_a_lucky_further_seed_gains_nothing_by_it():
    # By hand: strengths 1 apart on the seeds that both have; the third seed is 3 lower for whoever has it.
    assert balanced_means([[1.0, 2.0, NAN], [2.0, 3.0, -1.0]]) == pytest.approx([1 / 3, 4 / 3])


@pytest.mark.parametrize("missing", [NAN, np.inf])
def test_strengths_without_a_value_and_strengths_that_share_no_seed(missing):
    assert np.isnan(balanced_means([[missing, missing]])[0])
    assert np.isnan(balanced_means(np.empty((1, 0)))[0])
    assert balanced_means([[1.0, missing], [missing, 5.0], [missing, missing]])[:2].tolist() == [1.0, 5.0]


def test_the_effects_of_seeds_are_those_that_all_strengths_share():
    whole = np.array([[1.0], [2.0], [4.0]]) + np.array([0.5, -1.0, 0.25, 0.25])
    part = whole.copy()
    part[0, 2:] = part[1, 0] = NAN
    means, effects = balance(part)
    np.testing.assert_allclose(effects, [0.5, -1.0, 0.25, 0.25], atol=1e-12)
    np.testing.assert_allclose(np.nanmean(part - effects, axis=1), means)
    assert not balance(whole)[1].any(), "with the same seeds nothing is to be taken off"
