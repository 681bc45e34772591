"""The task that ridgepath started from, in its own words, and the question that it ends with: L2 or Dropout?

    ridgepath run examples/task.py                         # 0, 0.0001, 0.001 and 0.01, five seeds: 20 networks
    ridgepath compare examples/task.py:l2_or_dropout       # four strengths of each: 40 networks
    ridgepath run examples/task.py --data fashion-mnist    # the same on 55,000 images, if you have some minutes

The first two train on ``mnist-5k``, 3,000 real digits. The first says, among the rest:

    Strength 0.001 has the lowest mean validation data loss, 0.251 ± 0.027 (5 seeds,
    1,000 validation examples). Whether it is better than strength 0 is undecided:
    -0.0153 (95% interval -0.037 to 0.006); more seeds alone would not decide it,
    about 3,500 validation examples would. No larger strength is within one standard
    error of it.
    ...
    Keras' val_loss contains the penalty; it would pick 0 instead of 0.001.

and the second:

    dropout 0.5 has the lowest mean validation data loss of the variants' choices,
    0.236 ± 0.026. It is followed by l2 0.001 with 0.251 ± 0.027. It is not surely
    better than l2 0.001.

TensorFlow need not be installed: Keras 3 has the names of ``tensorflow.keras``, and the imports below are led to them.
``from keras import layers, models, regularizers`` is the same network. Keras warns of ``input_shape``, as it does in
``fit``; the layer works.
"""

from tensorflow.keras import layers, models, regularizers


def build(l2v):
    """Build the network of the task, word by word."""
    model = models.Sequential(
        [
            layers.Flatten(input_shape=(28, 28)),
            layers.Dense(128, activation="relu", kernel_regularizer=regularizers.l2(l2v)),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def l2_or_dropout(l2=0.0, dropout=0.0):
    """Build it with a share of the hidden outputs dropped; each argument is varied alone, the other stays at 0."""
    model = models.Sequential(
        [
            layers.Flatten(input_shape=(28, 28)),
            layers.Dense(128, activation="relu", kernel_regularizer=regularizers.l2(l2)),
            layers.Dropout(dropout),
            layers.Dense(10, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model
