"""Whole paths whose answer is known: ridge regression in closed form and by scikit-learn, logistic regression likewise.

The networks are one linear unit and a batch is all training examples, so that every trial goes down to the one minimum
of its objective, wherever it starts. The lasso has no place here: Keras takes steps along a subgradient of ``|w|``,
which set no weight to 0, and so only come near scikit-learn's path.
"""

import keras
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge

import ridgepath as rp
from ridgepath.datasets import load_dataset

RIDGE_STRENGTHS = (0.0, 0.001, 0.01, 0.03, 0.1, 0.3)
LOGISTIC_STRENGTHS = (0.001, 0.003, 0.01, 0.1, 1.0)


def linear_network(loss, l2):
    unit = keras.layers.Dense(1, kernel_regularizer=keras.regularizers.L2(l2))
    model = keras.Sequential([unit])
    model.compile(keras.optimizers.SGD(0.15, momentum=0.95, nesterov=True), loss)
    return model


def ridge_network(l2):
    return linear_network("mse", l2)


def logistic_network(l2):
    return linear_network(keras.losses.BinaryCrossentropy(from_logits=True), l2)


def converged(build, data, folder, *, strengths, epochs):
    """Train a path from two different starts, by as many steps as epochs."""
    settings = {"epochs": epochs, "batch_size": data.train.examples, "seeds": 2, "zero": False}
    return rp.fit_path(build, data.name, strengths=strengths, study=folder, workers=1, progress=False, **settings)


@pytest.fixture(scope="module")
def diabetes():
    return load_dataset("diabetes")


@pytest.fixture(scope="module")
def tumours():
    return load_dataset("breast-cancer")


@pytest.fixture(scope="module")
def ridge_path(diabetes, tmp_path_factory):
    folder = tmp_path_factory.mktemp("ridge") / "study"
    return converged(ridge_network, diabetes, folder, strengths=RIDGE_STRENGTHS, epochs=600)


@pytest.fixture(scope="module")
def logistic_path(tumours, tmp_path_factory):
    """No strength is 0: these tumours can be told apart without an error, so that weights would grow forever."""
    folder = tmp_path_factory.mktemp("logistic") / "study"
    return converged(logistic_network, tumours, folder, strengths=LOGISTIC_STRENGTHS, epochs=2500)


def closed_form(data, strength):
    """Minimize ``mean (y - x w - b)² + λ Σw²``: solve ``(x'x / n + λ) w = x'y / n`` of what is centred, b = ȳ - x̄ w."""
    x, y = data.train.x.astype(np.float64), data.train.y.astype(np.float64)
    centred = x - x.mean(axis=0)
    curvature = centred.T @ centred / len(x) + strength * np.eye(x.shape[1])
    weights = np.linalg.solve(curvature, centred.T @ (y - y.mean()) / len(x))
    return weights, y.mean() - x.mean(axis=0) @ weights


def by_ridge(data, strength):
    """Let scikit-learn minimize ``Σ(y - x w - b)² + alpha Σw²`` for alpha = n λ."""
    alpha = strength * data.train.examples
    assert alpha == pytest.approx(
        rp.convert_strength(strength, "keras-l2", "sklearn-ridge-alpha", examples=data.train.examples)
    )
    fitted = Ridge(alpha=alpha).fit(data.train.x.astype(np.float64), data.train.y)
    return fitted.coef_, fitted.intercept_


def by_logistic_regression(data, strength):
    """Let scikit-learn minimize ``C Σloss + ½ Σw²`` for C = 1 / (2 n λ)."""
    inverse = 1 / (2 * data.train.examples * strength)
    assert inverse == pytest.approx(
        rp.convert_strength(strength, "keras-l2", "sklearn-logistic-c", examples=data.train.examples)
    )
    fitted = LogisticRegression(C=inverse, tol=1e-10, max_iter=10_000).fit(
        data.train.x.astype(np.float64), data.train.y
    )
    return fitted.coef_[0], fitted.intercept_[0]


def squared_errors(split, weights, bias):
    return (split.y - split.x.astype(np.float64) @ weights - bias) ** 2


def logistic_losses(split, weights, bias):
    return np.logaddexp(0, (1 - 2.0 * split.y) * (split.x.astype(np.float64) @ weights + bias))


def assert_path_is_known(path, data, solution, losses):
    """Check every trial, of every strength and start, to 1e-4; by the losses of each example, its prediction, too."""
    trials, example_losses = path.trials, path.results.example_losses
    assert set(trials["engine"]) == {"jax"}
    solved = {strength: solution(data, strength) for strength in path.study.variants[0].strengths}
    for row, trial in enumerate(trials.itertuples()):
        weights, bias = solved[trial.strength]
        known = {name: losses(getattr(data, name), weights, bias) for name in ("train", "validation", "test")}
        for split in ("validation", "test"):
            np.testing.assert_allclose(
                example_losses[split][row], known[split], rtol=1e-4, atol=1e-4 * known[split].mean()
            )
        for column, split in (("train", "train"), ("val", "validation"), ("test", "test")):
            assert getattr(trial, f"{column}_data_loss") == pytest.approx(known[split].mean(), rel=1e-4)
        assert trial.penalty == pytest.approx(trial.strength * weights @ weights, rel=1e-4)
        assert trial.weight_norm == pytest.approx(np.linalg.norm(weights), rel=1e-4)


def known_minimum(path, data, solution, losses):
    """Return the strength whose known weights have the smallest loss on the validation part."""
    strengths = path.study.variants[0].strengths
    means = [losses(data.validation, *solution(data, strength)).mean() for strength in strengths]
    assert 0 < np.argmin(means) < len(means) - 1, "the path has its minimum inside"
    return strengths[np.argmin(means)]


@pytest.mark.parametrize("solution", [closed_form, by_ridge])
def test_a_path_of_ridge_regressions_is_that_of_the_closed_form_and_of_scikit_learn(ridge_path, diabetes, solution):
    assert_path_is_known(ridge_path, diabetes, solution, squared_errors)
    assert ridge_path.strength_min == known_minimum(ridge_path, diabetes, solution, squared_errors) == 0.01


def test_a_path_of_logistic_regressions_is_that_of_scikit_learn(logistic_path, tumours):
    assert_path_is_known(logistic_path, tumours, by_logistic_regression, logistic_losses)
    known = known_minimum(logistic_path, tumours, by_logistic_regression, logistic_losses)
    assert logistic_path.strength_min == known == 0.003


@pytest.mark.slow
@pytest.mark.parametrize("strength", [0.0, 0.3])
def test_a_refitted_network_has_the_weights_of_the_closed_form(ridge_path, diabetes, strength):
    kernel, bias = ridge_path.refit(strength).get_weights()
    weights, intercept = closed_form(diabetes, strength)
    np.testing.assert_allclose(kernel[:, 0], weights, rtol=1e-3, atol=1e-2)
    assert bias[0] == pytest.approx(intercept, rel=1e-4)
