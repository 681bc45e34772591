import numpy as np
import pytest

from ridgepath.portraits import BINS, MOST_BYTES, UNITS, WEIGHT_EDGES, Portrait, portrait

RNG = np.random.default_rng(3)
DENSE = RNG.normal(0, 0.05, (64, 20)).astype(np.float32)


def counted(*kernels, pictured=False, shape=(8, 8)):
    return portrait(kernels, shape, pictured=pictured)


def test_edges_are_fine_near_zero_and_ever_wider():
    widths = np.diff(WEIGHT_EDGES)
    assert len(WEIGHT_EDGES) == BINS + 1
    assert WEIGHT_EDGES[BINS // 2] == 0
    np.testing.assert_allclose(WEIGHT_EDGES, -WEIGHT_EDGES[::-1], atol=1e-15)
    assert widths.min() < 1e-4
    assert (np.diff(widths[BINS // 2 :]) > 0).all()
    assert WEIGHT_EDGES[-1] == pytest.approx(10)


def test_counts_are_those_of_a_histogram():
    other = RNG.normal(0, 1.5, (20, 7))
    expected = np.histogram(np.concatenate([DENSE.ravel(), other.ravel()]), WEIGHT_EDGES)[0]
    np.testing.assert_array_equal(counted(DENSE, other).counts, expected)


def test_every_weight_is_counted_however_large():
    found = counted(np.array([[1e9, -1e9, 0.0, 1e-30]]))
    assert (found.counts[0], found.counts[-1], found.counts[BINS // 2]) == (1, 1, 2)
    assert found.counts.sum() == 4


def test_units_of_a_dense_layer_are_images_of_what_they_see():
    found = counted(DENSE, pictured=True)
    assert (found.images.dtype, found.images.shape) == (np.int8, (UNITS, 8, 8, 1))
    assert found.scale == np.abs(DENSE[:, :UNITS]).max()
    np.testing.assert_allclose(found.weights[5, 2, 3, 0], DENSE[2 * 8 + 3, 5], atol=found.scale / 254)
    assert np.abs(found.images).max() == 127


def test_filters_of_a_convolution_are_images():
    filters = RNG.normal(0, 1, (3, 5, 3, 4))
    found = counted(filters, pictured=True, shape=(32, 32, 3))
    np.testing.assert_allclose(found.weights, np.moveaxis(filters, -1, 0), atol=found.scale / 254)


@pytest.mark.parametrize(
    ("kernel", "shape"),
    [
        ((64, 20), (64,)),
        ((64, 20), (16, 4)),
        ((63, 20), (8, 8)),
        ((128, 20), (8, 8, 2)),
        ((3, 3, 3, 4), (8, 8, 1)),
        ((3, 1, 4), (8, 8)),
        ((MOST_BYTES * 4, 2), (2 * 256, 512)),
    ],
)
def test_what_is_no_image_has_none(kernel, shape):
    assert counted(np.ones(kernel), pictured=True, shape=shape).images.size == 0


def test_fewer_units_where_images_are_large():
    found = counted(np.ones((96 * 96 * 3, 16)), pictured=True, shape=(96, 96, 3))
    assert found.images.shape == (2, 96, 96, 3)
    assert found.images.nbytes <= MOST_BYTES


def test_only_what_is_to_be_pictured_is():
    assert counted(DENSE).images.size == 0
    assert counted(DENSE).scale == 0


def test_weights_that_are_all_zero_have_images_too():
    found = counted(np.zeros((64, 3)), pictured=True)
    assert (found.images.shape, found.scale) == ((3, 8, 8, 1), 0)
    np.testing.assert_array_equal(found.weights, 0)
    assert isinstance(found, Portrait)
