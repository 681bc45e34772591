"""How much a worker does, counted: compilations, what crosses to the device and back, what is copied.

Counts are the same on every machine, however busy; `make bench` has the times.
"""

import cloudpickle
import jax
import numpy as np
import pytest

from ridgepath.arrays import Dataset
from ridgepath.builders import TASK_NETWORK, find_builder
from ridgepath.crew import _TrainLeg
from ridgepath.study import Shard, Study, Trial, Variant
from ridgepath.training import shard as shard_module
from ridgepath.training import trial as one
from ridgepath.training.shard import prepare, train_leg
from ridgepath.training.workshop import Task

EXAMPLES, VALIDATING, EPOCHS = 300, 100, 3
PARAMETERS = 784 * 128 + 128 + 128 * 10 + 10


@pytest.fixture(scope="module")
def few(mnist_5k):
    part = mnist_5k.validation.take(slice(VALIDATING))
    return Dataset("few", mnist_5k.train.take(slice(EXAMPLES)), part)


@pytest.fixture(scope="module")
def task(few, tmp_path_factory):
    """A study that a worker trains, in this process."""
    folder, builder = tmp_path_factory.mktemp("work"), find_builder(TASK_NETWORK)
    few.save(folder)
    variants = (Variant(builder.parameter, (0.0, 1e-3)),)
    return Task(builder, str(folder), Study(builder.card, few.card, variants, (0, 1, 2), EPOCHS, 32, EXAMPLES))


@pytest.fixture
def new_worker():
    """A worker that has not begun."""
    shard_module._trainer.cache_clear()


@pytest.fixture(autouse=True)
def legs_are_whole_shards(monkeypatch):
    monkeypatch.setattr(shard_module, "LEG_SECONDS", 1e9)


def train(task, *trials):
    leg = train_leg(task, Shard(trials), {})
    assert [result.status for result in leg.results] == ["done"] * len(trials)
    return leg


def compiled(caplog, work):
    """Return the names of the functions that XLA compiles in some work, those of single operations left out."""
    caplog.clear()
    with jax.log_compiles(), caplog.at_level("WARNING"):
        work()
    written = [record.getMessage() for record in caplog.records]
    names = [text.split()[1] for text in written if text.startswith("Compiling ") and " with global shapes" in text]
    return [name for name in names if "epoch" in name or "evaluate" in name or "train" in name]


def test_a_worker_compiles_a_program_once_for_all_strengths_and_seeds(task, caplog, new_worker):
    assert compiled(caplog, lambda: prepare(task)).count("jit(_train_epoch)") == 1
    train(task, Trial("l2", 0.0, 0))  # what is evaluated in the end, and the proof
    others = [Trial("l2", strength, seed) for seed in (1, 2) for strength in (0.0, 1e-3)]
    assert compiled(caplog, lambda: train(task, *others)) == []


def test_a_worker_that_is_told_of_a_proof_does_not_prove_again(task, caplog, new_worker):
    lowered = shard_module._trainer(task).workshop.program(Trial("l2", 0.0, 0))[1]
    work = compiled(caplog, lambda: train_leg(task, Shard((Trial("l2", 0.0, 0),)), {}, proven=frozenset({lowered.key})))
    assert "jit(train_step)" not in work
    assert "jit(_train_epoch)" not in work


def in_bytes(tree):
    return sum(leaf.nbytes for leaf in jax.tree.leaves(tree) if isinstance(leaf, np.ndarray))


def counted(function, counts):
    """Add up what a function is given from the host, and what it returns, (bytes in, bytes out) a call."""

    def call(*arguments):
        outputs = function(*arguments)
        counts.append((in_bytes(arguments), outputs))
        return outputs

    return call


def test_an_epoch_takes_the_order_in_and_figures_and_losses_out(task, monkeypatch):
    trial = Trial("l2", 1e-3, 0)
    train(task, trial)
    workshop = shard_module._trainer(task).workshop
    program, _ = workshop.lowered(trial)
    member, data = shard_module._trainer(task)._started(trial), workshop.data_of(trial)
    one.train_one_epoch(program, member.progress, member.coefficients, data, seed=0)  # from here on it is there
    epochs, chunks = [], []
    monkeypatch.setattr(program, "train_epoch", counted(program.train_epoch, epochs))
    monkeypatch.setattr(program, "evaluate_chunk", counted(program.evaluate_chunk, chunks))
    one.train_one_epoch(program, member.progress, member.coefficients, data, seed=0)
    ((into, _),) = epochs
    assert into == EXAMPLES * 4 + member.coefficients.nbytes
    metrics = in_bytes(program.lowered.metric_state)
    assert [given for given, _ in chunks] == 2 * [member.coefficients.nbytes + metrics]
    assert all(isinstance(leaf, jax.Array) for leaf in jax.tree.leaves(member.progress.state))


def test_the_state_is_updated_in_place(task):
    trial = Trial("l2", 1e-3, 0)
    train(task, trial)
    workshop = shard_module._trainer(task).workshop
    program, _ = workshop.lowered(trial)
    member, data = shard_module._trainer(task)._started(trial), workshop.data_of(trial)
    one.train_one_epoch(program, member.progress, member.coefficients, data, seed=0)
    before = jax.tree.leaves(member.progress.state)
    one.train_one_epoch(program, member.progress, member.coefficients, data, seed=0)
    assert all(array.is_deleted() for array in before)


def test_a_worker_trains_on_the_file_itself_and_copies_no_example(task):
    train(task, Trial("l2", 0.0, 0))
    workshop = shard_module._trainer(task).workshop
    data = workshop.data_of(Trial("l2", 0.0, 0))
    for placed, mapped in zip(data.train, workshop.dataset.train.batch, strict=True):
        assert isinstance(mapped, np.memmap)
        assert placed.unsafe_buffer_pointer() == mapped.ctypes.data
    assert data.all_train is data.train_part


def test_what_a_worker_is_sent_does_not_grow_with_the_examples(task):
    work = _TrainLeg(task.builder, task.data_folder, task.study, frozenset({"key"}))
    shard = Shard(tuple(Trial("l2", strength, 0) for strength in (0.0, 1e-3)))
    assert len(cloudpickle.dumps((work, shard))) < 10_000


def test_a_trial_under_way_travels_with_its_state_and_its_curves_alone(task, monkeypatch):
    monkeypatch.setattr(shard_module, "LEG_SECONDS", 1e-9)
    leg = train_leg(task, Shard((Trial("l2", 0.0, 0),)), {})
    state = 3 * PARAMETERS * 4
    (checkpoint,) = leg.progress.values()
    assert state < len(checkpoint.content) < state + VALIDATING * 4 + 10_000
