"""A comparison as one Mermaid flowchart of both models: what differs has a shape and a sign of its own, not only a colour."""

from __future__ import annotations

import re

from mergecli.comparison import Comparison
from mergecli.emit import diff_words as words
from mergecli.graph import Target
from mergecli.unfolding import Call

#: The brackets of each kind, which are its shape, and its colours.
SHAPES = {
    "added": ("([", "])", "fill:#dafbe1,stroke:#1a7f37,stroke-width:3px,color:#1f2328"),
    "removed": ("{{", "}}", "fill:#ffebe9,stroke:#cf222e,stroke-width:2px,stroke-dasharray:6 4,color:#1f2328"),
    "changed": ("[[", "]]", "fill:#fff8c5,stroke:#9a6700,stroke-width:2px,color:#1f2328"),
    "renamed": ("(", ")", "fill:#ddf4ff,stroke:#0969da,stroke-width:2px,color:#1f2328"),
    "rewired": ("[/", "/]", "fill:#fbefff,stroke:#8250df,stroke-width:2px,color:#1f2328"),
}
#: Above this many calls, stretches in which nothing differs become one box: GitHub draws 500 arrows at the most.
MOST = 120


def render(found: Comparison) -> str:
    """The chart, from top to bottom."""
    nodes: dict[tuple[int, int], str] = {}
    kinds: dict[str, str] = {}
    labels: dict[str, str] = {}
    by_name = {(entry.kind == "removed", entry.name): entry for entry in words.entries(found)}
    twins = {pair.old.index: pair.new for pair in found.pairs}
    lone = {call.call.index for call in found.added}
    for call in found.new.calls:
        nodes[1, call.index] = f"n{call.index}"
    for call in found.old.calls:
        nodes[0, call.index] = f"n{twins[call.index].index}" if call.index in twins else f"o{call.index}"
    calls = [(1, call) for call in found.new.calls] + [(0, call) for call in found.old.calls if call.index not in twins]
    for side, call in calls:
        key = nodes[side, call.index]
        entry = by_name.get((side == 0, call.name))
        lines = [call.name, "input" if call.is_input else call.cls]
        if entry is not None:
            kinds[key] = entry.kind
            lines[0] = f"({entry.mark}) {call.name}"
            lines.append(entry.kind)
            if entry.kind not in ("added", "removed"):
                lines += entry.details
            else:
                lines.append(words.tensors(call))
        labels[key] = "<br/>".join(map(_safe, lines))
    assert all(f"n{index}" in kinds for index in lone)
    edges = _edges(found, nodes)
    boxes = _boxes([nodes[side, call.index] for side, call in calls], kinds, edges) if len(calls) > MOST else {}
    lines = ["flowchart TD"]
    for key in dict.fromkeys(boxes.get(key, key) for key in labels):
        many = sum(box == key for box in boxes.values())
        if many:
            lines.append(f'  {key}["… {many:,} layers as before"]')
            continue
        left, right, _ = SHAPES.get(kinds.get(key, ""), ("[", "]", ""))
        lines.append(f'  {key}{left}"{labels[key]}"{right}')
    arrows = {"same": "-->", "added": "==>|added|", "removed": "-.->|removed|"}
    drawn: dict[tuple[str, str, str], None] = {}
    for (start, end), kind in edges.items():
        a, b = boxes.get(start, start), boxes.get(end, end)
        if a != b:
            drawn[a, b, kind] = None
    lines += [f"  {a} {arrows[kind]} {b}" for a, b, kind in drawn]
    for kind, (_, _, style) in SHAPES.items():
        members = [key for key in labels if kinds.get(key) == kind]
        if members:
            lines += [f"  classDef {kind} {style}", f"  class {','.join(members)} {kind}"]
    return "\n".join(lines) + "\n"


def _edges(found: Comparison, nodes: dict[tuple[int, int], str]) -> dict[tuple[str, str], str]:
    """Every arrow of either model, and whether both have it."""

    def wires(side: int, calls: list[Call]) -> dict[tuple[str, str], None]:
        targets: list[tuple[Target, Call]] = [(target, call) for call in calls for target in call.sources if target.constant is None]
        return {(nodes[side, target.node], nodes[side, call.index]): None for target, call in targets}

    old, new = wires(0, found.old.calls), wires(1, found.new.calls)
    return {
        **{edge: "same" if edge in old else "added" for edge in new},
        **{edge: "removed" for edge in old if edge not in new},
    }


def _boxes(keys: list[str], kinds: dict[str, str], edges: dict[tuple[str, str], str]) -> dict[str, str]:
    """For each node of a stretch in which nothing differs, the box that stands for the stretch; what touches a difference is drawn."""
    shown = {key for key in keys if key in kinds}
    shown |= {end for edge, kind in edges.items() for end in edge if kind != "same" or edge[0] in kinds or edge[1] in kinds}
    beside: dict[str, list[str]] = {key: [] for key in keys}
    for a, b in edges:
        if a not in shown and b not in shown:
            beside[a].append(b)
            beside[b].append(a)
    boxes: dict[str, str] = {}
    for key in keys:
        if key in shown or key in boxes:
            continue
        stretch, stack = {key}, [key]
        while stack:
            for other in beside[stack.pop()]:
                if other not in stretch:
                    stretch.add(other)
                    stack.append(other)
        if len(stretch) > 1:
            boxes.update(dict.fromkeys(stretch, f"s{len(set(boxes.values()))}"))
    return boxes


def _safe(text: str) -> str:
    """A text within a label: what means something there, to Mermaid or as Markdown, by its number.

    >>> _safe('a "b" <c> #1'), _safe("_a_b *"), _safe("- 1.")
    ('a #quot;b#quot; #lt;c#gt; #35;1', '#95;a_b #42;', '#45; 1.')
    """
    text = text.replace("#", "#35;").replace('"', "#quot;").replace("<", "#lt;").replace(">", "#gt;")
    text = text.replace("`", "#96;").replace("*", "#42;").replace("\n", " ")
    text = re.sub(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", "#95;", text)
    # A list begins so, which Mermaid refuses to draw.
    return re.sub(r"^([-+]|\d+[.)])(?= |$)", lambda match: f"{match[0][:-1]}#{ord(match[0][-1])};", text)
