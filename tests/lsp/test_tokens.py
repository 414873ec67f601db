"""The types of the words of a spec."""

from __future__ import annotations

import pytest
from running import SPECS

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.text import Text
from mergecli.lsp.tokens import TYPES, encoded, tokens

SPEC = """\
vars: {width: 4}
blocks: {unit: {params: {n: 4}, layers: [{Dense: $n}]}}
branches:
  a: {input: [8], layers: [unit, {Dense: {units: $width, name: x}}, {Flatten: {}, from: x}]}
  b: {input: [8]}
merge: {Concatenate: {axis: -1}}
x-more: 1
"""


def test_words_have_the_type_of_their_meaning() -> None:
    found = [
        (SPEC[token.start : token.end], token.type, token.is_declaration)
        for token in tokens(Analysis(Text(SPEC), ""))
    ]
    assert [(word, what) for word, what, declared in found if declared] == [
        ("width", "variable"),
        ("unit", "function"),
        ("n", "parameter"),
        ("a", "namespace"),
        ("x", "property"),
        ("b", "namespace"),
    ]
    assert [(word, what) for word, what, declared in found if not declared] == [
        ("vars", "keyword"),
        ("blocks", "keyword"),
        ("params", "keyword"),
        ("layers", "keyword"),
        ("Dense", "class"),
        ("n", "parameter"),
        ("branches", "keyword"),
        ("input", "keyword"),
        ("layers", "keyword"),
        ("unit", "function"),
        ("Dense", "class"),
        ("width", "variable"),
        ("Flatten", "class"),
        ("from", "keyword"),
        ("x", "property"),
        ("input", "keyword"),
        ("merge", "keyword"),
        ("Concatenate", "class"),
    ]


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_tokens_are_in_order_and_their_code_leads_back_to_them(path: object) -> None:
    text = Text(path.read_text("utf-8"))  # type: ignore[attr-defined]
    found = tokens(Analysis(text, str(path)))
    assert found
    numbers = encoded(text, found)
    line = character = 0
    for index, token in enumerate(found):
        down, right, length, what, declared = numbers[5 * index : 5 * index + 5]
        line, character = line + down, right if down else character + right
        assert text.position(token.start) == (line, character)
        assert text.text[token.start : token.end] == text.line(line)[character : character + length]
        assert (TYPES[what], bool(declared)) == (token.type, token.is_declaration)


def test_places_are_in_the_units_of_the_editor() -> None:
    text = Text(
        'input: [8]\nlayers: [{Dense: {name: "\U0001f600", units: 4}}, {ReLU: {}}]\n', "utf-16"
    )
    numbers = encoded(text, tokens(Analysis(text, "")))
    places = [numbers[index : index + 3] for index in range(0, len(numbers), 5)]
    assert places == [[0, 0, 5], [1, 0, 6], [0, 10, 5], [0, 15, 2], [0, 18, 4]]


def test_what_is_not_a_spec_has_no_tokens() -> None:
    assert tokens(Analysis(Text("name: ci\non: push\n"), "")) == []
