"""The probes: against closed forms, Keras' own optimizer steps, and one engine against the other."""

import jax
import keras
import numpy as np
import pytest

from ridgepath.datasets import Dataset, Split
from ridgepath.training import trial as one
from ridgepath.training.device import TrialData
from ridgepath.training.lowering import Lowered
from ridgepath.training.models import build_model
from ridgepath.training.probes import CHANGE, PROBED, sensitivity, shares, small_change, step_sizes
from ridgepath.training.reference_probes import probe

RNG = np.random.default_rng(5)


@pytest.fixture
def digits(mnist_5k):
    return Dataset("digits", mnist_5k.train.take(slice(330)), mnist_5k.validation.take(slice(70)))


def by_both(model, data):
    """Probe a network as it stands by both engines."""
    example = tuple(np.asarray(array[:32]) for array in data.train.batch)
    lowered = Lowered(model, example)
    program = one.Program(lowered, batch_size=32)
    arrays = TrialData(data, train_evaluated=len(data.train.y), together=program.together)
    mine = program.probe(lowered.state, lowered.coefficients, arrays.train_part, arrays.change)
    return mine, by_reference(model, data)


def by_reference(model, data):
    """Probe a network as it stands by the reference engine."""
    return probe(model, data.train, data.validation, together=1000)


def built(build, strength, data):
    return build_model(build, strength, seed=1, example=data.train.take(slice(32)).batch)


def network(optimizer, kernel, *, bias=None, last=None, loss="sparse_categorical_crossentropy"):
    layers = [
        keras.layers.Flatten(),
        keras.layers.Dense(16, "relu", kernel_regularizer=kernel, bias_regularizer=bias),
        keras.layers.Dense(10, "softmax", kernel_regularizer=last),
    ]
    model = keras.Sequential(layers)
    model.compile(optimizer, loss)
    return model


L1, L2, L1L2 = keras.regularizers.L1, keras.regularizers.L2, keras.regularizers.L1L2


@pytest.mark.parametrize(
    "build",
    [
        lambda strength: network(keras.optimizers.Adam(0.01), L2(strength)),
        lambda strength: network(keras.optimizers.Adam(0.01, amsgrad=True), L1(strength), last=L2(strength)),
        lambda strength: network(keras.optimizers.AdamW(0.01, weight_decay=0.1), L1L2(strength, 2 * strength)),
        lambda strength: network(keras.optimizers.SGD(0.1, momentum=0.9), L1(strength), bias=L2(3 * strength)),
    ],
    ids=["adam", "amsgrad", "adamw", "momentum"],
)
def test_both_engines_tell_the_same(digits, build):
    model = built(build, 1e-3, digits)
    model.fit(*digits.train.batch, batch_size=32, epochs=2, verbose=0)
    mine, by_keras = by_both(model, digits)
    assert mine == pytest.approx(by_keras, rel=1e-4)
    assert 0.001 < mine["gradient_share"] < 0.999
    assert 0.001 < mine["update_share"] < 0.999
    assert mine["sensitivity"] > 0


def ridge(optimizer, examples=1300):
    """Return 1,300 examples, more than go through a network at once, a linear network and its weights' optimum."""
    x = RNG.normal(size=(examples, 5)).astype(np.float32) * np.float32([1, 2, 3, 4, 5])
    y = (x @ np.float32([1, -2, 0, 1, 0.5]) + RNG.normal(size=examples)).astype(np.float32)
    data = Dataset("ridge", Split(x, y), Split(x[:200], y[:200]))

    def build(strength):
        model = keras.Sequential([keras.layers.Dense(1, use_bias=False, kernel_regularizer=L2(strength))])
        model.compile(optimizer, "mse")
        return model

    optimum = np.linalg.solve(x.T.astype(float) @ x / examples + 3.0 * np.eye(5), x.T.astype(float) @ y / examples)
    return build_model(build, 3.0, seed=0, example=(x[:8], y[:8])), data, optimum


def test_at_the_optimum_of_ridge_regression_data_and_penalty_pull_equally():
    model, data, optimum = ridge("sgd")
    model.set_weights([optimum[:, None]])
    for figures in by_both(model, data):
        assert figures["gradient_share"] == pytest.approx(0.5, abs=1e-5)
        assert figures["update_share"] == figures["gradient_share"]


def test_elsewhere_the_shares_follow_from_the_normal_equations_and_adams_squares():
    model, data, optimum = ridge("adam")
    weights = optimum + np.float64([0.5, -1, 0.2, 0, 2])
    squares = np.float32([1e-12, 1e-6, 1e-2, 1, 1e4])
    model.set_weights([weights[:, None]])
    model.optimizer._velocities[0].assign(squares[:, None])
    x, y = (array.astype(float) for array in data.train.batch)
    on_data, on_penalty = 2 * x.T @ (x @ weights - y) / len(y), 2 * 3.0 * weights
    steps = 1 / (np.sqrt(squares) + 1e-7)
    for figures in by_both(model, data):
        for name, step in (("gradient_share", 1.0), ("update_share", steps)):
            of_data, of_penalty = np.linalg.norm(step * on_data), np.linalg.norm(step * on_penalty)
            assert figures[name] == pytest.approx(of_penalty / (of_data + of_penalty), rel=1e-5)
        assert figures["update_share"] != pytest.approx(figures["gradient_share"], rel=0.1)


@pytest.mark.parametrize(
    ("optimizer", "frozen"),
    [
        (keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True), {"momentum": 0.0}),
        (keras.optimizers.Adam(0.01, epsilon=1e-4), {"beta_1": 0.0, "beta_2": 1 - 2**-24}),
        (keras.optimizers.Adam(0.01, beta_2=0.5, amsgrad=True), {"beta_1": 0.0, "beta_2": 1 - 2**-24}),
        (keras.optimizers.AdamW(0.01, weight_decay=0.1), {"beta_1": 0.0, "beta_2": 1 - 2**-24}),
        (keras.optimizers.RMSprop(0.01, epsilon=1e-4), {"rho": 1.0}),
        (keras.optimizers.RMSprop(0.01, momentum=0.5, centered=True), {"rho": 1.0, "momentum": 0.0}),
        (keras.optimizers.Adagrad(0.1), {}),
    ],
    ids=["nesterov", "adam", "amsgrad", "adamw", "rmsprop", "centered", "adagrad"],
)
def test_step_sizes_are_those_of_kerass_own_update(digits, optimizer, frozen):
    """With its averages frozen, an optimizer moves weights of 0 by minus a tiny gradient times their steps."""
    variables = built(lambda strength: network(optimizer, L2(strength)), 0.0, digits).trainable_variables
    for size in (1, 0.1, 0.01):
        optimizer.apply([RNG.normal(0, size, v.shape).astype(np.float32) for v in variables], variables)
    steps = step_sizes(optimizer, variables)
    for name, value in frozen.items():
        setattr(optimizer, name, value)
    for momentum in getattr(optimizer, "_momentums", []):
        momentum.assign(np.zeros(momentum.shape))
    gradients = [RNG.uniform(1e-9, 1e-8, v.shape).astype(np.float32) for v in variables]
    moved, _ = optimizer.stateless_apply(
        [v.value for v in optimizer.variables], gradients, [np.zeros(v.shape, np.float32) for v in variables]
    )
    pairs = zip(moved, gradients, steps, strict=True)
    common = np.concatenate([np.ravel(-np.asarray(move) / (gradient * step)) for move, gradient, step in pairs])
    assert common == pytest.approx(common[0], rel=1e-4)
    assert common[0] > 0


@pytest.mark.parametrize(
    "optimizer", [keras.optimizers.Nadam, lambda: keras.optimizers.Adam(clipvalue=0.5)], ids=["nadam", "clipped"]
)
def test_an_update_that_is_no_gradient_times_a_step_has_no_share(digits, optimizer):
    for figures in by_both(built(lambda strength: network(optimizer(), L2(1e-3)), 0.0, digits), digits):
        assert figures["gradient_share"] > 0
        assert np.isnan(figures["update_share"])


@pytest.mark.parametrize("regularizer", [None, L1L2(0.0, 0.0)])
def test_without_a_penalty_its_share_is_0(digits, regularizer):
    for figures in by_both(built(lambda strength: network("adam", regularizer), 0.0, digits), digits):
        assert (figures["gradient_share"], figures["update_share"]) == (0, 0)
        assert figures["sensitivity"] > 0


def test_chunks_count_by_their_size_and_nothing_that_pulls_has_the_share_0():
    pulls = {4: ([np.float32([3])], [np.float32([1])]), 1: ([np.float32([-2])], [np.float32([1])])}
    chunks = [(None, np.zeros(size)) for size in pulls]
    figures = shares(lambda chunk: pulls[len(chunk[1])], chunks, [np.float64([7])])
    assert figures == pytest.approx({"gradient_share": 1 / 3, "update_share": 1 / 3})
    still = shares(lambda chunk: ([np.zeros(2)], [np.zeros(2)]), chunks, None)
    assert still["gradient_share"] == 0


def test_the_sensitivity_of_a_linear_network_follows_from_its_matrix():
    weights = RNG.normal(size=(60, 4))
    features = RNG.normal(3.0, 2.0, size=(500, 60)).astype(np.float32)
    change = small_change(features)
    drawn = change.after.astype(float) - change.before
    exact = np.linalg.norm(drawn @ weights) / np.linalg.norm(drawn)
    assert sensitivity(lambda x: x.astype(float) @ weights + 5, change) == pytest.approx(exact)
    assert exact == pytest.approx(np.linalg.norm(weights) / np.sqrt(60), rel=0.03)  # What isotropic draws expect.

    def build(strength):
        model = keras.Sequential([keras.layers.Dense(4, kernel_regularizer=L2(strength))])
        model.compile("sgd", "mse")
        return model

    data = Dataset("linear", *[Split(features, np.zeros((500, 4), np.float32))] * 2)
    model = build_model(build, 0.0, seed=0, example=(features[:8], np.zeros((8, 4))))
    model.set_weights([weights, np.ones(4)])
    for figures in by_both(model, data):
        assert figures["sensitivity"] == pytest.approx(exact, rel=1e-3)


def test_a_small_change_is_a_hundredth_of_the_features_and_always_the_same(mnist_5k):
    change = small_change(mnist_5k.train.x)
    assert change.before.shape == change.after.shape == (PROBED, 28, 28)
    assert (change.before == mnist_5k.train.x[:PROBED]).all()
    assert change.after.dtype == np.float32
    size = np.sqrt(np.mean(np.square(change.before, dtype=float)))
    drawn = change.after.astype(float) - change.before
    assert np.std(drawn) == pytest.approx(CHANGE * size, rel=0.01)
    assert abs(np.mean(drawn)) < 0.01 * np.std(drawn)
    assert (small_change(mnist_5k.train.x).after == change.after).all()


@pytest.mark.parametrize("features", [np.arange(12, dtype=np.uint8), np.ones(3, bool), np.zeros((4, 2), np.float32)])
def test_where_there_is_no_small_change_there_is_no_sensitivity(features):
    assert small_change(features) is None
    assert np.isnan(sensitivity(lambda x: x, None))


def test_a_network_of_pixels_as_whole_numbers_has_shares_only(digits):
    pixels = [Split(np.round(split.x * 255).astype(np.uint8), split.y) for split in digits.splits.values()]

    def build(strength):
        model = keras.Sequential([keras.layers.Rescaling(1 / 255), *network("adam", L2(strength)).layers])
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    data = Dataset("pixels", *pixels)
    for figures in by_both(built(build, 1e-3, data), data):
        assert 0 < figures["gradient_share"] < 1
        assert np.isnan(figures["sensitivity"])


class Opaque(keras.Model):
    """A network through which no gradient can be taken."""

    def __init__(self):
        super().__init__()
        self.dense = keras.layers.Dense(10, "softmax", kernel_regularizer=L2(1e-3))
        self.flatten = keras.layers.Flatten()

    def call(self, features):
        output = self.dense(self.flatten(features))
        if not isinstance(output, jax.Array):
            return output
        return jax.pure_callback(lambda array: np.asarray(array), jax.typeof(output), output)


def test_a_model_that_gives_no_gradient_has_no_shares(digits):
    def build(strength):
        model = Opaque()
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    figures = by_reference(built(build, 0.0, digits), digits)
    assert np.isnan([figures["gradient_share"], figures["update_share"]]).all()
    assert figures["sensitivity"] > 0


class Plain(keras.Model):
    """A class of the user's own whose ``call`` does not ask whether it trains."""

    def __init__(self, strength):
        super().__init__()
        self.parts = network("adam", L2(strength))

    def call(self, features):
        return self.parts(features)


def with_dropout(strength):
    first, *others = network("adam", L2(strength)).layers
    return keras.Sequential([first, keras.layers.Dropout(0.5), *others])


@pytest.mark.parametrize("around", [Plain, with_dropout])
def test_probes_are_those_of_the_same_layers_that_do_not_train(digits, around):
    def build(strength):
        model = around(strength)
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    model = built(build, 1e-3, digits)
    same = built(lambda strength: network("adam", L2(strength)), 1e-3, digits)
    same.set_weights(model.get_weights()[: len(same.weights)])
    mine, _ = by_both(same, digits)
    assert by_reference(model, digits) == pytest.approx(mine, rel=1e-4)


@pytest.mark.parametrize(
    ("layer", "share"),
    [(keras.layers.Dropout(0.5), 0.0), (keras.layers.Dense(8, activity_regularizer="l2", name="hidden"), np.nan)],
)
def test_a_penalty_on_no_weights_has_no_share_and_no_penalty_the_share_0(digits, layer, share):
    def build(strength):
        model = keras.Sequential([keras.layers.Flatten(), layer, keras.layers.Dense(10, "softmax")])
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    figures = by_reference(built(build, 0.0, digits), digits)
    assert figures["gradient_share"] == pytest.approx(share, nan_ok=True)
    assert figures["sensitivity"] > 0


def test_a_loss_that_reads_weights_pulls_at_them_too(digits):
    """A penalty hidden in the loss is part of the data loss, in both engines."""

    def build(strength):
        model = network("sgd", L2(1e-3))

        def loss(targets, predictions):
            kernel = model.layers[1].kernel
            plain = keras.losses.sparse_categorical_crossentropy(targets, predictions)
            return plain + 10.0 * keras.ops.sum(keras.ops.square(kernel))

        model.compile("sgd", loss)
        return model

    model = built(build, 0.0, digits)
    mine, by_keras = by_both(model, digits)
    assert mine == pytest.approx(by_keras, rel=1e-4)
    assert mine["gradient_share"] < 2e-4
