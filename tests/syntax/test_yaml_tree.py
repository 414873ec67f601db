"""Trees of YAML: places, plain values, edits, and parentheses that commas have split."""

from __future__ import annotations

from mergecli.diagnostics.diagnostic import Edit
from mergecli.diagnostics.source import Source, Span
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, rejoined, size_of


def tree(text: str) -> Tree:
    found, problems = read(Source(text, "a.yaml"))
    assert found is not None, problems
    return found


def value(text: str) -> Scalar:
    found = tree(f"key: {text}\n")
    assert isinstance(found, Mapping)
    inner = found.get("key")
    assert isinstance(inner, Scalar)
    return inner


def test_a_mapping_gives_what_a_key_has_and_none_for_others() -> None:
    found = tree("a: 1\n2: b\n")
    assert isinstance(found, Mapping)
    first = found.get("a")
    assert first is not None
    assert first.data() == 1
    assert found.get(2) is not None
    assert found.get("2") is None


def test_the_place_counts_from_1_and_includes_quotes() -> None:
    found = value("'ab'")
    assert found.span._replace(path="") == Span(1, 6, 1, 10)


def test_another_name_keeps_the_quotes() -> None:
    assert value("relu").respelled("gelu") == (Edit(value("relu").span, "gelu", "relu"),)
    assert value("relu").respelled(None) == ()


def test_a_value_that_is_not_written_here_is_not_edited() -> None:
    written = value("3")
    from_variable = Scalar(7, "$n", True, written.start, written.end)
    assert written.rewritten("4") == (Edit(written.span, "4"),)
    assert from_variable.rewritten("4") == ()
    assert Scalar("relu", "$a", True, written.start, written.end).respelled("gelu") == ()


def test_the_size_counts_keys_values_and_collections() -> None:
    # The mapping, its key, the list and its two items.
    assert size_of(value("3")) == 1
    assert size_of(tree("a: [1, 2]\n")) - size_of(tree("a: [1]\n")) == 1
    assert size_of(tree("- &x [1, 2]\n- *x\n")) - size_of(tree("- &x [1, 2]\n")) == 3


def test_a_tuple_in_a_list_is_one_string_again() -> None:
    found = rejoined(tree("[a, (3, 3), b]\n"))
    assert found.data() == ["a", "(3, 3)", "b"]
    assert isinstance(found, Sequence)
    assert found.items[1].span._replace(path="") == Span(1, 5, 1, 11)


def test_nested_parentheses_end_where_the_outer_ones_do() -> None:
    assert rejoined(tree("[(1, (2, 3), 4), 5]\n")).data() == ["(1, (2, 3), 4)", 5]


def test_a_tuple_in_braces_is_the_value_of_its_key() -> None:
    found = rejoined(tree("{kernel_size: (3, 3), filters: 8}\n"))
    assert found.data() == {"kernel_size": "(3, 3)", "filters": 8}


def test_quoted_parentheses_are_left_alone() -> None:
    found = tree('["(3", "3)"]\n')
    assert rejoined(found) is found
