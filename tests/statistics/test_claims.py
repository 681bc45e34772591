import itertools
import math
from dataclasses import replace

import numpy as np
import pytest
from drawn import FALLING, STRENGTHS, TURNED, draw
from scipy import stats

from ridgepath.statistics.claims import check_claims, dropout_differs
from ridgepath.statistics.turning import turnings
from ridgepath.statistics.variance import mean_estimate

DOWN, UP = (10.0, 8.0, 5.0, 2.0), (2.0, 5.0, 8.0, 10.0)


def claims(measured):
    return {claim.key: claim for claim in check_claims(measured, turnings(measured))}


def of(key, *, seed=0, **truth):
    return claims(draw(np.random.default_rng(seed), **truth))[key]


def answer(claim):
    return claim.verdict, claim.reason


@pytest.mark.parametrize(
    ("key", "truth", "expected"),
    [
        ("smaller weights", {"weights": DOWN}, ("supported", None)),
        ("smaller weights", {"weights": UP}, ("contradicted", None)),
        ("smaller weights", {}, ("undecided", "noise")),
        ("smaller weights", {"weights": (10.0, 2.0, 4.0, 3.0)}, ("undecided", "a step goes the other way")),
        ("narrower gap", {"train": (0.0, 0.3, 0.6, 0.9)}, ("supported", None)),
        ("narrower gap", {"val": (0.0, 0.3, 0.6, 0.9)}, ("contradicted", None)),
        ("narrower gap", {}, ("undecided", "noise")),
        ("narrower gap", {"train": (0.0, 0.9, 0.4, 0.8)}, ("undecided", "a step goes the other way")),
        ("sparser weights", {"near_zero": (0.1, 0.2, 0.3, 0.4)}, ("supported", None)),
        ("sparser weights", {"near_zero": (0.4, 0.3, 0.2, 0.1)}, ("contradicted", None)),
        ("sparser weights", {"near_zero": (0.1, 0.4, 0.2, 0.3)}, ("undecided", "a step goes the other way")),
        ("better generalization", {"val": (0.0, 0.0, -0.4, 0.9)}, ("supported", None)),
        ("better generalization", {"val": (0.0, 0.4, 0.6, 0.9)}, ("contradicted", None)),
        ("better generalization", {}, ("contradicted", None)),
        ("better generalization", {"val": (0.0, 0.0, -0.5, 0.0), "noise": 20.0}, ("undecided", "noise")),
        ("too much underfits", {"val": (0, 0, -0.2, 0.3), "train": (0, 0, 0.2, 0.3)}, ("supported", None)),
        ("too much underfits", {"val": (0, 0, -0.2, 0.3), "train": (0, 0, 0.2, -0.3)}, ("contradicted", None)),
        ("too much underfits", {"val": (0, 0, 0, -0.3), "train": (0, 0, 0, 0.3)}, ("undecided", "not surely too much")),
        ("too much underfits", {"val": (0, 0, -0.2, 0.3)}, ("undecided", "noise")),
        ("too little overfits", {"curves": (TURNED, TURNED, FALLING, FALLING)}, ("supported", None)),
        ("too little overfits", {"curves": (TURNED, FALLING, TURNED, TURNED)}, ("contradicted", None)),
        ("too little overfits", {"curves": (TURNED, (1.0,) * 12, TURNED, TURNED)}, ("undecided", "noise")),
        ("too little overfits", {}, ("undecided", "does not surely overfit without")),
        ("balance", {}, ("supported", None)),
        ("balance", {"shares": (0.0, 0.5, 0.5, 0.9)}, ("contradicted", None)),
        ("balance", {"shares": (0.0, 0.1, 0.5, 0.5)}, ("contradicted", None)),
        ("balance", {"shares": (0.0, 0.5, 1 / 3, 0.5)}, ("undecided", "noise")),
        ("balance", {"shares": (0.0,) * 4, "noise": 0.0}, ("undecided", "no penalty")),
        ("less sensitive", {"weights": DOWN, "elasticity": 0.7}, ("supported", None)),
        ("less sensitive", {"weights": DOWN, "elasticity": -0.7}, ("contradicted", None)),
        ("less sensitive", {}, ("undecided", "noise")),
    ],
)
def test_every_verdict_is_reached_where_it_is_true(key, truth, expected):
    assert answer(of(key, seed=4, **truth)) == expected


def test_the_figure_of_the_weights_is_their_relative_change():
    measured = draw(np.random.default_rng(1), weights=DOWN)
    (figure,) = claims(measured)["smaller weights"].figures
    norms = measured.figures["weight_norm"]
    of_seeds = 100 * (norms[3] / norms[0] - 1)
    low, high = stats.t.interval(0.95, 4, loc=of_seeds.mean(), scale=stats.sem(of_seeds))
    found = figure.interval
    assert (found.mean, found.low, found.high) == pytest.approx((of_seeds.mean(), low, high))
    assert (figure.strength, figure.against, figure.unit, found.seeds) == (0.1, 0.0, "%", 5)


def test_the_gap_covers_the_noise_of_seeds_and_examples():
    measured = draw(np.random.default_rng(2), train=(0.0, 0.3, 0.6, 0.9))
    (figure,) = claims(measured)["narrower gap"].figures
    losses, train = measured.val_losses.astype(np.float64), measured.figures["train_data_loss"]
    change = (losses[3].mean(axis=1) - train[3]) - (losses[0].mean(axis=1) - train[0])
    assert figure.interval.mean == pytest.approx(change.mean())
    assert figure.interval.covers == "seeds and examples"


def test_the_best_gain_is_shown():
    figures = [of("better generalization", val=(0.0, -0.1, -0.4, 0.9)).figures[0]]
    assert [(figure.strength, figure.against) for figure in figures] == [(0.01, 0.0)]
    assert figures[0].interval.mean == pytest.approx(-0.4, abs=0.1)


def test_a_claim_of_a_gain_that_is_contradicted_shows_the_margin():
    measured = draw(np.random.default_rng(18))
    claim = claims(measured)["better generalization"]
    change, margin = claim.figures
    assert claim.verdict == "contradicted"
    assert margin.interval.mean == mean_estimate(measured.val_losses[0]).standard_error
    assert (margin.measure, margin.strength) == ("margin", 0.0)
    assert change.interval.low > -margin.interval.mean


def test_the_gain_that_is_shown_is_a_sure_one():
    measured = draw(np.random.default_rng(20), val=(0.0, 0.0, -0.4, -0.3))
    losses = measured.val_losses.copy()
    losses[3] += np.linspace(-3, 2.5, losses.shape[1])[:, None]
    claim = claims(replace(measured, val_losses=losses))["better generalization"]
    assert losses[3].mean() < losses[2].mean()
    assert (claim.verdict, claim.figures[0].strength, claim.figures[0].interval.direction) == (
        *("supported", 0.01, "falls"),
    )


def test_one_seed_does_not_contradict_a_gain():
    claim = of("better generalization", seeds=1, val=(0.0, 0.4, 0.6, 0.9))
    assert answer(claim) == ("undecided", "too few seeds")


def test_where_nothing_changes_that_is_the_reason():
    claim = of("sparser weights", near_zero=(0.0,) * 4, noise=0.0)
    assert answer(claim) == ("undecided", "no change")


def test_too_much_is_held_against_the_best_smaller_strength():
    claim = of("too much underfits", val=(0.5, 0.0, -0.4, 0.5), train=(0.0, 0.1, 0.2, 0.5))
    assert answer(claim) == ("supported", None)
    assert {(figure.strength, figure.against) for figure in claim.figures} == {(0.1, 0.01)}


def t_interval(values, family):
    error = 1 - 0.95 ** (1 / family)
    return stats.t.interval(1 - error, len(values) - 1, loc=values.mean(), scale=stats.sem(values))


def test_any_smaller_strength_might_have_been_the_best_in_both_losses():
    measured = draw(np.random.default_rng(13), val=(0.5, 0.0, -0.4, 0.5))
    _, figure = claims(measured)["too much underfits"].figures
    train = measured.figures["train_data_loss"]
    assert (figure.interval.low, figure.interval.high) == pytest.approx(t_interval(train[3] - train[2], 6))


def test_the_best_smaller_strength_is_found_though_strengths_have_unequal_seeds():
    measured = draw(np.random.default_rng(14), val=(0.5, 0.0, -0.4, 0.5))
    losses = measured.val_losses.copy()
    losses[:, :2] -= 100.0  # Two seeds that are good for every strength, ...
    losses[1, 2:] = math.nan  # ... and the only ones of this one.
    losses[2, 0] = math.nan
    figures = claims(replace(measured, val_losses=losses))["too much underfits"].figures
    assert {(figure.strength, figure.against) for figure in figures} == {(0.1, 0.01)}


def test_steps_hold_together_before_they_withhold_a_verdict():
    of_seeds = np.array([-1.5, -0.5, 0.0, 0.5, 1.5])
    rise = 5 * (1 + 1e-3 * (of_seeds + 3.0 * stats.sem(of_seeds)))
    assert 1 - 0.95 ** (1 / 3) < stats.ttest_1samp(rise, 5.0).pvalue < 0.05
    norms = np.stack([np.full(5, 10.0), np.full(5, 5.0), rise, np.full(5, 2.0)])
    measured = draw(np.random.default_rng(15))
    assert claims(replace(measured, figures={"weight_norm": norms}))["smaller weights"].verdict == "supported"


def test_all_shares_hold_together():
    measured = draw(np.random.default_rng(16))
    figures = claims(measured)["balance"].figures
    for figure in figures:
        values = measured.figures[figure.measure][STRENGTHS.index(figure.strength)]
        assert (figure.interval.low, figure.interval.high) == pytest.approx(t_interval(values, 6))


def test_the_interval_of_a_share_ends_at_0_and_at_1():
    low, high = (of("balance", shares=(0.0, share, 0.5, 0.5), seeds=2).figures[0].interval for share in (0.03, 0.97))
    assert (low.low, high.high) == (0.0, 1.0)
    assert math.isnan(of("balance", seeds=1).figures[0].interval.low)


def test_shares_are_shown_at_each_strength_above_zero_update_first():
    figures = of("balance").figures
    assert [(figure.measure, figure.strength) for figure in figures] == [
        (measure, strength) for measure in ("update_share", "gradient_share") for strength in STRENGTHS[1:]
    ]
    assert all(figure.against is None and figure.unit == "share" for figure in figures)


def test_the_slope_is_that_of_least_squares_in_each_seed():
    measured = draw(np.random.default_rng(4), weights=DOWN, elasticity=0.7)
    (figure,) = claims(measured)["less sensitive"].figures
    x, y = np.log(measured.figures["weight_norm"]), np.log(measured.figures["sensitivity"])
    slopes = [stats.linregress(x[:, seed], y[:, seed]).slope for seed in range(5)]
    low, high = stats.t.interval(0.95, 4, loc=np.mean(slopes), scale=stats.sem(slopes))
    assert (figure.interval.mean, figure.interval.low, figure.interval.high) == pytest.approx(
        (np.mean(slopes), low, high)
    )
    assert (figure.strength, figure.against) == (None, None)


def test_weights_or_a_sensitivity_of_zero_have_no_logarithm_and_are_left_out():
    measured = draw(np.random.default_rng(5), weights=DOWN, elasticity=0.7)
    holed = {name: values.copy() for name, values in measured.figures.items()}
    holed["weight_norm"][3] = 0.0
    holed["sensitivity"][3] = 0.0
    claim = claims(replace(measured, figures=holed))["less sensitive"]
    assert claim.verdict == "supported"
    assert claim.figures[0].interval.mean == pytest.approx(0.7, abs=0.15)


def test_after_several_looks_an_answer_uses_its_part_of_the_error():
    measured = draw(np.random.default_rng(1), weights=DOWN)
    (figure,) = claims(replace(measured, share=0.5))["smaller weights"].figures
    norms = measured.figures["weight_norm"]
    of_seeds = 100 * (norms[3] / norms[0] - 1)
    low, high = stats.t.interval(0.975, 4, loc=of_seeds.mean(), scale=stats.sem(of_seeds))
    assert (figure.interval.low, figure.interval.high) == pytest.approx((low, high))
    whole, part = (claims(replace(measured, share=share)).values() for share in (1.0, 0.5))
    for of_whole, of_part in zip(whole, part, strict=True):
        for one, other in zip(of_whole.figures, of_part.figures, strict=True):
            if one.measure == "margin":
                assert other.interval.mean == one.interval.mean
            else:
                assert other.interval.high > one.interval.high or other.interval.high == 0


def test_one_seed_decides_nothing_and_says_so():
    found = claims(draw(np.random.default_rng(6), seeds=1, weights=DOWN, train=(0, 1, 2, 3), val=(0, -1, -2, 9)))
    assert {answer(claim) for claim in found.values()} == {("undecided", "too few seeds")}
    assert found["smaller weights"].figures[0].interval.mean == pytest.approx(-80, abs=3)


def test_one_strength_decides_nothing_and_says_so():
    found = claims(draw(np.random.default_rng(7), strengths=(0.0,)))
    assert {answer(claim) for claim in found.values()} == {("undecided", "too few strengths")}


def test_two_strengths_are_a_trend():
    assert of("smaller weights", strengths=(0.0, 0.1), weights=DOWN).verdict == "supported"


def test_without_strength_0_what_is_held_against_it_stays_open():
    found = claims(draw(np.random.default_rng(8), strengths=(0.001, 0.01, 0.1), weights=DOWN))
    assert {key for key, claim in found.items() if claim.reason == "no strength 0"} == {
        *("better generalization", "too little overfits")
    }
    assert found["smaller weights"].verdict == "supported"


def test_a_figure_that_only_strength_0_has_was_not_recorded():
    measured = draw(np.random.default_rng(9))
    shares = np.full((4, 5), math.nan)
    shares[0] = 0.0
    assert claims(replace(measured, figures={"update_share": shares}))["balance"].reason == "not recorded"


@pytest.mark.parametrize("old", [True, False])
def test_a_study_that_did_not_record_a_figure_says_so(old):
    measured = draw(np.random.default_rng(9))
    names = ("update_share", "gradient_share", "sensitivity")
    kept = {name: values for name, values in measured.figures.items() if name not in names}
    empty = {name: np.full((4, 5), math.nan) for name in names}
    found = claims(replace(measured, figures=kept if old else kept | empty))
    assert {key for key, claim in found.items() if claim.reason == "not recorded"} == {"balance", "less sensitive"}


def test_constant_figures_are_open_without_a_warning():
    measured = draw(np.random.default_rng(10), noise=0.0, curves=((1.0,) * 12,) * 4)
    found = claims(replace(measured, val_losses=np.ones_like(measured.val_losses)))
    # Equal losses everywhere: no strength gains anything, but the margin is 0, too.
    assert {claim.verdict for key, claim in found.items() if key != "balance"} == {"undecided"}


def test_one_validation_example_has_the_noise_of_seeds():
    claim = of("narrower gap", examples=1, train=(0.0, 3.0, 6.0, 9.0))
    assert (claim.verdict, claim.figures[0].interval.covers) == ("supported", "seeds")


def test_the_trials_that_are_missing_leave_their_pairs():
    measured = draw(np.random.default_rng(11), weights=DOWN)
    figures = {name: values.copy() for name, values in measured.figures.items()}
    for values in figures.values():
        values[3, :2] = math.nan
    losses, epochs = measured.val_losses.copy(), measured.val_epochs.copy()
    losses[3, :2], epochs[3, :2] = math.nan, math.inf
    found = claims(replace(measured, figures=figures, val_losses=losses, val_epochs=epochs))
    assert (found["smaller weights"].verdict, found["smaller weights"].figures[0].interval.seeds) == ("supported", 3)
    assert found["narrower gap"].figures[0].interval.seeds == 3
    assert found["less sensitive"].figures[0].interval.seeds == 5


L2 = {"weights": (10.0, 8.0, 5.0, 2.0), "val": (0.0, 0.0, -0.5, 0.5), "train": (0.0, 0.1, 0.2, 0.5)}
DROPOUT = {"weights": (10.0, 10.5, 11.0, 12.0), "val": (0.0, -0.5, 0.0, 0.0)}


def test_any_pair_of_strengths_might_have_been_chosen_in_both_figures():
    generator = np.random.default_rng(17)
    l2, dropout = draw(generator, **L2), draw(generator, **DROPOUT)
    norms, others = l2.figures["weight_norm"], dropout.figures["weight_norm"]
    figure = dropout_differs(l2, dropout).figures[0]
    ends = t_interval(100 * (norms[2] / norms[0] - others[1] / others[0]), 18)
    assert (figure.interval.low, figure.interval.high) == pytest.approx(ends)


def versus(l2, dropout, *, seed=0):
    generator = np.random.default_rng(seed)
    return dropout_differs(draw(generator, **l2), draw(generator, **dropout))


def test_l2_and_dropout_are_held_against_each_other_at_their_best_strengths():
    claim = versus(L2, DROPOUT)
    weights, gap = claim.figures
    assert answer(claim) == ("supported", None)
    assert (weights.strength, weights.against, weights.unit) == (0.01, 0.001, "percentage points")
    assert weights.interval.mean == pytest.approx(-55, abs=4)
    assert gap.interval.mean == pytest.approx(-0.2, abs=0.15)
    assert gap.interval.covers == "seeds and examples"


def test_dropout_that_shrinks_the_weights_more_contradicts_and_equal_ones_leave_it_open():
    assert answer(versus(DROPOUT, L2)) == ("contradicted", None)
    assert answer(versus(L2, L2)) == ("undecided", "noise")
    assert answer(versus(L2 | {"seeds": 1}, DROPOUT | {"seeds": 1})) == ("undecided", "too few seeds")


def test_l2_and_dropout_both_need_strength_0_and_another():
    alone, without = {"strengths": (0.0,)}, {"strengths": (0.01, 0.1)}
    for changed in (alone, without):
        reason = "too few strengths" if changed is alone else "no strength 0"
        assert answer(versus(L2 | changed, DROPOUT)) == answer(versus(L2, DROPOUT | changed)) == ("undecided", reason)


def test_where_nothing_is_true_claims_are_seldom_decided():
    generator, studies = np.random.default_rng(12), 150
    decided = dict.fromkeys([*claims(draw(generator)), "dropout differs"], 0)
    for seeds, _ in itertools.product((2, 5), range(studies)):
        # A share of 1/3 is neither in nor out of balance.
        one, other = (draw(generator, seeds=seeds, examples=30, shares=(0.0, *[1 / 3] * 3)) for _ in range(2))
        found = {**claims(one), "dropout differs": dropout_differs(one, other)}
        for key, claim in found.items():
            # Without any effect it is true that nothing is gained.
            rightly = key == "better generalization" and claim.verdict == "contradicted"
            decided[key] += claim.verdict != "undecided" and not rightly
    # 5% of 300, and 2.5 standard errors of this simulation.
    assert max(decided.values()) <= 15 + 9, decided
    assert sum(decided.values()) > 0
