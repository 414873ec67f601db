"""The pictures of a network as text."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.network_pictures import export_dot, export_mermaid
from mergecli.ir.graph import Network


def network(text: str) -> Network:
    found = compile_spec(Source(text, "a.yaml")).network
    assert found is not None
    return found


def test_a_chart_for_mermaid_names_each_layer() -> None:
    text = export_mermaid(network("input: [8]\nlayers: [{Dense: {units: 3, name: mine}}]\n"))
    assert "flowchart TB" in text and "mine" in text and "(None, 3)" in text


def test_a_chart_for_graphviz_is_a_directed_graph() -> None:
    text = export_dot(network("input: [8]\nlayers: [{Dense: {units: 3, name: mine}}]\n"))
    assert text.startswith("digraph") and "mine" in text


def test_a_large_model_is_written_with_fewer_boxes() -> None:
    text = export_mermaid(network("input: [8]\nlayers:\n" + "  - Dense: 8\n" * 1500))
    assert len(text) <= 48_000 and text.count("-->") <= 480
