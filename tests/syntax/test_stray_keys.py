"""Keys of an entry that do not belong there, and the hints for them."""

from __future__ import annotations

import pytest

from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source
from mergecli.syntax import ast, entry_parser
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Tree


def tree_of(text: str) -> Tree:
    tree, _ = read(Source(text, "a.yaml"))
    assert tree is not None
    return tree


def entry(text: str, is_merge: bool = False) -> tuple[object, list[tuple[str, str | None]]]:
    sink = DiagnosticSink()
    result = entry_parser.entry(tree_of(text), (), sink, is_merge, lambda name: None)
    return result, [(d.code, d.help) for d in sink]


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("{Dense: 8, activation: relu}", "`Dense: {units: 8, activation: relu}`"),
        ("{Dense: {units: 8}, units: 4}", "`Dense` has `units` already; remove one of the two"),
        ("{Dense: 8, units: 4}", "`Dense` has `units` already; remove one of the two"),
        ("{Dense: 8, Flatten: }", "add `- ` before `Flatten`"),
        ("{Dense: 8, inputs: a}", "name the tensors with `from`"),
        ("{Dense: 8, form: a}", "did you mean `from`?"),
        ("{Dense: 8, extra: a}", "expected `from`, `call` or `repeat`"),
    ],
)
def test_a_key_beside_a_class(text: str, hint: str) -> None:
    result, reported = entry(text)
    assert isinstance(result, ast.Entry)
    ((code, help_text),) = reported
    assert code == "unknown-key" and help_text is not None and help_text.endswith(hint)


def test_the_arguments_of_a_class_without_its_name() -> None:
    result, reported = entry("{units: 8}")
    assert result is None
    assert reported == [("missing-key", "name the class: `Dense: {units: 8}`")]


def test_an_entry_of_another_program_is_read_as_it_was_meant() -> None:
    result, reported = entry("{type: Dense, units: 8}")
    assert isinstance(result, ast.Entry) and result.cls.value == "Dense"
    assert [code for code, _ in reported] == ["unknown-key"]


def test_a_model_in_a_list_of_layers_is_shown_as_a_branch() -> None:
    result, reported = entry("{model: a.keras}")
    assert result is None
    assert reported == [
        ("unknown-key", "a model is a branch: `branches: {name: {model: a.keras}}`")
    ]
