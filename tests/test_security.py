"""The promises of the page about security, each held by the tests that the page names."""

from __future__ import annotations

import json
import pathlib
import re
import subprocess
import sys

import pytest
from running import ROOT, run

from tools.commands import GOOD

PAGE = ROOT / "docs" / "explanation" / "security.md"
PROMISED, NOT_PROMISED = (
    PAGE.read_text("utf-8").split("## What is promised")[1].split("## What is not promised")
)
#: The promises by their names, and the tests of each.
NAMES = re.findall(r"^- \*\*(.+?)\.\*\*", PROMISED, re.M)
ROWS = {
    name: re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", cell)
    for name, cell in re.findall(r"^\| ([^|]+?) \| (.+) \|$", PROMISED, re.M)
}


@pytest.mark.parametrize("name", NAMES)
def test_a_promise_is_held_by_tests_that_there_are(name: str) -> None:
    assert ROWS.get(name), f"the page names no test of: {name}"
    for path, function in ROWS[name]:
        assert f"\ndef {function}(" in (ROOT / path).read_text("utf-8"), f"{path}::{function}"


def test_every_row_is_a_promise() -> None:
    assert {*ROWS} - {"promise", "---"} == {*NAMES}


# What other tests do not hold.

RUNS = "__import__('os').system('touch PWNED')"
SPECS = {
    "expression": f"input: [8]\nlayers: [{{Dense: $({RUNS})}}]\n",
    "variable": f'vars: {{a: "$({RUNS})"}}\ninput: [8]\nlayers: [{{Dense: $a}}]\n',
    "attribute": "vars: {a: 1}\ninput: [8]\nlayers: [{Dense: $(a.__class__.__mro__)}]\n",
    "function": 'input: [8]\nlayers: [{Dense: "$((lambda: 3)())"}]\n',
    "comprehension": 'input: [8]\nlayers: [{Dense: "$([x for x in (3,)][0])"}]\n',
    "tag": 'input: [8]\nlayers: [{Dense: !!python/object/apply:os.system ["touch PWNED"]}]\n',
    "lambda": f'input: [8]\nlayers: [{{Lambda: {{function: "{RUNS}"}}}}]\n',
    "call": f"input: [8]\nlayers:\n  - Dense(units={RUNS})\n",
    "module": "input: [8]\nlayers: [{os.system: touch PWNED}]\n",
    "name": f'name: "{RUNS}"\ninput: [8]\nlayers: [{{Dense: {{units: 3, name: "{RUNS}"}}}}]\n',
    "url": "branches: {a: {spec: 'http://localhost/a.yaml'}, b: {model: 'gs://b/m.keras'}}\nmerge: Add\n",
    "application": "branches:\n  a: {application: MobileNetV2, with: {weights: imagenet}}\n"
    "  b: {input: [8], layers: [Flatten]}\nmerge: Concatenate\n",
}
#: Stops at what would run a program, load code from data, or open a connection.
HOOK = """
import sys
def hook(event, arguments):
    if event.split(".")[0] in ("socket", "subprocess", "pickle", "urllib", "ftplib", "http") or event in (
        "os.system", "os.exec", "os.posix_spawn", "os.spawn", "os.fork", "pty.spawn", "ctypes.dlopen"):
        if event != "socket.__new__":
            print("FORBIDDEN", event, arguments[:1], file=sys.stderr)
            sys.stderr.flush()
            import os
            os._exit(99)
sys.addaudithook(hook)
from mergecli.cli.main import main
main()
"""
COMMANDS = (
    "validate", "fmt --check", "summary", "plot -o out.mmd", "diff good.yaml", "merge good.yaml",
    "import", "export --to spec", "export --to python", "export --to keras-json",
)  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_no_command_runs_or_downloads_what_a_spec_names(name: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "a.yaml").write_text(SPECS[name])
    for command in COMMANDS:
        first, *rest = command.split()
        result = subprocess.run(
            [sys.executable, "-c", HOOK, first, "a.yaml", *rest],
            cwd=tmp_path,
            env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"},
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert result.returncode in (0, 1, 2, 3), result.stderr
    assert not (tmp_path / "PWNED").exists()


def test_the_code_that_a_user_names_is_read_by_the_checks_not_run(tmp_path: pathlib.Path) -> None:
    (tmp_path / "mine.py").write_text(
        "import os\nos.system('touch PWNED')\nimport keras\n"
        "class Mine(keras.layers.Layer):\n    def call(self, x): return x\n"
    )
    (tmp_path / "a.yaml").write_text("input: [8]\nlayers: [Mine, {Dense: 3}]\n")
    for command in ("validate", "summary", "schema"):
        paths = [] if command == "schema" else ["a.yaml"]
        result = run(command, *paths, "--import", "mine", cwd=tmp_path)
        assert result.returncode == 0, result.stderr
    assert not (tmp_path / "PWNED").exists()


@pytest.mark.parametrize("key", ["import", "custom-objects", "imports"])
def test_settings_cannot_name_code(key: str, tmp_path: pathlib.Path) -> None:
    (tmp_path / "mine.py").write_text("import os\nos.system('touch PWNED')\n")
    (tmp_path / "pyproject.toml").write_text(f"[tool.mergecli]\n{key} = {json.dumps(['mine'])}\n")
    (tmp_path / "a.yaml").write_text(GOOD)
    result = run("validate", "a.yaml", cwd=tmp_path)
    assert result.returncode == 2
    assert key in result.stderr
    assert not (tmp_path / "PWNED").exists()
