"""Models of real Keras 2 (`tf_keras`), and the files that it writes of them.

Run as a program, so that no other Keras is in its process:

    python tests/support/keras2_zoo.py FOLDER [NAME …]

writes for each model `NAME.h5`, `NAME.keras`, `NAME.json` and `NAME.tfjs/model.json`, as far as Keras 2 can, and `NAME.npz` with
its inputs and what Keras 2 computes for them. For the models of `OTHERS` it writes `NAME.h5` as Keras 1, or Keras 2 with cuDNN, did.
"""

from __future__ import annotations

import os
import sys
from typing import Any, Callable

#: The functions that make the models, by name.
ZOO: dict[str, Callable[[], Any]] = {}


def zoo(function: Callable[[], Any]) -> Callable[[], Any]:
    """Register a model under the name of its function."""
    ZOO[function.__name__] = function
    return function


def K() -> Any:
    import tf_keras

    return tf_keras


def chain(*layers: Any, shape: Any = None, **options: Any) -> Any:
    """A sequential model."""
    model = K().Sequential(list(layers), **options)
    if shape is not None:
        model.build((None, *shape))
    return model


# Recurrent layers. ----------------------------------------------------------------------------------------------------


@zoo
def lstm() -> Any:
    L = K().layers
    return chain(L.LSTM(5, return_sequences=True, input_shape=(6, 3)), L.LSTM(4), L.Dense(2))


@zoo
def lstm_without_bias() -> Any:
    L = K().layers
    return chain(L.LSTM(5, use_bias=False, unit_forget_bias=False, input_shape=(6, 3)))


@zoo
def lstm_hard_sigmoid() -> Any:
    L = K().layers
    return chain(L.LSTM(5, recurrent_activation="hard_sigmoid", input_shape=(6, 3)), L.Dense(2))


@zoo
def gru() -> Any:
    L = K().layers
    return chain(L.GRU(5, input_shape=(6, 3)), L.Dense(2))


@zoo
def gru_reset_before() -> Any:
    L = K().layers
    return chain(L.GRU(5, reset_after=False, input_shape=(6, 3)), L.Dense(2))


@zoo
def simple_rnn() -> Any:
    L = K().layers
    return chain(L.SimpleRNN(5, go_backwards=True, input_shape=(6, 3)), L.Dense(2))


@zoo
def bidirectional() -> Any:
    L = K().layers
    return chain(
        L.Bidirectional(L.LSTM(4, return_sequences=True), input_shape=(6, 3)),
        L.Bidirectional(L.GRU(3), merge_mode="sum"),
    )


@zoo
def bidirectional_two_layers() -> Any:
    L = K().layers
    return chain(
        L.Bidirectional(L.LSTM(4), backward_layer=L.GRU(3, go_backwards=True), input_shape=(6, 3))
    )


@zoo
def stacked_cells() -> Any:
    L = K().layers
    return chain(L.RNN([L.LSTMCell(4), L.GRUCell(3), L.SimpleRNNCell(5)], input_shape=(6, 3)))


@zoo
def single_cell() -> Any:
    L = K().layers
    return chain(L.RNN(L.GRUCell(4), return_sequences=True, input_shape=(6, 3)))


@zoo
def encoder_decoder() -> Any:
    keras = K()
    L = keras.layers
    source, target = L.Input((6, 3), name="source"), L.Input((5, 2), name="target")
    _, h, c = L.LSTM(4, return_state=True, name="encoder")(source)
    x = L.LSTM(4, return_sequences=True, name="decoder")(target, initial_state=[h, c])
    return keras.Model([source, target], L.TimeDistributed(L.Dense(3), name="steps")(x))


@zoo
def stateful() -> Any:
    keras = K()
    L = keras.layers
    x = L.Input(batch_shape=(2, 6, 3), name="x")
    return keras.Model(x, L.Dense(2)(L.LSTM(4, stateful=True)(x)))


@zoo
def conv_lstm() -> Any:
    L = K().layers
    return chain(
        L.ConvLSTM2D(3, 3, padding="same", return_sequences=True, input_shape=(4, 6, 6, 2)),
        L.ConvLSTM2D(2, (3, 2)),
        L.Flatten(),
    )


@zoo
def conv_lstm_1d() -> Any:
    L = K().layers
    return chain(L.ConvLSTM1D(3, 3, input_shape=(4, 8, 2)), L.Flatten(), L.Dense(2))


@zoo
def masked_sequence() -> Any:
    L = K().layers
    return chain(
        L.Embedding(20, 4, mask_zero=True, input_length=6, input_shape=(6,)), L.LSTM(5), L.Dense(2)
    )


@zoo
def masking() -> Any:
    L = K().layers
    return chain(
        L.Masking(0.0, input_shape=(6, 3)),
        L.TimeDistributed(L.Dense(4)),
        L.Bidirectional(L.LSTM(3)),
    )


@zoo
def masked_merge() -> Any:
    keras = K()
    L = keras.layers
    a, b = L.Input((6,), name="a"), L.Input((6,), name="b")
    embed = L.Embedding(20, 4, mask_zero=True, name="words")
    return keras.Model([a, b], L.LSTM(3)(L.Concatenate(name="both")([embed(a), embed(b)])))


@zoo
def masked_sum() -> Any:
    keras = K()
    L = keras.layers
    a, b = L.Input((6,), name="a"), L.Input((6,), name="b")
    embed = L.Embedding(20, 4, mask_zero=True, name="words")
    return keras.Model([a, b], L.GRU(3)(L.Add(name="sum")([embed(a), embed(b)])))


# Convolutions. --------------------------------------------------------------------------------------------------------


@zoo
def convolutions() -> Any:
    L = K().layers
    return chain(
        L.Conv2D(4, 3, padding="same", activation="relu", input_shape=(12, 12, 3)),
        L.BatchNormalization(),
        L.MaxPooling2D(),
        L.Conv2D(6, 3, strides=2, use_bias=False, kernel_regularizer=K().regularizers.l2(1e-3)),
        L.GlobalAveragePooling2D(),
        L.Dropout(0.5),
        L.Dense(3, activation="softmax"),
    )


@zoo
def separable() -> Any:
    L = K().layers
    return chain(
        L.SeparableConv2D(4, 3, depth_multiplier=2, input_shape=(8, 8, 3)),
        L.DepthwiseConv2D(3, depth_multiplier=2),
        L.Flatten(),
        L.Dense(2),
    )


@zoo
def sequence_convolutions() -> Any:
    L = K().layers
    return chain(
        L.ZeroPadding1D(2, input_shape=(12, 3)),
        L.Conv1D(4, 3, padding="causal", dilation_rate=2),
        L.SeparableConv1D(5, 3),
        L.DepthwiseConv1D(2),
        L.Cropping1D(1),
        L.MaxPooling1D(2),
        L.UpSampling1D(2),
        L.AveragePooling1D(2),
        L.GlobalMaxPooling1D(),
    )


@zoo
def transposed() -> Any:
    L = K().layers
    return chain(
        L.Dense(4 * 4 * 3, input_shape=(5,)),
        L.Reshape((4, 4, 3)),
        L.Conv2DTranspose(4, 4, strides=2, padding="same"),
        L.LeakyReLU(0.2),
        L.Conv2DTranspose(2, 3, strides=2, output_padding=1, dilation_rate=1),
    )


@zoo
def transposed_1d_3d() -> Any:
    keras = K()
    L = keras.layers
    a, b = L.Input((6, 2), name="a"), L.Input((3, 3, 3, 2), name="b")
    x = L.GlobalAveragePooling1D()(L.Conv1DTranspose(3, 3, strides=2)(a))
    y = L.GlobalMaxPooling3D()(L.Conv3DTranspose(3, 2)(L.Conv3D(2, 2)(b)))
    return keras.Model([a, b], L.Multiply()([x, y]))


@zoo
def grouped() -> Any:
    L = K().layers
    return chain(L.Conv2D(6, 3, groups=3, input_shape=(8, 8, 6)), L.GlobalMaxPooling2D())


@zoo
def images() -> Any:
    L = K().layers
    return chain(
        L.ZeroPadding2D(((1, 2), (0, 1)), input_shape=(9, 9, 2)),
        L.Cropping2D(1),
        L.UpSampling2D(2, interpolation="bilinear"),
        L.AveragePooling2D(3, strides=2, padding="same"),
        L.SpatialDropout2D(0.3),
        L.PReLU(shared_axes=[1, 2]),
        L.ELU(0.7),
        L.Permute((3, 1, 2)),
        L.Flatten(),
    )


@zoo
def volumes() -> Any:
    L = K().layers
    return chain(
        L.ZeroPadding3D(1, input_shape=(4, 4, 4, 2)),
        L.Conv3D(3, 2),
        L.MaxPooling3D(2),
        L.UpSampling3D(2),
        L.Cropping3D(1),
        L.AveragePooling3D(1),
        L.GlobalAveragePooling3D(),
    )


@zoo
def u_net() -> Any:
    keras = K()
    L = keras.layers
    x = L.Input((16, 16, 1), name="x")
    a = L.Conv2D(4, 3, padding="same", activation="relu", kernel_initializer="he_normal")(x)
    b = L.Conv2D(8, 3, padding="same", activation="relu")(L.MaxPooling2D(pool_size=(2, 2))(a))
    b = L.Dropout(0.5)(b)
    c = L.Conv2D(4, 2, padding="same", activation="relu")(L.UpSampling2D(size=(2, 2))(b))
    y = L.Conv2D(4, 3, padding="same")(L.concatenate([a, c], axis=3))
    return keras.Model(x, L.Conv2D(1, 1, activation="sigmoid")(y))


@zoo
def pix2pix() -> Any:
    keras = K()
    L = keras.layers
    start = keras.initializers.RandomNormal(0.0, 0.02)

    def down(filters: int, norm: bool, name: str) -> Any:
        layers = [L.Conv2D(filters, 4, 2, "same", kernel_initializer=start, use_bias=False)]
        return keras.Sequential(
            [*layers, *([L.BatchNormalization()] if norm else []), L.LeakyReLU()], name=name
        )

    def up(filters: int, name: str) -> Any:
        return keras.Sequential(
            [
                L.Conv2DTranspose(filters, 4, 2, "same", kernel_initializer=start, use_bias=False),
                L.BatchNormalization(),
                L.Dropout(0.5),
                L.ReLU(),
            ],
            name=name,
        )

    x = L.Input((16, 16, 3), name="x")
    a = down(4, False, "down_a")(x)
    b = down(8, True, "down_b")(a)
    c = up(4, "up_a")(b)
    y = L.Concatenate()([c, a])
    return keras.Model(
        x, L.Conv2DTranspose(3, 4, 2, "same", activation="tanh", kernel_initializer=start)(y)
    )


# Structure. -----------------------------------------------------------------------------------------------------------


@zoo
def siamese() -> Any:
    keras = K()
    L = keras.layers
    tower = keras.Sequential(
        [L.Dense(8, activation="relu", input_shape=(6,)), L.Dense(4)], name="tower"
    )
    a, b = L.Input((6,), name="a"), L.Input((6,), name="b")
    difference = L.Subtract()([tower(a), tower(b)])
    return keras.Model([a, b], L.Dense(1, activation="sigmoid")(difference))


@zoo
def nested_functional() -> Any:
    keras = K()
    L = keras.layers
    i = L.Input((6,), name="in")
    inner = keras.Model(
        i, [L.Dense(4, name="p")(i), L.BatchNormalization(name="q")(i)], name="inner"
    )
    x = L.Input((6,), name="x")
    p, q = inner(x)
    return keras.Model(x, L.Concatenate()([p, q, L.Dense(2, name="p")(q)]))


@zoo
def nested_twice() -> Any:
    keras = K()
    L = keras.layers
    core = keras.Sequential([L.Dense(5, input_shape=(4,)), L.BatchNormalization()], name="core")
    middle = keras.Sequential([L.Dense(4, input_shape=(6,)), core, L.Dense(3)], name="middle")
    return chain(middle, L.Dense(2), shape=(6,))


@zoo
def frozen_base() -> Any:
    keras = K()
    L = keras.layers
    base = keras.Sequential(
        [L.Dense(5, input_shape=(6,)), L.BatchNormalization(), L.Dense(4)], name="base"
    )
    base.trainable = False
    x = L.Input((6,), name="x")
    return keras.Model(x, L.Dense(2)(base(x, training=False)))


@zoo
def half_frozen_base() -> Any:
    keras = K()
    L = keras.layers
    base = keras.Sequential(
        [L.Dense(5, input_shape=(6,)), L.BatchNormalization(), L.Dense(5), L.Dense(5)], name="base"
    )
    base.layers[0].trainable = False
    base.layers[2].trainable = False
    x = L.Input((6,), name="x")
    return keras.Model(x, L.Dense(2)(base(x)))


@zoo
def two_bases() -> Any:
    keras = K()
    L = keras.layers

    def base(name: str, filters: int) -> Any:
        i = L.Input((12, 12, 3))
        x = L.BatchNormalization()(L.Conv2D(filters, 3)(i))
        return keras.Model(i, L.GlobalAveragePooling2D()(x), name=name)

    x = L.Input((12, 12, 3), name="x")
    return keras.Model(x, L.Dense(3)(L.concatenate([base("one", 4)(x), base("two", 6)(x)])))


@zoo
def shared_layer() -> Any:
    keras = K()
    L = keras.layers
    dense = L.Dense(4, name="shared")
    a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
    return keras.Model([a, b], L.Average()([dense(a), dense(dense(b))]))


@zoo
def several_outputs() -> Any:
    keras = K()
    L = keras.layers
    x = L.Input((6,), name="x")
    h = L.Dense(5, activation="relu", name="h")(x)
    model = keras.Model(
        x, [L.Dense(1, name="age")(h), L.Dense(2, activation="softmax", name="sex")(h)]
    )
    model.compile("adam", ["mse", "categorical_crossentropy"], loss_weights=[1.0, 0.2])
    return model


@zoo
def output_dictionary() -> Any:
    keras = K()
    L = keras.layers
    x = L.Input((6,), name="x")
    return keras.Model({"x": x}, {"b": L.Dense(1, name="b")(x), "a": L.Dense(2, name="a")(x)})


@zoo
def residual() -> Any:
    keras = K()
    L = keras.layers
    x = L.Input((6,), name="x")
    h = L.Dense(6)(x)
    return keras.Model(x, L.ReLU(max_value=6.0)(L.add([x, L.Activation("swish")(h)])))


@zoo
def merges() -> Any:
    keras = K()
    L = keras.layers
    a, b = L.Input((4,), name="a"), L.Input((4,), name="b")
    found = [
        L.Maximum()([a, b]),
        L.Minimum()([a, b]),
        L.Multiply()([a, b]),
        L.Dot(axes=1, normalize=True)([a, b]),
        L.Subtract()([a, b]),
    ]
    return keras.Model([a, b], L.Concatenate(axis=-1)(found))


@zoo
def deferred_sequential() -> Any:
    return chain(K().layers.Dense(4), K().layers.Dense(2), shape=(6,))


@zoo
def with_input_layer() -> Any:
    L = K().layers
    return chain(L.InputLayer(input_shape=(6,)), L.Dense(4), L.RepeatVector(3))


@zoo
def time_distributed_convolution() -> Any:
    L = K().layers
    return chain(
        L.TimeDistributed(L.Conv2D(3, 3), input_shape=(4, 8, 8, 1)),
        L.TimeDistributed(L.BatchNormalization()),
        L.TimeDistributed(L.Flatten()),
        L.LSTM(3),
    )


@zoo
def time_distributed_chain() -> Any:
    L = K().layers
    frame = chain(
        L.Conv2D(3, 3, input_shape=(8, 8, 2)),
        L.BatchNormalization(),
        L.Conv2D(4, 3, activation="relu"),
        L.BatchNormalization(),
        L.GlobalAveragePooling2D(),
    )
    return chain(L.TimeDistributed(frame, input_shape=(4, 8, 8, 2)), L.LSTM(3))


@zoo
def time_distributed_model() -> Any:
    keras = K()
    L = keras.layers
    words = L.Input((7,), dtype="int32", name="words")
    h = L.Embedding(20, 5, mask_zero=True)(words)
    both = L.Bidirectional(L.GRU(3, return_sequences=True), name="both")(h)
    score = L.Dense(1, activation="tanh", name="score")(both)
    weighted = L.Multiply()([both, score])
    sentence = keras.Model(words, L.GlobalMaxPooling1D()(weighted), name="sentence")
    x = L.Input((4, 7), dtype="int32", name="x")
    steps = L.TimeDistributed(sentence, name="sentences")(x)
    return keras.Model(x, L.Dense(2)(L.GRU(4, reset_after=False)(steps)))


@zoo
def time_distributed_twice() -> Any:
    keras = K()
    L = keras.layers
    inner = chain(L.Dense(3, activation="tanh", input_shape=(5,)), L.Dense(2))
    outer = chain(inner, L.BatchNormalization(), L.Dense(4), shape=(5,))
    every = L.TimeDistributed(L.TimeDistributed(outer), name="every")
    a, b = L.Input((3, 6, 5), name="a"), L.Input((2, 6, 5), name="b")
    return keras.Model([a, b], [every(a), every(b)])


@zoo
def time_distributed_frozen() -> Any:
    L = K().layers
    frame = chain(L.Dense(3, input_shape=(5,)), L.BatchNormalization(), L.Dense(2))
    frame.trainable = False
    return chain(L.TimeDistributed(frame, input_shape=(4, 5)), L.Dense(3))


@zoo
def time_distributed_lazy() -> Any:
    L = K().layers
    frame = K().Sequential([L.Dense(3), L.BatchNormalization(), L.Dense(2)])
    return chain(L.TimeDistributed(frame, input_shape=(4, 5)), L.Dense(3))


# Attention, normalization, activations. -------------------------------------------------------------------------------


@zoo
def multi_head_attention() -> Any:
    keras = K()
    L = keras.layers
    x, y = L.Input((6, 4), name="x"), L.Input((5, 4), name="y")
    h = L.MultiHeadAttention(2, 3, value_dim=5, dropout=0.1, name="self")(x, x)
    h = L.LayerNormalization(epsilon=1e-6)(x + h)
    return keras.Model([x, y], L.MultiHeadAttention(2, 3, output_shape=7, name="cross")(h, y, y))


@zoo
def attention() -> Any:
    keras = K()
    L = keras.layers
    x, y = L.Input((6, 4), name="x"), L.Input((5, 4), name="y")
    a = L.Attention(use_scale=True)([x, y])
    return keras.Model([x, y], L.AdditiveAttention()([a, y]))


@zoo
def transformer_block() -> Any:
    keras = K()
    L = keras.layers
    tokens = L.Input((8,), dtype="int32", name="tokens")
    x = L.Embedding(30, 6)(tokens)
    a = L.MultiHeadAttention(2, 3)(x, x)
    x = L.LayerNormalization()(L.Add()([x, a]))
    f = L.Dense(6)(L.Dense(12, activation="gelu")(x))
    return keras.Model(tokens, L.GlobalAveragePooling1D()(L.LayerNormalization()(x + f)))


@zoo
def normalizations() -> Any:
    L = K().layers
    return chain(
        L.BatchNormalization(axis=1, scale=False, input_shape=(4, 6)),
        L.LayerNormalization(axis=[1, 2]),
        L.GroupNormalization(2),
        L.UnitNormalization(),
        L.BatchNormalization(center=False, momentum=0.9),
    )


@zoo
def activations() -> Any:
    keras = K()
    L = keras.layers
    x = L.Input((6,), name="x")
    names = (
        "relu elu selu softplus softsign tanh sigmoid exponential linear swish gelu softmax".split()
    )
    found = [L.Activation(name)(x) for name in names]
    found += [L.Softmax()(x), L.LeakyReLU(0.1)(x), L.ReLU(6.0, 0.1, 0.2)(x), L.PReLU()(x)]
    return keras.Model(x, L.Concatenate()(found))


@zoo
def hard_sigmoid() -> Any:
    L = K().layers
    return chain(L.Dense(5, activation="hard_sigmoid", input_shape=(6,)))


@zoo
def thresholded() -> Any:
    L = K().layers
    return chain(L.Dense(5, input_shape=(6,)), L.ThresholdedReLU(0.4))


@zoo
def noise() -> Any:
    L = K().layers
    return chain(
        L.GaussianNoise(0.1, input_shape=(6,)),
        L.GaussianDropout(0.2),
        L.AlphaDropout(0.2),
        L.ActivityRegularization(0.1),
        L.Dense(3, kernel_constraint="max_norm", bias_constraint="non_neg"),
    )


@zoo
def einsum_dense() -> Any:
    L = K().layers
    return chain(L.EinsumDense("abc,cd->abd", (None, 5), bias_axes="d", input_shape=(4, 3)))


# Operations of TensorFlow. --------------------------------------------------------------------------------------------


@zoo
def operators() -> Any:
    keras = K()
    L = keras.layers
    a, b = L.Input((6,), name="a"), L.Input((6,), name="b")
    return keras.Model([a, b], 2.0 * a - b / 3.0 + (a * b) ** 2 - (-a))


@zoo
def tensorflow_functions() -> Any:
    import tensorflow as tf

    keras = K()
    L = keras.layers
    a, b = L.Input((6, 4), name="a"), L.Input((6, 4), name="b")
    x = tf.concat([tf.abs(a - b), tf.square(a), tf.nn.relu(b), tf.tanh(a)], axis=-1)
    x = tf.reduce_mean(x, axis=1)
    y = tf.reshape(tf.transpose(a, [0, 2, 1]), [-1, 24])
    z = tf.squeeze(tf.expand_dims(tf.reduce_max(b, axis=[1, 2]), 1), axis=1)[:, None]
    return keras.Model([a, b], tf.concat([x, y, z, tf.math.sigmoid(tf.exp(-tf.abs(y)))], 1))


@zoo
def slices() -> Any:
    import tensorflow as tf

    keras = K()
    L = keras.layers
    x = L.Input((6, 4), name="x")
    return keras.Model(x, tf.concat([x[:, 0], x[:, -1], x[:, 1:3, 2], x[:, ::2, 1]], axis=-1))


@zoo
def euclidean_distance() -> Any:
    import tensorflow as tf

    keras = K()
    L = keras.layers
    tower = keras.Sequential([L.Dense(4, input_shape=(6,))], name="tower")
    a, b = L.Input((6,), name="a"), L.Input((6,), name="b")
    square = tf.reduce_sum(tf.square(tower(a) - tower(b)), axis=1, keepdims=True)
    return keras.Model([a, b], tf.sqrt(tf.maximum(square, 1e-7)))


# Preprocessing, dtypes, compiled models. ------------------------------------------------------------------------------


@zoo
def preprocessing() -> Any:
    L = K().layers
    return chain(
        L.Rescaling(1 / 127.5, offset=-1, input_shape=(10, 10, 3)),
        L.Resizing(8, 8),
        L.CenterCrop(6, 6),
        L.Conv2D(2, 3),
        L.Flatten(),
    )


@zoo
def augmentation() -> Any:
    L = K().layers
    return chain(
        L.RandomFlip("horizontal", input_shape=(10, 10, 3)),
        L.RandomRotation(0.1),
        L.RandomZoom(0.1),
        L.RandomTranslation(0.1, 0.1),
        L.RandomContrast(0.1),
        L.RandomBrightness(0.1),
        L.Conv2D(2, 3),
        L.Flatten(),
    )


@zoo
def normalization_layer() -> Any:
    import numpy

    L = K().layers
    layer = L.Normalization(axis=-1)
    layer.adapt(numpy.random.default_rng(1).normal(3, 2, (50, 4)).astype("float32"))
    x = L.Input((4,), name="x")
    return K().Model(x, L.Dense(2)(layer(x)))


@zoo
def normalization_constant() -> Any:
    L = K().layers
    return chain(
        L.Normalization(mean=[1.0, 2.0], variance=[2.0, 3.0], input_shape=(2,)), L.Dense(2)
    )


@zoo
def categories() -> Any:
    keras = K()
    L = keras.layers
    x = L.Input((3,), dtype="int64", name="x")
    y = L.Input((1,), name="y")
    a = L.CategoryEncoding(5, output_mode="multi_hot")(x)
    b = L.CategoryEncoding(4, output_mode="one_hot")(L.Discretization([0.0, 1.0, 2.0])(y))
    return keras.Model([x, y], L.Dense(3)(L.Concatenate()([a, b])))


@zoo
def integer_lookup() -> Any:
    keras = K()
    L = keras.layers
    x = L.Input((3,), dtype="int64", name="x")
    h = L.IntegerLookup(vocabulary=[5, 7, 9], output_mode="multi_hot")(x)
    return keras.Model(x, L.Dense(2)(h))


@zoo
def mixed_precision() -> Any:
    keras = K()
    L = keras.layers
    policy = keras.mixed_precision.Policy("mixed_float16")
    x = L.Input((6,), name="x")
    h = L.Dense(8, activation="relu", dtype=policy)(x)
    return keras.Model(x, L.Dense(3, dtype="float32")(h))


@zoo
def double_precision() -> Any:
    keras = K()
    L = keras.layers
    x = L.Input((6,), dtype="float64", name="x")
    return keras.Model(x, L.Dense(3, dtype="float64")(x))


@zoo
def compiled() -> Any:
    keras = K()
    L = keras.layers
    model = chain(L.Dense(4, activation="relu", input_shape=(6,)), L.Dense(1, activation="sigmoid"))
    model.compile(
        keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True),
        "binary_crossentropy",
        ["accuracy", keras.metrics.AUC(name="auc")],
    )
    return model


@zoo
def initializers() -> Any:
    keras = K()
    L, start = keras.layers, keras.initializers
    return chain(
        L.Dense(4, kernel_initializer=start.VarianceScaling(2.0, "fan_out"), input_shape=(6,)),
        L.Dense(4, kernel_initializer=start.Orthogonal(2.0), bias_initializer=start.Constant(0.1)),
        L.Dense(4, kernel_initializer=start.TruncatedNormal(0.0, 0.1), bias_initializer="ones"),
        L.Dense(
            4,
            kernel_initializer=start.Identity(),
            kernel_regularizer=keras.regularizers.L1L2(0.1, 0.2),
        ),
    )


# Applications. --------------------------------------------------------------------------------------------------------


def _application(name: str, size: int, **options: Any) -> Any:
    return getattr(K().applications, name)(
        weights=None, input_shape=(size, size, 3), classes=7, **options
    )


#: These take a while to build.
LARGE = "mobilenet_v2 mobilenet_v3_small efficientnet_b0 resnet50 inception_resnet_v2 densenet121 xception".split()
for _name, _cls, _size in (
    ("mobilenet_v2", "MobileNetV2", 64),
    ("mobilenet_v3_small", "MobileNetV3Small", 64),
    ("efficientnet_b0", "EfficientNetB0", 64),
    ("resnet50", "ResNet50", 64),
    ("inception_resnet_v2", "InceptionResNetV2", 96),
    ("densenet121", "DenseNet121", 64),
    ("xception", "Xception", 96),
):
    ZOO[_name] = lambda cls=_cls, size=_size: _application(cls, size)  # type: ignore[misc]


@zoo
def transfer() -> Any:
    keras = K()
    L = keras.layers
    base = keras.applications.MobileNetV2(
        weights=None, include_top=False, input_shape=(32, 32, 3), alpha=0.35
    )
    base.trainable = False
    x = L.Input((32, 32, 3), name="x")
    h = keras.applications.mobilenet_v2.preprocess_input(x)
    h = L.GlobalAveragePooling2D()(base(h, training=False))
    return keras.Model(x, L.Dense(2)(L.Dropout(0.2)(h)))


# Files. ---------------------------------------------------------------------------------------------------------------


def randomize(model: Any, seed: int) -> None:
    """Give all weights of floats random values, as a trained model has them; variances are positive."""
    import numpy

    random = numpy.random.default_rng(seed)
    for weight in model.weights:
        name = weight.name.rsplit("/", 1)[-1].partition(":")[0]
        # What a layer has learnt of its data takes effect only when it is adapted.
        if not weight.dtype.is_floating or name in ("count", "mean", "variance", "vector_u"):
            continue
        fan = max(1, int(numpy.prod(weight.shape[:-1])))
        values = random.normal(0, 1 / fan**0.5, weight.shape)
        if name in ("gamma", "moving_variance"):
            values = 1 + 0.1 * random.random(weight.shape)
        weight.assign(values.astype(weight.dtype.as_numpy_dtype))


def numbers(model: Any, seed: int) -> list[Any]:
    """Random inputs of a model: two samples, integers below 4."""
    import numpy

    random = numpy.random.default_rng(seed)
    found = []
    for tensor in model.inputs:
        shape = [tensor.shape[0] or 2, *(size or 32 for size in tensor.shape[1:])]
        integer = tensor.dtype.is_integer or _embeds(model)
        values = random.integers(0, 4, shape) if integer else random.normal(0, 1, shape)
        found.append(values.astype(tensor.dtype.as_numpy_dtype))
    return found


def _embeds(model: Any) -> bool:
    return any(type(layer).__name__ == "Embedding" for layer in model.layers)


def write(name: str, folder: str) -> list[str]:
    """Write the files of a model; returns what Keras 2 could not write, with its reason."""
    import numpy

    keras = K()
    keras.backend.clear_session()
    keras.utils.set_random_seed(len(name))
    model = ZOO[name]()
    randomize(model, len(name))
    inputs = numbers(model, len(name) + 1)
    outputs = model(inputs if len(inputs) > 1 else inputs[0], training=False)
    flat = outputs if isinstance(outputs, list) else [outputs]
    if isinstance(outputs, dict):
        flat = [outputs[key] for key in sorted(outputs)]
    arrays = {f"input_{index}": value for index, value in enumerate(inputs)}
    arrays |= {f"output_{index}": value.numpy() for index, value in enumerate(flat)}
    base = os.path.join(folder, name)
    numpy.savez(f"{base}.npz", **arrays)
    if any(getattr(layer, "stateful", False) for layer in model.layers):
        model.reset_states()
    if name in OTHERS:
        OTHERS[name](model, f"{base}.h5")
        return []
    problems = []
    with open(f"{base}.json", "w") as file:
        file.write(model.to_json())
    write_shards(model, f"{base}.tfjs")
    for ending in (".h5", ".keras"):
        try:
            model.save(base + ending)
        except Exception as problem:
            problems.append(f"{name}{ending}: {type(problem).__name__}: {str(problem)[:100]}")
            if os.path.exists(base + ending):
                os.remove(base + ending)
    return problems


def write_shards(model: Any, folder: str, size: int = 1 << 14) -> None:
    """Write a model as the converter of TensorFlow.js does: `model.json`, and the weights in files of at most `size` bytes."""
    import json

    os.makedirs(folder, exist_ok=True)
    weights, data = [], b""
    for layer in model.layers:
        for weight in [*layer.trainable_weights, *layer.non_trainable_weights]:
            value = weight.numpy()
            dtype = {"float64": "float32", "int64": "int32"}.get(str(value.dtype), str(value.dtype))
            name = weight.name.rpartition(":")[0]
            weights.append({"name": name, "shape": list(value.shape), "dtype": dtype})
            data += value.astype(dtype).tobytes()
    paths = []
    for start in range(0, len(data), size):
        paths.append(f"group1-shard{len(paths) + 1}.bin")
        with open(os.path.join(folder, paths[-1]), "wb") as file:
            file.write(data[start : start + size])
    topology = json.loads(model.to_json())
    topology = {
        "keras_version": topology.pop("keras_version"),
        "backend": topology.pop("backend"),
        "model_config": topology,
    }
    with open(os.path.join(folder, "model.json"), "w") as text:
        json.dump(
            {
                "format": "layers-model",
                "modelTopology": topology,
                "weightsManifest": [{"paths": paths, "weights": weights}],
            },
            text,
        )


# Files of other versions. ---------------------------------------------------------------------------------------------

#: What writes the file of a model as another version did.
OTHERS: dict[str, Callable[[Any, str], None]] = {}


def write_hdf5(
    path: str, config: Any, version: str, weights: dict[str, list[Any]], backend: str = ""
) -> None:
    """Write a model's file: the config and the weights of each layer."""
    import json

    import h5py

    with h5py.File(path, "w") as file:
        file.attrs["keras_version"] = version.encode()
        file.attrs["model_config"] = json.dumps(config).encode()
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = [name.encode() for name in weights]
        if backend:
            root.attrs["backend"] = backend.encode()
        for name, arrays in weights.items():
            group = root.create_group(name)
            names = [f"{name}_{index}" for index in range(len(arrays))]
            group.attrs["weight_names"] = [text.encode() for text in names]
            for text, array in zip(names, arrays):
                group.create_dataset(text, data=array)


def _none(*names: str) -> dict[str, None]:
    return dict.fromkeys(names)


def _regularized(**more: Any) -> dict[str, Any]:
    names = (
        "W_regularizer U_regularizer b_regularizer activity_regularizer W_constraint b_constraint"
    )
    return {**_none(*names.split()), **more}


@zoo
def keras_1_images() -> Any:
    L = K().layers
    return chain(
        L.Conv2D(4, (3, 2), padding="same", activation="relu", input_shape=(8, 8, 2)),
        L.BatchNormalization(),
        L.MaxPooling2D(),
        L.Flatten(),
        L.Dense(5, activation="hard_sigmoid"),
        L.Dropout(0.5),
        L.Dense(3, activation="softmax"),
    )


def _keras_1_images(model: Any, path: str) -> None:
    dense = {"init": "glorot_uniform", "bias": True, "input_dim": None}
    layers = [
        ("Convolution2D", {"name": "convolution2d_1", "batch_input_shape": [None, 8, 8, 2], "nb_filter": 4, "nb_row": 3, "nb_col": 2,
                           "border_mode": "same", "subsample": [1, 1], "dim_ordering": "tf", "init": "glorot_uniform",
                           "activation": "relu", "bias": True, "input_dtype": "float32", "trainable": True, **_regularized()}),
        ("BatchNormalization", {"name": "batchnormalization_1", "mode": 0, "axis": -1, "epsilon": 0.001, "momentum": 0.99,
                                "gamma_init": "one", "beta_init": "zero", "gamma_regularizer": None, "beta_regularizer": None}),
        ("MaxPooling2D", {"name": "maxpooling2d_1", "pool_size": [2, 2], "strides": [2, 2], "border_mode": "valid",
                          "dim_ordering": "tf"}),
        ("Flatten", {"name": "flatten_1", "trainable": True}),
        ("Dense", {"name": "dense_1", "output_dim": 5, "activation": "hard_sigmoid", **dense,
                   **_regularized(W_regularizer={"name": "WeightRegularizer", "l1": 0.0, "l2": 0.01},
                                  W_constraint={"name": "MaxNorm", "m": 3, "axis": 0})}),
        ("Dropout", {"name": "dropout_1", "p": 0.5, "trainable": True}),
        ("Dense", {"name": "dense_2", "output_dim": 3, "activation": "softmax", **dense, **_regularized()}),
    ]  # fmt: skip
    config = [{"class_name": cls, "config": config} for cls, config in layers]
    arrays = {
        data["config"]["name"]: layer.get_weights() for data, layer in zip(config, model.layers)
    }
    write_hdf5(path, {"class_name": "Sequential", "config": config}, "1.2.2", arrays)


@zoo
def keras_1_texts() -> Any:
    keras = K()
    L = keras.layers
    a, b = L.Input((6,), name="a"), L.Input((6,), name="b")
    embed = L.Embedding(20, 4, name="embedding_1")
    x = L.LSTM(5, recurrent_activation="hard_sigmoid", name="lstm_1")(embed(a))
    y = L.GRU(
        5,
        recurrent_activation="hard_sigmoid",
        reset_after=False,
        return_sequences=True,
        name="gru_1",
    )(embed(b))
    z = L.Conv1D(3, 2, name="convolution1d_1")(y)
    z = L.TimeDistributed(L.Dense(2), name="timedistributed_1")(z)
    return keras.Model([a, b], L.Concatenate(name="merge_1")([x, L.Flatten(name="flatten_1")(z)]))


def _keras_1_texts(model: Any, path: str) -> None:
    import numpy

    def gates(name: str, order: tuple[int, ...]) -> list[Any]:
        parts = [
            numpy.split(array, len(order), -1) for array in model.get_layer(name).get_weights()
        ]
        return [part[gate] for gate in order for part in parts]

    recurrent = {"output_dim": 5, "init": "glorot_uniform", "inner_init": "orthogonal", "activation": "tanh", "inner_activation":
                 "hard_sigmoid", "go_backwards": False, "stateful": False, "unroll": False, "consume_less": "cpu", "input_dim": 4,
                 "input_length": None, "dropout_W": 0.0, "dropout_U": 0.0, "W_regularizer": None, "U_regularizer": None,
                 "b_regularizer": None, "trainable": True}  # fmt: skip
    inner = {
        "name": "dense_1",
        "output_dim": 2,
        "init": "glorot_uniform",
        "activation": "linear",
        "bias": True,
        **_regularized(),
    }
    layers = [
        ("InputLayer", "a", {"batch_input_shape": [None, 6], "input_dtype": "int32", "sparse": False}, []),
        ("InputLayer", "b", {"batch_input_shape": [None, 6], "input_dtype": "int32", "sparse": False}, []),
        ("Embedding", "embedding_1", {"input_dim": 20, "output_dim": 4, "input_length": None, "mask_zero": False, "dropout": 0.0,
                                      "init": "uniform", "W_regularizer": None, "W_constraint": None}, [["a"], ["b"]]),
        ("LSTM", "lstm_1", {**recurrent, "forget_bias_init": "one", "return_sequences": False}, [["embedding_1"]]),
        ("GRU", "gru_1", {**recurrent, "return_sequences": True}, [[("embedding_1", 1)]]),
        ("Convolution1D", "convolution1d_1", {"nb_filter": 3, "filter_length": 2, "border_mode": "valid", "subsample_length": 1,
                                              "input_dim": 5, "input_length": None, "init": "glorot_uniform",
                                              "activation": "linear", "bias": True, **_regularized()}, [["gru_1"]]),
        ("TimeDistributed", "timedistributed_1", {"layer": {"class_name": "Dense", "config": inner}}, [["convolution1d_1"]]),
        ("Flatten", "flatten_1", {}, [["timedistributed_1"]]),
        ("Merge", "merge_1", {"mode": "concat", "mode_type": "raw", "concat_axis": -1, "dot_axes": -1, "output_shape": None,
                              "output_shape_type": "raw", "output_mask": None, "output_mask_type": "raw", "arguments": {}},
         [["lstm_1", "flatten_1"]]),
    ]  # fmt: skip
    config = {
        "name": "model_1",
        "layers": [
            {
                "class_name": cls,
                "name": name,
                "config": {"name": name, **arguments},
                "inbound_nodes": [
                    [[part, 0, 0] if isinstance(part, str) else [*part, 0] for part in node]
                    for node in nodes
                ],
            }
            for cls, name, arguments, nodes in layers
        ],
        "input_layers": [["a", 0, 0], ["b", 0, 0]],
        "output_layers": [["merge_1", 0, 0]],
    }
    arrays = {layer.name: layer.get_weights() for layer in model.layers}
    # Input, cell, forget and output; update, reset and candidate.
    arrays["lstm_1"], arrays["gru_1"] = gates("lstm_1", (0, 2, 1, 3)), gates("gru_1", (0, 1, 2))
    arrays["convolution1d_1"][0] = arrays["convolution1d_1"][0][:, None]
    write_hdf5(path, {"class_name": "Model", "config": config}, "1.2.0", arrays)


@zoo
def keras_1_merges() -> Any:
    keras = K()
    L = keras.layers
    starts = [L.Input((3,), name="a"), L.Input((3,), name="b"), L.Input((2,), name="c")]
    starts.append(L.Input((3,), name="d"))
    first = L.Dense(4, name="dense_1")
    added = L.Add(name="merge_1")(
        [L.Dense(5, name="dense_2")(starts[1]), L.Dense(5, name="dense_3")(starts[2])]
    )
    ends = [first(starts[0]), L.Activation("tanh", name="activation_1")(added), first(starts[3])]
    return keras.Model(starts, L.Dense(2, name="dense_4")(L.Concatenate(name="merge_2")(ends)))


def _keras_1_merges(model: Any, path: str) -> None:
    """A `Sequential` that begins with a `Merge` of others, one of which begins with one; two share a layer."""

    def dense(name: str, units: int, size: int | None = None) -> Any:
        config = {"name": name, "output_dim": units, "init": "glorot_uniform", "activation": "linear", "bias": True,
                  "input_dim": size, "trainable": True, **_regularized()}  # fmt: skip
        if size is not None:
            config |= {"batch_input_shape": [None, size], "input_dtype": "float32"}
        return {"class_name": "Dense", "config": config}

    def merge(name: str, mode: str, *models: Any) -> Any:
        layers = [{"class_name": "Sequential", "config": model} for model in models]
        config = {"name": name, "mode": mode, "mode_type": "raw", "concat_axis": -1, "dot_axes": -1, "output_shape": None,
                  "output_shape_type": "raw", "output_mask": None, "output_mask_type": "raw", "arguments": {}, "layers": layers}  # fmt: skip
        return {"class_name": "Merge", "config": config}

    activation = {
        "class_name": "Activation",
        "config": {"name": "activation_1", "activation": "tanh", "trainable": True},
    }
    inner = merge("merge_1", "sum", [dense("dense_2", 5, 3)], [dense("dense_3", 5, 2)])
    first = [dense("dense_1", 4, 3)]
    config = [merge("merge_2", "concat", first, [inner, activation], first), dense("dense_4", 2)]
    names = ["dense_1", "dense_2", "dense_3", "activation_1", "dense_4"]
    arrays = {name: model.get_layer(name).get_weights() for name in names}
    write_hdf5(path, {"class_name": "Sequential", "config": config}, "1.2.2", arrays)


@zoo
def keras_1_transposed() -> Any:
    L = K().layers
    return chain(
        L.Conv2DTranspose(3, (2, 2), strides=2, input_shape=(4, 4, 3), name="deconvolution2d_1"),
        L.SeparableConv2D(4, (2, 2), name="separableconvolution2d_1"),
    )


def _keras_1_transposed(model: Any, path: str) -> None:
    common = {"nb_row": 2, "nb_col": 2, "border_mode": "valid", "dim_ordering": "tf", "activation": "linear",
              "bias": True, "init": "glorot_uniform", "trainable": True}  # fmt: skip
    first = {**common, "name": "deconvolution2d_1", "nb_filter": 3, "subsample": [2, 2], "output_shape": [None, 8, 8, 3],
             "batch_input_shape": [None, 4, 4, 3], "input_dtype": "float32", **_regularized()}  # fmt: skip
    second = {**common, "name": "separableconvolution2d_1", "nb_filter": 4, "subsample": [1, 1], "depth_multiplier": 1,
              **_none("depthwise_regularizer", "pointwise_regularizer", "depthwise_constraint", "pointwise_constraint",
                      "b_regularizer", "b_constraint", "activity_regularizer")}  # fmt: skip
    config = [
        {"class_name": "Deconvolution2D", "config": first},
        {"class_name": "SeparableConvolution2D", "config": second},
    ]
    arrays = {layer.name: layer.get_weights() for layer in model.layers}
    # As many filters as channels: the shape does not show the order of the axes.
    arrays["deconvolution2d_1"][0] = arrays["deconvolution2d_1"][0].transpose(0, 1, 3, 2)
    write_hdf5(path, {"class_name": "Sequential", "config": config}, "1.2.2", arrays)


@zoo
def theano() -> Any:
    L = K().layers
    return chain(
        L.Conv2D(4, (2, 3), name="a", input_shape=(8, 8, 4)),
        L.TimeDistributed(L.Conv1D(4, 3, padding="same"), name="each"),
    )


def _theano(model: Any, path: str) -> None:
    """Kernels as Theano has them, which applies them turned around."""
    import json

    arrays = {layer.name: layer.get_weights() for layer in model.layers}
    arrays["a"][0] = arrays["a"][0][::-1, ::-1]
    arrays["each"][0] = arrays["each"][0][::-1]
    write_hdf5(path, json.loads(model.to_json()), "2.2.4", arrays, "theano")


@zoo
def cudnn() -> Any:
    L = K().layers
    return chain(
        L.LSTM(5, return_sequences=True, name="a", input_shape=(6, 3)),
        L.Bidirectional(L.LSTM(4, return_sequences=True, name="b"), name="both"),
        L.GRU(3, name="c"),
    )


def _cudnn(model: Any, path: str) -> None:
    import json

    from tf_keras.src.saving.legacy.hdf5_format import _convert_rnn_weights

    def to_cudnn(cls: str, arrays: list[Any]) -> list[Any]:
        target = type(cls, (), {})()
        return list(_convert_rnn_weights(target, arrays))

    text = json.loads(model.to_json())
    text["config"]["layers"] = [
        item for item in text["config"]["layers"] if item["class_name"] != "InputLayer"
    ]
    for data in text["config"]["layers"]:
        inner = data["config"]["layer"] if data["class_name"] == "Bidirectional" else data
        inner["class_name"] = f"CuDNN{inner['class_name']}"
        for name in ("activation", "recurrent_activation", "use_bias", "dropout", "recurrent_dropout", "implementation", "unroll",
                     "time_major", "reset_after"):  # fmt: skip
            inner["config"].pop(name, None)
    a, both, c = (layer.get_weights() for layer in model.layers)
    arrays = {
        "a": to_cudnn("CuDNNLSTM", a),
        "both": to_cudnn("CuDNNLSTM", both[:3]) + to_cudnn("CuDNNLSTM", both[3:]),
        "c": to_cudnn("CuDNNGRU", c),
    }
    write_hdf5(path, text, "2.2.4", arrays)


OTHERS.update(
    keras_1_images=_keras_1_images,
    keras_1_texts=_keras_1_texts,
    keras_1_merges=_keras_1_merges,
    keras_1_transposed=_keras_1_transposed,
    theano=_theano,
    cudnn=_cudnn,
)


def main() -> None:
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    folder, *names = sys.argv[1:]
    os.makedirs(folder, exist_ok=True)
    for name in names or ZOO:
        for problem in write(name, folder):
            print(problem, flush=True)


if __name__ == "__main__":
    main()
