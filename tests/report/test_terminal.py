import io
import re

import pytest
from rich.cells import cell_len
from rich.console import Console
from synthetic import make_results, make_study, make_summary, set_trials

from ridgepath.report.formatting import write_estimate
from ridgepath.report.summary import summarize
from ridgepath.report.terminal import print_summary
from ridgepath.results import DIVERGED, Results
from ridgepath.study import Trial


def printed(summary, *, width=80):
    file = io.StringIO()
    print_summary(summary, Console(file=file, width=width, color_system=None))
    return file.getvalue()


def flat(text):
    return " ".join(text.split())


STUDIES = {
    "usual": make_summary(),
    "a trial that diverged": make_summary(ended={Trial("l2", 0.01, 3): (DIVERGED, "loss not finite in epoch 4")}),
    "one seed": make_summary(make_study(seeds=1)),
    "regression without metrics": make_summary(make_study(test=0), metrics=()),
    "a long metric": make_summary(metrics=("sparse_top_k_categorical_accuracy_at_five",)),
    "a long name": make_summary(name="x" * 300),
    "two variants": make_summary(make_study(variants=("l2", "weight_decay"), strengths=(0.0, 3.16e-5, 1e-2))),
    "all diverged": make_summary(make_study(), ended=dict.fromkeys(make_study().trials, (DIVERGED, "loss not finite"))),
}


@pytest.mark.parametrize("name", STUDIES)
@pytest.mark.parametrize("width", [80, 60])
def test_no_line_is_wider_than_the_terminal_or_cut(name, width):
    text = printed(STUDIES[name], width=width)
    assert max(cell_len(line) for line in text.splitlines()) <= width
    assert "…" not in text


def test_the_answer_comes_before_the_tables_and_the_notes_after():
    text = printed(STUDIES["usual"])
    answer, table, notes = (text.index(part) for part in ("has the lowest mean", "─────", "cover the noise of seeds"))
    assert answer < table < notes


def test_every_measure_of_every_strength_is_there():
    summary, text = STUDIES["usual"], printed(STUDIES["usual"])
    for point in summary.points:
        for measure, estimate in point.estimates.items():
            assert str(write_estimate(estimate, scale=100.0 if measure == "near_zero" else 1.0)) in text, measure
    headings = ["data loss", "accuracy", "penalty", "L2 norm", "near zero, %", "val_loss", "epoch"]
    assert all(heading in text for heading in headings)


def test_a_wide_terminal_has_fewer_tables():
    tables = [len(re.findall("^─+$", printed(STUDIES["usual"], width=width), re.MULTILINE)) for width in (60, 80, 300)]
    assert tables == sorted(tables, reverse=True)
    assert tables[-1] == 5


def test_the_choices_are_marked_on_their_rows():
    study = make_study(strengths=(0.0, 1e-4, 1e-3), seeds=2)
    losses = {0.0: [0.8, 0.9], 1e-4: [0.2, 0.4], 1e-3: [0.3, 0.31]}
    text = printed(
        summarize(study, set_trials(make_results(study), "val_data_loss", losses), name="s", seconds=1.0, context={})
    )
    assert re.search(r"^0\.0001 +min +2 +0\.30 ± 0\.10 ", text, re.MULTILINE)
    assert re.search(r"^0\.001 +1se +2 +0\.3050 ± 0\.0050 ", text, re.MULTILINE)
    assert re.search(r"^0 +2 ", text, re.MULTILINE)


def test_the_line_on_keras_is_there_only_where_it_disagrees():
    study = make_study(strengths=(0.0, 1e-4), seeds=2)
    results = set_trials(make_results(study), "val_data_loss", {0.0: [0.8, 0.9], 1e-4: [0.2, 0.4]})
    for keras, expected in (({0.0: [1, 1], 1e-4: [2, 2]}, True), ({0.0: [2, 2], 1e-4: [1, 1]}, False)):
        summary = summarize(study, set_trials(results, "val_loss", keras), name="s", seconds=1.0, context={})
        sentence = "Keras' val_loss contains the penalty; it would pick 0 instead of 0.0001."
        assert (sentence in flat(printed(summary))) is expected


def test_trials_without_figures_are_listed_up_to_ten():
    text = flat(printed(STUDIES["a trial that diverged"]))
    assert "l2 0.01, seed 3: diverged: loss not finite in epoch 4" in text
    assert "4 of 5" in text
    text = flat(printed(STUDIES["all diverged"]))
    assert text.count("diverged: loss not finite") == 10
    assert "and 10 more trials without figures." in text


def test_names_can_neither_colour_nor_move_the_terminal():
    summary = make_summary(name="\x1b[31mred\x07\r[bold]x[/bold]", metrics=("a\x1b[2Jb",))
    text = printed(summary)
    assert not set(text) & {"\x1b", "\x07", "\r"}
    assert "[bold]x[/bold]" in text


def test_a_study_without_trials_says_so():
    study = make_study()
    whole = make_results(study)
    summary = summarize(study, Results(whole.trials[:0], whole.epochs[:0], {}), name="s", seconds=0.0, context={})
    text = printed(summary)
    assert "No trial has finished, so there is no answer yet." in text
    assert re.search(r"^0\.01 +0 of 5 +– +–", text, re.MULTILINE)


@pytest.mark.parametrize("name", STUDIES)
def test_a_terminal_with_ascii_only_gets_ascii_only(name):
    raw = io.BytesIO()
    file = io.TextIOWrapper(raw, encoding="ascii", write_through=True)
    print_summary(STUDIES[name], Console(file=file, width=80, color_system=None))
    text = raw.getvalue().decode("ascii")
    assert max(len(line) for line in text.splitlines()) <= 80
    for point in STUDIES[name].points:
        assert str(write_estimate(point.estimates["weight_norm"])).replace("±", "+/-").replace("–", "-") in text


def test_the_path_is_drawn_between_the_answer_and_the_table():
    text = printed(STUDIES["usual"])
    drawing = text.index("Data loss against strength: ● validation")
    assert text.index("has the lowest mean") < drawing < text.index("─────")
    assert printed(STUDIES["two variants"]).count("Data loss against strength") == 2
    assert "Data loss against strength" not in printed(STUDIES["all diverged"])
