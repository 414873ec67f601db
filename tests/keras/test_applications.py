"""All models of `keras.applications`, as specs: every layer has Keras's shapes and parameter counts, and the models come back."""

from __future__ import annotations

import pathlib
from typing import Any

import pytest
import zoo

import mergecli
from mergecli.catalog.weights import parameters
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from tools import applications


@pytest.mark.parametrize("name", applications.names())
def test_shapes_and_parameters_are_keras_s(name: str) -> None:
    model = applications.build(name)
    text = applications.spec_of(model)
    compiled = compile_spec(Source(text, f"{name}.yaml"))
    assert compiled.diagnostics == []
    network = compiled.network
    assert network is not None
    facts = {
        node.name: (network.results[node.index][0].shape, parameters(network.weights[node.index]))
        for node in network.graph.nodes
    }
    for operation in model._operations:
        shape = tuple(operation._inbound_nodes[0].output_tensors[0].shape)
        count = operation.count_params() if hasattr(operation, "count_params") else 0
        if type(operation).__name__ == "Sequential":
            inner = [
                facts[f"{operation.name}.{layer.name}"]
                for layer in operation.layers
                if type(layer).__name__ != "InputLayer"
            ]
            assert (inner[-1][0], sum(n for _, n in inner)) == (shape, count), operation.name
        else:
            assert facts[operation.name] == (shape, count), operation.name
    assert network.count() == model.count_params()


@pytest.mark.slow
@pytest.mark.parametrize("name", applications.names())
def test_models_come_back(name: str, tmp_path: pathlib.Path) -> None:
    """Config -> spec, with what repeats folded -> model: the same layers, wiring and config."""
    model, path = applications.build(name), tmp_path / "spec.yaml"
    mergecli.dump(model, str(path), fold=True)
    again = applications.again(path)
    assert again.count_params() == model.count_params()
    if name.startswith(applications.REPLACED):
        assert {layer.name for layer in model.layers if layer.weights} <= {
            layer.name for layer in again.layers
        }
    else:
        assert zoo.same(model, again) == []


@pytest.mark.parametrize(
    ("name", "arguments"),
    [
        ("MobileNetV2", {"alpha": 0.35, "input_shape": (32, 32, 3)}),
        pytest.param("EfficientNetB0", {"input_shape": (32, 32, 3)}, marks=pytest.mark.slow),
        pytest.param(
            "DenseNet121",
            {"input_shape": (32, 32, 3), "include_top": False},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "NASNetMobile",
            {"input_shape": (32, 32, 3), "include_top": False},
            marks=pytest.mark.slow,
        ),
        pytest.param(
            "ConvNeXtTiny",
            {"input_shape": (32, 32, 3), "include_top": False},
            marks=pytest.mark.slow,
        ),
    ],
)
def test_they_compute_the_same(
    name: str, arguments: dict[str, Any], tmp_path: pathlib.Path
) -> None:
    import keras
    import numpy

    model = getattr(keras.applications, name)(weights=None, **arguments)
    path = tmp_path / "spec.yaml"
    mergecli.dump(model, str(path), fold=True)
    again = mergecli.load(str(path))
    zoo.copy_weights(model, again)
    numpy.testing.assert_allclose(zoo.run(model)["0"], zoo.run(again)["0"], rtol=1e-5, atol=1e-6)
