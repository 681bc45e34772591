"""What follows from runs, on runs that are made up so that the answers are known."""

import pytest
from bench import SITTING, parts_of, read_arguments, too_long
from comparing import Spread, agreement, forecast, per_trial_epoch, ratios, whole
from results import DONE, NOT_RUN, Results, Run, read, write

LOSSES = ((0.0, 0, 0.40), (0.01, 0, 0.60))


def a_run(peer, seconds, *, epochs=15, round_number=1, trials=2, losses=LOSSES, status=DONE, cap=60.0):
    return Run("then", round_number, "digits", trials, peer, epochs, status, cap, seconds, 2**20, losses)


ROUNDS = [
    *(a_run("ridgepath", 4.0, epochs=1), a_run("torch", 6.0, epochs=1)),
    *(a_run("ridgepath", 4.28), a_run("torch", 7.4)),
    *(a_run("ridgepath", 4.0, epochs=1, round_number=2), a_run("torch", 6.0, epochs=1, round_number=2)),
    *(a_run("ridgepath", 4.56, round_number=2), a_run("torch", 8.8, round_number=2)),
]


def test_a_trial_epoch_is_the_difference_of_two_runs():
    times = per_trial_epoch(ROUNDS)
    assert times["ridgepath"] == {("then", 1): pytest.approx(0.01), ("then", 2): pytest.approx(0.02)}
    assert times["torch"] == {("then", 1): pytest.approx(0.05), ("then", 2): pytest.approx(0.10)}


def test_ratios_are_taken_round_by_round():
    found = ratios(per_trial_epoch(ROUNDS), "torch")
    assert (found.median, found.low, found.high, found.count) == pytest.approx((5, 5, 5, 2))
    found = ratios(whole(ROUNDS, 15), "torch")
    assert (found.low, found.high) == pytest.approx((7.4 / 4.28, 8.8 / 4.56))


def test_no_ratio_where_a_time_is_lost_in_the_noise():
    runs = [*ROUNDS, a_run("torch", 9.0, epochs=1, round_number=3), a_run("torch", 8.9, round_number=3)]
    runs += [a_run("ridgepath", 4.0, epochs=1, round_number=3), a_run("ridgepath", 4.1, round_number=3)]
    assert ratios(per_trial_epoch(runs), "torch") is None


def test_a_round_without_ridgepath_has_no_ratio():
    assert ratios(whole([*ROUNDS, a_run("torch", 99.0, round_number=7)], 15), "torch").count == 2


def test_spread_of_nothing_is_nothing():
    assert Spread.of([]) is None
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(2.0, 1.0, 3.0, 3)


def with_losses(peer, *means):
    """Make a run a seed; its strengths lie 0.1 on either side of the mean."""
    pairs = [((0.0, 0, mean - 0.1), (0.01, 0, mean + 0.1)) for mean in means]
    return [a_run(peer, 1.0, round_number=number, losses=losses) for number, losses in enumerate(pairs)]


def test_tolerance_is_three_standard_errors_of_seeds():
    runs = with_losses("ridgepath", 0.48, 0.52) + with_losses("torch", 0.58, 0.62)
    found = agreement(runs, "torch", epochs=15)
    variance = (4 * 0.02**2) / 2  # two groups of two seeds, 0.02 about their means
    assert found.tolerance == pytest.approx(3 * (variance * (1 / 2 + 1 / 2)) ** 0.5)
    assert not found.reached
    assert (found.loss, found.own) == pytest.approx((0.60, 0.50))


def test_tolerance_is_at_least_two_percent_and_five_for_one_seed():
    alike = with_losses("ridgepath", 0.50, 0.50) + with_losses("torch", 0.509, 0.509)
    assert agreement(alike, "torch", epochs=15).tolerance == pytest.approx(0.01)
    alone = with_losses("ridgepath", 0.50) + with_losses("torch", 0.53)
    assert agreement(alone, "torch", epochs=15).tolerance == pytest.approx(0.025)
    assert not agreement(alone, "torch", epochs=15).reached
    assert agreement(alone, "sklearn", epochs=15) is None


def test_a_forecast_is_a_line_through_the_two_largest():
    assert forecast({1: 100.0, 4: 10.0, 20: 42.0}, 100) == pytest.approx(202.0)
    assert forecast({4: 10.0, 200: 1.0}, 100) == 0.0


def test_what_would_be_over_its_cap_is_not_begun():
    known = [a_run("torch", 10.0, trials=4), a_run("torch", 42.0, trials=20)]
    assert too_long(known, a_run("torch", 0.0, trials=100, cap=200.0))
    assert not too_long(known, a_run("torch", 0.0, trials=100, cap=210.0))
    assert not too_long(known, a_run("sklearn", 0.0, trials=100, cap=1.0))


def test_what_was_over_its_cap_is_not_tried_with_more():
    known = [a_run("torch", 0.0, status=NOT_RUN, trials=20, epochs=5, cap=60.0)]
    assert too_long(known, a_run("torch", 0.0, trials=20, epochs=5, cap=60.0))
    assert too_long(known, a_run("torch", 0.0, trials=100, epochs=5, cap=60.0))
    assert not too_long(known, a_run("torch", 0.0, trials=4, epochs=5, cap=60.0))
    assert not too_long(known, a_run("torch", 0.0, trials=20, epochs=5, cap=90.0))


def test_results_come_back_as_they_were_written(tmp_path):
    file = tmp_path / "results.json"
    assert read(file) == Results()
    results = Results({"then": {"machine": "a machine, 2 cores"}}, list(ROUNDS))
    write(results, file)
    assert read(file) == results
    assert [path.name for path in tmp_path.iterdir()] == ["results.json"]


def chosen_by(words):
    return parts_of(read_arguments(words.split()))


def test_options_choose_and_change_parts():
    assert tuple(chosen_by("")) == SITTING
    (part,) = chosen_by("--workload digits --trials 20 --peer torch --epochs 1,3 --rounds 2 --cap 5")
    assert (part.trials, part.peers, part.epochs, part.rounds, part.cap) == (20, ("ridgepath", "torch"), (1, 3), 2, 5.0)
    assert tuple(chosen_by("--parts 2:3")) == SITTING[1:3]
    assert {part.workload for part in chosen_by("--workload task")} == {"task"}
    (part,) = chosen_by("--workload table --trials 8")
    assert (part.trials, part.epochs) == (8, (1, 100))
