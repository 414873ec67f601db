"""Operations that compare targets with predictions: the shapes that they take and give."""

from __future__ import annotations

import pytest

from mergecli.catalog.operations.losses import (
    BinaryCrossentropy,
    CTCDecode,
    CTCLoss,
    SparseCategoricalCrossentropy,
)
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def test_the_result_has_the_dtype_of_the_predictions() -> None:
    tensors = (Tensor((None, 4), "int32"), Tensor((None, 4), "float16"))
    assert BinaryCrossentropy().results(Inputs(tensors, listed=True)) == tensors[1:]


def test_targets_have_the_shape_of_the_predictions_without_classes() -> None:
    loss = SparseCategoricalCrossentropy()
    assert [
        loss.results(Inputs.of(shape, (None, 4)))[0].shape for shape in ((None,), (None, 1))
    ] == [(None,), (None,)]
    with pytest.raises(ShapeError, match=r"takes targets of shape \(None,\)"):
        loss.results(Inputs.of((None, 4), (None, 4)))


def test_sequences_have_one_batch() -> None:
    with pytest.raises(ShapeError, match="takes tensors of one batch") as caught:
        CTCLoss().results(Inputs.of((2, 5), (3, 9, 4), (2,), (2,)))
    assert caught.value.inputs == (0, 1)


def test_a_greedy_search_has_one_path() -> None:
    inputs = Inputs.of((None, 9, 4), (None,))
    assert CTCDecode(top_paths=3).results(inputs)[1].shape == (None, 1)
    wide = CTCDecode(strategy="beam_search", top_paths=3)
    assert [tensor.shape for tensor in wide.results(inputs)] == [(3, None, 9), (None, 3)]
