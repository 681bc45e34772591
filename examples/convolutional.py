"""A convolutional network on few images of Fashion-MNIST: does L2 help it, does Dropout, and which of them more?

    python examples/convolutional.py
    ridgepath show studies/convolutional                    # the whole answer
    ridgepath resume studies/convolutional --until decided  # more seeds where it is open

Fashion-MNIST has to be on the machine, or in reach (docs/data.md). The program writes its first 2,000 training, 2,000
validation and 5,000 test images to a file, and trains on that. A trial stops when the validation data loss has not
fallen for three epochs, and ends with the weights of its best one.

The program prints the strengths with the lowest validation data loss, and where the report is:

    l2: strength 0, accuracy 0.7979 on the test images
    dropout: strength 0.2, accuracy 0.8022 on the test images

and of the whole answer these lines say most:

    Compared with it: 0.01 equivalent, 0.1 undecided.
    ...
    Strength 0.2 has the lowest mean validation data loss, 0.532 ± 0.019 (5 seeds,
    2,000 validation examples). Whether it is better than strength 0 is undecided:
    -0.0157 (95% interval -0.050 to 0.019); about 15 seeds in all would decide it.

L2 does little here, and there is a reason: batch normalization behind a convolution undoes any change of its scale, so
that a penalty on the size of the kernel does not make what it computes simpler (van Laarhoven, arXiv:1706.05350).
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")  # before Keras is imported, which otherwise looks for TensorFlow

import keras
import numpy as np
from keras import layers, regularizers

import ridgepath as rp
from ridgepath.datasets import load_dataset

IMAGES = "fashion-2k.npz"


def build(l2=0.0, dropout=0.0):
    """Build two convolutions, penalized and normalized, and a softmax behind what is dropped."""
    model = keras.Sequential([layers.Reshape((28, 28, 1))])
    for filters, strides in ((16, 2), (32, 1)):
        model.add(layers.Conv2D(filters, 3, strides, use_bias=False, kernel_regularizer=regularizers.L2(l2)))
        model.add(layers.BatchNormalization(momentum=0.9))
        model.add(layers.ReLU())
        model.add(layers.MaxPooling2D())
    model.add(layers.Flatten())
    model.add(layers.Dropout(dropout))
    model.add(layers.Dense(10, "softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def write_images(file):
    """Write the first images of each part of Fashion-MNIST to a file of one's own."""
    full = load_dataset("fashion-mnist")
    (x, y), (x_val, y_val), (x_test, y_test) = (
        (part.x[:images], part.y[:images])
        for part, images in ((full.train, 2_000), (full.validation, 2_000), (full.test, 5_000))
    )
    np.savez(file, x_train=x, y_train=y, x_val=x_val, y_val=y_val, x_test=x_test, y_test=y_test)


if __name__ == "__main__":
    write_images(IMAGES)
    path = rp.fit_path(
        f"{__file__}:build",  # by its name, so that `resume` and `refit` find it again
        IMAGES,
        vary={"l2": [0.01, 0.1], "dropout": [0.2, 0.5]},
        seeds=5,
        epochs=20,
        callbacks=[rp.EarlyStopping(patience=3, restore_best_weights=True)],
        study="studies/convolutional",
    )
    accuracy = path.trials.groupby(["variant", "strength"])["test_accuracy"].mean()
    for choice in path.summary().choices:
        seen = accuracy[choice.variant, choice.strength_min]
        print(f"{choice.variant}: strength {choice.strength_min:g}, accuracy {seen:.4f} on the test images")
    print(path.report())
