"""Keras is the oracle for penalties on results: which a backend computes, of which shapes and dtypes."""

from __future__ import annotations

from typing import Any

import pytest
from dtype_samples import samples, wired

from mergecli.catalog import regularizers
from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs
from mergecli.catalog.versions import Backend

pytestmark = pytest.mark.keras

DTYPES = ("float16", "bfloat16", "float32", "float64")
CASES: list[tuple[str, dict[str, Any]]] = [
    ("L1", {}),
    ("L1", {"l1": 0.0}),
    ("L2", {}),
    ("L1L2", {}),
    ("L1L2", {"l1": 0.1}),
    ("L1L2", {"l2": 0.1}),
    ("OrthogonalRegularizer", {}),
    ("OrthogonalRegularizer", {"mode": "columns"}),
]


@pytest.mark.parametrize(("name", "arguments"), CASES)
def test_the_results_that_can_be_penalized(
    name: str, arguments: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    import keras

    class Given(keras.layers.Layer):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    monkeypatch.setattr(Backend, "choose", keras.backend.backend)
    ours = getattr(regularizers, name)(**arguments)
    penalty = getattr(keras.regularizers, name)(**arguments)
    wrong = []
    for shape in ((2, 3), (2, 3, 4)):
        for dtype in DTYPES:
            tensor = keras.ops.ones(shape, dtype)
            try:
                Given(activity_regularizer=penalty, autocast=False)(tensor)
            except Exception as problem:  # Keras refuses with many exceptions
                theirs = f"{type(problem).__name__}: {problem}"
            else:
                theirs = ""
            if bool(ours.mismatch(shape, dtype)) != bool(theirs):
                wrong.append((shape, dtype, theirs[:80]))
    assert not wrong


#: Layers of words.
WORDS = {"HashedCrossing", "Hashing", "TextVectorization"}
PENALIZED = [
    sample
    for sample in samples()
    # `Equalization` is a cycle in a model.
    if "activity_regularizer" in type(sample[2]).arguments and sample[0] != "Equalization"
]


@pytest.mark.parametrize(
    ("name", "arguments", "layer", "inputs"), PENALIZED, ids=[name for name, *_ in PENALIZED]
)
def test_which_layers_compute_a_penalty(
    name: str, arguments: dict[str, Any], layer: Layer, inputs: Inputs
) -> None:
    import keras
    import numpy as np

    dtype, value = ("string", "a") if name in WORDS else ("float32", 1.0)
    if dtype == "string":
        pytest.importorskip("tensorflow")
    inputs = Inputs.of(*(x.shape for x in inputs.tensors))._replace(
        keywords=inputs.keywords, listed=inputs.listed
    )
    starts = [keras.Input(x.shape[1:], dtype=dtype) for x in inputs.tensors]  # type: ignore[index]
    end = wired(layer, {**arguments, "activity_regularizer": "l2"}, inputs, starts)
    model = keras.Model(starts, end)
    numbers = [np.full((2, *start.shape[1:]), value) for start in starts]
    model([keras.ops.convert_to_tensor(each, dtype) for each in numbers])
    assert bool(model.losses) == layer.penalized


REGULARIZED = [
    (*sample, argument)
    for sample in samples()
    for argument in type(sample[2]).arguments
    if argument.endswith("_regularizer") and argument != "activity_regularizer"
]


@pytest.mark.parametrize("policy", ["float32", "float16"])
@pytest.mark.parametrize("penalty", ["l2", "orthogonal_regularizer"])
@pytest.mark.parametrize(
    ("name", "arguments", "layer", "inputs", "argument"),
    REGULARIZED,
    ids=[f"{name}-{argument}" for name, *_, argument in REGULARIZED],
)
def test_the_weights_that_can_be_penalized(
    name: str,
    arguments: dict[str, Any],
    layer: Layer,
    inputs: Inputs,
    argument: str,
    penalty: str,
    policy: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    import keras

    monkeypatch.setattr(Backend, "choose", keras.backend.backend)
    inputs = Inputs.of(*(x.shape for x in inputs.tensors))._replace(
        keywords=inputs.keywords, listed=inputs.listed
    )
    # An orthogonal matrix, the default of some, has no short floats with PyTorch.
    zeros = {name: "zeros" for name in type(layer).arguments if name == "recurrent_initializer"}
    given = {**arguments, **zeros, argument: penalty, "dtype": policy}
    ours = theirs = ""
    try:
        made = type(layer)(**given)
        made.weights(made.unnamed(inputs))
    except ShapeError as problem:
        ours = problem.message
        assert problem.argument == argument
    starts = [keras.Input(x.shape[1:], dtype="float32") for x in inputs.tensors]  # type: ignore[index]
    try:
        model = keras.Model(starts, wired(layer, given, inputs, starts))
        [keras.ops.convert_to_numpy(loss) for loss in model.losses]
    except Exception as problem:  # Keras refuses with many exceptions
        theirs = f"{type(problem).__name__}: {problem}"
    assert bool(ours) == bool(theirs), (ours, theirs[:200])
