"""A regression on a small table: how much of a penalty does a network for 442 patients need, and of which?

    python examples/tabular.py
    ridgepath show studies/tabular                          # the whole answer

Ten columns of scikit-learn's diabetes data, one of them categories, say how far the disease will go in a year, 25 to
346. With so few patients it matters which of them validate: ten seeds are two five-fold cross-validations, and 88
patients are kept for the test. Strengths stand beside a squared error in the unit of the target, some thousands, so
that they are large numbers; those of weight decay are not.

The program prints means over the ten seeds,

                             val_mae   test_mae
    variant      strength
    l2           0.0       45.444406  54.121763
                 10.0      44.881840  53.455875
                 100.0     43.503174  50.996066
                 1000.0    43.540133  47.236736
                 10000.0   45.218159  46.773835
    weight_decay 0.0       45.444406  54.121763
    ...

what the network that is trained at strength_1se predicts for three patients, and where the report is. The answer says:

    l2 1e+03 has the lowest mean validation data loss of the variants' choices, 2904
    ± 336. It is followed by weight_decay 1 with 2930 ± 360. It is equivalent to
    weight_decay 1.
"""

import os

os.environ.setdefault("KERAS_BACKEND", "jax")  # before Keras is imported, which otherwise looks for TensorFlow

import keras
from keras import layers, regularizers
from sklearn.datasets import load_diabetes

import ridgepath as rp


def build(l2=0.0, weight_decay=0.0):
    """Build 64 hidden units and one output, which starts where the targets are: around 150, give or take 75."""
    hidden = layers.Dense(64, "relu", kernel_regularizer=regularizers.L2(l2))
    model = keras.Sequential([hidden, layers.Dense(1), layers.Rescaling(75.0, offset=150.0)])
    model.compile(keras.optimizers.AdamW(0.003, weight_decay=weight_decay), "mse", metrics=["mae"])
    return model


def read_patients():
    """Return the table as it was measured; what is in the column ``sex`` are two names, not two amounts."""
    table = load_diabetes(as_frame=True, scaled=False).frame
    return table.astype({"sex": "category"})


if __name__ == "__main__":
    patients = read_patients()
    path = rp.fit_path(
        build,
        patients,
        target="target",
        test_share=0.2,
        validation="folds:5",
        vary={"l2": [10, 100, 1000, 10000], "weight_decay": [0.1, 1, 10]},
        seeds=10,
        epochs=60,
        study="studies/tabular",
    )
    print(path.trials.groupby(["variant", "strength"])[["val_mae", "test_mae"]].mean())
    model = path.refit("1se")
    new = patients.head(3).drop(columns="target")
    print(model.predict(path.features(new), verbose=0).round())
    print(path.report())
