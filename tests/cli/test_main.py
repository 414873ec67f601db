"""The group of commands: which there are, and what is said of others."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner, Result
from running import run

from mergecli import __version__
from mergecli.cli.main import COMMANDS, cli


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli, arguments)


def test_the_help_lists_the_commands_in_the_order_of_work() -> None:
    listed = re.findall(r"^  ([a-z]+)  ", invoke("-h").output.partition("Commands:")[2], re.M)
    assert listed == list(COMMANDS)
    assert listed[:3] == ["init", "build", "validate"]


def test_a_misspelled_command_is_wrong_usage_and_the_nearest_is_offered() -> None:
    result = invoke("valdate", "a.yaml")
    assert result.exit_code == 2
    assert "No such command 'valdate'. Did you mean" in result.stderr
    assert "validate" in result.stderr


@pytest.mark.parametrize("name", ["import_", "zzzzzz"])
def test_a_name_that_is_no_command_is_refused(name: str) -> None:
    result = invoke(name)
    assert result.exit_code == 2
    assert f"No such command '{name}'." in result.stderr


def test_a_command_may_be_called_as_a_keyword_of_python() -> None:
    result = invoke("import", "--help")
    assert result.exit_code == 0
    assert "import" in result.output.partition("\n")[0]


def test_the_version_is_one_line_even_before_a_wrong_command() -> None:
    result = invoke("--version", "zzzzzz")
    assert (result.exit_code, result.output) == (0, f"mergecli {__version__}\n")


def test_without_arguments_the_help_is_shown_line_by_line() -> None:
    result = run()
    assert "\n  build " in result.stdout + result.stderr
    assert result.returncode in (0, 2)  # click before and from 8.2
