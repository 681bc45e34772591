"""Write what ``results.json`` holds into RESULTS.md, and its figures into the README.

    python benchmarks/tables.py

Only what stands between the marks of these pages is written anew.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from arithmetic import step_operations, steps
from chart import draw
from comparing import Spread, agreement, per_trial_epoch, ratios, whole
from results import FAILED, Results, Run, read
from roster import PEERS, RIDGEPATH
from workloads import WORKLOADS

HERE = Path(__file__).parent
FILE, RESULTS_PAGE, README, FIGURE = (
    HERE / "results.json",
    HERE / "RESULTS.md",
    HERE.parent / "README.md",
    HERE.parent / "docs" / "speed.svg",
)


def page(results: Results) -> str:
    """Return the generated part of RESULTS.md."""
    cells = sorted({(run.workload, run.trials) for run in results.runs}, key=lambda cell: (_place(cell[0]), cell[1]))
    parts = [machines(results)]
    for workload in dict.fromkeys(name for name, _ in cells):
        counts = [trials for name, trials in cells if name == workload]
        title = WORKLOADS[workload].title
        parts.append(f"### {title[0].upper()}{title[1:]}")
        parts += [comparison(results.of(workload, trials)) for trials in counts]
        if len(counts) > 1:
            parts.append(growth(results, workload, counts))
    parts.append(shares(results, cells))
    return "\n\n".join(part for part in parts if part)


def machines(results: Results) -> str:
    """Say what the sittings ran on, once for those that are alike."""
    found = {}
    for began, about in results.sittings.items():
        versions = f"{about['versions']}. Peers' environment: {about['peers']}."
        alike = f"{about['machine']}; Python {about['python']}; {versions}"
        found.setdefault(alike, []).append(f"{began[:16].replace('T', ' ')} (load {about['load']})")
    return "\n\n".join(f"{alike} Begun {', '.join(began)}." for alike, began in found.items())


def comparison(runs: Sequence[Run]) -> str:
    """Return the table of one workload and number of trials: a row a peer, the fastest first."""
    workload, trials = WORKLOADS[runs[0].workload], runs[0].trials
    whole_times, epoch_times = whole(runs, workload.epochs), per_trial_epoch(runs)
    rows = []
    for name in sorted(_present(runs), key=lambda name: _median(whole_times, name)):
        process, epoch = (_cells(times, name) for times in (whole_times, epoch_times))
        if name not in whole_times:
            process = not_run(runs, name, workload.epochs), ""
        rows.append((PEERS[name].title, *process, *epoch, memory(runs, name), losses(runs, name)))
    heads = (
        counted(trials, "trial"),
        f"whole process, {workload.epochs} epochs",
        "ratio",
        "a trial-epoch",
        "ratio",
        "peak memory",
        "validation data loss",
    )
    return table(heads, rows)


def _cells(times: dict[str, dict[tuple[str, int], float]], name: str) -> tuple[str, str]:
    """Return the median time of a peer and its ratio to ridgepath's, with their spread."""
    spread = Spread.of(times.get(name, {}).values())
    if spread is None:
        return "", ""
    if spread.low <= 0:
        return "lost in the noise", ""
    ratio = None if name == RIDGEPATH else ratios(times, name)
    return seconds(spread.median), "" if ratio is None else told(ratio)


def _median(times: dict[str, dict[tuple[str, int], float]], name: str) -> float:
    """Return what to sort peers by; who was not run comes last."""
    spread = Spread.of(times.get(name, {}).values())
    return float("inf") if spread is None else spread.median


def told(ratio: Spread) -> str:
    """Write a ratio with the least and the most of its rounds."""
    if ratio.count == 1:
        return f"{ratio.median:.3g}"
    return f"{ratio.median:.3g} ({ratio.low:.3g}-{ratio.high:.3g})"


def seconds(value: float) -> str:
    return f"{value:.1f} s" if value >= 1 else f"{1e3 * value:.3g} ms"


def counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def not_run(runs: Sequence[Run], name: str, epochs: int) -> str:
    """Say why there is no figure for a peer."""
    tried = [run for run in runs if run.peer == name and run.epochs == epochs and not run.done]
    if any(run.status == FAILED for run in tried):
        return "failed"
    return f"not run: over {max(run.cap for run in tried) / 60:g} minutes" if tried else "not run"


def memory(runs: Sequence[Run], name: str) -> str:
    peaks = [run.peak for run in runs if run.peer == name and run.done]
    return f"{max(peaks) / 2**20:.0f} MiB" if peaks else ""


def losses(runs: Sequence[Run], name: str) -> str:
    """Return the mean loss after the most epochs that ridgepath and the peer were run for, and whether they agree."""
    common = _epochs(runs, RIDGEPATH) & _epochs(runs, name)
    found = agreement(runs, name, epochs=max(common)) if common else None
    if found is None:
        return ""
    after = "" if max(common) == WORKLOADS[runs[0].workload].epochs else f" after {counted(max(common), 'epoch')}"
    if name == RIDGEPATH:
        return f"{found.loss:.4f}{after}"
    verdict = "agrees" if found.reached else "**differs**"
    return f"{found.loss:.4f}{after}, {verdict} (± {found.tolerance:.4f})"


def _epochs(runs: Sequence[Run], name: str) -> set[int]:
    return {run.epochs for run in runs if run.peer == name and run.done}


def growth(results: Results, workload: str, counts: Sequence[int]) -> str:
    """Return the table of how the whole process grows with the number of trials."""
    epochs = WORKLOADS[workload].epochs
    rows = []
    for name in _present(run for run in results.runs if run.workload == workload):
        row = [PEERS[name].title]
        for trials in counts:
            runs = results.of(workload, trials)
            spread = Spread.of(whole(runs, epochs).get(name, {}).values())
            row.append(not_run(runs, name, epochs) if spread is None else seconds(spread.median))
        rows.append(tuple(row))
    return table(("whole process", *(counted(count, "trial") for count in counts)), rows)


def shares(results: Results, cells: Sequence[tuple[str, int]]) -> str:
    """Return the table of the machine's limit, and ridgepath's share of it."""
    rows = []
    for name, trials in cells:
        taken = Spread.of(per_trial_epoch(results.of(name, trials)).get(RIDGEPATH, {}).values())
        if taken and taken.low > 0 and name in results.limits.passes:
            rows.append(share(name, trials, taken.median, results))
    if not rows:
        return ""
    heads = ("workload", "trials", "products", "pass", "limit", "ridgepath, core-time a trial-step", "its share")
    said = f"One core does {results.limits.peak / 1e9:.0f} GFLOP/s at best, in single precision."
    return f"### The machine's limit, a trial-step and core\n\n{said}\n\n{table(heads, rows)}"


def share(name: str, trials: int, trial_epoch: float, results: Results) -> tuple[str, ...]:
    """Return a row of the limit's table.

    The core-time of a trial-step is the time of a trial-epoch, evaluation included, over its steps, times the cores
    that the trials can keep busy.
    """
    workload, limits = WORKLOADS[name], results.limits
    taken = trial_epoch / steps(workload.examples, workload.batch_size) * min(trials, cores(results))
    parts = step_operations(workload.layers, workload.batch_size) / limits.peak, limits.passes[name]
    times = (f"{1e3 * value:.3f} ms" for value in (*parts, limits.step(name), taken))
    return name, str(trials), *times, f"{limits.step(name) / taken:.0%}"


def cores(results: Results) -> int:
    """Return the cores of the last sitting."""
    (*_, about) = results.sittings.values()
    return int(re.search(r"(\d+) cores", about["machine"]).group(1))


def account(results: Results) -> str:
    """Return the generated part of the README: the task's whole processes, and the figure."""
    workload = WORKLOADS["task"]
    times = whole(results.of("task", 4), workload.epochs)
    own = Spread.of(times[RIDGEPATH].values())
    rows = []
    for name in sorted(times.keys() - {RIDGEPATH}, key=lambda name: _median(times, name)):
        rows.append(f"{PEERS[name].title} {_median(times, name):.0f} s ({told(ratios(times, name))} times as long)")
    return (
        f"Four networks of the task on full Fashion-MNIST, {workload.epochs} epochs on {cores(results)} cores, from "
        f"the start of the process to its end: ridgepath {own.median:.0f} s; {'; '.join(rows)}.\n\n"
        "![What one more epoch of one network takes beside ridgepath, and seconds of the whole process against the "
        f"number of networks]({FIGURE.relative_to(README.parent)})"
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = (heads, ("---",) * len(heads), *rows)
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def replaced(text: str, mark: str, content: str) -> str:
    """Put content between the marks ``<!-- mark -->`` and ``<!-- /mark -->`` of a page.

    Raises:
        ValueError: the page has no such marks.
    """
    before, opened, rest = text.partition(f"<!-- {mark} -->")
    _, closed, after = rest.partition(f"<!-- /{mark} -->")
    if not opened or not closed:
        raise ValueError(f"a page with <!-- {mark} --> and <!-- /{mark} -->; received one without. Put them in.")
    return f"{before}{opened}\n{content}\n{closed}{after}"


def _present(runs: Iterable[Run]) -> list[str]:
    found = {run.peer for run in runs}
    return [name for name in PEERS if name in found]


def _place(workload: str) -> int:
    return list(WORKLOADS).index(workload)


def write_pages(results: Results) -> list[Path]:
    """Write the pages and the figure, and return what was written; the README needs ridgepath's times of the task."""
    pages = [(RESULTS_PAGE, "sitting", page(results))]
    task = results.of("task", 4)
    if RIDGEPATH in per_trial_epoch(task) and RIDGEPATH in whole(task, WORKLOADS["task"].epochs):
        pages.append((README, "speed", account(results)))
        draw(results, FIGURE)
    for path, mark, content in pages:
        path.write_text(replaced(path.read_text(encoding="utf-8"), mark, content), encoding="utf-8")
    return [path for path, *_ in pages]


def main() -> None:
    parser = argparse.ArgumentParser(description="Write results.json into RESULTS.md and the README.")
    parser.add_argument("--results", type=Path, default=FILE)
    for path in write_pages(read(parser.parse_args().results)):
        print(path)


if __name__ == "__main__":
    main()
