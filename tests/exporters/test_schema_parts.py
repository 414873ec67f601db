"""The parts of JSON Schemas: variables in values, words for an editor, closed mappings."""

from __future__ import annotations

import re

from mergecli.exporters.schema_parts import doc, mapping, one_of, ref, string, with_variables


def test_a_number_may_also_be_a_text_with_a_variable_but_no_other_text() -> None:
    schema = with_variables({"type": "integer", "minimum": 0}, "a number")
    assert schema["type"] == ["integer", "string"]
    assert schema["minimum"] == 0
    assert schema["patternErrorMessage"] == "must be a number"
    assert re.search(schema["pattern"], "$units")
    assert re.search(schema["pattern"], "$(units * 2)")
    assert not re.search(schema["pattern"], "64")


def test_a_text_with_a_pattern_keeps_it_beside_variables() -> None:
    schema = with_variables({"type": "string", "pattern": "^relu$"})
    assert schema["type"] == "string"
    assert re.search(schema["pattern"], "relu")
    assert re.search(schema["pattern"], "${kind}") is None
    assert re.search(schema["pattern"], "$kind")


def test_names_to_choose_from_have_a_variable_beside_them() -> None:
    choice = {"enum": ["same", "valid"]}
    assert with_variables(choice) == {"anyOf": [choice, {"$ref": "#/$defs/variable"}]}


def test_variables_are_accepted_in_the_values_of_a_mapping_and_the_original_stays() -> None:
    original = {"type": "object", "properties": {"rate": {"type": "number"}}}
    schema = with_variables(original)
    assert schema["properties"]["rate"]["type"] == ["number", "string"]
    assert original == {"type": "object", "properties": {"rate": {"type": "number"}}}


def test_references_and_empty_schemas_are_left_as_they_are() -> None:
    assert with_variables({}) == {}
    assert with_variables(ref("shape")) == {"$ref": "#/$defs/shape"}


def test_words_with_markup_are_also_given_plain() -> None:
    assert doc("The `units`, **all**.") == {
        "description": "The units, all.",
        "markdownDescription": "The `units`, **all**.",
    }
    assert doc("The units.") == {"description": "The units."}


def test_a_choice_matches_whole_names_only() -> None:
    pattern = one_of(["add", "concat"])
    assert [bool(re.search(pattern, name)) for name in ("add", "concat", "adds", "a")] == [
        True,
        True,
        False,
        False,
    ]


def test_a_mapping_holds_its_values_to_the_schema_and_a_text_without_words_has_no_message() -> None:
    assert mapping(string("^a"), minProperties=1) == {
        "type": "object",
        "additionalProperties": {"type": "string", "pattern": "^a"},
        "minProperties": 1,
    }
