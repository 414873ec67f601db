"""A network as what is compared."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.diff.model import Model, unfold
from mergecli.ir.graph import Value


def model(text: str) -> Model:
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    return unfold(network)


def test_arguments_are_those_that_are_not_the_defaults() -> None:
    _, dense = model("input: [8]\nlayers: [{Dense: {units: 3, use_bias: true}}]\n").calls
    assert (dense.cls, dense.arguments, dense.parameters) == ("Dense", {"units": 3}, 27)


def test_an_input_is_its_shape_and_dtype() -> None:
    start, *_ = model(
        "input: {shape: [8], dtype: int32}\nlayers: [{Embedding: {input_dim: 9, output_dim: 4}}]\n"
    ).calls
    assert start.is_input and start.macs == 0
    assert start.arguments == {"shape": [None, 8], "dtype": "int32"}


def test_a_name_that_nobody_chose_is_automatic() -> None:
    text = "input: [8]\nlayers: [{Dense: 3}, {Dense: {units: 3, name: mine}}, {Dense: 3}]\n"
    assert [(call.name, call.automatic) for call in model(text).calls] == [
        ("input", True), ("dense", True), ("mine", False), ("dense_1", True),
    ]  # fmt: skip


def test_a_layer_that_is_called_twice_has_its_weights_once() -> None:
    text = """
branches:
  a: {input: [8], layers: [{Dense: {units: 3, name: d}}]}
  b: {input: [8], layers: [{use: d}]}
merge: Add
"""
    found = model(text)
    calls = {call.name: call for call in found.calls}
    second = next(call for call in found.calls if call.owner is not None)
    assert second.owner == calls["d"].index and found.shared[calls["d"].index] == [second.index]
    assert (calls["d"].parameters, second.parameters) == (27, 0)
    assert found.root(second.index) == calls["d"].index


def test_children_are_named_once_however_often_they_use_a_result() -> None:
    found = model("input: [8]\nlayers:\n  - {Add: {name: twice}, from: [input, input]}\n")
    assert found.children == [[1], []]
    assert found.calls[1].parents == [0, 0]


def test_a_result_is_referred_to_as_in_a_spec() -> None:
    text = "input: [4, 8]\nlayers: [{LSTM: {units: 3, return_state: true, name: l}}]\noutputs: ['l[0]']\n"
    found = model(text)
    assert found.reference(Value(1, 2)) == "l[2]"
    assert found.reference(Value(1)) == "l"
    assert [tensor.shape for tensor in found.tensors(Value(1, 1))] == [(None, 3)]
