import dataclasses
import math

import pytest
from scipy import stats

from ridgepath.statistics.forecast import examples_needed, seeds_may_decide, seeds_needed
from ridgepath.statistics.variance import MeanSquares

ERROR = 0.01


def squares_of(difference, *, seeds, examples, components):
    """The mean squares to expect of a study with these variances of seed, example and rest."""
    of_seed, of_example, rest = components
    expected = examples * of_seed + rest, seeds * of_example + rest, rest
    return MeanSquares(difference, seeds, examples, 0, *expected, 0.0)


def reach(seeds, examples, components):
    """What a difference must exceed to be shown with 80% chance, written out anew."""
    of_seeds = components[0] / seeds + components[2] / (seeds * examples)
    of_examples = components[1] / examples
    t_seeds, t_examples = stats.t.isf(ERROR / 2, seeds - 1), stats.t.isf(ERROR / 2, examples - 1)
    half = math.sqrt(t_seeds**2 * of_seeds + t_examples**2 * of_examples)
    return half + stats.norm.ppf(0.8) * math.sqrt(of_seeds + of_examples)


COMPONENTS = (0.04, 0.25, 1.0)


@pytest.mark.parametrize("difference", [0.09, 0.1, 0.11, 0.12, 0.13, 0.15, -0.1])
def test_seeds_needed_is_the_smallest_number_that_shows_the_difference(difference):
    squares = squares_of(difference, seeds=3, examples=2_000, components=COMPONENTS)
    needed = seeds_needed(squares, error=ERROR, margin=math.nan)
    assert reach(needed, 2_000, COMPONENTS) < abs(difference) <= reach(needed - 1, 2_000, COMPONENTS)


def test_examples_needed_is_the_smallest_number_that_shows_the_difference():
    components = (0.0001, 0.25, 1.0)
    squares = squares_of(0.1, seeds=5, examples=100, components=components)
    needed = examples_needed(squares, error=ERROR, margin=math.nan)
    assert reach(5, needed, components) < 0.1 <= reach(5, needed - 1, components)


def test_equivalence_can_be_what_more_seeds_decide():
    squares = squares_of(0.01, seeds=3, examples=10_000, components=COMPONENTS)
    assert seeds_needed(squares, error=ERROR, margin=math.nan) is None
    needed = seeds_needed(squares, error=ERROR, margin=0.1)
    assert 0.01 + reach(needed, 10_000, COMPONENTS) < 0.1 <= 0.01 + reach(needed - 1, 10_000, COMPONENTS)


def test_where_the_examples_are_too_noisy_no_number_of_seeds_is_named_but_one_of_examples():
    squares = squares_of(0.1, seeds=5, examples=100, components=(0.0001, 1.0, 1.0))
    assert seeds_needed(squares, error=ERROR, margin=0.0) is None
    assert examples_needed(squares, error=ERROR, margin=0.0) > 100


def test_where_the_seeds_are_too_noisy_no_number_of_examples_is_named_but_one_of_seeds():
    squares = squares_of(0.1, seeds=3, examples=10_000, components=(0.04, 0.1, 1.0))
    assert examples_needed(squares, error=ERROR, margin=0.0) is None
    assert seeds_needed(squares, error=ERROR, margin=0.0) > 3


def test_one_seed_forecasts_nothing_and_one_example_no_examples():
    one_seed = squares_of(0.1, seeds=1, examples=100, components=(0.0, 1.0, 0.0))
    assert seeds_needed(one_seed, error=ERROR, margin=1.0) is None
    assert examples_needed(one_seed, error=ERROR, margin=1.0) is None
    one_example = squares_of(0.1, seeds=3, examples=1, components=(0.04, 0.0, 0.0))
    assert seeds_needed(one_example, error=ERROR, margin=math.nan) > 3
    assert examples_needed(one_example, error=ERROR, margin=math.nan) is None


def test_a_difference_of_zero_without_margin_is_never_decided():
    squares = squares_of(0.0, seeds=3, examples=100, components=COMPONENTS)
    assert seeds_needed(squares, error=ERROR, margin=0.0) is None
    assert examples_needed(squares, error=ERROR, margin=0.0) is None


def test_seeds_are_given_up_only_if_no_difference_that_they_leave_possible_can_be_decided():
    noisy_examples = squares_of(0.1, seeds=5, examples=100, components=(0.0001, 1.0, 1.0))
    assert not seeds_may_decide(noisy_examples, error=ERROR, margin=0.0)
    assert seeds_may_decide(noisy_examples, error=ERROR, margin=1.0), "they may show that it is within the margin"
    # Nothing is seen, but the noise of seeds leaves a large difference possible.
    noisy_seeds = squares_of(0.0, seeds=3, examples=10_000, components=(0.04, 0.1, 1.0))
    assert seeds_needed(noisy_seeds, error=ERROR, margin=0.0) is None
    assert seeds_may_decide(noisy_seeds, error=ERROR, margin=0.0)
    assert seeds_may_decide(squares_of(0.0, seeds=1, examples=100, components=(0, 1, 0)), error=ERROR, margin=0.0)


@pytest.mark.parametrize("difference", [0.0, 0.05, 0.2, 0.5])
@pytest.mark.parametrize("components", [(0.0001, 1.0, 1.0), (0.04, 0.1, 1.0), (0.01, 0.3, 0.3)])
def test_where_a_number_of_seeds_is_named_seeds_may_decide(difference, components):
    squares = squares_of(difference, seeds=4, examples=300, components=components)
    if seeds_needed(squares, error=ERROR, margin=0.05) is not None:
        assert seeds_may_decide(squares, error=ERROR, margin=0.05)


OVERLAP = 0.25


def reach_of_splits(seeds, examples, components):
    """The same where every seed has a split of its own: more seeds leave OVERLAP times a mean's variance."""
    variance = (1 / seeds + OVERLAP) * (components[0] + components[2] / examples)
    return (stats.t.isf(ERROR / 2, seeds - 1) + stats.norm.ppf(0.8)) * math.sqrt(variance)


@pytest.mark.parametrize("examples", [2, 2_000])
def test_seeds_needed_knows_that_training_sets_overlap(examples):
    components = (0.0004, 0.0, 1.0)
    crossed = squares_of(0.0, seeds=3, examples=examples, components=components)
    squares = dataclasses.replace(crossed, overlap=OVERLAP)
    for needed in (4, 20, 300):
        seen = dataclasses.replace(squares, mean=1.00001 * reach_of_splits(needed, examples, components))
        assert seeds_needed(seen, error=ERROR, margin=math.nan) == needed
    too_small = dataclasses.replace(squares, mean=0.999 * reach_of_splits(10_000, examples, components))
    assert seeds_needed(too_small, error=ERROR, margin=math.nan) is None


def test_validation_examples_that_train_in_other_seeds_cannot_grow_alone():
    squares = squares_of(0.1, seeds=5, examples=100, components=(0.0001, 0.0, 1.0))
    assert examples_needed(squares, error=ERROR, margin=math.nan) is not None
    assert examples_needed(dataclasses.replace(squares, overlap=OVERLAP), error=ERROR, margin=math.nan) is None
