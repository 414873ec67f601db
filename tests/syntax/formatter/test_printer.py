"""The printer: quotes, brackets, and what is too long for one line."""

from __future__ import annotations

import pytest

from mergecli.diagnostics.source import Source
from mergecli.syntax.formatter.attached_comments import attach
from mergecli.syntax.formatter.key_order import arrange
from mergecli.syntax.formatter.printer import WIDTH, Writer
from mergecli.syntax.formatter.tree import Page
from mergecli.syntax.yaml_reader import written


def printed(text: str) -> str:
    tree, events, problems = written(Source(text, ""))
    assert tree is not None, problems
    page = Page(text, events)
    attach(page)
    arrange(page, False)
    return "\n".join(Writer(page).document()) + "\n"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("'relu'", "relu"),
        ('"two words"', "two words"),
        ("'a: b'", '"a: b"'),
        ("'yes'", '"yes"'),
        ("'12'", '"12"'),
        ("'1e3'", '"1e3"'),
        ("''", '""'),
        ("'say \"x\"'", "'say \"x\"'"),
        ('"a\\tb"', '"a\\tb"'),
        ("'$n'", "$n"),
    ],
)
def test_a_string_has_only_the_quotes_that_it_needs(before: str, after: str) -> None:
    assert printed(f"name: {before}\n") == f"name: {after}\n"


def test_a_list_is_put_in_brackets_up_to_the_width_of_a_line() -> None:
    # "x-a: [", "]" and ", " between the items of one letter.
    many = (WIDTH - len("x-a: []") + 2) // 3
    for count, is_one in ((many, True), (many + 1, False)):
        items = ["y" if number else "z" for number in range(count)]
        text = "x-a:\n" + "".join(f"- {item}\n" for item in items)
        result = printed(text)
        assert (result == f"x-a: [{', '.join(items)}]\n") is is_one
        if not is_one:
            assert result == "x-a:\n" + "".join(f"  - {item}\n" for item in items)


def test_a_class_without_arguments_is_its_name_alone() -> None:
    assert printed("layers:\n- Flatten: {}\n- Dense: 3\n") == "layers:\n  - Flatten\n  - Dense: 3\n"


def test_a_comment_in_a_list_keeps_it_on_several_lines() -> None:
    assert printed("x-a: [1, # one\n  2]\n") == "x-a:\n  - 1  # one\n  - 2\n"


def test_a_block_scalar_keeps_its_lines_and_moves_with_its_key() -> None:
    text = "x-a:\n      b: |\n              one\n                two\n\n              three\n"
    assert printed(text) == "x-a:\n  b: |\n    one\n      two\n\n    three\n"


def test_empty_lines_at_the_end_of_a_block_scalar_count_if_it_says_so() -> None:
    assert printed("x-a: |+\n  one\n\n\nx-b: 1\n") == "x-a: |+\n  one\n\n\nx-b: 1\n"
    assert printed("x-a: |\n  one\n\n\nx-b: 1\n") == "x-a: |\n  one\n\nx-b: 1\n"


def test_several_empty_lines_become_one() -> None:
    assert printed("x-a: 1\n\n\n\nx-b: 2\n") == "x-a: 1\n\nx-b: 2\n"


def test_anchors_stay_before_their_values() -> None:
    assert printed("x-a: &one   [1,2]\nx-b: *one\n") == "x-a: &one [1, 2]\nx-b: *one\n"
