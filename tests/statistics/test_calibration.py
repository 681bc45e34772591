"""A short form of ``make calibrate``: studies whose truth is known, fewer of them."""

import importlib.util
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

SEEDS_DOMINATE, EXAMPLES_DOMINATE, MIXED = (0.9, 0.08, 0.02), (0.05, 0.9, 0.05), (0.4, 0.4, 0.2)


@contextmanager
def benchmark(name):
    path = Path(__file__).parents[2] / "benchmarks" / f"{name}.py"
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules[name]


@pytest.fixture(scope="module")
def known_truth():
    with benchmark("known_truth") as module:
        yield module


@pytest.fixture(scope="module")
def trained_learners(known_truth):
    with benchmark("trained_learners") as module:
        yield module


@pytest.fixture(scope="module")
def known_looks(known_truth):
    with benchmark("known_looks") as module:
        yield module


@pytest.mark.parametrize("shares", [SEEDS_DOMINATE, EXAMPLES_DOMINATE, MIXED])
@pytest.mark.parametrize(("seeds", "examples"), [(2, 100), (3, 1_000), (5, 100), (20, 10_000)])
def test_intervals_hold_the_true_mean(known_truth, shares, seeds, examples):
    generator = np.random.default_rng(seeds)
    rate = known_truth.coverage(shares, (seeds, examples), "light", draws=3_000, generator=generator)
    assert rate.within(0.93, 0.97 if seeds >= 5 else 1.0), rate


@pytest.mark.parametrize("tails", ["heavy", "skewed"])
@pytest.mark.parametrize("seeds", [2, 5])
def test_intervals_hold_the_true_mean_with_other_tails(known_truth, tails, seeds):
    generator = np.random.default_rng(seeds)
    rate = known_truth.coverage(EXAMPLES_DOMINATE, (seeds, 100), tails, draws=1_500, generator=generator)
    assert rate.within(0.93, 0.97 if seeds >= 5 else 1.0), rate


@pytest.mark.parametrize("tails", ["light", "heavy"])
@pytest.mark.parametrize("seeds", [2, 5])
def test_studies_without_a_difference_seldom_name_one(known_truth, tails, seeds):
    generator = np.random.default_rng(seeds)
    found = known_truth.false_rates(MIXED, (5, seeds, 100), tails, alike=0.0, draws=150, generator=generator)
    assert found.either.within(0.0, 0.05), found


def test_simultaneous_intervals_hold_together_and_find_large_differences(known_truth):
    generator = np.random.default_rng(1)
    found = known_truth.findings(EXAMPLES_DOMINATE, (5, 5, 100), "light", effect=6.0, draws=200, generator=generator)
    assert found.all_hold.within(0.95, 1.0)
    assert found.wrong.within(0.0, 0.05)
    assert found.found.value > 0.9


def test_a_difference_as_large_as_the_margin_is_seldom_called_equivalent(known_truth):
    generator = np.random.default_rng(2)
    rate = known_truth.false_equivalence(MIXED, (5, 100), draws=300, generator=generator)
    assert rate.within(0.0, 0.05), rate
    assert rate.happened > 0


def test_forecasts_of_seeds_keep_their_promise(known_truth):
    generator = np.random.default_rng(3)
    told = known_truth.forecasts(SEEDS_DOMINATE, (5, 1_000), effect=1.6, draws=300, generator=generator)
    assert told.decided.within(0.8, 0.87)
    assert 0.5 < told.ratio[1] < 2


def test_the_corrected_figure_of_the_chosen_strength_is_far_less_biased(known_truth):
    generator = np.random.default_rng(4)
    seen, corrected = known_truth.selection_bias(MIXED, (6, 5, 100), draws=300, generator=generator)
    assert seen < -1
    assert abs(corrected) < 0.35


@pytest.mark.parametrize(("name", "seeds"), [("means", 5), ("ridge", 20), ("neighbours", 20)])
def test_learners_trained_on_overlapping_examples_are_seldom_called_different(trained_learners, name, seeds):
    generator = np.random.default_rng(seeds)
    found = trained_learners.false_differences(
        name, "redrawn", seeds, pool=60, draws=300, generator=generator, truth_draws=4_000
    )
    assert found.corrected.within(0.0, 0.05), found
    assert found.spread < 1.1


@pytest.mark.parametrize(("validation", "seeds"), [("redrawn", 20), ("folds:10", 30)])
def test_the_plain_t_test_calls_them_different_far_too_often(trained_learners, validation, seeds):
    generator = np.random.default_rng(seeds)
    found = trained_learners.false_differences(
        "neighbours", validation, seeds, pool=60, draws=200, generator=generator, truth_draws=4_000
    )
    assert found.plain.value > 0.2
    assert found.corrected.within(0.0, 0.05), found


def test_the_truth_of_the_learners_is_what_their_training_gives(trained_learners):
    generator, means = np.random.default_rng(6), trained_learners.LEARNERS["means"]
    by_formula = trained_learners.true_difference(means, 45, draws=0, generator=generator)
    found, error = trained_learners.expected_losses(means, 45, draws=4_000, generator=generator)
    assert abs(found - by_formula) < 4 * error
    assert error < 0.001


@pytest.mark.parametrize("effect", [0.0, 5.0])
def test_studies_that_add_seeds_until_they_are_decided_err_no_more_often(known_looks, effect):
    generator = np.random.default_rng(5)
    seen = known_looks.look_again(SEEDS_DOMINATE, (4, 2, 30), most=16, effect=effect, draws=150, generator=generator)
    assert seen.wrong.within(0.0, 0.05), seen
    assert seen.undivided.value > seen.wrong.value


def test_no_seeds_are_wasted_where_the_noise_is_of_the_examples(known_looks):
    generator = np.random.default_rng(6)
    of_examples = (0.0, 1.0, 0.0)
    seen = known_looks.look_again(of_examples, (4, 4, 30), most=32, effect=0.0, draws=30, generator=generator)
    assert seen.trials < 0.4
