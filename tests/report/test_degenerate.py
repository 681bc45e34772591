"""Input from which little or nothing can be learned: the answer is defined, and it is said. Warnings are errors."""

import io
import json
import math

import numpy as np
import pytest
from rich.console import Console
from synthetic import make_results, make_study, set_trials

from ridgepath.report.html import page
from ridgepath.report.markdown import markdown
from ridgepath.report.summary import summarize
from ridgepath.report.terminal import print_summary
from ridgepath.results import DIVERGED, FAILED, Results
from ridgepath.study import Trial


def summary_of(study, results):
    return summarize(study, results, name="s", seconds=1.0, context={})


def said(summary):
    """What the terminal says; the page, the Markdown and the JSON are written as well."""
    page(summary), markdown(summary), json.dumps(summary.to_json(), allow_nan=False)
    file = io.StringIO()
    print_summary(summary, Console(file=file, width=80, color_system=None))
    return " ".join(file.getvalue().split())


def verdicts(summary):
    return {each.strength[1]: each.verdict for each in summary.comparisons if each.against[1] == 0.0}


def test_one_seed():
    study = make_study(seeds=1)
    summary = summary_of(study, make_results(study))
    assert set(verdicts(summary).values()) == {"undecided"}
    assert summary.strength_equivalent == summary.strength_min
    text = said(summary)
    assert "one seed decides nothing: add seeds." in text
    assert "errors there cover the examples only" in text
    assert "Were validation examples, but not the one seed, drawn anew, the lowest would be" in text
    assert "With one seed only those with validation data loss are known" in text


def test_one_strength():
    study = make_study(strengths=(1e-3,))
    summary = summary_of(study, make_results(study))
    assert (summary.strength_min, summary.strength_1se, summary.strength_equivalent) == (1e-3, 1e-3, 1e-3)
    assert summary.comparisons == ()
    assert "the only one tried" in said(summary)


def test_one_validation_example():
    study = make_study(validation=1)
    summary = summary_of(study, make_results(study))
    point = next(p for p in summary.points if p.strength == summary.strength_min)
    assert point.estimates["val_data_loss"].covers == "seeds"
    assert {each.covers for each in summary.comparisons} == {"seeds"}
    text = said(summary)
    assert "cover the noise of seeds." in text
    assert "Were seeds, but not the one validation example, drawn anew, the lowest would be" in text


def test_one_seed_and_one_example():
    study = make_study(seeds=1, validation=1)
    summary = summary_of(study, make_results(study))
    assert summary.points[0].estimates["val_data_loss"].covers == "none"
    assert math.isnan(summary.points[0].estimates["val_data_loss"].standard_error)
    assert (summary.strength_1se, summary.choices[0].threshold) == (None, None)
    assert set(verdicts(summary).values()) == {"undecided"}
    text = said(summary)
    assert "the one-standard-error rule has no answer" in text
    assert "One seed and one validation example do not tell how sure that is." in text
    assert "Nothing here has an interval" in text
    assert {each.covers for p in summary.points for each in p.estimates.values()} == {"none", "examples"}
    assert "Nothing can be called equivalent" in text


def test_constant_losses():
    study = make_study()
    results = set_trials(make_results(study), "val_data_loss", {s: [0.25] * 5 for s in study.variants[0].strengths})
    summary = summary_of(study, results)
    assert summary.strength_min == 0.01, "of equals the largest"
    assert set(verdicts(summary).values()) == {"equivalent"}
    assert {each.p_value for each in summary.comparisons} == {1.0}
    assert "It is equivalent to strength 0" in said(summary)


@pytest.mark.parametrize("status", [DIVERGED, FAILED])
def test_a_strength_without_a_trial_that_ended_well(status):
    study = make_study()
    summary = summary_of(
        study, make_results(study, ended={Trial("l2", 0.01, seed): (status, "x") for seed in range(5)})
    )
    assert verdicts(summary)[0.01] == "undecided"
    assert summary.choices[0].frequencies[0.01] == 0
    text = said(summary)
    assert "no common seed" in text
    assert "and cover the noise of seeds and examples." in text


def test_strength_0_failed_everywhere():
    study = make_study()
    summary = summary_of(study, make_results(study, ended={Trial("l2", 0.0, seed): (FAILED, "x") for seed in range(5)}))
    assert summary.strength_min == 1e-3
    assert set(verdicts(summary).values()) == {"undecided"}
    assert "It cannot be compared with strength 0: they have no seed in common." in said(summary)


@pytest.mark.parametrize("bad", [math.inf, math.nan])
def test_a_loss_that_is_not_finite_of_one_example(bad):
    study = make_study()
    results = make_results(study)
    row = int(np.flatnonzero((results.trials["strength"] == 1e-3) & (results.trials["seed"] == 3))[0])
    results.example_losses["validation"][row, 17] = bad
    trials = results.trials.copy()
    trials["val_data_loss"][row] = bad
    summary = summary_of(study, Results(trials, results.epochs, results.example_losses))
    assert summary.strength_min == 1e-4, "the strength with the loss has no mean, and is not chosen"
    assert summary.choices[0].frequencies[1e-3] == 0
    text = said(summary)
    assert "a finished trial's validation data loss is not finite, so no mean is shown there" in text
    assert "Up to 1 seed did not enter: one of the two was not trained there, or has no finite value." in text


def test_no_trial_at_all():
    study = make_study()
    whole = make_results(study)
    nothing = {split: table[:0] for split, table in whole.example_losses.items()}
    summary = summary_of(study, Results(whole.trials[:0], whole.epochs[:0], nothing))
    assert (summary.strength_min, summary.strength_equivalent, summary.choices[0].honest) == (None, None, None)
    assert "No trial has finished" in said(summary)


def test_strengths_that_share_no_seed():
    study = make_study(strengths=(0.0, 0.1), seeds=2)
    ended = {Trial("l2", 0.0, 0): (FAILED, "x"), Trial("l2", 0.1, 1): (FAILED, "x")}
    assert "no seed in common" in said(summary_of(study, make_results(study, ended=ended)))
