"""Brackets of ridges whose place is known in closed form."""

import itertools
import math

import numpy as np
import pytest

from ridgepath.errors import InputError
from ridgepath.statistics.bracket import LADDER, Bracket, Probes, bracket, extension, grid, next_probes
from ridges import Ridge, random_ridge


def probe(losses, *, limit=math.inf):
    """Go up and down the ladder as far as is asked for; ``losses(strength, seed)``."""
    tried, asked = {}, LADDER
    while asked:
        assert not set(asked) & set(tried), "no strength is asked for twice"
        tried |= {strength: losses(strength, 0) if strength < limit else None for strength in asked}
        probes = Probes(losses(0.0, 0), losses(0.0, 1), dict(tried))
        asked = next_probes(probes)
    return probes


def probe_ridge(ridge, *, time, **settings):
    """Probe with a fifth of the study's training."""
    return probe(lambda strength, seed: ridge.losses(strength, seed=seed, time=time / 5), **settings)


@pytest.mark.parametrize("seed", range(40))
def test_the_ridge_is_found_wherever_it_lies(seed):
    ridge, time = random_ridge(seed)
    found = bracket(probe_ridge(ridge, time=time))
    strengths, added = list(grid(found)), 0
    means = [ridge.mean(strength, time=time) for strength in strengths]
    while added < 6 and (one := extension(strengths, means)) is not None:
        strengths, added = sorted([*strengths, one]), added + 1
        means = [ridge.mean(strength, time=time) for strength in strengths]
    everywhere = [0.0, *np.geomspace(1e-8, 1e5, 66) / ridge.scale]
    truth = [ridge.mean(strength, time=time) for strength in everywhere]
    best = everywhere[int(np.argmin(truth))]
    depth = truth[-1] - min(truth)
    assert best == 0 or strengths[1] <= best <= strengths[-1] or min(means) <= min(truth) + 0.005 * depth
    assert 2 <= math.log10(found.high / found.low) <= 6.01


@pytest.mark.parametrize("scale", [1e-3, 1.0, 1e3])
def test_a_penalty_in_another_unit_moves_the_bracket_and_changes_nothing_else(scale):
    ridge = Ridge(np.random.default_rng(0))
    base = bracket(probe_ridge(ridge, time=100.0))
    ridge.scale = scale
    moved = bracket(probe_ridge(ridge, time=100.0))
    assert (moved.low * scale, moved.high * scale) == pytest.approx((base.low, base.high))
    assert moved.hurts


def test_the_ends_are_hardly_felt_and_clearly_harmful():
    ridge = Ridge(np.random.default_rng(1))
    probes = probe_ridge(ridge, time=100.0)
    found, top = bracket(probes), probes.trained[-1]
    change = {s: math.sqrt(np.mean((losses - probes.none) ** 2)) for s, losses in probes.losses.items()}
    assert change[found.unfelt] < 0.06 * change[top]
    assert change[found.unfelt * 10] > 0.04 * change[top]
    assert found.low == pytest.approx(found.unfelt / 10)
    assert probes.harms[found.high] >= 0.1 * probes.harms[top]
    assert probes.harms[found.high / 10] < 0.1 * probes.harms[top]


@pytest.mark.parametrize("part", [3, 30, 3e4])
def test_a_limit_below_the_harm_is_approached_and_never_passed(part):
    ridge = Ridge(np.random.default_rng(2))
    free = bracket(probe_ridge(ridge, time=100.0))
    limit = free.high / part
    found = bracket(probe_ridge(ridge, time=100.0, limit=limit))
    assert limit / 1.2 < found.ceiling < limit <= found.limit
    assert max(grid(found)) <= found.ceiling
    assert not found.hurts


def test_a_limit_above_the_harm_leaves_the_bracket_around_the_ridge():
    ridge = Ridge(np.random.default_rng(2))
    free = bracket(probe_ridge(ridge, time=100.0))
    found = bracket(probe_ridge(ridge, time=100.0, limit=free.high * 50))
    assert (found.low, found.hurts) == (free.low, True)
    assert free.high <= found.high <= free.high * 10
    assert free.high * 10 <= found.ceiling < free.high * 50 <= found.limit


def test_a_layer_that_is_another_one_at_0_hides_no_lower_end():
    ridge = Ridge(np.random.default_rng(3))
    free = bracket(probe_ridge(ridge, time=20.0))

    def losses(strength, seed):  # As Keras' Dropout(0) does: above 0 other weights begin.
        return ridge.losses(strength, seed=seed + 100 * (strength > 0), time=4.0)

    found = bracket(probe(losses))
    assert found.unfelt is not None
    assert free.low / 10 <= found.low <= free.low * 10


@pytest.mark.parametrize(("change", "says"), [(0.0, "are the same"), (1e-3, "hardly change")])
def test_a_network_that_does_not_change_is_refused(change, says):
    generator = np.random.default_rng(0)
    base = generator.exponential(size=300)

    def losses(strength, seed):
        noise = np.random.default_rng([seed, int(1e6 * math.log10(strength or 1e-20)) % 2**32]).normal(size=300)
        return base + seed * generator.normal(size=300) + change * noise * (strength > 0)

    with pytest.raises(InputError, match=f"{says} from strength 0 to 1e\\+09"):
        bracket(probe(losses))


def test_a_grid_is_even_on_a_log_scale_and_ends_where_the_bracket_does():
    strengths = grid(Bracket(1e-4, 0.1, 1e-3, True, None, math.inf))
    assert strengths == (0.0, 1e-4, 3.16e-4, 1e-3, 3.16e-3, 1e-2, 3.16e-2, 0.1)
    wide = grid(Bracket(1e-6, 0.866, 1e-5, False, 1.0, 0.866))
    assert (wide[0], wide[1], wide[-1]) == (0.0, 1e-6, 0.866)
    assert max(later / one for one, later in itertools.pairwise(wide[1:])) < 10 ** (1 / 1.5) * 1.01


@pytest.mark.parametrize(
    ("means", "added"),
    [
        ([3, 2, 1, 2], None),  # within
        ([1, 2, 3, 4], None),  # at 0, below which there is nothing
        ([4, 3, 2, 1], 0.316),
        ([2, 1, 2, 3], 0.00316),
        ([1, 1, 2, 3], 0.00316),  # of equals the larger
        ([2, 1, 2, 1], 0.316),
        ([4, 3, 2, math.nan], None),  # what diverged is no best, and so the one before it is no end
        ([math.nan] * 4, None),
    ],
)
def test_a_grid_grows_where_the_lowest_mean_lies_at_its_end(means, added):
    assert extension([0.0, 0.01, 0.0316, 0.1], means) == added


def test_a_grid_grows_no_higher_than_its_ceiling():
    strengths, means = [0.0, 0.01, 0.0316, 0.1], [4, 3, 2, 1]
    assert extension(strengths, means, ceiling=0.2) == 0.2
    assert extension(strengths, means, ceiling=0.1) is None
