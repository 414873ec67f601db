"""One call of each layer and operation: the smallest arguments, inputs that fit them, and what Keras makes of it."""

from __future__ import annotations

from typing import Any, Iterator

from mergecli.catalog import registry
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layer import Layer, spec_name
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
    "max_number": 4,
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
IMAGES = (None, 8, 8, 3)
SHAPES = (
    (None, 4),
    (None, 4, 4),
    IMAGES,
    (None, 8, 8, 8, 3),
    (None, 4, 8, 8, 3),
    (None, 4, 8, 8, 8, 3),
)
FRAME = {"top_cropping": 1, "left_cropping": 1}
PADDING = {f"{side}_padding": 1 for side in ("top", "left", "bottom", "right")}
STFT = {"sequence_length": 4, "sequence_stride": 2, "fft_length": 4}
#: Arguments, input shapes and names of inputs of the classes that need more than `VALUES`.
SPECIAL: dict[str, tuple[dict[str, Any], tuple[tuple[int | None, ...], ...], tuple[str, ...]]] = {
    "AveragePooling1D": ({"pool_size": 2}, ((None, 4, 4),), ()),
    "AveragePooling2D": ({"pool_size": 2}, ((None, 8, 8, 3),), ()),
    "AveragePooling3D": ({"pool_size": 2}, ((None, 8, 8, 8, 3),), ()),
    "ops.image.ssim": ({"filter_size": 2}, ((None, 8, 8, 3), (None, 8, 8, 3)), ()),
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
    "CutMix": ({}, ((None, 4, 4),), ()),
    "MelSpectrogram": ({}, ((None, 4000),), ()),
    "STFTSpectrogram": ({}, ((None, 4000, 1),), ()),
    "Pipeline": ({"layers": [("Rescaling", {"scale": 2.0})]}, ((None, 4),), ()),
    "Discretization": ({"bin_boundaries": [0.0, 1.0]}, ((None, 4, 4),), ()),
    "CategoryEncoding": ({"num_tokens": 4}, ((None, 4, 4),), ()),
    "HashedCrossing": ({"num_bins": 4}, ((None, 1), (None, 1)), ()),
    "TextVectorization": ({"vocabulary": ["a", "b"]}, ((None, 1),), ()),
    "RandomPosterization": ({"factor": 2}, ((None, 8, 8, 3),), ()),
    **{
        name: (arguments, tuple(shapes), ())
        for name, arguments, shapes in (
            ("ops.average", {}, [(None, 4)]),
            ("ops.average_pool", {"pool_size": 2}, [(None, 8, 8, 3)]),
            ("ops.batch_normalization", {"axis": 1}, [(None, 4), (4,), (4,)]),
            ("ops.conv", {}, [(None, 8, 8, 3), (3, 3, 3, 4)]),
            ("ops.conv_transpose", {}, [(None, 8, 8, 3), (3, 3, 4, 3)]),
            ("ops.ctc_decode", {}, [(None, 9, 4), (None,)]),
            ("ops.ctc_loss", {}, [(None, 5), (None, 9, 4), (None,), (None,)]),
            ("ops.depth_to_space", {"block_size": 2}, [(None, 8, 8, 4)]),
            ("ops.depthwise_conv", {}, [(None, 8, 8, 3), (3, 3, 3, 4)]),
            ("ops.digitize", {}, [(None, 4), (3,)]),
            ("ops.dot", {}, [(None, 2), (2, 3)]),
            ("ops.dot_product_attention", {}, [(None, 4, 2, 4)] * 3),
            ("ops.full", {"shape": [2, 4]}, [()]),
            ("ops.in_top_k", {"k": 2}, [(None,), (None, 4)]),
            ("ops.lstsq", {}, [(4, 3), (4, 2)]),
            ("ops.matmul", {}, [(None, 3, 4), (None, 4, 2)]),
            ("ops.max_pool", {"pool_size": 2}, [(None, 8, 8, 3)]),
            ("ops.quantile", {}, [(None, 4), (2,)]),
            ("ops.scatter", {"shape": [4, 4]}, [(2, 1), (2, 4)]),
            ("ops.scatter_update", {}, [(4, 4), (2, 1), (2, 4)]),
            ("ops.searchsorted", {}, [(3,), (4,)]),
            ("ops.segment_max", {"num_segments": 2}, [(4, 2), (4,)]),
            ("ops.segment_min", {"num_segments": 2}, [(4, 2), (4,)]),
            ("ops.segment_prod", {"num_segments": 2}, [(4, 2), (4,)]),
            ("ops.segment_sum", {"num_segments": 2}, [(4, 2), (4,)]),
            ("ops.separable_conv", {}, [(None, 8, 8, 3), (3, 3, 3, 2), (1, 1, 6, 4)]),
            ("ops.slice", {"shape": [1, 2]}, [(4, 4), (2,)]),
            ("ops.slice_update", {}, [(4, 4), (2,), (1, 2)]),
            ("ops.space_to_depth", {"block_size": 2}, [(None, 8, 8, 4)]),
            ("ops.sparse_categorical_crossentropy", {}, [(None,), (None, 4)]),
            ("ops.threshold", {"threshold": 0.5, "default_value": 0.0}, [(None, 4)]),
            ("ops.unfold", {"kernel_size": 2}, [(None, 3, 8, 8)]),
            ("ops.fold", {"output_size": 8, "kernel_size": 2}, [(None, 12, 49)]),
            ("ops.vander", {}, [(4,)]),
            ("ops.argpartition", {"kth": 1}, [(None, 4)]),
            ("ops.correlate", {}, [(4,), (3,)]),
            ("ops.psnr", {"max_val": 1.0}, [(None, 4), (None, 4)]),
            ("ops.multi_hot", {"num_classes": 4}, [(None, 4)]),
            ("ops.take_along_axis", {"axis": 1}, [(None, 4), (None, 4)]),
            ("ops.unstack", {"axis": 1}, [(None, 4)]),
            ("ops.view", {}, [(None, 4)]),
            ("ops.image.affine_transform", {}, [(None, 8, 8, 3), (None, 8)]),
            (
                "ops.image.crop_images",
                FRAME | {"target_height": 4, "target_width": 4},
                [(None, 8, 8, 3)],
            ),
            ("ops.image.elastic_transform", {}, [(None, 8, 8, 3)]),
            ("ops.image.extract_patches", {"size": 2}, [(None, 8, 8, 3)]),
            ("ops.image.map_coordinates", {"order": 1}, [(8, 8), (2, 5)]),
            ("ops.image.pad_images", PADDING, [(None, 8, 8, 3)]),
            ("ops.image.perspective_transform", {}, [(2, 8, 8, 3), (2, 4, 2), (2, 4, 2)]),
            (
                "ops.image.scale_and_translate",
                {"output_shape": [4, 4, 3], "spatial_dims": [0, 1], "method": "linear"},
                [(8, 8, 3), (2,), (2,)],
            ),
            ("ops.extract_sequences", {"sequence_length": 2, "sequence_stride": 1}, [(None, 8)]),
            ("ops.stft", STFT, [(None, 8)]),
            ("ops.istft", STFT, [(None, 9, 3), (None, 9, 3)]),
            ("ops.view_as_complex", {}, [(None, 4, 2)]),
        )
    },
    "ops.image.resize": ({"size": [4, 4]}, ((None, 8, 8, 3),), ()),
}


def samples() -> Iterator[tuple[str, dict[str, Any], Layer, Inputs]]:
    """Yield the name, the arguments, the layer and the inputs of each class for which some fit."""
    for name, cls in registry.layers().items():
        if name == spec_name(cls) and name != "InputLayer":
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
    # Of a single image some layers compute less.
    first = (IMAGES,) if cls.family.startswith("image_") else ()
    for dtype in ("float32", "int32", "string"):
        for count in counts:
            for shape in (*first, *SHAPES):
                for listed in (count > 1, count == 1):
                    inputs = Inputs((Tensor(shape, dtype),) * count, listed)
                    try:
                        layer.results(inputs)
                        layer.weights(inputs)
                    except (ShapeError, AssertionError, IndexError):
                        continue
                    return arguments, layer, inputs
    return None


def wired(layer: Layer, arguments: dict[str, Any], inputs: Inputs, starts: list[Any]) -> Any:
    """Return what Keras gives for symbolic inputs in place of those of a sample."""
    options = {name: made(value) for name, value in arguments.items()}
    spread = not inputs.listed or getattr(layer, "arity", None) is not None
    call = of_keras(layer)
    if layer.keras_name == "ops.einsum":
        return call(options["subscripts"], *starts)
    if layer.module == "ops":
        return call(*starts, **options) if spread else call(starts, **options)
    return applied(call(**options), starts, inputs, spread)


def of_keras(layer: Any) -> Any:
    """Return Keras's class or function."""
    import keras

    home: Any = keras if layer.module == "ops" else keras.layers
    name = layer.keras_name if layer.module == "ops" else type(layer).__name__
    for part in name.split("."):
        home = getattr(home, part)
    return home


def made(value: Any) -> Any:
    """Return an argument as Keras takes it."""
    if isinstance(value, list):
        return [made(item) for item in value]
    if isinstance(value, Layer):
        return of_keras(value)(**{name: made(item) for name, item in value.explicit.items()})
    return value


def applied(layer: Any, starts: list[Any], inputs: Inputs, spread: bool) -> Any:
    """Call a layer of Keras: with names, a list, or one tensor after the other."""
    if not inputs.keywords:
        return layer(*starts) if spread else layer(starts)
    groups: dict[str, list[Any]] = {}
    for name, start in zip(inputs.keywords, starts):
        groups.setdefault(name, []).append(start)
    return layer(*(group if name == "states" else group[0] for name, group in groups.items()))
