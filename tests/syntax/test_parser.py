"""The parser of specs: it reports shapes, raises nothing, and leaves variables alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source
from mergecli.syntax import ast, parser
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Scalar, Tree

ROOT = Path(__file__).parents[2]
EXAMPLES = sorted((ROOT / "tests" / "errors").glob("*.yaml"))
SPECS = sorted((ROOT / "specs").glob("*.yaml"))


def tree_of(text: str) -> Tree:
    tree, _ = read(Source(text, "a.yaml"))
    assert tree is not None
    return tree


def parse(text: str) -> tuple[ast.Spec | None, DiagnosticSink]:
    sink = DiagnosticSink()
    return parser.parse(tree_of(text), sink), sink


def test_there_are_examples() -> None:
    assert len(EXAMPLES) > 100 and SPECS


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda path: path.stem)
def test_a_faulty_spec_raises_nothing(path: Path) -> None:
    tree, _ = read(Source(path.read_text("utf-8", "replace"), str(path)))
    if tree is not None:
        parser.parse(tree, DiagnosticSink())


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_a_correct_spec_has_no_errors_of_shape(path: Path) -> None:
    spec, sink = parse(path.read_text("utf-8"))
    assert spec is not None and not sink
    assert (spec.body is None) is spec.is_merged


def test_variables_stay_as_they_are_written() -> None:
    spec, sink = parse("vars: {n: 8}\nname: $n\ninput: [$n]\nlayers: [{Dense: $n}]\n")
    assert spec is not None and not sink
    assert isinstance(spec.name, Scalar) and spec.name.value == "$n"
    assert [str(variable.key.value) for variable in spec.variables] == ["n"]


def test_sections_are_in_file_order() -> None:
    spec, _ = parse("head: [Flatten]\nmerge: Add\nbranches: {a: {input: [1]}}\n")
    assert spec is not None and spec.order == ("head", "merge", "branches")


def test_what_is_not_a_mapping_is_not_a_spec() -> None:
    spec, sink = parse("- Dense\n")
    assert spec is None and [d.code for d in sink] == ["wrong-type"]


def test_a_branch_is_a_list_of_layers_or_a_model() -> None:
    spec, sink = parse("branches: {a: {input: [1]}, b: {model: b.keras}, c: 3}\n")
    assert spec is not None and [d.code for d in sink] == ["wrong-type"]
    assert [type(branch.body) for branch in spec.branches] == [ast.Body, ast.Include, type(None)]


def test_an_unknown_key_is_reported_with_its_fix() -> None:
    _, sink = parse("input: [1]\nlayer: [Flatten]\n")
    assert [d.code for d in sink] == ["unknown-key"]
    assert sink[0].fix and sink[0].fix[0].text == "layers"


def test_models_are_told_by_their_names() -> None:
    assert parser.role_of(tree_of("b.keras")) == "model"
    assert parser.role_of(tree_of("b.yaml")) == "spec"
    assert parser.role_of(tree_of("[b.yaml]")) is None
    assert parser.is_wrapped(tree_of("{spec: b.yaml}"))
    assert not parser.is_wrapped(tree_of("{LSTM: 8}"))
