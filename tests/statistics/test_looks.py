"""Repeated looks: the parts of the error, and a simulation of what they are for."""

import numpy as np
import pytest

from ridgepath.statistics.comparison import compare, paired_squares
from ridgepath.statistics.forecast import examples_needed, seeds_needed
from ridgepath.statistics.looks import next_look, part_of_error
from ridgepath.statistics.variance import simultaneous_error


def test_the_parts_of_all_looks_add_to_one():
    parts = [part_of_error(look) for look in range(1, 5001)]
    assert parts == sorted(parts, reverse=True)
    assert sum(parts) == pytest.approx(1 - 1 / 5001)


def test_each_look_has_twice_the_seeds_up_to_the_most():
    looks = [5]
    while looks[-1] < 50:
        looks.append(next_look(looks[-1], most=50))
    assert looks == [5, 10, 20, 40, 50]


def test_the_look_of_a_pair_is_that_of_the_last_seed_that_both_have():
    rng = np.random.default_rng(0)
    losses = rng.normal(size=(3, 6, 20))
    losses[1, 4:] = np.nan
    whole = compare([0, 1, 2], losses, baseline=0, looks=[1, 1, 2, 2, 3, 3])
    assert [each.look for each in whole] == [2, 3]
    for each, part in zip(whole, (1 / 6, 1 / 12), strict=True):
        alone = compare([0, 1, 2], losses, baseline=0, share=part)[each.strength - 1]
        assert (each.low, each.high, each.p_value) == pytest.approx((alone.low, alone.high, alone.p_value))
    assert [each.look for each in compare([0, 1, 2], losses, baseline=0)] == [0, 0]


def false_findings(studies, *, divided):
    """Count studies without any difference that call one at some look, if they look at 4, 8, 16 and 32 seeds."""
    rng = np.random.default_rng(7)
    found = 0
    for _ in range(studies):
        losses = rng.normal(size=(4, 32, 1)) + rng.normal(size=(32, 1))
        looks = np.repeat([1, 2, 3, 4], [4, 4, 8, 16])
        for seeds in (4, 8, 16, 32):
            given = looks[:seeds].tolist() if divided else None
            verdicts = [c.verdict for c in compare([0, 1, 2, 3], losses[:, :seeds], baseline=0, looks=given)]
            if "better" in verdicts or "worse" in verdicts:
                found += 1
                break
    return found / studies


def test_looking_again_and_again_errs_at_most_as_often_as_said():
    assert false_findings(600, divided=True) <= 0.05
    assert false_findings(600, divided=False) > 0.08


def test_forecasts_are_for_the_next_look():
    generator = np.random.default_rng(5)
    losses = generator.normal(size=(2, 6, 40)) + generator.normal(size=(2, 6, 1))
    [found] = compare([0, 1], losses, baseline=0, looks=[1, 1, 1, 1, 2, 2], margin=0.4)
    squares = paired_squares(losses[1], losses[0])
    assert found.verdict == "undecided"
    assert found.seeds_needed == seeds_needed(squares, error=simultaneous_error(1, 1 / 12), margin=0.4)
    assert found.seeds_needed != seeds_needed(squares, error=simultaneous_error(1, 1 / 6), margin=0.4)
    assert found.examples_needed == examples_needed(squares, error=simultaneous_error(1, 1 / 6), margin=0.4)
