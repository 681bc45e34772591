"""Time ridgepath and its peers on the same trials, in one sitting: whole processes, in interleaved rounds.

    make bench                                                        everything, and the tables anew
    python benchmarks/bench.py                                        everything, without the tables
    python benchmarks/bench.py --workload digits --peer torch --trials 4 --epochs 1,5 --rounds 1
    python benchmarks/tables.py                                       RESULTS.md and the figure, from results.json

Runs are appended to ``results.json`` as they end, so that a sitting can be interrupted and be taken in parts; what is
compared are runs of one round. Within a round, every peer trains every number of epochs that is asked for; two of them
tell what an epoch takes without what surrounds it. ridgepath is in every round.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from comparing import forecast
from limit import describe, measure_limits
from machine import described
from measuring import Measured, measure
from results import DONE, NOT_RUN, Losses, Run, read, write
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


REPEATED = tuple(name for name in PEERS if name not in (FIRST, "keras-tensorflow"))

SITTING = (
    Part("task", 4, (1, 15), 1),
    Part("task", 4, (1, 4), 2, REPEATED),
    Part("digits", 1, (15,), 1),
    Part("digits", 4, (1, 15), 1),
    Part("digits", 20, (1, 15), 1),
    Part("digits", 20, (1, 15), 2, REPEATED),
    Part("digits", 100, (1, 15), 1, cap=120.0),
    Part("convolution", 4, (1, 15), 1),
    Part("convolution", 4, (1, 15), 2, REPEATED),
    Part("table", 20, (1, 100), 1),
    Part("table", 20, (1, 100), 2, REPEATED),
)
"""What is run when nothing else is said. TensorFlow, by far the slowest, and first runs are taken once."""


def parts_of(arguments: argparse.Namespace) -> Iterator[Part]:
    """Choose out of the sitting what the options leave, with what they change; or a part that is not in it."""
    chosen = [
        part
        for part in SITTING
        if arguments.workload in (None, part.workload) and arguments.trials in (None, part.trials)
    ]
    if not chosen:
        workload = WORKLOADS[arguments.workload]
        chosen = [Part(arguments.workload, arguments.trials, (1, workload.epochs), 1)]
    if arguments.epochs or arguments.rounds:  # parts that differ in these alone become one
        chosen = list({(part.workload, part.trials): part for part in reversed(chosen)}.values())
    for part in chosen:
        peers = [name for name in part.peers if not arguments.peer or name in (RIDGEPATH, *arguments.peer)]
        yield replace(
            part,
            epochs=arguments.epochs or part.epochs,
            rounds=arguments.rounds or part.rounds,
            cap=arguments.cap or part.cap,
            peers=tuple(peers),
        )


class Sitting:
    """Runs parts, and writes down every run as it ends."""

    def __init__(self, file: Path, python: Path, data: Path) -> None:
        self.file, self.python, self.data = file, python, data
        self.results = read(file)
        self.began = datetime.now(UTC).isoformat(timespec="seconds")
        self.results.sittings[self.began] = described(python)
        self.rounds = 0

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
                for epochs in part.epochs:
                    self._run(part, name, trials, epochs)

    def _run(self, part: Part, name: str, trials: Trials, epochs: int) -> None:
        run = Run(self.began, self.rounds, part.workload, part.trials, name, epochs, NOT_RUN, part.cap)
        if not too_long(self.results.runs, run):
            measured, losses = self._measure(name, part, trials, epochs=epochs)
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
        not each.done and each.cap >= run.cap and each.trials <= run.trials and each.epochs <= run.epochs
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
        print(f"{what}  not run: over {run.cap / 60:g} minutes", flush=True)
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
    parser.add_argument("--cap", type=float, metavar="SECONDS", help="the most that a run may take")
    parser.add_argument("--results", type=Path, default=FILE)
    parser.add_argument("--fresh", action="store_true", help="forget all that is in the file of results")
    parser.add_argument("--peers-python", type=Path, default=PEERS_PYTHON, help="an interpreter that has the peers")
    arguments = parser.parse_args(words)
    if arguments.trials and not arguments.workload:
        parser.error("--trials goes with a --workload")
    return arguments


def main() -> None:
    arguments = read_arguments()
    parts = list(parts_of(arguments))
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
