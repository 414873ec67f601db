"""The parts of a picture before any format."""

from __future__ import annotations

from mergecli.exporters.pictures.scene import Arrow, Box, Frame, Line, Scene


def test_a_line_is_its_text_or_its_change() -> None:
    assert str(Line("(None, 8)")) == "(None, 8)"
    assert str(Line("units", old="3", new="4")) == "units: 3 -> 4"
    assert str(Line("", old="(None, 3)", new="(None, 4)")) == "(None, 3) -> (None, 4)"


def test_frames_are_walked_from_the_outside_in_their_order() -> None:
    root, first, second, inner = (Frame(key, "", key) for key in ("root", "a", "b", "inner"))
    root.frames, first.frames = [first, second], [inner]
    assert [frame.key for frame in root.walk()] == ["root", "a", "inner", "b"]


def test_boxes_are_found_by_their_keys() -> None:
    boxes = [Box("n0", "input", "Input", "x"), Box("n1", "layer", "Dense", "d")]
    scene = Scene("model", "m", Frame("root", "", ""), boxes, [Arrow("n0", "n1")])
    assert scene.boxes["n1"].title == "Dense" and list(scene.boxes) == ["n0", "n1"]
    assert not scene.compares
    assert Scene("comparison", "a -> b", Frame("root", "", ""), [], []).compares
