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
    assert [frame.title for frame in frames] == ["a", "b · frozen"]
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


def test_the_tensors_of_a_layer_that_keeps_their_order_are_numbered() -> None:
    text = "inputs: {a: [4], b: [4]}\nlayers:\n  - KIND: {}\n    from: [b, a]\n"
    for kind, numbers in (("Concatenate", {"b": 1, "a": 2}), ("Add", {"b": 0, "a": 0})):
        found = scene(network(text.replace("KIND", kind)), "layer")
        names = {key: box.name for key, box in found.boxes.items()}
        known = {
            names[arrow.source]: arrow.number
            for arrow in found.arrows
            if names[arrow.source] in ("a", "b")
        }
        assert known == numbers


def test_a_layer_that_joins_along_an_axis_shows_it() -> None:
    text = "inputs: {a: [4], b: [4]}\nlayers:\n  - Concatenate: {}\n    from: [b, a]\n"
    (box,) = [
        box for box in scene(network(text), "layer").boxes.values() if box.title == "Concatenate"
    ]
    assert box.lines[0].text == "axis -1"


def test_the_title_of_a_branch_has_its_model() -> None:
    text = "branches:\n  a: {application: MobileNetV2, trainable: false}\n  b: {input: [2]}\nmerge: {Dot: {axes: 1}}\n"
    text = text.replace("merge: {Dot: {axes: 1}}\n", "outputs: [a, b]\n")
    found = scene(network(text), "branch")
    assert [frame.title for frame in found.root.frames] == ["a · MobileNetV2 · frozen", "b"]


def test_the_frame_of_a_repeated_block_has_its_name() -> None:
    block = "[{Dense: 8}, {Dense: 4}, {Dense: 8, name: out}, {Add: {}, from: [out, input]}]"
    block = block.replace("{Dense: 8, name: out}", "{Dense: {units: 8, name: out}}")
    text = f"blocks: {{unit: {{layers: {block}}}}}\ninput: [8]\nlayers:\n  - unit: {{}}\n    repeat: 3\n"
    found = scene(network(text), "block")
    assert [frame.title for frame in found.root.walk() if frame.role == "repeat"] == ["unit × 3"]
