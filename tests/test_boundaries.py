"""The nevers of the architecture, from the code's own imports and from what a process has loaded."""

from __future__ import annotations

import ast
import json
import pathlib
import subprocess
import sys

import pytest
from running import ROOT, SPECS

PACKAGE = ROOT / "mergecli"
FILES = sorted(PACKAGE.rglob("*.py"))
HEAVY = {
    "keras",
    "tensorflow",
    "jax",
    "torch",
    "numpy",
    "pydot",
    "graphviz",
    "pygraphviz",
    "h5py",
    "rich",
}

#: The floor of each module; a file imports only from its own floor and those below it.
FLOORS = [
    set("source shapes dtypes names codes".split()),
    set("diagnostic splice layers".split()),
    set("reader syntax graph report".split()),
    set("habits objects wiring bodies expand parser uses".split())
    | set("models includes graft saved applications customs".split())
    | set("comparison".split())
    | set("inference training rules budgets ignores repeats emit".split()),
    set("compiler backend mending verify dumping formatting".split()),
    set("cli commands lsp __main__ __init__".split()),
]


def module(path: pathlib.Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def floor(name: str) -> int:
    return next(number for number, names in enumerate(FLOORS, 1) if name in names)


def imports(path: pathlib.Path, everywhere: bool = True) -> set[str]:
    """The modules that a file imports, at its top or everywhere in it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or ""} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_file_imports_only_from_below(path: pathlib.Path) -> None:
    own = floor(module(path))
    for name in imports(path):
        parts = name.split(".")
        if (
            parts[0] == "mergecli"
            and len(parts) > 1
            and (PACKAGE / parts[1]).with_suffix(".py").exists() | (PACKAGE / parts[1]).is_dir()
        ):
            assert floor(parts[1]) <= own, f"{path.name}, on floor {own}, imports {name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_heavy_at_the_top_of_a_file(path: pathlib.Path) -> None:
    assert not {name.split(".")[0] for name in imports(path, everywhere=False)} & HEAVY


@pytest.mark.parametrize(
    ("library", "homes"), [("yaml", {"reader"}), ("click", {"cli", "commands"})]
)
def test_a_library_has_one_home(library: str, homes: set[str]) -> None:
    users = {
        module(path) for path in FILES if library in {name.split(".")[0] for name in imports(path)}
    }
    assert users == homes


def test_files_are_opened_and_lines_printed_only_at_the_edge() -> None:
    guilty = []
    for path in FILES:
        if module(path) in {"cli", "commands"} or path.name == "source.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Name)
                and node.func.id in {"open", "print", "eval", "exec", "compile"}
            ):
                guilty.append(f"{path.name}:{node.lineno}")
    assert guilty == []


def test_layers_know_nothing_of_places_or_graphs() -> None:
    for path in FILES:
        if module(path) == "layers":
            assert not {
                name
                for name in imports(path)
                if name.startswith(("mergecli.source", "mergecli.graph", "mergecli.reader"))
            }, path


def loaded(*arguments: str) -> set[str]:
    """The top-level modules that a run of mergecli has loaded when it ends."""
    code = (
        "import sys, json, atexit\n"
        "atexit.register(lambda: sys.stderr.write('\\n' + json.dumps(sorted({m.split('.')[0] for m in sys.modules}))))\n"
        f"sys.argv = ['mergecli', *{list(arguments)!r}]\n"
        "from mergecli.cli import main\nmain()\n"
    )
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    return set(json.loads(result.stderr.splitlines()[-1]))


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["validate", *map(str, SPECS)],
        ["summary", str(SPECS[0])],
        ["diff", str(SPECS[0]), str(SPECS[1])],
        ["validate", "tests/errors"],
        ["plot", str(SPECS[0]), "--format", "mmd"],
        ["schema"],
        ["fmt", "--check", *map(str, SPECS)],
        ["build", "tests/errors/unknown-layer.yaml"],
    ],
    ids=lambda arguments: arguments[0] + str(len(arguments)),
)
def test_checks_never_load_keras(arguments: list[str]) -> None:
    assert not loaded(*arguments) & HEAVY


def test_the_probe_can_fail() -> None:
    code = "import atexit, sys; atexit.register(print, 'late'); import keras.src.version; print('keras' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert result.stdout == "True\nlate\n"


def test_a_small_check_loads_little() -> None:
    """What costs at start-up is not loaded for a spec without mistakes, beyond what click and PyYAML load."""
    code = "import click, yaml, json, sys, atexit; print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    basis = set(
        json.loads(
            subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout
        )
    )
    ours = loaded("validate", str(ROOT / "specs" / "two_branch.yaml"))
    dear = {
        "dataclasses",
        "difflib",
        "pathlib",
        "asyncio",
        "unicodedata",
        "csv",
        "http",
        "multiprocessing",
        "importlib_metadata",
    }
    assert (ours - basis) & dear == set()
