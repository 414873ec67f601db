"""Drawings as SVG, PDF and PNG."""

from __future__ import annotations

import xml.etree.ElementTree as ET

import pytest
from svg_texts import SVG

from mergecli.exporters.pictures.paper.drawing import Drawing, Ellipse, Look, Shape, Text, rectangle
from mergecli.exporters.pictures.paper.rendering import render

#: What means something to DOT, to xdot or to XML.
NASTY = ['a "b" <i> &amp; \\N', "\\", "ends with \\", "$ % # {x} é 漢字", "T 1 2 -x", "-"]


def test_a_drawing_is_drawn_as_it_is() -> None:
    items = [
        rectangle(1, 2, 10, 5, Look(fill="#eeeeee")),
        rectangle(20, 2, 10, 5, radius=2),
        Ellipse((50, 10), (4, 4)),
        Shape(((0, 0), (5, 5), (5, 9)), Look(dash="dashed"), closed=False),
        Text((50, 20), "middle", "c", bold=True),
    ]
    root = ET.fromstring(render(Drawing(100, 40, items), "svg"))
    assert (root.get("width"), root.get("height")) == ("100pt", "40pt")
    for tag in ("polygon", "path", "ellipse", "polyline", "text"):
        assert root.find(f".//{SVG}{tag}") is not None, tag


def test_texts_stay_texts() -> None:
    items = [Text((1, 10.0 * number), text) for number, text in enumerate(NASTY)]
    root = ET.fromstring(render(Drawing(100, 80, items), "svg"))
    assert [(text.text or "").rstrip() for text in root.iter(f"{SVG}text")] == NASTY


def test_a_text_of_many_items_is_not_too_long() -> None:
    items = [Text((1, number), "x" * 48) for number in range(2000)]
    assert render(Drawing(100, 2000, items), "svg").count(b"<text") == 2000


@pytest.mark.parametrize(("form", "start"), [("pdf", b"%PDF"), ("png", b"\x89PNG")])
def test_other_formats(form: str, start: bytes) -> None:
    assert render(Drawing(72, 72, [Text((1, 10), "a")]), form).startswith(start)
