"""One trial by plain ``model.fit``, validated after every epoch."""

import sys
from pathlib import Path

import keras

sys.path.append(str(Path(__file__).parents[1]))
import networks


def train(order, strength, seed):
    """Return the validation data loss after the last epoch: ``val_loss`` without the penalty that it contains."""
    keras.utils.set_random_seed(seed)
    model = getattr(networks, order.network)(strength)
    history = model.fit(
        *order.train, batch_size=order.batch_size, epochs=order.epochs, validation_data=order.validation, verbose=0
    )
    return history.history["val_loss"][-1] - penalty(model)


def penalty(model):
    return sum(float(loss) for loss in model.losses)
