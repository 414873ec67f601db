"""References: what a `from` means, and what is said of one that means nothing."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.diagnostic import Diagnostic
from mergecli.diagnostics.source import Source


def only(text: str) -> Diagnostic:
    """The one error in a spec."""
    (found,) = [d for d in compile_spec(Source(text, "a.yaml")).diagnostics if d.is_error]
    return found


def sources(text: str, name: str) -> list[str]:
    """What a layer of a correct spec is applied to."""
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    graph = network.graph
    (call,) = [call for call in graph.nodes if call.name == name]
    return [graph.label(source) for source in call.sources or ()]


def test_previous_is_the_entry_before_even_beside_other_sources() -> None:
    text = """input: [4]
layers:
  - Dense: {units: 4, name: one}
  - Dense: {units: 4, name: two}
  - Add: {name: sum}
    from: [one, previous]
"""
    assert sources(text, "sum") == ["one", "two"]


def test_there_is_no_previous_of_several_inputs() -> None:
    text = "inputs: {a: [4], b: [4]}\nlayers:\n  - Add:\n    from: [a, previous]\n"
    assert only(text).message == "there is no `previous` here: it could be one of several"


def test_a_layer_may_be_named_before_it_is_written() -> None:
    text = """input: [4]
layers:
  - Dense: {units: 4, name: early}
    from: late
  - Dense: {units: 4, name: late}
    from: input
outputs: early
"""
    assert sources(text, "early") == ["late"]


def test_a_suggestion_never_makes_a_cycle() -> None:
    text = """input: [4]
layers:
  - Dense: {units: 4, name: encoder_1}
  - Dense: {units: 4, name: encoder_2}
    from: encoder_9
  - Dense: {units: 4, name: encoder_3}
"""
    found = only(text)
    assert found.message == "nothing is named `encoder_9`"
    # `encoder_2` asks, and `encoder_3` depends on it.
    assert found.help == "did you mean `encoder_1`?"


def test_names_in_one_string_are_to_be_a_list() -> None:
    text = """inputs: {a: [4], b: [4]}
layers:
  - Add:
    from: "a, b"
"""
    assert only(text).help == "list them: `from: [a, b]`"


def test_a_name_of_a_layer_and_a_branch_is_ambiguous() -> None:
    text = """branches:
  left: {input: [4], layers: [{Dense: {units: 4, name: right}}]}
  right: {input: [4], layers: [{Dense: 4}]}
merge: Add
head:
  - Dense: 1
    from: right
"""
    found = only(text)
    assert found.code == "ambiguous-name"
    assert found.message == "`right` is ambiguous: it could be a layer or a branch"
    assert [related.span.line for related in found.related if related.span] == [2, 3]


def test_branches_that_start_from_one_another_are_one_cycle() -> None:
    text = "branches:\n  a: {from: b}\n  b: {from: a}\nmerge: Add\n"
    found = only(text)
    assert found.code == "cyclic-wiring"
    assert found.message == "cycle: `a` -> `b` -> `a`"


def test_an_operation_takes_numbers_and_a_layer_does_not() -> None:
    text = "input: [4]\nlayers:\n  - {}:\n    from: [input, 2]\n"
    assert compile_spec(Source(text.format("ops.add"), "a.yaml")).network is not None
    found = only(text.format("Add"))
    assert found.message == (
        "`from` cannot take 2: only operations, such as `ops.add`, take numbers"
    )
