"""What is said of the comparisons."""

import dataclasses

import pytest
from synthetic import make_results, make_study, make_summary, with_columns

from ridgepath.report.families import Terms
from ridgepath.report.summary import summarize
from ridgepath.report.verdicts import verdicts, would_decide
from ridgepath.results import Results
from ridgepath.study import Trial


def with_losses(study, effect, *, noise=0.01):
    """Results whose losses (trial × example) differ between strengths by ``effect`` alone, noise aside."""
    import numpy as np

    results = make_results(study)
    rng = np.random.default_rng(0)
    example = rng.normal(0.3, 0.2, study.data.validation)
    strengths = np.array([effect[strength] for strength in results.trials["strength"]])
    losses = example + strengths[:, None] + rng.normal(0, noise, (len(strengths), len(example)))
    trials = with_columns(results.trials, val_data_loss=losses.mean(axis=1))
    return Results(trials, results.epochs, {"validation": losses.astype(np.float32)})


def families_of(study, results, **terms):
    return summarize(study, results, name="s", seconds=1.0, context={}, terms=Terms(**terms)).families


def said(families, variant="l2"):
    found = verdicts(families, variant)
    return [dict(zip(table.columns, row, strict=True)) for table in found.tables for row in table.rows]


@pytest.mark.parametrize(("effect", "verdict"), [(0.05, "worse"), (0.0, "equivalent")])
def test_verdicts_follow_the_truth_and_are_said(effect, verdict):
    study = make_study(strengths=(0.0, 0.1), test=0)
    [row] = said(families_of(study, with_losses(study, {0.0: 0.0, 0.1: effect})))
    assert (row["strength"], row["verdict"]) == ("0.1", verdict)
    assert row["95% interval"].count(" to ") == 1
    assert (row["p"] == "< 0.001") == (effect != 0)
    assert "would decide" not in row


@pytest.mark.parametrize(
    ("change", "cell", "sentence"),
    [
        ({"seeds_needed": 9, "examples_needed": 4}, "~9 seeds", "about 9 seeds in all would decide it"),
        ({"seeds_needed": None, "examples_needed": 4049}, "~4,000 examples", "about 4,000 validation examples would"),
        ({"seeds_needed": None, "examples_needed": None}, "neither alone", "neither more seeds nor more examples"),
        ({"covers": "seeds, examples and splits"}, "not by seeds", "more seeds alone would not decide it"),
        ({"seeds": 1}, "more seeds", "one seed decides nothing"),
        ({"verdict": "better"}, None, ""),
    ],
)
def test_what_is_open_is_said_with_what_would_decide_it(change, cell, sentence):
    [family, *_] = make_summary(make_study(strengths=(0.0, 0.1))).families
    found = dataclasses.replace(family.found[0], **({"verdict": "undecided"} | change))
    [row] = said([dataclasses.replace(family, found=(found,))])
    assert row.get("would decide") == cell
    assert sentence in would_decide(found)
    assert bool(would_decide(found)) == bool(sentence)


def test_no_seed_in_common_is_said():
    study = make_study(strengths=(0.0, 0.1), seeds=2)
    ended = {Trial("l2", 0.0, 0): ("failed", "x"), Trial("l2", 0.1, 1): ("failed", "x")}
    [row, *_] = said(make_summary(study, ended=ended).families)
    assert (row["difference"], row["95% interval"], row["would decide"]) == ("–", "–", "no common seed")


def test_the_reading_names_the_measure_its_direction_and_the_noise():
    study = make_study()
    results = make_results(study)
    on_loss = verdicts(families_of(study, results), "l2").reading
    assert "validation data loss, paired by seed and example; a negative one is better" in on_loss
    assert "cover the noise of seeds and examples" in on_loss
    on_metric = verdicts(families_of(study, results, measure="val_accuracy", larger_is_better=True), "l2").reading
    assert "validation accuracy, paired by seed; a positive one is better" in on_metric
    assert "cover the noise of seeds." in on_metric


def test_the_margin_and_where_it_comes_from_are_said():
    study = make_study()
    results = make_results(study)
    families = families_of(study, results)
    [smallest, lowest] = verdicts(families, "l2").tables
    margin = f"±{families[0].found[0].margin:.2g}"
    assert smallest.margin == (
        f"Equivalent: the interval lies within {margin}, one standard error of the mean at strength 0."
    )
    assert lowest.margin.endswith("one standard error of the mean at strength 0.001.")
    [smallest, _] = verdicts(families_of(study, results, margin=0.25), "l2").tables
    assert "within ±0.25, the margin that you set" in smallest.margin


def test_seeds_left_out_and_further_looks_are_said():
    study = make_study(seeds=4)
    grown = dataclasses.replace(study, further=(Trial("l2", 0.0, 4), Trial("l2", 1e-3, 4)), looks=((0, 1, 2, 3), (4,)))
    reading = verdicts(make_summary(grown).families, "l2").reading
    assert "the k-th look at a comparison uses 1/(k(k+1)) of the 5%" in reading
    assert reading.endswith("here up to look 2.")
    ended = {Trial("l2", 1e-3, 2): ("failed", "x")}
    assert "Up to 1 seed did not enter" in verdicts(make_summary(study, ended=ended).families, "l2").reading


def test_choices_of_variants_are_named_by_both():
    families = make_summary(make_study(variants=("l1", "l2"))).families
    assert [row["choice"] for row in said(families, "")] == ["l2 0.001 against l1 0.001"]
    assert verdicts(families, "dropout") is None
