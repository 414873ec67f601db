"""Edits of a text, and where its places are afterwards."""

from __future__ import annotations

import pytest

from mergecli.diagnostics import Edit, Span
from mergecli.diagnostics.edits import Splice

TEXT = "a: one\r\nb: 'two'\nc: &x three\n"


@pytest.mark.parametrize(
    ("edits", "result"),
    [
        ([], TEXT),
        ([Edit(Span(1, 4, 1, 7), "1")], TEXT.replace("one", "1")),
        # Quotes around a name and an anchor before a value stay.
        ([Edit(Span(2, 4, 2, 9), "2", "two")], TEXT.replace("two", "2")),
        ([Edit(Span(3, 4, 3, 12), "3")], TEXT.replace("three", "3")),
        # Equal edits are applied once.
        ([Edit(Span(1, 4, 1, 7), "1")] * 2, TEXT.replace("one", "1")),
        (
            [Edit(Span(3, 1, 3, 2), "z"), Edit(Span(1, 1, 1, 2), "y")],
            TEXT.replace("c:", "z:").replace("a:", "y:"),
        ),
        # Without the text that it replaces, and where two overlap, nothing is applied.
        ([Edit(Span(1, 4, 1, 7), "1", "two")], None),
        ([Edit(Span(1, 4, 1, 7), "1"), Edit(Span(1, 5, 1, 7), "2")], None),
    ],
)
def test_edits_are_applied_or_refused_together(edits: list[Edit], result: str | None) -> None:
    splice = Splice.of(TEXT, edits)
    assert (splice.text if splice is not None else None) == result


def test_a_place_afterwards_is_mapped_to_the_old_text() -> None:
    splice = Splice.of(TEXT, [Edit(Span(1, 4, 1, 7), "a\nlong\ntext"), Edit(Span(2, 1, 2, 2), "")])
    assert splice is not None
    assert splice.text.startswith("a: a\nlong\ntext\r\n: 'two'")
    assert splice.before(None) is None
    assert splice.before(Span(1, 1, 1, 2)) == Span(1, 1, 1, 1)
    # Inside of a replacement is where the replaced text began.
    assert splice.before(Span(2, 2, 2, 3)) == Span(1, 4, 1, 4)
    assert splice.before(Span(4, 3, 4, 8)) == Span(2, 4, 2, 4)
    # Places in other files do not move.
    other = Span(9, 9, 9, 9, "other.yaml")
    assert splice.before(other) == other
