"""Structure that repeats, folded into blocks."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.yaml.writer import written
from mergecli.ir.graph import Network

BLOCK = "  - {{Dense: {{units: {units}, name: {name}_dense}}}}\n  - {{ReLU: {{name: {name}_act}}}}\n  - {{Dropout: {{rate: 0.1, name: {name}_drop}}}}\n"


def network(text: str) -> Network:
    found = compile_spec(Source(text, "a.yaml")).network
    assert found is not None
    return found


def spec(*units: int) -> str:
    blocks = [BLOCK.format(units=size, name=f"b{number}") for number, size in enumerate(units)]
    return "input: [8]\nlayers:\n" + "".join(blocks)


def test_the_folded_spec_makes_the_same_network() -> None:
    first = network(spec(4, 5, 4, 7))
    again = network(written(first, folded=True))
    assert [(c.name, c.cls) for c in again.graph.nodes] == [
        (c.name, c.cls) for c in first.graph.nodes
    ]
    assert again.count() == first.count()


def test_a_single_stretch_is_not_folded() -> None:
    assert "blocks:" not in written(network(spec(4)), folded=True)


def test_instances_of_a_block_are_found_again() -> None:
    text = """
input: [8]
blocks:
  unit:
    params: {width: 4}
    layers: [{Dense: {units: $width, activation: relu}}, BatchNormalization, {Dropout: 0.1}, {Dense: 8}, ReLU]
layers:
  - {unit: {}, as: first}
  - {unit: {width: 5}, as: second}
  - {unit: {}, as: third}
  - {unit: {}, as: fourth}
  - {unit: {width: 6}, as: fifth}
"""
    compiled = compile_spec(Source(text, "a.yaml"))
    assert compiled.network is not None, compiled.errors
    folded = written(compiled.network, folded=True)
    assert folded.count("Dense") == 2 and "blocks:" in folded and "as: second" in folded
