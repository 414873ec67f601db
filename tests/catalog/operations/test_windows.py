"""What layers are made of: convolutions, pooling, normalization, attention and blocks."""

from __future__ import annotations

import pytest

from mergecli.catalog.operations.windows import (
    BatchNorm,
    Conv,
    ConvTranspose,
    DepthToSpace,
    DotProductAttention,
    Fold,
    MaxPool,
    SeparableConv,
    Unfold,
)
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs


def shape_of(layer: object, *shapes: Shape) -> Shape | None:
    found: Shape | None = layer.results(Inputs.of(*shapes))[0].shape  # type: ignore[attr-defined]
    return found


def test_a_kernel_is_for_the_channels_of_the_tensor() -> None:
    first = Conv(data_format="channels_first", padding="same", strides=2)
    assert shape_of(first, (None, 3, 8, 8), (3, 3, 3, 4)) == (None, 4, 4, 4)
    with pytest.raises(ShapeError, match="takes a kernel for 3 channels"):
        shape_of(Conv(), (None, 8, 8, 3), (3, 3, 4, 4))
    with pytest.raises(ShapeError, match="takes a kernel of 4 dimensions"):
        shape_of(Conv(), (None, 8, 8, 3), (3, 3, 4))
    with pytest.raises(ShapeError, match=r"the window leaves \(-1, -1\)"):
        shape_of(Conv(), (None, 8, 8, 3), (10, 10, 3, 4))


def test_steps_are_given_for_each_axis() -> None:
    assert shape_of(MaxPool(pool_size=[2, 1]), (None, 8, 8, 3)) == (None, 4, 8, 3)
    with pytest.raises(ShapeError, match="takes 2 numbers here") as caught:
        shape_of(MaxPool(pool_size=[2]), (None, 8, 8, 3))
    assert caught.value.argument == "pool_size"


def test_work_is_counted_for_one_sample() -> None:
    inputs = Inputs.of((None, 8, 8, 3), (3, 3, 3, 4))
    conv = Conv(padding="same")
    assert conv.macs(inputs, conv.results(inputs)) == 8 * 8 * 3 * 3 * 3 * 4
    back = ConvTranspose()
    inputs = Inputs.of((None, 8, 8, 3), (3, 3, 4, 3))
    assert back.macs(inputs, back.results(inputs)) == 8 * 8 * 3 * 3 * 3 * 4
    with pytest.raises(ShapeError, match="takes a second kernel for 6 channels"):
        shape_of(SeparableConv(), (None, 8, 8, 3), (3, 3, 3, 2), (1, 1, 3, 4))


def test_an_offset_goes_with_a_scale() -> None:
    with pytest.raises(ShapeError, match="both an offset and a scale"):
        shape_of(BatchNorm(axis=1), (None, 8), (8,), (8,), (8,))


def test_queries_fit_keys() -> None:
    with pytest.raises(ShapeError, match="cannot attend"):
        shape_of(DotProductAttention(), (2, 4, 2, 8), (2, 4, 2, 6), (2, 4, 2, 8))


def test_channels_and_windows_divide() -> None:
    with pytest.raises(ShapeError, match="cannot divide 6 by 4"):
        DepthToSpace(2).shape((None, 8, 8, 6))
    with pytest.raises(ShapeError, match="cannot divide 6 by a window of 4"):
        Fold(output_size=8, kernel_size=2).shape((None, 6, 49))
    with pytest.raises(ShapeError, match="of known size"):
        Unfold(kernel_size=2).shape((None, 3, None, 8))
