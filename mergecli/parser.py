"""Tree -> graph. It never stops: it notes what is wrong, leaves the value out, and goes on."""

from __future__ import annotations

from typing import Any, Iterable, NamedTuple, Union

from mergecli.diagnostic import Diagnostic, Findings
from mergecli.graph import Branch, Graph, Node, Outputs, Target
from mergecli.layers import catalogue
from mergecli.layers.arguments import ArgumentError, Truth
from mergecli.layers.base import Layer, snake_case
from mergecli.layers.core import InputLayer
from mergecli.names import did_you_mean, listed, nearest
from mergecli.objects import Objects
from mergecli.reader import Mapping, Scalar, Sequence, Tree, describe
from mergecli.source import Source, Span
from mergecli.wiring import Constant, Pending, Wires, Wiring

WIRING = ("from", "call")
BRANCH_KEYS = ("input", "inputs", "from", "layers")
PLAIN_KEYS = ("input", "inputs", "layers")
MERGED_KEYS = ("branches", "merge", "head", "heads")
TOP_KEYS = ("name", "description", *PLAIN_KEYS, *MERGED_KEYS, "outputs")


class Several(NamedTuple):
    """The start of a body with several inputs: its first layer must choose."""

    names: tuple[str, ...]


Start = Union[Wires, Several, None]


def parse(source: Source, tree: Tree) -> tuple[Graph, list[Diagnostic]]:
    """The graph of a spec, as much of it as is right, and what is wrong with it."""
    parser = _Parser(source)
    parser.document(tree)
    return parser.graph, parser.findings


class _Parser:
    def __init__(self, source: Source) -> None:
        self.graph = Graph(source.stem)
        self.findings = Findings()
        self.objects = Objects(self.findings)
        self.wiring = Wiring(self.graph, self.findings)

    # The document.

    def document(self, tree: Tree) -> None:
        if type(tree) is not Mapping:
            self.findings.error(tree.span, "wrong-type", "a spec is a mapping with `input` and `layers`, or with `branches`")
            return
        keys = {key.value: (key, value) for key, value in tree.entries}
        plain = any(key in keys for key in PLAIN_KEYS)
        merged = [key for key in MERGED_KEYS if key in keys]
        if plain and merged:
            key = keys[merged[0]][0]
            other = next(k for k in PLAIN_KEYS if k in keys)
            hint = f"keep `{other}` for a plain model, or make it a branch: `branches: {{name: {{{other}: …}}}}`"
            self.findings.error(
                key.span, "unknown-key", f"a spec with `{other}` at the top is a plain model and has no `{key.value}`", hint
            )
            return
        outputs: Tree | None = None
        plain_end: Wires | None = None
        head_end: Wires | None = None
        head_ends: list[tuple[str, Wires | None]] = []
        for key, value in tree.entries:
            name = key.value
            if name == "branches":
                self.branches(key, value)
            elif name == "merge":
                self.merge(value)
            elif name == "head":
                head_end = self.body(value, self.head_start(keys, key.span), "", None, key)
            elif name == "heads":
                head_ends = self.head_sections(key, value, keys)
            elif name == "outputs":
                outputs = value
            elif name == "name":
                self.model_name(value)
            elif name == "description":
                self.text(value, "`description` must be a text")
            elif name in PLAIN_KEYS:
                pass
            elif not (isinstance(name, str) and name.startswith("x-")):
                self.unknown_key(key, TOP_KEYS, "a spec")
        if plain:
            plain_end = self.parts({k: v for k, (_, v) in keys.items()}, tree, "", None)
        elif "branches" not in keys and not self.misspelled(tree, TOP_KEYS, ("layers", "branches")):
            hint = "a plain model has `input:` and `layers:`, a merged one `branches:`"
            self.findings.error(Span(*tree.span[:2], *tree.span[:2]), "missing-key", "a spec needs `layers` or `branches`", hint)
        if not plain and "branches" not in keys:
            return
        self.wiring.name_nodes()
        self.wiring.resolve()
        self.end(outputs, keys, plain_end, head_end, head_ends)

    def end(
        self, outputs: Tree | None, keys: dict[Any, Any], plain: Wires | None, head: Wires | None, heads: list[tuple[str, Wires | None]]
    ) -> None:
        """Say what the model gives."""
        graph = self.graph
        if outputs is not None:
            graph.outputs = self.outputs(outputs)
            return
        if heads:
            resolved = [(name, self.wiring.one(wires)) for name, wires in heads]
            graph.outputs = Outputs([t for _, t in resolved if t is not None], [n for n, t in resolved if t is not None])
            return
        if "head" in keys:
            last = self.wiring.one(head)
        elif graph.merge is not None:
            last = Target(graph.merge)
        elif graph.branches:
            last = list(graph.branches.values())[-1].end
        else:
            last = self.wiring.one(plain)
        graph.outputs = Outputs([last] if last is not None else [], single=True)

    def model_name(self, tree: Tree) -> None:
        value = self.text(tree, "`name` must be a text")
        if value is None:
            return
        if "/" in value or not value:
            self.findings.error(tree.span, "wrong-value", "a model's name may not be empty or hold `/`")
        else:
            self.graph.name = value

    def text(self, tree: Tree, message: str) -> str | None:
        if type(tree) is Scalar and isinstance(tree.value, str):
            return tree.value
        value = describe(tree.data())
        hint = f'quote it: "{tree.raw}"' if type(tree) is Scalar and tree.raw else None
        self.findings.error(tree.span, "wrong-type", f"{message}, found {value}", hint)
        return None

    def unknown_key(self, key: Scalar, known: Iterable[str], owner: str, hint: str | None = None) -> None:
        known = tuple(known)
        hint = hint or did_you_mean(str(key.value), known) or f"{owner} knows {listed(known, 'and')}"
        self.findings.error(key.span, "unknown-key", f"{owner} has no key `{key.raw}`", hint)

    def misspelled(self, tree: Mapping, known: Iterable[str], wanted: tuple[str, ...]) -> bool:
        """Whether a missing key is there, but misspelled, which is reported already."""
        strange = [str(key.value) for key, _ in tree.entries if key.value not in known]
        return any(near in wanted for word in strange for near in nearest(word, known))

    # Branches, merge, heads.

    def branches(self, key: Scalar, tree: Tree) -> None:
        if type(tree) is not Mapping or not tree.entries:
            self.findings.error(tree.span, "wrong-type", "`branches` must be a mapping from a branch's name to its `input` and `layers`")
            return
        for name_key, body in tree.entries:
            name = self.text(name_key, "a branch's name must be a text")
            if name is None:
                continue
            if "/" in name or not name:
                self.findings.error(name_key.span, "wrong-value", "a branch's name may not be empty or hold `/`, as it begins layer names")
                continue
            first = len(self.graph.nodes)
            end: Wires | None = None
            if type(body) is not Mapping:
                self.findings.error(
                    body.span, "wrong-type", f"branch `{name}` must be a mapping with `input` and `layers`, found {describe(body.data())}"
                )
            else:
                for inner, _ in body.entries:
                    if inner.value not in BRANCH_KEYS:
                        self.unknown_key(inner, BRANCH_KEYS, "a branch")
                end = self.parts({k.value: v for k, v in body.entries}, body, name, name, name_key)
            self.wiring.ends[name] = end
            self.graph.branches[name] = Branch(name_key.span, list(range(first, len(self.graph.nodes))), None)

    def parts(self, keys: dict[Any, Tree], tree: Mapping, prefix: str, branch: str | None, key: Scalar | None = None) -> Wires | None:
        """A body with its inputs: a branch, or a plain model."""
        start: Start = None
        given = [name for name in ("input", "inputs", "from") if name in keys]
        owner = f"branch `{branch}`" if branch is not None else "the model"
        if len(given) > 1:
            second = next(k for k, _ in tree.entries if k.value in given[1:])
            self.findings.error(second.span, "unknown-key", f"{owner} starts from `{given[0]}` already; keep one of {listed(given, 'and')}")
        if "input" in keys:
            index = self.input(keys["input"], None, prefix, branch)
            start = Wires((index,))
        elif "inputs" in keys:
            start = self.inputs(keys["inputs"], prefix, branch)
        elif "from" in keys:
            start = self.reference(keys["from"], None, False)
        elif not self.misspelled(tree, BRANCH_KEYS, ("input", "inputs", "from")):
            span = key.span if key is not None else Span(*tree.span[:2], *tree.span[:2])
            hint = "say what comes in: `input: [32, 32, 3]`" + (", or `from:` another branch" if branch is not None else "")
            self.findings.error(span, "missing-key", f"{owner} has no `input`", hint)
        if "layers" in keys:
            return self.body(keys["layers"], start, f"{prefix}_" if prefix else "", branch, key)
        if branch is None and not self.misspelled(tree, TOP_KEYS, ("layers",)):
            self.findings.error(
                Span(*tree.span[:2], *tree.span[:2]),
                "missing-key",
                "the model has no `layers`",
                "list them: `layers: [Flatten, {Dense: 10}]`",
            )
        return start if isinstance(start, Wires) else None

    def inputs(self, tree: Tree, prefix: str, branch: str | None) -> Start:
        if type(tree) is not Mapping or not tree.entries:
            hint = "one input is written `input: …`" if type(tree) is Sequence else None
            self.findings.error(tree.span, "wrong-type", "`inputs` must be a mapping from an input's name to its shape", hint)
            return None
        indices = []
        for key, value in tree.entries:
            name = self.text(key, "an input's name must be a text")
            if name is not None:
                indices.append(self.input(value, key, prefix, branch))
        if len(indices) == 1:
            return Wires((indices[0],))
        return Several(tuple(str(key.value) for key, _ in tree.entries))

    def input(self, tree: Tree, key: Scalar | None, prefix: str, branch: str | None) -> int:
        span = key.span if key is not None else tree.span
        if type(tree) is Mapping:
            layer, places = self.objects.object(InputLayer, tree, "Input", span)
        else:
            wrapped = Mapping(tree.start)
            wrapped.entries.append((Scalar("shape", "shape", True, tree.start, tree.start), tree))
            layer, places = self.objects.object(InputLayer, wrapped, "Input", span)
        node = self.node("InputLayer", layer, span, branch, "")  # type: ignore[arg-type]
        node.places = places
        node.sources = []
        self.graph.inputs.append(node.index)
        given = layer.name if layer is not None else None  # type: ignore[attr-defined]
        if given is not None:
            node.name = given
            self.wiring.named[node.index] = places.get("name", span)
        elif key is not None:
            node.name = str(key.value)
            self.wiring.named[node.index] = key.span
        else:
            self.wiring.prefixes[node.index] = f"{prefix}_input" if prefix else "input"
        if key is not None:
            self.wiring.input_keys.setdefault(str(key.value), node.index)
        return node.index

    def merge(self, tree: Tree) -> None:
        node = self.entry(tree, None, "", None, merge=True)
        if node is not None:
            self.graph.merge = node.index

    def head_start(self, keys: dict[Any, Any], span: Span) -> Wires | None:
        if "merge" in keys:
            return Wires((Pending("merge", span, "merge"),))
        branches = keys["branches"][1] if "branches" in keys else None
        if type(branches) is not Mapping or not branches.entries:
            return None
        return Wires((Pending(str(branches.entries[-1][0].value), span, "branch"),))

    def head_sections(self, key: Scalar, tree: Tree, keys: dict[Any, Any]) -> list[tuple[str, Wires | None]]:
        if "head" in keys:
            self.findings.error(key.span, "unknown-key", "a spec has `head` or `heads`, not both")
        if type(tree) is not Mapping or not tree.entries:
            self.findings.error(tree.span, "wrong-type", "`heads` must be a mapping from an output's name to its `layers`")
            return []
        ends = []
        for name_key, body in tree.entries:
            name = self.text(name_key, "a head's name must be a text")
            if name is None:
                continue
            self.wiring.heads[name] = name_key.span
            start: Start = self.head_start(keys, name_key.span)
            layers: Tree | None = body
            if type(body) is Mapping:
                for inner, _ in body.entries:
                    if inner.value not in ("from", "layers"):
                        self.unknown_key(inner, ("from", "layers"), "a head")
                came = body.get("from")
                if came is not None:
                    start = self.reference(came, None, False)
                layers = body.get("layers")
            if layers is None:
                ends.append((name, start if isinstance(start, Wires) else None))
            else:
                ends.append((name, self.body(layers, start, f"{name}_", None, name_key)))
        return ends

    # Bodies and entries.

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

    def node(self, cls: str, layer: Layer | None, span: Span, branch: str | None, prefix: str) -> Node:
        node = Node(len(self.graph.nodes), cls, layer, span, branch)
        self.graph.nodes.append(node)
        self.wiring.wires.append(None)
        self.wiring.prefixes.append(prefix + snake_case(cls.rsplit(".", 1)[-1]))
        self.wiring.named.append(None)
        return node

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

    # Wiring.

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

    def outputs(self, tree: Tree) -> Outputs:
        if type(tree) is Mapping:
            pairs = []
            for key, value in tree.entries:
                name = self.text(key, "an output's name must be a text")
                target = self.output(value)
                if name is not None and target is not None:
                    pairs.append((name, target))
            return Outputs([t for _, t in pairs], [n for n, _ in pairs])
        if type(tree) is Sequence:
            targets = [self.output(item) for item in tree.items]
            if not targets:
                self.findings.error(tree.span, "wrong-value", "`outputs` names nothing")
            return Outputs([t for t in targets if t is not None])
        target = self.output(tree)
        return Outputs([target] if target is not None else [], single=True)

    def output(self, tree: Tree) -> Target | None:
        wires = self.reference(tree, None, False) if type(tree) is Scalar else None
        if type(tree) is not Scalar:
            self.findings.error(tree.span, "wrong-type", f"an output is a reference, found {describe(tree.data())}")
        return self.wiring.one(wires)


def key_text(tree: Tree) -> str:
    """A value as it might be written inline."""
    return tree.raw if type(tree) is Scalar else "…"
