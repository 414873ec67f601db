"""The documentation is true: its specs check, its commands run."""

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

from mergecli.cli.main import COMMANDS, cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source

PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
}
COMMAND_PAGE = PAGES["docs/commands.md"]


def blocks(language: str) -> list[tuple[str, str]]:
    """The code blocks of a language, each with the page that it is on."""
    return [
        (page, block)
        for page, text in PAGES.items()
        for block in re.findall(rf"```{language}\n(.*?)```", text, re.S)
    ]


LINES = [
    line
    for _, block in blocks("sh")
    for line in block.splitlines()
    if "mergecli" in line and "venv" not in line
]


def test_the_readme_is_short() -> None:
    assert PAGES["README.md"].count("\n") <= 150


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```", "", PAGES[page], flags=re.S)
    links = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text)
    for target, _, anchor in (link.partition("#") for pair in links for link in pair if link):
        if target.startswith(("http:", "https:")):
            continue
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            assert anchor in anchors(path.read_text(encoding="utf-8")), f"{target}#{anchor}"


def anchors(text: str) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_a_section(command: str) -> None:
    assert f"## `mergecli {command}" in COMMAND_PAGE


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_documented(command: str) -> None:
    section = COMMAND_PAGE.split(f"\n## `mergecli {command}")[1].split("\n## ")[0]
    described = cli.get_command(click.Context(cli), command)
    assert described is not None
    shown = [p for p in described.params if not getattr(p, "hidden", False)]
    options = [option for p in shown for option in p.opts + p.secondary_opts]
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
    "spec",
    [block for _, block in blocks("yaml") if "layers:" in block or "branches:" in block],
)
def test_every_spec_is_right(spec: str) -> None:
    assert compile_spec(Source(spec, str(ROOT / "specs" / "readme.yaml"))).diagnostics == []


def test_the_first_spec_is_the_file() -> None:
    spec = blocks("yaml")[0][1].split("\n", 1)[1]
    assert (ROOT / "specs" / "two_branch.yaml").read_text(encoding="utf-8").endswith(spec)


def test_the_shown_message_is_the_real_one() -> None:
    real = (ROOT / "tests" / "errors" / "concat-shape.out").read_text(encoding="utf-8")
    shown = [block for _, block in blocks("text") if "error[" in block]
    assert len(shown) == 2
    assert all(real.startswith(block) for block in shown)


#: Commands that need Keras.
NEEDS_KERAS = re.compile(r"mergecli (build|verify)")


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=pytest.mark.keras if NEEDS_KERAS.search(line) else ())
        for line in LINES
    ],
)
def test_every_command_line_runs(line: str, tmp_path: pathlib.Path) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    ours = f"PYTHONPATH={shlex.quote(str(ROOT))} {shlex.quote(sys.executable)} -m mergecli"
    command = re.sub(r"(^|\| |&& )mergecli ", lambda match: f"{match[1]}{ours} ", line)
    result = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr


@pytest.mark.keras
def test_python_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for page, block in blocks("python"):
        exec(compile(block, page, "exec"), {})


def test_the_levels_are_those_that_imports_are_checked_by() -> None:
    from tests.test_architecture import LEVELS

    rows = re.findall(r"(?m)^\| (\d) \| `([\w/.]+)` \|", PAGES["docs/architecture.md"])
    assert {name.rstrip("/").removesuffix(".py"): int(level) for level, name in rows} == LEVELS


def test_the_files_that_the_architecture_names_exist() -> None:
    named = re.findall(r"`([a-z_]+/[\w/]+(?:\.py|/))`", PAGES["docs/architecture.md"])
    assert len(named) > 20
    assert [name for name in named if not (ROOT / "mergecli" / name).exists()] == [
        "tests/test_architecture.py"
    ]


def test_the_types_that_the_architecture_names_exist() -> None:
    rows = re.findall(r"(?m)^\| (`.*`) \| `([\w/]+\.py)` \|", PAGES["docs/architecture.md"])
    assert len(rows) == 9
    for names, path in rows:
        text = (ROOT / "mergecli" / path).read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"(?m)^(class )?{name}\b", text), (name, path)
