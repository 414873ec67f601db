"""Values as YAML on one line, which reads as the same values."""

from __future__ import annotations

import pytest

from mergecli.diagnostics.source import Source
from mergecli.syntax.quoting import Expression, describe, flow, key_of
from mergecli.syntax.yaml_reader import read

VALUES = [
    True, False, None, 0, -3, 1 << 70, 0.5, 1e300, float("inf"), float("-inf"), "", "no", "null",
    "64", "1e3", "-", "- a", "a: b", "a #b", "é", "\u2028", "\x9b", "two words", [], {}, [[1], "a"],
    {"units": 3, "nested": {"a": [None, True]}},
]  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_read_as_itself(value: object) -> None:
    tree, problems = read(Source(f"x: {flow(value)}", "x"))
    assert problems == [] and tree is not None
    again = tree.data()
    assert again == {"x": value}
    assert type(again["x"]) is type(value)


def test_a_dollar_begins_a_variable_only_in_an_expression() -> None:
    assert flow("$a") == '"$$a"'
    assert flow(Expression("$a")) == "$a"
    assert key_of("$a") == '"$a"'


def test_long_lists_are_described_by_their_length() -> None:
    assert describe([1, 2]) == "[1, 2]"
    assert describe(list(range(1000))) == "a list of 1,000"
