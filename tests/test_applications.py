"""All models of `keras.applications`, as specs: every layer has Keras's shapes and parameter counts."""

from __future__ import annotations

import applications
import pytest

from mergecli.compiler import compile_source
from mergecli.layers.base import parameters
from mergecli.source import Source


@pytest.mark.parametrize("name", applications.names())
def test_shapes_and_parameters_are_keras_s(name: str) -> None:
    model = applications.build(name)
    text = applications.spec_of(model)
    compiled = compile_source(Source(text, f"{name}.yaml"))
    assert compiled.diagnostics == []
    network = compiled.network
    assert network is not None
    facts = {node.name: (network.results[node.index][0].shape, parameters(network.weights[node.index])) for node in network.graph.nodes}
    for operation in model._operations:
        shape = tuple(operation._inbound_nodes[0].output_tensors[0].shape)
        count = operation.count_params() if hasattr(operation, "count_params") else 0
        if type(operation).__name__ == "Sequential":
            inner = [facts[f"{operation.name}.{layer.name}"] for layer in operation.layers if type(layer).__name__ != "InputLayer"]
            assert (inner[-1][0], sum(n for _, n in inner)) == (shape, count), operation.name
        else:
            assert facts[operation.name] == (shape, count), operation.name
    assert network.count() == model.count_params()
