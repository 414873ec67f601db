"""The layers of `layers/core`: inputs, dense layers, einsums and embeddings."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layers.core import (
    Dense,
    EinsumDense,
    Embedding,
    Equation,
    Identity,
    InputLayer,
    ReversibleEmbedding,
)
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs, Tensor


def weights(layer: Any, shape: Shape) -> list[tuple[str, Shape, bool, str]]:
    return [tuple(one) for one in layer.weights(Inputs.of(shape))]


def work(layer: Any, shape: Shape) -> object:
    inputs = Inputs.of(shape)
    return layer.macs(inputs, layer.results(inputs))


@pytest.mark.parametrize(
    ("arguments", "tensor"),
    [
        ({"shape": [None, 3], "batch_size": 4}, Tensor((4, None, 3), "float32")),
        ({"shape": [], "dtype": "string"}, Tensor((None,), "string")),
        ({"batch_shape": [2, 3]}, Tensor((2, 3), "float32")),
    ],
)
def test_an_input_has_its_batch_in_front(arguments: dict[str, Any], tensor: Tensor) -> None:
    assert InputLayer(**arguments).results(Inputs(())) == (tensor,)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "shape: is missing"),
        ({"shape": [3], "batch_shape": [2, 3]}, "shape: and `batch_shape` say the same"),
        ({"batch_size": 2, "batch_shape": [2, 3]}, "batch_size: goes with `shape`"),
        ({"shape": [3], "sparse": True, "ragged": True}, "ragged: cannot be true together"),
    ],
)
def test_an_input_says_its_shape_once(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        InputLayer(**arguments)


def test_a_dense_layer_works_on_the_last_axis() -> None:
    layer = Dense(3, dtype="mixed_float16")
    assert layer.results(Inputs.of((None, 10, 4))) == (Tensor((None, 10, 3), "float16"),)
    assert weights(layer, (None, 10, 4)) == [
        ("kernel", (4, 3), True, "float32"),
        ("bias", (3,), True, "float32"),
    ]
    assert work(layer, (None, 10, 4)) == 120
    with pytest.raises(ShapeError, match=r"takes at least 2 dimensions, \{0\} has 1"):
        layer.results(Inputs.of((None,)))
    with pytest.raises(ShapeError, match=r"create the weight `kernel`: \(None, 3\)"):
        layer.weights(Inputs.of((None, None)))


def test_a_kernel_in_int8_is_frozen_and_has_a_scale_for_each_unit() -> None:
    assert weights(Dense(3, dtype="int8_from_float32"), (None, 4)) == [
        ("kernel", (4, 3), False, "int8"),
        ("kernel_scale", (3,), False, "float32"),
        ("bias", (3,), True, "float32"),
    ]


@pytest.mark.parametrize(
    ("text", "equation"),
    [
        ("abc,cd->abd", Equation("abc", "cd", "abd", False, False)),
        ("ab...,bc->ac...", Equation("ab", "bc", "ac", False, True)),
        ("...x,xy->...y", Equation("x", "xy", "y", True, False)),
        # Not among Keras's three forms.
        ("...ab...,bc->...ac...", None),
        ("...ab,bc->ac", None),
        ("a...,ab->b...", None),
        ("ab,bc", None),
        ("ab,bc->ac1", None),
    ],
)
def test_an_equation_has_one_of_three_forms(text: str, equation: Equation | None) -> None:
    assert Equation.of(text) == equation


@pytest.mark.parametrize(
    ("arguments", "before", "after", "kernel", "bias"),
    [
        # The bias begins at the first of its axes, with 1 for those that it lacks.
        (
            ("abc,cde->abde", [None, 2, 6], "e"),
            (None, 9, 5),
            (None, None, 2, 6),
            (5, 2, 6),
            (6,),
        ),
        (
            ("abc,cde->abde", [9, 2, 6], "be"),
            (None, 9, 5),
            (None, 9, 2, 6),
            (5, 2, 6),
            (9, 1, 6),
        ),
        (("ab...,bc->ac...", 64, "c"), (None, 32, 7), (None, 64, 7), (32, 64), (64, 1)),
        (("...x,xy->...y", 64, "y"), (None, 32, 7), (None, 32, 64), (7, 64), (64,)),
    ],
)
def test_an_einsum_has_the_sizes_of_its_letters(
    arguments: tuple[object, ...], before: Shape, after: Shape, kernel: Shape, bias: Shape
) -> None:
    layer = EinsumDense(*arguments[:2], bias_axes=arguments[2])
    assert layer.shape(before) == after
    assert [(name, shape) for name, shape, *_ in weights(layer, before)] == [
        ("kernel", kernel),
        ("bias", bias),
    ]


def test_the_work_of_an_einsum_is_the_product_of_all_letters_but_the_batch() -> None:
    assert work(EinsumDense("abc,cd->abd", [10, 16]), (None, 10, 8)) == 10 * 8 * 16
    assert work(EinsumDense("...x,xy->...y", 4), (None, 3, 5)) == 3 * 5 * 4


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("abc,cd", [3]), "equation: must be `ab,bc->ac`"),
        (("ab,bc->ad", [3]), "equation: has `d` in one term only"),
        (("ab,bc->aa", [3]), "equation: has a letter twice"),
        (("abc,cd->abd", [3]), "output_shape: must have 2 sizes for `abd`, as the first is the"),
        (("...x,xy->...y", [3, 4]), "output_shape: must have 1 sizes for `y`; it has 2"),
    ],
)
def test_an_equation_that_keras_refuses(arguments: tuple[object, ...], message: str) -> None:
    with pytest.raises(ArgumentErrors, match=message):
        EinsumDense(*arguments)


def test_an_einsum_keeps_the_size_of_an_axis_that_stays() -> None:
    with pytest.raises(ShapeError, match=r"keeps axis `b`, which is 10 in \{0\}"):
        EinsumDense("abc,cd->abd", [11, 16]).shape((None, 10, 8))
    with pytest.raises(ShapeError, match=r"takes 3 dimensions, \{0\} has 2"):
        EinsumDense("abc,cd->abd", [11, 16]).shape((None, 10))


def test_an_embedding_in_low_rank_freezes_its_table() -> None:
    layer = Embedding(100, 8, lora_rank=2)
    assert layer.shape((None, 5, 6)) == (None, 5, 6, 8)
    assert weights(layer, (None, 5)) == [
        ("lora_embeddings_a", (100, 2), True, "float32"),
        ("lora_embeddings_b", (2, 8), True, "float32"),
        ("embeddings", (100, 8), False, "float32"),
    ]
    with pytest.raises(ShapeError, match="knows no float8, only int8"):
        Embedding(100, 8, dtype="float8_from_float32").weights(Inputs.of((None, 5)))


def test_an_embedding_goes_back_from_vectors_to_scores() -> None:
    layer = ReversibleEmbedding(100, 8, tie_weights=False)
    back = Inputs.of((None, 5, 8))._replace(options={"reverse": True})
    assert layer.results(back)[0].shape == (None, 5, 100)
    assert layer.macs(back, layer.results(back)) == 5 * 8 * 100
    assert weights(layer, (None, 5))[1] == ("reverse_embeddings", (8, 100), True, "float32")
    with pytest.raises(ShapeError, match=r"goes back from 8 features, \{0\} has 9"):
        layer.results(Inputs.of((None, 5, 9))._replace(options={"reverse": True}))


def test_an_identity_hands_on_every_tensor_of_a_list() -> None:
    inputs = Inputs((Tensor((None, 3), "int32"), Tensor((2,), "string")), listed=True)
    assert Identity().results(inputs) == inputs.tensors


@pytest.mark.parametrize(
    ("config", "read"),
    [
        ({"batch_shape": [None, 3]}, {"batch_shape": None, "shape": [3]}),
        ({"batch_shape": [2, 3]}, {"batch_shape": [2, 3]}),
        (
            {"batch_shape": {"class_name": "__tuple__", "items": [None, 3]}},
            {"batch_shape": None, "shape": [3]},
        ),
    ],
)
def test_the_shape_of_an_input_in_a_config_is_without_an_open_batch(
    config: dict[str, Any], read: dict[str, Any]
) -> None:
    quirk = InputLayer.config_quirk
    assert quirk is not None
    assert quirk.apply(config) == read


def test_factors_of_lora_are_not_computed_in_float8() -> None:
    Dense(4, lora_rank=2, dtype="int8_from_float32")
    with pytest.raises(ArgumentErrors, match="cannot be used with a policy of float8"):
        Dense(4, lora_rank=2, dtype="float8_from_float32")
