"""What is shown of the word under the cursor, and when nothing is."""

from __future__ import annotations

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.hints import hints
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


#: A model inside a model, each written where a layer applies it.
INLINE = """input: [5, 4, 8]
layers:
  - TimeDistributed:
      layer:
        input: [4, 8]
        layers:
          - TimeDistributed:
              layer:
                input: [8]
                layers:
                  - Dense: {units: 6, name: inner}
                  - Dense: {units: 3}
                  - {Concatenate: {}, from: [inner, previous]}
          - Flatten
  - Flatten
  - Dense: 2
"""


def test_a_layer_of_a_model_in_a_layer_is_shown_with_its_own_shapes() -> None:
    for word, shapes, count in [
        ("De|nse: {units: 6", "(None, 8) → (None, 6)", "54 parameters"),
        ("De|nse: {units: 3", "(None, 6) → (None, 3)", "21 parameters"),
        ("Conca|tenate", "(None, 6), (None, 3) → (None, 9)", "0 parameters"),
        ("De|nse: 2", "(None, 180) → (None, 2)", "362 parameters"),
    ]:
        found = over(INLINE.replace(word.replace("|", ""), word))
        assert found is not None
        assert shapes in found.words
        assert count in found.words


def test_a_reference_in_a_model_in_a_layer_is_to_its_layers() -> None:
    found = over(INLINE.replace("from: [inner", "from: [in|ner"))
    assert found is not None
    assert "`inner` is Dense `inner`  \n(None, 6)" in found.words
    found = over(INLINE.replace("inner, previous", "inner, pre|vious"))
    assert found is not None
    assert "(None, 3)" in found.words


def test_every_layer_of_a_model_in_a_layer_has_a_hint() -> None:
    analysis = Analysis(Text(INLINE), "a.yaml")
    labels = [hint.label for hint in hints(analysis, 0, len(INLINE))]
    assert labels == [
        "(None, 5, 36)",
        "(None, 4, 9)",
        "(None, 6)",
        "(None, 3)",
        "(None, 9)",
        "(None, 36)",
        "(None, 180)",
        "(None, 2)",
    ]


def test_the_layers_of_a_model_in_a_block_are_part_of_the_layer_that_applies_it() -> None:
    block = """blocks:
  unit:
    layers:
      - TimeDistributed:
          layer:
            input: [8]
            layers: [Identity, Identity, {Dense: 4}]
      - Flatten
input: [3, 8]
layers:
"""
    found = over(f"{block}  - un|it: {{}}\n")
    assert found is not None
    assert "(None, 12)" in found.words
    assert "2 layers, 36 parameters" in found.words
    state = Analysis(Text(f"{block}  - unit: {{}}\n"), "a.yaml")
    labels = [hint.label for hint in hints(state, 0, len(state.text.text))]
    assert labels[-1] == "(None, 12)"


def test_layers_of_a_block_in_two_models_have_the_weights_of_both() -> None:
    model = "  - TimeDistributed: {layer: {input: [8], layers: [Identity, {unit: {}}]}}\n"
    found = over(
        "blocks:\n  unit:\n    layers:\n      - De|nse: 8\n"
        f"input: [3, 8]\nlayers:\n{model}{model.replace('Identity, ', '')}"
    )
    assert found is not None
    assert "2 layers, 144 parameters" in found.words
