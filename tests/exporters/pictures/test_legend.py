"""What pictures explain, and the colours of boxes."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.dot import dot
from mergecli.exporters.pictures.network_scene import scene
from mergecli.exporters.pictures.themes import DARK, LIGHT, PRINT
from mergecli.ir.graph import Network

TEXT = """
input: [32, 32, 3]
layers:
  - Conv2D: {filters: 64, kernel_size: 3}
  - MaxPooling2D: 2
  - Flatten
  - Dense: 10
"""
SHARED = """
branches:
  a: {input: [8], layers: [{Dense: {units: 4, name: d}}]}
  b: {input: [8], layers: [{use: d}]}
merge: Concatenate
"""


def network(text: str) -> Network:
    compiled = compile_spec(Source(text, "model.yaml"))
    assert compiled.network is not None, compiled.diagnostics
    return compiled.network


def explained(text: str, bar: str = "parameters", by: str = "branch") -> list[str]:
    return [part for part, _ in scene(network(text), "layer", bar, by).explanation]


def test_only_what_occurs_is_explained() -> None:
    assert explained("input: [8]\nlayers: [Flatten]") == []
    assert explained(TEXT) == ["bar: parameters, compared with the largest box"]
    assert explained(TEXT, "macs") == ["bar: MACs, compared with the largest box"]
    assert explained(TEXT, "none") == []


def test_lines_that_mean_something_are_explained() -> None:
    assert explained(SHARED, "none") == [
        "thick line: tensors meet", "double line: shared weights", "dashed arrow: applied again",
    ]  # fmt: skip
    frozen = "input: [8]\nlayers: [{Dense: {units: 4, trainable: false}}]"
    assert explained(frozen, "none") == ["dashed line: frozen"]
    alike = "input: [8]\nlayers:\n" + "  - Dense: 8\n  - ReLU\n  - Dropout: 0.5\n" * 40
    repeated = scene(network(alike), "block", "none").explanation
    assert [part for part, _ in repeated] == ["× n: n times one after the other"]


def test_families_have_colours_and_the_names_of_these() -> None:
    found = scene(network(TEXT), "layer", "none", "family")
    assert [name for name, _ in found.explanation] == [
        "convolution", "dense and embedding", "pooling",
    ]  # fmt: skip
    lanes = {box.title: box.style.lane for box in found.boxes.values()}
    assert lanes == {
        "Input": None, "Conv2D": 0, "MaxPooling2D": 2, "Flatten": None, "Dense": 1, "Output": None,
    }  # fmt: skip
    text = dot(found)
    for name, lane in found.explanation:
        assert lane is not None
        assert f'color="{LIGHT.lane(lane)[0]}"><B>{name}</B>' in text
        assert f'fillcolor="{LIGHT.lane(lane)[1]}"' in text


def test_the_share_of_macs_makes_a_colour_stronger() -> None:
    found = scene(network(TEXT), "layer", "none", "macs")
    heat = {box.title: box.style.heat for box in found.boxes.values()}
    assert heat["Conv2D"] == len(LIGHT.heat) - 1
    assert heat["Flatten"] == 0
    assert heat["Input"] is None
    assert f'fillcolor="{LIGHT.heat[-1]}"' in dot(found)
    assert "30%" in found.explanation[0][0]


def test_branches_have_no_colours_of_their_own_then() -> None:
    found = scene(network(SHARED), "layer", "none", "family")
    assert all(frame.style.lane is None for frame in found.root.walk())
    assert all(arrow.style.lane is None for arrow in found.arrows)


def test_each_theme_has_as_many_colours() -> None:
    assert len(LIGHT.heat) == len(DARK.heat) == len(PRINT.heat) == 5
