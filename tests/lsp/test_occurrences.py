"""Where the names of a spec are given and used."""

from __future__ import annotations

from itertools import pairwise

import pytest

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.occurrences import occurrence_at, occurrences, references, same_name
from mergecli.lsp.text import Text

SPEC = """\
vars: {width: 64, unused: 1}
blocks:
  residual:
    params: {filters: $width}
    layers:
      - Conv2D: {filters: $filters, kernel_size: 3, padding: same, name: conv}
      - Add: {}
        from: [conv, input]
branches:
  image:
    input: {shape: [32, 32, 3], name: pixels}
    layers:
      - Conv2D: {filters: 3, kernel_size: 3, padding: same, name: &first "first"}
      - residual: {filters: 3}
        as: stage
      - Dense: {units: $(width // 2 if 'width' != "width" else 1)}
        from: stage_conv
      - use: first
        from: pixels
      - Flatten
  facts: {input: [8], layers: [{LSTM: {units: 4, return_state: true, name: cell}}]}
merge: {Concatenate: {}, from: [image, "cell[1]"]}
heads: {label: [{Dense: 4}], score: {from: previous, layers: [{Dense: 1}]}}
outputs: {label: label_dense, again: merge}
compile: {optimizer: Adam, loss: {label: mse}, metrics: {label: [mae]}}
"""


def analysis(text: str = SPEC) -> Analysis:
    return Analysis(Text(text), "")


def found(text: str, here: str) -> list[str]:
    """The lines, from 1, of all occurrences of the name at the cursor `|` of a part of a text."""
    before, cursor, after = here.partition("|")
    assert cursor and text.count(before + after) == 1
    known = analysis(text)
    one = occurrence_at(known, text.index(before + after) + len(before))
    assert one is not None
    return [
        f"{text.count(chr(10), 0, other.start) + 1}{'*' if other.is_definition else ''}"
        for other in same_name(known, one)
    ]


@pytest.mark.parametrize(
    ("here", "lines"),
    [
        ("{wid|th: 64", ["1*", "4", "16"]),
        ("$(wid|th // 2", ["1*", "4", "16"]),
        ("params: {fil|ters", ["4*", "6", "14"]),
        ("residual: {fil|ters", ["4*", "6", "14"]),
        ("  resi|dual:\n", ["3*", "14"]),
        ("- resi|dual: {", ["3*", "14"]),
        ("[co|nv, input", ["6*", "8"]),
        ("use: fi|rst", ["13*", "18"]),
        ("from: pix|els", ["11*", "19"]),
        ("as: sta|ge", ["15*"]),
        ("  ima|ge:\n", ["10*", "22"]),
        ('"cel|l[1]', ["21*", "22"]),
        ("loss: {lab|el", ["24*", "25", "25"]),
    ],
)
def test_every_occurrence_of_a_name_is_found(here: str, lines: list[str]) -> None:
    assert found(SPEC, here) == lines


@pytest.mark.parametrize(
    "here", ["from: stage_|conv", "$(width // 2 if 'wi|dth'", "Fla|tten", "pre|vious"]
)
def test_other_words_are_not_names(here: str) -> None:
    before, _, after = here.partition("|")
    offset = SPEC.index(before + after) + len(before)
    assert occurrence_at(analysis(), offset) is None


def test_an_occurrence_is_the_name_without_quotes_and_anchors() -> None:
    known = analysis()
    for occurrence in occurrences(known):
        assert SPEC[occurrence.start : occurrence.end] == occurrence.name.name


def test_occurrences_do_not_overlap_and_are_in_order() -> None:
    places = [(one.start, one.end) for one in occurrences(analysis())]
    assert all(one[1] <= other[0] for one, other in pairwise(places))


def test_references_include_names_that_the_check_makes() -> None:
    assert {"stage_conv", "label_dense", "cell", "merge", "input"} <= {
        reference.text for reference in references(analysis())
    }


def test_a_head_gives_its_output_a_name_unless_outputs_do() -> None:
    text = SPEC.replace("outputs: {label: label_dense, again: merge}\n", "")
    assert found(text, "loss: {lab|el") == ["23*", "24", "24"]


def test_an_anchor_that_is_used_again_is_one_place() -> None:
    text = "x-a: &a {units: 4}\ninput: [8]\nlayers: [{Dense: *a, name: no}, {Dense: *a}]\n"
    assert [one.name.name for one in occurrences(analysis(text))] == []
    text = "inputs: {a: [8]}\nlayers: [{Dense: 4, from: &r a}, {Dense: 4, from: *r}]\n"
    assert len(occurrences(analysis(text))) == 2


def test_layers_that_a_branch_freezes_are_its_own_or_those_of_a_model() -> None:
    text = "branches:\n  a: {input: [8], layers: [{Dense: {units: 4, name: d}}], trainable: [d]}\n"
    assert len(occurrences(analysis(text))) == 3
    model = "branches:\n  a: {application: VGG16, trainable: [d]}\n  d: {input: [8], layers: [Flatten]}\n"
    assert [one.is_definition for one in occurrences(analysis(model))] == [True, True]


def test_names_in_a_model_in_a_layer_are_its_own() -> None:
    text = """\
input: [5, 4]
layers:
  - Dense: {units: 4, name: one}
  - TimeDistributed:
      layer:
        input: [4]
        layers:
          - Dense: {units: 4, name: one}
          - ReLU: {}
            from: one
  - ReLU: {}
    from: one
"""
    known = analysis(text)
    inner = occurrence_at(known, text.index("from: one") + 7)
    outer = occurrence_at(known, text.rindex("from: one") + 7)
    assert inner is not None and outer is not None
    assert len(same_name(known, inner)) == 2 and len(same_name(known, outer)) == 2
    assert inner.name.scalar is not outer.name.scalar
