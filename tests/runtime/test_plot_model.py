"""Texts of Graphviz are drawn in this process, and the same model gives the same bytes."""

from __future__ import annotations

import re

import pytest

from mergecli.runtime.plot_model import READABLE, draw

pytest.importorskip("pygraphviz")


def dot(first: str, second: str, **attributes: object) -> str:
    graph = " ".join(f"{key}={value};" for key, value in attributes.items())
    return f'digraph {{ {graph} {first} [label="12345678901"]; {second} [label=b]; {first} -> {second}; }}'


def test_addresses_as_names_of_nodes_do_not_change_the_picture() -> None:
    pictures = {
        draw(dot(first, second), "svg")
        for first, second in (("140123456789", "140987654321"), ("94301234567", "94309999999"))
    }
    assert len(pictures) == 1
    text = pictures.pop().decode()
    assert "<title>n0&#45;&gt;n1</title>" in text


def test_numbers_in_texts_stay_as_they_are() -> None:
    text = draw(dot("140123456789", "1234567"), "svg").decode()
    assert "12345678901" in text and "<title>1234567</title>" in text


def test_a_picture_of_usual_size_has_the_resolution_that_is_wanted() -> None:
    notes: list[str] = []
    small, large = (len(draw(dot("a", "b", dpi=dpi), "png", notes.append)) for dpi in (50, 400))
    assert small < large and notes == []


@pytest.mark.parametrize(("dpi", "inches", "readable"), [(300, 120, True), (300, 4000, False)])
def test_a_picture_that_is_too_large_is_drawn_smaller_and_says_so(
    dpi: int, inches: int, readable: bool
) -> None:
    notes: list[str] = []
    text = f'digraph {{ dpi={dpi}; a [shape=box, width={inches}, height=0.1, label=""]; }}'
    data = draw(text, "png", notes.append)
    assert data.startswith(b"\x89PNG")
    (note,) = notes
    found = re.match(rf"the picture is drawn at (\d+) instead of {dpi} dpi", note)
    assert found is not None and 1 <= int(found[1]) < dpi
    assert (int(found[1]) >= READABLE) is readable
    assert ("too small to read" in note) is not readable
