"""Layers that stand for a part of a graph: tensors that fit, and models as layers."""

from __future__ import annotations

import pytest

from mergecli.catalog import registry
from mergecli.catalog.shapes import ShapeError
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.subgraph_layers import (
    SubgraphLayer,
    WrappedModel,
    held_model,
    inner_layer,
    through,
    wrapped_model,
    wrappers,
)
from mergecli.ir.subgraphs import nest


def model(text: str = "input: [4]\nlayers: [{Dense: 3}]\n") -> WrappedModel:
    network = compile_spec(Source(text, "model.yaml")).network
    assert network is not None
    layer, problems = nest(network.graph, WrappedModel)
    assert problems == []
    return layer


def test_a_tensor_passes_if_it_fits_where_sizes_are_known() -> None:
    layer = through(Tensor((None, None, 3), "float32"))
    given = Inputs((Tensor((None, 7, 3), "float32"),))
    assert layer.results(given) == given.tensors
    unknown = Inputs((Tensor(None, "float32"),))
    assert layer.results(unknown) == unknown.tensors


@pytest.mark.parametrize(
    ("tensor", "message"),
    [
        (Tensor((None, 7, 4), "float32"), "takes (None, None, 3), {0} is (None, 7, 4)"),
        (Tensor((None, 3), "float32"), "takes (None, None, 3), {0} is (None, 3)"),
        (Tensor((None, 7, 3), "int32"), "takes float32, {0} is int32"),
    ],
)
def test_another_tensor_does_not_pass(tensor: Tensor, message: str) -> None:
    with pytest.raises(ShapeError) as caught:
        through(Tensor((None, None, 3), "float32")).results(Inputs((tensor,)))
    assert caught.value.message == message


def test_a_place_where_nothing_is_expected_passes_everything_on() -> None:
    given = Inputs((Tensor((2,), "string"), Tensor(None, None)))
    assert through().results(given) == given.tensors


def test_a_model_as_a_layer_comes_to_what_is_in_it() -> None:
    layer = model()
    inputs = Inputs((Tensor((8, 4), "float32"),))
    results = layer.results(inputs)
    assert results == (Tensor((8, 3), "float32"),)
    assert [weight.shape for weight in layer.weights(inputs)] == [(4, 3), (3,)]
    assert layer.macs(inputs, results) == 4 * 3


def test_a_model_does_not_take_a_tensor_of_another_size() -> None:
    with pytest.raises(ShapeError) as caught:
        model().results(Inputs((Tensor((None, 5), "float32"),)))
    assert caught.value.message == "applies `model`, which takes (None, 4), to (None, 5) of {0}"


def test_a_step_of_too_few_axes_is_told_with_the_axis_of_time() -> None:
    with pytest.raises(ShapeError) as caught:
        model("input: [5, 4]\nlayers: [{Dense: 3}]\n").results(
            Inputs((Tensor((None, 4), "float32"),))
        )
    assert caught.value.hint == "the axis after the batch is time, so it takes (None, None, 5, 4)"


def test_pictures_of_another_size_are_to_be_resized() -> None:
    with pytest.raises(ShapeError) as caught:
        model("input: [8, 6, 3]\nlayers: [Flatten]\n").results(
            Inputs((Tensor((None, 9, 9, 3), "float32"),))
        )
    assert caught.value.hint == (
        "resize each step first: `- TimeDistributed: {layer: {Resizing: {height: 8, width: 6}}}`"
    )


def test_a_model_is_found_in_wrappers_of_any_depth() -> None:
    layers, held = registry.layers(), model()
    once = layers["TimeDistributed"](layer=held)
    twice = layers["TimeDistributed"](layer=once)
    assert inner_layer(twice) is once
    assert wrapped_model(twice) is held
    assert [wrappers(layer) for layer in (held, once, twice)] == [0, 1, 2]
    dense = layers["Dense"](units=3)
    assert (inner_layer(dense), wrapped_model(dense), held_model(dense)) == (None, None, None)


def test_a_model_that_is_a_layer_itself_is_held_and_not_wrapped() -> None:
    network = compile_spec(Source("input: [4]\nlayers: [{Dense: 3}]\n", "a.yaml")).network
    assert network is not None
    layer, _ = nest(network.graph, SubgraphLayer)
    assert held_model(layer) is layer
    assert wrapped_model(layer) is None
