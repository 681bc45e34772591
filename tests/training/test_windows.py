"""Convolutions and pools by matrix products and blocks, against XLA's own, values and gradients."""

import jax
import jax.numpy as jnp
import keras
import numpy as np
import pytest
from keras import layers

from ridgepath.training import windows
from ridgepath.training.windows import windows_for_cpu

LAYERS = {
    "plain": (layers.Conv2D(3, 3), (9, 8, 2)),
    "one channel": (layers.Conv2D(4, 5), (9, 9, 1)),
    "same": (layers.Conv2D(3, (3, 2), padding="same"), (7, 8, 2)),
    "strides": (layers.Conv2D(3, 3, strides=2, padding="same"), (8, 7, 2)),
    "dilation": (layers.Conv2D(3, 3, dilation_rate=2), (9, 8, 2)),
    "one axis": (layers.Conv1D(3, 4, padding="causal"), (9, 2)),
    "three axes": (layers.Conv3D(2, 2), (4, 5, 4, 2)),
    "groups, XLA's": (layers.Conv2D(4, 3, groups=2), (6, 6, 4)),
    "depthwise, XLA's": (layers.DepthwiseConv2D(3), (6, 6, 2)),
    "transposed, XLA's": (layers.Conv2DTranspose(2, 3), (5, 5, 2)),
    "largest": (layers.MaxPooling2D(), (6, 8, 3)),
    "largest, cut": (layers.MaxPooling2D((2, 3)), (7, 8, 3)),
    "largest of same": (layers.MaxPooling2D(2, padding="same"), (6, 8, 2)),
    "largest of same, padded, XLA's": (layers.MaxPooling2D(2, padding="same"), (7, 8, 2)),
    "largest of windows that overlap, XLA's": (layers.MaxPooling2D(3, strides=2), (7, 7, 2)),
    "largest, one axis": (layers.MaxPooling1D(3), (9, 2)),
    "mean": (layers.AveragePooling2D(2), (6, 7, 3)),
    "mean of same, padded, XLA's": (layers.AveragePooling2D(2, padding="same"), (7, 7, 2)),
}


def built(name):
    layer, shape = LAYERS[name]
    if not layer.built:
        layer.build((None, *shape))
    return layer, shape, [np.asarray(variable.value) for variable in layer.trainable_variables]


def value_and_gradients(layer, inputs, weights, *, ours):
    def loss(inputs, weights):
        if not ours:
            outputs, _ = layer.stateless_call(weights, [], inputs)
        else:
            with windows_for_cpu():
                outputs, _ = layer.stateless_call(weights, [], inputs)
        return jnp.sum(jnp.sin(outputs) * jnp.arange(outputs.size).reshape(outputs.shape))

    return jax.jit(jax.value_and_grad(loss, argnums=(0, 1)))(inputs, weights)


@pytest.mark.parametrize("name", LAYERS)
def test_values_and_gradients_are_those_of_xla(name):
    layer, shape, weights = built(name)
    inputs = np.random.default_rng(0).standard_normal((4, *shape), np.float32)
    mine = value_and_gradients(layer, inputs, weights, ours=True)
    theirs = value_and_gradients(layer, inputs, weights, ours=False)
    for one, other in zip(jax.tree.leaves(mine), jax.tree.leaves(theirs), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4 * float(jnp.abs(other).max()))


def operations(name):
    layer, shape, weights = built(name)

    def outputs(inputs):
        with windows_for_cpu():
            return layer.stateless_call(weights, [], inputs)[0]

    return str(jax.make_jaxpr(outputs)(jnp.ones((4, *shape))))


@pytest.mark.parametrize("name", LAYERS)
def test_xla_is_asked_only_where_a_case_is_not_covered(name):
    written = operations(name)
    assert ("conv_general_dilated" in written or "reduce_window" in written) == name.endswith("XLA's")


def test_patches_that_take_too_much_memory_are_left_to_xla(monkeypatch):
    monkeypatch.setattr(windows, "MOST_PATCHES", 4 * 7 * 6 * 3 * 3 * 2 - 1)
    assert "conv_general_dilated" in operations("plain")
    monkeypatch.setattr(windows, "MOST_PATCHES", 4 * 7 * 6 * 3 * 3 * 2)
    assert "conv_general_dilated" not in operations("plain")


def test_of_equal_maxima_the_first_has_the_gradient_as_in_keras():
    pool = layers.MaxPooling2D(2)
    flat = np.array([1, 1, 0, 2, 1, 1, 2, 2], np.float32).reshape(1, 2, 4, 1)

    def total(inputs):
        return keras.ops.sum(pool(inputs))

    theirs = jax.grad(total)(flat)
    with windows_for_cpu():
        mine = jax.grad(total)(flat)
    np.testing.assert_array_equal(mine, theirs)
    np.testing.assert_array_equal(mine.ravel(), [1, 0, 0, 1, 0, 0, 0, 0])


def test_jax_has_its_own_functions_back_afterwards():
    convolve, reduce_window = jax.lax.conv_general_dilated, jax.lax.reduce_window
    with windows_for_cpu():
        assert jax.lax.conv_general_dilated is not convolve
    assert (jax.lax.conv_general_dilated, jax.lax.reduce_window) == (convolve, reduce_window)
