"""Networks of many kinds, each a builder of its strength, and data that they take: what is lowered is tried on them."""

import keras
import numpy as np
from keras import layers, regularizers

from ridgepath.arrays import Dataset, Split

EXAMPLES = 70


def _draws(*shape):
    return np.random.default_rng(0).standard_normal((EXAMPLES, *shape)).astype(np.float32)


def _data(x, y, weight=None):
    split = Split(x, y, weight)
    return Dataset("zoo", split.take(slice(0, 50)), split.take(slice(50, 70)), split.take(slice(45, 65)))


CLASSES = (np.arange(EXAMPLES) % 3).astype(np.int32)
VECTORS = _data(_draws(6), CLASSES)
IMAGES = _data(_draws(8, 8, 2), CLASSES)
VOLUMES = _data(_draws(4, 4, 4, 1), CLASSES)
SERIES = _data(_draws(5, 3), CLASSES)
MAPS = _data(_draws(4, 4, 4, 2), CLASSES)
TOKENS = _data(np.random.default_rng(0).integers(0, 9, (EXAMPLES, 5)).astype(np.int32), CLASSES)
NUMBERS = _data(_draws(6), _draws(1)[:, 0])
WEIGHTED = _data(_draws(6), CLASSES, np.linspace(0, 2, EXAMPLES, dtype=np.float32))
NAMED = _data({"title": _draws(6), "body": _draws(4)}, CLASSES)
PAIRED = _data((_draws(6), _draws(4)), CLASSES)


def sequential(*hidden, units=3, optimizer="adam", loss="sparse_categorical_crossentropy", metrics=("accuracy",)):
    """Put hidden layers before a softmax; a loss of numbers gets one linear unit."""
    last = layers.Dense(units, "softmax") if units > 1 else layers.Dense(1)
    model = keras.Sequential([*hidden, layers.Flatten(), last])
    model.compile(optimizer, loss, metrics=list(metrics))
    return model


def of_layer(make):
    """Return a builder of a small network with this layer, and an L2 penalty behind it."""

    def build(strength):
        return sequential(
            make(strength), layers.Flatten(), layers.Dense(4, kernel_regularizer=regularizers.L2(strength))
        )

    return build


def _attention(strength):
    inputs = keras.Input((5, 3))
    penalty = regularizers.L2(strength)
    seen = layers.MultiHeadAttention(2, 4, kernel_regularizer=penalty, dropout=0.2)(inputs, inputs)
    pooled = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(layers.Add()([inputs, seen])))
    model = keras.Model(inputs, layers.Dense(3, "softmax")(pooled))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _merged(merge, inputs):
    def build(strength):
        entries = [keras.Input((6,), name="title"), keras.Input((4,), name="body")]
        hidden = [layers.Dense(4, kernel_regularizer=regularizers.L2(strength))(entry) for entry in entries]
        given = dict(zip(("title", "body"), entries, strict=True)) if inputs == "named" else entries
        model = keras.Model(given, layers.Dense(3, "softmax")(merge(hidden)))
        model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
        return model

    return build


class Noisy(layers.Layer):
    """A layer of a user's own: it draws, and adds to the loss."""

    def __init__(self, strength, **settings):
        super().__init__(**settings)
        self.strength = strength
        self.generator = keras.random.SeedGenerator(1)

    def call(self, inputs, training=False):
        """Add noise in training, and a penalty always."""
        self.add_loss(self.strength * keras.ops.mean(keras.ops.square(inputs)))
        return inputs + keras.random.normal(keras.ops.shape(inputs), stddev=0.1, seed=self.generator) * training


class Subclassed(keras.Model):
    """A model of a user's own."""

    def __init__(self, strength):
        super().__init__()
        self.hidden = layers.Dense(5, "relu", kernel_regularizer=regularizers.L2(strength))
        self.dropout = layers.Dropout(0.3)
        self.last = layers.Dense(3, "softmax")

    def call(self, inputs, training=False):
        """Put the layers one behind the other."""
        return self.last(self.dropout(self.hidden(inputs), training=training))


def _subclassed(strength):
    model = Subclassed(strength)
    model.compile("rmsprop", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def _normalized(strength):
    scaled = layers.Normalization(mean=0.1, variance=2.0)
    return sequential(keras.Input((6,)), scaled, layers.Dense(4, kernel_regularizer=regularizers.L2(strength)))


def _own_loss(strength):
    def loss(targets, predictions):
        return keras.ops.mean(keras.ops.logaddexp(0.0, -targets * predictions))

    hidden = layers.Dense(4, "tanh", kernel_regularizer=regularizers.L1(strength))
    return sequential(hidden, units=1, loss=loss, metrics=())


def _summed_loss(strength):
    loss = keras.losses.MeanSquaredError(reduction="sum")
    return sequential(layers.Dense(4, "tanh", kernel_regularizer="l2"), units=1, loss=loss, metrics=["mae"])


def _two_outputs(strength):
    inputs = keras.Input((6,))
    hidden = layers.Dense(5, "relu", kernel_regularizer=regularizers.L2(strength))(inputs)
    model = keras.Model(inputs, [layers.Dense(3, "softmax", name="a")(hidden), layers.Dense(1, name="b")(hidden)])
    losses = ["sparse_categorical_crossentropy", "mse"]
    model.compile("adam", losses, loss_weights=[1.0, 0.3], metrics=[["accuracy"], ["mae"]])
    return model


def _optimized(make):
    return lambda strength: sequential(layers.Dense(5, "relu"), optimizer=make(strength))


def _schedule(strength):
    return keras.optimizers.SGD(keras.optimizers.schedules.CosineDecay(0.1, 8), momentum=0.9, nesterov=True)


NETWORKS = {
    # layer or part → (builder, data)
    "Dense": (of_layer(lambda s: layers.Dense(4, "relu", bias_regularizer=regularizers.L1(s))), VECTORS),
    "EinsumDense": (of_layer(lambda s: layers.EinsumDense("ab,bc->ac", output_shape=4)), VECTORS),
    "Dropout": (of_layer(lambda s: layers.Dropout(0.4)), VECTORS),
    "AlphaDropout": (of_layer(lambda s: layers.AlphaDropout(0.2)), VECTORS),
    "GaussianDropout": (of_layer(lambda s: layers.GaussianDropout(0.2)), VECTORS),
    "GaussianNoise": (of_layer(lambda s: layers.GaussianNoise(0.2)), VECTORS),
    "SpatialDropout1D": (of_layer(lambda s: layers.SpatialDropout1D(0.3)), SERIES),
    "BatchNormalization": (of_layer(lambda s: layers.BatchNormalization()), VECTORS),
    "LayerNormalization": (of_layer(lambda s: layers.LayerNormalization()), VECTORS),
    "GroupNormalization": (of_layer(lambda s: layers.GroupNormalization(2)), IMAGES),
    "RMSNormalization": (of_layer(lambda s: layers.RMSNormalization()), VECTORS),
    "UnitNormalization": (of_layer(lambda s: layers.UnitNormalization()), VECTORS),
    "SpectralNormalization": (of_layer(lambda s: layers.SpectralNormalization(layers.Dense(4))), VECTORS),
    "Normalization": (_normalized, VECTORS),
    "Rescaling": (of_layer(lambda s: layers.Rescaling(0.5, 0.1)), VECTORS),
    "ActivityRegularization": (of_layer(lambda s: layers.ActivityRegularization(l2=s)), VECTORS),
    "activity_regularizer": (of_layer(lambda s: layers.Dense(4, activity_regularizer=regularizers.L1(s))), VECTORS),
    "PReLU": (of_layer(lambda s: layers.PReLU(alpha_regularizer=regularizers.L2(s))), VECTORS),
    "LeakyReLU": (of_layer(lambda s: layers.LeakyReLU()), VECTORS),
    "ELU": (of_layer(lambda s: layers.ELU()), VECTORS),
    "Conv1D": (of_layer(lambda s: layers.Conv1D(4, 3, kernel_regularizer=regularizers.L1L2(s, s))), SERIES),
    "Conv2D": (of_layer(lambda s: layers.Conv2D(4, 3, activation="relu")), IMAGES),
    "Conv3D": (of_layer(lambda s: layers.Conv3D(2, 2)), VOLUMES),
    "Conv2DTranspose": (of_layer(lambda s: layers.Conv2DTranspose(2, 2)), IMAGES),
    "DepthwiseConv2D": (of_layer(lambda s: layers.DepthwiseConv2D(3)), IMAGES),
    "SeparableConv2D": (of_layer(lambda s: layers.SeparableConv2D(4, 3)), IMAGES),
    "MaxPooling2D": (of_layer(lambda s: layers.MaxPooling2D()), IMAGES),
    "AveragePooling2D": (of_layer(lambda s: layers.AveragePooling2D(2)), IMAGES),
    "GlobalMaxPooling2D": (of_layer(lambda s: layers.GlobalMaxPooling2D()), IMAGES),
    "ZeroPadding2D": (of_layer(lambda s: layers.ZeroPadding2D()), IMAGES),
    "UpSampling2D": (of_layer(lambda s: layers.UpSampling2D()), IMAGES),
    "Resizing": (of_layer(lambda s: layers.Resizing(4, 4)), IMAGES),
    "RandomFlip": (of_layer(lambda s: layers.RandomFlip()), IMAGES),
    "RandomRotation": (of_layer(lambda s: layers.RandomRotation(0.1)), IMAGES),
    "Embedding": (of_layer(lambda s: layers.Embedding(9, 4, embeddings_regularizer=regularizers.L2(s))), TOKENS),
    "CategoryEncoding": (of_layer(lambda s: layers.CategoryEncoding(9, output_mode="multi_hot")), TOKENS),
    "LSTM": (of_layer(lambda s: layers.LSTM(4, recurrent_regularizer=regularizers.L2(s), dropout=0.2)), SERIES),
    "GRU": (of_layer(lambda s: layers.GRU(4, kernel_regularizer=regularizers.L2(s))), SERIES),
    "SimpleRNN": (of_layer(lambda s: layers.SimpleRNN(4, recurrent_dropout=0.2)), SERIES),
    "Bidirectional": (of_layer(lambda s: layers.Bidirectional(layers.LSTM(3))), SERIES),
    "ConvLSTM2D": (of_layer(lambda s: layers.ConvLSTM2D(2, 2)), MAPS),
    "TimeDistributed": (of_layer(lambda s: layers.TimeDistributed(layers.Dense(3))), SERIES),
    "MultiHeadAttention": (_attention, SERIES),
    "Concatenate, inputs by name": (_merged(lambda hidden: layers.Concatenate()(hidden), "named"), NAMED),
    "Multiply, inputs by place": (_merged(lambda hidden: layers.Multiply()(hidden), "placed"), PAIRED),
    "add_loss in a layer of one's own": (of_layer(Noisy), VECTORS),
    "a subclassed model": (_subclassed, VECTORS),
    "sample weights": (of_layer(lambda s: layers.Dense(4)), WEIGHTED),
    "regression": (
        lambda s: sequential(
            layers.Dense(4, kernel_regularizer=regularizers.L2(s)), units=1, loss="mse", metrics=["mae"]
        ),
        NUMBERS,
    ),
    "a loss of one's own": (_own_loss, NUMBERS),
    "a summed loss": (_summed_loss, NUMBERS),
    "two outputs": (_two_outputs, _data(_draws(6), (CLASSES, _draws(1)))),
    "max-norm": (of_layer(lambda s: layers.Dense(4, kernel_constraint=keras.constraints.MaxNorm(0.5))), VECTORS),
    "AdamW": (_optimized(lambda s: keras.optimizers.AdamW(weight_decay=s)), VECTORS),
    "SGD with a schedule": (_optimized(_schedule), VECTORS),
    "a clipped norm": (_optimized(lambda s: keras.optimizers.Adam(global_clipnorm=0.1)), VECTORS),
    "Lion": (_optimized(lambda s: keras.optimizers.Lion(1e-3, weight_decay=s)), VECTORS),
    "accumulated gradients": (_optimized(lambda s: keras.optimizers.Adam(gradient_accumulation_steps=2)), VECTORS),
}
