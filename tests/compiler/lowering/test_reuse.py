"""`use`: what is applied again, with which weights, and what cannot be."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network

INPUTS = "inputs: {a: [4], b: [4]}\n"


def only(text: str) -> Diagnostic:
    """The one error in a spec."""
    (found,) = [d for d in compile_spec(Source(text, "a.yaml")).diagnostics if d.is_error]
    return found


def network(text: str) -> Network:
    found = compile_spec(Source(text, "a.yaml")).network
    assert found is not None
    return found


def test_a_layer_that_is_used_again_has_its_weights_once() -> None:
    text = f"""{INPUTS}layers:
  - Dense: {{units: 3, name: shared}}
    from: a
  - use: shared
    from: b
  - Add:
    from: [shared, shared_1]
"""
    found = network(text)
    # 4 * 3 weights and 3 biases.
    assert sum(len(weights) for weights in found.weights) == 2
    first, second = [call for call in found.graph.nodes if call.cls == "Dense"]
    assert (first.name, second.name) == ("shared", "shared_1")
    assert (first.owner, second.owner) == (None, first.index)


def test_a_use_of_a_use_belongs_to_the_first_layer() -> None:
    text = """input: [4]
layers:
  - Dense: {units: 4, name: shared}
  - {use: shared, as: again}
  - {use: again, as: once_more}
"""
    calls = {call.name: call for call in network(text).graph.nodes}
    assert calls["once_more"].owner == calls["shared"].index


def test_an_operation_that_is_used_again_has_no_owner() -> None:
    text = """input: [4]
layers:
  - ops.relu: {name: cut}
  - {use: cut, as: again}
"""
    calls = {call.name: call for call in network(text).graph.nodes}
    assert calls["again"].cls == calls["cut"].cls
    assert calls["again"].owner is None


def test_a_branch_is_copied_with_all_its_layers() -> None:
    text = """branches:
  left: {input: [4], layers: [{Dense: 5}, {Dense: 3}]}
  right: {input: [4], layers: [{use: left}]}
merge: Add
"""
    found = network(text)
    dense = [call for call in found.graph.nodes if call.cls == "Dense"]
    assert [call.owner for call in dense] == [None, None, dense[0].index, dense[1].index]


def test_an_input_cannot_be_used() -> None:
    found = only("input: [4]\nlayers:\n  - Dense: 4\n  - use: input\n")
    assert found.message == "`input` is an input; only layers can be applied again"
    assert found.help == "refer to it: `from: input`"


def test_a_use_of_itself_is_a_cycle() -> None:
    found = only("input: [4]\nlayers:\n  - {use: me, as: me}\n")
    assert (found.code, found.message) == ("cyclic-wiring", "`me` uses itself")


def test_a_name_of_nothing_is_told_with_those_there_are() -> None:
    text = """input: [4]
layers:
  - Dense: {units: 4, name: shared}
  - use: zzz
"""
    found = only(text)
    assert found.message == "nothing is named `zzz`"
    assert found.help == "there are `shared` and `input`"


def test_a_branch_takes_as_many_tensors_as_it_starts_from() -> None:
    text = """branches:
  left: {input: [4], layers: [{Dense: 3}]}
  right:
    inputs: {a: [4], b: [4]}
    layers:
      - use: left
        from: [a, b]
merge: Add
"""
    found = only(text)
    assert found.message == "`left` takes 1 tensor, not 2"
    assert found.help == "write one: `from: a`"
