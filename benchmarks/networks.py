"""The networks of the workloads, as a Keras user writes them: what ``ridgepath run`` and every peer on Keras trains."""

import keras
from keras import layers, regularizers


def dense(strength):
    """Build the task's network: 128 hidden ReLU units, penalized, and ten classes."""
    model = keras.Sequential(
        [
            layers.Flatten(),
            layers.Dense(128, activation="relu", kernel_regularizer=regularizers.l2(strength)),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def convolutional(strength):
    """Build two convolutions, penalized, and a softmax on what they see."""
    model = keras.Sequential([layers.Reshape((28, 28, 1))])
    for filters in (8, 16):
        model.add(layers.Conv2D(filters, 3, activation="relu", kernel_regularizer=regularizers.l2(strength)))
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dense(10, activation="softmax"))
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def tabular(strength):
    """Build two hidden layers of 64 ReLU units, penalized, and one number."""
    model = keras.Sequential()
    for _ in range(2):
        model.add(layers.Dense(64, activation="relu", kernel_regularizer=regularizers.l2(strength)))
    model.add(layers.Dense(1))
    model.compile(optimizer="adam", loss="mean_squared_error")
    return model
