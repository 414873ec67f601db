"""The sections in which a network is written."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.yaml.sections import Layout, layout


def found(text: str) -> Layout:
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    return layout(network)


def names(calls: object) -> list[str]:
    return [call.name for call in calls]  # type: ignore[attr-defined]


def test_a_chain_is_one_list_of_layers() -> None:
    sections = found("input: [8]\nlayers: [{Dense: {units: 3, name: a}}, {ReLU: {name: b}}]\n")
    assert sections.plain is not None and names(sections.plain) == ["a", "b"]
    assert sections.branches == [] and sections.merge is None


def test_what_joins_the_branches_is_the_merge_and_the_rest_the_head() -> None:
    sections = found(
        """
branches:
  a: {input: [8], layers: [{Dense: {units: 3, name: x}}]}
  b: {input: [8], layers: [{Dense: {units: 3, name: y}}]}
merge: {Add: {name: joined}}
head: [{ReLU: {name: end}}]
"""
    )
    assert [names(branch.nodes) for branch in sections.branches] == [["x"], ["y"]]
    assert sections.merge is not None and sections.merge.name == "joined"
    assert names(sections.head) == ["end"]


def test_layers_that_one_named_output_needs_are_its_head() -> None:
    sections = found(
        """
branches:
  a: {input: [8], layers: [{Dense: {units: 3, name: x}}]}
  b: {input: [8], layers: [{Dense: {units: 3, name: y}}]}
merge: {Add: {name: joined}}
heads:
  label: [{Dense: {units: 1, name: l}}]
  box: [{Dense: {units: 4, name: m}}]
"""
    )
    assert {name: names(calls) for name, calls in sections.heads.items()} == {
        "label": ["l"], "box": ["m"],
    }  # fmt: skip


def test_all_layers_are_in_one_of_the_lists() -> None:
    sections = found(
        "branches:\n  a: {input: [8], layers: [{Dense: {units: 3, name: x}}]}\n"
        "  b: {input: [8], layers: [{Dense: {units: 3, name: y}}]}\nmerge: {Add: {name: j}}\n"
    )
    listed = [name for _, calls in sections.lists() for name in names(calls)]
    assert sorted(listed) == ["j", "x", "y"]
