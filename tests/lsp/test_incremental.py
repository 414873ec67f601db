"""What an editor shows after many edits is what it shows for the same text when it is opened anew."""

from __future__ import annotations

import pathlib
import random
from typing import Iterator

import pytest
from running import ROOT, SPECS

from mergecli.importers.modules import CustomLayers
from mergecli.lsp.analysis import Analysis
from mergecli.lsp.document import Document
from mergecli.lsp.hints import hints
from mergecli.lsp.text import Text
from mergecli.lsp.tokens import encoded, tokens
from mergecli.syntax.yaml_tree import Mapping, Scalar, Tree

BROKEN = sorted((ROOT / "tests" / "errors").rglob("*.yaml"))
#: What is typed: parts of the language, and what makes YAML mean something else.
TYPED = (
    *" \n\t:-#&*!|>'\"{}[],$?%0123456789aé",
    "  ",
    "- ",
    ": ",
    "\n  - ReLU",
    "\n  - Dense: {units: 4}",
    "\n      - Flatten",
    "\n\n# comment\n",
    "  # mergecli: ignore",
    "\n---\n",
    "\n...\n",
    "&a ",
    "*a",
    "!!str ",
    "<<: ",
    "|\n    text\n",
    "'",
    "(3, 3)",
    "$width",
    "007",
    "name: x",
    "repeat: 2, ",
    "\r\n",
    "\u2028",
    "\\ud800",
    "? a",
)


def shown(analysis: Analysis) -> dict[str, object]:
    """Return all that an editor shows of a text, and what of the check it comes from."""
    text = analysis.text
    networks = [
        (
            [(call.name, call.cls, call.span, repr(call.layer)) for call in network.graph.nodes],
            network.graph.order,
            network.results,
            [list(weights) for weights in network.weights],
            network.macs,
        )
        for network in analysis.networks
    ]
    return {
        "diagnostics": analysis.diagnostics,
        "suppressed": list(analysis.compiled.suppressed) if analysis.compiled else [],
        "tree": list(places(analysis.tree)),
        "hints": list(hints(analysis, 0, len(text.text))),
        "tokens": encoded(text, tokens(analysis)),
        "networks": networks,
    }


def places(tree: Tree | None) -> Iterator[tuple[object, ...]]:
    """Yield the nodes of a tree with all that they hold."""
    stack = [tree] if tree is not None else []
    while stack:
        node = stack.pop()
        mark = (node.span,)
        if isinstance(node, Scalar):
            yield (*mark, type(node.value), repr(node.value), node.raw, node.plain)
        elif isinstance(node, Mapping):
            yield (*mark, node.size)
            stack += [part for pair in node.entries for part in pair]
        else:
            yield (*mark, node.size)
            stack += node.items


def edited(text: str, chance: random.Random) -> str:
    """Return a text after one edit: something typed, deleted, repeated or moved."""
    start = chance.randrange(len(text) + 1)
    choice = chance.random()
    if choice < 0.5:
        return text[:start] + chance.choice(TYPED) + text[start:]
    if choice < 0.75:
        return text[:start] + text[start + chance.choice((1, 1, 1, 2, 5, 30)) :]
    lines = text.split("\n")
    first = chance.randrange(len(lines))
    last = min(len(lines), first + chance.randrange(1, 4))
    moved = lines[first:last]
    if choice < 0.85:
        return "\n".join([*lines[:last], *moved, *lines[last:]])
    rest = [*lines[:first], *lines[last:]]
    place = chance.randrange(len(rest) + 1) if choice < 0.93 else 0
    return "\n".join([*rest[:place], *moved, *rest[place:]] if place else rest)


def follow(path: pathlib.Path, edits: int, seed: int) -> None:
    """Edit a text again and again, and compare each state with a fresh look at it.

    As a user does, an edit that makes the text unreadable is soon taken back.
    """
    chance = random.Random(f"{path.name} {seed}")
    document = Document(path.as_uri(), str(path), CustomLayers())
    good = text = path.read_text(encoding="utf-8", errors="replace")
    for number in range(edits):
        document.change(text, number, "utf-16")
        fresh = Analysis(Text(text), str(path), document.customs, document.target())
        assert shown(document.now) == shown(fresh), repr(text)
        if document.now.network is not None and not document.now.diagnostics:
            good = text
        elif chance.random() < 0.4:
            text = good
            continue
        text = edited(text, chance)


@pytest.mark.parametrize("path", SPECS[::4], ids=lambda path: path.name)
def test_edits_of_a_spec_show_what_a_fresh_look_shows(path: pathlib.Path) -> None:
    follow(path, 12, 1)


def test_edits_of_broken_texts_show_what_a_fresh_look_shows() -> None:
    for path in random.Random(5).sample(BROKEN, 12):
        follow(path, 5, 1)


@pytest.mark.slow
@pytest.mark.parametrize("path", SPECS, ids=lambda path: path.name)
def test_many_edits_of_a_spec_show_what_a_fresh_look_shows(path: pathlib.Path) -> None:
    follow(path, 60, 2)


@pytest.mark.slow
def test_many_edits_of_broken_texts_show_what_a_fresh_look_shows() -> None:
    for path in random.Random(7).sample(BROKEN, 60):
        follow(path, 12, 2)


def test_a_text_for_another_keras_forgets_what_it_knew() -> None:
    targets = [(3, 10), (3, 10), (3, 15)]
    document = Document("file:///a.yaml", "a.yaml", CustomLayers(), lambda: targets.pop(0))
    text = "input: [32, 32, 3]\nlayers: [{AdaptiveMaxPooling2D: 4}]\n"
    for expected in (["newer-keras"], ["newer-keras"], []):
        document.change(text, 1, "utf-16")
        assert [diagnostic.code for diagnostic in document.now.diagnostics] == expected
