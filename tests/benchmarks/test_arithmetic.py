"""Counts of arithmetic, against closed forms, Keras' own counts and those of the compiler."""

import jax
import keras
import networks
import numpy as np
import pytest
from arithmetic import Convolution, Dense, parameters, step_operations, steps
from workloads import WORKLOADS, trials_of


def test_the_tasks_step_by_hand():
    forward, to_weights, to_input = 784 * 128 + 128 * 10, 784 * 128 + 128 * 10, 128 * 10
    assert step_operations((Dense(784, 128), Dense(128, 10)), 32) == 2 * 32 * (forward + to_weights + to_input)


def test_a_convolution_counts_every_place_of_its_kernel():
    places = sum(1 for row in range(28 - 2) for column in range(28 - 2))
    assert Convolution(28, 3, 1, 8).products == places * 3 * 3 * 8


@pytest.mark.parametrize("name", WORKLOADS)
def test_layers_are_those_of_the_network(name):
    workload = WORKLOADS[name]
    model = getattr(networks, workload.network)(1e-3)
    shape = (10,) if workload.network == "tabular" else (28, 28)
    model.build((None, *shape))
    assert parameters(workload.layers) == model.count_params()


@pytest.mark.parametrize("name", ["digits", "convolution"])
def test_the_forward_pass_is_what_the_compiler_counts(name):
    workload = WORKLOADS[name]
    model = getattr(networks, workload.network)(0.0)
    x = np.zeros((workload.batch_size, 28, 28), np.float32)
    model(x)
    lowered = jax.jit(lambda x: model(x)).lower(x)
    counted = lowered.compile().cost_analysis()["flops"]
    forward = 2 * workload.batch_size * sum(layer.products for layer in workload.layers)
    assert forward == pytest.approx(counted, rel=0.05)  # the compiler also counts activations


def test_the_last_batch_counts_as_a_step():
    assert steps(3_000, 32) == 94
    assert steps(64, 32) == 2


def test_examples_are_those_of_the_data(mnist_5k):
    assert WORKLOADS["digits"].examples == len(mnist_5k.train.y)


def test_trials_are_all_strengths_with_seeds_of_the_round():
    assert trials_of(1, round_number=1).strengths == (1e-3,)
    first, second = (trials_of(20, round_number=number) for number in (1, 2))
    assert len(first.strengths) * len(first.seeds) == 20
    assert first.strengths == second.strengths
    assert not set(first.seeds) & set(second.seeds)
    with pytest.raises(SystemExit, match="a multiple of 4; received 6"):
        trials_of(6, round_number=1)


def test_all_networks_have_the_penalty_of_every_hidden_kernel():
    for name in ("dense", "convolutional", "tabular"):
        kernels = [layer for layer in getattr(networks, name)(1e-3).layers if hasattr(layer, "kernel_regularizer")]
        penalized = [isinstance(layer.kernel_regularizer, keras.regularizers.L2) for layer in kernels]
        assert penalized == [True] * (len(kernels) - 1) + [False]
