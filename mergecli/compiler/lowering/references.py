"""References -> targets: names are given and checked, then everything is wired to what it names."""

from __future__ import annotations

import itertools
import re
from typing import NamedTuple, Union

from mergecli.diagnostics.diagnostic import DiagnosticSink, Related
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import did_you_mean, listed
from mergecli.ir.graph import Call, Graph, Target
from mergecli.ir.naming import NameAuthority, unique_prefix

#: How often branches may pass on a result of one another in a row.
DEEPEST = 64


class Pending(NamedTuple):
    """A reference that is not resolved yet: a text and its place, or a promise to look at a branch's end or the merge."""

    text: str
    span: Span
    only: str = ""
    #: The block instance inside of which it stands, and the way there.
    scope: str = ""
    way: str | None = None


class Constant(NamedTuple):
    """A plain number that an operation takes."""

    value: float
    span: Span


class Wires(NamedTuple):
    """What something is applied to."""

    ends: tuple[Union[int, Target, Pending, Constant], ...]
    listed: bool = False
    keywords: tuple[str, ...] = ()
    span: Span | None = None


class Wiring:
    """What a parser knows of names before they are resolved; its lists are parallel to the graph's nodes."""

    def __init__(self, graph: Graph, findings: DiagnosticSink) -> None:
        self.graph = graph
        self.findings = findings
        self.wires: list[Wires | None] = []
        #: What an automatic name begins with, and where a given name stands.
        self.prefixes: list[str] = []
        self.named: list[Span | None] = []
        #: Where each branch ends.
        self.ends: dict[str, Wires | None] = {}
        self.input_keys: dict[str, int] = {}
        self.heads: dict[str, Span] = {}
        self.taken: dict[str, int] = {}
        #: The name of the node whose references are being resolved.
        self.asking = ""
        #: Where each block instance ends, and where each branch and instance starts.
        self.instances: dict[str, Wires | None] = {}
        self.starts: dict[str, Wires | None] = {}
        #: The branches whose ends are being looked for.
        self.asked: list[str] = []
        #: The nodes that get their name from what they use, when that is known, and those whose name nobody can refer to.
        self.later: set[int] = set()
        self.hidden: set[int] = set()

    def add(self, node: Call, prefix: str, named: Span | None) -> None:
        """Take note of a new node: what its automatic name begins with, or where its name stands."""
        self.wires.append(None)
        self.prefixes.append(prefix)
        self.named.append(named)

    def is_reserved(self, name: str) -> bool:
        """Whether a name that is made up could be mistaken for what the user has named."""
        return (
            name in self.ends
            or name in self.input_keys
            or name in self.instances
            or name in ("merge", "previous")
        )

    def name_nodes(self) -> None:
        """Check given names, then give the others theirs, in file order."""
        taken: dict[str, int] = {}
        #: Pairs of nodes of one name, at least one of them in a model that is a branch, by the two branches.
        clashes: dict[tuple[str | None, str | None], list[tuple[Call, Call]]] = {}
        for node in self.graph.nodes:
            if not node.name or node.index in self.hidden:
                continue
            first = taken.get(node.name)
            if first is None:
                taken[node.name] = node.index
                continue
            other = self.graph.nodes[first]
            if node.origin and other.origin and node.branch == other.branch:
                continue  # reported in the spec of which both are
            if node.origin or other.origin:
                clashes.setdefault((other.branch, node.branch), []).append((other, node))
                continue
            where = self.named[first] or self.graph.nodes[first].span
            here = self.named[node.index] or node.span
            hint = "names are unique in the whole model, across branches"
            if here == where:
                hint = f"where an entry is repeated or a list used again, let names differ: `name: {node.name}_$i`, or none at all"
            related = () if here == where else (Related(where, "first here"),)
            self.findings.error(
                here,
                "duplicate-name",
                f"layer name `{node.name}` is used twice",
                hint,
                related=related,
                note=node.context,
            )
        for pairs in clashes.values():
            self.clash(pairs)
        self.taken = taken
        names = NameAuthority(lambda name: name in taken or self.is_reserved(name))
        for node in self.graph.nodes:
            if node.index in self.later and not node.name:
                continue
            if node.name:
                if node.name == "previous":
                    here = self.named[node.index] or node.span
                    self.findings.error(
                        here,
                        "wrong-value",
                        "`previous` means the entry before; a layer needs another name",
                        note=node.context,
                    )
                continue
            base = self.prefixes[node.index]
            node.name = names.name(base)
            taken[node.name] = node.index

    def clash(self, pairs: list[tuple[Call, Call]]) -> None:
        """Report all the names that two branches, or a branch and the rest, share, and the prefix that mends it."""
        first, second = pairs[0]
        # The prefix goes to the later of the two, if that is a model.
        model = second if second.origin else first
        names = listed([other.name for _, other in pairs][:8], "and") + (
            f" and {len(pairs) - 8} more" if len(pairs) > 8 else ""
        )
        own = [node for node in self.graph.nodes if node.branch == model.branch and node.origin]
        free = {node.name for node in self.graph.nodes} - {node.name for node in own}
        prefix = unique_prefix(f"{model.branch}_", [node.origin for node in own], free)
        here, where = self.place_of(second), self.place_of(first)
        what = (
            "a layer of the same name"
            if len(pairs) == 1
            else f"{len(pairs)} layers of the same names"
        )
        owners = " and ".join(
            f"branch `{node.branch}`" if node.branch is not None else "the rest of the spec"
            for node in (first, second)
        )
        self.findings.error(
            here,
            "duplicate-name",
            f"{owners} have {what}: {names}",
            f"put `prefix: {prefix}` beside the model of branch `{model.branch}`",
            related=(Related(where, "first here"),) if where != here else (),
        )

    def place_of(self, node: Call) -> Span:
        """Where to show a node: where its branch is named if it comes from a model, else where its name stands."""
        if node.origin and node.branch in self.graph.branches:
            return self.graph.branches[node.branch].span
        return self.named[node.index] or node.span

    def resolve(self) -> None:
        """Turn references into targets: of branches first, as everything else may refer to them."""
        graph = self.graph
        for name, wires in self.ends.items():
            self.resolve_branch(name, wires)
        for node in graph.nodes:
            if node.sources is not None:
                continue
            wires = self.wires[node.index]
            if wires is None:
                continue
            ends = wires.ends
            if node.index == graph.merge and isinstance(ends[0], Pending) and ends[0].only == "all":
                ends = tuple(Pending(name, ends[0].span, "branch") for name in self.ends)
            self.asking = node.name
            targets = [self.target(end) for end in ends]
            if targets and None not in targets:
                node.sources = targets  # type: ignore[assignment]
                node.listed, node.keywords = wires.listed, wires.keywords

    def resolve_branch(self, name: str, wires: Wires | None) -> None:
        branch = self.graph.branches[name]
        if wires is None or len(wires.ends) != 1:
            return
        self.graph.branches[name] = branch._replace(
            end=self.branch_end(name, Pending(name, branch.span))
        )

    def one(self, wires: Wires | None) -> Target | None:
        return self.target(wires.ends[0]) if wires is not None and len(wires.ends) == 1 else None

    def target(self, end: int | Target | Pending | Constant) -> Target | None:
        """What a reference stands for; None when that is wrong, which is reported once."""
        if isinstance(end, Target):
            return end
        if isinstance(end, int):
            return Target(end)
        if isinstance(end, Constant):
            return Target(-1, constant=end.value)
        text, index = f"{end.scope}_{end.text}" if end.scope else end.text, None
        if text not in self.taken and text not in self.ends and text not in self.instances:
            match = re.fullmatch(r"(.+)\[(\d+)\]", text)
            if match:
                text, index = match[1], int(match[2])
        found: dict[str, tuple[int | Target | None, Span]] = {}
        if not end.only and text in self.taken:
            node = self.taken[text]
            found["layer"] = (node, self.named[node] or self.graph.nodes[node].span)
        if end.only != "merge" and text in self.ends:
            found["branch"] = (self.branch_end(text, end), self.graph.branches[text].span)
        if end.only != "branch" and text == "merge" and self.graph.merge is not None:
            found["merge"] = (self.graph.merge, self.graph.nodes[self.graph.merge].span)
        if not end.only and text in self.instances:
            found["block"] = (self.one(self.instances[text]), end.span)
        if not found and text in self.input_keys:
            found["input"] = (self.input_keys[text], self.graph.nodes[self.input_keys[text]].span)
        targets = {t.node if isinstance(t, Target) else t for t, _ in found.values()}
        if len(targets) > 1 and None not in targets:
            related = tuple(
                Related(span, f"a {what} of that name") for what, (_, span) in found.items()
            )
            self.findings.error(
                end.span,
                "ambiguous-name",
                f"`{text}` could mean two things: {' or '.join('a ' + what for what in found)}",
                self.parted(text),
                related=related,
            )
            return None
        if found:
            target = next((t for t, _ in found.values() if t is not None), None)
            if target is None:
                return None
            node_index = target.node if isinstance(target, Target) else target
            inner = target.result if isinstance(target, Target) else None
            return Target(node_index, index if index is not None else inner)
        if not end.only:
            if end.scope:
                inside = [
                    name[len(end.scope) + 1 :]
                    for name in self.taken
                    if name.startswith(f"{end.scope}_")
                ]
                hint = (
                    did_you_mean(end.text, inside)
                    or "a block sees its own names, `input` and `previous`"
                )
                self.findings.error(
                    end.span,
                    "unknown-reference",
                    f"nothing in this block is called `{end.text}`",
                    hint,
                    note=end.way,
                )
            elif text in self.heads:
                self.findings.error(
                    end.span,
                    "unknown-reference",
                    f"`{text}` is a head, which names an output and no tensor",
                    "refer to its last layer by name",
                )
            else:
                others = [] if self.graph.merge is None else ["merge"]
                known = itertools.chain(
                    (name for name in self.taken if name != self.asking), self.ends, others
                )
                few = list(itertools.islice(known, 9))
                known = itertools.chain(few, known)
                self.findings.error(
                    end.span,
                    "unknown-reference",
                    f"nothing is called `{text}`",
                    did_you_mean(text, known)
                    or (f"there are {listed(few, 'and')}" if 0 < len(few) <= 8 else None),
                )
        return None

    def parted(self, name: str) -> str:
        """How to tell a layer from what else has its name."""
        node = self.graph.nodes[self.taken[name]] if name in self.taken else None
        if node is not None and node.origin:
            return f"put `prefix: {node.branch}_` beside the model of branch `{node.branch}`"
        return "rename one of them"

    def branch_end(self, name: str, end: Pending) -> Target | None:
        """A branch's last result; a branch without layers passes on what it starts from."""
        seen = []
        while name not in seen:
            seen.append(name)
            wires = self.ends[name]
            if wires is None or len(wires.ends) != 1:
                return None
            first = wires.ends[0]
            if (
                not isinstance(first, Pending)
                or first.text in self.taken
                or first.text not in self.ends
            ):
                return self.of_branch(name, first)
            name = first.text
        self.circle([*seen[seen.index(name) :], name], end.span)
        return None

    def of_branch(self, name: str, first: int | Target | Pending | Constant) -> Target | None:
        """Where a branch comes to an end, which may be one of several results of another branch."""
        known = self.graph.branches[name].end
        if known is not None:
            return known
        if name in self.asked:
            self.circle(
                [*self.asked[self.asked.index(name) :], name], self.graph.branches[name].span
            )
            return None
        if len(self.asked) == DEEPEST:
            if not any(found.code == "too-deep" for found in self.findings):
                message = f"branches pass one another on more than {DEEPEST} times in a row"
                self.findings.error(
                    self.graph.branches[name].span,
                    "too-deep",
                    message,
                    "put them into the order in which they follow",
                )
            return None
        self.asked.append(name)
        found = self.target(first)
        self.asked.pop()
        return found

    def circle(self, names: list[str], span: Span) -> None:
        """Report branches that are nothing but one another."""
        if not any(found.code == "cyclic-wiring" for found in self.findings):
            shown = " -> ".join(f"`{name}`" for name in names)
            self.findings.error(
                span,
                "cyclic-wiring",
                f"{shown} feed each other in a circle",
                "let one of them begin from an input",
            )
