"""Layers that are made again for other values, as an ordinary check makes them."""

from __future__ import annotations

import pytest

from mergecli.compiler.lowering.context import Scope
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source
from mergecli.screening.dependencies import LayerEntry
from mergecli.screening.layer_maker import LayerMaker, Text, Unusual
from mergecli.screening.reuse import Memory
from mergecli.syntax import ast, entry_parser, parser
from mergecli.syntax.yaml_reader import read

SPEC = "vars: {width: 8}\ninput: [4]\nlayers:\n  - Dense: {units: $(2 * width), activation: relu}\n"


@pytest.fixture
def maker_and_entry() -> tuple[LayerMaker, LayerEntry]:
    source = Source(SPEC, "a.yaml")
    tree, problems = read(source)
    assert tree is not None
    spec = parser.parse(tree, DiagnosticSink())
    assert spec is not None
    assert not problems
    assert spec.body.layers is not None
    (item,) = spec.body.layers.items
    entry = entry_parser.entry(item, {}, DiagnosticSink())
    assert isinstance(entry, ast.Entry)
    maker = LayerMaker(Text(source, tree, spec, {}, None), Memory())
    return maker, LayerEntry(entry.cls, entry.arguments, Scope({"width": 8}), ("width",))


def test_a_layer_has_the_values_of_its_candidate(
    maker_and_entry: tuple[LayerMaker, LayerEntry],
) -> None:
    maker, entry = maker_and_entry
    variants = []
    for width in (8, 16, 8):
        maker.begin({"width": width})
        variants.append(maker.variant(entry, False))
    assert [variant.layer.units for variant in variants] == [16, 32, 16]  # type: ignore[attr-defined]
    assert variants[0] is variants[2], "made once"


def test_a_frozen_layer_is_another_one(maker_and_entry: tuple[LayerMaker, LayerEntry]) -> None:
    maker, entry = maker_and_entry
    maker.begin({"width": 8})
    assert maker.variant(entry, True).layer.frozen
    assert not maker.variant(entry, False).layer.frozen


@pytest.mark.parametrize("width", [-1, "wide", None])
def test_what_has_errors_is_left_to_an_ordinary_check(
    width: object, maker_and_entry: tuple[LayerMaker, LayerEntry]
) -> None:
    maker, entry = maker_and_entry
    maker.begin({"width": width})
    with pytest.raises(Unusual):
        maker.variant(entry, False)
    maker.begin({"width": 4})
    assert maker.variant(entry, False).layer.units == 8  # type: ignore[attr-defined]
