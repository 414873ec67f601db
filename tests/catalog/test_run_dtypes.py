"""What a backend gives and refuses when a model runs, where Keras declares something else."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.catalog import accepted_dtypes, registry
from mergecli.catalog.layer import Layer, spec_name
from mergecli.catalog.run_dtypes import run_dtype
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor

IMAGE = (None, 8, 8, 3)


def made(name: str, **arguments: Any) -> Layer:
    cls = registry.layer(name)
    assert cls is not None
    return cls(**arguments)


def given(layer: Layer, dtype: str, backend: str = "tensorflow", count: int = 1) -> str | None:
    inputs = Inputs((Tensor(IMAGE, dtype),) * count, listed=count > 1)
    return run_dtype(layer, inputs, [dtype] * count, layer.compute_dtype, backend)


CONV = made("Conv2D", filters=2, kernel_size=2)


@pytest.mark.parametrize(
    ("layer", "dtype", "result"),
    [
        (CONV, "float32", "float32"),
        (CONV, "float16", "float32"),
        (made("Dense", units=2), "int32", "float32"),
        (made("UpSampling2D"), "uint8", "uint8"),
        (made("Dropout", rate=0.5), "int64", "int64"),
        (made("Flatten"), "int32", "float32"),
        (made("ReLU"), "int32", "int32"),
        (made("Activation", activation="relu"), "uint8", "uint8"),
        (made("Pipeline", layers=[made("RandomFlip"), CONV]), "uint8", "float32"),
        (made("SpectralNormalization", layer=made("Dense", units=2)), "int32", "int32"),
    ],
)
def test_what_a_layer_gives(layer: Layer, dtype: str, result: str) -> None:
    assert given(layer, dtype) == result


@pytest.mark.parametrize(
    ("layer", "dtype", "message"),
    [
        (CONV, "uint8", "takes floats, {0} has dtype uint8"),
        (made("Softmax"), "int32", "takes floats, {0} has dtype int32"),
        (made("ReLU"), "bool", "does not take bool, {0} has dtype bool"),
        (made("Activation", activation="softmax"), "int32", "takes floats, {0} has dtype int32"),
        (
            made("Activation", activation=made("LeakyReLU")),
            "bool",
            "does not take bool, {0} has dtype bool",
        ),
        (
            made("TimeDistributed", layer=CONV),
            "uint8",
            "fails in `Conv2D`, which takes floats, {0} has dtype uint8",
        ),
        (
            made("Pipeline", layers=[made("UpSampling2D"), made("RandomContrast", factor=0.2)]),
            "uint8",
            "fails in `RandomContrast`, which takes floats, {0} has dtype uint8",
        ),
    ],
)
def test_what_no_backend_runs(layer: Layer, dtype: str, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        given(layer, dtype)
    assert caught.value.message == message
    assert caught.value.code == "wrong-type" and caught.value.hint


def test_a_dtype_that_only_the_run_has_is_named_so() -> None:
    inputs = Inputs((Tensor(IMAGE, "float32"),))
    with pytest.raises(ShapeError, match="has dtype uint8 when the model runs"):
        run_dtype(CONV, inputs, ["uint8"], "float32")


def test_layers_of_several_tensors_compute_in_the_dtype_of_all() -> None:
    flags = Inputs((Tensor((None, 4), "bool"),) * 2, listed=True)
    with pytest.raises(ShapeError):
        run_dtype(made("Add"), flags, ["bool", "bool"], "float32")
    assert run_dtype(made("Add"), flags, ["bool", "int32"], "float32") == "int32"
    assert run_dtype(made("Add"), flags, ["string", "int32"], "float32") == "float32"


def test_operations_keep_the_dtype_of_the_run() -> None:
    inputs = Inputs((Tensor((None, 4, 4), "float32"),))
    assert run_dtype(made("ops.triu"), inputs, ["int32"], "float32") == "int32"
    assert run_dtype(made("ops.exp"), inputs, ["int32"], "float32") == "float32"


def test_operands_are_judged_together_where_all_have_one_dtype() -> None:
    flags = Inputs((Tensor((None, 4), "bool"), Tensor((None, 4), "bool")))
    with pytest.raises(ShapeError, match="does not take bool"):
        run_dtype(made("ops.greater"), flags, ["bool", "bool"], "bool")
    assert run_dtype(made("ops.greater"), flags, ["bool", "int32"], "bool") == "bool"


@pytest.mark.parametrize(
    ("name", "dtype", "made_of_it"),
    [
        ("ops.absolute", "complex64", "float32"),
        ("ops.real", "complex128", "float64"),
        ("ops.exp", "complex64", "complex64"),
        ("Dense", "complex64", "complex64"),
        ("Flatten", "complex64", "complex64"),
        ("TimeDistributed", "complex64", "complex64"),
        ("ops.multi_hot", "int32", "float32"),
        ("ReLU", "uint8", "float32"),
        ("Average", "int64", "float64"),
    ],
)
def test_results_have_other_dtypes_than_keras_declares(
    name: str, dtype: str, made_of_it: str
) -> None:
    arguments: dict[str, Any] = {
        "ReLU": {"negative_slope": 0.1},
        "ops.multi_hot": {"num_classes": 3},
        "Dense": {"units": 2},
        "TimeDistributed": {"layer": made("TimeDistributed", layer=made("Dense", units=2))},
    }
    layer = made(name, **arguments.get(name, {}))
    count = 2 if name == "Average" else 1
    inputs = Inputs((Tensor((None, 4, 4, 3), dtype),) * count, listed=count > 1)
    declared = layer.results(inputs)[0].dtype
    assert run_dtype(layer, inputs, [dtype] * count, declared) == made_of_it


def test_an_operation_gives_the_dtype_of_its_argument() -> None:
    layer = made("ops.multi_hot", num_classes=3, dtype="int32")
    assert run_dtype(layer, Inputs.of((None, 4), dtype="int64"), ["int64"], "int32") == "int32"


def test_truth_values_become_numbers() -> None:
    assert given(made("Masking"), "bool") == "int32"


def test_policies_of_integers_and_unknown_backends_are_not_judged() -> None:
    assert given(made("Conv2D", filters=2, kernel_size=2, dtype="int32"), "uint8") == "int32"
    assert given(CONV, "uint8", backend="numpy") == "float32"


def test_tensorflow_has_weights_of_complex_numbers_where_it_has_inputs_of_them() -> None:
    ones = {"kernel_initializer": "ones", "dtype": "complex64"}
    convolution = made("Conv2D", filters=2, kernel_size=2, **ones)
    with pytest.raises(ShapeError, match="has dtype complex64"):
        given(convolution, "complex64")
    assert given(convolution, "complex64", "torch") == "complex64"
    assert given(made("Dense", units=2, **ones), "complex64") == "complex64"
    sequences = Inputs((Tensor((None, 4, 3), "complex64"),))
    recurrent = made("SimpleRNN", units=2, **ones)
    assert run_dtype(recurrent, sequences, ["complex64"], "complex64") == "complex64"


def test_pytorch_projects_each_input_of_attention() -> None:
    tensors = (Tensor((None, 4, 3), "float32"), Tensor((None, 4, 3), "int32"))
    inputs = Inputs(tensors, keywords=("query", "value"))
    layer = made("MultiHeadAttention", num_heads=1, key_dim=2)
    dtypes = ["float32", "int32"]
    assert run_dtype(layer, inputs, dtypes, "float32", "tensorflow") == "float32"
    with pytest.raises(ShapeError, match="has dtype int32"):
        run_dtype(layer, inputs, dtypes, "float32", "torch")


def test_weights_of_strings_are_only_looked_up() -> None:
    strings = {"dtype": "string", "embeddings_initializer": "zeros"}
    found = made("Embedding", input_dim=5, output_dim=2, **strings)
    assert given(found, "int32") == "string"
    with pytest.raises(ShapeError, match="computes with strings"):
        given(made("PReLU", dtype="string"), "int32")


def test_the_table_names_classes() -> None:
    names = {name for name, cls in registry.layers().items() if name == spec_name(cls)}
    for groups in accepted_dtypes.REFUSED.values():
        for listed in groups.values():
            assert {name.partition(":")[0] for name in listed.split()} <= names
    for groups in accepted_dtypes.GIVES.values():
        for listed in groups.values():
            assert {name.partition(":")[0] for name in listed.split()} <= names
    for listed in accepted_dtypes.PASSES.values():
        assert {name.partition(":")[0] for name in listed.split()} <= names


@pytest.mark.parametrize(
    ("name", "backend", "dtype", "hint"),
    [
        ("ops.gcd", "jax", "float32", "convert it first, with `ops.cast: {dtype: int32}`"),
        ("ops.sigmoid", "jax", "int32", "convert it first, with `ops.cast: {dtype: float32}`"),
        ("ops.imag", "torch", "float32", None),
    ],
)
def test_the_hint_names_a_dtype_that_is_taken(
    name: str, backend: str, dtype: str, hint: str | None
) -> None:
    layer = made(name)
    count = layer.arity or 1
    with pytest.raises(ShapeError) as caught:
        given(layer, dtype, backend, count)
    assert caught.value.hint == hint
