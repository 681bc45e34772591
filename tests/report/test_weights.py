import dataclasses

import numpy as np
import pytest
from synthetic import make_study

from ridgepath.portraits import WEIGHT_EDGES, Portrait, portrait
from ridgepath.report.weights import distributions, first_layers
from ridgepath.study import Trial


def kernel_of(strength, seed):
    return np.random.default_rng([seed, round(strength * 1e6)]).normal(0, 0.1, (64, 3))


def portraits_of(study, pictured):
    return {
        trial: portrait(
            [kernel_of(trial.strength, trial.seed)], (8, 8), pictured=(trial.strength, trial.seed) in pictured
        )
        for trial in study.trials
    }


def test_a_distribution_is_that_of_all_trials_of_a_strength():
    study = make_study(strengths=(0.0, 0.1), seeds=3)
    found = distributions(study, portraits_of(study, ()))
    assert [(each.strength, each.trials) for each in found] == [(0.0, 3), (0.1, 3)]
    weights = np.concatenate([kernel_of(0.1, seed).ravel() for seed in range(3)])
    expected, _ = np.histogram(weights, WEIGHT_EDGES, density=True)
    np.testing.assert_allclose(found[1].density, expected)
    assert found[1].shares.sum() == pytest.approx(1)


def test_strengths_without_portraits_are_left_out():
    study = make_study(strengths=(0.0, 0.1), seeds=2)
    some = {trial: each for trial, each in portraits_of(study, ()).items() if trial.strength > 0}
    assert [each.strength for each in distributions(study, some)] == [0.1]
    assert distributions(study, {}) == first_layers(study, {}) == ()


def test_the_first_layer_is_shown_of_one_seed_wherever_that_can_be():
    study = make_study(strengths=(0.0, 0.1, 0.2), seeds=4)
    pictured = {(0.0, 0), (0.0, 2), (0.1, 2), (0.2, 3), (0.2, 1)}
    found = first_layers(study, portraits_of(study, pictured))
    assert [(each.strength, each.seed) for each in found] == [(0.0, 2), (0.1, 2), (0.2, 1)]
    np.testing.assert_allclose(found[0].weights[1].ravel(), kernel_of(0.0, 2)[:, 1], atol=5e-3)


def test_variants_keep_their_own():
    study = make_study(strengths=(0.0, 0.1), seeds=1, variants=("l2", "dropout"))
    empty = Portrait(np.zeros(256, np.uint32), np.zeros((0, 0, 0, 1), np.int8), 0.0)
    one = dataclasses.replace(empty, counts=np.eye(1, 256, 200, dtype=np.uint32)[0])
    found = distributions(study, {Trial("dropout", 0.1, 0): one})
    assert [(each.variant, int(np.flatnonzero(each.density)[0])) for each in found] == [("dropout", 200)]
