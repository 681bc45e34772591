"""KerasTuner's GridSearch over the strengths, every seed an execution of a trial; the objective is ``val_loss``.

KerasTuner imports TensorFlow where it is installed, which takes seconds, though Keras runs on JAX; here it does not
find it.
"""

import sys
import tempfile
from pathlib import Path

sys.modules["tensorflow"] = None
sys.path.append(str(Path(__file__).parents[1]))

import keras
import keras_tuner
import networks
from order import answer, read_order

order = read_order()
losses = {}


class LastLoss(keras.callbacks.Callback):
    """Keeps the validation data loss of an execution's last epoch; the tuner keeps that of its best."""

    strength = 0.0

    def on_epoch_end(self, epoch, logs=None):
        if epoch == order.epochs - 1:
            ended = sum(strength == self.model.strength for strength, _ in losses)
            penalty = sum(float(loss) for loss in self.model.losses)
            losses[self.model.strength, order.seeds[ended]] = logs["val_loss"] - penalty


def build(parameters):
    model = getattr(networks, order.network)(parameters.Choice("strength", order.strengths))
    model.strength = parameters.get("strength")
    return model


keras.utils.set_random_seed(order.seeds[0])
with tempfile.TemporaryDirectory() as folder:
    tuner = keras_tuner.GridSearch(build, "val_loss", executions_per_trial=len(order.seeds), directory=folder)
    tuner.search(
        *order.train,
        batch_size=order.batch_size,
        epochs=order.epochs,
        validation_data=order.validation,
        callbacks=[LastLoss()],
        verbose=0,
    )
answer(losses)
