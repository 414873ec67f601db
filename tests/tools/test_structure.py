"""The measures of the structure, on small packages."""

from __future__ import annotations

import ast
import pathlib

import pytest

from tools import structure


def make(root: pathlib.Path, files: dict[str, str]) -> structure.Package:
    """Write a package that has at least a catalogue and a class, and return it."""
    for name, text in {"catalog/__init__.py": "", "__init__.py": "class A: ...\n", **files}.items():
        path = root / "mergecli" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return structure.Package(root)


@pytest.fixture
def package(tmp_path: pathlib.Path) -> structure.Package:
    files = {
        "low/__init__.py": "",
        "low/a.py": "def f(x: int) -> None:\n    from mergecli.high import b\n",
        "high/__init__.py": "",
        "high/b.py": "from mergecli.low import a\nfrom mergecli import SpecError\n",
    }
    return make(tmp_path, files)


def test_imports_between_units(package: structure.Package) -> None:
    assert structure.unit_graph(package) == {
        "__init__": set(),
        "catalog": set(),
        "low": {"high"},
        "high": {"low", "__init__"},
    }


def test_a_checkout_without_a_table_of_levels(package: structure.Package) -> None:
    values = {row.label: row.value for row in structure.measure(package.root)}
    assert values["units"] == "4"
    assert values["levels"] == "2"
    assert values["of them upward"] == "-"
    assert values["cycles of units"] == values["cycles of files"] == "1"


def test_a_checkout_with_a_table_of_levels(package: structure.Package) -> None:
    (package.root / "tests").mkdir()
    table = "LEVELS: dict[str, int] = {'catalog': 1, 'low': 2, 'high': 3, '__init__': 4}\n"
    (package.root / "tests" / "test_architecture.py").write_text(table)
    rows = {row.label: row for row in structure.measure(package.root)}
    assert rows["levels"].value == "4"
    assert rows["of them upward"].details == ["high -> __init__", "low -> high"]


def test_cycles_share_a_level() -> None:
    edges = {"a": {"b"}, "b": {"a", "c"}, "c": set(), "d": {"a"}}
    assert structure.levels(edges) == {"c": 1, "a": 2, "b": 2, "d": 3}
    assert {frozenset(c) for c in structure.components(edges)} == {
        frozenset("ab"),
        frozenset("c"),
        frozenset("d"),
    }


@pytest.mark.parametrize(
    ("body", "score"),
    [
        ("pass", 1),
        ("if x: pass\n    elif y: pass", 3),
        ("return [a for a in x if a and b]", 4),
        ("try: pass\n    except E: pass", 2),
        ("return 1 if x else 2", 2),
        ("while x: assert y", 3),
        ("with x: pass", 1),
        ("match x:\n        case 1: pass\n        case _: pass", 3),
        # A closure counts for itself.
        ("def inner():\n        if x: pass", 1),
    ],
)
def test_complexity(body: str, score: int) -> None:
    function = ast.parse(f"def f(x):\n    {body}\n").body[0]
    assert isinstance(function, ast.FunctionDef)
    assert structure.complexity(function) == score


@pytest.mark.parametrize(
    ("code", "copies", "strings"),
    [
        ("KEYS = ['branches', 'merge', 'heads']", 1, 0),
        ("KEYS = {'branches': 1, 'heads': 2}", 1, 0),
        ("KEYS = (Key('branches', 1), Key('heads', 2))", 1, 0),
        ("KEYS = 'branches heads'.split()", 0, 1),
        ("KEYS = ('branches', 'layers')", 0, 0),
        ("'Branches. And heads. And more. And branches, heads.'", 0, 0),
    ],
)
def test_copies_of_the_grammar(
    tmp_path: pathlib.Path, code: str, copies: int, strings: int
) -> None:
    package = make(tmp_path, {"a.py": f"{code}\n"})
    assert len(structure.grammar_copies(package)) == copies
    assert len(structure.grammar_strings(package)) == strings


CATALOG = """
class Layer: ...
class Dense(Layer): ...
class Conv(Dense, abstract=True): ...
class Conv2D(Conv): ...
class Adam: ...
define(Dense, '''
    tanh,th  real  The tangent.
    log_of   real  The logarithm.
''')
"""


def test_classes_of_the_catalogue_that_others_name(tmp_path: pathlib.Path) -> None:
    files = {
        "catalog/layers.py": CATALOG,
        "user.py": "from mergecli.catalog.layers import Dense\nNAMES = 'Conv2D Tanh'\nX = 'Adam'\n",
        "other.py": "'LogOf?'\n",
    }
    package = make(tmp_path, files)
    assert structure.catalog_classes(package) == {"Dense", "Conv2D", "Tanh", "LogOf"}
    assert structure.named_elsewhere(package) == {
        "Dense": {"user"},
        "Conv2D": {"user"},
        "Tanh": {"user"},
    }


FUNCTIONS = """
def documented():
    '''Do it.

    Raises:
        ValueError: Always.
    '''
    raise ValueError("no")

def silent(x: Any) -> dict[str, Any]:
    import json  # start-up
    import yaml
    try:
        raise ValueError("no")
    except OSError:
        pass

def calm():
    def inner():
        raise ValueError("no")
    raise AssertionError("a bug")
"""


def test_imports_and_exceptions_of_functions(tmp_path: pathlib.Path) -> None:
    rows = {row.label: row for row in structure.measure(make(tmp_path, {"a.py": FUNCTIONS}).root)}
    values = {label: row.value for label, row in rows.items()}
    assert values["imports inside functions"] == "2"
    assert values["of them with the reason"] == "1"
    assert values["public functions that raise"] == "2"
    assert values["of them with `Raises:`"] == "1"
    assert rows["of them with `Raises:`"].details == ["a:10 silent"]
    assert values["signatures"] == "4"
    assert values["of them with `Any`"] == values["of them with `dict[str, Any]`"] == "1"


@pytest.mark.slow
def test_this_checkout_meets_the_goals_of_its_layout() -> None:
    rows = {row.label: row.value for row in structure.measure(structure.ROOT)}
    assert rows["units"] == "15"
    assert rows["levels"] == "8"
    assert rows["of them upward"] == rows["cycles of units"] == rows["cycles of files"] == "0"
    assert rows["modules directly in mergecli/"] == "3"
    assert rows["copies of the grammar"] == "1"


def test_list_prints_what_a_row_counts(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: pathlib.Path
) -> None:
    root = make(tmp_path, {"a.py": FUNCTIONS}).root
    monkeypatch.setattr(structure, "ROOT", root)
    monkeypatch.setattr("sys.argv", ["structure", "--list", "with `Any`"])
    structure.main()
    assert capsys.readouterr().out == "a:10 silent\n"
