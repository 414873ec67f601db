"""Values of options that several commands share."""

from __future__ import annotations

import click
import pytest

from mergecli.cli.options import (
    BACKEND_NAMES,
    complete_code,
    read_codes,
    read_custom_layers,
    read_value,
    read_variables,
)
from mergecli.diagnostics.backends import BACKENDS


def test_the_value_of_a_variable_is_yaml_and_may_have_equal_signs() -> None:
    variables = read_variables(("n=3", "s=a=b", "l=[1, 2]", "t=true", "e="))
    assert variables == {"n": 3, "s": "a=b", "l": [1, 2], "t": True, "e": ""}
    assert type(variables["n"]) is int


def test_the_last_assignment_of_a_variable_counts() -> None:
    assert read_variables(("a=1", "a=2")) == {"a": 2}


@pytest.mark.parametrize("assignment", ["width", "=3", ""])
def test_an_assignment_without_name_or_equal_sign_is_refused(assignment: str) -> None:
    with pytest.raises(click.BadParameter, match="is not NAME=VALUE"):
        read_variables((assignment,))


def test_a_value_that_is_not_yaml_names_its_option() -> None:
    with pytest.raises(click.BadParameter, match="is not YAML") as caught:
        read_value("[1, ", "--input", None)
    assert caught.value.param_hint == "'--input'"
    assert read_value("  ", "--input", {}) == {}


def test_codes_are_separated_by_commas_and_must_exist() -> None:
    assert read_codes(["empty,not-found", "is-folder"]) == {"empty", "not-found", "is-folder"}
    with pytest.raises(click.UsageError, match="emty"):
        read_codes(["emty"])


def test_the_shell_completes_the_last_code_and_keeps_those_before() -> None:
    context, parameter = click.Context(click.Command("x")), click.Option(["--ignore"])
    assert complete_code(context, parameter, "empty,not-f") == ["empty,not-found"]
    assert complete_code(context, parameter, "empty,zzz") == []


def test_a_module_that_does_not_exist_is_wrong_usage() -> None:
    with pytest.raises(click.BadParameter) as caught:
        read_custom_layers(("no_such_module_at_all",))
    assert caught.value.param_hint == "'--import'"
    assert read_custom_layers(()).modules == ()


def test_the_backends_are_those_that_keras_has() -> None:
    assert list(BACKENDS) == list(BACKEND_NAMES)
