"""Peak memory of small graphs, counted by hand."""

from __future__ import annotations

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network
from mergecli.ir.memory import inference_bytes, training_bytes, weight_bytes


def network(text: str) -> Network:
    compiled = compile_spec(Source(text, "spec.yaml"))
    assert compiled.network is not None, compiled.diagnostics
    return compiled.network


def peak(text: str, batch: int = 1) -> int:
    """The floats of the results that exist at once."""
    net = network(text)
    total = inference_bytes(net, batch)
    assert total is not None
    return (total - weight_bytes(net)) // 4


def training_peak(text: str) -> int:
    """The floats beside the weights and two slots for each that is trained."""
    net = network(text)
    total = training_bytes(net)
    assert total is not None
    return (total - weight_bytes(net)) // 4 - 2 * net.count(trainable=True)


@pytest.mark.parametrize(
    "layers, floats",
    [
        # The input, which the caller holds, and what a layer reads and gives.
        ("[{Dense: 8}]", 4 + 8),
        ("[{Dense: 8}, {Dense: 2}]", 4 + 8 + 2),
        ("[{Dense: 8}, {Dense: 2}, {Dense: 9}]", 4 + 2 + 9),
        ("[{Dense: 8}, {Dense: 2}, {Dense: 9}, {Dense: 1}]", 4 + 2 + 9),
        ("[{Dense: 2}, {Dense: 9}, {Dense: 8}]", 4 + 9 + 8),
        # In place: an activation, and batch normalization as it is outside of training.
        ("[{Dense: 8}, {Activation: relu}]", 4 + 8),
        ("[{Dense: 8}, BatchNormalization, ReLU]", 4 + 8),
        ("[{Dense: {units: 8, activation: relu}}]", 4 + 8),
        # The input is not written over.
        ("[{Activation: relu}]", 4 + 4),
        # The same memory in another shape, or not at all changed.
        ("[{Reshape: [2, 2]}, Flatten, {Dropout: 0.5}]", 4),
        # The sigmoid in a silu is a tensor of its own.
        ("[{Dense: 8}, {Activation: silu}]", 4 + 8 + 8),
        ("[{Dense: {units: 8, activation: silu}}]", 4 + 8 + 8),
        ("[{Dense: {units: 8, activation: linear}}]", 4 + 8),
    ],
)
def test_a_chain(layers: str, floats: int) -> None:
    assert peak(f"input: [4]\nlayers: {layers}") == floats


@pytest.mark.parametrize(
    "filters, joined, floats",
    [
        # Depthwise values as many as the first layer gives, then the result, without the first layer's.
        (50, "", 20 + 50),
        (10, "", 20 + 20),
        # The first layer's values are read once more.
        (50, "{Concatenate: {}, from: [start, end]}", 20 + 50 + 70),
    ],
)
def test_a_separable_convolution_frees_its_input(filters: int, joined: str, floats: int) -> None:
    text = (
        "input: [4, 4, 1]\nlayers:\n  - Conv2D: {filters: 20, kernel_size: 1, name: start}\n"
        f"  - SeparableConv2D: {{filters: {filters}, kernel_size: 1, name: end}}\n"
    )
    # The caller holds the image.
    assert peak(text + (f"  - {joined}\n" if joined else "")) == 16 * (1 + floats)


def test_a_skip_keeps_its_start() -> None:
    text = """\
input: [4]
layers:
  - Dense: {units: 8, name: start}
  - Dense: {units: 2}
  - Dense: {units: 8, name: end}
  - Add:
    from: [start, end]
"""
    # The input, `start`, the layer of two units and `end`; the sum is written over `start`.
    assert peak(text) == 4 + 8 + 2 + 8


def test_branches() -> None:
    text = """\
branches:
  a: {input: [4], layers: [{Dense: 8}]}
  b: {input: [2], layers: [{Dense: 6}]}
merge: Concatenate
head: [{Dense: 1}]
"""
    assert peak(text) == 4 + 2 + 8 + 6 + 14


def test_parallel_branches_take_turns() -> None:
    text = """\
branches:
  a: {input: [4], layers: [{Dense: 8}, {Dense: 1}]}
  b: {input: [2], layers: [{Dense: 6}, {Dense: 1}]}
merge: Concatenate
"""
    # Both first results exist before the second layer of a branch is computed.
    assert peak(text) == 4 + 2 + 8 + 6 + 1


def test_outputs_stay() -> None:
    text = """\
input: [4]
layers:
  - Dense: {units: 8, name: a}
  - Dense: {units: 2, name: b}
  - Dense: {units: 9, name: c}
outputs: [a, c]
"""
    assert peak(text) == 4 + 8 + 2 + 9


def test_weights_count_once_and_the_batch_multiplies_the_rest() -> None:
    net = network("input: [4]\nlayers: [{Dense: 8}]")
    assert inference_bytes(net) == 4 * (40 + 4 + 8)
    assert inference_bytes(net, 10) == 4 * (40 + 10 * (4 + 8))


def test_half_precision() -> None:
    net = network(
        "input: {shape: [4], dtype: float16}\nlayers: [{Dense: {units: 8, dtype: float16}}]"
    )
    assert inference_bytes(net) == 2 * (40 + 4 + 8)


def test_a_size_that_is_not_known() -> None:
    net = network("input: [null, 4]\nlayers: [{Dense: 8}]")
    assert inference_bytes(net) is None
    assert training_bytes(net) is None


@pytest.mark.parametrize(
    "layers, floats",
    [
        # What the gradient of the first layer reads and gets, and that for its 40 weights, which the
        # optimizer uses with as much memory of its own.
        ("[{Dense: 8}, {Dense: 2}]", 4 + 8 + 2 + 40 + 40),
        ("[{Dense: 8}, BatchNormalization]", 4 + 8 + 8 + 40 + 40),
    ],
)
def test_training(layers: str, floats: int) -> None:
    assert training_peak(f"input: [4]\nlayers: {layers}") == pytest.approx(floats, abs=16)


def test_frozen_layers_keep_nothing() -> None:
    frozen = "{Dense: {units: 80, trainable: false}}"
    layers = ", ".join([frozen] * 5)
    few = training_peak(f"input: [4]\nlayers: [{frozen}, {frozen}, {{Dense: 1}}]")
    many = training_peak(f"input: [4]\nlayers: [{layers}, {{Dense: 1}}]")
    assert few == many
    trained = training_peak(
        f"input: [4]\nlayers: [{layers.replace('false', 'true')}, {{Dense: 1}}]"
    )
    assert trained > many


def test_the_optimizer_of_the_spec() -> None:
    text = "input: [4]\nlayers: [{Dense: 8}]\ncompile: {loss: mse, optimizer: OPTIMIZER}"
    plain = training_bytes(network(text.replace("OPTIMIZER", "SGD")))
    adam = training_bytes(network(text.replace("OPTIMIZER", "Adam")))
    assert plain is not None and adam is not None
    assert adam - plain == 2 * 4 * 40
    assert training_bytes(network(text.split("compile")[0])) == adam
