"""Lists of entries: order, repetition, blocks, and where these end."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Graph


def only(text: str) -> Diagnostic:
    """The one error in a spec."""
    (found,) = [d for d in compile_spec(Source(text, "a.yaml")).diagnostics if d.is_error]
    return found


def graph(text: str) -> Graph:
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    return network.graph


def wiring(text: str) -> dict[str, list[str]]:
    """The sources of each layer, by name."""
    found = graph(text)
    return {
        call.name: [found.label(source) for source in call.sources or ()] for call in found.nodes
    }


def test_only_the_first_of_a_row_is_applied_to_its_from() -> None:
    text = """input: [4]
layers:
  - Dense: {units: 4, name: start}
  - Dense: {units: 4, name: other}
    from: input
  - Dense: {units: 4, name: row_$i}
    repeat: 3
    from: start
  - Add: {name: end}
    from: [previous, other]
"""
    found = wiring(text)
    assert [found[f"row_{number}"] for number in range(3)] == [["start"], ["row_0"], ["row_1"]]
    assert found["end"] == ["row_2", "other"]


def test_a_layer_that_is_repeated_0_times_passes_on_what_is_before_it() -> None:
    text = """input: [4]
layers:
  - Dense: {units: 4, name: a}
  - {Dense: 4, repeat: 0}
  - Dense: {units: 1, name: b}
"""
    found = wiring(text)
    assert len(found) == 3
    assert found["b"] == ["a"]


def test_a_negative_number_of_copies_is_refused() -> None:
    found = only("input: [4]\nlayers:\n  - {Dense: 4, repeat: -1}\n")
    assert found.message.startswith("`repeat` must be an integer of 0 or more, found ")


def test_a_parameter_is_given_else_its_default_holds() -> None:
    text = """blocks:
  pair:
    params: {units: 4, last: 2}
    layers: [{Dense: $units}, {Dense: $last}]
input: [4]
layers: [{pair: {last: 3}}, pair, {pair: 7}]
"""
    units = [getattr(call.layer, "units", None) for call in graph(text).nodes]
    # A value without a name is that of the first parameter.
    assert units[1:] == [4, 3, 4, 2, 7, 2]


def test_a_parameter_that_a_block_does_not_have_is_refused() -> None:
    text = """blocks:
  one:
    params: {units: 4}
    layers: [{Dense: $units}]
input: [4]
layers: [{one: {unit: 3}}]
"""
    found = only(text)
    assert found.message == "block `one` has no parameter `unit`"
    assert [edit.text for edit in found.fix] == ["units"]


def test_a_block_in_itself_is_a_cycle_with_all_its_steps() -> None:
    text = """blocks:
  a: {layers: [b]}
  b: {layers: [a]}
input: [4]
layers: [a, {Dense: 1}]
"""
    found = only(text)
    assert found.code == "cyclic-block"
    assert found.message == "cycle: `a` -> `b` -> `a`; a block cannot contain itself"


def test_too_many_copies_are_refused_before_they_are_made() -> None:
    text = """blocks:
  many: {layers: [{Dense: 4, repeat: 200}]}
input: [4]
layers:
  - {many: , repeat: 200}
"""
    found = only(text)
    assert found.code == "too-large"
    assert found.message == "blocks, `repeat` and `use` add more than 10,000 layers"


def test_layers_under_a_key_of_the_head_are_moved_up() -> None:
    text = """branches:
  a: {input: [4], layers: [{Dense: 4}]}
  b: {input: [4], layers: [{Dense: 4}]}
merge: Add
head: {layers: [{Dense: 1}]}
"""
    found = only(text)
    assert found.message == "`head` must be a list of layers, found a mapping"
    assert len(found.fix) == 2


def test_a_list_under_merge_is_sent_to_the_head() -> None:
    text = """branches:
  a: {input: [4], layers: [{Dense: 4}]}
  b: {input: [4], layers: [{Dense: 4}]}
merge: [Add, {Dense: 1}]
"""
    assert only(text).help == ("write `merge: Add`; the layers after the merge belong under `head`")
