"""Repeated structures, as a user would count them."""

from __future__ import annotations

from typing import Any

import pytest
from running import ROOT

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.ir.graph import Network
from mergecli.ir.repeats import Piece, Run, Segment, pieces


def network(text: str, path: str = "spec.yaml") -> Network:
    compiled = compile_spec(Source(text, path))
    assert compiled.network is not None, compiled.diagnostics
    return compiled.network


def outline(net: Network, found: list[Piece]) -> Any:
    """The pieces in short: a segment by its classes, a run as its count and what is repeated."""
    return [
        (piece.count, outline(net, list(piece.repetitions[0])))
        if isinstance(piece, Run)
        else " ".join(net.graph.nodes[index].cls for index in piece.nodes)
        for piece in found
    ]


def outlines(text: str, **options: Any) -> Any:
    net = network(text)
    return [outline(net, lane) for lane in pieces(net, **options)]


def test_a_layer_repeated() -> None:
    assert outlines("input: [8]\nlayers: [Flatten, {Dense: 8, repeat: 5}, {Dense: 4}]") == [
        ["Flatten", (5, ["Dense"]), "Dense"]
    ]


def test_names_and_shapes_do_not_matter_but_arguments_do() -> None:
    layers = "{Dense: {units: 8, name: x}}, {Dense: {units: 8, use_bias: true}}, {Dense: {units: 8, activation: relu}}"
    text = f"input: [4]\nlayers: [{layers}]"
    assert outlines(text) == [[(2, ["Dense"]), "Dense"]]
    assert outlines(text, ignored=["activation"]) == [[(3, ["Dense"])]]


def test_runs_within_runs() -> None:
    stage = "{Dense: 8}, {Dense: 8}, {Dense: 8}, {LayerNormalization: {}}"
    assert outlines(f"input: [8]\nlayers: [{stage}, {stage}, {{Dense: 1}}]") == [
        [(2, [(3, ["Dense"]), "LayerNormalization"]), "Dense"]
    ]


def test_what_is_skipped_belongs_to_one_segment() -> None:
    block = "{Dense: {units: 8, name: d%d}}, ReLU, {Add: {name: a%d}, from: [%s, previous]}"
    layers = ", ".join(
        block % (number, number, f"a{number - 1}" if number else "x") for number in range(3)
    )
    found = outlines(f"inputs: {{x: [8]}}\nlayers: [{layers}]")
    assert found == [[(3, ["Dense ReLU Add"])]]


def test_a_repetition_begins_where_its_names_do() -> None:
    """Of a stretch that could be cut at several places, the block that the spec repeats is found."""
    net = network((ROOT / "specs" / "resnet50.yaml").read_text(), "specs/resnet50.yaml")
    (lane,) = pieces(net)
    runs = [piece for piece in lane if isinstance(piece, Run)]
    assert [run.count for run in runs] == [2, 3, 5, 2]
    first = [net.graph.nodes[piece[0].nodes[0]].name for run in runs for piece in run.repetitions]
    assert first[:2] == ["stage2_more_0_conv1", "stage2_more_1_conv1"]


def test_branches_are_lanes_of_their_own() -> None:
    branch = "{input: [8], layers: [{Dense: 8, repeat: 3}]}"
    assert outlines(
        f"branches: {{a: {branch}, b: {branch}}}\nmerge: Add\nhead: [{{Dense: 8, repeat: 2}}]"
    ) == [
        [(3, ["Dense"])],
        [(3, ["Dense"])],
        ["Add", (2, ["Dense"])],
    ]


def test_shared_layers_are_not_alike_to_new_ones() -> None:
    found = outlines(
        "input: [8]\nlayers: [{Dense: {units: 8, name: d}}, {use: d, as: e}, {use: d, as: f}, {Dense: 8}]"
    )
    assert found == [["Dense", (2, ["Dense"]), "Dense"]]


def test_what_comes_from_elsewhere_is_told() -> None:
    attention = (
        "{MultiHeadAttention: {num_heads: 2, key_dim: 4}, from: {query: previous, value: memory}}"
    )
    net = network(
        f"inputs: {{x: [4, 8], memory: [4, 8]}}\nlayers: [{{Dense: {{units: 8}}, from: x}}, {attention}, {{Dense: 8}}, {attention}]"
    )
    segments = [piece for lane in pieces(net) for piece in lane if isinstance(piece, Segment)]
    assert [len(segment.entries) for segment in segments] == [1, 2, 1, 2]


def test_cells_with_two_entries_need_a_width() -> None:
    net = network("branches: {m: {application: NASNetMobile}}")
    assert max(len(piece.nodes) for lane in pieces(net) for piece in lane) > 700
    runs = [
        piece
        for lane in pieces(net, width=2)
        for piece in lane
        if isinstance(piece, Run) and len(piece.nodes) > 80
    ]
    assert [run.count for run in runs] == [3, 3, 2]


@pytest.mark.parametrize("spec", ["u_net", "two_tower", "transfer", "siamese"])
def test_every_call_is_in_one_piece(spec: str) -> None:
    net = network(
        (ROOT / "specs" / f"{spec}.yaml").read_text(), str(ROOT / "specs" / f"{spec}.yaml")
    )
    for width in (1, 2):
        found = sorted(
            index for lane in pieces(net, width) for piece in lane for index in piece.nodes
        )
        assert found == sorted(
            node.index for node in net.parts() if node.index not in net.graph.inputs
        )
