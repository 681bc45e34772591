"""Student's t and the normal distribution, by ``math`` alone.

scipy.special has both, and is what tests hold these to; but to import it takes longer than all else that a study is
shown with. The tail of t is an incomplete beta function, ``P(|T| > t) = I_x(ν/2, 1/2)`` with ``x = ν / (ν + t²)``, and
taken from its continued fraction (DLMF 8.17.22). It is right to 1e-11 up to 10,000 degrees, to 1e-8 up to 100 million.
"""

from __future__ import annotations

import math
from functools import lru_cache
from statistics import NormalDist

_PRECISION, _TINY = 1e-15, 1e-300
normal_quantile = NormalDist().inv_cdf


def tail(degrees: int, t: float) -> float:
    """Return how probable it is that Student's t exceeds ``t`` >= 0 in absolute value."""
    if t == 0:
        return 1.0
    half, ratio = degrees / 2, t * t / degrees
    front = math.exp(_log_gamma_step(half) - (half + 0.5) * math.log1p(ratio) + 0.5 * math.log(ratio / math.pi))
    x = 1 / (1 + ratio)
    if x < (half + 1) / (half + 2.5):
        return front / half * _fraction(half, 0.5, x)
    return 1 - 2 * front * _fraction(0.5, half, ratio * x)


@lru_cache(maxsize=2**14)
def quantile(degrees: int, error: float) -> float:
    """Return what Student's t exceeds in absolute value with probability ``error``; 0 without degrees of freedom.

    Newton's method on the logarithms of both, of which the tail is a concave function: from the normal quantile, which
    is never larger, it goes beyond the root at once and then falls to it.
    """
    if degrees < 1 or error >= 1:
        return 0.0
    t = _newton(degrees, error, -normal_quantile(error / 2))
    while (closer := _newton(degrees, error, t)) < t:
        t = closer
    return t


def _newton(degrees: int, error: float, t: float) -> float:
    beyond = tail(degrees, t)
    return t * math.exp(math.log(beyond / error) * beyond / (2 * t * _density(degrees, t)))


def _density(degrees: int, t: float) -> float:
    log_scale = _log_gamma_step(degrees / 2) - 0.5 * math.log(degrees * math.pi)
    return math.exp(log_scale - (degrees + 1) / 2 * math.log1p(t * t / degrees))


def _log_gamma_step(a: float) -> float:
    """Return ``log(Γ(a + 1/2) / Γ(a))``; for large ``a`` by its series, for the two logarithms are nearly equal."""
    if a < 50:
        return math.lgamma(a + 0.5) - math.lgamma(a)
    return 0.5 * math.log(a) - 1 / (8 * a) + 1 / (192 * a**3) - 1 / (640 * a**5)


def _fraction(a: float, b: float, x: float) -> float:
    """Evaluate the continued fraction of the incomplete beta function by Lentz' method, as Thompson and Barnett do."""
    c, d = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    value, m = d, 1
    while True:
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            c = 1 + term / c or _TINY
            d = 1 / (1 + term * d or _TINY)
            value *= c * d
        if abs(c * d - 1) < _PRECISION:
            return value
        m += 1
