"""A study in TensorBoard: a folder of event files, a run a trial, and one with the answer.

The files are written with TensorBoard's own records and messages; TensorFlow is not needed.
"""

from __future__ import annotations

import io
import os
import re
import shlex
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary as Figures
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.api_pb2 import STATUS_FAILURE, STATUS_SUCCESS
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData, SessionEndInfo
from tensorboard.plugins.hparams.summary_v2 import hparams_pb
from tensorboard.plugins.text.summary_v2 import text_pb
from tensorboard.summary.writer.record_writer import RecordWriter

from ridgepath.report.figures import path_figure
from ridgepath.report.markdown import markdown
from ridgepath.report.summary import Summary
from ridgepath.results import DONE, TrialResult
from ridgepath.trackers.cards import FINAL, StudyCard, curves, finals, trial_key

FOLDER = "tensorboard"
"""In the study's folder, unless the user names another."""
ANSWER = "answer"
"""The run that has the report."""
ENDING = ".tfevents"
"""By which TensorBoard knows a file for its own."""
DOTS_AN_INCH = 100


class TensorboardTracker:
    """The event files of one study."""

    def __init__(self, card: StudyCard, where: str | None) -> None:
        self._card = card
        self._folder = card.folder / FOLDER if where is None else _folder_in(Path(where), card)

    @property
    def sight(self) -> str:
        """The command that shows the study."""
        return f"tensorboard --logdir {shlex.quote(str(self._folder))}"

    def add(self, result: TrialResult) -> None:
        """Log one trial: its parameters, curves, figures in the end, and how it ended."""
        self._write(_safe(trial_key(result.trial)), result.status, _events(result))

    def conclude(self, summary: Summary) -> None:
        """Log the report as text, and the figure of the path, at a step that is the number of trials so far."""
        ended = sum(point.trials + point.failed for point in summary.points)
        image = io.BytesIO()
        path_figure(summary).savefig(image, format="png", dpi=DOTS_AN_INCH)
        events = [(ended, text_pb("report", markdown(summary))), (ended, _picture("path", image.getvalue()))]
        done = sum(point.trials for point in summary.points)
        self._write(ANSWER, f"{ended:06}-trials-{done:06}-done", events, alone=False)

    def _write(self, run: str, name: str, events: Iterable[tuple[int, Figures]], *, alone: bool = True) -> None:
        """Write a file of a run, whole or not at all, unless it is there; if ``alone``, in the place of any other."""
        file = self._folder / run / f"{name}{ENDING}"
        draft = file.with_name(f".{os.getpid()}.draft")  # Not with the ending: TensorBoard would read half of it.
        if file.exists():
            return
        file.parent.mkdir(parents=True, exist_ok=True)
        try:
            draft.write_bytes(_recorded(events))
            os.replace(draft, file)
        finally:
            draft.unlink(missing_ok=True)
        for other in set(file.parent.glob(f"*{ENDING}")) - {file} if alone else ():
            other.unlink()


def _folder_in(where: Path, card: StudyCard) -> Path:
    """Return a study's folder among others: the one with its identity, whatever it is called, or a new one."""
    return next(iter(where.glob(f"*-{card.identity}")), where / _safe(card.title))


def _safe(name: str) -> str:
    """Write a name as one of a folder, whatever is in it."""
    return re.sub(r"[^\w=.,+ -]", "-", name).lstrip(".") or "-"


def _recorded(events: Iterable[tuple[int, Figures]]) -> bytes:
    now, buffer = time.time(), io.BytesIO()
    records = RecordWriter(buffer)
    records.write(Event(wall_time=now, file_version="brain.Event:2").SerializeToString())
    for step, figures in events:
        records.write(Event(wall_time=now, step=step, summary=figures).SerializeToString())
    return buffer.getvalue()


def _events(result: TrialResult) -> Iterator[tuple[int, Figures]]:
    trial, now = result.trial, time.time()
    parameters = {"variant": trial.variant, "strength": trial.strength, "seed": trial.seed}
    yield 0, hparams_pb(parameters, trial_id=trial_key(trial), start_time_secs=now - result.seconds)
    for name, epoch, value in curves(result):
        yield epoch, _scalar(name, value)
    epochs = max((len(values) for values in result.epochs.values()), default=0)
    for name, value in finals(result).items():
        yield epochs, _scalar(f"{FINAL}{name}", value)
    if result.reason:
        yield epochs, text_pb("reason", result.reason)
    yield epochs, _session_end(succeeded=result.status == DONE, at=now)


def _scalar(name: str, value: float) -> Figures:
    return Figures(value=[Figures.Value(tag=name, simple_value=value)])


def _picture(name: str, png: bytes) -> Figures:
    return Figures(value=[Figures.Value(tag=name, image=Figures.Image(encoded_image_string=png))])


def _session_end(*, succeeded: bool, at: float) -> Figures:
    ended = SessionEndInfo(status=STATUS_SUCCESS if succeeded else STATUS_FAILURE, end_time_secs=at)
    about = metadata.create_summary_metadata(HParamsPluginData(session_end_info=ended))
    value = Figures.Value(tag=metadata.SESSION_END_INFO_TAG, metadata=about, tensor=metadata.NULL_TENSOR)
    return Figures(value=[value])
