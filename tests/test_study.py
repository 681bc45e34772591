import dataclasses
import json
import pickle

import numpy as np
import pytest

from ridgepath.builders import TASK_NETWORK, find_builder
from ridgepath.errors import BuilderError, InputError
from ridgepath.penalties import check_strengths, format_strength, parse_strengths
from ridgepath.study import Study, Trial, check_seeds, plan_shards

NAME = find_builder(TASK_NETWORK).parameter


@pytest.fixture
def study(mnist_5k, study_of):
    return study_of(mnist_5k, strengths=(0.0, 0.1, 0.2), seeds=(4, 7))


def test_a_study_survives_json(study):
    assert Study.from_json(json.loads(json.dumps(study.to_json()))) == study


def test_trials_come_seed_by_seed(study):
    assert [(trial.seed, trial.strength) for trial in study.trials[:4]] == [(4, 0.0), (4, 0.1), (4, 0.2), (7, 0.0)]


def test_the_fingerprint_is_of_the_question_not_of_its_strengths_and_seeds(study):
    same = dataclasses.replace(study, seeds=(1,), variants=())
    assert same.fingerprint == study.fingerprint
    for change in ({"epochs": 3}, {"batch_size": 64}, {"engine": "reference"}):
        assert dataclasses.replace(study, **change).fingerprint != study.fingerprint


def test_a_grown_study_has_the_trials_of_both(study, mnist_5k, study_of):
    grown = study.grown_by(study_of(mnist_5k, strengths=(0.05, 0.1), seeds=(1,)))
    assert grown.variants[0].strengths == (0.0, 0.05, 0.1, 0.2)
    assert grown.seeds == (1, 4, 7)


def test_another_look_adds_seeds_only_where_it_is_asked_for(study):
    first = study.looked_at()
    assert first.looks == ((4, 7),)
    assert first.looked_at() == first
    second = first.with_another_look([(NAME, 0.0), (NAME, 0.2)], more=2)
    assert (second.seeds, second.looks, second.all_seeds) == ((4, 7), ((4, 7), (8, 9)), (4, 7, 8, 9))
    assert set(second.trials) - set(first.trials) == {
        Trial(NAME, strength, seed) for strength in (0.0, 0.2) for seed in (8, 9)
    }
    assert [second.look_of(seed) for seed in (4, 8, 99)] == [1, 2, 3]
    third = second.with_another_look([(NAME, 0.0), (NAME, 0.1)], more=4)
    of_middle = {trial.seed for trial in third.trials if trial.strength == 0.1}
    assert of_middle == {4, 7, 8, 9, 10, 11, 12, 13}, "a strength that joins again gets what the others have"
    assert (third.seeds, len(third.trials)) == ((4, 7, 8, 9), len(set(third.trials)))
    assert Study.from_json(json.loads(json.dumps(third.to_json()))) == third


def test_a_look_at_all_strengths_adds_seeds_to_the_study(study):
    points = [(NAME, strength) for strength in (0.0, 0.1, 0.2)]
    grown = study.looked_at().with_another_look(points, more=2)
    assert (grown.seeds, grown.further) == ((4, 7, 8, 9), ())


def test_a_study_of_further_trials_grows_without_having_one_twice(study):
    more = study.looked_at().with_another_look([(NAME, 0.0)], more=1)
    grown = more.grown_by(dataclasses.replace(study, seeds=(8,)))
    assert (grown.seeds, grown.further, grown.looks) == ((4, 7, 8), (), more.looks)
    assert study.grown_by(more) == more


def test_seeds_that_others_have_are_given_to_a_strength_without_a_further_look(study):
    some = study.looked_at().with_another_look([(NAME, 0.0), (NAME, 0.2)], more=2)
    filled = some.with_another_look([(NAME, 0.0), (NAME, 0.1)], more=0)
    assert (filled.seeds, filled.further, filled.looks) == ((4, 7, 8, 9), (), some.looks)
    assert some.with_another_look([(NAME, 0.0), (NAME, 0.2)], more=0) == some


def test_seeds_that_are_added_after_a_look_are_a_look_each_time(study):
    more = study.looked_at().grown_by(dataclasses.replace(study, seeds=(4, 7, 8)))
    assert [more.look_of(seed) for seed in more.seeds] == [1, 1, 2]
    assert more.grown_by(more) == more
    again = more.grown_by(dataclasses.replace(study, seeds=(9,)))
    assert [again.look_of(seed) for seed in again.seeds] == [1, 1, 2, 3]
    unseen = study.grown_by(dataclasses.replace(study, seeds=(8,)))
    assert unseen.looks == ()


def test_a_study_that_was_written_before_there_were_looks_is_read(study):
    old = {name: value for name, value in study.to_json().items() if name not in ("further", "looks")}
    assert Study.from_json(json.loads(json.dumps(old))) == study


@pytest.mark.parametrize("together", [1, 2, 100])
def test_shards_hold_every_trial_once_and_never_two_seeds(study, together):
    shards = plan_shards(study.trials, together=together)
    assert sorted(trial for shard in shards for trial in shard.trials) == sorted(study.trials)
    assert all(len({trial.seed for trial in shard.trials}) == 1 for shard in shards)
    assert max(len(shard.trials) for shard in shards) == min(together, 3)


def test_seeds_are_a_count_or_a_list():
    assert check_seeds(3) == (0, 1, 2)
    assert check_seeds([5, 2]) == (5, 2)


@pytest.mark.parametrize("seeds", [0, -1, [], [1, 1], [-1], [2**32], [1.5], ["a"], "12", True, None])
def test_seeds_that_are_none(seeds):
    with pytest.raises(InputError, match=r"Give a count|Remove one"):
        check_seeds(seeds)


def test_strengths_are_sorted_and_get_their_zero():
    assert check_strengths([0.1, 0.01]) == (0.0, 0.01, 0.1)
    assert check_strengths([0.1, np.float32(0.5), "2"], zero=False) == (0.1, 0.5, 2.0)
    assert str(check_strengths([-0.0])) == "(0.0,)"


def test_a_range_of_strengths_is_spread_on_a_log_scale():
    assert parse_strengths("1e-4:1e-1:4") == pytest.approx((0, 1e-4, 1e-3, 1e-2, 1e-1))
    assert parse_strengths("1e-4,0", zero=False) == (0, 1e-4)


@pytest.mark.parametrize(
    "strengths", [[], [-0.1], [float("nan")], [float("inf")], [True], ["x"], [None], [0.1, 0.1], [[1]]]
)
def test_strengths_that_are_none(strengths):
    with pytest.raises(InputError, match="strength"):
        check_strengths(strengths)


@pytest.mark.parametrize(
    ("strength", "text"), [(0, "0"), (1e-4, "0.0001"), (1e-5, "1e-05"), (0.00316228, "0.00316"), (1.0, "1")]
)
def test_strengths_are_written_as_people_do(strength, text):
    assert format_strength(strength) == text


def test_errors_travel_between_processes():
    error = pickle.loads(pickle.dumps(BuilderError("a model", received=3, remedy="Return one.")))
    assert type(error) is BuilderError
    assert str(error) == "a model; received 3. Return one."


def test_a_trial_is_its_own_key():
    assert len({Trial("l2", 0.1, 0), Trial("l2", 0.1, 0)}) == 1
