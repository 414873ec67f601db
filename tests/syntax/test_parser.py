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


def entry(text: str, *blocks: str) -> tuple[object, list[str]]:
    sink = DiagnosticSink()
    return parser.entry(tree_of(text), blocks, sink), [d.code for d in sink]


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


def test_an_entry_is_a_layer_a_use_or_an_instance() -> None:
    layer, _ = entry("{Dense: 8, from: a, call: {training: true}}")
    assert isinstance(layer, ast.Entry) and layer.is_complete
    assert layer.cls.value == "Dense" and layer.sources is not None and layer.call is not None
    use, _ = entry("{use: a, as: b}")
    assert isinstance(use, ast.Use) and use.name == "a"
    assert isinstance(entry("{pair: 3}", "pair")[0], ast.Instance)
    assert isinstance(entry("pair", "pair")[0], ast.Instance)
    assert isinstance(entry("pair")[0], ast.Entry)


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("{from: a}", ["missing-key"]),
        ("{Dense: 8, Flatten: }", ["unknown-key"]),
        ("{Dense: 8, units: 8}", ["unknown-key"]),
        ("{use: a, units: 8}", ["unknown-key"]),
        ("3", ["wrong-type"]),
        ("[Dense]", ["wrong-type"]),
    ],
)
def test_a_faulty_entry_is_reported_once(text: str, codes: list[str]) -> None:
    assert entry(text)[1] == codes


def test_an_argument_of_compile_is_known_or_reported() -> None:
    sink = DiagnosticSink()
    parts = parser.training(tree_of("{loss: mse, los: 1}"), ("loss", "metrics"), sink)
    assert parts is not None and list(parts) == ["loss"]
    assert [(d.code, d.help) for d in sink] == [("unknown-key", "did you mean `loss`?")]
    assert parser.training(tree_of("[mse]"), ("loss",), sink) is None
    assert sink[-1].code == "wrong-type"
