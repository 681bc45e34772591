import base64
import io

import numpy as np
import pytest
from matplotlib import image

from ridgepath.report.palette import LIGHT
from ridgepath.report.pictures import data_address, mosaic, png

RNG = np.random.default_rng(2)


def read(content):
    """Read a PNG by another program."""
    return np.rint(image.imread(io.BytesIO(content), format="png") * 255).astype(np.uint8)


def test_another_program_reads_the_same_pixels():
    picture = RNG.integers(0, 256, (7, 5, 4)).astype(np.uint8)
    np.testing.assert_array_equal(read(png(picture)), picture)


def test_the_address_holds_the_file():
    picture = RNG.integers(0, 256, (2, 3, 4)).astype(np.uint8)
    kind, _, content = data_address(picture).partition(",")
    assert kind == "data:image/png;base64"
    np.testing.assert_array_equal(read(base64.b64decode(content)), picture)


def test_units_stand_in_a_square_a_pixel_apart():
    weights = np.ones((5, 8, 9, 1))
    picture = mosaic(weights)
    assert picture.shape == (2 * 9 - 1, 3 * 10 - 1, 4)
    assert (picture[8, :, 3] == 0).all()
    assert (picture[:, 9, 3] == 0).all()
    assert (picture[9:, 20:, 3] == 0).all()
    assert (picture[9:, :9, 3] == 255).all()


def test_the_sign_is_the_colour_and_the_size_how_opaque():
    weights = np.array([[0.0, 2.0], [-4.0, 1.0]]).reshape(1, 2, 2, 1)
    picture = mosaic(weights)
    assert picture[..., 3].tolist() == [[0, 128], [255, 64]]
    assert "#" + bytes(picture[0, 1, :3]).hex() == LIGHT["validation"]
    assert "#" + bytes(picture[1, 0, :3]).hex() == LIGHT["training"]


def test_three_channels_are_colours_around_grey():
    weights = np.zeros((1, 1, 2, 3))
    weights[0, 0, 1] = (1.0, -1.0, 0.5)
    picture = mosaic(weights)
    assert picture[0, 0].tolist() == [128, 128, 128, 255]
    assert picture[0, 1].tolist() == [255, 0, 191, 255]


@pytest.mark.parametrize("channels", [1, 3])
def test_weights_that_are_all_zero_have_a_picture(channels):
    assert mosaic(np.zeros((4, 8, 8, channels))).shape == (17, 17, 4)
