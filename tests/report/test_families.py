"""What is compared, and against what: checked against the statistics themselves, and on studies with known truth."""

import dataclasses

import numpy as np
import pytest
from synthetic import make_results, make_study, set_trials

from ridgepath.errors import InputError
from ridgepath.report.arrays import PathArrays
from ridgepath.report.families import Terms, families
from ridgepath.statistics.comparison import compare, compare_choices
from ridgepath.study import Trial

STRENGTHS = [0.0, 1e-4, 1e-3, 1e-2]


def compared(study, results, *, minimum=1e-3, terms=None):
    paths = [PathArrays(study, results, variant.name) for variant in study.variants]
    return families(paths, dict.fromkeys((path.variant for path in paths), minimum), terms or Terms())


def losses_of(study, results):
    return results.example_losses["validation"].reshape(len(study.variants), 4, 5, -1)


def numbers(found):
    return [(each.difference, each.low, each.high, each.p_value, each.verdict, each.margin) for each in found]


def test_every_strength_is_compared_with_the_smallest_and_with_the_lowest():
    study = make_study()
    results = make_results(study)
    smallest, lowest = compared(study, results)
    [table] = losses_of(study, results)
    expected = compare(STRENGTHS, table, baseline=0.0, share=0.6)
    assert numbers(smallest.found) == numbers(expected)
    assert [each.strength for each in smallest.found] == [("l2", strength) for strength in STRENGTHS[1:]]
    expected = compare(STRENGTHS, table, baseline=1e-3, family="all pairs", share=0.4)
    assert numbers(lowest.found) == numbers([each for each in expected if each.strength != 0.0])
    assert {each.against for each in lowest.found} == {("l2", 1e-3)}


def test_no_pair_is_compared_twice():
    study = make_study()
    [only] = compared(study, make_results(study), minimum=0.0)
    assert only.kind == "baseline"


def test_variants_are_compared_by_their_choices_and_share_the_error():
    study = make_study(variants=("l1", "l2"))
    results = make_results(study)
    found = compared(study, results)
    assert [(family.kind, family.variant) for family in found] == [
        *(("baseline", "l1"), ("minimum", "l1"), ("baseline", "l2"), ("minimum", "l2"), ("choices", ""))
    ]
    first, second = losses_of(study, results)
    assert numbers(found[0].found) == numbers(compare(STRENGTHS, first, baseline=0.0, share=0.2))
    expected = compare(STRENGTHS, first, baseline=1e-3, family="all pairs", share=0.15)
    assert numbers(found[1].found) == numbers([each for each in expected if each.strength != 0.0])
    labels = [(variant, strength) for variant in ("l1", "l2") for strength in STRENGTHS]
    expected = compare_choices(labels, np.concatenate([first, second]), choices=[("l1", 1e-3), ("l2", 1e-3)], share=0.3)
    assert numbers(found[-1].found) == numbers(expected)
    assert (found[-1].found[0].strength, found[-1].found[0].against) == (("l2", 1e-3), ("l1", 1e-3))


def test_choices_of_variants_know_of_looks_and_of_splits():
    study = dataclasses.replace(make_study(variants=("l1", "l2")), looks=((0, 1, 2), (3, 4)))
    results = make_results(study)
    fixed = compared(study, results)[-1].found[0]
    divided = compared(dataclasses.replace(study, validation="redrawn"), results)[-1].found[0]
    assert (fixed.look, fixed.covers) == (2, "seeds and examples")
    assert (divided.look, divided.covers) == (2, "seeds, examples and splits")


def test_the_shares_of_a_study_add_to_its_error():
    from ridgepath.report.families import _SHARES

    assert [sum(shares.values()) for shares in _SHARES.values()] == pytest.approx([1, 1])


def test_a_metric_is_compared_by_seed_and_in_its_own_direction():
    study = make_study(strengths=(0.0, 0.1))
    results = set_trials(make_results(study), "val_accuracy", {0.0: [0.90, 0.91, 0.90, 0.92, 0.91], 0.1: [0.99] * 5})
    [family] = compared(study, results, minimum=None, terms=Terms("val_accuracy", larger_is_better=True))
    [found] = family.found
    assert (found.verdict, found.covers, found.examples) == ("better", "seeds", 1)
    [family] = compared(study, results, minimum=None, terms=Terms("val_accuracy"))
    assert family.found[0].verdict == "worse"


def test_the_gap_is_compared_by_example():
    study = make_study()
    results = make_results(study)
    smallest, _ = compared(study, results, terms=Terms("gap"))
    train = results.trials["train_data_loss"].reshape(4, 5, 1)
    expected = compare(STRENGTHS, losses_of(study, results)[0] - train, baseline=0.0, share=0.6)
    assert numbers(smallest.found) == numbers(expected)


def test_a_margin_of_the_user_is_taken():
    study = make_study()
    for family in compared(study, make_results(study), terms=Terms(margin=0.5)):
        assert {each.margin for each in family.found} == {0.5}
    with pytest.raises(InputError, match="margin"):
        compared(study, make_results(study), terms=Terms(margin=-1.0))


def test_a_trial_that_did_not_end_well_is_left_out_of_its_pairs():
    study = make_study()
    results = make_results(study, ended={Trial("l2", 1e-3, 2): ("diverged", "the loss was not finite in epoch 3")})
    assert [(d.seeds, d.left_out) for d in compared(study, results)[0].found] == [(5, 0), (4, 1), (5, 0)]


def test_seeds_that_were_added_for_a_second_look_are_compared_with_a_part_of_the_error():
    study = make_study(seeds=4)
    more = tuple(Trial("l2", strength, seed) for seed in (4, 5) for strength in (0.0, 1e-3))
    grown = dataclasses.replace(study, further=more, looks=((0, 1, 2, 3), (4, 5)))
    results = make_results(grown)
    smallest, _ = compared(grown, results)
    assert [(d.seeds, d.look) for d in smallest.found] == [(4, 1), (6, 2), (4, 1)]
    rows = {key: row for row, key in enumerate(results.trials[["strength", "seed"]].tolist())}
    table = results.example_losses["validation"]
    pair = np.stack([[table[rows[strength, seed]] for seed in range(6)] for strength in (0.0, 1e-3)])
    # Of three comparisons one; a family of one with the same error: Šidák's for three, times the sixth of look 2.
    alone = compare([0.0, 1e-3], pair, baseline=0.0, share=(1 - (1 - 0.05 * 0.6 / 6) ** (1 / 3)) / 0.05)
    assert smallest.found[1].high == pytest.approx(alone[0].high, rel=1e-6)


def test_where_seeds_have_splits_of_their_own_the_overlap_widens_what_is_taken_on_validation_examples():
    study = dataclasses.replace(make_study(), validation="redrawn")
    results = make_results(study)
    [table] = losses_of(study, results)
    smallest, lowest = compared(study, results)
    assert numbers(smallest.found) == numbers(compare(STRENGTHS, table, baseline=0.0, share=0.6, overlap=1 / 3))
    assert {each.covers for each in (*smallest.found, *lowest.found)} == {"seeds, examples and splits"}
    smallest, _ = compared(study, results, terms=Terms("val_accuracy", larger_is_better=True))
    accuracy = results.trials["val_accuracy"].reshape(4, 5, 1)
    expected = compare(STRENGTHS, accuracy, baseline=0.0, share=0.6, overlap=1 / 3, larger_is_better=True)
    assert numbers(smallest.found) == numbers(expected)
    smallest, _ = compared(study, results, terms=Terms("weight_norm"))
    norms = results.trials["weight_norm"].reshape(4, 5, 1)
    assert numbers(smallest.found) == numbers(compare(STRENGTHS, norms, baseline=0.0, share=0.6))


def test_a_study_of_one_strength_or_without_trials_has_no_comparisons():
    single = make_study(strengths=(0.1,))
    assert compared(single, make_results(single), minimum=0.1) == ()
    study = make_study()
    nothing = make_results(study)
    nothing = dataclasses.replace(nothing, trials=nothing.trials[:0], example_losses={})
    assert compared(study, nothing, minimum=None) == ()
