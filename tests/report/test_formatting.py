import math

import pytest

from ridgepath.report.estimates import Estimate
from ridgepath.report.formatting import write_duration, write_estimate, write_interval
from ridgepath.texts import write_count


def estimate(mean, error, *, reach=2.0):
    return Estimate(mean, error, mean - reach * error, mean + reach * error, 5)


@pytest.mark.parametrize(
    ("mean", "error", "written"),
    [
        (0.25134, 0.00312, "0.2513 ± 0.0031"),
        (0.9, 0.012, "0.900 ± 0.012"),
        (12.3456, 0.99, "12.35 ± 0.99"),
        (-0.00001, 0.002, "0.0000 ± 0.0020"),
        (-0.0213, 0.002, "-0.0213 ± 0.0020"),
        (312.4, 45.6, "312 ± 46"),
        (0.000312, 0.0000214, "3.12e-4 ± 0.21e-4"),
        (1.5e9, 2.5e7, "1.500e9 ± 0.025e9"),
        (0.1, 1e-17, "0.10000 ± 0.00000"),
        (0.0, 0.0, "0 ± 0"),
        (9.0, 0.0, "9 ± 0"),
        (0.25134, math.nan, "0.2513 ± ?"),
        (math.nan, math.nan, "–"),
        (math.inf, 1.0, "–"),
    ],
)
def test_an_estimate_has_the_digits_that_its_error_allows(mean, error, written):
    assert str(write_estimate(estimate(mean, error))) == written


def test_an_estimate_can_be_scaled():
    assert str(write_estimate(estimate(0.2513, 0.0031), scale=100.0)) == "25.13 ± 0.31"


def test_an_interval_has_the_digits_of_its_half_width():
    assert write_interval(estimate(0.25134, 0.0031)) == "0.2451 to 0.2575"
    assert write_interval(estimate(0.25134, math.nan)) == "–"


@pytest.mark.parametrize(
    ("seconds", "written"),
    [(0.44, "0.4 s"), (41.5, "42 s"), (59.9, "1 min 0 s"), (200, "3 min 20 s"), (7500, "2 h 5 min"), (math.nan, "–")],
)
def test_durations(seconds, written):
    assert write_duration(seconds) == written


def test_counts():
    assert [write_count(count, "seed") for count in (0, 1, 5, 1000)] == ["0 seeds", "1 seed", "5 seeds", "1,000 seeds"]
