"""What is in the boxes of a folded picture: all layers of a box, once, down to single layers, and few boxes at a time."""

from __future__ import annotations

from random import Random

import pytest
from running import ROOT

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.network_scene import scene
from mergecli.exporters.pictures.scene import Scene
from mergecli.exporters.pictures.unfolding import MOST_IN_PART, Part, parts
from mergecli.ir.graph import Network


def compiled(text: str) -> Network:
    network = compile_spec(Source(text, "spec.yaml")).network
    assert network is not None
    return network


def spec(name: str) -> Network:
    return compiled((ROOT / "specs" / f"{name}.yaml").read_text(encoding="utf-8"))


def unfolded(network: Network, detail: str = "auto") -> tuple[Scene, list[Part]]:
    whole = scene(network, detail)
    return whole, list(parts(network, whole, "parameters", "branch"))


def chain(count: int) -> str:
    """A spec of layers that differ, so that nothing is repeated."""
    random = Random(1)
    layers = "".join(f"  - Dense: {{units: {random.randrange(3, 99)}}}\n" for _ in range(count))
    return f"input: [8]\nlayers:\n{layers}"


@pytest.mark.parametrize("detail", ["auto", "block", "branch"])
@pytest.mark.parametrize("name", ["resnet50", "multi_modal"])
def test_each_box_is_made_of_what_it_unfolds_into(name: str, detail: str) -> None:
    network = spec(name)
    whole, found = unfolded(network, detail)
    pictures = [part.scene for part in found]
    for part in found:
        around = whole if part.parent is None else pictures[part.parent]
        inside = [index for box in part.scene.boxes.values() for index in box.data]
        assert sorted(inside) == sorted(around.boxes[part.key].data)
        made = [box for box in part.scene.boxes.values() if box.data]
        assert 1 < len(made) <= MOST_IN_PART
    # What is left are single layers, or rounds of one.
    named = {(part.parent, part.key) for part in found}
    for number, picture in [(None, whole), *enumerate(pictures)]:
        left = [key for key in picture.boxes if (number, key) not in named]
        assert all(picture.boxes[key].role != "group" for key in left)


def test_a_part_has_the_arrows_between_its_boxes_and_no_others() -> None:
    network = spec("resnet50")
    _, found = unfolded(network)
    part = next(part for part in found if part.scene.title == "stage2 · projection")
    names = {key: box.name for key, box in part.scene.boxes.items()}
    arrows = {(names[arrow.source], names[arrow.target]) for arrow in part.scene.arrows}
    assert ("stage2_bn0", "stage2_sum") in arrows and ("stage2_bn3", "stage2_sum") in arrows
    # What enters it leads to the convolution and to the shortcut.
    assert ("max_pooling2d", "stage2_conv1") in arrows
    assert ("max_pooling2d", "stage2_shortcut") in arrows and len(arrows) == 13
    entry = part.scene.root.boxes[0]
    assert (entry.title, entry.name, str(entry.lines[0])) == (
        "from", "max_pooling2d", "(None, 56, 56, 64)",
    )  # fmt: skip
    assert part.scene.summary == ["76,928 parameters · 231,211,008 MACs"]


def test_a_repeated_block_unfolds_into_one_round() -> None:
    _, found = unfolded(spec("resnet50"))
    part = next(part for part in found if "bottleneck × 3" in part.scene.title)
    entry, *rounds = part.scene.root.boxes
    assert [len(box.data) for box in rounds] == [3] * 10
    # The arrows into the first round, one past the convolutions.
    add = next(box for box in rounds if box.title == "Add")
    assert entry.name == "stage3_out"
    assert (entry.key, add.key) in {(arrow.source, arrow.target) for arrow in part.scene.arrows}
    # The frame around the part says how often it is repeated.
    assert [frame.title for frame in part.scene.root.walk()] == [""]


def test_bars_are_compared_with_the_largest_box_of_the_whole_picture() -> None:
    whole, found = unfolded(spec("resnet50"))
    most = max(box.amount or 0 for box in whole.boxes.values())
    for part in found:
        for box in part.scene.boxes.values():
            assert box.share == (box.amount or 0) / most


def test_boxes_of_a_model_that_is_one_layer_unfold() -> None:
    layers = "".join(f"          - Dense: {units}\n          - ReLU\n" for units in range(2, 40))
    wrapped = f"  - TimeDistributed:\n      layer:\n        name: deep\n        input: [8]\n        layers:\n{layers}"
    network = compiled(f"input: [4, 8]\nlayers:\n{wrapped}  - LSTM: 3\n")
    whole, found = unfolded(network)
    folded = [box for box in whole.boxes.values() if box.role == "group"]
    assert folded and {part.key for part in found if part.parent is None} == {
        box.key for box in folded
    }
    (index,) = {index for box in folded for index in box.data}
    assert network.graph.nodes[index].cls == "TimeDistributed"
    inside = [box for part in found for box in part.scene.boxes.values()]
    assert {box.data[0] for box in inside} == {index}
    single = [box.title for box in inside if box.role == "layer"]
    assert len(single) == 76 and len({box.key for box in inside}) == len(inside)


def test_very_many_layers_unfold_step_by_step() -> None:
    network = compiled(chain(1200))
    whole, found = unfolded(network)
    assert len(whole.boxes) < 40 and any(part.parent is not None for part in found)
    single = {
        box.data[0]
        for part in found
        for box in part.scene.boxes.values()
        if box.role == "layer" and len(box.data) == 1
    }
    assert len(single) > 1000


def test_nothing_unfolds_where_each_layer_has_its_box() -> None:
    assert unfolded(spec("siamese"))[1] == []
    assert unfolded(spec("resnet50"), "layer")[1] == []
