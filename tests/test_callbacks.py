"""Early stopping: our rule against Keras' own callback, and what is refused."""

import keras
import numpy as np
import pytest

from ridgepath.callbacks import EarlyStopping, Watcher, check_monitor, parse_early_stopping, read_callbacks
from ridgepath.errors import InputError

RULES = [
    {},
    {"patience": 2},
    {"patience": 1, "min_delta": 0.2},
    {"patience": 2, "baseline": 0.5},
    {"patience": 1, "start_from_epoch": 3},
    {"monitor": "val_accuracy", "patience": 1},
    {"monitor": "penalty", "mode": "max", "patience": 2, "min_delta": 0.1},
]


class Still:
    """Stands in for a model: it has no weights to restore."""

    stop_training, metrics = False, ()

    def get_weights(self):
        return []

    def set_weights(self, weights):
        pass


def by_keras(rule, values):
    """Return the number of epochs until Keras' own callback stops, and its best epoch, from 1."""
    mode = "max" if rule.larger_is_better else "min"
    settings = {name: getattr(rule, name) for name in ("min_delta", "patience", "baseline", "start_from_epoch")}
    callback = keras.callbacks.EarlyStopping("v", mode=mode, restore_best_weights=True, **settings)
    callback.set_model(Still())
    callback.on_train_begin()
    for epoch, value in enumerate(values):
        callback.on_epoch_end(epoch, {"v": value})
        if callback.model.stop_training:
            break
    return epoch + 1, callback.best_epoch + 1


@pytest.mark.parametrize("given", RULES, ids=str)
def test_the_rule_is_that_of_keras(given):
    rule, rng = EarlyStopping(**given), np.random.default_rng(0)
    lengths = set()
    for _ in range(200):
        values = np.round(rng.normal(size=12).cumsum() / 2 + rng.choice([0, 0.5]), 1)
        watcher, epoch = Watcher(rule), 0
        for epoch, value in enumerate(values, 1):
            if watcher.watch(value, epoch=epoch):
                break
        assert (epoch, watcher.best_epoch) == by_keras(rule, values)
        lengths.add(epoch)
    assert len(lengths) > 3


def test_keras_own_callback_is_taken_as_it_is():
    callback = keras.callbacks.EarlyStopping(patience=4, min_delta=0.01, restore_best_weights=True, start_from_epoch=2)
    assert read_callbacks([callback]) == EarlyStopping(
        "val_loss", min_delta=0.01, patience=4, restore_best_weights=True, start_from_epoch=2
    )
    assert read_callbacks([EarlyStopping(patience=1)]) == EarlyStopping("val_data_loss", patience=1)
    assert read_callbacks(()) is None


@pytest.mark.parametrize(
    ("callbacks", "says"),
    [
        ([keras.callbacks.ReduceLROnPlateau()], "received 'ReduceLROnPlateau'. Give the optimizer a schedule"),
        ([keras.callbacks.TensorBoard()], "The curves of all trials are in path.epochs"),
        ([keras.callbacks.LambdaCallback()], "calls no Python between its steps"),
        ([3], "received 'int'"),
        ([EarlyStopping(), EarlyStopping()], "one early stopping at most; received 2"),
    ],
)
def test_other_callbacks_are_refused_with_a_reason(callbacks, says):
    with pytest.raises(InputError) as error:
        read_callbacks(callbacks)
    assert says in str(error.value)


def test_the_command_line_writes_a_patience_or_all():
    assert parse_early_stopping("3") == EarlyStopping(patience=3)
    text = "monitor=val_accuracy,patience=2,min_delta=1e-3,restore_best_weights=true,baseline=0.9,start_from_epoch=1"
    assert parse_early_stopping(text) == EarlyStopping("val_accuracy", 1e-3, 2, "auto", 0.9, True, 1)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("patience", "received 'patience'. Write patience=3"),
        ("patience=x", "patience of early stopping must be a whole number; received 'x'"),
        ("patience=-1", "at least 0; received -1"),
        ("patience=1,patience=2", "received 'patience=2'"),
        ("min_delta=nan", "min_delta of early stopping must be finite"),
        ("restore_best_weights=maybe", "must be true or false; received 'maybe'"),
        ("mode=up", "must be auto, min or max; received 'up'"),
        ("monitor=penalty", "which way penalty should go"),
    ],
)
def test_what_is_no_early_stopping(text, says):
    with pytest.raises(InputError) as error:
        parse_early_stopping(text)
    assert says in str(error.value)


def test_what_is_watched_is_a_figure_of_every_epoch():
    check_monitor(None, ())
    check_monitor(EarlyStopping(), ("val_data_loss",))
    with pytest.raises(InputError, match=r"received 'val_auc'\. Choose one of val_data_loss"):
        check_monitor(EarlyStopping("val_auc"), ("val_data_loss",))
