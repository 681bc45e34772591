"""How many trials go together, by memory that is measured, limited and run out of on purpose."""

from types import SimpleNamespace

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from lanes import Bench, simple
from zoo import VECTORS

from ridgepath.training.memory import (
    SHARE,
    Room,
    bytes_needed,
    even_parts,
    free_bytes,
    is_out_of_memory,
    most_that_fit,
    size_in_bytes,
)

OUT_OF_MEMORY = jax.errors.JaxRuntimeError("RESOURCE_EXHAUSTED: Out of memory while trying to allocate 9 bytes.")


def device(stats):
    return SimpleNamespace(memory_stats=lambda: stats)


def test_what_is_free_is_a_share_of_the_limit_less_what_is_in_use():
    assert free_bytes(device({"bytes_limit": 1000, "bytes_in_use": 300})) == int(SHARE * 1000) - 300
    assert free_bytes(device(None)) is free_bytes(device({"bytes_in_use": 1})) is None
    assert free_bytes() is None, "a CPU does not say"


def test_a_program_needs_what_is_not_there_yet():
    data, state = jnp.ones((100, 10)), jax.ShapeDtypeStruct((50_000,), jnp.float32)

    def add(state, data):
        return state + data.sum()

    in_place = jax.jit(add, donate_argnums=0).lower(state, data).compile()
    beside = jax.jit(add).lower(state, data).compile()
    assert bytes_needed(in_place, present=data.nbytes) == pytest.approx(4 * 50_000, rel=0.01)
    assert bytes_needed(beside, present=data.nbytes) == pytest.approx(8 * 50_000, rel=0.01)


def test_a_program_that_does_not_tell_is_left_to_trying():
    assert bytes_needed(SimpleNamespace(memory_analysis=lambda: None), present=10) == 0


@pytest.mark.parametrize(("fixed", "each"), [(0, 10), (70, 10), (500, 1), (3, 333)])
@pytest.mark.parametrize("free", [1, 120, 505, 1000, 10_000])
def test_the_most_that_fit_are_found(fixed, each, free):
    asked = []

    def needed(trials):
        asked.append(trials)
        return fixed + each * trials

    found = most_that_fit(40, needed, free)
    fitting = [trials for trials in range(1, 41) if needed(trials) <= free]
    assert found == max(fitting, default=1)


def test_where_nobody_knows_the_memory_nothing_is_compiled_for_it():
    assert most_that_fit(7, lambda trials: pytest.fail("measured"), None) == 7


def test_half_as_many_are_tried_when_even_compiling_runs_out_of_memory():
    def needed(trials):
        if trials > 3:
            raise OUT_OF_MEMORY
        return 1

    assert most_that_fit(12, needed, 100) == 3
    with pytest.raises(jax.errors.JaxRuntimeError, match="INTERNAL"):
        most_that_fit(12, lambda trials: (_ for _ in ()).throw(jax.errors.JaxRuntimeError("INTERNAL: no")), 100)


def test_only_what_xla_says_for_want_of_memory_is_out_of_memory():
    assert is_out_of_memory(OUT_OF_MEMORY)
    assert not is_out_of_memory(jax.errors.JaxRuntimeError("INTERNAL: something else"))
    assert not is_out_of_memory(ValueError("RESOURCE_EXHAUSTED"))


def test_what_was_measured_is_not_measured_again():
    room, asked = Room(), []

    def needed(trials):
        asked.append(trials)
        return 10 * trials

    assert [room.take(wanted, needed, 55) for wanted in (8, 8, 5, 3)] == [5, 5, 5, 3]
    assert asked == [8, 5]
    assert room.halve(5) == 2
    assert room.take(8, needed, 55) == 2


def test_parts_are_as_few_and_as_equal_as_they_can_be():
    assert even_parts(10, most=8) == [5, 5]
    assert even_parts(11, most=4) == [4, 4, 3]
    assert even_parts(3, most=1) == [1, 1, 1]
    assert even_parts(3, most=9) == [3]


def test_what_lanes_need_is_measured_and_grows_by_no_less_than_the_state_of_a_trial():
    bench = Bench(simple, VECTORS)
    progress, coefficients = bench.members[0].progress, bench.members[0].coefficients
    needs = {
        (lanes, best): bench.lanes(lanes).bytes_needed(progress.state, coefficients, bench.data, keeps_best=best)
        for lanes, best in ((2, False), (4, False), (4, True))
    }
    state = size_in_bytes(progress.state)
    assert state == sum(np.asarray(each).nbytes for each in jax.tree.leaves(progress.state))
    assert needs[4, False] - needs[2, False] >= 2 * state
    assert needs[4, True] - needs[4, False] == 4 * state
