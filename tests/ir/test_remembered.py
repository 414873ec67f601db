"""What is remembered between checks gives the same facts, and does not grow without a bound."""

from __future__ import annotations

from copy import copy

import pytest

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.registry import layer
from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir import remembered
from mergecli.ir.inference import infer
from mergecli.ir.remembered import Memory

SPEC = """\
input: [8, 8, 3]
layers:
  - Conv2D: {filters: 4, kernel_size: 3, name: first}
  - BatchNormalization
  - {ReLU: {name: shared}}
  - {Conv2D: {filters: 4, kernel_size: 3}}
  - {use: first, from: input}
  - Flatten
  - {Dense: {units: 10, kernel_regularizer: {L2: {l2: 0.1}}}}
"""


def compiled(text: str, memory: Memory | None = None) -> Compiled:
    return compile_spec(Source(text, "a.yaml"), memory=memory)


def facts(result: Compiled) -> object:
    network = result.partial
    assert network is not None
    weights = [list(weights) for weights in network.weights]
    return result.diagnostics, network.results, weights, network.macs


@pytest.mark.parametrize("kernel", ["3", "4", "9", "same", "0"])
def test_a_check_with_a_memory_gives_what_one_without_gives(kernel: str) -> None:
    memory = Memory()
    for text in (SPEC, SPEC.replace("kernel_size: 3", f"kernel_size: {kernel}"), SPEC):
        assert facts(compiled(text, memory)) == facts(compiled(text))


def test_values_of_other_types_are_other_arguments() -> None:
    memory, dense = Memory(), layer("Dense")
    assert dense is not None
    one = memory.make(dense, {"units": 1})
    assert memory.make(dense, {"units": 1}) is one
    for value in (True, 1.5, "1"):
        with pytest.raises(ArgumentErrors):
            memory.make(dense, {"units": value})


def test_calls_of_copies_of_a_layer_give_the_same_unless_one_is_frozen() -> None:
    graph = compiled("input: [4]\nlayers: [{Dense: 4}, {Dense: 4}, {Dense: 4}]\n").network
    assert graph is not None
    nodes = graph.graph.nodes
    dense = nodes[1].layer
    assert dense is not None
    nodes[2].layer, nodes[3].layer = copy(dense), copy(dense)
    nodes[3].layer.frozen = True  # type: ignore[union-attr]
    memory = Memory()
    memory.add_equal(node.layer for node in nodes if node.layer is not None)
    network, problems = infer(graph.graph, memory=memory)
    plain, _ = infer(graph.graph)
    assert not problems
    assert network.results == plain.results and network.macs == plain.macs
    assert [list(weights) for weights in network.weights] == list(map(list, plain.weights))
    assert network.weights[1] is network.weights[2] and network.weights[1] != network.weights[3]


def test_an_integer_that_python_does_not_write_is_an_argument_as_others() -> None:
    dense = layer("Dense")
    assert dense is not None
    with pytest.raises(ArgumentErrors):
        Memory().make(dense, {"units": -(1 << 20_000)})


def test_a_memory_that_is_full_forgets_at_the_next_check(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembered, "MOST_REMEMBERED", 6)
    memory, dense = Memory(), layer("Dense")
    assert dense is not None
    kept = [memory.make(dense, {"units": units}) for units in range(1, 9)]
    assert memory.make(dense, {"units": 1}) is kept[0]
    assert memory.make(dense, {"units": 8}) is not kept[7]
    memory.begin()
    assert memory.make(dense, {"units": 1}) is not kept[0]
    assert facts(compiled(SPEC, memory)) == facts(compiled(SPEC))
