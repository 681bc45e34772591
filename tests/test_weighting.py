"""Class weights, against scikit-learn's and Keras' own."""

import keras
import numpy as np
import pytest
from sklearn.utils.class_weight import compute_class_weight

from ridgepath.errors import InputError
from ridgepath.weighting import check_class_weight, example_weights, frozen_class_weight, parse_class_weight

TARGETS = np.array([0, 0, 0, 1, 2, 2])


def test_balanced_is_that_of_scikit_learn():
    theirs = compute_class_weight("balanced", classes=np.arange(3), y=TARGETS)
    assert dict(frozen_class_weight("balanced", TARGETS, weighted=False)) == pytest.approx(dict(enumerate(theirs)))


@pytest.mark.parametrize("targets", [TARGETS, TARGETS[:, None].astype(np.float32), np.eye(3)[TARGETS]])
def test_examples_have_the_weights_that_fit_gives_them(targets):
    """A network that never learns reports the weighted loss of its first weights."""
    weights = {0: 0.5, 2: 3.0}
    frozen = frozen_class_weight(weights, targets, weighted=False)
    assert example_weights(frozen, targets).tolist() == [0.5, 0.5, 0.5, 1.0, 3.0, 3.0]
    model = keras.Sequential([keras.layers.Dense(3, "softmax")])
    loss = "categorical_crossentropy" if targets.shape[-1:] == (3,) else "sparse_categorical_crossentropy"
    model.compile(keras.optimizers.SGD(0.0), loss)
    x = np.random.default_rng(0).normal(size=(6, 4)).astype(np.float32)
    by_class = model.fit(x, targets, class_weight=weights, batch_size=6, verbose=0).history["loss"]
    by_example = model.fit(x, targets, sample_weight=example_weights(frozen, targets), batch_size=6, verbose=0)
    assert by_example.history["loss"] == pytest.approx(by_class)


def test_the_command_line_writes_them():
    assert parse_class_weight("balanced") == "balanced"
    assert parse_class_weight("0=1,3=2.5") == {0: 1.0, 3: 2.5}


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (lambda: parse_class_weight("0:1"), "received '0:1'. Write, for example, 0=1,1=5."),
        (lambda: parse_class_weight("0=1,0=2"), "received '0=2'"),
        (lambda: check_class_weight({}), "class weights by class; received {}"),
        (lambda: check_class_weight({"a": 1}), "classes must be whole numbers from 0; received 'a'"),
        (lambda: check_class_weight({0: -1}), "must be >= 0 and finite; received -1"),
        (lambda: check_class_weight({0: 0, 1: 0}), "a class weight above 0"),
        (lambda: frozen_class_weight({7: 1}, TARGETS, weighted=False), "received one for class 7"),
        (lambda: frozen_class_weight("balanced", TARGETS, weighted=True), "not both"),
        (lambda: frozen_class_weight("balanced", (TARGETS, TARGETS), weighted=False), "one output"),
        (lambda: frozen_class_weight("balanced", TARGETS + 0.5, weighted=False), "class numbers as targets"),
    ],
)
def test_what_are_no_class_weights(call, says):
    with pytest.raises(InputError) as error:
        call()
    assert says in str(error.value)
