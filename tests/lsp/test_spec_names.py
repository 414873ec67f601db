"""The names that a spec gives, and where they can be used."""

from __future__ import annotations

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.lsp.spec_names import base, given, scope_of


def names(text: str) -> list[tuple[str, str, str]]:
    tree = compile_spec(Source(text, "a.yaml")).tree
    return [(name.name, name.what, name.scope) for name in given(tree)]


def test_names_come_in_the_order_of_the_file_with_what_has_them() -> None:
    text = (
        "vars: {width: 4}\ninputs: {left: [8], right: [8]}\nblocks:\n"
        "  stem:\n    params: {size: 3}\n    layers: [{Dense: {units: $size, name: inner}}]\n"
        "layers:\n  - {stem: {}, as: first, from: left}\n  - Dense: {units: 2, name: out}\n"
    )
    assert names(text) == [
        ("width", "variable", ""),
        ("left", "input", ""),
        ("right", "input", ""),
        ("stem", "block", ""),
        ("size", "variable", "stem"),
        ("inner", "layer", "stem"),
        ("first", "instance", ""),
        ("out", "layer", ""),
    ]


def test_names_are_known_while_other_parts_of_the_text_are_wrong() -> None:
    assert names(
        "input: {shape: [x], name: pixels}\nlayers:\n  - Dens: {unit: 2, name: out}\n"
    ) == [
        ("pixels", "input", ""),
        ("out", "layer", ""),
    ]


def test_a_name_that_is_no_text_is_left_out() -> None:
    assert names("input: [8]\nlayers:\n  - Dense: {units: 2, name: 7}\n") == []


def test_a_text_without_a_tree_gives_no_names() -> None:
    assert given(None) == []


@pytest.mark.parametrize(
    ("steps", "scope"),
    [
        (("blocks", "stem"), "stem"),
        (("blocks",), ""),
        (("head", 0, "Dense"), ""),
        (("branches", "blocks", "layers", 0), ""),
    ],
)
def test_a_place_is_in_the_scope_of_its_block(steps: tuple[str | int, ...], scope: str) -> None:
    assert scope_of(steps) == scope


def test_only_a_number_in_brackets_at_the_end_is_no_part_of_a_reference() -> None:
    assert [base(text) for text in ("lstm[12]", "a[1]b", "a[x]", "a[0][1]")] == [
        "lstm",
        "a[1]b",
        "a[x]",
        "a[0]",
    ]
