"""Labels are measured as Graphviz measures them."""

from __future__ import annotations

import pytest

from mergecli.exporters.pictures import graphviz
from mergecli.exporters.pictures.dot_labels import Labels, table
from mergecli.exporters.pictures.measuring import measured
from mergecli.exporters.pictures.scene import Box, Line
from mergecli.exporters.pictures.themes import theme


def box(title: str, *lines: Line, **attributes: object) -> Box:
    result = Box("n0", "layer", title, "image_global_average_pooling2d")
    result.lines = list(lines)
    for name, value in attributes.items():
        setattr(result, name, value)
    return result


BOXES = [
    box("Conv2D", Line("96 · 1×1 · relu"), Line("(None, 28, 28, 96)", strong=True)),
    box("Dense", Line("a & b <c>", right="float32"), shown="18,528 parameters", share=0.5),
    box("9 layers", Line("Conv2D", "288 · 1×1 · same"), Line("ReLU", "max value 6")),
    box("LSTM", Line("(None, None, 64)"), notes=["frozen", "shared: applied 2 times"]),
    box("Embedding", Line("10000 in · 64"), Line("(None, 64)", strong=True)),
]


@pytest.mark.parametrize("one", BOXES, ids=lambda one: str(one.title))
def test_labels_are_as_large_as_in_graphviz(one: Box) -> None:
    rows = Labels(theme("light"), "", False).rows(one)
    size = measured(rows)
    assert size is not None
    look = 'fontname="Open Sans" fontsize=11 shape=box margin="0,0" width=0 height=0'
    real = graphviz.sizes(f"digraph {{ a [{look} label={table(rows)}] }}")["a"]
    assert size == pytest.approx(real, abs=0.01)


def test_what_the_font_cannot_write_is_not_measured() -> None:
    rows = Labels(theme("light"), "", False).rows(box("層"))
    assert measured(rows) is None
