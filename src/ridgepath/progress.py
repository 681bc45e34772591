"""What a person sees while a study is trained."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, Task, TextColumn, TimeElapsedColumn
from rich.text import Text

from ridgepath.penalties import write_points
from ridgepath.results import Leg, TrialResult
from ridgepath.texts import plain


class Rate(TextColumn):
    """Epochs a second and the time left, from the epochs done since training began."""

    def __init__(self) -> None:
        super().__init__("")

    def render(self, task: Task) -> Text:
        """Write both, or nothing before the first epoch is done."""
        if not task.speed or task.time_remaining is None:
            return Text("")
        minutes, seconds = divmod(int(task.time_remaining), 60)
        return Text(f"{task.speed:.3g} epochs/s  {minutes}:{seconds:02d} left", style="dim")


class Watch:
    """A live line on standard error: the stage, then trials and epochs done, their rate and the time left.

    Where standard error is no terminal, every stage is one plain line.
    """

    def __init__(self, *, quiet: bool = False) -> None:
        self._console = Console(stderr=True, quiet=quiet, markup=False)
        self._bar = Progress(
            SpinnerColumn(),
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            TextColumn("{task.fields[counts]}"),
            Rate(),
            TimeElapsedColumn(),
            console=self._console,
            transient=True,
            disable=quiet or not self._console.is_terminal,
        )
        self._task = self._bar.add_task("starting", total=None, counts="")
        self._trials = self._all_trials = self._epochs = 0
        self._refused: set[tuple[str, float]] = set()
        self._remarks: set[str] = set()

    def __enter__(self) -> Self:
        self._bar.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()

    def stage(self, text: str) -> None:
        """Say what is being done before training."""
        self._bar.update(self._task, description=plain(text))
        if not self._console.is_terminal:
            self.say(text)

    def say(self, text: str) -> None:
        """Say something that stays on the screen."""
        self._console.print("\n".join(map(plain, text.splitlines())))

    def say_whole(self, text: str) -> None:
        """Say something that is to be copied, such as a command or an address: on one line, however long."""
        self._console.print(Text(text), soft_wrap=True)

    def warn(self, text: str) -> None:
        """Say what must be known also where nothing else is said."""
        console = Console(stderr=True) if self._console.quiet else self._console
        console.print(Text(text), soft_wrap=True)

    def say_refused(self, refused: Mapping[tuple[str, float], str], *, several: bool) -> None:
        """Say what the reference engine trains, and why, but for what was said before: workers find it out again."""
        new = {point: reason for point, reason in refused.items() if point not in self._refused}
        self._refused |= new.keys()
        for sentence in explain(new, several=several):
            self.say(sentence)

    def _say_remarks(self, remarks: Iterable[str]) -> None:
        """Say what workers remark, but for what another one said before."""
        for remark in remarks:
            if remark not in self._remarks:
                self._remarks.add(remark)
                self.say(remark)

    def follow(self, legs: Iterable[Leg], *, trials: int, epochs: int, begun: int = 0) -> Iterator[TrialResult]:
        """Yield the results of legs as they come, and count: so many trials of so many epochs each are trained.

        Args:
            begun: epochs that are done already, over all trials.
        """
        self.begin(trials=trials, epochs=epochs)
        self.advance(trials=0, epochs=begun)
        for leg in legs:
            self.say_refused(leg.refused, several=True)
            self._say_remarks(leg.remarks)
            yield from leg.results
            self.advance(trials=len(leg.results), epochs=leg.epochs)

    def begin(self, *, trials: int, epochs: int) -> None:
        """Begin to count: so many trials of so many epochs each are to be trained."""
        self._trials, self._all_trials, self._epochs = 0, trials, trials * epochs
        self.stage(f"training {trials} networks, {epochs} epochs each")
        self._bar.reset(self._task, total=self._epochs, description="training", counts=self._counts(0))

    def advance(self, *, trials: int, epochs: int) -> None:
        """Count trials and epochs that are done."""
        self._trials += trials
        done = int(self._bar.tasks[0].completed) + epochs
        self._bar.update(self._task, advance=epochs, counts=self._counts(done))

    def _counts(self, epochs: int) -> str:
        return f"{self._trials}/{self._all_trials} trials  {epochs}/{self._epochs} epochs"


def explain(refused: Mapping[tuple[str, float], str], *, several: bool) -> Iterator[str]:
    """Say, a sentence a reason, what the reference engine trains, and why; by variant, if there are several."""
    for reason in dict.fromkeys(refused.values()):
        points = [point for point, why in refused.items() if why == reason]
        yield f"Trained by plain model.fit at {write_points(points, several=several)}: {reason}."
