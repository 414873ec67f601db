"""One call of each layer and operation: the smallest arguments, and inputs that fit them."""

from __future__ import annotations

from typing import Any, Iterator

from mergecli.catalog import registry
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor

#: Values for required arguments.
VALUES: dict[str, Any] = {
    "activation": "relu",
    "axes": 1,
    "axis": -1,
    "axis1": 1,
    "axis2": 2,
    "bit_depth": 4,
    "cropping": 1,
    "destination": 2,
    "dims": [1],
    "dtype": "int32",
    "equation": "...x,xy->...y",
    "factor": 0.1,
    "fill_value": 1.0,
    "filters": 4,
    "function": "relu",
    "height": 4,
    "height_factor": 0.1,
    "indices": [0],
    "indices_or_sections": 2,
    "input_dim": 10,
    "k": 2,
    "kernel_size": 2,
    "key": 0,
    "n": 3,
    "newshape": [-1],
    "num_bins": 3,
    "num_classes": 5,
    "num_tokens": 4,
    "output_dim": 4,
    "output_shape": 4,
    "output_size": 2,
    "pad_width": 0,
    "rate": 0.5,
    "repeats": 2,
    "reps": [1, 2],
    "scale": 2.0,
    "shape": [2, 4],
    "shift": 1,
    "size": 2,
    "source": 1,
    "stddev": 0.1,
    "subscripts": "bi->b",
    "target_shape": [-1],
    "units": 4,
    "width": 4,
    "width_factor": 0.1,
    "x_max": 1,
    "x_min": 0,
}
SHAPES = (
    (None, 4),
    (None, 4, 4),
    (None, 8, 8, 3),
    (None, 8, 8, 8, 3),
    (None, 4, 8, 8, 3),
    (None, 4, 8, 8, 8, 3),
)
#: Arguments, input shapes and names of inputs of the classes that need more than `VALUES`.
SPECIAL: dict[str, tuple[dict[str, Any], tuple[tuple[int | None, ...], ...], tuple[str, ...]]] = {
    "AveragePooling1D": ({"pool_size": 2}, ((None, 4, 4),), ()),
    "AveragePooling2D": ({"pool_size": 2}, ((None, 8, 8, 3),), ()),
    "AveragePooling3D": ({"pool_size": 2}, ((None, 8, 8, 8, 3),), ()),
    "GroupNormalization": ({"groups": 2}, ((None, 4, 4),), ()),
    "SimpleRNNCell": ({"units": 4}, ((None, 3), (None, 4)), ("sequence", "states")),
    "LSTMCell": ({"units": 4}, ((None, 3), (None, 4), (None, 4)), ("inputs", "states", "states")),
    "GRUCell": ({"units": 4}, ((None, 3), (None, 4)), ("inputs", "states")),
    "StackedRNNCells": (
        {"cells": [("GRUCell", {"units": 4}), ("GRUCell", {"units": 2})]},
        ((None, 3), (None, 4), (None, 2)),
        ("inputs", "states", "states"),
    ),
    "Bidirectional": ({"layer": ("LSTM", {"units": 4})}, ((None, 4, 4),), ()),
    "MultiHeadAttention": (
        {"num_heads": 2, "key_dim": 4},
        ((None, 4, 4), (None, 5, 4)),
        ("query", "value"),
    ),
    "GroupQueryAttention": (
        {"head_dim": 4, "num_query_heads": 2, "num_key_value_heads": 1},
        ((None, 4, 4), (None, 5, 4)),
        ("query", "value"),
    ),
    "MelSpectrogram": ({}, ((None, 4000),), ()),
    "STFTSpectrogram": ({}, ((None, 4000, 1),), ()),
    "Pipeline": ({"layers": [("Rescaling", {"scale": 2.0})]}, ((None, 4),), ()),
    "Discretization": ({"bin_boundaries": [0.0, 1.0]}, ((None, 4),), ()),
    "CategoryEncoding": ({"num_tokens": 4}, ((None, 4),), ()),
    "HashedCrossing": ({"num_bins": 4}, ((None, 1), (None, 1)), ()),
    "TextVectorization": ({"vocabulary": ["a", "b"]}, ((None, 1),), ()),
    "RandomPosterization": ({"factor": 2}, ((None, 8, 8, 3),), ()),
    "ops.image.resize": ({"size": [4, 4]}, ((None, 8, 8, 3),), ()),
}
#: Classes that take no list of tensors and no tensor, but a dictionary of them, which no spec gives.
LEFT_OUT = frozenset({"MaxNumBoundingBoxes"})


def samples() -> Iterator[tuple[str, dict[str, Any], Layer, Inputs]]:
    """Yield the name, the arguments, the layer and the inputs of each class for which some fit."""
    for name, cls in registry.layers().items():
        if name == registry.spec_name(cls) and name != "InputLayer":
            found = special(name, cls) if name in SPECIAL else sample(cls)
            if found is not None:
                yield (name, *found)


def special(name: str, cls: type[Layer]) -> tuple[dict[str, Any], Layer, Inputs]:
    arguments, shapes, keywords = SPECIAL[name]
    layers = registry.layers()

    def made(value: Any) -> Any:
        if isinstance(value, list):
            return [made(item) for item in value]
        is_layer = isinstance(value, tuple) and isinstance(value[1], dict)
        return layers[value[0]](**value[1]) if is_layer else value

    built = {name: made(value) for name, value in arguments.items()}
    tensors = tuple(Tensor(shape, "string") for shape in shapes)
    listed = len(shapes) > 1 and not keywords
    return built, cls(**built), Inputs(tensors, listed, keywords)


def sample(cls: type[Layer]) -> tuple[dict[str, Any], Layer, Inputs] | None:
    inner = {"layer": ("Dense", 4), "cell": ("LSTMCell", 4)}
    layers = registry.layers()
    arguments: dict[str, Any] = {}
    for name in cls.required:
        if name in inner:
            arguments[name] = layers[inner[name][0]](inner[name][1])
        elif name in VALUES:
            arguments[name] = VALUES[name]
        else:
            return None
    if "vocabulary" in cls.arguments:
        arguments["vocabulary"] = [3, 4] if "Integer" in cls.__name__ else ["a", "b"]
    try:
        layer = cls(**arguments)
    except ArgumentErrors:
        return None
    counts = (1, 2, 3) if cls.merging is None else (2, 1)
    for dtype in ("float32", "int32", "string"):
        for count in counts:
            for shape in SHAPES:
                for listed in (count > 1, count == 1):
                    inputs = Inputs((Tensor(shape, dtype),) * count, listed)
                    try:
                        layer.results(inputs)
                        layer.weights(inputs)
                    except (ShapeError, AssertionError, IndexError):
                        continue
                    return arguments, layer, inputs
    return None
