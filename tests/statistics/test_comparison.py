import itertools
import math

import numpy as np
import pytest
from scipy import stats

from ridgepath.errors import InputError
from ridgepath.statistics.comparison import compare, compare_choices
from ridgepath.statistics.variance import half_width, mean_estimate, mean_squares

STRENGTHS = [0.0, 0.001, 0.01, 0.1]


def study(generator, *, shifts=(0.0, 0.0, 0.0, 0.0), seeds=5, examples=200, rest=0.2):
    """Losses of strengths that share the effects of seeds and of examples."""
    shared = 1 + 0.3 * generator.normal(size=(1, seeds, 1)) + generator.normal(size=(1, 1, examples))
    own = rest * generator.normal(size=(len(shifts), seeds, examples))
    return (shared + own + np.array(shifts)[:, None, None]).astype(np.float32)


def by_strength(comparisons):
    return {comparison.strength: comparison for comparison in comparisons}


def test_one_comparison_of_one_example_is_the_paired_t_test():
    losses = np.random.default_rng(0).normal(size=(2, 6, 1))
    (comparison,) = compare([0.0, 0.1], losses, baseline=0.0)
    oracle = stats.ttest_rel(losses[1, :, 0], losses[0, :, 0])
    assert comparison.p_value == pytest.approx(oracle.pvalue)
    assert (comparison.low, comparison.high) == pytest.approx(tuple(oracle.confidence_interval(0.95)))
    assert (comparison.covers, comparison.family) == ("seeds", 1)


def test_the_noise_that_strengths_share_is_paired_away():
    losses = study(np.random.default_rng(1))
    comparison = by_strength(compare(STRENGTHS, losses, baseline=0.0))[0.01]
    assert comparison.difference == pytest.approx(float(np.mean(losses[2] - losses[0])), abs=1e-6)
    assert comparison.standard_error < mean_estimate(losses[0]).standard_error / 5


def test_intervals_and_p_values_are_those_of_sidak():
    losses = study(np.random.default_rng(2), shifts=(0.0, 0.01, 0.02, 0.03))
    for family, size in (("baseline", 3), ("all pairs", 6)):
        for share in (1.0, 0.4):
            for c in compare(STRENGTHS, losses, baseline=0.0, family=family, share=share):
                squares = mean_squares(losses[STRENGTHS.index(c.strength)].astype(float) - losses[0])
                error = 1 - (1 - 0.05 * share) ** (1 / size)
                assert (c.low, c.high) == pytest.approx(
                    (c.difference - half_width(squares, error), c.difference + half_width(squares, error))
                )
                assert c.family == size


def test_a_p_value_is_below_five_percent_just_where_the_interval_leaves_out_zero():
    generator, seen = np.random.default_rng(3), set()
    for share, family in itertools.product((1.0, 0.6), ("baseline", "all pairs")):
        for _ in range(20):
            losses = study(generator, shifts=(0.0, *generator.uniform(-0.06, 0.06, size=3)))
            for c in compare(STRENGTHS, losses, baseline=0.0, family=family, share=share):
                outside = c.low > 0 or c.high < 0
                assert (c.p_value < 0.05) == outside == (c.verdict in ("better", "worse"))
                seen.add(outside)
    assert seen == {True, False}


def test_a_lower_loss_is_better_and_a_larger_metric_is():
    losses = study(np.random.default_rng(4), shifts=(0.0, -0.5, 0.5, 0.0))
    verdicts = {c.strength: c.verdict for c in compare(STRENGTHS, losses, baseline=0.0)}
    assert (verdicts[0.001], verdicts[0.01]) == ("better", "worse")
    turned = {c.strength: c.verdict for c in compare(STRENGTHS, losses, baseline=0.0, larger_is_better=True)}
    assert (turned[0.001], turned[0.01]) == ("worse", "better")


def test_the_margin_is_one_standard_error_of_the_baseline_unless_given():
    losses = study(np.random.default_rng(5), rest=0.01)
    default = by_strength(compare(STRENGTHS, losses, baseline=0.01))[0.1]
    assert default.margin == mean_estimate(losses[2]).standard_error
    assert default.verdict == "equivalent"
    strict = by_strength(compare(STRENGTHS, losses, baseline=0.01, margin=1e-6))[0.1]
    assert (strict.margin, strict.verdict, strict.within_margin) == (1e-6, "undecided", False)


@pytest.mark.parametrize("sign", [1, -1])
def test_equivalent_needs_the_whole_interval_within_the_margin(sign):
    losses = sign * study(np.random.default_rng(6))
    seen = by_strength(compare(STRENGTHS, losses, baseline=0.0))[0.01]
    reach = max(-seen.low, seen.high)
    for margin, verdict in ((reach * 1.001, "equivalent"), (reach * 0.999, "undecided")):
        assert by_strength(compare(STRENGTHS, losses, baseline=0.0, margin=margin))[0.01].verdict == verdict


def test_a_real_difference_within_the_margin_is_called_real_and_marked_small():
    losses = study(np.random.default_rng(7), shifts=(0.0, 0.02, 0.0, 0.0), rest=0.01)
    comparison = by_strength(compare(STRENGTHS, losses, baseline=0.0, margin=0.1))[0.001]
    assert (comparison.verdict, comparison.within_margin) == ("worse", True)


@pytest.mark.parametrize("hole", [math.nan, math.inf])
def test_only_seeds_that_both_have_enter_a_pair(hole):
    losses = study(np.random.default_rng(8))
    losses[0, 1], losses[1, 3, 7] = hole, hole
    losses[1, 1, 0] = hole
    found = by_strength(compare(STRENGTHS, losses, baseline=0.0))
    both = [0, 2, 4]
    assert (found[0.001].seeds, found[0.001].left_out) == (3, 2)
    assert found[0.001].difference == pytest.approx(np.mean(losses[1, both].astype(float) - losses[0, both]))
    assert (found[0.1].seeds, found[0.1].left_out) == (4, 1)


def test_without_a_common_seed_nothing_is_told():
    losses = study(np.random.default_rng(9), seeds=2)
    losses[0, 0], losses[1, 1] = math.nan, math.nan
    comparison = by_strength(compare(STRENGTHS, losses, baseline=0.0))[0.001]
    assert (comparison.seeds, comparison.covers, comparison.verdict) == (0, "none", "undecided")
    assert (comparison.seeds_needed, comparison.examples_needed) == (None, None)
    assert all(math.isnan(value) for value in (comparison.difference, comparison.low, comparison.p_value))


def test_one_seed_decides_nothing():
    losses = study(np.random.default_rng(10), shifts=(0.0, 5.0, 0.0, 0.0), seeds=1)
    comparison = by_strength(compare(STRENGTHS, losses, baseline=0.0))[0.001]
    assert (comparison.covers, comparison.verdict) == ("examples", "undecided")
    assert comparison.low > 0
    assert (comparison.seeds_needed, comparison.examples_needed) == (None, None)


def test_strengths_that_are_equal_everywhere_are_equivalent():
    (comparison,) = compare([0.0, 0.1], np.ones((2, 3, 4)), baseline=0.0)
    assert (comparison.low, comparison.difference, comparison.high, comparison.p_value) == (0, 0, 0, 1)
    assert (comparison.verdict, comparison.margin) == ("equivalent", 0)


def test_the_same_difference_everywhere_is_real():
    (comparison,) = compare([0.0, 0.1], np.stack([np.ones((3, 4)), np.full((3, 4), 1.5)]), baseline=0.0)
    assert (comparison.low, comparison.high, comparison.p_value, comparison.verdict) == (0.5, 0.5, 0, "worse")


def test_undecided_says_what_would_decide():
    losses = study(np.random.default_rng(11), shifts=(0.0, 0.02, 0.0, 0.0), seeds=3, examples=400)
    comparison = by_strength(compare(STRENGTHS, losses, baseline=0.0, margin=0.0))[0.001]
    assert comparison.verdict == "undecided"
    assert comparison.seeds_needed > 3
    assert comparison.examples_needed > 400
    decided = by_strength(compare(STRENGTHS, study(np.random.default_rng(11), shifts=(0, 5, 5, 5)), baseline=0.0))[0.1]
    assert (decided.seeds_needed, decided.examples_needed) == (None, None)


def test_choices_are_compared_each_with_each_among_all_pairs():
    labels = [("l2", 0.0), ("l2", 0.1), ("dropout", 0.2), ("dropout", 0.5)]
    losses = study(np.random.default_rng(12), shifts=(0.0, 0.5, 0.0, 1.0))
    choices = [("l2", 0.0), ("l2", 0.1), ("dropout", 0.2)]
    found = compare_choices(labels, losses, choices=choices)
    assert [(c.strength, c.against) for c in found] == [
        (("l2", 0.1), ("l2", 0.0)),
        (("dropout", 0.2), ("l2", 0.0)),
        (("dropout", 0.2), ("l2", 0.1)),
    ]
    assert [c.verdict for c in found][::2] == ["worse", "better"]
    assert {c.family for c in found} == {6}


def test_seeds_with_splits_of_their_own_are_paired_by_seed_with_the_corrected_t_test():
    losses = study(np.random.default_rng(14), shifts=(0.0, 0.2, 0.02, 0.0), examples=50)
    found = by_strength(compare(STRENGTHS, losses, baseline=0.0, overlap=0.25))
    chosen = compare_choices(STRENGTHS, losses, choices=[0.0, 0.001], overlap=0.25)
    for c in (*found.values(), *chosen):
        differences = (losses[STRENGTHS.index(c.strength)].astype(float) - losses[0]).mean(axis=1)
        error = math.sqrt((1 / 5 + 0.25) * np.var(differences, ddof=1))
        p = 2 * stats.t.sf(abs(differences.mean()) / error, 4)
        assert (c.difference, c.standard_error) == pytest.approx((differences.mean(), error))
        assert c.p_value == pytest.approx(1 - (1 - p) ** c.family)
        assert (c.covers, c.examples_needed) == ("seeds, examples and splits", None)
    means = losses[0].astype(float).mean(axis=1)
    assert found[0.1].margin == pytest.approx(math.sqrt((1 / 5 + 0.25) * np.var(means, ddof=1)))


def test_bad_input_is_refused_with_a_remedy():
    losses = study(np.random.default_rng(13))
    with pytest.raises(
        InputError, match=r"must be a strength of the study; received 0\.5\. Take one of \[0\.0, 0\.001"
    ):
        compare(STRENGTHS, losses, baseline=0.5)
    with pytest.raises(InputError, match=r"must be a strength of the study; received 0\.5"):
        compare_choices(STRENGTHS, losses, choices=[0.0, 0.5])
    for margin in (-1.0, math.nan, math.inf):
        with pytest.raises(InputError, match="margin of equivalence must be >= 0 and finite"):
            compare(STRENGTHS, losses, baseline=0.0, margin=margin)
    with pytest.raises(ValueError, match="expected losses"):
        compare(STRENGTHS[:3], losses, baseline=0.0)
    with pytest.raises(ValueError, match="expected losses"):
        compare([0.0, 0.0, 0.1, 0.2], losses, baseline=0.0)


def test_a_study_of_one_strength_has_no_comparison():
    assert compare([0.0], np.ones((1, 3, 4)), baseline=0.0) == ()
