"""The task's own loop over strengths, one seed, as a student runs it: one process, ``model.fit``, Keras' backend.

Prints a line a strength: strength, validation data loss (``val_loss`` without the penalty), validation accuracy.
"""

import argparse
import gzip
from pathlib import Path

import keras
import numpy as np
from keras import layers, models, regularizers

FOLDER = Path("/usr/share/datasets/fashion-mnist")


def fashion_mnist():
    images = np.frombuffer(gzip.decompress((FOLDER / "train-images-idx3-ubyte.gz").read_bytes()), np.uint8, offset=16)
    labels = np.frombuffer(gzip.decompress((FOLDER / "train-labels-idx1-ubyte.gz").read_bytes()), np.uint8, offset=8)
    x, y = images.reshape(-1, 28, 28).astype("float32") / 255, labels.astype("int32")
    return (x[:-5000], y[:-5000]), (x[-5000:], y[-5000:])


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--strengths", type=float, nargs="+", default=[0.0001, 0.001, 0.01])
    parser.add_argument("--epochs", type=int, default=15)
    arguments = parser.parse_args()
    (x_train, y_train), validation = fashion_mnist()
    for strength in arguments.strengths:
        model = models.Sequential(
            [
                layers.Input((28, 28)),
                layers.Flatten(),
                layers.Dense(128, activation="relu", kernel_regularizer=regularizers.l2(strength)),
                layers.Dense(10, activation="softmax"),
            ]
        )
        model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
        history = model.fit(x_train, y_train, epochs=arguments.epochs, validation_data=validation, verbose=0).history
        penalty = float(sum(float(keras.ops.convert_to_numpy(loss)) for loss in model.losses))
        print(strength, history["val_loss"][-1] - penalty, history["val_accuracy"][-1], flush=True)


if __name__ == "__main__":
    main()
