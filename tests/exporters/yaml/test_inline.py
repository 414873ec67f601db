"""A model in a layer as a mapping: its input, its entries and the names that must be written."""

from __future__ import annotations

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.yaml.entry_writer import given_arguments
from mergecli.exporters.yaml.inline import inline


def _inline(text: str) -> dict[str, object]:
    compiled = compile_spec(Source(text, "a.yaml"))
    assert compiled.network is not None, compiled.diagnostics
    return inline(compiled.network, given_arguments)


def test_layers_in_a_row_need_no_names_and_one_without_arguments_is_its_class() -> None:
    model = _inline("name: m\ninput: [4, 2]\nlayers:\n  - Flatten\n  - Dense: 3\n")
    assert model == {"name": "m", "input": [4, 2], "layers": ["Flatten", {"Dense": {"units": 3}}]}


def test_a_name_that_a_spec_would_not_give_is_written() -> None:
    model = _inline("name: m\ninput: [4]\nlayers:\n  - Dense: {units: 3, name: last}\n")
    assert model["layers"] == [{"Dense": {"units": 3, "name": "last"}}]


def test_an_input_with_a_name_of_its_own_is_a_mapping() -> None:
    model = _inline("name: m\ninput: {shape: [4], name: x}\nlayers:\n  - Dense: 3\n")
    assert model["input"] == {"shape": [4], "name": "x"}


def test_an_entry_that_does_not_follow_the_one_before_says_what_it_is_applied_to() -> None:
    model = _inline(
        "name: m\ninput: [4]\nlayers:\n  - Dense: {units: 4, name: a}\n"
        "  - {Add: {}, from: [a, input]}\n"
    )
    assert model["layers"] == [
        {"Dense": {"units": 4, "name": "a"}},
        {"Add": {}, "from": ["a", "input"]},
    ]
