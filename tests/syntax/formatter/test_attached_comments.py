"""Comments: the part of the text that each belongs to."""

from __future__ import annotations

from mergecli.diagnostics.source import Source
from mergecli.syntax.formatter.attached_comments import attach, stays
from mergecli.syntax.formatter.tree import Page
from mergecli.syntax.yaml_reader import written


def attached(text: str) -> tuple[Page, list[str]]:
    tree, events, problems = written(Source(text, ""))
    assert tree is not None, problems
    page = Page(text, events)
    return page, attach(page)


def test_a_comment_belongs_to_what_is_after_it_or_before_it_on_its_line() -> None:
    page, _ = attached("# top\na: 1  # end\n# next\nb: 2\n")
    first, second = page.root.value.slots
    assert (first.before, first.trailing) == (["# top"], ["# end"])
    assert (second.before, second.trailing) == (["# next"], [])


def test_a_comment_after_the_last_item_belongs_to_the_list_of_its_indentation() -> None:
    page, _ = attached("a:\n  - 1\n  # inside\nb: 2\n")
    first, second = page.root.value.slots
    assert first.value.dangling == ["# inside"]
    assert second.before == []


def test_a_comment_at_the_indentation_of_the_next_key_belongs_to_that() -> None:
    page, _ = attached("a:\n  - 1\n# outside\nb: 2\n")
    first, second = page.root.value.slots
    assert first.value.dangling == []
    assert second.before == ["# outside"]


def test_a_hash_in_a_string_is_no_comment() -> None:
    page, _ = attached("a: 'x # y'\nb: x#y\nc: |\n  # z\n")
    for slot in page.root.value.slots:
        assert (slot.before, slot.trailing, slot.value.dangling) == ([], [], [])


def test_a_comment_before_a_bracket_that_ends_a_list_stays_in_it() -> None:
    page, _ = attached("a: [1,\n  # last\n  ]  # closed\n")
    (slot,) = page.root.value.slots
    assert slot.value.dangling == ["# last"]
    assert slot.closing == ["# closed"]


def test_a_comment_on_the_line_of_the_marker_is_returned() -> None:
    page, on_marker = attached("--- # words\na: 1\n")
    assert on_marker == ["# words"]
    assert page.root.value.slots[0].before == []


def test_an_empty_line_is_kept_before_what_it_separates() -> None:
    page, _ = attached("a: 1\n\nb: 2\n\n# words\nc: 3\n")
    first, second, third = page.root.value.slots
    assert [first.blank, second.blank, third.blank] == [False, True, False]
    assert third.before == [None, "# words"]


def test_what_a_comment_for_mergecli_applies_to_keeps_its_lines() -> None:
    text = "a: [1,\n  2]  # mergecli: ignore[unused-input]\nb: [1,\n  2]\n"
    page, _ = attached(text)
    first, second = page.root.value.slots
    assert (stays(first.value), stays(second.value)) == (True, False)
    assert 1 in page.protected
