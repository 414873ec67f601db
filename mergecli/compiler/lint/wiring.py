"""Inputs and branches that no output needs, and names that TensorFlow refuses."""

from __future__ import annotations

import re
from typing import Iterator

from mergecli.diagnostics.diagnostic import Diagnostic, warning
from mergecli.ir.graph import Graph

_UNSAFE = re.compile(r"[^A-Za-z0-9_.>-]")


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
