"""The base class of layers: dtypes by policy, checks of inputs, weights and how they begin."""

from __future__ import annotations

import pytest

from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layer import Layer, snake_case
from mergecli.catalog.layers.core import Dense
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.catalog.weights import Weight


class Plain(Layer):
    """A layer without arguments of its own."""

    min_ndim = 3


class Exact(Plain):
    """A layer that takes three dimensions only, and gives the dtype that it gets."""

    ndim = 3
    keeps_dtype = True


@pytest.mark.parametrize(
    ("dtype", "compute", "variable", "quantization"),
    [
        (None, "float32", "float32", None),
        ("float16", "float16", "float16", None),
        ("mixed_bfloat16", "bfloat16", "float32", None),
        ("int", "int64", "int64", None),
        ("int8_from_mixed_bfloat16", "bfloat16", "float32", "int8"),
        ("float8_from_float32", "float32", "float32", "float8"),
    ],
)
def test_the_policy_says_which_dtypes_results_and_weights_have(
    dtype: str | None, compute: str, variable: str, quantization: str | None
) -> None:
    layer = Plain(dtype=dtype)
    assert (layer.compute_dtype, layer.variable_dtype) == (compute, variable)
    assert layer.quantization == quantization


def test_only_floats_become_the_compute_dtype_and_only_with_autocast() -> None:
    layer = Plain(dtype="float16")
    assert [layer.cast(dtype) for dtype in ("float64", "int32", None)] == ["float16", "int32", None]
    assert Plain(dtype="float16", autocast=False).cast("float64") == "float64"


def test_a_layer_that_keeps_the_dtype_keeps_integers() -> None:
    inputs = Inputs.of((None, 4, 8), dtype="int32")
    assert Plain().results(inputs) == (Tensor((None, 4, 8), "float32"),)
    assert Exact().results(inputs) == (Tensor((None, 4, 8), "int32"),)


def test_the_number_of_dimensions_is_exact_or_the_least() -> None:
    assert Plain().results(Inputs.of((None, 2, 4, 8)))[0].shape == (None, 2, 4, 8)
    with pytest.raises(ShapeError, match=r"takes at least 3 dimensions, \{0\} has 2: \(None, 8\)"):
        Plain().results(Inputs.of((None, 8)))
    with pytest.raises(ShapeError, match=r"takes 3 dimensions, \{0\} has 4") as caught:
        Exact().results(Inputs.of((None, 2, 4, 8)))
    assert caught.value.code == "input-rank"


def test_a_weight_needs_known_sizes_that_can_be_counted() -> None:
    with pytest.raises(ShapeError, match=r"known size to create the weight `w`: \(None, 3\)"):
        Plain().weight("w", None, 3)
    assert Plain().weight("w", 2**62).shape == (2**62,)
    with pytest.raises(ShapeError, match="no backend can count the elements of the weight `w`"):
        Plain().weight("w", 2**62, 2)


def test_a_weight_that_is_frozen_has_the_variable_dtype_all_the_same() -> None:
    layer = Plain(trainable=False, dtype="mixed_float16")
    assert layer.weight("w", 2, 3) == Weight("w", (2, 3), False, "float32")
    assert not Plain().weight("w", 2, trainable=False).trainable


def test_the_argument_of_its_name_says_how_a_weight_begins() -> None:
    with pytest.raises(ShapeError, match="cannot begin `bias` as `identity`") as caught:
        Dense(4, bias_initializer="identity").weights(Inputs.of((None, 8)))
    assert caught.value.argument == "bias_initializer"
    kernel, bias = Dense(4, kernel_initializer="identity").weights(Inputs.of((None, 8)))
    assert (kernel.shape, bias.shape) == ((8, 4), (4,))


def test_inner_layers_that_penalize_count() -> None:
    assert not Dense(4, kernel_regularizer=None).penalizes()
    assert Dense(4, kernel_regularizer="l2").penalizes()
    assert Dense(4, activation=Plain(activity_regularizer="l1")).penalizes()


def test_the_function_of_a_result_is_that_of_the_layer_in_its_argument() -> None:
    assert Dense(4, activation="relu").function == "relu"
    assert Dense(4, activation=Dense(4, activation="tanh")).function == "tanh"
    assert Plain().function is None


def test_a_slash_in_a_name_is_refused() -> None:
    with pytest.raises(ArgumentErrors) as caught:
        Plain(name="a/b")
    (error,) = caught.value.errors
    assert isinstance(error, ArgumentError)
    assert (error.argument, error.message) == ("name", "must be a string without `/`")


def test_names_of_classes_become_names_of_layers() -> None:
    names = ["ReLU", "Conv2DTranspose", "GRUCell", "UpSampling1D", "RMSNormalization"]
    assert [snake_case(name) for name in names] == [
        "re_lu",
        "conv2d_transpose",
        "gru_cell",
        "up_sampling1d",
        "rms_normalization",
    ]
