"""scikit-learn's MLPClassifier and MLPRegressor, an epoch a ``partial_fit``, validated after every epoch.

``alpha`` is λ in scikit-learn's terms (docs/conventions.md), but it also penalizes the last layer and weighs more in
the last, smaller batch; a halved squared error halves the gradients, which Adam does not feel.
"""

import numpy as np
from order import answer, read_order
from sklearn.metrics import log_loss, mean_squared_error
from sklearn.neural_network import MLPClassifier, MLPRegressor

HIDDEN = {"dense": (128,), "tabular": (64, 64)}


def train(order, strength, seed):
    x, y = order.train
    settings = {
        "hidden_layer_sizes": HIDDEN[order.network],
        "batch_size": order.batch_size,
        "epsilon": 1e-7,
        "random_state": seed,
    }
    if order.classes:
        model = MLPClassifier(alpha=2 * order.batch_size * strength, **settings)
        known = {"classes": np.arange(order.classes)}
    else:
        model, known = MLPRegressor(alpha=order.batch_size * strength, **settings), {}
    for _ in range(order.epochs):
        model.partial_fit(x.reshape(len(x), -1), y, **known)
        validation = validate(model, *order.validation)
    return validation


def validate(model, x, y):
    x = x.reshape(len(x), -1)
    if isinstance(model, MLPRegressor):
        return mean_squared_error(y, model.predict(x))
    return log_loss(y, model.predict_proba(x), labels=model.classes_)


order = read_order()
answer({trial: train(order, *trial) for trial in order.trials})
