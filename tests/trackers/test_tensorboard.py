"""TensorBoard: what is written is read back by its own reader, and asked of the real program."""

import json
import os
import sys
from dataclasses import replace

import pytest
from stored import DIVERGING, FAILING, ask
from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
from tensorboard.plugins.hparams import metadata
from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

from ridgepath.results import DONE, FAILED
from ridgepath.study import Trial
from ridgepath.trackers.cards import FINAL, StudyCard, curves, finals, trial_key, trial_results
from ridgepath.trackers.destinations import Destination
from ridgepath.trackers.tensorboard import TensorboardTracker
from ridgepath.tracking import log_study

HERE = Destination("tensorboard")


def read(folder):
    accumulator = EventAccumulator(str(folder), size_guidance={"scalars": 0, "tensors": 0, "images": 0})
    accumulator.Reload()
    return accumulator


def scalars(run):
    """Return (tag, step) → value of a run; its newer kind of scalars, tensors, is not used."""
    return {(tag, each.step): each.value for tag in run.Tags()["scalars"] for each in run.Scalars(tag)}


def files(folder):
    return {path: path.stat().st_ino for path in folder.rglob("*") if path.is_file()}


def test_every_trial_is_a_run_with_its_curves_and_figures(store, summary_of):
    assert log_study(store, summary_of(store), HERE) == f"tensorboard --logdir '{store.folder / 'tensorboard'}'"
    for result in trial_results(store.results()):
        run = scalars(read(store.folder / "tensorboard" / trial_key(result.trial)))
        expected = {(name, epoch): value for name, epoch, value in curves(result)}
        expected |= {(f"{FINAL}{name}", 4): value for name, value in finals(result).items()}
        assert run == pytest.approx(expected, rel=1e-6)


def test_the_answer_has_the_report_as_text_and_the_path_as_a_picture(store, summary_of):
    log_study(store, summary_of(store), HERE)
    run = read(store.folder / "tensorboard" / "answer")
    [text] = run.Tensors("report")
    assert text.step == 9
    assert text.tensor_proto.string_val[0].decode().startswith("# L2 regularization")
    [picture] = run.Images("path")
    assert picture.encoded_image_string.startswith(b"\x89PNG")


def test_parameters_and_how_a_trial_ended_are_those_of_the_hparams_page(store, summary_of):
    log_study(store, summary_of(store), HERE)
    for trial, status in ((Trial("l2", 0.001, 2), "STATUS_SUCCESS"), (DIVERGING, "STATUS_FAILURE")):
        run = read(store.folder / "tensorboard" / trial_key(trial))
        start, end = (
            HParamsPluginData.FromString(run.SummaryMetadata(tag).plugin_data.content)
            for tag in (metadata.SESSION_START_INFO_TAG, metadata.SESSION_END_INFO_TAG)
        )
        told = start.session_start_info.hparams
        assert told["variant"].string_value == "l2"
        assert (told["strength"].number_value, told["seed"].number_value) == (trial.strength, trial.seed)
        names = type(end.session_end_info).DESCRIPTOR.fields_by_name["status"].enum_type.values_by_number
        assert names[end.session_end_info.status].name == status


def test_logged_again_nothing_is_written(store, summary_of):
    log_study(store, summary_of(store), HERE)
    before = files(store.folder / "tensorboard")
    log_study(store, summary_of(store), HERE)
    assert files(store.folder / "tensorboard") == before
    assert len(before) == 10


def test_a_trial_that_was_trained_again_takes_the_place_of_its_failure(store):
    tracker = TensorboardTracker(StudyCard.of(store), None)
    done = next(result for result in trial_results(store.results()) if result.status == DONE)
    failed = replace(done, trial=FAILING, status=FAILED, reason="killed", figures={}, epochs={})
    tracker.add(failed)
    folder = store.folder / "tensorboard" / trial_key(FAILING)
    assert read(folder).Tensors("reason")[0].tensor_proto.string_val == [b"killed"]
    tracker.add(replace(done, trial=FAILING))
    assert [file.name for file in folder.iterdir()] == ["done.tfevents"]
    assert scalars(read(folder))["val_data_loss", 4] == pytest.approx(done.epochs["val_data_loss"][3])


def test_what_is_cut_off_leaves_no_file_and_is_logged_the_next_time(store, summary_of, monkeypatch):
    def full(source, target):
        raise OSError(28, "No space left on device")

    first = next(trial_results(store.results()))
    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            TensorboardTracker(StudyCard.of(store), None).add(first)
    assert files(store.folder / "tensorboard") == {}
    log_study(store, summary_of(store), HERE)
    assert len(files(store.folder / "tensorboard")) == 10


def test_in_a_folder_of_ones_own_every_study_has_its_own(store, summary_of, tmp_path):
    where = Destination("tensorboard", str(tmp_path / "runs"))
    log_study(store, summary_of(store), where)
    [folder] = (tmp_path / "runs").iterdir()
    assert folder.name == StudyCard.of(store).title
    folder.rename(folder.with_name(f"renamed-{StudyCard.of(store).identity}"))
    log_study(store, summary_of(store), where)
    assert len(list((tmp_path / "runs").iterdir())) == 1


def test_no_name_of_a_variant_leads_out_of_the_folder(store, tmp_path):
    result = next(trial_results(store.results()))
    hostile = replace(result, trial=Trial("../../../outside", 0.1, 0))
    TensorboardTracker(StudyCard.of(store), str(tmp_path / "runs")).add(hostile)
    assert all(file.is_relative_to(tmp_path / "runs") for file in tmp_path.rglob("*.tfevents"))
    assert {each.name for each in tmp_path.iterdir()} == {"my study", "runs"}


@pytest.mark.slow
def test_the_real_program_shows_runs_curves_parameters_text_and_picture(store, summary_of, serving):
    log_study(store, summary_of(store), HERE)
    command = (sys.executable, "-m", "tensorboard.main", "--logdir", store.folder / "tensorboard", "--port", "{port}")
    address = serving((*command, "--load_fast", "false"), health="/data/runs")
    keys = {trial_key(trial) for trial in store.study.trials}
    assert set(json.loads(ask(f"{address}/data/runs"))) == keys | {"answer"}
    shown = json.loads(ask(f"{address}/data/plugin/scalars/scalars?tag=val_data_loss&run=l2%3D0.001+seed%3D1"))
    rows = store.results().epochs.query("strength == 0.001 and seed == 1")
    assert [each[1] for each in shown] == list(rows["epoch"])
    assert [each[2] for each in shown] == pytest.approx(list(rows["val_data_loss"]), rel=1e-6)
    statuses = ["STATUS_SUCCESS", "STATUS_FAILURE", "STATUS_RUNNING", "STATUS_UNKNOWN"]
    asked = {"experimentName": "", "allowedStatuses": statuses, "colParams": [], "startIndex": 0, "sliceSize": 100}
    groups = json.loads(ask(f"{address}/data/plugin/hparams/session_groups", json=asked))["sessionGroups"]
    assert {group["name"] for group in groups} == keys
    assert {json.dumps(group["hparams"], sort_keys=True) for group in groups} == {
        json.dumps({"seed": float(t.seed), "strength": t.strength, "variant": "l2"}) for t in store.study.trials
    }
    ended = {group["name"]: group["sessions"][0]["status"] for group in groups}
    assert {name for name, status in ended.items() if status != "STATUS_SUCCESS"} == {
        trial_key(DIVERGING), trial_key(FAILING)
    }  # fmt: skip
    [text] = json.loads(ask(f"{address}/data/plugin/text/text?run=answer&tag=report"))
    assert "<h1>L2 regularization</h1>" in text["text"]
    [picture] = json.loads(ask(f"{address}/data/plugin/images/images?run=answer&tag=path"))
    assert ask(f"{address}/data/plugin/images/individualImage?{picture['query']}").startswith(b"\x89PNG")
