"""Weights of Keras 1 and 2 become those of Keras 3."""

from __future__ import annotations

import pytest

from mergecli.catalog.layers.convolutional import Conv2D
from mergecli.catalog.layers.core import Dense
from mergecli.catalog.layers.rnn import GRU, LSTM
from mergecli.importers.keras.old_weights import (
    Writer,
    converted,
    may_differ,
    scaled,
    uses_hard_sigmoid,
)

numpy = pytest.importorskip("numpy")


def test_only_kernels_of_images_may_differ_and_only_of_old_writers() -> None:
    conv, dense = Conv2D(filters=1, kernel_size=3), Dense(units=1)
    assert may_differ(conv, Writer("2.2.4", "theano"))
    assert not may_differ(conv, Writer("2.2.4", "tensorflow"))
    assert not may_differ(dense, Writer("2.2.4", "theano"))
    assert not may_differ(dense, Writer("1.2.2", "theano"))


def test_the_gates_of_an_lstm_of_keras_1_are_joined_in_today_s_order() -> None:
    # Keras 1 has for input, cell, forget and output: kernel, recurrent kernel, bias.
    arrays = [
        numpy.full(shape, gate) for gate in (1.0, 2.0, 3.0, 4.0) for shape in ((3, 1), (1, 1), (1,))
    ]
    shapes = [(3, 4), (1, 4), (4,)]
    found = converted(LSTM(units=1), Writer("1.2.2"), shapes, arrays)
    # Keras 3: input, forget, cell, output.
    assert [array.shape for array in found] == shapes
    assert found[0].tolist() == [[1, 3, 2, 4]] * 3
    assert found[2].tolist() == [1, 3, 2, 4]


def test_the_gates_of_a_gru_of_keras_1_keep_their_order() -> None:
    arrays = [numpy.full(s, g) for g in (1.0, 2.0, 3.0) for s in ((2, 1), (1, 1), (1,))]
    layer = GRU(units=1, reset_after=False)
    found = converted(layer, Writer("1.2.2"), [(2, 3), (1, 3), (3,)], arrays)
    assert found[0].tolist() == [[1, 2, 3]] * 2 and found[2].tolist() == [1, 2, 3]


def test_the_two_biases_of_cudnn_are_one_in_an_lstm() -> None:
    kernel = numpy.arange(8.0).reshape(1, 8)
    recurrent = numpy.arange(16.0).reshape(2, 8)
    bias = numpy.arange(16.0)
    shapes = [(1, 8), (2, 8), (8,)]
    found = converted(LSTM(units=2), Writer("2.2.4"), shapes, [kernel, recurrent, bias])
    # Each part of the state's kernel is transposed: [[0, 1], [8, 9]] -> [[0, 8], [1, 9]].
    assert found[0].tolist() == kernel.tolist()
    assert found[1][:, :2].tolist() == [[0, 8], [1, 9]]
    assert found[2].tolist() == [8, 10, 12, 14, 16, 18, 20, 22]


def test_a_kernel_with_the_filters_first_is_turned() -> None:
    # 4 filters, 3 channels, a window of 2 rows and 5 columns.
    kernel = numpy.arange(4 * 3 * 2 * 5).reshape(4, 3, 2, 5)
    layer = Conv2D(filters=4, kernel_size=[2, 5], use_bias=False)
    (found,) = converted(layer, Writer("2.0.0"), [(2, 5, 3, 4)], [kernel])
    assert found.shape == (2, 5, 3, 4)
    assert found[1, 4, 2, 3] == kernel[3, 2, 1, 4] and found[0, 3, 1, 2] == kernel[2, 1, 0, 3]


def test_weights_that_fit_no_order_are_left_for_the_caller_to_refuse() -> None:
    kernel = numpy.zeros((2, 3))
    (found,) = converted(Dense(units=2), Writer("2.0.0"), [(3, 2)], [kernel])
    assert found.shape == (2, 3)


def test_only_what_leads_to_a_hard_sigmoid_is_scaled() -> None:
    layer = LSTM(units=1, recurrent_activation="hard_sigmoid")
    names = ["bias", "kernel"]
    arrays = [numpy.ones(4), numpy.ones((2, 4))]
    bias, kernel = scaled(layer, names, arrays)
    # Input, forget and output gates; the third is computed by `activation`.
    assert bias.tolist() == pytest.approx([1.2, 1.2, 1, 1.2])
    assert kernel[1].tolist() == pytest.approx([1.2, 1.2, 1, 1.2])
    assert arrays[0].tolist() == [1, 1, 1, 1]


def test_a_dense_layer_with_a_hard_sigmoid_is_scaled_and_others_are_not() -> None:
    weights = [numpy.ones((1, 2)), numpy.ones(2)]
    names = ["kernel", "bias"]
    kernel, bias = scaled(Dense(units=2, activation="hard_sigmoid"), names, weights)
    assert kernel.tolist() == [pytest.approx([1.2, 1.2])] and bias[0] == pytest.approx(1.2)
    assert scaled(Dense(units=2, activation="relu"), names, weights)[0].tolist() == [[1, 1]]
    assert uses_hard_sigmoid(LSTM(units=1, recurrent_activation="hard_sigmoid"))
    assert not uses_hard_sigmoid(LSTM(units=1))
