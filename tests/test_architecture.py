"""The architecture: levels, cycles and what no check may load, from the imports in the code and from what a process has loaded."""

from __future__ import annotations

import ast
import functools
import json
import pathlib
import re
import subprocess
import sys

import pytest
from running import ROOT, SPECS

from mergecli.cli.main import COMMANDS
from tools import structure
from tools.structure import unit

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

#: The level of each unit, a file or folder directly in the package. A file imports from its own unit and
#: from units on lower levels, never from the same level or above. This is the only place that says so;
#: the documentation quotes it.
LEVELS = {
    "diagnostics": 1,
    "catalog": 1,
    "syntax": 2,
    "ir": 2,
    "importers": 3,
    "compiler": 4,
    "diff": 4,
    "exporters": 5,
    "runtime": 6,
    "lsp": 6,
    "screening": 6,
    "cli": 7,
    "api": 7,
    "__init__": 8,
    "__main__": 8,
}
#: Imports against the levels that are still there. The list only shrinks.
KNOWN_UPWARD: set[tuple[str, str]] = set()
#: Files that import each other in a cycle. The list only shrinks.
KNOWN_CYCLES: list[set[str]] = []


STRUCTURE = structure.Package(ROOT)
MODULES = STRUCTURE.modules


def imports(path: pathlib.Path, everywhere: bool = True) -> set[str]:
    """The modules that a file imports, at its top or everywhere in it.

    `from a import b` is an import of `a.b` if that is a module of the package, else of `a`.
    """
    tree = ast.parse(path.read_text(encoding="utf-8"))
    names = set()
    for node in ast.walk(tree) if everywhere else tree.body:
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                full = f"{node.module}.{alias.name}"
                names.add(full if full.removeprefix("mergecli.") in MODULES else node.module)
    return names


@functools.cache
def graph() -> dict[str, set[str]]:
    """For each module of the package the other modules of it that it imports."""
    return {name: STRUCTURE.imports(path) for name, path in MODULES.items()}


def test_every_unit_has_a_level() -> None:
    assert {unit(name) for name in MODULES} == set(LEVELS)


def test_no_unit_imports_from_its_own_level_or_above() -> None:
    pairs = {(name, other) for name, others in graph().items() for other in others}
    upward = {
        (name, other)
        for name, other in pairs
        if unit(name) != unit(other) and LEVELS[unit(other)] >= LEVELS[unit(name)]
    }
    assert upward == KNOWN_UPWARD


def test_no_cycle_of_files() -> None:
    cycles = [files for files in structure.components(graph()) if len(files) > 1]
    assert cycles == KNOWN_CYCLES


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_heavy_at_the_top_of_a_file(path: pathlib.Path) -> None:
    assert not {name.split(".")[0] for name in imports(path, everywhere=False)} & HEAVY


@pytest.mark.parametrize("path", FILES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_an_import_inside_a_function_says_why_it_is_there(path: pathlib.Path) -> None:
    text = path.read_text(encoding="utf-8")
    lines, tree = text.splitlines(), ast.parse(text)
    functions = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    unmarked = {
        node.lineno
        for function in functions
        for node in ast.walk(function)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        and not re.search("# (start-up|optional)", lines[node.lineno - 1])
    }
    assert not unmarked


@pytest.mark.parametrize(
    ("library", "homes"),
    [("yaml", {"syntax.libyaml"}), ("click", {"cli"})],
)
def test_a_library_has_one_home(library: str, homes: set[str]) -> None:
    users = {
        name
        for name, path in MODULES.items()
        if library in {imported.split(".")[0] for imported in imports(path)}
    }
    assert {
        home for home in homes for name in users if (name + ".").startswith(home + ".")
    } == homes
    assert all(any((name + ".").startswith(home + ".") for home in homes) for name in users), users


FORBIDDEN_CALLS = {"open", "print", "eval", "exec", "compile"}


def test_files_are_opened_and_lines_printed_only_at_the_edge() -> None:
    offending = []
    for name, path in MODULES.items():
        if unit(name) == "cli" or name in {"diagnostics.source", "diagnostics.files"}:
            continue
        calls = (
            node
            for node in ast.walk(ast.parse(path.read_text("utf-8")))
            if isinstance(node, ast.Call)
        )
        for call in calls:
            if isinstance(call.func, ast.Name) and call.func.id in FORBIDDEN_CALLS:
                offending.append(f"{path.name}:{call.lineno}")
    assert offending == []


def test_the_catalog_knows_neither_places_nor_graphs() -> None:
    for name, others in graph().items():
        if unit(name) == "catalog":
            assert {unit(other) for other in others} <= {"catalog"}, name


#: What a spec without errors, models and rare sections does not need, each for a part of a millisecond.
FOR_ERRORS = {
    "compiler.fixes",
    "compiler.lowering.argument_errors",
    "compiler.lowering.embedding",
    "compiler.lowering.includes",
    "compiler.lowering.models",
    "compiler.lowering.reuse",
    "compiler.lowering.training",
    "diff",
    "exporters",
    "importers.applications",
    "importers.keras",
    "runtime",
    "syntax.declarations",
    "syntax.foreign_entries",
    "syntax.formatter",
    "syntax.literals",
    "syntax.quantities",
    "syntax.section_parser",
    "syntax.stray_keys",
    "syntax.yaml_errors",
    "syntax.yaml_structure",
}
#: The most modules of the package that such a check loads; each lint rule is one.
MOST_MODULES = 98


def loaded(*arguments: str) -> set[str]:
    """The top-level modules that a run of mergecli has loaded when it ends."""
    return {name.split(".")[0] for name in loaded_modules(*arguments)}


def loaded_modules(*arguments: str) -> set[str]:
    """All modules that a run of mergecli has loaded when it ends."""
    code = (
        "import sys, json, atexit\n"
        "atexit.register(lambda: sys.stderr.write('\\n' + json.dumps(sorted(sys.modules))))\n"
        f"sys.argv = ['mergecli', *{list(arguments)!r}]\n"
        "from mergecli.cli.main import main\nmain()\n"
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


@pytest.mark.keras
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
    modules = loaded_modules("validate", str(ROOT / "specs" / "two_branch.yaml"))
    assert not {"yaml.reader", "yaml.resolver"} & modules
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


@pytest.mark.parametrize("command", ["", *COMMANDS])
def test_help_needs_no_yaml_and_the_first_page_no_command(command: str) -> None:
    modules = loaded_modules(*filter(None, [command, "--help"]))
    assert "yaml" not in modules
    assert command or not {name for name in modules if name.startswith("mergecli.cli.commands")}


def test_a_picture_loads_no_network_and_no_xml(tmp_path: pathlib.Path) -> None:
    pytest.importorskip("pygraphviz")
    modules = loaded_modules(
        "plot", str(ROOT / "specs" / "two_branch.yaml"), "-o", str(tmp_path / "a.svg")
    )
    assert not {"xml", "http", "email", "urllib.request", "graphviz"} & modules


def test_a_small_check_loads_no_code_for_errors_and_models() -> None:
    modules = loaded_modules("validate", str(ROOT / "specs" / "two_branch.yaml"))
    own = {name.removeprefix("mergecli.") for name in modules if name.startswith("mergecli.")}
    assert own & FOR_ERRORS == set()
    assert len(own) <= MOST_MODULES


def test_every_large_module_has_a_test_file() -> None:
    """A module of more than 100 lines has a test file that is named after it, in the folder of its unit."""
    missing = []
    for path in sorted((ROOT / "mergecli").rglob("*.py")):
        if path.name == "__init__.py" or path.read_text(encoding="utf-8").count("\n") <= 100:
            continue
        unit = path.relative_to(ROOT / "mergecli").parts[0]
        folder = ROOT / "tests" / (unit if unit != path.name else "")
        name = f"test_{path.stem.rstrip('_')}.py"
        if next(folder.rglob(name), None) is None:
            missing.append(str(path.relative_to(ROOT)))
    assert missing == []
