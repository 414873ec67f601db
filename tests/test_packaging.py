"""What the distributions declare, and the commands that the program tells users to run."""

from __future__ import annotations

import subprocess
import sys

import pytest
from running import ROOT

from mergecli.diagnostics import installing
from mergecli.diagnostics.version import HOME_PAGE, __version__

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_the_home_page_is_written_once_for_the_index_and_once_for_reports() -> None:
    assert PROJECT["urls"]["Homepage"] == HOME_PAGE
    assert all(address.startswith(HOME_PAGE) for address in PROJECT["urls"].values())


def test_no_hint_installs_a_package_by_the_name_of_this_project() -> None:
    """Nobody has published the name, so an index could give any code for it."""
    pages = [*(ROOT / "mergecli").rglob("*.py"), *(ROOT / "mergecli").rglob("*.md")]
    pages += [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    for path in pages:
        text = path.read_text(encoding="utf-8")
        assert "mergecli[" not in text.replace("`mergecli[.", ""), path
        assert "install mergecli" not in text, path


def test_the_command_uses_the_interpreter_that_runs() -> None:
    command = installing.install_command(["pygraphviz", "ttf_opensans"])
    assert command == f"{sys.executable} -m pip install pygraphviz ttf-opensans"


def test_the_command_without_pip(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(installing, "is_installed", lambda module: False)
    assert installing.install_command(["pygls"]).startswith("uv pip install --python ")


def test_missing_modules_are_named_once() -> None:
    assert installing.missing(["no_such_module", "sys", "no_such_module"]) == ["no_such_module"]


def test_the_version_is_that_of_the_code() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "mergecli", "--version"], capture_output=True, text=True, cwd=ROOT
    )
    assert result.stdout == f"mergecli {__version__}\n"
