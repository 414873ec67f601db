"""What a user sees for each mistake: `errors/NAME.yaml` beside `errors/NAME.out`, caret included."""

from __future__ import annotations

import os

import pytest
from click.testing import CliRunner
from running import ROOT

from mergecli.catalog.versions import NEWEST, version_text
from mergecli.cli.main import cli
from mergecli.diagnostics.codes import CODES

FOLDER = ROOT / "tests" / "errors"
CASES = sorted(path.name for path in FOLDER.glob("*.yaml"))
#: Codes of inputs that cannot be read at all, and of what only `build` finds out; the tests of commands have them.
UNREADABLE = {"is-folder", "unreadable", "not-installed", "refused"}


@pytest.mark.parametrize("case", CASES)
def test_the_message_is_the_golden_one(
    case: str, rewrite: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(FOLDER)
    target = "3.10" if case.startswith("newer-keras") else version_text(NEWEST)
    result = CliRunner().invoke(cli, ["validate", "--quiet", "--keras", target, case])
    golden = FOLDER / case.replace(".yaml", ".out")
    shown = f"{result.stdout}exit code {result.exit_code}\n"
    if rewrite:
        golden.write_text(shown, encoding="utf-8")
    assert shown == golden.read_text(encoding="utf-8")
    assert result.stderr == ""


@pytest.mark.parametrize("code", sorted(set(CODES) - UNREADABLE))
def test_every_code_has_a_case(code: str) -> None:
    outputs = [path for path in FOLDER.glob("*.out") if os.path.basename(path).startswith(code)]
    assert any(f"[{code}]" in path.read_text(encoding="utf-8") for path in outputs)
