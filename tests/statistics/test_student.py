"""Student's t against scipy's, and where scipy's own is not to be had, against closed forms."""

import math

import numpy as np
import pytest
from scipy.special import ndtri, stdtr, stdtrit

from ridgepath.statistics.student import normal_quantile, quantile, tail

DEGREES = (1, 2, 3, 4, 5, 7, 9, 10, 19, 50, 98, 99, 100, 101, 102, 999, 10_000)
ERRORS = (0.999, 0.9, 0.5, 0.2, 0.05, 0.02, 1e-3, 1e-5, 1e-10, 1e-20, 1e-50, 1e-100)


@pytest.mark.parametrize("degrees", DEGREES)
def test_the_tail_is_that_of_scipy(degrees):
    ts = np.concatenate([np.linspace(0.05, 3, 60), np.geomspace(3, 1e6, 60)])
    expected = 2 * stdtr(degrees, -ts)
    found = [tail(degrees, float(t)) for t in ts]
    seen = expected > 1e-290
    np.testing.assert_allclose(np.array(found)[seen], expected[seen], rtol=1e-11)


def test_the_tail_of_one_and_two_degrees_is_that_of_the_textbook():
    for t in (1e-9, 1e-4, 0.3, 1.0, 7.0, 1e5):
        assert tail(1, t) == pytest.approx(2 * math.atan2(1, t) / math.pi, rel=1e-14)
        assert tail(2, t) == pytest.approx(2 / (2 + t * t + t * math.sqrt(2 + t * t)), rel=1e-14)
    assert tail(7, 0.0) == 1.0


@pytest.mark.parametrize("degrees", DEGREES)
def test_the_quantile_is_that_of_scipy(degrees):
    expected = [-stdtrit(degrees, error / 2) for error in ERRORS]
    np.testing.assert_allclose([quantile(degrees, error) for error in ERRORS], expected, rtol=1e-10)


@pytest.mark.parametrize("degrees", [10**6, 10**8])
def test_of_very_many_degrees_the_quantile_is_nearly_the_normal_one(degrees):
    for error in ERRORS[2:9]:
        z = -float(ndtri(error / 2))
        # Cornish and Fisher's first term; the next is of the order of 1 / degrees².
        assert quantile(degrees, error) == pytest.approx(z + (z**3 + z) / (4 * degrees), rel=1e-8)


def test_without_degrees_of_freedom_or_doubt_there_is_no_quantile():
    assert quantile(0, 0.05) == quantile(5, 1.0) == 0.0


def test_the_normal_quantile_is_that_of_scipy():
    for p in (1e-100, 1e-9, 0.025, 0.5, 0.8, 0.999):
        assert normal_quantile(p) == pytest.approx(float(ndtri(p)), rel=1e-12, abs=1e-15)
