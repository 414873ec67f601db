"""Lists of layer entries -> nodes: each entry applied to the one before it, or to what it says."""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple, Union

from mergecli.diagnostic import Findings
from mergecli.graph import Graph, Node
from mergecli.layers import catalogue
from mergecli.layers.arguments import ArgumentError, Truth
from mergecli.layers.base import Layer, snake_case
from mergecli.names import did_you_mean, listed, nearest
from mergecli.objects import Objects
from mergecli.reader import Mapping, Scalar, Sequence, Tree, describe
from mergecli.source import Span
from mergecli.wiring import Constant, Pending, Wires, Wiring

WIRING = ("from", "call")


class Several(NamedTuple):
    """The start of a body with several inputs: its first layer must choose."""

    names: tuple[str, ...]


Start = Union[Wires, Several, None]


class Bodies:
    """Turns entries into nodes; what is wrong goes to the findings."""

    def __init__(self, graph: Graph, findings: Findings, objects: Objects, wiring: Wiring) -> None:
        self.graph, self.findings, self.objects, self.wiring = graph, findings, objects, wiring

    def body(self, tree: Tree, start: Start, prefix: str, branch: str | None, key: Scalar | None) -> Wires | None:
        """A list of entries, each applied to the one before it; gives the last one's result."""
        if type(tree) is not Sequence:
            if not (type(tree) is Scalar and tree.value is None):
                what = f"`{key.value}`" if key is not None and branch is None and key.value == "head" else "`layers`"
                self.findings.error(
                    tree.span,
                    "wrong-type",
                    f"{what} must be a list of layers, found {describe(tree.data())}",
                    "put `- ` in front of each layer",
                )
                return None
            return start if isinstance(start, Wires) else None
        last: Start = start
        for item in tree.items:
            node = self.entry(item, last, prefix, branch)
            # After an entry that is no layer at all nothing is known of what follows.
            last = Wires((node.index,)) if node is not None else None
        return last if isinstance(last, Wires) else None

    def entry(self, tree: Tree, previous: Start, prefix: str, branch: str | None, merge: bool = False) -> Node | None:
        """One layer entry, as a node; None when it names no layer."""
        came: Tree | None = None
        call: Tree | None = None
        arguments: Tree | None = None
        cls: Scalar | None = None
        stray: list[tuple[Scalar, Tree]] = []
        if type(tree) is Scalar:
            cls = tree
        elif type(tree) is Mapping:
            for key, value in tree.entries:
                name = key.value
                if name == "from":
                    came = value
                elif name == "call":
                    call = value
                elif cls is None and isinstance(name, str) and (name[:1].isupper() or ">" in name or name.startswith("ops.")):
                    cls, arguments = key, value
                else:
                    stray.append((key, value))
            for key, value in stray:
                self.stray_key(key, value, tree, cls)
            if cls is None:
                if not any(isinstance(d.span, tuple) and d.span == k.span for d in self.findings for k, _ in tree.entries):
                    self.findings.error(tree.span, "missing-key", "an entry needs a layer, such as `Dense: 64`")
                return None
        if cls is None or not isinstance(cls.value, str):
            self.findings.error(
                tree.span, "wrong-type", f"an entry is a layer, such as `Flatten` or `Dense: 64`, found {describe(tree.data())}"
            )
            return None
        kind = self.objects.kind(cls)
        layer: Any = None
        places: dict[str, Span] = {}
        # Arguments that stand beside the class, not below it, are reported already; nothing is missing.
        if kind is not None and not any(key.value in kind.arguments for key, _ in stray):
            layer, places = self.objects.object(kind, arguments, cls.value, cls.span)
        node = self.node((kind.keras_name or kind.__name__) if kind is not None else cls.value, layer, cls.span, branch, prefix)
        node.places = places
        if layer is not None and layer.name is not None:
            node.name = layer.name
            self.wiring.named[node.index] = places["name"]
        elif layer is None and type(arguments) is Mapping:
            # A layer with a wrong argument is still known by its name.
            given = arguments.get("name")
            if type(given) is Scalar and isinstance(given.value, str):
                node.name = given.value
                self.wiring.named[node.index] = given.span
        wires: Wires | None
        if came is not None:
            wires = self.reference(came, previous, True, kind is None or kind.module == "ops")
            node.wire_span = came.span
        elif merge:
            wires = Wires((Pending("", cls.span, "all"),), listed=True)
        elif isinstance(previous, Several):
            names = listed(previous.names)
            self.findings.error(
                cls.span,
                "ambiguous-input",
                f"which of {names} does `{cls.value}` take?",
                f"say `from: {previous.names[0]}`, or `from: [{', '.join(previous.names)}]` for a layer that joins them",
            )
            wires = None
        else:
            wires = previous
            node.wire_span = wires.span if wires is not None else None
        self.wiring.wires[node.index] = wires
        if call is not None:
            self.options(call, node)
        return node

    def stray_key(self, key: Scalar, value: Tree, tree: Mapping, cls: Scalar | None) -> None:
        name = str(key.value)
        others = [k for k, _ in tree.entries if k is not key and isinstance(k.value, str) and k.value[:1].isupper()]
        owner = cls or (others[0] if others else None)
        hint = None
        if owner is not None and isinstance(key.value, str) and key.value[:1].isupper():
            self.findings.error(
                key.span, "unknown-key", f"one entry, two layers: `{owner.value}` and `{name}`", f"put `- ` in front of `{name}`"
            )
            return
        kind = catalogue.layer(owner.value) if owner is not None else None
        if kind is not None and name in kind.arguments and owner is not None:
            hint = f"indent it below `{owner.value}:`, or write `{owner.value}: {{{name}: {key_text(value)}}}`"
        elif owner is None:
            near = nearest(name, catalogue.layers())
            hint = f"did you mean {listed(near)}?" if near else None
        self.unknown_key(key, WIRING, "an entry", hint)

    def options(self, tree: Tree, node: Node) -> None:
        if type(tree) is not Mapping:
            self.findings.error(
                tree.span, "wrong-type", "`call` must be a mapping from call argument to value", "such as `call: {training: false}`"
            )
            return
        known: Any = node.layer.options if node.layer is not None else {"training": Truth(none=True)}
        for key, value in tree.entries:
            argument = known.get(key.value)
            if argument is None:
                if node.layer is not None:
                    hint = did_you_mean(str(key.value), known) or f"it takes {listed(known, 'and')}; tensors go under `from:`"
                    self.findings.error(key.span, "unknown-argument", f"a call of `{node.cls}` takes no argument `{key.raw}`", hint)
                continue
            try:
                node.options[key.value] = argument.check(value.data())
            except ArgumentError as fault:
                self.objects.fault(fault, f"{node.cls}.call.{key.value}", value, argument)

    def node(self, cls: str, layer: Layer | None, span: Span, branch: str | None, prefix: str) -> Node:
        node = Node(len(self.graph.nodes), cls, layer, span, branch)
        self.graph.nodes.append(node)
        self.wiring.wires.append(None)
        self.wiring.prefixes.append(prefix + snake_case(cls.rsplit(".", 1)[-1]))
        self.wiring.named.append(None)
        return node

    def reference(self, tree: Tree, previous: Start, entry: bool, constants: bool = False) -> Wires | None:
        """The value of a `from`."""
        ends: list[int | Pending | Constant] = []
        keywords: list[str] = []

        def add(item: Tree, keyword: str | None = None) -> bool:
            if type(item) is Scalar and isinstance(item.value, str):
                if item.value == "previous" and entry:
                    if not isinstance(previous, Wires) or len(previous.ends) != 1:
                        reason = "nothing comes before it" if previous is None else "it could be one of several"
                        self.findings.error(item.span, "unknown-reference", f"there is no `previous` here: {reason}")
                        return False
                    ends.append(previous.ends[0])
                else:
                    ends.append(Pending(item.value, item.span))
                if keyword is not None:
                    keywords.append(keyword)
                return True
            if type(item) is Scalar and type(item.value) in (int, float):
                if entry and constants:
                    ends.append(Constant(item.value, item.span))
                    return True
                what = "a number goes only into an operation, such as `ops.add`"
            else:
                what = "a reference is the name of a layer, an input or a branch"
            self.findings.error(item.span, "wrong-type", f"`from` cannot take {describe(item.data())}: {what}")
            return False

        if type(tree) is Sequence:
            if not tree.items:
                self.findings.error(tree.span, "wrong-value", "`from` names nothing")
                return None
            fine = [add(item) for item in tree.items]
            return Wires(tuple(ends), True, (), tree.span) if all(fine) else None
        if type(tree) is Mapping:
            fine = []
            for key, value in tree.entries:
                for item in value.items if type(value) is Sequence else [value]:
                    fine.append(add(item, str(key.value)))
            return Wires(tuple(ends), False, tuple(keywords), tree.span) if all(fine) and fine else None
        return Wires(tuple(ends), False, (), tree.span) if add(tree) else None

    def unknown_key(self, key: Scalar, known: Iterable[str], owner: str, hint: str | None = None) -> None:
        known = tuple(known)
        hint = hint or did_you_mean(str(key.value), known) or f"{owner} knows {listed(known, 'and')}"
        self.findings.error(key.span, "unknown-key", f"{owner} has no key `{key.raw}`", hint)


def key_text(tree: Tree) -> str:
    """A value as it might be written inline."""
    return tree.raw if type(tree) is Scalar else "…"
