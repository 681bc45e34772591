"""The pages that are rendered from results."""

import xml.etree.ElementTree as ElementTree

import pytest
import tables
from chart import INK, INK_ON_DARK, apart, draw
from limit import Limits
from results import DONE, FAILED, NOT_RUN, Results, Run, read
from tables import FILE, README, RESULTS_PAGE, account, page, replaced, write_pages

LOSSES = ((0.0, 1_000, 0.3), (1e-4, 1_000, 0.3), (1e-3, 1_000, 0.3), (1e-2, 1_000, 0.42))
OTHERS = tuple((strength, seed, loss + 0.1) for strength, seed, loss in LOSSES)


def runs_of(workload, trials, peer, short, long, *, losses=LOSSES, epochs=15):
    yield Run("2026-01-02T03:04:05+00:00", 1, workload, trials, peer, 1, DONE, 900.0, short, 300 * 2**20, losses)
    if long is None:
        yield Run("2026-01-02T03:04:05+00:00", 1, workload, trials, peer, epochs, NOT_RUN, 900.0)
    else:
        yield Run(
            "2026-01-02T03:04:05+00:00", 1, workload, trials, peer, epochs, DONE, 900.0, long, 400 * 2**20, losses
        )


@pytest.fixture
def results():
    about = {"machine": "a processor, 2 cores, 8 GiB", "python": "3.11", "versions": "jax 1", "peers": "torch 2"}
    runs = [
        *runs_of("task", 4, "ridgepath", 10.0, 26.8),
        *runs_of("task", 4, "torch", 10.0, 60.4, losses=OTHERS),
        *runs_of("task", 4, "keras-jax", 12.0, 96.0),
        *runs_of("task", 4, "keras-tensorflow", 60.0, None),
        *runs_of("digits", 4, "ridgepath", 4.0, 5.4),
        *runs_of("digits", 20, "ridgepath", 5.0, 9.2),
        *runs_of("digits", 4, "torch", 3.0, 8.6),
        *runs_of("digits", 20, "torch", 4.0, None),
    ]
    limits = Limits(100e9, {"task": 1e-4, "digits": 1e-4})
    return Results({"2026-01-02T03:04:05+00:00": about | {"load": "0.1"}}, runs, limits)


def row(text, *cells):
    """Return the cells of the row that begins so."""
    (line,) = [line for line in text.splitlines() if line.startswith(f"| {' | '.join(cells)} |")]
    return [cell.strip() for cell in line.strip("|").split("|")]


def test_a_row_has_times_ratios_memory_and_losses(results):
    text = page(Results(results.sittings, results.of("task", 4), results.limits))
    own = row(text, "ridgepath", "26.8 s")
    assert own[3:] == ["300 ms", "", "400 MiB", "0.3300"]
    loop = row(text, "Keras `fit` on JAX, in a loop")
    assert loop[1:6] == ["96.0 s", "3.58", "1.5 s", "5", "400 MiB"]
    assert loop[6].startswith("0.3300, agrees")


def test_a_loss_that_is_not_reached_is_flagged(results):
    assert "0.4300, **differs** (± 0.0165)" in row(page(results), "PyTorch loop, default threads", "60.4 s")[6]


def test_what_was_not_run_says_so_and_has_no_figure(results):
    text = page(Results(results.sittings, results.of("task", 4), results.limits))
    slow = row(text, "Keras `fit` on TensorFlow, in a loop")
    assert slow[1:5] == ["not run: over 15 minutes", "", "", ""]
    assert slow[6] == "0.3300 after 1 epoch, agrees (± 0.0165)"
    assert text.index("Keras `fit` on TensorFlow") > text.index("Keras `fit` on JAX")


def test_what_failed_says_so(results):
    failed = Run("2026-01-02T03:04:05+00:00", 1, "task", 4, "sklearn", 15, FAILED, 900.0)
    results.runs.append(failed)
    assert row(page(results), "scikit-learn's MLP")[1:] == ["failed", "", "", "", "", ""]


def test_growth_has_a_column_a_number_of_trials(results):
    assert row(page(results), "ridgepath", "5.4 s", "9.2 s")
    assert row(page(results), "PyTorch loop, default threads", "8.6 s", "not run: over 15 minutes")


def test_the_share_of_the_limit_is_of_the_core_time(results):
    found = row(page(results), "task", "4")
    operations = 2 * 32 * (2 * (784 * 128 + 128 * 10) + 128 * 10)
    limit = operations / 100e9 + 1e-4
    taken = 0.3 * 2 / 1719  # two cores, 1,719 steps an epoch
    assert found[2:] == ["0.131 ms", "0.100 ms", "0.231 ms", "0.349 ms", f"{limit / taken:.0%}"]


def test_the_readme_tells_whole_processes_nearest_first(results):
    text = account(results)
    assert "15 epochs on 2 cores" in text
    assert "ridgepath 27 s; PyTorch loop, default threads 60 s (2.25 times as long)" in text
    assert text.index("PyTorch") < text.index("Keras `fit` on JAX")
    assert "TensorFlow" not in text


def test_only_what_stands_between_the_marks_is_replaced():
    text = "before\n<!-- here -->\nold\n<!-- /here -->\nafter\n"
    assert replaced(text, "here", "new") == "before\n<!-- here -->\nnew\n<!-- /here -->\nafter\n"
    with pytest.raises(ValueError, match="<!-- there -->"):
        replaced(text, "there", "new")


def test_a_better_limit_of_the_same_machine_is_kept():
    busy, quiet = Limits(1.0, {"task": 3.0, "table": 1.0}), Limits(2.0, {"task": 2.0})
    assert busy.best(quiet) == quiet.best(busy) == Limits(2.0, {"task": 2.0, "table": 1.0})


def test_the_figure_names_every_line_and_bar_and_suits_dark_pages(results, tmp_path):
    file = tmp_path / "speed.svg"
    draw(results, file)
    root = ElementTree.fromstring(file.read_text(encoding="utf-8"))
    texts = [element.text for element in root.iter() if element.tag.endswith("text")]
    assert texts.count("ridgepath") == 2
    assert {"Keras on JAX", "PyTorch", "5×", "3×"} <= set(texts)
    style = next(element.text for element in root.iter() if element.tag.endswith("style"))
    assert INK in style
    assert INK_ON_DARK in style


def test_names_of_lines_are_kept_apart():
    placed = apart({"a": 10.0, "b": 10.1, "c": 100.0})
    assert placed["a"] == 10.0
    assert placed["b"] > 11.0
    assert placed["c"] == 100.0


@pytest.fixture
def pages(tmp_path, monkeypatch):
    for name in ("RESULTS_PAGE", "README"):
        (tmp_path / name).write_text("<!-- sitting -->\n<!-- /sitting -->\n<!-- speed -->\n<!-- /speed -->\n")
        monkeypatch.setattr(tables, name, tmp_path / name)
    monkeypatch.setattr(tables, "FIGURE", tmp_path / "speed.svg")
    return tmp_path


def test_pages_and_figure_are_written(results, pages):
    assert write_pages(results) == [pages / "RESULTS_PAGE", pages / "README"]
    assert "| ridgepath | 26.8 s |" in (pages / "RESULTS_PAGE").read_text()
    assert "(speed.svg)" in (pages / "README").read_text()
    assert (pages / "speed.svg").exists()


def test_without_the_task_the_readme_stays(results, pages):
    assert write_pages(Results(results.sittings, results.of("digits", 4), results.limits)) == [pages / "RESULTS_PAGE"]
    assert not (pages / "speed.svg").exists()


@pytest.mark.skipif(not FILE.exists(), reason="no sitting is kept")
def test_the_pages_are_those_of_the_results(tmp_path, monkeypatch):
    (tmp_path / "docs").mkdir()
    for name, path in (("RESULTS_PAGE", RESULTS_PAGE), ("README", README)):
        monkeypatch.setattr(tables, name, tmp_path / path.name)
        (tmp_path / path.name).write_text(path.read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(tables, "FIGURE", tmp_path / "docs" / "speed.svg")
    write_pages(read(FILE))
    for path in (RESULTS_PAGE, README):
        rendered = (tmp_path / path.name).read_text(encoding="utf-8")
        assert rendered == path.read_text(encoding="utf-8"), f"{path.name} is older: python benchmarks/tables.py"
