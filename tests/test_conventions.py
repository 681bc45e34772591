"""Every convention against the program that has it: what its own solver finds, or its optimizer's step, or its source.

torch is not needed for it: its steps are written as its documentation publishes them.
"""

import copy
from pathlib import Path

import jax
import keras
import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer, load_diabetes
from sklearn.linear_model import ElasticNet, Lasso, LogisticRegression, Ridge, SGDClassifier, SGDRegressor
from sklearn.neural_network import MLPClassifier, MLPRegressor

from ridgepath import convert_strength
from ridgepath.conventions import CONVENTIONS

# What Keras minimizes, for linear networks without a bias: the mean of the loss, and its penalty.


def squared_gradient(w, x, y):
    """Gradient of Keras' mean squared error."""
    return 2 * x.T @ (x @ w - y) / len(y)


def logistic_gradient(w, x, y):
    """Gradient of Keras' mean binary cross-entropy, for classes 0 and 1."""
    return x.T @ (1 / (1 + np.exp(-x @ w)) - y) / len(y)


def ridge(x, y, l2):
    """Minimize Keras' mean squared error and L2 penalty in closed form."""
    return np.linalg.solve(x.T @ x / len(y) + l2 * np.eye(x.shape[1]), x.T @ y / len(y))


def assert_minimum_with_l2(w, data_gradient, l2):
    """Check that data loss and penalty pull equally hard at every weight, and hard."""
    assert np.abs(data_gradient).max() > 1e-4
    np.testing.assert_allclose(data_gradient, -2 * l2 * w, rtol=1e-3, atol=1e-9)


def assert_minimum_with_l1(w, data_gradient, l1):
    """Check the conditions of Karush, Kuhn and Tucker, with some weights at 0 and some not."""
    assert 0 < np.count_nonzero(w) < len(w)
    np.testing.assert_allclose(data_gradient[w != 0], -l1 * np.sign(w[w != 0]), rtol=1e-3)
    assert (np.abs(data_gradient[w == 0]) < l1).all()


@pytest.fixture(scope="module")
def diabetes():
    """80 real patients: 4 features and a target, both centred."""
    x, y = load_diabetes(return_X_y=True)
    x, y = 10 * x[:80, :4], y[:80]
    return x - x.mean(axis=0), y - y.mean()


@pytest.fixture(scope="module")
def tumours():
    """80 real tumours: 4 features, scaled, and a class."""
    x, y = load_breast_cancer(return_X_y=True)
    x = x[:80, [0, 1, 4, 8]]
    return (x - x.mean(axis=0)) / x.std(axis=0), y[:80]


def test_ridge(diabetes):
    x, y = diabetes
    found = Ridge(alpha=13.0, fit_intercept=False).fit(x, y).coef_
    l2 = convert_strength(13.0, "sklearn-ridge-alpha", "keras-l2", examples=80)
    np.testing.assert_allclose(found, ridge(x, y, l2), rtol=1e-8)


def test_logistic_regression(tumours):
    x, y = tumours
    for C in (0.01, 3.0):
        found = LogisticRegression(C=C, fit_intercept=False, tol=1e-10, max_iter=10_000).fit(x, y).coef_[0]
        l2 = convert_strength(C, "sklearn-logistic-c", "keras-l2", examples=80)
        assert_minimum_with_l2(found, logistic_gradient(found, x, y), l2)


def test_logistic_regression_with_l1(tumours):
    x, y = tumours
    settings = {"l1_ratio": 1, "solver": "saga", "fit_intercept": False, "tol": 1e-10, "max_iter": 100_000}
    found = LogisticRegression(C=0.1, **settings).fit(x, y).coef_[0]
    l1 = convert_strength(0.1, "sklearn-logistic-l1-c", "keras-l1", examples=80)
    assert_minimum_with_l1(found, logistic_gradient(found, x, y), l1)


def test_lasso(diabetes):
    x, y = diabetes
    found = Lasso(alpha=7.0, fit_intercept=False, tol=1e-12).fit(x, y).coef_
    l1 = convert_strength(7.0, "sklearn-lasso-alpha", "keras-l1")
    assert_minimum_with_l1(found, squared_gradient(found, x, y), l1)


def test_ridge_with_several_outputs(diabetes):
    """Keras' mean squared error is the mean over the outputs, too, of which Ridge takes the sum."""
    x, y = diabetes
    both = np.column_stack([y, y[::-1]])
    found = Ridge(alpha=13.0, fit_intercept=False).fit(x, both).coef_.T
    l2 = convert_strength(13.0, "sklearn-ridge-alpha", "keras-l2", examples=80) / 2
    errors, weights = keras.Variable(both), keras.Variable(found)

    def objective(w):
        return keras.ops.mean(keras.losses.mean_squared_error(errors, x @ w)) + keras.regularizers.L2(l2)(w)

    pull = jax.grad(lambda w: objective(w) - keras.regularizers.L2(l2)(w))(weights.value)
    assert_minimum_with_l2(found, np.asarray(pull), l2)


def test_elastic_net(diabetes):
    """It is Keras' L1L2 with l1 = 2 alpha l1_ratio and l2 = alpha (1 - l1_ratio)."""
    x, y = diabetes
    found = ElasticNet(alpha=7.0, l1_ratio=0.9, fit_intercept=False, tol=1e-12).fit(x, y).coef_
    l1 = convert_strength(7.0 * 0.9, "sklearn-lasso-alpha", "keras-l1")
    l2 = convert_strength(7.0 * 0.1, "sklearn-sgd-regressor-alpha", "keras-l2")
    assert (l1, l2) == pytest.approx((2 * 7.0 * 0.9, 7.0 * 0.1))
    assert_minimum_with_l1(found, squared_gradient(found, x, y) + 2 * l2 * found, l1)


def stepped(estimator, x, y, *, alpha, classes):
    """Let an estimator that has begun take one more step of plain SGD at a penalty."""
    estimator = copy.deepcopy(estimator).set_params(alpha=alpha)
    return estimator.partial_fit(x, y, **classes)


@pytest.mark.parametrize(
    ("kind", "name", "share"),
    [(MLPClassifier, "sklearn-mlp-classifier-alpha", 1), (MLPRegressor, "sklearn-mlp-regressor-alpha", 0.5)],
)
def test_a_step_of_a_multilayer_perceptron(tumours, kind, name, share):
    """A penalty adds the gradient of Keras' penalty to a step; a regressor takes half of it, as of its loss."""
    x, y = tumours
    classes = {"classes": [0, 1]} if kind is MLPClassifier else {}
    settings = {"solver": "sgd", "momentum": 0, "learning_rate_init": 0.1, "batch_size": 20, "random_state": 0}
    begun = kind(hidden_layer_sizes=(5,), **settings).partial_fit(x[:20], y[:20], **classes)
    without, with_penalty = (stepped(begun, x[20:40], y[20:40], alpha=alpha, classes=classes) for alpha in (0.0, 3.0))
    l2 = convert_strength(3.0, name, "keras-l2", batch_size=20)
    for before, plain, penalized in zip(begun.coefs_, without.coefs_, with_penalty.coefs_, strict=True):
        np.testing.assert_allclose(penalized - plain, -0.1 * share * 2 * l2 * before, rtol=1e-9)


EXACT = {"solver": "lbfgs", "tol": 1e-12, "max_iter": 10_000}


def test_the_minimum_of_a_regressing_perceptron_without_hidden_units(diabetes):
    x, y = diabetes
    found = MLPRegressor(hidden_layer_sizes=(), **EXACT, alpha=13.0).fit(x, y).coefs_[0][:, 0]
    l2 = convert_strength(13.0, "sklearn-mlp-regressor-alpha", "keras-l2", batch_size=80)
    np.testing.assert_allclose(found, ridge(x, y, l2), rtol=1e-3)


def test_the_minimum_of_a_classifying_perceptron_without_hidden_units(tumours):
    x, y = tumours
    model = MLPClassifier(hidden_layer_sizes=(), **EXACT, alpha=5.0).fit(x, y)
    found, intercept = model.coefs_[0][:, 0], model.intercepts_[0][0]
    with_bias, weights = np.column_stack([x, np.ones(80)]), np.append(found, intercept)
    l2 = convert_strength(5.0, "sklearn-mlp-classifier-alpha", "keras-l2", batch_size=80)
    assert_minimum_with_l2(found, logistic_gradient(weights, with_bias, y)[:-1], l2)


@pytest.mark.parametrize(
    ("kind", "loss", "name", "gradient", "share"),
    [
        (SGDClassifier, "log_loss", "sklearn-sgd-classifier-alpha", logistic_gradient, 1),
        (SGDRegressor, "squared_error", "sklearn-sgd-regressor-alpha", squared_gradient, 0.5),
    ],
)
def test_a_step_of_a_linear_model_by_sgd(tumours, kind, loss, name, gradient, share):
    """A step goes down Keras' whole gradient: of a squared error and its penalty, down half of it."""
    x, y = tumours
    classes = {"classes": [0, 1]} if kind is SGDClassifier else {}
    begun = kind(loss=loss, fit_intercept=False, learning_rate="constant", eta0=0.1).partial_fit(x, y, **classes)
    before = begun.coef_.ravel()
    after = stepped(begun, x[:1], y[:1], alpha=0.7, classes=classes).coef_.ravel()
    l2 = convert_strength(0.7, name, "keras-l2")
    expected = -0.1 * share * (gradient(before, x[:1], y[:1]) + 2 * l2 * before)
    # scikit-learn shrinks the weights first and takes the gradient of the data loss before that.
    np.testing.assert_allclose(after - before, expected, rtol=1e-6)


# Printed by glmnet 4.1-6 on R 4.2.2 with standardize=FALSE and thresh=1e-20: strength, intercept, and the weights of
# the features of `diabetes`, and of those of `tumours` before they are scaled.
GLMNET = {
    "glmnet-gaussian-ridge": (7.0, [146.002032181, 5.85977239251, -10.9137134962, 44.8036098471, 27.687972176]),
    "glmnet-gaussian-lasso": (7.0, [142.752351837, 0, 0, 34.3500649569, 8.07295013811]),
    "glmnet-binomial-ridge": (
        0.05,
        [18.3716378902, -0.879033382011, -0.388242857754, -0.0373993002718, -0.0605258498112],
    ),
    "glmnet-binomial-lasso": (0.05, [16.8639968989, -0.83106676092, -0.341658220475, 0, 0]),
}


@pytest.mark.parametrize("name", GLMNET)
def test_glmnet(diabetes, name):
    (x, y), (strength, (intercept, *found)) = diabetes, GLMNET[name]
    found, is_lasso = np.array(found), name.endswith("lasso")
    settings = {"target_sd": y.std()} if name == "glmnet-gaussian-ridge" else {}
    coefficient = convert_strength(strength, name, "keras-l1" if is_lasso else "keras-l2", **settings)
    if "gaussian" in name:
        gradient = squared_gradient(found, x, y)
    else:
        x, y = load_breast_cancer(return_X_y=True)
        x, y = np.column_stack([x[:80, [0, 1, 4, 8]], np.ones(80)]), y[:80]
        gradient = logistic_gradient(np.append(found, intercept), x, y)[:-1]
    (assert_minimum_with_l1 if is_lasso else assert_minimum_with_l2)(found, gradient, coefficient)


def test_textbooks(diabetes):
    """Σ(y - ŷ)² / 2n + λ/2n Σw² leads to the normal equation with λ; the others stand as they are written."""
    x, y = diabetes
    l2 = convert_strength(13.0, "textbook-2n-regression", "keras-l2", examples=80)
    normal_equation = np.linalg.inv(x.T @ x + 13.0 * np.eye(4)) @ x.T @ y
    np.testing.assert_allclose(ridge(x, y, l2), normal_equation, rtol=1e-10)
    assert convert_strength(3.0, "textbook-2n", "keras-l2", examples=80) == 3.0 / (2 * 80)
    assert convert_strength(3.0, "textbook-2", "keras-l2") == 3.0 / 2
    # Nielsen, chapter 3: w → (1 - ηλ/n) w - η ∂C₀/∂w, which is torch's step at λ/n.
    assert convert_strength(3.0, "textbook-2n", "torch-weight-decay", examples=80) == pytest.approx(3.0 / 80)


# One Keras optimizer's step beside the others.

WEIGHTS, GRADIENT, RATE = np.array([0.5, -2.0, 3.0]), np.array([0.3, 0.1, -1.0]), 0.1


def keras_steps(optimizer, *, l2=0.0, steps=3):
    """Let a Keras optimizer take steps on a linear loss and Keras' own L2 penalty."""
    variable = keras.Variable(WEIGHTS, dtype="float32")
    penalty = keras.regularizers.L2(l2)
    for _ in range(steps):
        gradient = jax.grad(lambda w: w @ GRADIENT.astype(np.float32) + penalty(w))(variable.value)
        optimizer.apply([gradient], [variable])
    return np.asarray(variable.value)


def torch_sgd(weight_decay, *, momentum=0.0, steps=3):
    """torch.optim.SGD as its documentation writes it."""
    w, buffer = WEIGHTS, np.zeros(3)
    for _ in range(steps):
        buffer = momentum * buffer + GRADIENT + weight_decay * w
        w = w - RATE * buffer
    return w


def torch_adam(weight_decay, *, decoupled, steps=3, epsilon=1e-7):
    """torch.optim.Adam and AdamW as their documentation writes them."""
    w, first, second = WEIGHTS, np.zeros(3), np.zeros(3)
    for step in range(1, steps + 1):
        gradient = GRADIENT if decoupled else GRADIENT + weight_decay * w
        w = w - RATE * weight_decay * w if decoupled else w
        first, second = 0.9 * first + 0.1 * gradient, 0.999 * second + 0.001 * gradient**2
        w = w - RATE * (first / (1 - 0.9**step)) / (np.sqrt(second / (1 - 0.999**step)) + epsilon)
    return w


def assert_same(one, other):
    np.testing.assert_allclose(one, other, rtol=1e-4)


def assert_differ(one, other):
    assert np.abs(one / other - 1).max() > 1e-2


def test_weight_decay_of_torch_is_keras_l2_under_the_same_optimizer():
    l2 = convert_strength(0.4, "torch-weight-decay", "keras-l2")
    sgd, adam = keras.optimizers.SGD, keras.optimizers.Adam
    assert_same(keras_steps(sgd(RATE), l2=l2), torch_sgd(0.4))
    assert_same(keras_steps(sgd(RATE, momentum=0.9), l2=l2), torch_sgd(0.4, momentum=0.9))
    assert_same(keras_steps(adam(RATE), l2=l2), torch_adam(0.4, decoupled=False))


def test_weight_decay_of_keras_optimizers_is_decoupled_as_adamw_is():
    wd = convert_strength(0.4, "adamw-weight-decay", "keras-weight-decay")
    for kind in (keras.optimizers.Adam, keras.optimizers.AdamW):
        assert_same(keras_steps(kind(RATE, weight_decay=wd)), torch_adam(0.4, decoupled=True))
    assert_differ(torch_adam(0.4, decoupled=True), torch_adam(0.4, decoupled=False))


def test_decoupled_decay_is_l2_under_plain_sgd_only():
    l2 = convert_strength(0.4, "keras-weight-decay", "keras-l2", optimizer="sgd")
    for optimizer, check in (
        (lambda **decay: keras.optimizers.SGD(RATE, **decay), assert_same),
        (lambda **decay: keras.optimizers.SGD(RATE, momentum=0.9, **decay), assert_differ),
        (lambda **decay: keras.optimizers.Adam(RATE, **decay), assert_differ),
        (lambda **decay: keras.optimizers.RMSprop(RATE, **decay), assert_differ),
    ):
        check(keras_steps(optimizer(weight_decay=0.4)), keras_steps(optimizer(), l2=l2))


def test_decay_of_loshchilov_and_hutter_is_per_step():
    """Their equation 1 is w ← (1 - λ) w - α ∇f; their proposition 1 makes it ½ λ/α ‖w‖² in the loss of plain SGD."""
    decay = convert_strength(0.4, "keras-weight-decay", "decay-per-step", learning_rate=RATE)
    w = WEIGHTS
    for _ in range(3):
        w = (1 - decay) * w - RATE * GRADIENT
    assert_same(keras_steps(keras.optimizers.SGD(RATE, weight_decay=0.4)), w)
    l2 = convert_strength(decay, "decay-per-step", "keras-l2", learning_rate=RATE, optimizer="sgd")
    assert l2 == pytest.approx(decay / RATE / 2)
    assert_same(keras_steps(keras.optimizers.SGD(RATE), l2=l2), w)


def test_every_convention_is_held_to_something():
    text = Path(__file__).read_text(encoding="utf-8")
    assert [name for name in CONVENTIONS if f'"{name}"' not in text] == []
