"""Every command where little memory, no stream, no locale, no home and no temporary folder is given."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys

import pytest
from running import ROOT

from tools.commands import GOOD

MODEL = {
    "class_name": "Sequential",
    "keras_version": "3.8.0",
    "config": {
        "name": "m",
        "layers": [
            {"class_name": "InputLayer", "config": {"batch_shape": [None, 4], "name": "i"}},
            {"class_name": "Dense", "config": {"units": 3, "name": "d"}},
        ],
    },
}
#: Every command that needs no Keras, with its exit code.
COMMANDS: dict[str, int] = {
    "validate good.yaml": 0,
    "validate --format sarif ünï.yaml": 1,
    "validate --diff ünï.yaml": 1,
    "fmt --check good.yaml": 0,
    "fmt --diff ünï.yaml": 0,
    "summary good.yaml": 0,
    "summary --format csv m.json": 0,
    "plot good.yaml -o out/a.svg": 0,
    "plot good.yaml -o out/a.mmd": 0,
    "plot m.json -o out/a.html": 0,
    "sweep vars.yaml width=1:3 -o out/a.csv": 0,
    "diff good.yaml m.json": 1,
    "diff good.yaml m.json --format markdown": 1,
    "merge good.yaml m.json": 0,
    "import m.json": 0,
    "export good.yaml --to spec -o out/a.yaml": 0,
    "export good.yaml --to python": 0,
    "export m.json --to keras-json -o out/a.json": 0,
    "init out/new.yaml": 0,
    "layers Dense": 0,
    "explain too-large": 0,
    "schema": 0,
    "lsp": 0,
    "--help": 0,
    "--version": 0,
    "validate missing.yaml": 3,
    "nothing": 2,
}
MAIN = "from mergecli.cli.main import main\nmain()"
LIMITED = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (600 << 20, 600 << 20))\n"
NO_FOLDER = "import tempfile\ntempfile._candidate_tempdir_list = lambda: ['/nonexistent']\n"


@pytest.fixture
def folder(tmp_path: pathlib.Path) -> pathlib.Path:
    (tmp_path / "good.yaml").write_text(GOOD)
    (tmp_path / "ünï.yaml").write_text("input: [8]\nlayers:  [{Dens: 4, name: 中}] # é\n", "utf-8")
    (tmp_path / "vars.yaml").write_text(f"vars: {{width: 3}}\n{GOOD}")
    (tmp_path / "m.json").write_text(json.dumps(MODEL))
    return tmp_path


def run(
    folder: pathlib.Path, command: str, before: str = "", shell: str = "", **environment: str
) -> subprocess.CompletedProcess[bytes]:
    """Run a command: `before` is Python that runs first, `shell` redirections of its streams."""
    shutil.rmtree(folder / "out", ignore_errors=True)
    (folder / "out").mkdir()
    program = [sys.executable, "-c", before + MAIN, *command.split()]
    if shell:
        program = ["bash", "-c", f'exec "$0" "$@" {shell}', *program]
    return subprocess.run(
        program,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=60,
    )


def check(
    folder: pathlib.Path,
    before: str = "",
    shell: str = "",
    other: dict[str, int] | None = None,
    **environment: str,
) -> None:
    for command, code in {**COMMANDS, **(other or {})}.items():
        result = run(folder, command, before, shell, **environment)
        assert result.returncode == code, (command, result.stderr)
        for output in (result.stdout, result.stderr):
            assert b"Traceback" not in output and b"internal error" not in output, command
        assert not [path for path in (folder / "out").iterdir() if path.name.startswith(".")]


def test_the_list_has_every_command() -> None:
    from mergecli.cli.main import COMMANDS as EVERY

    named = {command.split()[0] for command in COMMANDS}
    assert {*EVERY} - named == {"build", "verify", "measure"}, "these need Keras"


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="limits of Linux")
def test_every_command_needs_little_memory(folder: pathlib.Path) -> None:
    check(folder, LIMITED)


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="streams of POSIX")
@pytest.mark.parametrize("shell", ["<&-", ">&-", "2>&-", "<&- >&- 2>&-"])
def test_every_command_ends_as_usual_with_a_closed_stream(shell: str, folder: pathlib.Path) -> None:
    check(folder, shell=shell)


@pytest.mark.slow
def test_every_command_works_without_locale_home_and_temporary_folder(
    folder: pathlib.Path,
) -> None:
    check(
        folder,
        NO_FOLDER,
        # Graphviz reads its font from a temporary file.
        other={"plot good.yaml -o out/a.svg": 2, "plot m.json -o out/a.html": 2},
        LC_ALL="POSIX",
        PYTHONUTF8="0",
        PYTHONCOERCECLOCALE="0",
        HOME="/nonexistent",
        TMPDIR="/nonexistent",
        XDG_CACHE_HOME="/nonexistent",
    )


def test_too_little_memory_is_not_a_traceback(folder: pathlib.Path) -> None:
    (folder / "large.yaml").write_text(f"x-a: [{', '.join(['1'] * 170_000)}]\n{GOOD}")
    limit = "import resource\nresource.setrlimit(resource.RLIMIT_AS, (60 << 20, 60 << 20))\n"
    result = run(folder, "validate large.yaml", limit)
    assert result.returncode == 2, result.stderr
    assert result.stderr.decode().splitlines() == ["mergecli: there is not enough memory"]
