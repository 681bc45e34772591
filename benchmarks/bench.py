"""Time ridgepath and its peers on the same trials, in one sitting: whole processes, in interleaved rounds.

    make bench                                  everything, an hour or more on two cores, and the tables anew
    python benchmarks/bench.py --parts 1:8      the first eight parts of it
    python benchmarks/bench.py --workload digits --peer torch --trials 4 --epochs 1,5 --rounds 1
    python benchmarks/tables.py                 RESULTS.md, the README and its figure, from results.json

Runs are appended to ``results.json`` as they end, so that a sitting can be interrupted and be taken in parts; what is
compared are runs of one round. Within a round, every peer trains every number of epochs that is asked for; two of them
tell what an epoch takes without what surrounds it. ridgepath is in every round.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from comparing import forecast
from limit import describe, measure_limits
from machine import described
from measuring import Measured, ProgramError, measure
from results import DONE, FAILED, NOT_RUN, Losses, Run, read, write
from roster import FIRST, PEERS, RIDGEPATH, command
from workloads import WORKLOADS, Trials, trials_of, write_data

HERE = Path(__file__).parent
FILE = HERE / "results.json"
PEERS_PYTHON = HERE.parent / ".venv-bench" / "bin" / "python"


@dataclass(frozen=True)
class Part:
    """A part of a sitting.

    Attributes:
        epochs: of the runs of a round, which every peer takes one after the other.
        cap: seconds that a run may take; a peer that goes over it is not run with more.
    """

    workload: str
    trials: int
    epochs: tuple[int, ...]
    rounds: int
    peers: tuple[str, ...] = tuple(PEERS)
    cap: float = 900.0


SLOW = ("keras-tuner", "keras-tensorflow")
MOST = tuple(name for name in PEERS if name not in SLOW)
REPEATED = tuple(name for name in MOST if name != FIRST)

SITTING = (
    Part("task", 4, (1, 15), 1, MOST),
    Part("digits", 20, (1, 15), 1, MOST),
    Part("digits", 4, (1, 15), 1),
    Part("digits", 1, (15,), 1),
    Part("digits", 100, (15,), 1, cap=120.0),
    Part("table", 20, (1, 100), 1, MOST),
    Part("convolution", 4, (1, 15), 1),
    Part("task", 4, (1, 4), 1, (RIDGEPATH, *SLOW)),
    Part("task", 4, (1, 4), 2, REPEATED),
    Part("digits", 20, (1, 15), 2, REPEATED),
    Part("convolution", 4, (1, 15), 2, REPEATED),
    Part("table", 20, (1, 100), 2, REPEATED),
    Part("digits", 20, (1, 15), 1, (RIDGEPATH, *SLOW)),
    Part("table", 20, (1, 100), 1, (RIDGEPATH, *SLOW)),
    Part("task", 4, (15,), 1, (RIDGEPATH, *SLOW)),
)
"""What is run when nothing else is said: first once, then again what is not slow, then what is."""


def parts_of(arguments: argparse.Namespace) -> list[Part]:
    """Choose the parts of the sitting that the options leave; or make a part of what they say of it."""
    first, last = arguments.parts or (1, len(SITTING))
    chosen = [
        part
        for part in SITTING[first - 1 : last]
        if arguments.workload in (None, part.workload) and arguments.trials in (None, part.trials)
    ]
    if chosen and not (arguments.peer or arguments.epochs or arguments.rounds):
        return [replace(part, cap=arguments.cap or part.cap) for part in chosen]
    cells = {(part.workload, part.trials) for part in chosen} or {(arguments.workload, arguments.trials)}
    peers = tuple(name for name in PEERS if not arguments.peer or name in (RIDGEPATH, *arguments.peer))
    return [
        Part(
            workload,
            trials,
            arguments.epochs or (1, WORKLOADS[workload].epochs),
            arguments.rounds or 1,
            peers,
            arguments.cap or Part.cap,
        )
        for workload, trials in sorted(cells)
    ]


class Sitting:
    """Runs parts, and writes down every run as it ends."""

    def __init__(self, file: Path, python: Path, data: Path) -> None:
        self.file, self.python, self.data = file, python, data
        self.results = read(file)
        self.began = datetime.now(UTC).isoformat(timespec="seconds")
        self.results.sittings[self.began] = described(python)
        self.rounds = max((run.round for run in self.results.runs), default=0)

    def measure_limits(self, names: Sequence[str]) -> None:
        """Measure what one core can do before the runs are."""
        self.results.limits = self.results.limits.best(measure_limits(names))
        for name in names:
            print(describe(name, self.results.limits), flush=True)

    def take(self, part: Part) -> None:
        self._measure(RIDGEPATH, part, trials_of(part.trials, round_number=0), epochs=1)  # compiles, and is not kept
        for _ in range(part.rounds):
            self.rounds += 1
            trials = trials_of(part.trials, round_number=self.rounds)
            for name in part.peers:
                if WORKLOADS[part.workload].network in PEERS[name].cannot:
                    continue
                for epochs in part.epochs if name != FIRST else part.epochs[-1:]:
                    self._run(part, name, trials, epochs)

    def _run(self, part: Part, name: str, trials: Trials, epochs: int) -> None:
        run = Run(self.began, self.rounds, part.workload, part.trials, name, epochs, NOT_RUN, part.cap)
        if not too_long(self.results.runs, run):
            try:
                measured, losses = self._measure(name, part, trials, epochs=epochs)
            except ProgramError as error:
                print(error, file=sys.stderr)
                run = replace(run, status=FAILED)
            else:
                if measured.in_time:
                    run = replace(run, status=DONE, seconds=measured.seconds, peak=measured.peak, losses=losses)
        self.results.runs.append(run)
        write(self.results, self.file)
        say(run)

    def _measure(self, name: str, part: Part, trials: Trials, *, epochs: int) -> tuple[Measured, Losses]:
        with tempfile.TemporaryDirectory() as place:
            folder, workload = Path(place), WORKLOADS[part.workload]
            data = write_data(workload, self.data)
            words = command(name, workload, trials, data=data, epochs=epochs, folder=folder, python=str(self.python))
            environment = {key: value.format(folder=folder) for key, value in PEERS[name].environment.items()}
            measured = measure(words, environment, cap=part.cap)
            return measured, losses_of(name, folder / "study", measured) if measured.in_time else ()


def too_long(runs: Sequence[Run], run: Run) -> bool:
    """Tell whether a run need not be begun: a smaller one was over its cap, or two smaller ones say that it will be.

    Smaller is less epochs with as many trials, or less trials with as many epochs.
    """
    alike = [each for each in runs if (each.workload, each.peer) == (run.workload, run.peer)]
    if any(
        each.status == NOT_RUN and each.cap >= run.cap and each.trials <= run.trials and each.epochs <= run.epochs
        for each in alike
    ):
        return True
    by_epochs = {each.epochs: each.seconds for each in alike if each.done and each.trials == run.trials}
    by_trials = {each.trials: each.seconds for each in alike if each.done and each.epochs == run.epochs}
    return max(forecast(by_epochs, run.epochs), forecast(by_trials, run.trials)) > run.cap


def losses_of(name: str, study: Path, measured: Measured) -> Losses:
    """Return the validation data loss of every trial: what a peer printed, or what is in ridgepath's study."""
    if PEERS[name].program:
        return tuple((strength, seed, loss) for strength, seed, loss in json.loads(measured.printed))
    from ridgepath import open_study

    rows = open_study(study).trials[["strength", "seed", "val_data_loss"]].itertuples(index=False)
    return tuple((float(strength), int(seed), float(loss)) for strength, seed, loss in rows)


def say(run: Run) -> None:
    what = f"{run.workload:<12} {run.trials:>3} trials {run.epochs:>3} epochs  {PEERS[run.peer].title:<42}"
    if not run.done:
        print(f"{what} {'failed' if run.status == FAILED else f'not run: over {run.cap / 60:g} minutes'}", flush=True)
        return
    mean = sum(loss for *_, loss in run.losses) / len(run.losses)
    print(f"{what} {run.seconds:7.1f} s {run.peak / 2**20:6.0f} MiB  validation data loss {mean:.4f}", flush=True)


def read_arguments(words: Sequence[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time ridgepath and its peers on the same trials.")
    parser.add_argument("--workload", choices=WORKLOADS)
    parser.add_argument("--trials", type=int, help="1 or a multiple of 4")
    parser.add_argument("--peer", action="append", choices=PEERS, help="may be given repeatedly; all by default")
    parser.add_argument("--epochs", type=lambda text: tuple(map(int, text.split(","))), help="such as 1,15")
    parser.add_argument("--rounds", type=int)
    parser.add_argument("--parts", type=_range, metavar="FIRST:LAST", help=f"of the sitting's {len(SITTING)} parts")
    parser.add_argument("--cap", type=float, metavar="SECONDS", help="the most that a run may take")
    parser.add_argument("--results", type=Path, default=FILE)
    parser.add_argument("--fresh", action="store_true", help="forget all that is in the file of results")
    parser.add_argument("--peers-python", type=Path, default=PEERS_PYTHON, help="an interpreter that has the peers")
    arguments = parser.parse_args(words)
    if arguments.trials and not arguments.workload:
        parser.error("--trials goes with a --workload")
    return arguments


def _range(text: str) -> tuple[int, int]:
    first, last = map(int, text.split(":"))
    if not 1 <= first <= last <= len(SITTING):
        raise ValueError
    return first, last


def main() -> None:
    arguments = read_arguments()
    parts = parts_of(arguments)
    if not arguments.peers_python.exists():
        sys.exit(f"The peers' interpreter must be there; received {arguments.peers_python}. `make bench` sets it up.")
    if arguments.fresh:
        arguments.results.unlink(missing_ok=True)
    with tempfile.TemporaryDirectory() as data:
        sitting = Sitting(arguments.results, arguments.peers_python, Path(data))
        sitting.measure_limits(list(dict.fromkeys(part.workload for part in parts)))
        for part in parts:
            sitting.take(part)


if __name__ == "__main__":
    main()
