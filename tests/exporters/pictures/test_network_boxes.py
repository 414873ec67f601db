"""The boxes of a network: the totals beneath a picture."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.network_boxes import totals
from mergecli.exporters.pictures.scene import Box
from mergecli.ir.graph import Network


def _network(layers: str) -> Network:
    text = f"name: m\ninput: [4]\nlayers:\n{layers}"
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    return network


def test_totals_count_layers_but_not_inputs() -> None:
    # 4 * 3 + 3 and 3 * 2 + 2 parameters; 4 * 3 and 3 * 2 MACs.
    network = _network("  - Dense: 3\n  - Dense: 2\n")
    assert totals(network, []) == ["2 layers", "23 parameters", "18 MACs"]


def test_one_layer_is_not_plural_and_thousands_are_separated() -> None:
    assert totals(_network("  - Dense: 1000\n"), []) == [
        "1 layer",
        "5,000 parameters",
        "4,000 MACs",
    ]


def test_parameters_are_unknown_where_a_box_does_not_know_its_own() -> None:
    box = Box("n1", "layer", "Dense", "dense")
    box.parameters = None
    assert totals(_network("  - Dense: 3\n"), [box]) == ["1 layer", "parameters unknown", "12 MACs"]
