"""Pictures that Graphviz draws, and the bounds of what it is given."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

pytest.importorskip("pygraphviz")
from mergecli.exporters.pictures.graphviz import (
    LONGEST_SIDE,
    MOST_PIXELS,
    TooManyArrows,
    draw,
    largest_dpi,
)


def graph(width: float, height: float) -> Any:
    """A graph that is laid out, with its sizes in inches."""
    return SimpleNamespace(graph_attr={"bb": f"0,0,{width * 72},{height * 72}"})


def test_a_square_picture_is_bounded_by_its_area() -> None:
    found = largest_dpi(graph(9.5, 9.5), 0.5)
    assert found == pytest.approx(min((MOST_PIXELS / 100) ** 0.5, LONGEST_SIDE / 10))


def test_a_long_picture_is_bounded_by_its_side() -> None:
    assert largest_dpi(graph(0.5, 999.5), 0.5) == pytest.approx(LONGEST_SIDE / 1000)


def test_each_form_begins_as_files_of_it_do() -> None:
    text = 'digraph { a -> b; id="model" }'
    assert draw(text, "png").startswith(b"\x89PNG")
    assert draw(text, "pdf").startswith(b"%PDF")
    assert b"<svg" in draw(text, "svg")[:2000]


def test_more_long_arrows_than_can_be_laid_out_are_refused_before_the_layout() -> None:
    chain = [f"n{i} -> n{i + 1}" for i in range(3000)]
    across = [f"n0 -> n{i}" for i in range(2, 3000)]
    with pytest.raises(TooManyArrows, match="too many arrows"):
        draw("digraph {\n" + "\n".join(chain + across) + "\n}", "svg")
