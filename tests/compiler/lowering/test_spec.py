"""Whole specs: their variables, names, outputs, budgets and heads."""

from __future__ import annotations

from mergecli.compiler.pipeline import Compiled, compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Graph

BRANCHES = """branches:
  a: {input: [4], layers: [{Dense: {units: 3, name: one}}]}
  b: {input: [4], layers: [{Dense: {units: 3, name: two}}]}
"""


def check(text: str, settings: dict[str, object] | None = None) -> Compiled:
    return compile_spec(Source(text, "file.yaml"), settings)


def graph(text: str, settings: dict[str, object] | None = None) -> Graph:
    compiled = check(text, settings)
    assert compiled.network is not None, compiled.errors
    return compiled.network.graph


def outputs(text: str) -> list[str]:
    found = graph(text)
    return [found.nodes[target.producer].name for target in found.outputs.targets]


def test_a_variable_uses_those_before_it_as_they_are_set() -> None:
    text = "vars: {n: 2, twice: $(n * 2)}\ninput: [4]\nlayers: [{Dense: $twice}]\n"
    for settings, units in (({}, 4), ({"n": 5}, 10), ({"twice": 1}, 1)):
        layer = graph(text, dict[str, object](settings)).nodes[-1].layer
        assert layer is not None
        assert layer.explicit["units"] == units


def test_a_variable_that_is_set_and_not_declared_is_refused() -> None:
    (found,) = check("vars: {n: 2}\ninput: [4]\nlayers: [{Dense: $n}]\n", {"m": 1}).errors
    assert found.code == "unknown-variable"
    assert found.span is None
    assert found.message == "the spec has no variable `m` to set"


def test_the_name_is_that_of_the_file_unless_one_is_given() -> None:
    body = "input: [4]\nlayers: [{Dense: 1}]\n"
    assert graph(body).name == "file"
    assert graph(f"name: mine\n{body}").name == "mine"
    (found,) = check(f"name: a/b\n{body}").errors
    assert found.message == "the name of a model must not be empty or contain `/`"


def test_the_output_is_the_head_else_the_merge_else_the_last_branch() -> None:
    merge, head = "merge: {Add: {name: sum}}\n", "head: [{Dense: {units: 1, name: top}}]\n"
    assert outputs(BRANCHES + merge + head) == ["top"]
    assert outputs(BRANCHES + merge) == ["sum"]
    found = graph(BRANCHES + head)
    (end,) = found.outputs.targets
    assert [
        found.nodes[source.producer].name for source in found.nodes[end.producer].sources or ()
    ] == ["two"]


def test_each_head_is_an_output_by_its_name() -> None:
    heads = """merge: {Add: {name: sum}}
heads:
  y: {layers: [{Dense: {units: 1, name: top}}]}
  x: {from: one}
"""
    found = graph(BRANCHES + heads)
    assert found.outputs.names == ["y", "x"]
    assert outputs(BRANCHES + heads) == ["top", "one"]


def test_a_head_cannot_be_referred_to() -> None:
    heads = """merge: Add
heads:
  y: {layers: [{Dense: 1}]}
  x: {from: y}
"""
    (found,) = check(BRANCHES + heads).errors
    assert found.message == "`y` is a head, which cannot be referred to"


def test_outputs_by_name_keep_their_order() -> None:
    found = graph(f"{BRANCHES}merge: Add\noutputs: {{second: two, first: one}}\n")
    assert found.outputs.names == ["second", "first"]


def test_a_number_is_no_output() -> None:
    (found,) = check(f"{BRANCHES}merge: Add\noutputs: [one, 2]\n").errors
    assert found.message == "an output must be a reference, found 2"
    assert found.help == 'quote it: "2"'


def test_an_input_that_no_layer_takes_may_be_an_output() -> None:
    text = "inputs: {a: [4], b: [4]}\nlayers: []\n"
    (found,) = check(text).errors
    assert found.message == "`a` and `b` are inputs that no layer takes"
    assert outputs(f"{text}outputs: [b, a]\n") == ["b", "a"]
