"""Who feeds whom: circles, what nobody uses, names."""

from __future__ import annotations

import re
from typing import Iterator

from mergecli.diagnostics.diagnostic import Diagnostic, error, warning
from mergecli.ir.graph import Graph, Target

#: How many names of a circle are told.
LONGEST = 20
_UNSAFE = re.compile(r"[^A-Za-z0-9_.>-]")


def order(graph: Graph) -> Iterator[Diagnostic]:
    """Set the graph's order, each node behind its sources and otherwise as in the file; name the circles."""
    graph.order = []
    state = bytearray(len(graph.nodes))  # 0 new, 1 open, 2 done
    for start in range(len(graph.nodes)):
        if state[start]:
            continue
        stack = [start]
        while stack:
            index = stack[-1]
            if state[index] == 2:
                stack.pop()
                continue
            waiting = [parent for parent in graph.nodes[index].parents if state[parent] != 2]
            if state[index] == 0:
                state[index] = 1
            circle = next((node for node in waiting if state[node] == 1), None)
            if circle is not None:
                yield _circle(graph, [i for i in stack if state[i] == 1], circle)
                # Cut the circle, so that what depends on it is unknown and not reported again.
                graph.nodes[index].sources = None
                waiting = []
            if waiting:
                stack.extend(reversed(waiting))
            else:
                state[index] = 2
                graph.order.append(index)
                stack.pop()


def _circle(graph: Graph, path: list[int], back: int) -> Diagnostic:
    members = path[path.index(back) :]
    members.reverse()
    # Begin with what stands first in the file.
    first = members.index(min(members))
    members = members[first:] + members[:first]
    names = list(dict.fromkeys(graph.label(Target(index)) for index in members))
    shown = [
        f"`{name}`"
        for name in (
            names
            if len(names) <= LONGEST
            else [*names[: LONGEST // 2], "", *names[-LONGEST // 2 :]]
        )
    ]
    shown = [name if name != "``" else f"… ({len(names) - LONGEST:,} more) …" for name in shown]
    at = min((i for i in members if graph.nodes[i].wire_span), default=members[0])
    span = graph.nodes[at].wire_span or graph.nodes[at].span
    chain = " -> ".join([*shown, shown[0]])
    words = (
        f"{chain} feed each other in a circle"
        if len(names) > 1
        else f"`{names[0]}` is fed by itself"
    )
    hint = "let one of them begin from an input" if len(names) > 1 else "name another layer"
    return error(span, "cyclic-wiring", words, hint)


def unused_inputs(graph: Graph) -> Iterator[Diagnostic]:
    """An input on which no output depends."""
    needed = graph.needed()
    idle = _idle_branches(graph, needed)
    for index in graph.inputs:
        node = graph.nodes[index]
        if not needed[index] and node.branch not in idle:
            yield warning(
                node.span,
                "unused-input",
                f"no output needs the input `{node.name}`",
                "wire it, or remove it",
            )


def unused_branches(graph: Graph) -> Iterator[Diagnostic]:
    """A branch, or a layer at the end of a side track, on which no output depends."""
    needed = graph.needed()
    idle = _idle_branches(graph, needed)
    for name in idle:
        hint = (
            "list it under `from` of the merge"
            if graph.merge is not None
            else "add a `merge`, or name its result under `outputs`"
        )
        yield warning(
            graph.branches[name].span, "unused-branch", f"no output needs the branch `{name}`", hint
        )
    used = {parent for node in graph.nodes for parent in node.parents}
    for node in graph.nodes:
        if node.origin:
            continue  # of a model that exists already, what its branch does not end with is left out
        if (
            not needed[node.index]
            and node.index not in used
            and node.branch not in idle
            and node.index not in graph.inputs
        ):
            yield warning(
                node.span,
                "unused-branch",
                f"no output needs the layer `{node.name}`",
                "wire it, or remove it",
            )


def _idle_branches(graph: Graph, needed: list[bool]) -> list[str]:
    return [
        name
        for name, branch in graph.branches.items()
        if branch.end is not None
        and not needed[branch.end.node]
        and not any(needed[index] for index in branch.nodes)
    ]


def unsafe_names(graph: Graph) -> Iterator[Diagnostic]:
    """A name that TensorFlow, whose graph has a scope of that name, refuses when the model is fitted."""
    told: set[str] = set()
    for node in graph.nodes:
        if not _UNSAFE.search(node.name) or node.index in graph.inputs:
            continue
        # A branch's name stands in front of all its layers' names.
        owner = (
            node.branch
            if node.branch is not None and _UNSAFE.search(node.branch) and "name" not in node.places
            else None
        )
        what, name = ("branch", owner) if owner is not None else ("layer", node.name)
        if f"{what} {name}" not in told:
            told.add(f"{what} {name}")
            span = graph.branches[owner].span if owner is not None else node.place("name")
            message = f"with TensorFlow the model cannot be fitted: the {what} name `{name}` holds other than letters, digits and `_.>-`"
            safe = _UNSAFE.sub("_", name)
            yield warning(
                span,
                "unsafe-name",
                message,
                f"call it `{safe}`" if safe.strip("_") and safe.isascii() else None,
            )
