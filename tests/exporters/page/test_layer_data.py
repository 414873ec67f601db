"""What a page shows of a layer."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.page.layer_data import Files, arguments, classes, layer_data, outputs
from mergecli.ir.graph import Network

SPEC = """\
input: {shape: [8], name: in}
layers:
  - Dense: {units: 3, name: first, trainable: false}
  - Dropout:
      rate: 0.5

      name: second
"""


def network(text: str = SPEC) -> tuple[Network, Source]:
    source = Source(text, "a.yaml")
    result = compile_spec(source).network
    assert result is not None
    return result, source


def test_a_layer_has_its_numbers_sources_and_weights() -> None:
    compiled, source = network()
    data = layer_data(compiled, compiled.graph.nodes[1], Files(source))
    assert (data["name"], data["class"]) == ("first", "Dense")
    assert (data["parameters"], data["trainable"], data["macs"]) == (27, 0, 24)
    assert data["from"] == [(0, "in", "(None, 8)")] and data["shapes"] == ["(None, 3)"]
    assert data["weights"][0] == ("kernel", "(8, 3)", "not trained")
    assert data["frozen"] and not data["input"] and not data["output"]


def test_lines_are_those_of_the_entry() -> None:
    compiled, source = network()
    files = Files(source)
    assert files.of(compiled, compiled.graph.nodes[2]) == [(0, 4, 7)]
    assert files.shown[0]["path"] == "a.yaml"
    assert Files(None).of(compiled, compiled.graph.nodes[2]) == []


def test_what_has_no_arguments_says_so() -> None:
    compiled, _ = network("input: [8]\nlayers: [ReLU, {Dense: 2}]\n")
    assert arguments(compiled.graph.nodes[1].layer) == ({}, "All as by default.")
    assert arguments(compiled.graph.nodes[2].layer)[0] == {"units": "2"}
    assert arguments(None) == ({}, "It has none.")


def test_a_class_is_described_once_with_its_defaults() -> None:
    compiled, _ = network("input: [8]\nlayers: [{Dense: 2}, {Dense: 3}]\n")
    found = classes((call.cls, call.layer) for call in compiled.parts())
    assert found["Dense"]["defaults"]["use_bias"] == "true" and found["Dense"]["about"]


def test_an_output_has_its_name_shape_and_dtype() -> None:
    compiled, _ = network()
    assert outputs(compiled) == [(2, "second", "(None, 3)", "float32")]
