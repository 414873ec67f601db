"""Operations on whole graphs: parts of them, models that are not trained, models inlined."""

from __future__ import annotations

from mergecli.catalog import registry
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network, Value
from mergecli.ir.subgraphs import Inlined, cut, freeze, frozen, frozen_inside, move

WRAPPED = """input: [5, 4]
layers:
  - Dense: {units: 4, name: before}
  - TimeDistributed:
      name: steps
      layer: {input: [4], layers: [{Dense: {units: 3, name: one}}, {Dense: {units: 2, name: two}}]}
  - Dense: {units: 1, name: after}
"""


def network(text: str) -> Network:
    compiled = compile_spec(Source(text, "a.yaml"))
    assert compiled.network is not None, compiled.errors
    return compiled.network


def test_a_graph_that_is_cut_needs_fewer_inputs() -> None:
    graph = network(
        "inputs: {a: [4], b: [4]}\nlayers: [{Dense: {units: 4, name: d}, from: a},"
        " {Add: , from: [d, b]}]\n"
    ).graph
    (dense,) = [call.index for call in graph.nodes if call.name == "d"]
    part = cut(graph, Value(dense))
    assert part.outputs.targets == [Value(dense)]
    assert part.outputs.single
    assert [part.nodes[index].name for index in part.inputs] == ["a"]
    # The graph itself is as it was.
    assert [graph.nodes[index].name for index in graph.inputs] == ["a", "b"]


def test_numbers_do_not_move() -> None:
    assert move(Value(-1, constant=2.0), {}) == Value(-1, constant=2.0)
    assert move(Value(3, 1), {3: 7}) == Value(7, 1)


def test_a_frozen_layer_is_another_one_that_is_not_trained() -> None:
    dense = registry.layers()["Dense"](units=3)
    fixed = frozen(dense)
    assert (dense.trainable, fixed.trainable) == (True, False)
    assert fixed.explicit == {"units": 3, "trainable": False}
    assert dense.explicit == {"units": 3}


def test_layers_in_a_frozen_layer_are_frozen_too() -> None:
    layers = registry.layers()
    outer = layers["TimeDistributed"](layer=layers["Dense"](units=3))
    inner = frozen(outer).layer  # type: ignore[attr-defined]
    assert inner.trainable is False
    assert outer.layer.trainable is True  # type: ignore[attr-defined]


def test_a_layer_with_none_in_it_is_left_as_it_is() -> None:
    dense = registry.layers()["Dense"](units=3, trainable=False)
    assert frozen_inside(dense) is dense


def test_calls_of_one_layer_still_share_it_when_frozen() -> None:
    nodes = [
        call.replace()
        for call in network(
            "input: [4]\nlayers: [{Dense: {units: 4, name: d}}, {use: d}]\n"
        ).graph.nodes
    ]
    freeze(nodes)
    assert nodes[1].layer is nodes[2].layer
    assert nodes[1].layer is not None
    assert nodes[1].layer.trainable is False


def test_a_model_in_a_wrapper_is_inlined_before_the_wrapper() -> None:
    found = Inlined(network(WRAPPED)).calls
    assert [call.name.rpartition(".")[2] for call in found][1:] == [
        "before",
        "one",
        "two",
        "steps",
        "after",
    ]
    by_name = {call.name: call for call in found}
    assert by_name["steps.one"].home == ("steps",)
    # It is applied to each of the 5 steps.
    assert (by_name["steps.one"].times, by_name["before"].times) == (5, 1)
    assert [call.name for call in found if call.is_wrapper] == ["steps"]
    assert [call.name for call in found if call.is_input] == [found[0].name]
    names = [call.name for call in found]
    assert [names[source.producer] for source in by_name["steps.one"].sources] == ["before"]
    assert [names[source.producer] for source in by_name["after"].sources] == ["steps"]


def test_a_wrapped_model_that_is_used_again_has_owners_call_by_call() -> None:
    text = WRAPPED.replace(
        "  - Dense: {units: 1, name: after}\n",
        "  - {use: steps, from: before, as: again}\n",
    )
    calls = Inlined(network(f"{text}outputs: [steps, again]\n")).calls
    names = [call.name for call in calls]
    owners = {call.name: names[call.owner] for call in calls if call.owner is not None}
    assert owners == {
        "again.one": "steps.one",
        "again.two": "steps.two",
        "again": "steps",
    }
