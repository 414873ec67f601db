"""Scatter plots: axes, points and the front."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from mergecli.exporters.page.scatter_page import page
from mergecli.exporters.pictures.scatter import Axis, Point, Scatter

POINTS = [Point(n, 10.0 * (n + 1), 5.0 + n % 7) for n in range(40)]
FRONT = [Point(3, 40.0, 8.0, "width 8 <b>"), Point(0, 10.0, 5.0, "width 4")]


def scatter() -> Scatter:
    return Scatter(POINTS, FRONT, ("macs", "score & more"), 'a "title" <x>')


def test_every_point_is_drawn_once_inside_of_the_axes() -> None:
    root = ElementTree.fromstring(scatter().svg())
    circles = [element for element in root.iter() if element.tag.endswith("circle")]
    keys = [int(circle.attrib["data-key"]) for circle in circles]
    assert sorted(keys) == list(range(40))
    assert {
        circle.attrib["data-key"] for circle in circles if circle.attrib["class"] == "best"
    } == {
        "0",
        "3",
    }
    for circle in circles:
        assert 92 < float(circle.attrib["cx"]) < 836
        assert 48 < float(circle.attrib["cy"]) < 496
    text = "".join(root.itertext())
    assert "width 8 <b> (macs 40, score & more 8)" in text


@pytest.mark.parametrize(
    ("values", "is_logarithmic"), [([1.0, 1000.0], True), ([0.0, 1000.0], False), ([5.0], False)]
)
def test_axes(values: list[float], is_logarithmic: bool) -> None:
    axis = Axis("x", values, 0, 100)
    assert axis.is_logarithmic is is_logarithmic
    assert all(0 <= axis.place(value) <= 100 for value in [*values, *axis.ticks])
    assert 2 <= len(axis.ticks) <= 16


def test_a_plot_without_points_has_axes() -> None:
    assert "<circle" not in Scatter([], [], ("a", "b"), "nothing").svg()


def test_the_page_loads_nothing_and_holds_the_pictures() -> None:
    text = page(scatter(), {3: b"<svg/>"}, {0: "mergecli plot x.yaml"})
    assert "default-src 'none'".replace("'", "&#39;") in text
    assert "PHN2Zy8+" in text
    assert not re.search(r'(src|href)="http', text)


def test_a_place_for_everything_in_the_text_for_graphviz() -> None:
    lines = scatter().dot().splitlines()
    nodes = [line for line in lines if "[" in line and "--" not in line and "node [" not in line]
    assert all('pos="' in line for line in nodes if not line.startswith(("edge", "bgcolor")))
