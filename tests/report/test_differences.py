"""What is said of the differences: checked on studies whose truth is drawn, and against the statistics themselves."""

import dataclasses

import numpy as np
import pytest
from synthetic import make_results, make_study

from ridgepath.report.differences import describe, differences, explain
from ridgepath.results import Results
from ridgepath.statistics.comparison import compare
from ridgepath.study import Trial


def with_losses(study, effect, *, noise=0.01):
    """Results whose losses (trial × example) differ between strengths by ``effect`` alone, noise aside."""
    results = make_results(study)
    rng = np.random.default_rng(0)
    example = rng.normal(0.3, 0.2, study.data.validation)
    strengths = results.trials["strength"].map(effect).to_numpy(float)
    losses = example + strengths[:, None] + rng.normal(0, noise, (len(strengths), len(example)))
    return Results(results.trials, results.epochs, {"validation": losses.astype(np.float32)})


def test_they_are_the_paired_comparisons_with_the_smallest_strength():
    study = make_study()
    results = make_results(study)
    table = results.example_losses["validation"].reshape(4, 5, -1)
    expected = compare(list(study.variants[0].strengths), table, baseline=0.0)
    found = differences(study, results)
    for mine, theirs in zip(found, expected, strict=True):
        assert (mine.strength, mine.against) == (("l2", theirs.strength), ("l2", 0.0))
        assert (mine.difference, mine.low, mine.high) == (theirs.difference, theirs.low, theirs.high)
        assert (mine.p_value, mine.verdict, mine.covers) == (theirs.p_value, theirs.verdict, "seeds and examples")


def test_a_trial_that_did_not_end_well_is_left_out_of_its_pairs():
    study = make_study()
    results = make_results(study, ended={Trial("l2", 1e-3, 2): ("diverged", "the loss was not finite in epoch 3")})
    assert [(d.seeds, d.left_out) for d in differences(study, results)] == [(5, 0), (4, 1), (5, 0)]


def test_variants_share_the_error_of_the_study():
    study = make_study(variants=("l1", "l2"))
    results = make_results(study)
    found = differences(study, results)
    assert [(d.strength[0], d.strength[1]) for d in found[:3]] == [("l1", s) for s in (1e-4, 1e-3, 1e-2)]
    alone = dataclasses.replace(study, variants=study.variants[:1])
    narrower = differences(alone, results)
    assert all(one.high - one.low < both.high - both.low for one, both in zip(narrower, found, strict=False))


@pytest.mark.parametrize(("effect", "verdict"), [(-0.05, "better"), (0.05, "worse"), (0.0, "equivalent")])
def test_verdicts_follow_the_truth_and_are_said(effect, verdict):
    study = make_study(strengths=(0.0, 0.1))
    (found,) = differences(study, with_losses(study, {0.0: 0.0, 0.1: effect}))
    said = describe(found)
    assert said.startswith(f"0.1 against 0: {verdict}; difference ")
    assert "95% interval" in said
    assert ("p < 0.001" in said) == (effect != 0)


def test_what_is_open_is_said_with_what_would_decide_it():
    study = make_study(strengths=(0.0, 0.1), seeds=3)
    (found,) = differences(study, with_losses(study, {0.0: 0.0, 0.1: 0.02}, noise=0.8))
    assert found.verdict == "undecided"
    for change, said in (
        ({"seeds_needed": 9, "examples_needed": 4}, "About 9 seeds in all would decide it."),
        ({"seeds_needed": None, "examples_needed": 4049}, "about 4,000 validation examples would."),
        ({"seeds_needed": None, "examples_needed": None}, "Neither more seeds nor more examples"),
    ):
        assert said in describe(dataclasses.replace(found, **change))


def test_one_seed_decides_nothing_and_says_so():
    study = make_study(strengths=(0.0, 0.1), seeds=1)
    (found,) = differences(study, with_losses(study, {0.0: 0.0, 0.1: -0.5}))
    assert found.verdict == "undecided"
    assert describe(found)


def test_no_seed_in_common_and_no_comparison():
    study = make_study(strengths=(0.0, 0.1), seeds=2)
    ended = {Trial("l2", 0.0, 0): ("failed", "x"), Trial("l2", 0.1, 1): ("failed", "x")}
    (found,) = differences(study, make_results(study, ended=ended))
    assert describe(found) == "0.1 against 0: undecided; they have no seed in common."
    single = make_study(strengths=(0.1,))
    assert differences(single, make_results(single)) == ()
    assert explain(()) is None


def test_the_explanation_names_the_noise_and_the_margin():
    study = make_study()
    found = differences(study, make_results(study))
    explained = explain(found)
    assert "cover the noise of seeds and examples" in explained
    assert f"±{found[0].margin:.2g}" in explained
