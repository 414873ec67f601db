"""Inputs and bodies: where a list of layers begins, and single layers that are made again."""

from __future__ import annotations

from mergecli.catalog.layers.core import InputLayer
from mergecli.compiler.lowering.bodies import input_layer
from mergecli.compiler.lowering.spec import lower, lower_traced, new_lowering
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source
from mergecli.syntax import parser
from mergecli.syntax.yaml_reader import read

SPEC = "vars: {size: 8}\ninput: [$size, 3]\nlayers: [{Dense: 4}]\n"


def test_an_input_is_recorded_with_its_variables() -> None:
    source = Source(SPEC, "x.yaml")
    tree, _ = read(source)
    assert tree is not None
    lowered, trace = lower_traced(source, tree, {}, None)
    assert not lowered.diagnostics
    assert trace.inputs == {0}
    written, layer = trace.calls[0]
    assert written.tree.data() == ["$size", 3]
    assert layer is lowered.graph.nodes[0].layer


def test_an_input_is_made_from_its_value_alone() -> None:
    source = Source(SPEC, "x.yaml")
    tree, _ = read(source)
    assert tree is not None
    spec = parser.parse(tree, DiagnosticSink())
    assert spec is not None
    context = new_lowering(source, spec, None)
    for text, shape in (("[5, 3]", (5, 3)), ("{shape: [None, 2]}", None)):
        value, _ = read(Source(text, "x"))
        assert value is not None
        layer, _ = input_layer(context, value, value.span)
        assert shape is None or (isinstance(layer, InputLayer) and tuple(layer.shape) == shape)


def test_a_branch_with_several_inputs_needs_a_layer() -> None:
    source = Source("branches: {a: {inputs: {x: [3], y: [3]}}}\nmerge: Add\n", "x.yaml")
    tree, _ = read(source)
    assert tree is not None
    messages = [diagnostic.message for diagnostic in lower(source, tree).diagnostics]
    assert "branch `a` has 2 inputs and no layer that joins them" in messages
