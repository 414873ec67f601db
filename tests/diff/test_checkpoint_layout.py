"""Where Keras keeps each layer in a file of weights."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.diff.checkpoint_layout import layer_order, of_network
from mergecli.ir.graph import Network


def network(text: str) -> Network:
    found = compile_spec(Source(text, "a.yaml")).network
    assert found is not None
    return found


def places(text: str) -> dict[str, str]:
    found = network(text)
    return {found.graph.nodes[slot.path[-1]].name: slot.place for slot in of_network(found)}


def test_layers_are_counted_by_their_class() -> None:
    text = (
        "input: [8]\nlayers: [{Dense: {units: 3, name: z}}, ReLU, {Dense: {units: 3, name: a}}]\n"
    )
    assert places(text) == {
        "input": "layers/input_layer", "z": "layers/dense", "re_lu": "layers/re_lu", "a": "layers/dense_1",
    }  # fmt: skip


def test_what_is_farthest_from_the_outputs_comes_first() -> None:
    text = """
branches:
  short: {input: [8], layers: [{Dense: {units: 3, name: near}}]}
  long: {input: [8], layers: [{Dense: {units: 9, name: far}}, {Dense: {units: 3, name: next}}]}
merge: Add
"""
    found = network(text)
    names = [found.graph.nodes[index].name for index in layer_order(found)]
    assert names.index("far") < names.index("near")
    assert names[-1] == "add"


def test_operations_have_no_place() -> None:
    text = "input: [8]\nlayers: [{ops.abs: {name: a}}, {Dense: {units: 3, name: d}}]\n"
    assert "a" not in places(text) and places(text)["d"] == "layers/dense"


def test_a_shared_layer_has_one_place() -> None:
    text = """
branches:
  a: {input: [8], layers: [{Dense: {units: 3, name: d}}]}
  b: {input: [8], layers: [{use: d}]}
merge: Add
"""
    assert [place for place in places(text).values() if "dense" in place] == ["layers/dense"]
