"""Hostile input through the command line: nothing injected, nothing hanging, nothing half-written."""

from __future__ import annotations

import json
import pathlib
import re

import pytest
from click.testing import CliRunner
from running import run

from mergecli.cli.main import cli

GOOD = "input: [8]\nlayers: [{Dense: {units: 4, name: out}}]\n"

# Escape sequences and lines. -----------------------------------------------------------------------

#: Sets the title of a terminal, reverses text, begins commands and headings, ends quotes.
NASTY = "\x1b]0;x\x07\x9b31m\u202e\u2066\n::error::x\r\n# Approved\u2028|`<b>&\"'##[error]x"
#: At the start of a line: a workflow command, a heading, a reference to a team.
BEGINS = re.compile(r"^\s*(::(error|warning)(?! file=)|# Approved)", re.M)
REPORTS = ("full", "concise", "json", "jsonl", "github", "gitlab", "junit", "sarif")


def nasty_spec(units: int) -> str:
    """Return a sound spec with hostile names."""

    def name(start: str) -> str:
        return json.dumps(start + NASTY)

    return f"""name: {name("=HYPERLINK(1)")}
branches:
  {name("a")}: {{input: [8], layers: [{{Dense: {{units: {units}, name: {name("::error::")}}}}}]}}
  {name("@b")}: {{input: {{shape: [8], name: {name("in")}}}, layers: [{{Dense: 4}}]}}
merge: {{Concatenate: {{name: {name("m")}}}}}
head: [{{Dense: {{units: 2, name: {name("=1+")}}}}}]
outputs: {{{name("o")}: {name("=1+")}}}
"""


@pytest.fixture
def folder(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.yaml").write_text(nasty_spec(3))
    (tmp_path / f"b{NASTY.replace('/', '_')}.yaml").write_text(nasty_spec(5))
    quoted = json.dumps(NASTY)
    (tmp_path / "bad.yaml").write_text(
        f"input: [8]\nlayers: [{{Dense: {{units: 3, {quoted}: 4}}}}, {{{quoted}: 3}}]\n{quoted}: 3\n"
    )
    (tmp_path / "good.yaml").write_text(GOOD)
    return tmp_path


def assert_clean(text: str) -> None:
    hidden = {c for c in text if not c.isprintable() and c not in "\t\n\xa0"}
    assert not hidden, text
    assert not BEGINS.search(text), text


def commands() -> list[list[str]]:
    specs = ["a.yaml", f"b{NASTY}.yaml"]
    found = [["diff", "--format", form, *specs] for form in ("text", "json", "markdown", "mermaid")]
    for spec in (*specs, "bad.yaml", f"missing{NASTY}.yaml"):
        found += [["summary", "--format", f, spec] for f in ("text", "json", "csv", "markdown")]
        found += [["validate", "--format", form, spec] for form in REPORTS]
        found += [["plot", spec, "-o", f"out.{form}"] for form in ("svg", "dot", "mmd", "html")]
        found += [["export", spec, "--to", form] for form in ("spec", "python", "keras-json")]
        found += [["fmt", "--check", spec], ["merge", spec, "good.yaml"], ["import", spec]]
    found += [
        ["plot", "a.yaml", "-o", f"{NASTY}.mmd"],
        ["summary", "--set", f"{NASTY}=1", "a.yaml"],
    ]
    found += [["layers", NASTY], ["explain", NASTY], [NASTY], ["validate", "--select", NASTY, "."]]
    return found


@pytest.mark.parametrize("arguments", commands(), ids=lambda words: " ".join(words)[:24])
def test_a_nasty_string_is_escaped_wherever_it_is_written(
    arguments: list[str], folder: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("GITHUB_ACTIONS", "")
    result = CliRunner().invoke(cli, arguments)
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    # `main` prints wrong usage through the same functions; `CliRunner` does not come to it.
    assert_clean(result.stdout)
    if result.exit_code != 2:
        assert_clean(result.stderr)
    for path in folder.glob("out.*"):
        # Lines mean nothing in a page.
        assert_clean(path.read_text().replace("\n", " "))


@pytest.mark.parametrize(
    "arguments",
    [
        ["validate", "set"],
        ["validate", "--select", NASTY, "a.yaml"],
        ["plot", "a.yaml", "-o", NASTY],
        [NASTY],
        ["summary", "--set", NASTY, "a.yaml"],
        ["validate", f"::error::{NASTY}.yaml", "good.yaml"],
    ],
    ids=lambda words: words[0][:8],
)
def test_wrong_usage_is_escaped(arguments: list[str], folder: pathlib.Path) -> None:
    (folder / "set").mkdir()
    (folder / "set" / "good.yaml").write_text(GOOD)
    (folder / "set" / "pyproject.toml").write_text(
        '[tool.mergecli]\n"' + "".join(f"\\u{ord(c):04x}" for c in NASTY) + '" = 3\n'
    )
    result = run(*arguments, cwd=folder, GITHUB_ACTIONS="")
    assert result.returncode in (2, 3)
    assert_clean(result.stdout)
    assert_clean(result.stderr)


def test_no_cell_of_a_table_is_a_formula(folder: pathlib.Path) -> None:
    import csv

    text = CliRunner().invoke(cli, ["summary", "--format", "csv", "a.yaml"]).stdout
    cells = [cell for row in csv.reader(text.splitlines()) for cell in row]
    assert any("=1+" in cell for cell in cells)
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@"))]


# Pictures. ------------------------------------------------------------------------------------------


def test_very_many_long_arrows_are_not_laid_out(folder: pathlib.Path) -> None:
    lines = ["inputs: {a: [8]}", "layers:", "  - {Dense: {units: 8, name: d0}, from: a}"]
    for i in range(1, 80):
        sources = ", ".join(f"d{k}" for k in range(i))
        lines.append(f"  - {{Add: {{name: d{i}}}, from: [{sources}, a]}}")
    (folder / "chain.yaml").write_text("\n".join(lines) + "\n")
    result = CliRunner().invoke(cli, ["plot", "chain.yaml", "-o", "out.svg", "--detail", "layer"])
    assert result.exit_code == 0, result.output
    assert "too many arrows" in result.stderr


def test_layers_that_share_an_input_with_later_ones_are_drawn(folder: pathlib.Path) -> None:
    (folder / "cross.yaml").write_text(
        "inputs: {a: [8]}\nlayers:\n"
        + "".join(f"  - {{Dense: {{units: 8, name: d{i}}}, from: a}}\n" for i in range(40))
        + f"  - {{Add: {{name: s}}, from: [{', '.join(f'd{i}' for i in range(40))}]}}\n"
    )
    result = CliRunner().invoke(cli, ["plot", "cross.yaml", "-o", "out.svg"])
    assert result.exit_code == 0, result.output


# Settings. ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "[tool.mergecli]\nx = " + "[" * 5000 + "]" * 5000,
        "[tool.mergecli]\n" + ".".join(["a"] * 20_000) + " = 1\n",
        "[" + ".".join(["a"] * 20_000) + "]\n[tool.mergecli]\n",
    ],
    ids=["deep", "key", "header"],
)
def test_hostile_settings_are_wrong_usage(text: str, folder: pathlib.Path) -> None:
    (folder / "pyproject.toml").write_text(text)
    result = CliRunner().invoke(cli, ["validate", "good.yaml"])
    assert result.exit_code == 2, result.output
    assert "pyproject.toml: " in result.stderr
