"""The order in which calls are computed, and cycles, for which there is none."""

from __future__ import annotations

from typing import Iterator

from mergecli.diagnostics.diagnostic import Diagnostic, error
from mergecli.ir.graph import Graph, Value

#: The number of names that a message about a cycle shows.
MOST_NAMES = 20


def order(graph: Graph) -> tuple[Graph, list[Diagnostic]]:
    """Sort the calls: each after its sources, otherwise in file order.

    Returns:
        The graph with its order, and an error for each cycle. Of each cycle one call has lost its
        sources, so that what depends on it is unknown and not reported again.
    """
    parents = [call.parents for call in graph.nodes]
    done: list[int] = []
    state = bytearray(len(parents))
    cycles: list[Diagnostic] = []
    cut: set[int] = set()
    for start in range(len(parents)):
        for path, back in _visit(start, parents, state, done):
            cycles.append(_cycle(graph, path, back))
            cut.add(path[-1])
    if cut:
        calls = [c.replace(sources=None) if c.index in cut else c for c in graph.nodes]
        graph = graph.replace(nodes=calls)
    return graph.replace(order=done), cycles


#: The state of a call: new, with its sources being visited, or in the order.
_NEW, _OPEN, _DONE = range(3)


def _visit(
    start: int, parents: list[list[int]], state: bytearray, done: list[int]
) -> Iterator[tuple[list[int], int]]:
    """Append a call to `done` after all on which it depends.

    Yields:
        For each cycle the path of calls to the one that closes it, and the call to which that leads
        back. The last call of the path loses its parents.
    """
    stack = [start]
    while stack:
        index = stack[-1]
        if state[index] == _DONE:
            stack.pop()
            continue
        state[index] = _OPEN
        waiting = [parent for parent in parents[index] if state[parent] != _DONE]
        back = next((parent for parent in waiting if state[parent] == _OPEN), None)
        if back is not None:
            yield [i for i in stack if state[i] == _OPEN], back
            waiting = parents[index] = []
        if waiting:
            stack.extend(reversed(waiting))
        else:
            state[index] = _DONE
            done.append(index)
            stack.pop()


def _cycle(graph: Graph, path: list[int], back: int) -> Diagnostic:
    members = path[path.index(back) :]
    members.reverse()
    # Begin with the first one in the file.
    first = members.index(min(members))
    members = members[first:] + members[:first]
    names = list(dict.fromkeys(graph.label(Value(index)) for index in members))
    shown = [
        f"`{name}`"
        for name in (
            names
            if len(names) <= MOST_NAMES
            else [*names[: MOST_NAMES // 2], "", *names[-MOST_NAMES // 2 :]]
        )
    ]
    shown = [name if name != "``" else f"… ({len(names) - MOST_NAMES:,} more) …" for name in shown]
    at = min((i for i in members if graph.nodes[i].location.sources), default=members[0])
    span = graph.nodes[at].location.sources or graph.nodes[at].span
    chain = " -> ".join([*shown, shown[0]])
    message = f"cycle: {chain}" if len(names) > 1 else f"`{names[0]}` is applied to itself"
    hint = "let one of them start from an input" if len(names) > 1 else "name another layer"
    return error(span, "cyclic-wiring", message, hint)
