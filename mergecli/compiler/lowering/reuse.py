"""`use`: a layer, a branch or a block instance applied again, with the same weights."""

from __future__ import annotations

from typing import Callable, Iterator, NamedTuple

from mergecli.compiler.lowering.references import Wires, Wiring
from mergecli.diagnostics.diagnostic import Related
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import did_you_mean, listed
from mergecli.ir.graph import Call, Target
from mergecli.ir.naming import unique_name
from mergecli.ir.subgraph_layers import Placeholder, through
from mergecli.syntax.yaml_tree import Tree


class Use(NamedTuple):
    """One `use`: its node, what it names (in a block instance, `scope`), and the call's options."""

    node: Call
    text: str
    span: Span
    scope: str
    call: Tree | None


class Uses:
    """All the uses of a spec; layers are found once all names are given, branches and instances once all is wired."""

    def __init__(
        self, wiring: Wiring, options: Callable[[Tree, Call], None], grow: Callable[[Span], None]
    ) -> None:
        self.wiring, self.graph, self.findings = wiring, wiring.graph, wiring.findings
        #: Checks the options of a call; counts a node that is made.
        self.options, self.grow = options, grow
        self.found: list[Use] = []
        #: What is still to be copied: where it starts and where it ends.
        self.pending: dict[int, tuple[Use, Wires | None, Wires | None]] = {}
        self.open: list[int] = []
        #: The nodes that are copies.
        self.twins: set[int] = set()

    def name(self) -> None:
        """Give a name to each use that has none: that of what it uses, with a number."""
        taken = self.wiring.taken
        for use in self.found:
            if not use.node.name:
                use.node.name = unique_name(
                    _scoped(use),
                    lambda name: name in taken or self.wiring.is_reserved(name),
                    first=1,
                    bare=False,
                )
                taken[use.node.name] = use.node.index

    def find(self) -> None:
        """Find out what is used."""
        wiring = self.wiring
        by_node = {use.node.index: use for use in self.found}
        for use in self.found:
            name, node = _scoped(use), use.node
            layer = wiring.taken.get(name)
            seen, whole = {node.index}, name
            while layer in by_node and layer not in seen:
                seen.add(layer)
                whole = _scoped(by_node[layer])
                layer = wiring.taken.get(whole)
            if layer is None:
                name = whole  # a use of what is used already is one more of the same
            places = [(what, place) for what, there, place in self.meanings(name) if there]
            if len(places) > 1:
                related = tuple(Related(place, f"a {what} of that name") for what, place in places)
                self.findings.error(
                    use.span,
                    "ambiguous-name",
                    f"`{use.text}` could mean two things",
                    "rename one of them",
                    related=related,
                    note=node.context,
                )
            elif layer is not None:
                self.again(use, self.graph.nodes[layer])
            elif name in wiring.ends or name in wiring.instances:
                node.layer = through()
                start, end = (
                    wiring.starts.get(name),
                    wiring.ends.get(name, wiring.instances.get(name)),
                )
                self.pending[node.index] = (use, start, end)
                if use.call is not None:
                    message = f"`{use.text}` is a {places[0][0]}; `call` belongs to a layer"
                    self.findings.error(
                        use.call.span, "unknown-key", message, "remove it", note=node.context
                    )
            else:
                known = [
                    *(n for n in wiring.taken if n != node.name),
                    *wiring.ends,
                    *wiring.instances,
                ]
                inside = (
                    [n[len(use.scope) + 1 :] for n in known if n.startswith(f"{use.scope}_")]
                    if use.scope
                    else known
                )
                hint = did_you_mean(use.text, inside) or (
                    f"there are {listed(inside, 'and')}" if 0 < len(inside) <= 8 else None
                )
                self.findings.error(
                    use.span,
                    "unknown-reference",
                    f"nothing is called `{use.text}`",
                    hint,
                    note=node.context,
                )

    def meanings(self, name: str) -> Iterator[tuple[str, bool, Span]]:
        wiring, graph = self.wiring, self.graph
        index = wiring.taken.get(name)
        yield (
            "layer",
            index is not None,
            (wiring.named[index] or graph.nodes[index].span)
            if index is not None
            else Span(1, 1, 1, 1),
        )
        branch = graph.branches.get(name)
        yield "branch", name in wiring.ends, branch.span if branch is not None else Span(1, 1, 1, 1)
        yield "block instance", name in wiring.instances, Span(1, 1, 1, 1)

    def again(self, use: Use, target: Call) -> None:
        """Apply one layer again."""
        node = use.node
        if target.index in self.graph.inputs or target.cls == "InputLayer":
            hint = f"refer to it: `from: {use.text}`"
            self.findings.error(
                use.span,
                "wrong-value",
                f"`{use.text}` is an input; only layers can be used again",
                hint,
                note=node.context,
            )
            return
        if target.index == node.index or target.cls == USE:
            self.findings.error(
                use.span,
                "cyclic-wiring",
                f"`{use.text}` uses itself",
                "name a layer, a branch or a block instance",
                note=node.context,
            )
            return
        node.layer, node.cls = target.layer, target.cls
        if target.layer is not None and target.layer.module != "ops":
            node.owner = target.index if target.owner is None else target.owner
        if use.call is not None:
            self.options(use.call, node)

    # Branches and block instances, once everything is wired.

    def copy(self) -> None:
        """Copy what lies between the start and the end of each branch or instance that is used."""
        for index in list(self.pending):
            if index in self.pending:
                self.expand(index)

    def expand(self, index: int) -> None:
        use, start, end = self.pending[index]
        node = use.node
        if index in self.open:
            self.findings.error(
                use.span,
                "cyclic-wiring",
                f"`{use.text}` uses itself",
                "let it use another one",
                note=node.context,
            )
            self.pending.pop(index, None)
            node.sources = None
            return
        last = self.wiring.one(end)
        starts = [self.wiring.target(part) for part in start.ends] if start is not None else []
        if last is None or not starts or None in starts or node.sources is None:
            # Reported where it is wrong.
            node.sources = None
            self.pending.pop(index, None)
            return
        if len(node.sources) != len(starts):
            message = f"`{use.text}` takes {len(starts)} tensor{'s' * (len(starts) > 1)}, not {len(node.sources)}"
            hint = "list them: `from: [a, b]`" if len(starts) > 1 else "write one: `from: a`"
            self.findings.error(
                node.location.sources or use.span, "input-count", message, hint, note=node.context
            )
            node.sources = None
            self.pending.pop(index, None)
            return
        self.open.append(index)
        copied = self.between(use, dict(zip(starts, node.sources)), last)  # type: ignore[arg-type]
        self.open.pop()
        if self.pending.pop(index, None) is not None:
            node.sources, node.listed, node.keywords = [copied], False, ()
            last_copy = self.graph.nodes[copied.node] if copied.constant is None else node
            if last_copy.index in self.twins and self.wiring.taken.get(node.name) == node.index:
                # The last call has the name of the whole.
                self.wiring.taken.pop(last_copy.name)
                last_copy.name = node.name
                self.wiring.taken[node.name] = last_copy.index

    def between(self, use: Use, feeds: dict[Target, Target], end: Target) -> Target:
        """The end, with all that depends on the starts copied."""
        nodes = self.graph.nodes
        entries = {target.node for target in feeds if target.result is None}
        #: What each node has become: its copy's index, or itself if it does not depend on the starts.
        became: dict[int, int] = {}

        def moved(target: Target) -> Target:
            if target.constant is not None:
                return target
            if target in feeds:
                return feeds[target]
            whole = Target(target.node)
            if whole in feeds:
                return feeds[whole]._replace(result=target.result)
            return target._replace(node=became[target.node])

        stack = [end.node]
        busy: set[int] = set()
        while stack:
            index = stack[-1]
            if index in became or index in entries:
                stack.pop()
                continue
            if index in self.pending:
                self.expand(index)
            node = nodes[index]
            # A circle of wires is found, and said, by whoever puts the nodes in order.
            waiting = [
                parent
                for parent in node.parents
                if parent not in became and parent not in entries and parent not in busy
            ]
            if waiting and index not in busy:
                busy.add(index)
                stack.extend(waiting)
                continue
            for parent in node.parents:
                became.setdefault(parent, parent)
            sources = [moved(target) for target in node.sources or ()]
            if sources == list(node.sources or ()):
                became[index] = index
            else:
                became[index] = self.twin(use, node, sources).index
            stack.pop()
        return moved(end)

    def twin(self, use: Use, node: Call, sources: list[Target]) -> Call:
        """One more call of a node's layer."""
        self.grow(use.span)
        location = use.node.location._replace(span=use.span, arguments={})
        new = Call(len(self.graph.nodes), node.cls, node.layer, location, use.node.branch)
        new.sources, new.listed, new.keywords, new.options = (
            sources,
            node.listed,
            node.keywords,
            node.options,
        )
        if (
            node.layer is not None
            and node.layer.module != "ops"
            and not isinstance(node.layer, Placeholder)
        ):
            new.owner = node.index if node.owner is None else node.owner
        own = node.name[len(use.text) + 1 :] if node.name.startswith(f"{use.text}_") else node.name
        new.name = unique_name(f"{use.node.name}_{own}", self.wiring.taken.__contains__, 1)
        self.wiring.taken[new.name] = new.index
        self.graph.nodes.append(new)
        self.wiring.add(new, "", None)
        self.twins.add(new.index)
        return new


#: The class of a node whose layer is not known yet.
USE = "use"


def _scoped(use: Use) -> str:
    return f"{use.scope}_{use.text}" if use.scope else use.text
