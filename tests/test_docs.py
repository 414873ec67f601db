"""The documentation is true: its specs check, its commands run."""

from __future__ import annotations

import os
import pathlib
import re
import shlex
import shutil
import subprocess
import sys
from typing import NamedTuple

import click
import pytest
from running import ROOT

from mergecli.cli.main import COMMANDS, cli
from mergecli.compiler.pipeline import compile_spec
from mergecli.compiler.same_model import format_spec
from mergecli.diagnostics.source import Source

DOCS = ROOT / "docs"
PAGES = {
    str(path.relative_to(ROOT)): path.read_text(encoding="utf-8")
    for path in (ROOT / "README.md", *sorted(DOCS.rglob("*.md")))
}
COMMAND_PAGE = PAGES["docs/reference/commands.md"]
#: Pages whose blocks other tests run, as they show mistakes.
SHOWN = "docs/reference/diagnostics/"


class Block(NamedTuple):
    """A block of code on a page. A `title` is the file that it is, or the exit code of commands."""

    page: str
    language: str
    title: str
    text: str


def blocks(page: str, text: str) -> list[Block]:
    """Return the blocks of code on a page."""
    found = re.findall(r'(?m)^```(\w+)(?: title="(.*?)")?\n(.*?)^```$', text, re.S)
    return [Block(page, *match) for match in found]


#: What begins the line of a key that only specs have.
SPEC_KEY = re.compile(r"(?m)^(layers|branches|inputs?|merge|heads?|blocks|vars|outputs):")
BLOCKS = [
    block
    for page, text in PAGES.items()
    if not page.startswith(SHOWN)
    for block in blocks(page, text)
]
#: Pages that are one story: their files are written and their blocks run in order, in one folder.
STORIES = sorted(
    {block.page for block in BLOCKS if block.title.endswith((".yaml", ".py"))}
    | {"README.md", "docs/index.md", "docs/how-to/notebooks.md"}
)
#: Commands that need Keras.
NEEDS_KERAS = re.compile(r"mergecli (build|verify|measure)|mergecli\.(load|dump)|\bkeras\.")


def lines(block: Block) -> list[str]:
    """The commands of a block that can be run here: those that only set up are left out."""
    if block.language != "sh":
        return []
    commands = block.text.splitlines()
    return [line for line in commands if "mergecli" in line and "venv" not in line]


def is_spec(block: Block) -> bool:
    """Whether a block is a file of its page that is a spec."""
    return block.title.endswith(".yaml") and SPEC_KEY.search(block.text) is not None


def shell(line: str, folder: pathlib.Path) -> subprocess.CompletedProcess[str]:
    """Run a command of the documentation with this checkout."""
    ours = f"PYTHONPATH={shlex.quote(str(ROOT))} {shlex.quote(sys.executable)} -m mergecli"
    command = re.sub(r"(^|\| |&& )mergecli ", lambda match: f"{match[1]}{ours} ", line)
    return subprocess.run(["sh", "-c", command], cwd=folder, capture_output=True, text=True)


def test_the_readme_is_short() -> None:
    assert PAGES["README.md"].count("\n") <= 150


@pytest.mark.parametrize("page", PAGES)
def test_every_relative_link_leads_somewhere(page: str) -> None:
    text = re.sub(r"```.*?```|`[^`]*`", "", PAGES[page], flags=re.S)
    links = re.findall(r"\]\(([^)\s]+)\)|src=\"([^\"]+)\"", text)
    for target, _, anchor in (link.partition("#") for pair in links for link in pair if link):
        if target.startswith(("http:", "https:")):
            continue
        path = (ROOT / page).parent / target if target else ROOT / page
        assert path.exists(), target
        if anchor and path.suffix == ".md":
            known = anchors(path.read_text(encoding="utf-8"))
            assert anchor in known or anchor.startswith("mergecli."), f"{target}#{anchor}"


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
        "--allow-outside",
        "--backend",
        "--keras",
    }


@pytest.mark.parametrize(
    "spec",
    [
        block.text
        for block in BLOCKS
        if block.language == "yaml"
        and not block.title
        and re.search(r"(?m)^(layers|branches):", block.text)
    ],
)
def test_every_spec_is_right(spec: str) -> None:
    assert compile_spec(Source(spec, str(ROOT / "specs" / "readme.yaml"))).diagnostics == []


@pytest.mark.parametrize(
    "block",
    [
        block
        for page, text in PAGES.items()
        for block in blocks(page, text)
        if block.language == "yaml" and re.search(SPEC_KEY, block.text)
    ],
    ids=lambda block: block.page,
)
def test_every_spec_is_formatted(block: Block) -> None:
    formatted, diagnostics = format_spec(Source(block.text, "spec.yaml"))
    assert formatted == block.text or (diagnostics and block.page.startswith(SHOWN))


def test_the_shown_message_is_the_real_one() -> None:
    real = (ROOT / "tests" / "errors" / "concat-shape.out").read_text(encoding="utf-8")
    shown = [b.text for b in BLOCKS if b.text.startswith("concat-shape.yaml")]
    assert len(shown) == 1
    assert real.startswith(shown[0])


def test_the_message_in_the_readme_and_in_the_tutorial_is_the_real_one(
    tmp_path: pathlib.Path,
) -> None:
    spec = next(block.text for block in BLOCKS if block.title == "likes.yaml")
    (tmp_path / "likes.yaml").write_text(spec, encoding="utf-8")
    real = shell("mergecli validate likes.yaml", tmp_path).stdout
    shown = [b.text for b in BLOCKS if b.text.startswith("likes.yaml:13:8: error[")]
    assert [text.strip() for text in shown] == [real.strip()] * 2


@pytest.mark.parametrize(
    "line",
    [
        pytest.param(line, marks=pytest.mark.keras if NEEDS_KERAS.search(line) else ())
        for block in BLOCKS
        if block.page not in STORIES
        for line in lines(block)
    ],
)
def test_every_command_line_runs(line: str, tmp_path: pathlib.Path) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    result = shell(line, tmp_path)
    assert result.returncode == 0, result.stderr


@pytest.mark.parametrize(
    "page",
    [
        pytest.param(page, marks=pytest.mark.keras if NEEDS_KERAS.search(PAGES[page]) else ())
        for page in STORIES
    ],
)
def test_every_story_runs(page: str, tmp_path: pathlib.Path) -> None:
    shutil.copytree(ROOT / "specs", tmp_path / "specs")
    output = ""
    for block in BLOCKS:
        if block.page != page:
            continue
        if page == "README.md" and block.language == "yaml":
            block = block._replace(title="likes.yaml")
        if block.title and not block.title.startswith("exit code"):
            (tmp_path / block.title).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / block.title).write_text(block.text, encoding="utf-8")
        elif block.language == "text" and output and page != "README.md":
            assert block.text in output
        elif block.language == "python":
            script = [sys.executable, "-c", block.text]
            environment = {**os.environ, "PYTHONPATH": str(ROOT)}
            result = subprocess.run(
                script, cwd=tmp_path, env=environment, capture_output=True, text=True
            )
            assert result.returncode == 0, result.stderr
        for line in lines(block):
            result = shell(line, tmp_path)
            output = result.stdout + result.stderr
            assert result.returncode == int(block.title.removeprefix("exit code ") or 0), output
    for spec in {block.title for block in BLOCKS if block.page == page and is_spec(block)}:
        modules = "".join(sorted(set(re.findall(r" --import \w+", PAGES[page]))))
        result = shell(f"mergecli validate --strict{modules} {spec}", tmp_path)
        assert (result.returncode, result.stdout) == (0, ""), spec


@pytest.mark.keras
def test_python_examples_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    for block in BLOCKS:
        if block.language == "python" and block.page not in STORIES:
            exec(compile(block.text, block.page, "exec"), {})


def test_the_navigation_has_every_page() -> None:
    listed = set(re.findall(r"[\w./-]+\.md", (ROOT / "mkdocs.yml").read_text(encoding="utf-8")))
    assert listed == {str(path.relative_to(DOCS)) for path in DOCS.rglob("*.md")}


def test_no_page_names_a_place_that_does_not_exist() -> None:
    """Snippets can be pasted: no owner or release that nobody has."""
    for page, text in PAGES.items():
        assert not re.search(r"\bOWNER\b|@v\d|rev: v\d", text), page


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
    assert len(rows) == 11
    for names, path in rows:
        text = (ROOT / "mergecli" / path).read_text(encoding="utf-8")
        for name in re.findall(r"`(\w+)`", names):
            assert re.search(rf"(?m)^(class )?{name}\b", text), (name, path)
