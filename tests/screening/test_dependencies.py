"""On which variables the structure of a model depends, and on which the layers."""

from __future__ import annotations

import pytest

from mergecli.compiler.lowering.spec import lower_traced
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source
from mergecli.screening.dependencies import Dependencies
from mergecli.syntax import parser
from mergecli.syntax.yaml_reader import read

SPEC = """\
vars: {a: 4, b: 2, c: relu, d: $(a + 1), e: x, f: 8}
blocks:
  unit:
    params: {n: $a, k: 1}
    layers:
      - Dense: {units: $n, activation: $c}
      - Dense: {units: $(k + f)}
        repeat: $k
input: [4, $f]
layers:
  - unit
  - unit: {n: $d}
  - Dense: {units: $b, name: last_$e}
"""


def dependencies(text: str, *axes: str) -> Dependencies:
    source = Source(text, "x.yaml")
    tree, _ = read(source)
    assert tree is not None
    spec = parser.parse(tree, DiagnosticSink())
    assert spec is not None
    lowered, trace = lower_traced(source, tree, {}, None)
    assert not lowered.diagnostics
    return Dependencies(spec, trace, axes, ())


def test_each_layer_depends_on_what_its_arguments_read() -> None:
    known = dependencies(SPEC, *"abcdef")
    assert known.structure == {"e"}
    assert [set(names) for _, (_, names) in sorted(known.layers.items())] == [
        {"f"}, {"a", "c"}, {"f"}, {"a", "c", "d"}, {"f"}, {"b", "e"}
    ]  # fmt: skip


def test_a_variable_that_is_computed_depends_on_others() -> None:
    known = dependencies(SPEC, "a", "b")
    assert [set(names) for _, (_, names) in sorted(known.layers.items())] == [{"a"}, {"a"}, {"b"}]
    assert known.structure == frozenset()


@pytest.mark.parametrize(
    ("entry", "structure"),
    [
        ("{Dense: 3, repeat: $a}", {"a"}),
        ("$c", {"c"}),
        ("{Dense: $a, from: $b}", {"b"}),
        ("{Dense: {units: $a, name: $c}}", {"c"}),
        ("{TimeDistributed: {layer: {input: [3], layers: [{Dense: $a}]}}}", {"a"}),
        ("{Dropout: 0.1, call: {training: $b}}", {"b"}),
        ("{Bidirectional: {layer: {LSTM: $a}}}", set()),
    ],
)
def test_what_decides_the_structure(entry: str, structure: set[str]) -> None:
    values = {"c": "Flatten" if entry == "$c" else "x", "b": "input" if "from" in entry else True}
    head = f"vars: {{a: 3, b: {str(values['b']).lower()}, c: {values['c']}}}\n"
    text = f"{head}input: [5, 3]\nlayers:\n  - {entry}\n"
    assert dependencies(text, "a", "b", "c").structure == structure
