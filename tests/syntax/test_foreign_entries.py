"""Entries in the forms of other programs: what they mean, and how they are written here."""

from __future__ import annotations

import pytest

from mergecli.diagnostics.source import Source, Span
from mergecli.diagnostics.suggestions import Searches
from mergecli.syntax import foreign_entries
from mergecli.syntax.foreign_entries import ForeignEntry
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Mapping


def mapping(text: str) -> Mapping:
    tree, problems = read(Source(text, ""))
    assert isinstance(tree, Mapping), problems
    return tree


def found(text: str, known: tuple[str, ...] | None = None) -> ForeignEntry:
    result = foreign_entries.read(mapping(text), ("from",), known)
    assert result is not None
    return result


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("{type: Dense, units: 4}", "Dense: {units: 4}"),
        ("{class_name: Dense, config: {units: 4}}", "Dense: {units: 4}"),
        ("{class_name: Dense, module: keras, registered_name: x, units: 4}", "Dense: {units: 4}"),
        ("{type: Flatten}", "Flatten"),
        ("{type: Add, from: [a, b]}", "{Add: {}, from: [a, b]}"),
        ("{type: dense, units: 4}", "Dense: {units: 4}"),
        ("{type: Dense, units: 0x10}", "Dense: {units: 0x10}"),
    ],
)
def test_the_class_becomes_the_key(text: str, wanted: str) -> None:
    result = found(text)
    assert result.hint == f"write the class as the key: `{wanted}`"
    assert result.is_known


def test_an_entry_in_braces_is_rewritten_as_a_whole() -> None:
    (edit,) = found("{type: Dense, units: 4}").fix
    assert edit.span == Span(1, 1, 1, 24)
    assert edit.text == "{Dense: {units: 4}}"


def test_an_entry_on_several_lines_keeps_its_arguments_and_indents_them() -> None:
    first, *others = found("type: Dense\nunits: 4\nactivation: relu\n").fix
    assert (first.span, first.text) == (Span(1, 1, 1, 12), "Dense:")
    assert [(edit.span, edit.text) for edit in others] == [
        (Span(line, 1, line, 1), "  ") for line in (2, 3)
    ]


def test_an_unknown_class_has_a_hint_and_no_fix() -> None:
    result = found("{type: Zzyzxq, units: 4}")
    assert not result.is_known
    assert result.fix == ()
    assert result.hint == "write the class as the key: `Zzyzxq: {units: 4}`"


def test_classes_of_another_role_are_not_those_of_layers() -> None:
    assert found("{class_name: L2, config: {l2: 0.1}}", ("L1", "L2")).is_known
    assert not found("{class_name: Dense}", ("L1", "L2")).is_known


@pytest.mark.parametrize("text", ["{Dense: 4}", "{type: [a]}", "{type: 3}", "{units: 4}"])
def test_other_entries_have_no_such_form(text: str) -> None:
    assert foreign_entries.read(mapping(text), ()) is None


def test_long_arguments_are_shortened_in_the_hint_alone() -> None:
    values = ", ".join(str(number) for number in range(100))
    result = found(f"{{type: Reshape, target_shape: [{values}]}}")
    assert result.hint == "write the class as the key: `Reshape: {target_shape: …}`"
    assert result.fix[0].text == f"{{Reshape: {{target_shape: [{values}]}}}}"


def test_arguments_without_a_class_get_a_likely_one() -> None:
    hint = foreign_entries.without_class(mapping("{units: 4, activation: relu}").entries, False)
    assert hint == "name the class: `Dense: {units: 4, activation: relu}`"
    assert foreign_entries.without_class(mapping("{zzyzxq: 4}").entries, False) is None


def test_a_key_that_is_almost_a_class_was_meant_as_one() -> None:
    entries = mapping("{units: 4, Dnse: 3}").entries
    key = foreign_entries.class_key(entries, Searches())
    assert key is not None
    assert key.value == "Dnse"
