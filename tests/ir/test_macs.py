"""Multiply-accumulates agree with an independent count: TensorFlow's profiler on the graph of the model."""

from __future__ import annotations

from typing import Any

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from tools import applications

pytestmark = pytest.mark.keras

#: Operations of the graph that multiply and accumulate; the profiler counts two floating-point operations for each.
#: What it counts besides (adding a bias, normalizing, activating) is no multiply-accumulate.
MULTIPLYING = {"Conv2D", "DepthwiseConv2dNative", "MatMul", "BatchMatMulV2", "Einsum", "Conv3D"}


def profiled(model: Any) -> int:
    import tensorflow as tf

    shapes = [tf.TensorSpec([1, *tensor.shape[1:]], tensor.dtype) for tensor in model.inputs]
    graph = (
        tf.function(lambda *x: model(list(x) if len(x) > 1 else x[0], training=False))
        .get_concrete_function(*shapes)
        .graph
    )
    options = tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    options.update(output="none", select=["float_ops"])
    options["account_type_regexes"] = [".*"]
    total = 0
    for kind in MULTIPLYING:
        options["account_type_regexes"] = [f"^{kind}$"]
        found = tf.compat.v1.profiler.profile(graph, cmd="op", options=options)
        total += sum(child.total_float_ops for child in found.children if child.name == kind) or 0
    return total // 2


def counted(model: Any) -> int:
    """Each kernel as often as it is applied: once at each position of the result."""
    import math

    import keras

    total = 0
    for layer in model._flatten_layers(include_self=False):
        if isinstance(layer, keras.layers.Dense):
            positions = layer.output.shape[1:-1]
        elif isinstance(layer, (keras.layers.Conv2D, keras.layers.DepthwiseConv2D)):
            positions = layer.output.shape[1:3]
        elif isinstance(layer, keras.layers.SeparableConv2D):
            positions = layer.output.shape[1:3]
            total += math.prod(positions) * math.prod(layer.depthwise_kernel.shape)
            total += math.prod(positions) * math.prod(layer.pointwise_kernel.shape)
            continue
        else:
            continue
        total += math.prod(positions) * math.prod(layer.kernel.shape)
    return total


@pytest.mark.parametrize("name", ["MobileNetV2", "EfficientNetB0", "ResNet50", "Xception"])
def test_macs_are_those_of_an_independent_count(name: str) -> None:
    import keras

    model = getattr(keras.applications, name)(weights=None)
    network = compile_spec(Source(applications.spec_of(model), "a.yaml")).network
    assert network is not None
    assert sum(network.macs[node.index] or 0 for node in network.parts()) == counted(model)


@pytest.mark.parametrize(
    "name", ["VGG16", "ResNet50", "MobileNetV2", "DenseNet121", "Xception", "EfficientNetB0"]
)
def test_macs_agree_with_the_profiler(name: str) -> None:
    import keras

    model = getattr(keras.applications, name)(weights=None)
    network = compile_spec(Source(applications.spec_of(model), "a.yaml")).network
    assert network is not None
    ours = sum(network.macs[node.index] or 0 for node in network.parts())
    assert ours == pytest.approx(profiled(model), rel=0.01)
