"""What is shown of the word under the cursor, and when nothing is."""

from __future__ import annotations

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.hover import Hover, hover
from mergecli.lsp.schema_grammar import Grammar
from mergecli.lsp.text import Text

GRAMMAR = Grammar()


def over(text: str) -> Hover | None:
    """What is shown at the `|` of a text."""
    return hover(Analysis(Text(text.replace("|", "")), "a.yaml"), text.index("|"), GRAMMAR)


def test_a_layer_is_shown_with_its_shapes_and_its_weights() -> None:
    found = over("input: [8]\nlayers:\n  - De|nse: 4\n")
    assert found is not None
    assert "(None, 8) → (None, 4)" in found.words
    # 8 * 4 weights and 4 biases.
    assert "36 parameters" in found.words
    # `Dense` stands from the 24th to the 28th character.
    assert (found.start, found.end) == (23, 28)


def test_nothing_is_shown_between_words() -> None:
    assert over("input: [8]\nlayers:\n | - Dense: 4\n") is None


def test_a_layer_is_explained_while_its_shape_is_unknown() -> None:
    found = over("layers:\n  - De|nse: 4\n")
    assert found is not None
    assert "**Shape**" in found.words
    assert "→" not in found.words


def test_a_text_that_cannot_be_read_shows_nothing() -> None:
    assert over("input: [8\nlayers: {De|nse") is None
