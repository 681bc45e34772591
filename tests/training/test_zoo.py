"""Every kind of network is lowered, proves itself, and in whole trials equals plain ``fit``."""

import warnings
from dataclasses import replace

import numpy as np
import pytest
from fit_oracle import lowered_trial
from zoo import NETWORKS

from ridgepath.builders import find_builder
from ridgepath.study import Study, Trial, Variant, proof_examples
from ridgepath.training import lowering, proof
from ridgepath.training.fitting import train_reference
from ridgepath.training.models import Networks

BATCH, STRENGTH = 16, 0.02

DRAWS_IN_INFERENCE = {"LSTM", "SimpleRNN", "add_loss in a layer of one's own"}
"""Networks whose layers draw in inference mode, too, so that every evaluation by Keras changes what they draw next."""


@pytest.fixture(params=NETWORKS)
def network(request):
    build, data = NETWORKS[request.param]
    builder = find_builder(build)
    study = Study(builder.card, data.card, (Variant("s", (0.0, STRENGTH)),), (3,), 2, BATCH, 10_000)
    return request.param, Networks(replace(builder, parameter="s"), study, example=few(data, BATCH)), data, study


def few(data, examples):
    return data.train.take(slice(examples)).batch


def started(networks):
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Do not pass an `input_shape`", UserWarning)
        return networks.start(Trial("s", STRENGTH, 3))


def test_the_zoo_is_large():
    assert len(NETWORKS) >= 50


@pytest.mark.slow
def test_it_is_lowered_and_proves_itself(network):
    _, networks, data, _ = network
    lowered = lowering.lower(started(networks), few(data, BATCH))
    before = lowered.state
    proof.prove(lowered, few(data, proof_examples(data.train.examples, BATCH)), batch_size=BATCH)
    for name, values in lowered.state.items():
        assert all(np.array_equal(*pair) for pair in zip(values, before[name], strict=True))


@pytest.mark.slow
def test_it_restarts_with_another_seed_as_if_it_were_built_anew(network):
    _, networks, data, _ = network
    model, example = started(networks), few(data, BATCH)
    trial = Trial("s", STRENGTH, 4)
    if networks.restart(model, trial):
        restarted = lowering.Lowered(model, example).state
        for name, values in lowering.Lowered(networks.start(trial), example).state.items():
            assert all(np.array_equal(*pair) for pair in zip(values, restarted[name], strict=True))


@pytest.mark.slow
def test_its_trial_equals_fit(network):
    name, networks, data, study = network
    if name in DRAWS_IN_INFERENCE:
        pytest.skip("its layers draw in inference mode")
    trial = Trial("s", STRENGTH, 3)
    mine = lowered_trial(started(networks), trial, data, study)
    by_fit = train_reference(started(networks), trial, data, study)
    assert (mine.status, by_fit.status) == ("done", "done")
    for column, values in by_fit.epochs.items():
        assert mine.epochs[column] == pytest.approx(values, rel=1e-4, abs=1e-5), column
    for column, value in by_fit.figures.items():
        if column not in ("gradient_share", "update_share", "sensitivity"):
            assert mine.figures[column] == pytest.approx(value, rel=1e-4, abs=1e-5), column
    for split, losses in by_fit.example_losses.items():
        assert mine.example_losses[split] == pytest.approx(losses, rel=1e-4, abs=1e-5)
