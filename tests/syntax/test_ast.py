"""The syntax tree of a spec: what the parser puts into it, and the names of its parts."""

from __future__ import annotations

from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source
from mergecli.diagnostics.suggestions import Searches
from mergecli.syntax import ast, entry_parser, parser
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Mapping


def parse(text: str) -> ast.Spec:
    tree, problems = read(Source(text, "a.yaml"))
    assert tree is not None, problems
    sink = DiagnosticSink(Searches())
    spec = parser.parse(tree, sink)
    assert spec is not None
    assert not sink
    return spec


def test_a_plain_model_has_a_body_and_a_merged_one_has_none() -> None:
    plain = parse("input: [4]\nlayers: [{Dense: 1}]\n")
    assert plain.body is not None
    assert plain.body.start.input is not None
    assert plain.body.start.inputs is None
    assert not plain.is_merged
    merged = parse("branches: {a: {input: [4]}, b: {input: [4]}}\nmerge: Add\n")
    assert merged.body is None
    assert merged.is_merged


def test_sections_are_in_the_order_of_the_file() -> None:
    text = "head: [{Dense: 1}]\nmerge: Add\nbranches: {b: {input: [4]}, a: {input: [4]}}\n"
    spec = parse(text)
    assert spec.order == ("head", "merge", "branches")
    assert [branch.name for branch in spec.branches] == ["b", "a"]


def test_a_branch_that_is_a_model_is_an_include_with_its_role() -> None:
    spec = parse("branches: {a: {spec: x.yaml, prefix: p_}, b: {input: [4]}}\nmerge: Add\n")
    body = spec.branches[0].body
    assert isinstance(body, ast.Include)
    assert (body.role.value, body.target.data()) == ("spec", "x.yaml")
    assert body.prefix is not None
    assert (body.output, body.nested, body.is_sound) == (None, None, True)
    assert isinstance(spec.branches[1].body, ast.Body)


def test_a_block_keeps_the_order_of_its_parameters_and_its_variables_open() -> None:
    text = "blocks: {b: {params: {z: 1, a: 2}, layers: [{Dense: $z}]}}\ninput: [4]\nlayers: [b]\n"
    block = parse(text).blocks["b"]
    assert block.name == "b"
    assert list(block.params) == ["z", "a"]
    assert block.layers.data() == [{"Dense": "$z"}]


def test_an_entry_has_a_class_a_use_a_target_and_an_instance_a_block() -> None:
    tree, _ = read(
        Source("a: {Dense: 4, from: x}\nb: {use: dense, as: other}\nc: {cell: , as: one}\n", "")
    )
    assert isinstance(tree, Mapping)
    block = parse("blocks: {cell: {layers: [{Dense: 1}]}}\ninput: [4]\nlayers: [cell]\n").blocks
    sink = DiagnosticSink(Searches())
    layer, use, instance = (entry_parser.entry(value, block, sink) for _, value in tree.entries)
    assert isinstance(layer, ast.Entry)
    assert layer.cls.value == "Dense"
    assert layer.sources is not None
    assert layer.is_complete
    assert isinstance(use, ast.Use)
    assert (use.name, use.instance and use.instance.value) == ("dense", "other")
    assert isinstance(instance, ast.Instance)
    assert (instance.block.value, instance.instance) == ("cell", "one")
