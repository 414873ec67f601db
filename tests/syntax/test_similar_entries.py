"""Reading text with similar entries: the tree is that of the whole text."""

from __future__ import annotations

import pathlib

import pytest
from running import SPECS

from mergecli.compiler.pipeline import compile_spec
from mergecli.diagnostics.source import Source
from mergecli.exporters.yaml.roundtrip import export, is_canonical
from mergecli.importers.modules import CustomLayers
from mergecli.syntax import similar_entries, yaml_reader
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

TEXTS = {
    "names": "layers:\n  - Add: {name: a_1}\n    from: [b_1, b_2]\n  - Add: {name: a_2}\n    from: [b_2, b_3]\n",
    "other lengths": "layers:\n  - Add: {}\n    from: [b_1, b_2]\n  - Add: {}\n    from: [b_1, b_2, b_3]\n",
    "values that are no names": "layers:\n  - A: {b: true, c: 1e5, d: x, e: 0x1f}\n  - A: {b: a_1 b, c: a b_1}\n  - true\n",
    "two lists": "branches:\n  a:\n    layers:\n      - B: 1\n      - B: {name: c_1}\nhead:\n  - B: {name: c_2}\n  - B: 1\n",
    "lines": "layers:\n  - A:\n      b: {c: 1}\n      name: a_1\n  - A:\n      b: {c: 1}\n      name: a_2\noutputs: [a_1, a_2]\n",
    "a list at the start": "- a_1\n- b: c_1\n- b: c_2\n",
    "keys with digits": "layers:\n  - A: {b_1: c_1}\n  - A: {b_2: c_1}\n    from: {d_1: e_1}\n",
}


def shape(tree: Tree) -> object:
    """All of a tree but its places."""
    if type(tree) is Scalar:
        return tree.value, tree.raw, tree.plain
    if type(tree) is Sequence:
        return tree.size, [shape(item) for item in tree.items]
    assert type(tree) is Mapping
    return tree.size, [(shape(key), shape(value)) for key, value in tree.entries]


def check(text: str) -> None:
    whole, diagnostics = yaml_reader.read(Source(text, "a.yaml"))
    tree = similar_entries.read(text)
    assert whole is not None and tree is not None and not diagnostics
    assert repr(shape(tree)) == repr(shape(whole))


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_the_tree_is_that_of_the_whole_text(text: str) -> None:
    check(text)


@pytest.mark.parametrize("path", SPECS)
def test_the_tree_of_a_spec_is_that_of_the_whole_text(path: pathlib.Path) -> None:
    compiled = compile_spec(Source(path.read_text(encoding="utf-8"), str(path)))
    if compiled.network is None:
        pytest.skip("it needs more files")
    text = export(compiled.network, CustomLayers(every=True))
    if is_canonical(text):
        check(text)


def test_a_text_with_errors_or_without_entries_is_left_to_the_yaml_reader() -> None:
    assert similar_entries.read("input: [1, 2]\n") is None
    assert similar_entries.read("layers:\n  - A: {b: 1, b: 2}\n") is None
    assert similar_entries.read("layers:\n  - A: {b: [1}\n") is None
    assert similar_entries.read("layers:\n  - A: 1\n  - B: 1\n   c: 2\n") is None


def test_a_text_with_too_many_values_is_left_to_the_yaml_reader() -> None:
    entries = "".join(f"  - A: {{name: a_{number}}}\n" for number in range(40_000))
    assert similar_entries.read(f"layers:\n{entries}") is None


def test_parts_without_names_are_shared() -> None:
    tree = similar_entries.read("- A: {b: [1, 2], name: c_1}\n- A: {b: [1, 2], name: c_2}\n")
    assert tree is not None
    first, second = (item.get("A") for item in tree.items)
    assert first.get("b") is second.get("b")
    assert [part.get("name").value for part in (first, second)] == ["c_1", "c_2"]
