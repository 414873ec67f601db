"""What is remembered between candidates."""

from __future__ import annotations

from copy import copy

from mergecli.catalog.tensors import Tensor
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.summary import facts
from mergecli.importers.modules import CustomLayers
from mergecli.ir.subgraphs import frozen
from mergecli.screening.reuse import (
    Memory,
    Recent,
    State,
    layer_key,
    tree_key,
    value_key,
    values_key,
)
from mergecli.syntax.yaml_reader import read

SPEC = "input: [4, 4, 3]\nlayers: [{Conv2D: {filters: 2, kernel_size: 3}}, BatchNormalization]\n"


def test_equal_values_of_other_types_have_other_keys() -> None:
    values = [1, 1.0, True, "1", 0, 0.0, -0.0, False, None, [1], [1.0]]
    assert len({value_key(value) for value in values}) == len(values)
    assert values_key({"a": 1, "b": 2}, ["b"]) == values_key({"b": 2}, ["b"])


def test_the_same_tensors_have_the_same_key() -> None:
    memory = Memory()
    first = memory.key(((Tensor((None, 3)),), None))
    assert memory.key(((Tensor((None, 4)),), None)) != first
    assert memory.key(((Tensor((None, 3)),), None)) == first


def test_what_was_not_used_between_two_turns_is_forgotten() -> None:
    memory = Memory()
    known: Recent[str] = Recent(memory, 2)
    known["a"], known["b"] = "A", "B"
    assert memory.size == 4
    memory.turn()
    assert (memory.size, memory.earlier) == (0, 4)
    assert known.get("a") == "A"
    assert memory.size == 2
    memory.turn()
    assert (known.get("a"), known.get("b")) == ("A", None)
    memory.turn()
    memory.turn()
    assert known.get("a") is None


def test_a_number_that_was_forgotten_stands_for_nothing_else() -> None:
    memory = Memory()
    first = memory.needs_key("a")
    memory.turn()
    memory.turn()
    assert len({first, memory.needs_key("b"), memory.needs_key("a")}) == 3


def test_the_states_of_calls_sum_up_to_the_facts_of_the_model() -> None:
    network = compile_spec(Source(SPEC, "x.yaml")).network
    assert network is not None
    states = [
        State(network, call, 0, call.index not in network.graph.inputs) for call in network.parts()
    ]
    total, trained, macs, size, results = (
        sum(map(int, c)) for c in zip(*(s.numbers for s in states))
    )  # type: ignore[arg-type]
    known = facts(network)
    assert (total, trained, macs) == (
        known["parameters"], known["trainable_parameters"], known["macs"]
    )  # fmt: skip
    assert (size, results) == (known["weight_bytes"], known["activation_bytes"])
    assert states[1].slot_bytes(None) == 2 * 4 * (3 * 3 * 3 * 2 + 2)


def test_layers_with_other_arguments_or_more_than_arguments_have_other_keys() -> None:
    text = """\
input: [4]
layers:
  - {Dense: {units: 3, name: a}}
  - {Dense: {units: 3, name: b}}
  - {Dense: {units: 4}}
  - {Dense: {units: 3, use_bias: true}}
  - {Dense: {units: 3, kernel_initializer: {VarianceScaling: {scale: 1.0}}}}
  - {Dense: {units: 3, kernel_initializer: {VarianceScaling: {scale: 2.0}}}}
  - {Mine: {units: 3}}
  - {Mine: {units: 3}}
"""
    customs = CustomLayers(every=True)
    network = compile_spec(Source(text, "x.yaml"), customs=customs).network
    assert network is not None
    first, second, *others = [layer_key(call.layer) for call in network.parts()[1:] if call.layer]
    assert first == second
    assert len({first, *others}) == 1 + len(others)


def test_a_frozen_layer_has_another_key() -> None:
    network = compile_spec(Source(SPEC, "x.yaml")).network
    assert network is not None
    layer = network.parts()[2].layer
    assert layer is not None
    assert layer_key(frozen(layer)) != layer_key(layer) == layer_key(copy(layer))


def test_trees_that_read_alike_and_are_not_the_same_have_other_keys() -> None:
    texts = [
        "[1]",
        '["1"]',
        "[1.0]",
        "[true]",
        "[[1]]",
        "{a: 1}",
        "[a, 1]",
        "[$a]",
        "x",
        "[]",
        "{}",
    ]
    trees = [read(Source(text, "x.yaml"))[0] for text in texts]
    assert len({tree_key(tree) for tree in trees}) == len(texts)
    again, _ = read(Source("# at another place\n{a:   1}", "y.yaml"))
    assert tree_key(again) == tree_key(trees[5])
