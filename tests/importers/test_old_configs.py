"""The config of every layer that Keras 1 and 2 had is read; the weights of its convolutions are put into today's order."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import numpy
import pytest

from mergecli.catalog import registry
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras import graph, parse
from mergecli.importers.keras.old_weights import Writer, converted, may_differ

CONFIGS = json.loads(
    (pathlib.Path(__file__).parents[1] / "data" / "old_layer_configs.json").read_text()
)
#: What Keras 3 cannot do; the reason says what to use instead.
GONE = {
    "DenseFeatures", "Highway", "LocallyConnected1D", "LocallyConnected2D", "MaxoutDense",
    "ParametricSoftplus", "RandomHeight", "RandomWidth", "SReLU",
}  # fmt: skip
#: Base classes, and a cell that no layer of its version takes from a config.
NO_LAYERS = {"ConvLSTM2DCell"}


def model(cls: str, config: dict[str, Any], shape: list[int | None], version: str) -> Any:
    """The config of a functional model with one layer, as Keras 2 writes it."""
    start = {"batch_input_shape": [None, *shape], "dtype": "float32", "name": "x"}
    name = config["name"]
    layers = [
        {"class_name": "InputLayer", "config": start, "name": "x", "inbound_nodes": []},
        {"class_name": cls, "config": config, "name": name, "inbound_nodes": [[["x", 0, 0, {}]]]},
    ]
    inside = {
        "name": "m", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [[name, 0, 0]],
    }  # fmt: skip
    return {"class_name": "Model", "config": inside, "keras_version": version}


@pytest.mark.parametrize(
    "version, cls", [(version, cls) for version in CONFIGS for cls in CONFIGS[version]]
)
def test_the_config_of_a_layer_is_read(version: str, cls: str) -> None:
    config = CONFIGS[version][cls]
    saved = parse(model(cls, config, [None, 8], version.split()[0]))
    call = next((call for call in saved.calls if call.name == config["name"]), None)
    if cls in GONE:
        assert "is gone since Keras" in saved.unknown[0], saved.unknown
    elif cls not in NO_LAYERS:
        assert saved.unknown == []
        assert call is None or call.layer is not None or call.nested is not None


@pytest.mark.parametrize(
    "border, size, kernel, stride, shape",
    [
        (border, size, kernel, stride, shape)
        for border in ("same", "valid")
        for size in (1, 3, 4)
        for kernel in (1, 2, 3)
        for stride in (1, 2, 3)
        for shape in range(1, 16)
        # The sizes of which a convolution makes `size`; others TensorFlow refuses.
        if size == (-(-shape // stride) if border == "same" else -(-(shape - kernel + 1) // stride))
        if shape >= kernel
    ],
)
def test_the_output_shape_of_a_transposed_convolution_of_keras_1(
    border: str, size: int, kernel: int, stride: int, shape: int
) -> None:
    config = {
        "name": "d", "nb_filter": 2, "nb_row": kernel, "nb_col": kernel, "subsample": [stride, stride],
        "border_mode": border, "dim_ordering": "tf", "output_shape": [None, shape, shape, 2],
    }  # fmt: skip
    saved = parse(model("Deconvolution2D", config, [size, size, 3], "1.2.2"))
    layer = saved.calls[-1].layer
    if layer is None:
        # Keras 3 takes no padding that is as large as the stride.
        assert (border == "same" and kernel % 2 == 0) or kernel < stride
        return
    assert layer.shape((None, size, size, 3)) == (None, shape, shape, 2)


def conv(cls: str, **arguments: Any) -> Any:
    return registry.layers()[cls](filters=2, kernel_size=(2, 3), **arguments)


NUMBERS = numpy.arange(24.0).reshape(2, 3, 2, 2)


@pytest.mark.parametrize(
    "layer, stored",
    [
        (conv("Conv2D", data_format="channels_first"), NUMBERS.transpose(3, 2, 0, 1)),
        (conv("Conv2DTranspose"), NUMBERS.transpose(0, 1, 3, 2)),
        (conv("Conv2DTranspose", data_format="channels_first"), NUMBERS.transpose(2, 3, 0, 1)),
        (conv("Conv2D"), NUMBERS),
    ],
)
def test_kernels_of_keras_1(layer: Any, stored: Any) -> None:
    """Also where the shape would not show it, as with as many filters as channels."""
    found = converted(layer, Writer("1.2.2"), [(2, 3, 2, 2)], [stored])
    assert (found[0] == NUMBERS).all()
    assert may_differ(layer, Writer("1.2.2")) == (stored is not NUMBERS)
    assert not may_differ(layer, Writer("2.2.4", "tensorflow"))


def test_kernels_of_theano_are_turned_around() -> None:
    stored = NUMBERS[::-1, ::-1]
    found = converted(conv("Conv2D"), Writer("2.2.4", "theano"), [(2, 3, 2, 2)], [stored])
    assert (found[0] == NUMBERS).all()
    dense = registry.layers()["Dense"](units=2)
    assert not may_differ(dense, Writer("2.2.4", "theano"))


def test_a_merge_of_models_without_an_input_shape_is_refused() -> None:
    from mergecli.importers.keras.sequential_merges import functional

    dense = {"class_name": "Dense", "config": {"name": "d", "output_dim": 3}}
    branch = {"class_name": "Sequential", "config": [dense]}
    merge = {"class_name": "Merge", "config": {"name": "m", "mode": "sum", "layers": [branch] * 2}}
    with pytest.raises(Unreadable, match="`d` begins a model and has no input shape"):
        functional({"class_name": "Sequential", "config": [merge]})
    dense["config"]["batch_input_shape"] = [None, 4]
    config = functional({"class_name": "Sequential", "config": [merge]})
    calls = graph(parse({**config, "keras_version": "1.2.2"})).nodes
    # The same layer in both models is shared.
    assert [call.name for call in calls] == ["d_input", "d_input_1", "d", "d_1", "m"]
