"""The order of keys: which are moved, and which keep theirs."""

from __future__ import annotations

import pytest

from mergecli.diagnostics.source import Source
from mergecli.syntax.formatter.attached_comments import attach
from mergecli.syntax.formatter.key_order import arguments, arrange
from mergecli.syntax.formatter.tree import FormatNode, Page
from mergecli.syntax.yaml_reader import written


def arranged(text: str, naming: bool = False) -> tuple[Page, bool]:
    tree, events, problems = written(Source(text, ""))
    assert tree is not None, problems
    page = Page(text, events)
    attach(page)
    return page, arrange(page, naming)


def keys(node: FormatNode) -> list[str]:
    return [slot.key.text for slot in node.slots if slot.key is not None]


def test_the_name_of_a_layer_is_its_last_argument() -> None:
    order = arguments("Dense")
    assert order is not None
    assert sorted(order, key=order.__getitem__)[0] == "units"
    assert max(order, key=order.__getitem__) == "name"
    assert arguments("Zzyzxq") is None


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("layers: []\ninput: [1]\nname: a\n", ["name", "input", "layers"]),
        (
            "input: [1]\nx-own: 1\ndescription: b\nname: a\n",
            ["name", "description", "x-own", "input"],
        ),
        # Nothing is known of the place of an unknown key.
        ("layers: []\nzzz: 1\ninput: [1]\n", ["layers", "zzz", "input"]),
        ("layers: []\n'input': [1]\n", ["'input'", "layers"]),
    ],
)
def test_keys_at_the_top(text: str, wanted: list[str]) -> None:
    assert keys(arranged(text)[0].root.value) == wanted


def test_sections_that_decide_names_move_only_on_request() -> None:
    text = "merge: Add\nbranches: {}\nname: a\n"
    page, renames = arranged(text)
    assert (keys(page.root.value), renames) == (["name", "merge", "branches"], False)
    page, renames = arranged(text, naming=True)
    assert (keys(page.root.value), renames) == (["name", "branches", "merge"], True)


def test_the_class_is_the_first_key_of_an_entry() -> None:
    page, _ = arranged("layers:\n  - from: a\n    Dense: {name: x, units: 3}\n")
    entry = page.root.value.slots[0].value.slots[0].value
    assert keys(entry) == ["Dense", "from"]
    assert keys(entry.slots[0].value) == ["units", "name"]


def test_branches_and_variables_keep_their_order() -> None:
    page, _ = arranged("vars: {z: 1, a: 2}\nbranches: {z: {}, a: {}}\n")
    assert [keys(slot.value) for slot in page.root.value.slots] == [["z", "a"], ["z", "a"]]


def test_an_anchor_stays_before_its_alias() -> None:
    page, _ = arranged("layers: &x []\ninput: *x\nname: a\n")
    assert keys(page.root.value) == ["name", "layers", "input"]


def test_a_heading_stays_at_the_top_of_the_file() -> None:
    page, _ = arranged("# My model.\nlayers: []\ninput: [1]\n")
    first, second = page.root.value.slots
    assert first.before == ["# My model."]
    assert second.before == []
