"""The scene of a network."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.network_scene import coarser, scene, scenes
from mergecli.ir.graph import Network

TWO = """
name: two
branches:
  a: {input: [8], layers: [{Dense: {units: 4, name: one}}]}
  b: {input: [8], layers: [{Dense: {units: 4, trainable: false, name: other}}]}
merge: {Concatenate: {name: joined}}
"""


def network(text: str) -> Network:
    found = compile_spec(Source(text, "a.yaml")).network
    assert found is not None
    return found


def test_each_branch_is_a_frame_with_a_lane_of_its_own() -> None:
    found = scene(network(TWO), "layer")
    frames = [frame for frame in found.root.frames if frame.role == "branch"]
    assert [frame.title for frame in frames] == ["a", "b"]
    assert [frame.style.lane for frame in frames] == [0, 1]


def test_arrows_lead_from_inputs_through_the_merge_to_the_output() -> None:
    found = scene(network(TWO), "layer")
    names = {key: box.name or box.role for key, box in found.boxes.items()}
    pairs = {(names[arrow.source], names[arrow.target]) for arrow in found.arrows}
    assert {("one", "joined"), ("other", "joined")} <= pairs


def test_a_box_says_that_its_layer_is_frozen() -> None:
    found = scene(network(TWO), "layer")
    styles = {box.name: box.style for box in found.boxes.values()}
    assert styles["other"].frozen and not styles["one"].frozen


def test_the_heaviest_box_has_the_whole_bar() -> None:
    text = (
        "input: [8]\nlayers: [{Dense: {units: 8, name: big}}, {Dense: {units: 1, name: small}}]\n"
    )
    shares = {box.name: box.share for box in scene(network(text), "layer").boxes.values()}
    assert shares["big"] == 1 > shares["small"]


def test_no_bar_is_shown_if_none_is_asked_for() -> None:
    found = scene(network(TWO), "layer", "none")
    assert all(box.share == 0 for box in found.boxes.values())


def test_each_scene_has_no_more_boxes_than_the_one_before() -> None:
    sizes = [len(found.boxes) for found in scenes(network(TWO), "layer")]
    assert sizes == sorted(sizes, reverse=True) and len(sizes) == len(coarser("layer")) + 1
