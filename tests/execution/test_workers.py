"""Who trains what next, with workers that do at once what they are given, or die of it."""

from concurrent.futures import Future

import pytest
from test_local import EPOCHS, Count, trials

from ridgepath.errors import TrainingError
from ridgepath.execution import workers
from ridgepath.execution.workers import MOST_DEATHS, MOST_LOSSES, Death, Worker, Workers
from ridgepath.study import plan_shards


class Dying(Worker):
    """Dies so often before it does what it is given; of itself, or because its machine is lost."""

    deaths = (ConnectionError,)

    def __init__(self, times, *, of_machine, when=Count):
        self.times, self.of_machine, self.when = times, of_machine, when

    def submit(self, function, *arguments):
        future = Future()
        if isinstance(function, self.when) and self.times:
            self.times -= 1
            future.set_exception(ConnectionError())
        else:
            future.set_result(function(*arguments))
        return future

    def died(self, error):
        return Death("lost", of_machine=self.of_machine)

    def start(self):
        pass

    def end(self):
        pass


@pytest.mark.parametrize(
    ("times", "of_machine", "status"),
    [
        (MOST_DEATHS - 1, False, "done"),
        (MOST_DEATHS, False, "failed"),
        (MOST_DEATHS, True, "done"),
        (MOST_LOSSES - 1, True, "done"),
        (MOST_LOSSES, True, "failed"),
    ],
)
def test_a_trial_is_not_given_up_because_machines_are_lost_unless_all_are(tmp_path, times, of_machine, status):
    pool = Workers([Dying(times, of_machine=of_machine)])
    legs = list(pool.train(plan_shards(trials(1)), Count(tmp_path)))
    [result] = [result for leg in legs for result in leg.results]
    assert result.status == status
    assert sum(leg.epochs for leg in legs) == (EPOCHS if status == "done" else 0)
    if status == "failed":
        assert result.reason == f"its worker process died {times} times in a row (lost)"


@pytest.mark.parametrize(("of_machine", "most"), [(False, MOST_DEATHS), (True, MOST_LOSSES)])
def test_workers_that_cannot_begin_are_an_error(tmp_path, of_machine, most):
    ready = type(workers._do_nothing)
    pool = Workers([Dying(most, of_machine=of_machine, when=ready)])
    with pytest.raises(TrainingError, match=f"died {most} times as soon as it began"):
        list(pool.train(plan_shards(trials(1)), Count(tmp_path)))
    with pytest.raises(TrainingError, match=f"died {most} times before training began"):
        Workers([Dying(most, of_machine=of_machine, when=ready)]).begin(trials, 1)()


def test_what_a_dead_worker_was_to_begin_is_begun_by_the_next(tmp_path):
    dying, other = Dying(100, of_machine=True, when=type(trials)), Dying(0, of_machine=True)
    assert Workers([dying, other]).begin(trials, 1)() == trials(1)
    assert dying.times == 99


class Waiting(Dying):
    """Starts when it is let."""

    def submit(self, function, *arguments):
        if function is workers._do_nothing:
            self.started = Future()
            return self.started
        return super().submit(function, *arguments)


def test_it_is_said_when_no_worker_can_start(tmp_path, monkeypatch):
    monkeypatch.setattr(workers, "PATIENCE", 0.0)
    worker = Waiting(0, of_machine=True)
    legs = Workers([worker]).train(plan_shards(trials(1)), Count(tmp_path))
    assert next(legs).remarks == ("No worker can start yet; training goes on as soon as there is room for one.",)
    worker.started.set_result(None)
    assert [result.trial for leg in legs for result in leg.results] == trials(1)
