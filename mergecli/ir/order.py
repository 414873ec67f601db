"""The order in which calls are computed, and cycles that leave none."""

from __future__ import annotations

from mergecli.diagnostics.diagnostic import Diagnostic, error
from mergecli.ir.graph import Graph, Target

#: The number of names that a message about a cycle shows.
MOST_NAMES = 20


def order(graph: Graph) -> tuple[Graph, list[Diagnostic]]:
    """Sort the calls: each after its sources, otherwise in file order.

    Returns:
        The graph with its order, and an error for each cycle. Of each cycle one call has lost its
        sources, so that what depends on it is unknown and not reported again.
    """
    done: list[int] = []
    cut: set[int] = set()
    cycles: list[Diagnostic] = []
    parents = [node.parents for node in graph.nodes]
    state = bytearray(len(graph.nodes))  # 0 new, 1 open, 2 done
    for start in range(len(graph.nodes)):
        stack = [] if state[start] else [start]
        while stack:
            index = stack[-1]
            if state[index] == 2:
                stack.pop()
                continue
            state[index] = 1
            waiting = [parent for parent in parents[index] if state[parent] != 2]
            back = next((node for node in waiting if state[node] == 1), None)
            if back is not None:
                cycles.append(_cycle(graph, [i for i in stack if state[i] == 1], back))
                cut.add(index)
                waiting = parents[index] = []
            if waiting:
                stack.extend(reversed(waiting))
            else:
                state[index] = 2
                done.append(index)
                stack.pop()
    if cut:
        nodes = [n.replace(sources=None) if n.index in cut else n for n in graph.nodes]
        graph = graph.replace(nodes=nodes)
    return graph.replace(order=done), cycles


def _cycle(graph: Graph, path: list[int], back: int) -> Diagnostic:
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
            if len(names) <= MOST_NAMES
            else [*names[: MOST_NAMES // 2], "", *names[-MOST_NAMES // 2 :]]
        )
    ]
    shown = [name if name != "``" else f"… ({len(names) - MOST_NAMES:,} more) …" for name in shown]
    at = min((i for i in members if graph.nodes[i].location.sources), default=members[0])
    span = graph.nodes[at].location.sources or graph.nodes[at].span
    chain = " -> ".join([*shown, shown[0]])
    words = (
        f"{chain} feed each other in a circle"
        if len(names) > 1
        else f"`{names[0]}` is fed by itself"
    )
    hint = "let one of them begin from an input" if len(names) > 1 else "name another layer"
    return error(span, "cyclic-wiring", words, hint)
