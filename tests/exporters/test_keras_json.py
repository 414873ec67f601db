"""A network as the JSON of `model.to_json()`."""

from __future__ import annotations

import json
from typing import Any

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.keras_json import keras_json
from mergecli.importers.keras import parse


def exported(text: str) -> Any:
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    return json.loads(keras_json(network))


def test_layers_have_their_arguments_and_what_they_are_applied_to() -> None:
    found = exported("name: m\ninput: [8]\nlayers: [{Dense: {units: 3, name: d}}]\n")
    assert (found["class_name"], found["config"]["name"]) == ("Functional", "m")
    start, dense = found["config"]["layers"]
    assert start["config"]["batch_shape"] == [None, 8]
    assert dense["config"] == {"name": "d", "units": 3}
    ((tensor,),) = [node["args"] for node in dense["inbound_nodes"]]
    assert tensor["config"]["keras_history"] == ["input", 0, 0]


def test_a_shared_layer_is_written_once_with_all_its_calls() -> None:
    text = """
branches:
  a: {input: [8], layers: [{Dense: {units: 3, name: d}}]}
  b: {input: [8], layers: [{use: d}]}
merge: Add
"""
    layers = exported(text)["config"]["layers"]
    (dense,) = [layer for layer in layers if layer["class_name"] == "Dense"]
    assert len(dense["inbound_nodes"]) == 2
    add = next(layer for layer in layers if layer["class_name"] == "Add")
    ((tensors,),) = [node["args"] for node in add["inbound_nodes"]]
    assert [t["config"]["keras_history"] for t in tensors] == [["d", 0, 0], ["d", 1, 0]]


def test_an_argument_that_keras_needs_in_a_config_is_there_at_every_level() -> None:
    text = "input: [4, 2]\nlayers: [{Pipeline: {layers: [{Rescaling: 2.0}]}}]\n"
    pipeline = exported(text)["config"]["layers"][1]
    (inner,) = pipeline["config"]["layers"]
    assert inner["config"]["offset"] == 0.0


def test_what_is_exported_is_read_back() -> None:
    text = "input: [4, 8]\nlayers: [{LSTM: {units: 3, name: l}}, {ops.abs: {name: a}}]\n"
    saved = parse(exported(text))
    assert saved.unknown == [] and [call.name for call in saved.calls] == ["l", "a"]
