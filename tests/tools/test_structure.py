"""The measures of the structure, on small packages."""

from __future__ import annotations

import ast
import pathlib

import pytest

from tools import structure, wordlist


@pytest.fixture
def package(tmp_path: pathlib.Path) -> structure.Package:
    files = {
        "__init__.py": "",
        "low/__init__.py": "",
        "low/a.py": "from mergecli.high import b\n\ndef f(x: int) -> None: ...\n",
        "high/__init__.py": "",
        "high/b.py": "from mergecli.low import a\nKEYS = ('branches', 'heads')\n",
    }
    for name, text in files.items():
        path = tmp_path / "mergecli" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return structure.Package(tmp_path)


def test_imports_between_units(package: structure.Package) -> None:
    assert structure.unit_graph(package) == {"__init__": set(), "low": {"high"}, "high": {"low"}}


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
        ("def inner():\n        if x: pass", 2),
    ],
)
def test_complexity(body: str, score: int) -> None:
    assert structure.complexity(ast.parse(f"def f(x):\n    {body}\n").body[0]) == score


def test_copies_of_the_grammar(package: structure.Package) -> None:
    assert structure.grammar_copies(package) == ["high.b"]


def test_this_checkout_meets_the_goals_of_its_layout() -> None:
    rows = {row.label: row.value for row in structure.measure(structure.ROOT)}
    assert rows["units"] == "13"
    assert rows["levels"] == "8"
    assert rows["of them upward"] == rows["cycles of units"] == rows["cycles of files"] == "0"
    assert rows["modules directly in mergecli/"] == "2"


def test_words_are_found_in_identifiers_and_not_in_other_words() -> None:
    known = wordlist.words()
    text = "what_is_told = 'untold toldness'  # mended\nlone  # wordlist: ignore\n"
    found = {(match.line, match.text) for match in wordlist.search(text, "a.py", known)}
    assert found == {(1, "told"), (1, "untold"), (1, "mended")}
