"""The scene of a comparison."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.diff import compare
from mergecli.diff.model import Model, unfold
from mergecli.exporters.pictures.diff_scene import scenes
from mergecli.exporters.pictures.scene import Scene


def model(layers: str) -> Model:
    network = compile_spec(Source(f"input: [8]\nlayers: [{layers}]\n", "a.yaml")).network
    assert network is not None
    return unfold(network)


def scene(old: str, new: str) -> Scene:
    return next(iter(scenes(compare(model(old), model(new)), ("old", "new"))))


def changes(found: Scene) -> dict[str, str]:
    return {box.name: box.style.change for box in found.boxes.values() if box.role == "layer"}


def test_each_layer_has_the_change_that_it_went_through() -> None:
    found = scene(
        "{Dense: {units: 3, name: a}}, {Dropout: {rate: 0.5, name: gone}}",
        "{Dense: {units: 4, name: a}}, {ReLU: {name: fresh}}",
    )
    assert found.compares
    found_changes = changes(found)
    assert (found_changes["a"], found_changes["fresh"]) == ("changed", "added")
    assert found_changes["gone"] == "removed"


def test_a_change_shows_the_old_and_the_new_value() -> None:
    found = scene("{Dense: {units: 3, name: a}}", "{Dense: {units: 4, name: a}}")
    lines = [str(line) for box in found.boxes.values() for line in box.lines]
    assert any("3" in line and "-> 4" in line for line in lines)


def test_a_renamed_layer_keeps_both_names() -> None:
    found = scene("{Dense: {units: 3, name: a}}, ReLU", "{Dense: {units: 3, name: b}}, ReLU")
    (box,) = [box for box in found.boxes.values() if box.name == "b"]
    assert (box.style.change, box.old_name) == ("renamed", "a")
