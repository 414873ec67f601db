"""The concrete syntax tree: what it keeps of a text that its values do not tell."""

from __future__ import annotations

from mergecli.diagnostics.source import Source
from mergecli.syntax.formatter.tree import Page
from mergecli.syntax.yaml_reader import written


def page(text: str) -> Page:
    tree, events, problems = written(Source(text, ""))
    assert tree is not None, problems
    return Page(text, events)


def test_quotes_brackets_and_places_are_kept() -> None:
    root = page("a: 'x'\nb: [1,\n  2]\n").root.value
    first, second = root.slots
    assert (first.value.text, first.value.style, first.value.value) == ("'x'", "'", "x")
    assert (first.line, first.value.column) == (0, 3)
    assert second.value.flow
    assert not second.value.compact
    assert (second.value.line, second.value.last) == (1, 2)
    assert [slot.value.text for slot in second.value.slots] == ["1", "2"]
    assert all(slot.value.inside for slot in second.value.slots)


def test_a_collection_in_brackets_on_one_line_is_compact() -> None:
    value = page("a: [1, 2]\n").root.value.slots[0].value
    assert (value.flow, value.compact) == (True, True)
    assert not page("a:\n  - 1\n").root.value.slots[0].value.flow


def test_anchors_and_tags_are_apart_from_the_text() -> None:
    found = page("a: &x !!str 5\nb: *x\n")
    first, second = (slot.value for slot in found.root.value.slots)
    assert (first.properties, first.text) == ("&x !!str", "5")
    assert (second.kind, second.text) == ("alias", "*x")
    assert found.linked
    assert not page("a: 5\n").linked


def test_the_document_begins_after_its_marker() -> None:
    found = page("---\na: 1\n")
    assert (found.begin, found.explicit) == (3, True)
    assert (page("a: 1\n").begin, page("a: 1\n").explicit) == (0, False)


def test_the_first_line_of_a_block_scalar_may_have_a_comment() -> None:
    text = "a: | # words\n  # text\nb: 1\n"
    found = page(text)
    inside = text.index("# text")
    outside = text.index("# words")
    assert any(start <= inside < end for start, end in found.scalars)
    assert not any(start <= outside < end for start, end in found.scalars)


def test_nothing_after_a_class_means_no_arguments() -> None:
    for text, wanted in (("A:", True), ("A: {}", True), ("A: []", False), ("A: &x", False)):
        assert page(f"{text}\n").root.value.slots[0].value.nothing is wanted, text


def test_an_item_of_a_list_is_where_its_list_is() -> None:
    items = page("a:\n    -   1\n    - 2\n").root.value.slots[0].value.slots
    # The column of the dash, not that of the value.
    assert [slot.column for slot in items] == [4, 4]
    assert [slot.line for slot in items] == [1, 2]
