"""Names of layers: automatic ones in file order, and explicit ones that clash."""

from __future__ import annotations

import pathlib

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source


def names(text: str) -> list[str]:
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    return [call.name for call in network.graph.nodes]


def only(text: str, path: str = "a.yaml") -> Diagnostic:
    (found,) = compile_spec(Source(text, path)).errors
    return found


def test_an_automatic_name_gives_way_to_an_explicit_one_after_it() -> None:
    text = "input: [4]\nlayers: [{Dense: 4}, {Dense: {units: 4, name: dense}}, {Dense: 4}]\n"
    first, second, third = names(text)[1:]
    assert second == "dense"
    assert first != "dense" != third
    assert first != third


def test_an_automatic_name_is_not_that_of_a_branch() -> None:
    text = """branches:
  dense: {input: [4], layers: [{Dense: 4}]}
  other: {input: [4], layers: [{Dense: 4}]}
merge: Add
"""
    assert "dense" not in names(text)


def test_a_name_that_is_used_twice_is_told_at_the_second_place() -> None:
    text = """input: [4]
layers:
  - Dense: {units: 4, name: same}
  - Dense: {units: 4, name: same}
"""
    found = only(text)
    assert found.message == "layer name `same` is used twice"
    assert found.span is not None
    assert found.span.line == 4
    assert [related.span.line for related in found.related if related.span] == [3]


def test_a_name_in_a_repeated_entry_is_to_have_its_number() -> None:
    found = only("input: [4]\nlayers: [{Dense: {units: 4, name: same}, repeat: 2}]\n")
    assert found.code == "duplicate-name"
    assert found.related == ()
    assert found.help is not None
    assert "`name: same_$i`" in found.help


def test_no_layer_is_named_previous() -> None:
    found = only("input: [4]\nlayers: [{Dense: {units: 4, name: previous}}]\n")
    assert found.message == ("a layer cannot be named `previous`, which means the entry before")


def test_two_models_with_equal_names_are_one_error_with_a_prefix(tmp_path: pathlib.Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "input: [4]\nlayers: [{Dense: {units: 4, name: one}}, {Dense: {units: 4, name: two}}]\n"
    )
    text = "branches:\n  a: {spec: m.yaml}\n  b: {spec: m.yaml}\nmerge: Add\n"
    found = only(text, str(tmp_path / "outer.yaml"))
    assert found.message.startswith("branch `a` and branch `b` have 3 layers of the same names: ")
    assert found.help == "add `prefix: b_` to the model of branch `b`"
