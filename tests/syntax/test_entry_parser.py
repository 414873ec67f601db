"""What an entry of a list of layers is."""

from __future__ import annotations

import pytest

from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source
from mergecli.syntax import ast, entry_parser
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Tree


def tree_of(text: str) -> Tree:
    tree, _ = read(Source(text, "a.yaml"))
    assert tree is not None
    return tree


def entry(text: str, *blocks: str) -> tuple[object, list[str]]:
    sink = DiagnosticSink()
    return entry_parser.entry(tree_of(text), blocks, sink), [d.code for d in sink]


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


def test_blocks_and_uses_may_have_names_and_sources() -> None:
    instance, codes = entry("{pair: 3, as: a, from: [x, y]}", "pair")
    assert isinstance(instance, ast.Instance) and codes == []
    assert instance.instance == "a" and instance.sources is not None
    assert entry("{pair: 3, repeated: 2}", "pair")[1] == ["unknown-key"]
    assert entry("{use: a, as: b/c}")[1] == ["wrong-value"]
    assert entry("{use: [a]}")[1] == ["wrong-type"]
