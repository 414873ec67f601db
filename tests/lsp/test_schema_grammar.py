"""What the language has at a place, as its schema says it."""

from __future__ import annotations

from mergecli.lsp.schema_grammar import Grammar

GRAMMAR = Grammar()


def test_a_path_leads_to_the_keys_of_its_mapping() -> None:
    assert {"input", "layers", "blocks"} <= GRAMMAR.keys(GRAMMAR.at(())).keys()
    arguments = GRAMMAR.keys(GRAMMAR.at(("layers", 0, "Dense")))
    assert {"units", "activation"} <= arguments.keys()
    assert "filters" not in arguments


def test_the_number_of_an_item_does_not_matter() -> None:
    assert GRAMMAR.at(("layers", 0)) == GRAMMAR.at(("layers", 7))


def test_a_path_that_the_language_has_not_leads_nowhere() -> None:
    assert GRAMMAR.at(("name", 0, "x")) == []


def test_both_values_of_a_switch_are_known_once() -> None:
    assert GRAMMAR.values([{"type": ["boolean", "null"]}, {"type": "boolean"}]) == [True, False]
    assert GRAMMAR.values([{"enum": ["a", "b"]}, {"enum": ["b", "c"]}]) == ["a", "b", "c"]


def test_the_first_description_is_told_in_markdown_where_there_is_one() -> None:
    plain, marked = {"description": "x"}, {"description": "x", "markdownDescription": "**x**"}
    assert GRAMMAR.words([{}, marked, plain]) == "**x**"
    assert GRAMMAR.words([plain, marked]) == "x"
    assert GRAMMAR.words([{}]) == ""


def test_alternatives_are_all_found_and_each_once() -> None:
    one: dict[str, object] = {"type": "string"}
    outer = {"anyOf": [one, {"allOf": [one]}], "then": {"type": "null"}}
    kinds = [schema.get("type") for schema in GRAMMAR.whole([outer, None])]
    assert kinds.count("string") == 1
    assert "null" in kinds
