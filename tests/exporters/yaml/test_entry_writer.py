"""The calls of a network as entries of a spec."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.yaml.entry_writer import given_arguments, wired
from mergecli.exporters.yaml.writer import written
from mergecli.ir.graph import Network, Value


def network(text: str) -> Network:
    found = compile_spec(Source(text, "a.yaml")).network
    assert found is not None
    return found


def test_a_call_is_wired_to_its_sources_in_their_order() -> None:
    text = "inputs: {a: [8], b: [8]}\nlayers: [{Subtract: {name: s}, from: [b, a]}]\n"
    call = network(text).graph.nodes[2]
    assert wired(call) == ((Value(1), Value(0)), True, ())


def test_arguments_are_those_that_were_given() -> None:
    call = network("input: [8]\nlayers: [{Dense: {units: 3, name: d}}]\n").graph.nodes[1]
    assert given_arguments(call) == {"units": 3}


def test_a_source_is_named_only_where_it_is_not_the_entry_before() -> None:
    text = written(
        network(
            "input: {shape: [8], name: x}\nlayers:\n  - Dense: {units: 8, name: d}\n  - Add: {name: s}\n    from: [d, x]\n"
        )
    )
    assert text.count("from:") == 1 and "from: [d, x]" in text


def test_an_automatic_name_is_not_written() -> None:
    assert written(network("input: [8]\nlayers: [{Dense: 3}, {Dense: 3}]\n")).count("name:") == 1
