"""Keras is the oracle for strings: a layer takes them if and only if it runs on them."""

from __future__ import annotations

from typing import Any

import pytest
from dtype_samples import samples, wired

from mergecli.catalog import registry
from mergecli.catalog.layer import Layer, spec_name
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor

SAMPLES = list(samples())
#: What carries strings through as it computes nothing: the known difference "strings as images".
STRINGS_AS_IMAGES = {"MaxNumBoundingBoxes"}


def ours(layer: Layer, inputs: Inputs) -> bool:
    try:
        layer.check_strings(inputs)
        layer.results(inputs)
    except ShapeError:
        return False
    return True


def runs(layer: Layer, arguments: dict[str, Any], inputs: Inputs) -> bool:
    import keras
    import numpy as np
    import tensorflow as tf

    starts = [keras.Input(x.shape[1:], dtype="string") for x in inputs.tensors]  # type: ignore[index]
    try:
        end = wired(layer, arguments, inputs, starts)
        values = [
            tf.constant(np.full([2, *x.shape[1:]], "a", dtype=object))  # type: ignore[index]
            for x in inputs.tensors
        ]
        keras.Model(starts, end)(values)
    except Exception:
        return False
    return True


def test_all_classes_are_tried() -> None:
    names = {
        name
        for name, cls in registry.layers().items()
        if name == spec_name(cls) and name != "InputLayer"
    }
    assert names - {name for name, *_ in SAMPLES} == set()


@pytest.mark.parametrize(
    ("name", "arguments", "layer", "inputs"), SAMPLES, ids=[name for name, *_ in SAMPLES]
)
def test_a_layer_takes_strings_if_it_runs_on_them(
    name: str, arguments: dict[str, Any], layer: Layer, inputs: Inputs
) -> None:
    strings = tuple(x._replace(dtype="string") for x in inputs.tensors)
    inputs = inputs._replace(tensors=strings)
    assert (ours(layer, inputs) or name in STRINGS_AS_IMAGES) == runs(layer, arguments, inputs)


@pytest.mark.parametrize(
    ("outer", "inner", "options", "shape"),
    [
        ("Pipeline", "StringLookup", {"vocabulary": ["a", "b"]}, (None, 4)),
        ("Pipeline", "Softmax", {}, (None, 4)),
        ("TimeDistributed", "Hashing", {"num_bins": 8}, (None, 4, 2)),
        ("TimeDistributed", "Dense", {"units": 8}, (None, 4, 2)),
    ],
)
def test_a_wrapper_takes_what_its_layer_takes(
    outer: str, inner: str, options: dict[str, Any], shape: tuple[int | None, ...]
) -> None:
    import keras
    import numpy as np
    import tensorflow as tf

    layers = registry.layers()
    argument = "layers" if outer == "Pipeline" else "layer"
    own: Any = layers[inner](**options)
    theirs = getattr(keras.layers, inner)(**options)
    layer = layers[outer](**{argument: [own] if outer == "Pipeline" else own})
    wrapper = getattr(keras.layers, outer)([theirs] if outer == "Pipeline" else theirs)
    start = keras.Input(shape[1:], dtype="string")
    try:
        values = tf.constant(np.full([2, *shape[1:]], "a", dtype=object))
        keras.Model(start, wrapper(start))(values)
        is_run = True
    except Exception:
        is_run = False
    assert ours(layer, Inputs((Tensor(shape, "string"),))) == is_run
