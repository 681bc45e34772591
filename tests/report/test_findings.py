"""The diagnosis of a study: from its tables to the sentences that a reader meets."""

import io
import json
import math
import typing
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from synthetic import STRENGTHS, make_results, make_study, make_summary, with_columns

from ridgepath.report.findings import findings
from ridgepath.report.html import page
from ridgepath.report.locale.en import findings as words
from ridgepath.report.markdown import markdown
from ridgepath.report.summary import summarize
from ridgepath.report.terminal import print_summary
from ridgepath.results import DIVERGED, Results, column_names
from ridgepath.splits import REDRAWN
from ridgepath.statistics.claims import Claim, Figure, Key, Reason, Unit
from ridgepath.statistics.diagnosis import State, diagnose
from ridgepath.statistics.evidence import Interval, Measured
from ridgepath.study import Trial

SHARES = ("gradient_share", "update_share", "sensitivity")


def diagnosis_of(study, results, variant="l2"):
    return summarize(study, results, name="s", seconds=1.0, context={}).diagnosis_of(variant)


def without_shares(results):
    """The results of a study that was recorded before these figures were taken."""
    kept = [name for name in column_names(results.trials) if name not in SHARES]
    return Results(results.trials[kept], results.epochs, results.example_losses)


def with_shares(results, share):
    trials = with_columns(
        results.trials,
        update_share=np.where(results.trials["strength"] > 0, share, 0.0),
        gradient_share=np.where(results.trials["strength"] > 0, share / 2, 0.0),
        sensitivity=results.trials["weight_norm"] ** 0.5,
    )
    return Results(trials, results.epochs, results.example_losses)


def claims_of(diagnosis):
    return {claim.key: claim for claim in diagnosis.claims}


def answers_of(diagnosis):
    return {answer.claim: answer for answer in findings(diagnosis).answers}


def test_the_diagnosis_is_that_of_the_tables():
    study = make_study()
    results = without_shares(make_results(study))
    columns = ("train_data_loss", "weight_norm", "near_zero")
    expected = diagnose(
        Measured(
            STRENGTHS,
            results.example_losses["validation"].reshape(4, 5, -1),
            results.epochs["val_data_loss"].reshape(4, 5, -1),
            {name: results.trials[name].reshape(4, 5) for name in columns},
        )
    )
    order = np.random.default_rng(0).permutation(len(results.trials))
    losses = {split: table[order] for split, table in results.example_losses.items()}
    for each in (results, Results(results.trials[order], results.epochs[::-1], losses)):
        found = diagnosis_of(study, each)
        assert (found.shifts, found.turnings) == (expected.shifts, expected.turnings)
        assert found.claims[:-1] == expected.claims
        assert found.variant == "l2"


def test_a_trial_that_diverged_enters_nowhere_and_the_counts_say_so():
    study = make_study()
    found = diagnosis_of(study, make_results(study, ended={Trial("l2", 1e-3, 2): (DIVERGED, "loss not finite")}))
    assert [shift.validation.seeds for shift in found.shifts] == [5, 4, 5]
    assert [turning.rise.seeds for turning in found.turnings] == [5, 5, 4, 5]
    assert "over 4 to 5 seeds" in findings(found).reading


@pytest.mark.parametrize("empty", [True, False])
def test_a_study_recorded_before_says_that_the_shares_are_not_known(empty):
    study = make_study()
    old = without_shares(make_results(study))
    if empty:
        nothing = dict.fromkeys(SHARES, math.nan)
        old = Results(with_columns(old.trials, **nothing), old.epochs, old.example_losses)
    answers = answers_of(diagnosis_of(study, old))
    for key in ("balance", "less sensitive"):
        answer = answers[words.CLAIMS[key]]
        assert answer.verdict == "undecided"
        assert answer.grounds.startswith("Not recorded in this study")


@pytest.mark.parametrize(("share", "verdict"), [(0.5, "supported"), (0.1, "contradicted")])
def test_the_shares_and_the_sensitivity_are_taken_from_the_trials(share, verdict):
    study = make_study()
    found = diagnosis_of(study, with_shares(make_results(study), share))
    answers = answers_of(found)
    balance = answers[words.CLAIMS["balance"]]
    assert balance.verdict == verdict
    assert f"Share of the penalty in the update: {share} ({share} to {share}) at 0.0001" in balance.grounds
    assert f"share of the penalty in the gradient: {share / 2}" in balance.grounds
    sensitive = answers[words.CLAIMS["less sensitive"]]
    assert (sensitive.verdict, claims_of(found)["less sensitive"].figures[0].interval.mean) == (
        "supported",
        pytest.approx(0.5),
    )
    assert "% per 1%" in sensitive.grounds


def test_l2_and_dropout_are_compared_where_a_study_has_both():
    study = make_study(variants=("dropout", "l2"))
    results = make_results(study)
    results.trials["weight_norm"][results.trials["variant"] == "dropout"] = 20.0
    found = [diagnosis_of(study, results, variant).claims[-1] for variant in ("l2", "dropout")]
    assert found[0] == found[1]
    assert (found[0].key, found[0].verdict) == ("dropout differs", "supported")
    weights = found[0].figures[0]
    grounds = answers_of(diagnosis_of(study, results))[words.CLAIMS["dropout differs"]].grounds
    assert f" with l2 {weights.strength} against dropout {weights.against}, each relative to its strength 0" in grounds
    alone = make_summary().diagnosis_of("l2").claims[-1]
    assert (alone.verdict, alone.reason) == ("undecided", "no dropout and l2")


def test_seeds_that_were_added_after_a_look_have_their_part_of_the_error():
    study = make_study(seeds=4)
    results = make_results(study)
    once, twice = (replace(study, looks=looks) for looks in (((0, 1, 2, 3),), ((0, 1), (2, 3))))
    widths = [
        [shift.gap.high - shift.gap.low for shift in diagnosis_of(each, results).shifts]
        for each in (study, once, twice)
    ]
    assert all(one < half < sixth for one, half, sixth in zip(*widths, strict=True))


def test_seeds_that_are_planned_and_not_trained_use_none_of_the_error():
    study = replace(make_study(seeds=4), looks=((0, 1, 2, 3),))
    results = make_results(study)
    planned = replace(study, further=(Trial("l2", 0.0, 4), Trial("l2", 1e-3, 4)), looks=((0, 1, 2, 3), (4,)))
    assert diagnosis_of(planned, results).shifts == diagnosis_of(study, results).shifts


def test_seeds_with_splits_of_their_own_have_wider_intervals_and_it_is_said():
    study = make_study()
    results, divided = make_results(study), replace(study, validation=REDRAWN)
    found = diagnosis_of(divided, results)
    for whole, each in zip(diagnosis_of(study, results).shifts, found.shifts, strict=True):
        assert each.training.high - each.training.low > whole.training.high - whole.training.low
    said = findings(found)
    assert "They cover the noise of seeds, examples and splits." in said.reading
    assert "the noise of 5 seeds with splits of their own" in said.reading
    assert "They cover the noise of seeds, examples and splits." in said.answers_reading
    assert "on these" not in said.reading


def test_one_seed_shows_figures_and_decides_nothing():
    found = make_summary(make_study(seeds=1)).diagnosis_of("l2")
    said = findings(found)
    assert {row[-1] for row in said.tables[0].rows} == {"not known"}
    assert {row[-1] for row in said.tables[1].rows} == {"undecided"}
    assert all(row[1].isdigit() and "(" not in row[2] for row in said.tables[1].rows)
    assert {answer.verdict for answer in said.answers} == {"undecided"}
    weights = answers_of(found)[words.CLAIMS["smaller weights"]]
    assert weights.grounds.endswith("% at 0.01 against 0; it takes two seeds at least.")


def test_one_strength_has_a_course_and_no_change():
    study = make_study(strengths=(0.001,))
    said = findings(diagnosis_of(study, without_shares(make_results(study))))
    assert [table.heading for table in said.tables] == ["Validation data loss over the epochs"]
    assert said.reading.startswith("Over the epochs")
    assert {answer.verdict for answer in said.answers} == {"undecided"}


def test_a_study_without_usable_trials_has_nothing_to_say():
    study = make_study()
    whole = make_results(study)
    empty = Results(whole.trials[:0], whole.epochs[:0], {})
    assert findings(diagnosis_of(study, empty)) is None
    diverged = make_summary(study, ended=dict.fromkeys(study.trials, (DIVERGED, "loss not finite")))
    assert diverged.diagnoses == ()
    lost = Results(whole.trials, whole.epochs, {name: table * np.nan for name, table in whole.example_losses.items()})
    assert findings(diagnosis_of(study, lost)) is None


def test_a_study_whose_epochs_are_lost_still_has_its_changes():
    study = make_study()
    whole = make_results(study)
    found = diagnosis_of(study, Results(whole.trials, whole.epochs[:0], whole.example_losses))
    assert [shift.state for shift in found.shifts] == [s.state for s in diagnosis_of(study, whole).shifts]
    assert {turning.course for turning in found.turnings} == {"undecided"}
    assert {row[1] for row in findings(found).tables[1].rows} == {"–"}


def test_changes_are_written_with_their_direction_and_interval():
    found = make_summary().diagnosis_of("l2")
    shift, row = found.shifts[-1], findings(found).tables[0].rows[-1]
    assert shift.training.direction == "rises"
    assert row[0] == "0.01"
    mark, mean, low, _, high = row[1].replace("(", "").replace(")", "").split()
    assert mark == "↑"
    figures = (shift.training.mean, shift.training.low, shift.training.high)
    assert (float(mean), float(low), float(high)) == pytest.approx(figures, rel=0.02)
    assert shift.state in row[-1]
    assert words.STATES[shift.state] in findings(found).reading


def test_a_claim_that_nothing_is_gained_says_what_gain_would_count():
    study = make_study(strengths=(0.0, 1e-4))
    results = make_results(study)
    results.example_losses["validation"][5:] = results.example_losses["validation"][:5]
    answer = answers_of(diagnosis_of(study, results))[words.CLAIMS["better generalization"]]
    assert answer.verdict == "contradicted"
    assert "; every gain is surely below one standard error of the mean: 0.0" in answer.grounds


def test_the_reading_names_seeds_examples_and_noise():
    said = findings(make_summary().diagnosis_of("l2"))
    assert "over 5 seeds" in said.reading
    assert "that of seeds and of 1,000 validation examples" in said.reading
    assert "In brackets: 95% intervals from 5 seeds" in said.answers_reading
    assert "cover the noise of seeds or of seeds and examples" in said.answers_reading


def test_everything_that_can_be_said_has_its_words():
    for named, table in ((Key, words.CLAIMS), (Reason, words.REASONS), (State, words.STATES), (Unit, words.UNITS)):
        assert set(table) == set(typing.get_args(named))


def test_the_json_has_states_turning_epochs_and_claims():
    document = make_summary(make_study(variants=("l2", "decay"))).to_json()
    assert json.loads(json.dumps(document, allow_nan=False)) == document
    assert [each["variant"] for each in document["diagnosis"]] == ["l2", "decay"]
    entry = document["diagnosis"][0]
    assert [(each["strength"], each["against"]) for each in entry["strengths"]] == [(s, 0.0) for s in STRENGTHS[1:]]
    interval = {"mean", "low", "high", "seeds", "examples", "covers", "direction"}
    assert all(set(entry["strengths"][0][name]) == interval for name in ("train_data_loss", "val_data_loss", "gap"))
    assert entry["strengths"][0]["state"] in typing.get_args(State)
    assert {"epoch", "low", "high", "last", "rise", "course"} <= set(entry["turning"][0])
    assert [claim["key"] for claim in entry["claims"]] == list(typing.get_args(Key))
    assert set(entry["claims"][0]) == {"key", "verdict", "figures", "reason"}
    assert set(entry["claims"][0]["figures"][0]) == {"measure", "unit", "strength", "against", "interval"}
    single = make_summary(make_study(seeds=1)).to_json()["diagnosis"][0]
    assert single["turning"][0]["rise"]["low"] is None


def test_terminal_page_and_markdown_say_the_same():
    summary, file = make_summary(), io.StringIO()
    print_summary(summary, Console(file=file, width=80, color_system=None))
    printed = " ".join(file.getvalue().split())
    said = findings(summary.diagnosis_of("l2"))
    html, text = page(summary), markdown(summary)
    for answer in said.answers:
        assert f"{answer.verdict} {answer.claim}. {answer.grounds}" in printed
        row = f"<td>{answer.verdict}</td><td>{answer.grounds.replace('<', '&lt;')}</td>"
        assert f'<th scope="row">{answer.claim}</th>{row}' in html
        grounds = answer.grounds.replace("<", "&lt;").replace("|", "\\|")
        assert f"| {answer.claim} | {answer.verdict} | {grounds} |" in text
    for table in said.tables:
        for row in table.rows:
            assert f"| {' | '.join(row)} |" in text
            assert all(cell in printed for cell in row)
            assert "".join(f"<td>{cell}</td>" for cell in row[1:]) in html
    assert html.count(words.THE_CLAIMS) == text.count(words.THE_CLAIMS) == 1


def test_one_point_is_no_points():
    interval = Interval(1.0, -12.0, 14.0, 2, 1, "seeds")
    claim = Claim("sparser weights", "undecided", (Figure("near_zero", "percentage points", 0.1, 0.0, interval),))
    found = replace(make_summary().diagnoses[0], claims=(claim,))
    assert "1 percentage point (-12 to 14) at 0.1 against 0" in findings(found).answers[0].grounds
