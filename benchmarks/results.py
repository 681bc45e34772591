"""The file of results: every run of every sitting, the machines they ran on, and the limits of these."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path

from limit import Limits

DONE, NOT_RUN, FAILED = "done", "not run", "failed"

Losses = tuple[tuple[float, int, float], ...]
"""Strength, seed and final validation data loss of trials."""


@dataclass(frozen=True)
class Run:
    """One run of a peer, or that it was not run to its end.

    Attributes:
        sitting: when the sitting began, which tells sittings apart.
        trials: their number.
        status: ``done``; ``not run``, because it would have taken, or took, more than ``cap`` seconds; or ``failed``.
        seconds: of the whole process.
        peak: bytes.
        losses: of every trial.
    """

    sitting: str
    round: int
    workload: str
    trials: int
    peer: str
    epochs: int
    status: str
    cap: float
    seconds: float = 0.0
    peak: int = 0
    losses: Losses = ()

    @property
    def done(self) -> bool:
        return self.status == DONE


@dataclass
class Results:
    """What is known of all sittings.

    Attributes:
        sittings: what each ran on: machine, processor and versions.
        limits: the best that was measured in any of them.
    """

    sittings: dict[str, dict[str, str]] = field(default_factory=dict)
    runs: list[Run] = field(default_factory=list)
    limits: Limits = field(default_factory=Limits)

    def of(self, workload: str, trials: int) -> list[Run]:
        return [run for run in self.runs if (run.workload, run.trials) == (workload, trials)]


def read(file: Path) -> Results:
    """Read results; there are none where there is no file."""
    if not file.exists():
        return Results()
    content = json.loads(file.read_text(encoding="utf-8"))
    return Results(content["sittings"], [_run(row) for row in content["runs"]], Limits(**content["limits"]))


def write(results: Results, file: Path) -> None:
    """Write results whole or not at all, a run a line."""
    runs = ",\n".join(f"  {json.dumps(_row(run))}" for run in results.runs)
    parts = (
        f'"sittings": {json.dumps(results.sittings, indent=1)}',
        f'"limits": {json.dumps(asdict(results.limits), indent=1)}',
        f'"runs": [\n{runs}\n]',
    )
    draft = file.with_suffix(".draft")
    draft.write_text("{" + ",\n".join(parts) + "}\n", encoding="utf-8")
    os.replace(draft, file)


def _row(run: Run) -> dict[str, object]:
    return asdict(run) | {"seconds": round(run.seconds, 3), "losses": [_rounded(loss) for loss in run.losses]}


def _rounded(loss: Iterable[float]) -> list[float]:
    strength, seed, value = loss
    return [strength, seed, round(value, 5)]


def _run(row: dict[str, object]) -> Run:
    losses = tuple((strength, seed, value) for strength, seed, value in row.pop("losses"))
    return Run(**row, losses=losses)
