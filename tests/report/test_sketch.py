"""The path drawn in text."""

import dataclasses
import math

import pytest
from synthetic import make_results, make_study, make_summary, set_trials

from ridgepath.report.sketch import ASCII, UNICODE, sketch
from ridgepath.report.summary import summarize
from ridgepath.results import DIVERGED
from ridgepath.study import Trial


def with_losses(losses):
    study = make_study(strengths=tuple(losses), seeds=len(next(iter(losses.values()))))
    results = set_trials(make_results(study), "val_data_loss", losses)
    results = set_trials(results, "train_data_loss", {s: [value / 2 for value in of] for s, of in losses.items()})
    return summarize(study, results, name="s", seconds=1.0, context={})


def drawn(summary, *, width=80, pens=UNICODE):
    choice = summary.choices[0]
    return sketch(summary.points_of(choice.variant), choice, width=width, pens=pens)


def column_of(line, text):
    """The column in the middle of a text."""
    return line.index(text) + len(text) // 2


def labels_of(lines):
    [floor] = [number for number, line in enumerate(lines) if "└" in line]
    return lines[floor], lines[floor + 1], lines[floor + 2]


def test_every_strength_has_its_mean_above_its_label():
    lines = drawn(make_summary())
    floor, labels, _ = labels_of(lines)
    for strength in ("0.0001", "0.001", "0.01"):
        column = column_of(labels, strength)
        assert floor[column] == "┴"
        assert [line[column : column + 1] for line in lines[1:13]].count("●") == 1
    assert floor.index("//") < floor.index("┴", floor.index("//"))
    assert sum(line.count("○") for line in lines[1:]) == 4


def test_the_lower_loss_is_drawn_lower():
    lines = drawn(with_losses({0.0: [0.5, 0.51], 0.1: [0.1, 0.11], 1.0: [0.3, 0.31]}))
    rows = {line.index("●"): number for number, line in enumerate(lines[1:13]) if line.count("●") == 1}
    top, lowest, middle = (rows[column] for column in sorted(rows))
    assert top < middle < lowest


def test_intervals_end_where_they_end():
    lines = drawn(with_losses({0.0: [0.2, 0.4], 0.1: [0.29, 0.31], 1.0: [0.299, 0.301]}))
    heights = []
    for place in [index for index, letter in enumerate(labels_of(lines)[0]) if letter == "┴"]:
        column = [line[place] if place < len(line) else " " for line in lines[1:13]]
        heights.append(sum(letter in "┬│┴●" for letter in column))
    assert heights == sorted(heights, reverse=True)
    assert heights[0] > heights[2]


@pytest.mark.parametrize(
    ("one_error", "marks"),
    [(1e-2, {"min": "0.001", "1se": "0.01"}), (1e-3, {"min 1se": "0.001"}), (None, {"min": "0.001"})],
)
def test_the_choices_stand_below_their_strengths(one_error, marks):
    summary = make_summary()
    choice = dataclasses.replace(summary.choices[0], strength_1se=one_error)
    _, labels, below = labels_of(drawn(dataclasses.replace(summary, choices=(choice,))))
    assert below.split() == " ".join(marks).split()
    for mark, strength in marks.items():
        assert abs(column_of(below, mark) - column_of(labels, strength)) <= 1


def test_the_threshold_is_drawn_and_named_where_there_is_one():
    lines = drawn(make_summary())
    assert any("····" in line for line in lines[1:13])
    assert lines[-1] == "··· lowest mean + 1 standard error"
    single = drawn(make_summary(make_study(seeds=1, validation=1)))
    assert "···" not in "".join(single)
    assert "intervals" not in single[0]


def test_a_loss_many_times_the_lowest_makes_the_axis_logarithmic():
    assert "log scale" not in drawn(with_losses({0.0: [0.1, 0.11], 0.1: [0.3, 0.31]}))[0]
    lines = drawn(with_losses({0.0: [0.1, 0.11], 0.1: [0.2, 0.21], 1.0: [50, 51.0]}))
    assert "log scale" in lines[0]
    rows = sorted(number for number, line in enumerate(lines[1:13]) if "●" in line)
    assert len(rows) == 3, "the two small losses can still be told apart"


@pytest.mark.parametrize("width", [40, 60, 80, 300])
@pytest.mark.parametrize("strengths", [2, 4, 19, 60])
def test_no_line_is_wider_than_asked(width, strengths):
    study = make_study(strengths=(0.0, *(10.0 ** (k / 8 - 6) for k in range(strengths - 1))), seeds=2)
    lines = drawn(make_summary(study), width=width)
    assert lines
    assert max(map(len, lines[1:-1])) <= width
    assert all(line == line.rstrip() for line in lines)


def test_where_there_is_no_room_or_one_strength_nothing_is_drawn():
    assert drawn(make_summary(), width=20) == ()
    assert drawn(make_summary(make_study(strengths=(1e-3,)))) == ()
    study = make_study()
    assert drawn(make_summary(study, ended=dict.fromkeys(study.trials, (DIVERGED, "x")))) == ()


def test_a_strength_without_figures_keeps_its_place_and_has_no_mean():
    lines = drawn(make_summary(ended={Trial("l2", 1e-3, seed): (DIVERGED, "x") for seed in range(5)}))
    _, labels, _ = labels_of(lines)
    column = column_of(labels, "0.001")
    assert "●" not in [line[column] for line in lines[1:13] if column < len(line)]
    assert sum(line.count("●") for line in lines[1:]) == 3


def test_equal_losses_are_drawn():
    lines = drawn(with_losses({0.0: [0.25, 0.25], 0.1: [0.25, 0.25]}))
    assert sum(line.count("●") for line in lines[1:]) == 2
    assert math.isclose(float(next(line.split()[0] for line in lines[1:13] if "┤" in line)), 0.25, abs_tol=0.15)


def test_in_ascii_there_is_nothing_else():
    lines = drawn(make_summary(), pens=ASCII)
    assert "".join(lines).isascii()
    assert sum(line.count("*") for line in lines[1:]) == 4
