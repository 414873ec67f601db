"""Sections whose variables are replaced: their parts, or what is wrong with them."""

from __future__ import annotations

import pytest

from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source
from mergecli.syntax import section_parser
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Tree


def tree_of(text: str) -> Tree:
    tree, _ = read(Source(text, "a.yaml"))
    assert tree is not None
    return tree


def test_an_argument_of_compile_is_known_or_reported() -> None:
    sink = DiagnosticSink()
    parts = section_parser.training(tree_of("{loss: mse, los: 1}"), ("loss", "metrics"), sink)
    assert parts is not None and list(parts) == ["loss"]
    assert [(d.code, d.help) for d in sink] == [("unknown-key", "did you mean `loss`?")]
    assert section_parser.training(tree_of("[mse]"), ("loss",), sink) is None
    assert sink[-1].code == "wrong-type"


def test_inputs_have_names() -> None:
    sink = DiagnosticSink()
    entries = section_parser.inputs(tree_of("{a: [3], b: [4]}"), sink)
    assert [key.value for key, _ in entries] == ["a", "b"] and not sink


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("[[3], [4]]", "name each of them: `inputs: {input_1: [3], input_2: [4]}`"),
        ("[3, 4]", "for a single input, write `input: …`"),
        ("[a, b, c, d]", "give each its shape: `inputs: {a: […], b: […], c: […], …}`"),
        ("3", None),
    ],
)
def test_inputs_without_names_are_shown_with_names(text: str, hint: str | None) -> None:
    sink = DiagnosticSink()
    assert section_parser.inputs(tree_of(text), sink) == []
    assert [(d.code, d.help) for d in sink] == [("wrong-type", hint)]


def test_outputs_are_one_reference_a_list_or_a_mapping() -> None:
    sink = DiagnosticSink()
    assert section_parser.outputs(tree_of("a"), sink).is_single
    assert section_parser.outputs(tree_of("[a, b]"), sink).names is None
    assert section_parser.outputs(tree_of("{x: a, y: b}"), sink).names == ("x", "y")
    assert not sink
    section_parser.outputs(tree_of("[]"), sink)
    assert [d.code for d in sink] == ["wrong-value"]


def test_bounds_of_a_budget_have_units() -> None:
    sink = DiagnosticSink()
    limits = section_parser.budget(tree_of("{parameters: 2k, memory: 1 KiB}"), sink)
    assert {name: bound for name, (bound, _) in limits.items()} == {
        "parameters": 2000,
        "memory": 1024,
    }
    assert not sink
    assert section_parser.budget(tree_of("{params: 3, macs: many}"), sink) == {}
    assert [(d.code, d.help) for d in sink] == [
        ("unknown-key", "did you mean `parameters`?"),
        ("wrong-type", "write, for example, `600M`"),
    ]
