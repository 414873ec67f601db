"""The table of the language: all its readers know every key."""

from __future__ import annotations

import pytest

from mergecli.compiler.pipeline import compile_spec
from mergecli.compiler.same_model import format_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.json_schema import document
from mergecli.syntax.grammar import FORMS, SPEC, form_at


def unknown_keys(text: str) -> list[str]:
    diagnostics = compile_spec(Source(text, "a.yaml")).diagnostics
    return [d.message for d in diagnostics if d.code == "unknown-key"]


@pytest.mark.parametrize("key", SPEC.names)
def test_the_parser_knows_every_key_of_a_spec(key: str) -> None:
    assert not [m for m in unknown_keys(f"{key}: 1\n") if m.startswith("a spec has no key")]


@pytest.mark.parametrize("key", FORMS["branch"].names)
def test_the_parser_knows_every_key_of_a_branch(key: str) -> None:
    messages = unknown_keys(f"branches: {{a: {{{key}: 1}}}}\n")
    assert not [m for m in messages if m.startswith("a branch has no key")]


@pytest.mark.parametrize("form", ["branch", "head", "block", "budget"])
def test_the_schema_has_the_keys_of_a_form(form: str) -> None:
    properties = document()["$defs"][form]["properties"]
    assert set(properties) == set(FORMS[form].names)


def test_the_schema_has_the_keys_of_a_spec_and_an_entry() -> None:
    schema = document()
    assert set(schema["properties"]) == set(SPEC.names)
    assert set(FORMS["entry"].names) <= set(schema["$defs"]["entry"]["properties"])


def test_the_formatter_puts_the_keys_in_the_order_of_the_table() -> None:
    lines = {
        "outputs": "outputs: a",
        "layers": "layers: [{Dense: {units: 8, name: a}}]",
        "input": "input: [8]",
        "compile": "compile: {loss: mse}",
        "budget": "budget: {parameters: 5M}",
        "vars": "vars: {x: 1}",
        "description": "description: d",
        "name": "name: n",
    }
    text, diagnostics = format_spec(Source("\n".join(lines.values()) + "\n", "a.yaml"))
    assert not diagnostics and text is not None
    keys = [line.split(":")[0] for line in text.splitlines() if line[:1].isalpha()]
    assert keys == [name for name in SPEC.names if name in lines]


def test_paths_lead_to_forms() -> None:
    assert form_at(("blocks", "b")) is FORMS["block"]
    assert form_at(("branches", "a", "layers", 3)) is FORMS["entry"]
    assert form_at(("head", 0)) is FORMS["entry"]
    assert form_at(("heads", "h", 0)) is FORMS["entry"]
    assert form_at(("nothing",)) is None
    assert form_at(("branches",)) is None
