"""Keys of mappings: known, misspelled, or of another mapping."""

from __future__ import annotations

from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source
from mergecli.syntax import keys
from mergecli.syntax.grammar import BRANCH
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Mapping, Tree


def tree_of(text: str) -> Tree:
    tree, _ = read(Source(text, "a.yaml"))
    assert tree is not None
    return tree


def mapping(text: str) -> Mapping:
    tree = tree_of(text)
    assert type(tree) is Mapping
    return tree


def test_a_key_is_known_misspelled_or_ignored() -> None:
    sink = DiagnosticSink()
    tree = mapping("{input: [3], layrs: [], x-note: 3}")
    keys.check_keys(tree, BRANCH, sink)
    assert [(d.code, d.help) for d in sink][:1] == [("unknown-key", "did you mean `layers`?")]
    assert keys.is_misspelled(tree, BRANCH, ("layers",), sink)
    assert not keys.is_misspelled(tree, BRANCH, ("from",), sink)


def test_the_last_of_equal_keys_counts() -> None:
    tree = mapping("{a: 1, b: 2, a: 3}")
    unique = keys.unique(tree)
    assert unique.data() == {"a": 3, "b": 2}
    assert keys.unique(unique) is unique


def test_another_value_than_a_string_is_shown_in_quotes() -> None:
    sink = DiagnosticSink()
    assert keys.text(tree_of("ten"), "`name` must be a string", sink) == "ten"
    assert keys.text(tree_of("10"), "`name` must be a string", sink) is None
    assert [(d.code, d.help) for d in sink] == [("wrong-type", 'quote it: "10"')]
