import re

import pytest
from synthetic import make_study, make_summary

from ridgepath.errors import InputError
from ridgepath.report.markdown import markdown, write_markdown
from ridgepath.results import DIVERGED
from ridgepath.study import Trial


def rows(text):
    return [line for line in text.splitlines() if line.startswith("|")]


def cells(row):
    return re.split(r"(?<!\\)\|", row)[1:-1]


def test_the_table_has_a_row_a_strength_and_equal_columns():
    text = markdown(make_summary())
    table = rows(text)[:6]
    assert [cells(row)[0].strip() for row in table] == ["strength", "---:", "0", "0.0001", "0.001", "0.01"]
    assert len({len(cells(row)) for row in table}) == 1
    assert text.startswith("# studies/l2\n")


def test_trials_without_figures_and_how_it_was_made_are_listed():
    ended = {Trial("l2", 0.01, 3): (DIVERGED, "loss not finite in epoch 4")}
    text = markdown(make_summary(ended=ended))
    assert "- l2 0.01, seed 3: diverged: loss not finite in epoch 4\n" in text
    assert "- keras: 3.15.1\n" in text
    assert "Trials without figures" not in markdown(make_summary())


def test_names_are_no_markup():
    name = "a|b\n# <script>x</script> [l](http://x.y) *b* `c`"
    text = markdown(make_summary(make_study(name=name), name=name, metrics=(name,)))
    assert "<" not in text
    assert not re.search(r"(?<!\\)\[l", text)
    assert len({len(cells(row)) for row in rows(text)[:6]}) == 1
    assert [line for line in text.splitlines() if line.startswith("# ")] == [text.splitlines()[0]]


def test_names_with_underscores_stay_readable():
    assert "val_loss" in markdown(make_summary())
    assert "top\\_k" not in markdown(make_summary(metrics=("top_k",)))


def test_it_is_written_whole_or_refused(tmp_path):
    target = tmp_path / "report.md"
    write_markdown(make_summary(), target)
    assert target.read_text(encoding="utf-8") == markdown(make_summary())
    with pytest.raises(InputError, match="Name a file in a folder that exists"):
        write_markdown(make_summary(), tmp_path / "missing" / "report.md")
    assert [path.name for path in tmp_path.iterdir()] == ["report.md"]
