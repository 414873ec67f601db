"""The README tells the truth: its tables are generated, its specs check, its commands run."""

from __future__ import annotations

import pathlib
import re
import shlex
import shutil
import subprocess
import sys

import click
import pytest
from running import ROOT

from mergecli.catalog import registry
from mergecli.cli.main import COMMANDS, cli
from mergecli.compiler.pipeline import compile_source
from mergecli.diagnostics.codes import meanings
from mergecli.diagnostics.source import Source

README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)


LINES = [
    line
    for block in blocks("sh")
    for line in block.splitlines()
    if "mergecli" in line and "venv" not in line
]


def tables() -> dict[str, str]:
    """The generated parts by their marker."""
    codes = [
        "| code | meaning |",
        "| --- | --- |",
        *(f"| `{code}` | {meaning} |" for code, meaning in meanings().items()),
    ]
    layers = ["| family | layers |", "| --- | --- |"]
    for family, kinds in registry.families():
        names = [
            f"`{registry.spec_name(kind)}`"
            + (f" ({', '.join(f'`{a}`' for a in kind.aliases)})" if kind.aliases else "")
            for kind in kinds
        ]
        layers.append(
            f"| {family.replace('_', ' ')} | {', '.join(name for name in names if name != '`InputLayer`')} |"
        )
    layers.append("")
    layers.append(
        "These cannot stand in a spec: "
        + "; ".join(f"`{name}`, as {reason}" for name, reason in registry.REFUSED.items())
        + "."
    )
    training = ["| role | classes |", "| --- | --- |"]
    refused = {}
    for role in ("optimizer", "schedule", "loss", "metric"):
        training.append(f"| {role} | {', '.join(f'`{name}`' for name in registry.things(role))} |")
        refused.update(registry.REFUSED_OBJECTS[role])
    training.append("")
    training.append(
        "These cannot stand in a spec: "
        + "; ".join(f"`{name}`, as {reason}" for name, reason in refused.items())
        + "."
    )
    return {"codes": "\n".join(codes), "layers": "\n".join(layers), "training": "\n".join(training)}


@pytest.mark.parametrize("name", ["codes", "layers", "training"])
def test_tables_are_current(name: str, rewrite: bool) -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    current = re.sub(
        rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)",
        lambda m: f"{m[1]}{tables()[name]}\n{m[2]}",
        text,
        flags=re.S,
    )
    if rewrite:
        (ROOT / "README.md").write_text(current, encoding="utf-8")
    assert current == (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_section(command: str) -> None:
    assert f"### `mergecli {command}" in README


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(command: str) -> None:
    section = README.split(f"### `mergecli {command}")[1].split("\n### ")[0]
    described = cli.get_command(click.Context(cli), command)
    assert described is not None
    options = [o for p in described.params for o in p.opts + p.secondary_opts]
    missing = [option for option in options if option.startswith("--") and option not in section]
    assert set(missing) <= {
        "--set",
        "--import",
        "--verbose",
        "--quiet",
        "--color",
        "--no-color",
        "--stdin-filename",
    }


@pytest.mark.parametrize(
    "spec", [block for block in blocks("yaml") if "layers:" in block or "branches:" in block]
)
def test_every_spec_is_right(spec: str) -> None:
    assert compile_source(Source(spec, str(ROOT / "specs" / "readme.yaml"))).diagnostics == []


def test_the_first_spec_is_the_file() -> None:
    spec = blocks("yaml")[0].split("\n", 1)[1]
    assert (ROOT / "specs" / "two_branch.yaml").read_text(encoding="utf-8").endswith(spec)


def test_the_shown_message_is_the_real_one() -> None:
    shown = next(block for block in blocks("text") if "error[" in block)
    assert (
        (ROOT / "tests" / "errors" / "concat-shape.out")
        .read_text(encoding="utf-8")
        .startswith(shown)
    )


@pytest.mark.parametrize("line", LINES)
def test_every_command_line_runs(line: str, tmp_path: pathlib.Path) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    ours = f"PYTHONPATH={shlex.quote(str(ROOT))} {shlex.quote(sys.executable)} -m mergecli"
    command = re.sub(r"(^|\| |&& )mergecli ", lambda match: f"{match[1]}{ours} ", line)
    result = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


def test_python_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})
