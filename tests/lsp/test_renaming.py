"""Renames: every reference follows, and the model stays the same."""

from __future__ import annotations

import pytest
from running import SPECS

from mergecli.lsp.analysis import Analysis
from mergecli.lsp.occurrences import occurrences
from mergecli.lsp.renaming import CannotRename, renamable, rename
from mergecli.lsp.text import Text

SPEC = """\
vars: {width: 64}
blocks:
  residual:
    params: {filters: 64}
    layers:
      - Conv2D: {filters: $filters, kernel_size: 3, padding: same, name: conv}
      - Add: {}
        from: [conv, input]
branches:
  image:
    input: [32, 32, 3]
    layers:
      - Conv2D: {filters: 3, kernel_size: 3, padding: same, name: first}
      - residual: {filters: 3}
        as: stage
      - Dense: {units: $(width // 2)}
        from: stage_conv
      - GlobalAveragePooling2D
  facts: {input: [8], layers: [{Dense: 10}]}
merge: Concatenate
head: [{Dense: 4}, {Add: {}, from: [image_dense, image_dense]}]
outputs: [previous, facts]
"""


def renamed(text: str, here: str, new: str) -> str:
    """A text after what is at the cursor `|` of a part of it is renamed."""
    before, cursor, after = here.partition("|")
    assert cursor and before + after in text
    analysis = Analysis(Text(text), "")
    for edit in reversed(rename(analysis, text.index(before + after) + len(before), new)):
        text = text[: edit.start] + edit.text + text[edit.end :]
    return text


@pytest.mark.parametrize(
    ("here", "new", "changes"),
    [
        ("vars: {wid|th", "size", {"width: 64": "size: 64", "$(width": "$(size"}),
        (
            "name: co|nv}",
            "c",
            {"name: conv": "name: c", "[conv,": "[c,", "from: stage_conv": "from: stage_c"},
        ),
        ("as: sta|ge", "s", {"as: stage": "as: s", "from: stage_conv": "from: s_conv"}),
        (
            "  ima|ge:",
            "picture",
            {
                "  image:": "  picture:",
                "[image_dense, image_dense]": "[picture_dense, picture_dense]",
            },
        ),
        ("  fac|ts:", "table", {"  facts:": "  table:", "previous, facts]": "previous, table]"}),
        ("  residu|al:", "unit", {"  residual:": "  unit:", "- residual:": "- unit:"}),
        (
            "params: {fil|ters",
            "n",
            {
                "params: {filters": "params: {n",
                "filters: $filters": "filters: $n",
                "residual: {filters": "residual: {n",
            },
        ),
    ],
)
def test_what_follows_from_a_name_is_renamed_too(
    here: str, new: str, changes: dict[str, str]
) -> None:
    expected = SPEC
    for old, other in changes.items():
        assert old in expected
        expected = expected.replace(old, other)
    assert renamed(SPEC, here, new) == expected


@pytest.mark.parametrize(
    ("here", "new", "reason"),
    [
        ("  fac|ts:", "image", "the key `image` occurs twice"),
        ("name: fi|rst", "stage_conv", "is used twice"),
        ("name: fi|rst", "true", "cannot be used as a name"),
        ("name: fi|rst", "a: b", "cannot be used as a name"),
        ("  residu|al:", "Residual", "a lower-case letter first"),
        ("vars: {wid|th", "a-b", "letters, digits and `_`"),
        ("- Conv|2D", "x", "there is no name here"),
        ("from: stage_|conv", "x", "there is no name here"),
    ],
)
def test_a_rename_that_cannot_be_made_says_why(here: str, new: str, reason: str) -> None:
    with pytest.raises(CannotRename, match=reason):
        renamed(SPEC, here, new)


def test_a_parameter_that_would_hide_a_variable_is_refused() -> None:
    text = """\
vars: {a: 4}
blocks: {b: {params: {c: 8}, layers: [{Dense: $a}, {Dense: $c}]}}
input: [8]
layers: [b]
"""
    with pytest.raises(CannotRename, match="another meaning"):
        renamed(text, "params: {|c", "a")


def test_the_name_of_a_layer_that_has_none_in_the_text_is_refused() -> None:
    text = "input: [8]\nlayers: [{Dense: 4}, {Dense: {units: 4, name: out}}]\n"
    for new, other in (("input", "input_1"), ("dense", "dense_1")):
        with pytest.raises(CannotRename, match=f"would become `{other}`"):
            renamed(text, "name: |out", new)
    assert "name: dense_1" in renamed(text, "name: |out", "dense_1")


def test_a_computed_name_is_not_renamed() -> None:
    text = "vars: {n: 1}\ninput: [8]\nlayers: [{Dense: {units: 4, name: a_$n}}]\n"
    analysis = Analysis(Text(text), "")
    with pytest.raises(CannotRename, match="computed"):
        renamable(analysis, text.index("a_$n"))


def test_the_same_name_changes_nothing() -> None:
    assert renamed(SPEC, "  fac|ts:", "facts") == SPEC


@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.stem)
def test_names_of_a_spec_can_be_renamed_and_renamed_back(path: object) -> None:
    text = path.read_text("utf-8")  # type: ignore[attr-defined]
    count = len(occurrences(Analysis(Text(text), str(path))))
    done = set()
    # Of a large spec, every third or so.
    for number in range(0, count, 1 + count // 20):
        analysis = Analysis(Text(text), str(path))
        one = occurrences(analysis)[number]
        if one.name.scalar.span in done or "$" in one.name.name:
            continue
        done.add(one.name.scalar.span)
        other = text
        for edit in reversed(rename(analysis, one.start, "zz_9")):
            other = other[: edit.start] + edit.text + other[edit.end :]
        assert other != text
        again = Analysis(Text(other), str(path))
        (place, *_) = [one.start for one in occurrences(again) if one.name.name == "zz_9"]
        back = other
        for edit in reversed(rename(again, place, one.name.name)):
            back = back[: edit.start] + edit.text + back[edit.end :]
        assert back == text


def test_a_layer_is_renamed_where_an_output_has_its_name() -> None:
    text = """\
input: [8]
layers: [{Dense: {units: 1, name: size}}]
outputs: {size: size}
compile: {optimizer: Adam, loss: mse, metrics: {size: [mae]}}
"""
    after = renamed(text, "name: si|ze", "layer")
    assert renamed(text, "metrics: {si|ze", "out") == text.replace("{size:", "{out:")
    assert "name: layer" in after and "{size: layer}" in after and "{size: [mae]}" in after
