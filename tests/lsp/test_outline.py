"""The outline of a spec, and what can be folded."""

from __future__ import annotations

import pytest
from running import SPECS

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.outline import Symbol, folds, outline
from mergecli.lsp.text import Text

SPEC = """\
# A comment
# of two lines.
vars: {width: 64}
blocks:
  unit:
    params: {n: 4}
    layers:
      - Dense: $n

branches:
  a:
    input: [8]
    layers:
      - unit
      # after it
      - Dense:
          units: $width
          name: last
  b: {spec: other.yaml}

# the end
merge: Concatenate
head:
  - use: last
"""


def lines(symbols: list[Symbol], depth: int = 0) -> list[str]:
    result = []
    for symbol in symbols:
        result.append("  " * depth + f"{symbol.what} {symbol.name} {symbol.detail}".rstrip())
        result += lines(symbol.children, depth + 1)
    return result


def test_an_outline_has_sections_branches_and_layers_with_shapes() -> None:
    text = SPEC.replace("  b: {spec: other.yaml}\n", "  b: {input: [8]}\n")
    assert lines(outline(Analysis(Text(text), ""))) == [
        "section vars",
        "  variable width 64",
        "section blocks",
        "  block unit",
        "    section params",
        "      variable n 4",
        "    section layers",
        "      layer Dense (None, 4)",
        "section branches",
        "  branch a (None, 64)",
        "    layer unit (None, 4)",
        "    layer Dense last (None, 64)",
        "  branch b (None, 8)",
        "section merge Concatenate",
        "  layer Concatenate (None, 72)",
        "section head",
        "  layer use last",
    ]


def test_a_block_that_only_a_model_in_a_layer_uses_has_the_shapes_in_it() -> None:
    text = """blocks:
  unit:
    layers:
      - Dense: 4
input: [3, 8]
layers:
  - TimeDistributed:
      layer:
        input: [8]
        layers: [Identity, Identity, Identity, unit]
"""
    assert "    layer Dense (None, 4)" in lines(outline(Analysis(Text(text), "")))


def test_a_layer_in_a_block_has_the_shapes_of_all_its_uses() -> None:
    unit = "blocks: {unit: {params: {n: 4}, layers: [{Dense: $n}]}}\ninput: [8]\n"
    text = f"{unit}layers: [{{unit: 2}}, {{unit: 3}}, {{unit: 2}}]\n"
    found = lines(outline(Analysis(Text(text), "")))
    assert "      layer Dense (None, 2) | (None, 3)" in found
    assert found[-1] == "  layer unit (None, 2)"


def test_inputs_have_their_shapes_alone_and_beside_other_settings() -> None:
    text = "inputs: {a: [4], b: {shape: [8, 8, 3], dtype: int32}, c: {dtype: int32}}\nlayers: []\n"
    found = lines(outline(Analysis(Text(text), "")))
    assert found[1:4] == ["  input a [4]", "  input b [8, 8, 3]", "  input c"]
    text = "input: {shape: [8], name: x}\nlayers: [Flatten]\n"
    assert lines(outline(Analysis(Text(text), "")))[0] == "section input [8]"


def test_a_symbol_ends_before_what_belongs_to_nothing() -> None:
    text = Text(SPEC)
    (branches,) = [s for s in outline(Analysis(text, "")) if s.name == "branches"]
    assert SPEC[branches.start : branches.end].endswith("b: {spec: other.yaml}")


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_symbols_lie_in_their_parents_and_hold_their_names(path: object) -> None:
    text = path.read_text("utf-8")  # type: ignore[attr-defined]
    analysis = Analysis(Text(text), str(path))

    def check(symbols: list[Symbol], start: int, end: int) -> None:
        for symbol in symbols:
            first = analysis.text.start(symbol.key.span)
            assert start <= symbol.start <= first < symbol.end <= end
            check(symbol.children, symbol.start, symbol.end)

    symbols = outline(analysis)
    assert symbols
    check(symbols, 0, len(text))


def test_values_and_comments_of_several_lines_can_be_folded() -> None:
    assert folds(Analysis(Text(SPEC), "")) == [
        (0, 1),
        (3, 7),
        (4, 7),
        (6, 7),
        (9, 18),
        (10, 17),
        (12, 17),
        (15, 17),
        (22, 23),
    ]


def test_what_is_not_a_spec_has_no_outline() -> None:
    analysis = Analysis(Text("name: ci\non: push\njobs:\n  a:\n    b: 1\n"), "")
    assert outline(analysis) == [] and folds(analysis) == []
    assert outline(Analysis(Text("input: [8\n"), "")) == []


def test_aliases_that_make_too_much_of_a_text_have_no_outline() -> None:
    text = "x-a: &a [{Dense: 1}, {Dense: 1}, {Dense: 1}, {Dense: 1}]\n"
    for number in range(9):
        before, name = chr(97 + number), chr(98 + number)
        text += f"x-{name}: &{name} [*{before}, *{before}, *{before}, *{before}]\n"
    assert outline(Analysis(Text(text + "input: [8]\nlayers: *j\n"), "")) == []
