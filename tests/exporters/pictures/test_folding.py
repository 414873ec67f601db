"""Which layers share a box."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.folding import BOXES, groups, lines, singles
from mergecli.ir.graph import Network


def network(text: str) -> Network:
    found = compile_spec(Source(text, "a.yaml")).network
    assert found is not None
    return found


CHAIN = "input: [8]\nlayers:\n" + "  - Dense: 8\n  - ReLU\n" * 4


def test_each_layer_has_its_own_box_where_that_fits_a_page() -> None:
    found = groups(network(CHAIN))
    assert [group.rows for group in found] == [[[number]] for number in range(9)]


def test_layers_that_follow_each_other_share_a_box_as_blocks() -> None:
    found = groups(network(CHAIN), "block")
    assert len(found) < 9
    assert sorted(index for group in found for row in group.rows for index in row) == list(range(9))


def test_a_branch_is_one_box() -> None:
    text = """
branches:
  a: {input: [8], layers: [{Dense: 4}, ReLU]}
  b: {input: [8], layers: [{Dense: 4}]}
merge: Add
"""
    found = groups(network(text), "branch")
    sizes = sorted(sum(len(row) for row in group.rows) for group in found)
    assert sum(sizes) == 6 and len(found) < 6


def test_no_picture_has_more_boxes_than_a_page_holds() -> None:
    text = "input: [8]\nlayers:\n" + "  - Dense: 8\n  - Dropout: 0.1\n" * 200
    found = groups(network(text))
    assert len(found) <= BOXES
    assert sum(len(row) for group in found for row in group.rows) == 401


def test_the_calls_of_a_shared_layer_are_one_box() -> None:
    text = """
branches:
  a: {input: [8], layers: [{Dense: {units: 4, name: d}}]}
  b: {input: [8], layers: [{use: d}]}
merge: Add
"""
    calls = {node.index: node.name for node in network(text).graph.nodes}
    shared = [group.rows[0] for group in singles(network(text)) if len(group.rows[0]) > 1]
    assert len(shared) == 1 and calls[shared[0][0]] == "d"


def test_a_repeated_block_of_which_one_round_is_shared_loses_no_call() -> None:
    found = network(
        "blocks: {pair: {layers: [{Dense: 8}, {Dense: {units: 8, activation: relu}}, {Dense: 8}]}}\n"
        "input: [8]\nlayers:\n  - pair: {}\n    as: first\n  - {pair: {}, repeat: 4}\n  - use: first\n"
    )
    for detail in ("block", "branch"):
        rows = [row for group in groups(found, detail) for row in group.rows]
        assert sorted(index for row in rows for index in row) == sorted(
            call.index for call in found.parts()
        )


def test_a_box_of_very_many_layers_stays_low() -> None:
    assert lines(1) == 4
    assert lines(9) == 12
    assert lines(10) == lines(1000) == 8


def test_a_box_between_repetitions_keeps_to_one_resolution() -> None:
    found = network("branches:\n  m: {application: EfficientNetB0}\nhead: [{Activation: linear}]\n")
    boxes = [group for group in groups(found) if len(group.rows) > 1 and len(group.rows[0]) == 1]
    sizes = []
    for group in boxes:
        ends = (found.results[row[0]][0].shape for row in group.rows)
        # Squeeze-and-excitation has a place for itself, and the first layers begin with the size before.
        places = [shape[1:3] for shape in ends if shape is not None and len(shape) == 4]
        sizes.append(places[-1])
        assert len(group.rows) <= 31
    assert sizes[:4] == [(112, 112), (56, 56), (28, 28), (14, 14)]
