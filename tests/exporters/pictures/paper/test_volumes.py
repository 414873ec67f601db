"""Figures with volumes: everything has room, rows end where one arrow leads on."""

from __future__ import annotations

import pytest
from running import ROOT

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.paper.drawing import GRAY, Drawing, Ellipse, Shape, Text
from mergecli.exporters.pictures.paper.pages import page
from mergecli.exporters.pictures.paper.volumes import drawings
from mergecli.ir.graph import Network

COLUMN = page("column=85mm")
#: Branches that end in an output before the merge, and an input that is used late.
BRANCHES = """
branches:
  a: {input: [32, 32, 3], layers: [{Conv2D: {filters: 8, kernel_size: 3}}]}
  b: {input: [32, 32, 3], layers: [{Conv2D: {filters: 8, kernel_size: 3}}, {Conv2D: {filters: 8, kernel_size: 1}}]}
  c: {from: a, layers: [Flatten, {Dense: 3}]}
  late: {input: [9], layers: [{Dense: 2}]}
merge: {Concatenate: {}, from: [a, b]}
head: [{Conv2D: {filters: 900, kernel_size: 3}}, {Conv2D: {filters: 9, kernel_size: 3}}, GlobalMaxPooling2D, {Dense: {units: 4, name: last}}]
outputs: [c, late, last]
"""


def network(text: str, path: str = "model.yaml") -> Network:
    result = compile_spec(Source(text, path)).network
    assert result is not None
    return result


def of(name: str) -> Network:
    if name == BRANCHES:
        return network(name)
    path = ROOT / "specs" / f"{name}.yaml"
    if path.exists():
        return network(path.read_text(encoding="utf-8"), str(path))
    return network(f"branches: {{m: {{application: {name}}}}}")


def texts(drawing: Drawing) -> list[str]:
    return [item.text for item in drawing.items if isinstance(item, Text)]


@pytest.mark.parametrize(
    "name", ["u_net", "inception", "multi_modal", "multi_output", "VGG16", "ResNet50", "MobileNetV2", BRANCHES],
    ids=lambda name: name[:12],
)  # fmt: skip
@pytest.mark.parametrize("width", ["column=85mm", "a4"])
def test_everything_is_inside_and_no_label_covers_another(name: str, width: str) -> None:
    drawn = list(drawings(of(name), page(width)))
    assert drawn
    for drawing in drawn:
        for item in drawing.items:
            points = (
                item.points if isinstance(item, Shape)
                else [item.center] if isinstance(item, Ellipse)
                else [(item.at[0] - item.width / 2, item.at[1]), (item.at[0] + item.width / 2, item.at[1])]
            )  # fmt: skip
            for x, y in points:
                assert -0.1 <= x <= drawing.width + 0.1 and -0.1 <= y <= drawing.height + 0.1
        labels = [item for item in drawing.items if isinstance(item, Text)]
        for number, one in enumerate(labels):
            for other in labels[:number]:
                near = abs(one.at[1] - other.at[1]) < 7
                apart = abs(one.at[0] - other.at[0]) >= (one.width + other.width) / 2 - 0.1
                assert not near or apart, (one, other)


def test_a_small_network_has_one_row_with_its_arrows_over_it() -> None:
    drawing = next(d for d in drawings(of("u_net"), COLUMN) if d.width <= COLUMN.width)
    assert drawing.height < 100
    assert texts(drawing)[:2] == ["128²", "×3"] and "c" not in texts(drawing)


def test_a_long_network_has_several_rows() -> None:
    (first, *_) = drawings(of("VGG16"), COLUMN)
    (wide, *_) = drawings(of("VGG16"), page("a4"))
    assert first.width <= COLUMN.width < wide.width and first.height > wide.height
    assert texts(first) == texts(wide)


def test_frozen_layers_have_gray_lines() -> None:
    spec = "input: [8, 8, 1]\nlayers: [{Conv2D: {filters: 2, kernel_size: 3, trainable: false}}, MaxPooling2D, {Conv2D: {filters: 2, kernel_size: 2}}]\n"
    (first, *_) = drawings(network(spec), COLUMN)
    gray = [item for item in first.items if isinstance(item, Shape) and item.look.line == GRAY]
    assert len(gray) == 3


def test_a_deep_network_is_drawn_by_its_stages() -> None:
    *_, last = drawings(of("ResNet50"), COLUMN)
    shown = texts(last)
    place = shown.index("14²")
    assert shown[place : place + 3] == ["14²", "×1024", "19 conv."] and shown[-1] == "1000"
