"""One state of a text in an editor: what is known of its places, also while it is wrong."""

from __future__ import annotations

import pytest

from mergecli.lsp.analysis import Analysis, looks_like_a_spec
from mergecli.lsp.text import Text

SPEC = """\
blocks:
  stem:
    layers: [{Dense: 4}]
input: [8]
layers:
  - stem
  - stem
  - Dense: {units: 2, name: out}
"""


def analysis(text: str) -> Analysis:
    return Analysis(Text(text), "a.yaml")


def test_the_scalar_under_the_cursor_is_found_from_its_first_to_past_its_last_character() -> None:
    state = analysis(SPEC)
    start = SPEC.index("units")
    for offset in (start, start + len("units")):
        spot = state.at(offset)
        assert spot is not None
        assert spot.scalar.value == "units"
        assert spot.is_key
    blank = state.at(SPEC.index("  - stem"))
    assert blank is None


def test_the_path_to_a_scalar_has_keys_and_positions() -> None:
    spot = analysis(SPEC).at(SPEC.index("out"))
    assert spot is not None
    assert spot.steps == ("layers", 2, "Dense", "name")
    assert not spot.is_key


def test_a_layer_of_a_block_has_a_node_for_each_use() -> None:
    state = analysis(SPEC)
    # `Dense` of the block stands in line 3, column 15; that of the network in line 8, column 5.
    assert len(state.nodes[3, 15]) == 2
    assert [node.name for node in state.nodes[8, 5]] == ["out"]
    assert [len(state.instances[line, 5]) for line in (6, 7)] == [1, 1]


def test_a_network_is_known_in_part_while_the_text_is_wrong() -> None:
    state = analysis(SPEC.replace("units: 2", "unit: 2"))
    assert state.diagnostics
    assert state.network is not None
    assert len(state.nodes[3, 15]) == 2


def test_a_text_that_is_not_yaml_has_findings_and_no_places() -> None:
    state = analysis("input: [8\nlayers: {")
    assert state.is_spec
    assert state.diagnostics
    assert state.targets == {}
    assert state.nodes == {}


def test_an_empty_text_is_not_reported() -> None:
    state = analysis("")
    assert state.is_spec
    assert state.diagnostics == []


def test_only_the_specs_that_branches_and_layers_name_are_includes() -> None:
    text = (
        "vars: {spec: no.yaml}\n"
        "branches:\n  a: {spec: one.yaml}\n  b: {input: [8], layers: [{Dense: 4}]}\n"
        "merge: Concatenate\n"
    )
    assert [scalar.value for scalar in analysis(text).includes] == ["one.yaml"]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("layrs: []\non: push\n", True),
        ("'layers': []\non: push\n", True),
        ("- item\n", False),
        ("x-note: 1\nname: a\n", True),
    ],
)
def test_a_yaml_file_is_a_spec_by_the_keys_at_its_top(text: str, wanted: bool) -> None:
    assert looks_like_a_spec(text) is wanted
