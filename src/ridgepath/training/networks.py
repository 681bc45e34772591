"""The network of the task that ridgepath started from."""

import keras
from keras import layers, regularizers


def task_network(l2: float) -> keras.Model:
    """Build 128 hidden ReLU units with an L2 penalty of strength ``l2`` on their kernel, and ten classes."""
    model = keras.Sequential(
        [
            layers.Flatten(),
            layers.Dense(128, activation="relu", kernel_regularizer=regularizers.l2(l2)),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
