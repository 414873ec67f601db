"""A scene as text for Graphviz."""

from __future__ import annotations

import itertools
import re

from mergecli.exporters.pictures.dot import dot
from mergecli.exporters.pictures.scene import Arrow, Box, Frame, Line, Scene, Style


def scene(*boxes: Box, title: str = "m") -> Scene:
    root = Frame("root", "", "")
    root.boxes = list(boxes)
    keys = [box.key for box in boxes]
    return Scene("model", title, root, boxes, [Arrow(a, b) for a, b in itertools.pairwise(keys)])


def test_boxes_and_arrows_are_nodes_and_edges() -> None:
    text = dot(scene(Box("n0", "input", "Input", "x"), Box("n1", "layer", "Dense", "d")))
    assert re.search(r"^\s*n0 \[", text, re.M) and re.search(r"n0 -> n1", text)
    assert "rankdir=TB" in text and "rankdir=LR" in dot(scene(), rankdir="LR")


def test_the_same_scene_gives_the_same_text() -> None:
    def made() -> str:
        box = Box("n0", "layer", "Dense", "d", Style(lane=1))
        box.lines = [Line("64 · relu", right="(None, 64)")]
        return dot(scene(box))

    assert made() == made()


def test_a_name_cannot_add_a_node_or_end_its_label() -> None:
    text = dot(scene(Box("n0", "layer", "Dense", '"]; evil [label=<<B>>')))
    assert "evil [label" not in text.replace("&quot;", '"').split("n0 [")[0]
    assert "&lt;&lt;B&gt;&gt;" in text


def test_a_string_that_is_too_long_for_graphviz_is_joined_of_parts() -> None:
    box = Box("n0", "layer", "Dense", "d")
    box.tooltip = "x" * 20_000
    strings = re.findall(r'"((?:[^"\\]|\\.)*)"', dot(scene(box)))
    assert max(map(len, strings)) <= 4000
    assert sum(string.count("x") for string in strings) >= 20_000


def test_print_has_no_colours() -> None:
    text = dot(scene(Box("n0", "layer", "Dense", "d", Style(lane=2))), "print")
    for colour in set(re.findall("#([0-9a-f]{6})", text)):
        parts = [int(colour[place : place + 2], 16) for place in (0, 2, 4)]
        assert max(parts) - min(parts) <= 8, colour


def test_an_arrow_has_the_number_of_its_call_and_of_its_input_once_where_they_are_equal() -> None:
    boxes = [Box("a", "layer", "Dense", "a"), Box("b", "layer", "Subtract", "b")]
    made = scene(*boxes)
    made.arrows = [Arrow("a", "b", call=1, number=1), Arrow("a", "b", call=1, number=2)]
    first, second = re.findall(r"^\s*a -> b \[.*", dot(made), re.M)
    assert "headlabel" in first and "[label=" not in first
    assert "headlabel" in second and "[label=" in second


def test_no_attribute_of_markup_depends_on_the_language_of_the_system() -> None:
    # Graphviz compares them without case: a Turkish "I" is no "i", and it would leave WIDTH out.
    box = Box("n0", "layer", "Dense", "d", Style(lane=1))
    box.lines = [Line("64 · relu", right="(None, 64)")]
    box.notes = ["frozen"]
    names = re.findall(r'(?<=[ ])([A-Za-z-]+)="[^"<>]*"(?=[^<>]*>)', dot(scene(box)))
    assert {"align", "point-size", "cellpadding"} <= set(names)
    assert all(name == name.lower() for name in names)
