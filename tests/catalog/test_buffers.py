"""What calls need beside inputs and results, counted by hand."""

from __future__ import annotations

import pytest

from mergecli.catalog.buffers import Buffers, buffers, bytes_of
from mergecli.catalog.layer import Layer
from mergecli.catalog.layers.activations import Activation, LeakyReLU, ReLU
from mergecli.catalog.layers.convolutional import SeparableConv2D
from mergecli.catalog.layers.core import Dense
from mergecli.catalog.layers.multi_head_attention import MultiHeadAttention
from mergecli.catalog.layers.normalization import BatchNormalization
from mergecli.catalog.layers.regularization import Dropout
from mergecli.catalog.layers.reshaping import Flatten
from mergecli.catalog.tensors import Inputs, Tensor


def needs(layer: Layer, *shape: int | None, training: bool = True) -> Buffers:
    inputs = Inputs.of((None, *shape))
    return buffers(layer, inputs, layer.results(inputs), training)


@pytest.mark.parametrize(
    "layer, expected",
    [
        (Activation("relu"), Buffers(in_place=True, result=True)),
        (Activation("linear"), Buffers(view=True)),
        (Activation("silu"), Buffers(in_place=True, inputs=True, scratch=32)),
        (ReLU(), Buffers(in_place=True, result=True)),
        (LeakyReLU(), Buffers(in_place=True, inputs=True, scratch=32)),
        (Flatten(), Buffers(view=True)),
        (Dense(2), Buffers(inputs=True)),
        (Dense(2, "relu"), Buffers(inputs=True, result=True)),
        (Dense(2, "silu"), Buffers(inputs=True, kept=8, scratch=8)),
        # A bit for each number, kept in a byte, and the random numbers.
        (Dropout(0.5), Buffers(kept=8, scratch=32)),
        (BatchNormalization(), Buffers(inputs=True, scratch=32)),
        (BatchNormalization(dtype="mixed_bfloat16"), Buffers(kept=32, scratch=32)),
    ],
)
def test_training(layer: Layer, expected: Buffers) -> None:
    assert needs(layer, 8) == expected


def test_inference() -> None:
    assert needs(Dropout(0.5), 8, training=False) == Buffers(view=True)
    assert needs(BatchNormalization(), 8, training=False) == Buffers(in_place=True)


def test_the_tensor_between_two_convolutions() -> None:
    assert needs(SeparableConv2D(2, 3), 5, 5, 7).kept == 4 * 3 * 3 * 7


def test_the_scores_of_attention() -> None:
    x = Tensor((None, 6, 8))
    layer = MultiHeadAttention(2, 4)
    inputs = Inputs((x, x), keywords=("query", "value"))
    projections = 4 * (6 * 2 * 4)
    scores = 2 * 6 * 6
    assert buffers(layer, inputs, layer.results(inputs), True).kept == 4 * (projections + scores)


def test_bytes_of() -> None:
    assert bytes_of(Tensor((None, 4, 3), "float16")) == 24
    assert bytes_of(Tensor((None, 10), "int64")) == 80
    assert bytes_of(Tensor((None, None))) is None
    assert bytes_of(Tensor(None)) is None
