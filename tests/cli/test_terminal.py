"""Colours, and how problems of the terminal and of the user are told."""

from __future__ import annotations

import io
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from mergecli.cli import terminal
from mergecli.compiler.settings import ConfigError
from mergecli.diagnostics.files import Unwritable


class Screen(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.mark.parametrize(
    ("choice", "settings", "wanted"),
    [
        (None, {}, True),
        (None, {"TERM": "dumb"}, False),
        (None, {"NO_COLOR": "1", "FORCE_COLOR": "1"}, False),
        (None, {"NO_COLOR": ""}, True),
        (True, {"NO_COLOR": "1"}, True),
        (False, {"FORCE_COLOR": "1"}, False),
    ],
)
def test_the_option_comes_before_no_color_and_that_before_force_color(
    choice: bool | None, settings: dict[str, str], wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert terminal.colored(choice, Screen()) is wanted


def test_what_is_no_terminal_gets_colours_only_by_force(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_COLOR", raising=False)
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    assert not terminal.colored(None, io.StringIO())
    assert not terminal.colored(None, None)
    monkeypatch.setenv("FORCE_COLOR", "1")
    assert terminal.colored(None, io.StringIO())


@pytest.mark.parametrize("problem", [ConfigError("bad"), Unwritable("a.svg", OSError(28, "full"))])
def test_wrong_settings_and_unwritable_files_are_wrong_usage(problem: Exception) -> None:
    with pytest.raises(terminal.WrongUsage) as caught, terminal.usage_errors():
        raise problem
    assert caught.value.exit_code == 2
    assert caught.value.message == str(problem)


def test_a_closed_pipe_is_not_said_to_be_unwritable() -> None:
    with pytest.raises(BrokenPipeError), terminal.standard_output():
        raise BrokenPipeError
    with pytest.raises(Unwritable, match="standard output"), terminal.standard_output():
        raise OSError(28, "No space left on device")


def test_an_import_that_fails_in_our_own_code_is_not_hidden() -> None:
    with pytest.raises(ImportError, match="no_such"), terminal.missing_dependencies():
        raise ImportError("no_such")


def test_a_note_is_one_safe_line_on_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.note("a\n\x1b[31m")
    assert capsys.readouterr() == ("", "a \\x1b[31m\n")


def test_a_thread_beside_the_main_one_leaves_signals_alone() -> None:
    with ThreadPoolExecutor(1) as pool:
        before = signal.getsignal(signal.SIGTERM)
        pool.submit(terminal.handle_signals).result()
        assert signal.getsignal(signal.SIGTERM) is before
