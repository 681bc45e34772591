"""The network on which ``ridgepath compare`` compares penalties."""

import keras
from keras import layers, regularizers


def penalties_network(l2: float = 0.0, dropout: float = 0.0, weight_decay: float = 0.0) -> keras.Model:
    """Build 128 hidden ReLU units and ten classes: the task's network, but with several penalties to choose from.

    Args:
        l2: strength of an L2 penalty on the hidden units' kernel.
        dropout: share of the hidden units' outputs that are dropped in each step.
        weight_decay: what AdamW takes off all weights in each step, in learning rates.
    """
    model = keras.Sequential(
        [
            layers.Flatten(),
            layers.Dense(128, activation="relu", kernel_regularizer=regularizers.l2(l2)),
            *([layers.Dropout(dropout)] if dropout else []),  # a layer that drops nothing is left out
            layers.Dense(10, activation="softmax"),
        ]
    )
    optimizer = keras.optimizers.AdamW(weight_decay=weight_decay)
    model.compile(optimizer=optimizer, loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
