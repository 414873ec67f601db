"""Reading only the entries that changed gives the tree of the whole text, with the same places."""

from __future__ import annotations

import random
from typing import Iterator

import pytest
from running import ROOT, SPECS

from mergecli.diagnostics.source import Source
from mergecli.syntax import rereading
from mergecli.syntax.rereading import Rereader
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Mapping, Scalar, Tree, size_of

PLAIN = """\
# A comment.
input: [8, 8, 3]
layers:
  - Conv2D: {filters: 4, kernel_size: 3}

  # Between two entries.
  - BatchNormalization   # at the end
  -
    Dense:
      units: 4
      name: "in
        two lines"
  - - nested
    - list
  - Lambda: |
      a block

      scalar
  - plain scalar
      in two lines
  - Flatten
# Before the next key.
compile:
  loss: mse
"""
#: The layouts of lists: without indentation, at the end of a text, in mappings, between others.
LAYOUTS = (
    PLAIN,
    PLAIN[: PLAIN.index("# Before")],
    PLAIN[: PLAIN.index("# Before")].rstrip("\n"),
    "layers:\n- Dense: 1\n- ReLU\n- {Dense: 2}\ninput: [8]\n",
    "layers:\n- Dense: 1\n- ReLU",
    "---\nlayers:\n  - Dense: 1\n  - ReLU\n...\n",
    "  layers:\n    - Dense: 1\n    - ReLU\n  input: [8]\n",
    "branches:\n  a:\n    input: [8]\n    layers:\n      - Dense: 1\n      - ReLU\n\n  b:\n    from: a\n"
    "    layers:\n      - ReLU\n      - Dense: 1\nmerge: Concatenate\nhead:\n  - Dense: 2\n# end\n",
    "blocks:\n  b:\n    params: {n: 1}\n    layers:\n      - Dense: $n\n      - ReLU\nlayers: [b, b]\n",
    "layers:\n  - &a Dense: 1\n  - *a\n  - ReLU\n",
    "layers:\n  - {<<: {Dense: 1}}\n  - ReLU\n",
    "? layers\n: - ReLU\n  - Dense: 1\n",
    "- ReLU\n- Dense: 1\n- [a,\n   b]\n",
)
TYPED = (
    *" -:#&*!|>'\"{}[],$?%0123456789aé\t\r\u2028\ufeff",
    *("  ", "- ", ": ", "# c", "&a ", "*a", "!!str ", "<<: ", "|", "(3, 3)", "007", "\\ud800"),
    *(
        "after: ",
        "before0: ",
        "- after",
        "---",
        "...",
        "? a",
        "%TAG",
        "layers:",
        "[a,",
        "\n",
        "\n  - ",
    ),
)


def nodes(tree: Tree | None) -> Iterator[tuple[object, ...]]:
    """Yield all that the nodes of a tree hold, except for the indices of their marks."""
    stack = [tree] if tree is not None else []
    while stack:
        node = stack.pop()
        if isinstance(node, Scalar):
            yield node.span, type(node.value), repr(node.value), node.raw, node.plain
            continue
        yield type(node), node.span, size_of(node)
        if isinstance(node, Mapping):
            stack += [part for pair in node.entries for part in pair]
        else:
            stack += node.items


def edited(text: str, chance: random.Random) -> str:
    """Return a text after a change that most often is on one line."""
    choice, place = chance.random(), chance.randrange(len(text) + 1)
    if choice < 0.5:
        return text[:place] + chance.choice(TYPED) + text[place:]
    if choice < 0.7:
        return text[:place] + text[place + chance.choice((1, 1, 2, 6)) :]
    lines = text.split("\n")
    one, two = chance.randrange(len(lines)), chance.randrange(len(lines))
    if choice < 0.74:
        del lines[one : one + chance.randrange(1, 4)]
    elif choice < 0.78:
        lines[one:one] = lines[two : two + chance.randrange(1, 4)]
    elif choice < 0.82:
        lines[one] = lines[two]
    elif choice < 0.9:
        lines[one], lines[two] = lines[two], lines[one]
    else:
        lines[one] = " " * chance.randrange(7) + lines[one].lstrip()
    return "\n".join(lines)


def follow(text: str, edits: int, chance: random.Random) -> None:
    """Edit a text again and again, and compare the tree of each state with that of a whole reading."""
    reader, good = Rereader(), text
    for _ in range(edits):
        tree, diagnostics = reader.read(Source(text, "a.yaml"))
        whole, wanted = read(Source(text, "a.yaml"))
        assert diagnostics == wanted, repr(text)
        assert list(nodes(tree)) == list(nodes(whole)), repr(text)
        if not diagnostics and chance.random() < 0.7:
            good = text
        text = edited(good if diagnostics and chance.random() < 0.7 else text, chance)


@pytest.mark.parametrize("number", range(len(LAYOUTS)))
def test_states_of_a_text_have_the_trees_of_whole_readings(number: int) -> None:
    follow(LAYOUTS[number], 100, random.Random(number))


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(6))
def test_many_states_have_the_trees_of_whole_readings(seed: int) -> None:
    chance = random.Random(f"many {seed}")
    broken = sorted((ROOT / "tests" / "errors").rglob("*.yaml"))
    paths = [*SPECS, *chance.sample(broken, 20)]
    texts = [path.read_text(encoding="utf-8", errors="replace") for path in paths]
    for text in (*LAYOUTS, *texts):
        follow(text, 60, chance)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("filters: 4", "filters: 48"),
        ("BatchNormalization ", "Dropout: 0.1 "),
        ("      units: 4", "      units: 512"),
        ("two lines", "some lines"),
        ("    - list", "    - {list: 2}"),
        ("      scalar", "      scalars"),
        ("- Flatten", "- Flatten: {name: f}"),
        ("# Between", "# After"),
        ("# Before the", "# In front of the"),
        ("  - Flatten", "  - Flatten\n  - "),
        ("  - Flatten", "  - Flatten\n  - Dense: 1\n\n# more\n  - ReLU"),
        ("  - BatchNormalization   # at the end\n", ""),
        ("      a block\n\n", "      a block\n\n\n      of more\n"),
    ],
)
def test_only_the_changed_entries_are_read(
    old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader = Rereader()
    first, _ = reader.read(Source(PLAIN, "a.yaml"))
    monkeypatch.setattr(rereading, "read_whole", None)
    text = PLAIN.replace(old, new)
    tree, diagnostics = reader.read(Source(text, "a.yaml"))
    assert diagnostics == []
    assert list(nodes(tree)) == list(nodes(read(Source(text, "a.yaml"))[0]))
    assert list(nodes(first)) == list(nodes(read(Source(PLAIN, "a.yaml"))[0]))
    same, _ = reader.read(Source(text, "a.yaml"))
    assert same is tree


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("input:", "inputs:"),
        ("loss: mse", "loss: mae"),
        ("  - Flatten", "head:"),
        ("  - Flatten", "  - &a Flatten"),
        ("  - Flatten", "  - {Dense: 007}"),
        ("  - Flatten", "  - {a: 1, a: 2}"),
        ("  - Flatten", " - Flatten"),
        ("  - Flatten", "  [Flatten]"),
        ("  - Flatten", "  - {Dense: 1"),
        ("layers:", "layers:\n  - ReLU"),
    ],
)
def test_what_is_unusual_is_read_as_a_whole(
    old: str, new: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    reader, whole = Rereader(), []
    reader.read(Source(PLAIN, "a.yaml"))
    monkeypatch.setattr(
        rereading, "read_whole", lambda source: whole.append(source) or (None, [], False)
    )
    reader.read(Source(PLAIN.replace(old, new), "a.yaml"))
    assert len(whole) == 1


def test_a_state_that_cannot_be_read_does_not_cost_the_next_one_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader = Rereader()
    reader.read(Source(PLAIN, "a.yaml"))
    assert reader.read(Source(PLAIN.replace("- Flatten", "- {Flatten"), "a.yaml"))[0] is None
    monkeypatch.setattr(rereading, "read_whole", None)
    assert reader.read(Source(PLAIN.replace("- Flatten", "- {Flatten: }"), "a.yaml"))[0] is not None
