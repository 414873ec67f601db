"""Layers of applications and of models in layers are found; Keras's models are stood in for, without Keras."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from mergecli.catalog.layers.core import Dense
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import EmbeddedModel
from mergecli.runtime.application_weights import find, layers_by_index, unwrapped
from mergecli.runtime.layer_weights import NoWeights

PART = EmbeddedModel("application", "ResNet50", {})


def named(name: str, *inside: Any) -> Any:
    return SimpleNamespace(name=name, **({"operations": list(inside)} if inside else {}))


def test_a_layer_is_found_through_the_models_that_contain_it() -> None:
    deep, other = named("d"), named("d")
    model = named("top", other, named("inner", named("e"), deep))
    assert find(model, ("inner", "d"), PART) is deep
    assert find(model, ("d",), PART) is other
    assert find(model, (), PART) is model


@pytest.mark.parametrize("path", [("none",), ("inner", "none"), ("d", "deeper")])
def test_a_layer_that_is_not_there_is_named(path: tuple[str, ...]) -> None:
    model = named("top", named("d"), named("inner", named("e")))
    with pytest.raises(NoWeights, match=f"ResNet50 has no layer `{path[-1]}` when Keras makes it"):
        find(model, path, PART)


def test_only_layers_that_own_their_weights_are_looked_up() -> None:
    text = """
inputs: {x: {shape: [4]}}
layers:
  - Dense: {units: 4, name: first}
  - Dense: {units: 4, name: second}
  - ops.multiply: {name: twice}
    from: [first, second]
outputs: twice
"""
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    asked: list[str] = []

    def get_layer(name: str) -> str:
        asked.append(name)
        return name

    found = layers_by_index(network, cast("Any", SimpleNamespace(get_layer=get_layer)))
    assert asked == ["first", "second"]
    assert [network.graph.nodes[index].name for index in found] == list(found.values())


def test_a_layer_around_no_model_is_unwrapped_to_the_end() -> None:
    made: Any = SimpleNamespace(layer="inside")
    assert unwrapped(made, None) is made
    assert unwrapped(made, Dense(units=1)) == "inside"
