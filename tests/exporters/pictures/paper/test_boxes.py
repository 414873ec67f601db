"""The boxes of figures for papers."""

from __future__ import annotations

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.pictures.folding import groups
from mergecli.exporters.pictures.network_scene import scene_of
from mergecli.exporters.pictures.paper.boxes import WIDTHS, draw
from mergecli.exporters.pictures.paper.drawing import SIZE, WHITE, Drawing, Ellipse, Shape, Text


def drawing(text: str, rankdir: str = "TB", widest: int = WIDTHS[0]) -> Drawing:
    network = compile_spec(Source(text, "a.yaml")).network
    assert network is not None
    return draw(scene_of(network, groups(network, "layer")), rankdir, widest)


def texts(result: Drawing) -> list[str]:
    return [item.text for item in result.items if isinstance(item, Text)]


ADDED = """
input: [28, 28, 8]
layers:
  - Conv2D: {filters: 8, kernel_size: 3, padding: same, name: conv}
  - Add
    from: [conv, input]
"""


def test_a_box_has_the_class_the_arguments_and_the_shape_without_batch() -> None:
    shown = texts(drawing(ADDED.replace("- Add", "- Add:")))
    assert shown[:2] == ["input", "28×28×8"]
    assert "Conv2D" in shown and "8 · 3×3 · same" in shown


def test_a_sum_is_a_disc() -> None:
    result = drawing(ADDED.replace("- Add", "- Add:"))
    assert len([item for item in result.items if isinstance(item, Ellipse)]) == 1
    assert "+" in texts(result) and "Add" not in texts(result)


def test_narrow_boxes_have_more_lines() -> None:
    spec = ADDED.replace("- Add", "- Add:")
    assert drawing(spec, widest=WIDTHS[-1]).width < drawing(spec).width
    assert "3×3 · same" in texts(drawing(spec, widest=WIDTHS[-1])) or "same" in texts(
        drawing(spec, widest=WIDTHS[-1])
    )


def test_a_branch_of_several_boxes_has_a_frame_and_one_of_a_single_box_a_title() -> None:
    text = """
branches:
  one: {input: [8], layers: [Dense: 4, Dense: 2]}
  two: {from: one, layers: [Dense: 3]}
"""
    result = drawing(text)
    assert {"one", "two"} <= set(texts(result))
    frames = [
        item for item in result.items if isinstance(item, Shape) and item.look.line == "#808080"
    ]
    assert len(frames) == 1


TOWERS = """
branches:
  one: {input: [8], layers: [Dense: 4, Dense: 4, Dense: 4]}
  two: {input: [8], layers: [Dense: 4, Dense: 4]}
merge: {Dot: {axes: 1}}
"""


@pytest.mark.parametrize("rankdir", ["TB", "BT", "LR", "RL"])
def test_numbers_of_arrows_are_between_boxes_and_beside_lines(rankdir: str) -> None:
    network = compile_spec(Source(TOWERS, "a.yaml")).network
    assert network is not None
    result = draw(scene_of(network, groups(network, "block")), rankdir, WIDTHS[-1])
    shapes = [item for item in result.items if isinstance(item, Shape)]
    filled = [shape for shape in shapes if shape.look.fill and shape.look.line != WHITE]
    lines = [shape for shape in shapes if not shape.closed]
    numbers = [item for item in result.items if isinstance(item, Text) and item.text in ("1", "2")]
    numbers = [item for item in numbers if item.align == "c" and not item.bold]
    heads = [item for item in numbers if not any(inside(item, box) for box in filled)]
    assert {item.text for item in heads} == {"1", "2"}
    for item in heads:
        left, right, bottom, top = extent(item)
        for x, y in (point for line in lines for point in along(line)):
            assert not (left < x < right and bottom < y < top)


def extent(item: Text) -> tuple[float, float, float, float]:
    """Return the left, right, lower and upper end of the characters of a digit."""
    x, y = item.at
    return x - item.width / 2, x + item.width / 2, y, y + 0.7 * SIZE


def inside(item: Text, box: Shape) -> bool:
    """Return whether a digit lies on a box, all or in part."""
    left, right, bottom, top = extent(item)
    xs, ys = zip(*box.points)
    return left < max(xs) and right > min(xs) and bottom < max(ys) and top > min(ys)


def test_names_that_mean_something_to_graphviz() -> None:
    name = 'a "b" <i> &amp; \\N \\" x'
    text = f"input: {{shape: [8], name: in}}\noutputs: {{'{name}': out}}\nlayers: [{{Dense: {{units: 1, name: out}}}}]\n"
    assert name in texts(drawing(text))


def test_everything_is_inside() -> None:
    result = drawing(ADDED.replace("- Add", "- Add:"), "LR")
    for item in result.items:
        if isinstance(item, Shape):
            for x, y in along(item):
                assert 0 <= x <= result.width and 0 <= y <= result.height


def along(shape: Shape) -> list[tuple[float, float]]:
    """Return points of a shape; the control points of its curves may be outside of the picture."""
    if not shape.curved:
        return list(shape.points)
    result = []
    for start in range(0, len(shape.points) - 1, 3):
        curve = shape.points[start : start + 4]
        for step in range(11):
            t = step / 10
            shares = ((1 - t) ** 3, 3 * t * (1 - t) ** 2, 3 * t**2 * (1 - t), t**3)
            x, y = (
                sum(share * point[axis] for share, point in zip(shares, curve)) for axis in (0, 1)
            )
            result.append((x, y))
    return result


def test_a_series_past_which_an_arrow_leads_is_straight() -> None:
    text = """
input: [8]
layers:
  - Dense: {units: 512, name: one}
  - Dropout: 0.5
  - Dense: {units: 512, activation: sigmoid, name: two}
  - Dropout: 0.5
  - Add:
    from: [dropout_1, one]
  - Dense: 1
"""
    result = drawing(text)
    middles = {round(item.at[0]) for item in result.items if isinstance(item, Text)}
    assert len(middles) == 1
