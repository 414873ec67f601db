"""The tables of output formats."""

from __future__ import annotations

import inspect
import os
import pathlib
import subprocess
import sys

import pytest
from running import ROOT

from mergecli.exporters import formats
from mergecli.exporters.formats import (
    DIFF_PICTURES,
    DIFFS,
    EXPORTS,
    PAPERS,
    PICTURES,
    SUMMARIES,
    Format,
)

TABLES = {
    "EXPORTS": (EXPORTS, 2),
    "SUMMARIES": (SUMMARIES, 2),
    "PICTURES": (PICTURES, 3),
    "PAPERS": (PAPERS, 3),
    "DIFFS": (DIFFS, 3),
    "DIFF_PICTURES": (DIFF_PICTURES, 4),
}
FORMATS = [
    pytest.param(form, count, id=f"{table}-{name}")
    for table, (formats, count) in TABLES.items()
    for name, form in formats.items()
]
#: A format in a file of its own, for each command: the command line, and the function.
TOYS = {
    "EXPORTS": (
        ["export", "specs/two_branch.yaml", "--to", "toy"],
        "def write(network, custom_layers): return network.graph.name",
    ),
    "SUMMARIES": (
        ["summary", "specs/two_branch.yaml", "--format", "toy"],
        "def write(network, options): return network.graph.name",
    ),
    "PICTURES": (
        ["plot", "specs/two_branch.yaml", "--format", "toy"],
        "def write(network, form, options): return network.graph.name.encode()",
    ),
    "DIFFS": (
        ["diff", "specs/two_branch.yaml", "specs/two_branch.yaml", "--format", "toy"],
        "def write(comparison, names, color): return comparison.new.name",
    ),
}


@pytest.mark.parametrize(("form", "count"), FORMATS)
def test_every_writer_exists_and_takes_what_its_table_says(form: Format, count: int) -> None:
    module = form.writer.split(":")[0]
    assert module.split(".")[1] in ("exporters", "diff")
    inspect.signature(form.load()).bind(*range(count))


def test_every_table_is_tested() -> None:
    tables = {name for name, value in vars(formats).items() if isinstance(value, dict)}
    assert {name for name in tables if name.isupper()} == set(TABLES)


@pytest.mark.parametrize("table", TOYS)
def test_a_format_is_a_file_and_a_line(table: str, tmp_path: pathlib.Path) -> None:
    arguments, function = TOYS[table]
    (tmp_path / "toy.py").write_text(function)
    code = (
        "import sys\n"
        f"from mergecli.exporters.formats import {table}, Format\n"
        f"{table}['toy'] = Format('toy:write', 'the name')\n"
        f"sys.argv = ['mergecli', *{arguments!r}]\n"
        "from mergecli.cli.main import main\nmain()"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
    )
    assert result.stdout.rstrip("\n") == "merged model", result.stderr


@pytest.mark.parametrize("option", ["--plot", "-o"])
def test_a_picture_format_is_named_by_the_ending(option: str, tmp_path: pathlib.Path) -> None:
    table = "PICTURES" if option == "-o" else "DIFF_PICTURES"
    (tmp_path / "toy.py").write_text("def write(*arguments): return b'toy'")
    spec = str(ROOT / "specs" / "two_branch.yaml")
    command = ["plot", spec] if option == "-o" else ["diff", spec, spec]
    code = (
        "import sys\n"
        f"from mergecli.exporters.formats import {table}, Format\n"
        f"{table}['toy'] = Format('toy:write', 'the word')\n"
        f"sys.argv = ['mergecli', *{command!r}, {option!r}, 'a.toy']\n"
        "from mergecli.cli.main import main\nmain()"
    )
    path = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": path},
        check=True,
        capture_output=True,
    )
    assert (tmp_path / "a.toy").read_bytes() == b"toy"
