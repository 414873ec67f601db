"""Tree -> graph. It never stops: it notes what is wrong, leaves the value out, and goes on."""

from __future__ import annotations

import re
from typing import Any, Iterable, NamedTuple, Union

from mergecli.diagnostic import Diagnostic, Related, error
from mergecli.graph import Branch, Graph, Node, Outputs, Target
from mergecli.layers import catalogue
from mergecli.layers.arguments import Argument, ArgumentError, Truth
from mergecli.layers.base import Faults, Kind, Layer, snake_case
from mergecli.layers.core import InputLayer
from mergecli.names import did_you_mean, listed, nearest
from mergecli.reader import Mapping, Scalar, Sequence, Tree, describe, resolve
from mergecli.source import Source, Span

WIRING = ("from", "call")
BRANCH_KEYS = ("input", "inputs", "from", "layers")
PLAIN_KEYS = ("input", "inputs", "layers")
MERGED_KEYS = ("branches", "merge", "head", "heads")
TOP_KEYS = ("name", "description", *PLAIN_KEYS, *MERGED_KEYS, "outputs")


class Pending(NamedTuple):
    """A reference that is not resolved yet: a text and its place, or a promise to look at a branch's end or the merge."""

    text: str
    span: Span
    only: str = ""


class Wires(NamedTuple):
    """What something is applied to."""

    ends: tuple[Union[int, Pending], ...]
    listed: bool = False
    keywords: tuple[str, ...] = ()
    span: Span | None = None


class Several(NamedTuple):
    """The start of a body with several inputs: its first layer must choose."""

    names: tuple[str, ...]


Start = Union[Wires, Several, None]


def parse(source: Source, tree: Tree) -> tuple[Graph, list[Diagnostic]]:
    """The graph of a spec, as much of it as is right, and what is wrong with it."""
    parser = _Parser(source)
    parser.document(tree)
    return parser.graph, parser.diagnostics


class _Parser:
    def __init__(self, source: Source) -> None:
        self.graph = Graph(source.stem)
        self.diagnostics: list[Diagnostic] = []
        #: Parallel to the graph's nodes: their wiring, their automatic name's prefix, where their name stands.
        self.wires: list[Wires | None] = []
        self.prefixes: list[str] = []
        self.named: list[Span | None] = []
        self.ends: dict[str, Wires | None] = {}
        self.input_keys: dict[str, int] = {}
        self.heads: dict[str, Span] = {}

    def error(self, span: Span | None, code: str, message: str, hint: str | None = None, **more: Any) -> None:
        self.diagnostics.append(error(span, code, message, hint, **more))

    # The document.

    def document(self, tree: Tree) -> None:
        if type(tree) is not Mapping:
            self.error(tree.span, "wrong-type", "a spec is a mapping with `input` and `layers`, or with `branches`")
            return
        keys = {key.value: (key, value) for key, value in tree.entries}
        plain = any(key in keys for key in PLAIN_KEYS)
        merged = [key for key in MERGED_KEYS if key in keys]
        if plain and merged:
            key = keys[merged[0]][0]
            other = next(k for k in PLAIN_KEYS if k in keys)
            hint = f"keep `{other}` for a plain model, or make it a branch: `branches: {{name: {{{other}: …}}}}`"
            self.error(key.span, "unknown-key", f"a spec with `{other}` at the top is a plain model and has no `{key.value}`", hint)
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
        elif "branches" not in keys:
            hint = "a plain model has `input:` and `layers:`, a merged one `branches:`"
            self.error(Span(*tree.span[:2], *tree.span[:2]), "missing-key", "a spec needs `layers` or `branches`", hint)
            return
        self.name_nodes()
        self.resolve()
        self.end(outputs, keys, plain_end, head_end, head_ends)

    def end(self, outputs: Tree | None, keys: dict[Any, Any], plain: Wires | None, head: Wires | None, heads: list[tuple[str, Wires | None]]) -> None:
        """Say what the model gives."""
        graph = self.graph
        if outputs is not None:
            graph.outputs = self.outputs(outputs)
            return
        if heads:
            resolved = [(name, self.one(wires)) for name, wires in heads]
            graph.outputs = Outputs([t for _, t in resolved if t is not None], [n for n, t in resolved if t is not None])
            return
        if "head" in keys:
            last = self.one(head)
        elif graph.merge is not None:
            last = Target(graph.merge)
        elif graph.branches:
            last = list(graph.branches.values())[-1].end
        else:
            last = self.one(plain)
        graph.outputs = Outputs([last] if last is not None else [], single=True)

    def model_name(self, tree: Tree) -> None:
        value = self.text(tree, "`name` must be a text")
        if value is None:
            return
        if "/" in value or not value:
            self.error(tree.span, "wrong-value", "a model's name may not be empty or hold `/`")
        else:
            self.graph.name = value

    def text(self, tree: Tree, message: str) -> str | None:
        if type(tree) is Scalar and isinstance(tree.value, str):
            return tree.value
        value = describe(tree.data())
        hint = f'quote it: "{tree.raw}"' if type(tree) is Scalar and tree.raw else None
        self.error(tree.span, "wrong-type", f"{message}, found {value}", hint)
        return None

    def unknown_key(self, key: Scalar, known: Iterable[str], owner: str, hint: str | None = None) -> None:
        known = tuple(known)
        hint = hint or did_you_mean(str(key.value), known) or f"{owner} knows {listed(known, 'and')}"
        self.error(key.span, "unknown-key", f"{owner} has no key `{key.raw}`", hint)

    # Branches, merge, heads.

    def branches(self, key: Scalar, tree: Tree) -> None:
        if type(tree) is not Mapping or not tree.entries:
            self.error(tree.span, "wrong-type", "`branches` must be a mapping from a branch's name to its `input` and `layers`")
            return
        for name_key, body in tree.entries:
            name = self.text(name_key, "a branch's name must be a text")
            if name is None:
                continue
            if "/" in name or not name:
                self.error(name_key.span, "wrong-value", "a branch's name may not be empty or hold `/`, as it begins layer names")
                continue
            first = len(self.graph.nodes)
            end: Wires | None = None
            if type(body) is not Mapping:
                self.error(body.span, "wrong-type", f"branch `{name}` must be a mapping with `input` and `layers`, found {describe(body.data())}")
            else:
                for inner, _ in body.entries:
                    if inner.value not in BRANCH_KEYS:
                        self.unknown_key(inner, BRANCH_KEYS, "a branch")
                end = self.parts({k.value: v for k, v in body.entries}, body, name, name, name_key)
            self.ends[name] = end
            self.graph.branches[name] = Branch(name_key.span, list(range(first, len(self.graph.nodes))), None)

    def parts(self, keys: dict[Any, Tree], tree: Mapping, prefix: str, branch: str | None, key: Scalar | None = None) -> Wires | None:
        """A body with its inputs: a branch, or a plain model."""
        start: Start = None
        given = [name for name in ("input", "inputs", "from") if name in keys]
        owner = f"branch `{branch}`" if branch is not None else "the model"
        if len(given) > 1:
            second = next(k for k, _ in tree.entries if k.value in given[1:])
            self.error(second.span, "unknown-key", f"{owner} starts from `{given[0]}` already; keep one of {listed(given, 'and')}")
        if "input" in keys:
            index = self.input(keys["input"], None, prefix, branch)
            start = Wires((index,))
        elif "inputs" in keys:
            start = self.inputs(keys["inputs"], prefix, branch)
        elif "from" in keys:
            start = self.wiring(keys["from"], None, False)
        else:
            span = key.span if key is not None else Span(*tree.span[:2], *tree.span[:2])
            hint = "say what comes in: `input: [32, 32, 3]`" + (", or `from:` another branch" if branch is not None else "")
            self.error(span, "missing-key", f"{owner} has no `input`", hint)
        if "layers" in keys:
            return self.body(keys["layers"], start, f"{prefix}_" if prefix else "", branch, key)
        if branch is None:
            self.error(Span(*tree.span[:2], *tree.span[:2]), "missing-key", "the model has no `layers`", "list them: `layers: [Flatten, {Dense: 10}]`")
        return start if isinstance(start, Wires) else None

    def inputs(self, tree: Tree, prefix: str, branch: str | None) -> Start:
        if type(tree) is not Mapping or not tree.entries:
            hint = "one input is written `input: …`" if type(tree) is Sequence else None
            self.error(tree.span, "wrong-type", "`inputs` must be a mapping from an input's name to its shape", hint)
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
            layer, places = self.object(InputLayer, tree, "Input", span)
        else:
            wrapped = Mapping(tree.start)
            wrapped.entries.append((Scalar("shape", "shape", True, tree.start, tree.start), tree))
            layer, places = self.object(InputLayer, wrapped, "Input", span)
        node = self.node("InputLayer", layer, span, branch, "")  # type: ignore[arg-type]
        node.places = places
        node.sources = []
        self.graph.inputs.append(node.index)
        given = layer.name if layer is not None else None  # type: ignore[attr-defined]
        if given is not None:
            node.name = given
            self.named[node.index] = places.get("name", span)
        elif key is not None:
            node.name = str(key.value)
            self.named[node.index] = key.span
        else:
            self.prefixes[node.index] = f"{prefix}_input" if prefix else "input"
        if key is not None:
            self.input_keys.setdefault(str(key.value), node.index)
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
            self.error(key.span, "unknown-key", "a spec has `head` or `heads`, not both")
        if type(tree) is not Mapping or not tree.entries:
            self.error(tree.span, "wrong-type", "`heads` must be a mapping from an output's name to its `layers`")
            return []
        ends = []
        for name_key, body in tree.entries:
            name = self.text(name_key, "a head's name must be a text")
            if name is None:
                continue
            self.heads[name] = name_key.span
            start: Start = self.head_start(keys, name_key.span)
            layers: Tree | None = body
            if type(body) is Mapping:
                for inner, _ in body.entries:
                    if inner.value not in ("from", "layers"):
                        self.unknown_key(inner, ("from", "layers"), "a head")
                came = body.get("from")
                if came is not None:
                    start = self.wiring(came, None, False)
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
                self.error(tree.span, "wrong-type", f"{what} must be a list of layers, found {describe(tree.data())}", "put `- ` in front of each layer")
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
        if type(tree) is Scalar:
            cls = tree
        elif type(tree) is Mapping:
            for key, value in tree.entries:
                name = key.value
                if name == "from":
                    came = value
                elif name == "call":
                    call = value
                elif cls is None and isinstance(name, str) and (name[:1].isupper() or ">" in name):
                    cls, arguments = key, value
                else:
                    self.stray_key(key, value, tree, cls)
            if cls is None:
                if not any(isinstance(d.span, tuple) and d.span == k.span for d in self.diagnostics for k, _ in tree.entries):
                    self.error(tree.span, "missing-key", "an entry needs a layer, such as `Dense: 64`")
                return None
        if cls is None or not isinstance(cls.value, str):
            self.error(tree.span, "wrong-type", f"an entry is a layer, such as `Flatten` or `Dense: 64`, found {describe(tree.data())}")
            return None
        kind = self.kind(cls)
        layer: Any = None
        places: dict[str, Span] = {}
        if kind is not None:
            layer, places = self.object(kind, arguments, cls.value, cls.span)
        node = self.node(kind.__name__ if kind is not None else cls.value, layer, cls.span, branch, prefix)
        node.places = places
        if layer is not None and layer.name is not None:
            node.name = layer.name
            self.named[node.index] = places["name"]
        elif layer is None and type(arguments) is Mapping:
            # A layer with a wrong argument is still known by its name.
            given = arguments.get("name")
            if type(given) is Scalar and isinstance(given.value, str):
                node.name = given.value
                self.named[node.index] = given.span
        wires: Wires | None
        if came is not None:
            wires = self.wiring(came, previous, True)
            node.wire_span = came.span
        elif merge:
            wires = Wires((Pending("", cls.span, "all"),), listed=True)
        elif isinstance(previous, Several):
            names = listed(previous.names)
            self.error(cls.span, "ambiguous-input", f"which of {names} does `{cls.value}` take?", f"say `from: {previous.names[0]}`, or `from: [{', '.join(previous.names)}]` for a layer that joins them")
            wires = None
        else:
            wires = previous
        self.wires[node.index] = wires
        if call is not None:
            self.options(call, node)
        return node

    def stray_key(self, key: Scalar, value: Tree, tree: Mapping, cls: Scalar | None) -> None:
        name = str(key.value)
        others = [k for k, _ in tree.entries if k is not key and isinstance(k.value, str) and k.value[:1].isupper()]
        owner = cls or (others[0] if others else None)
        hint = None
        if owner is not None and isinstance(key.value, str) and key.value[:1].isupper():
            self.error(key.span, "unknown-key", f"one entry, two layers: `{owner.value}` and `{name}`", f"put `- ` in front of `{name}`")
            return
        kind = catalogue.layer(owner.value) if owner is not None else None
        if kind is not None and name in kind.arguments and owner is not None:
            hint = f"indent it below `{owner.value}:`, or write `{owner.value}: {{{name}: {key_text(value)}}}`"
        elif owner is None:
            near = nearest(name, catalogue.layers())
            hint = f"did you mean {listed(near)}?" if near else None
        self.unknown_key(key, WIRING, "an entry", hint)

    def kind(self, cls: Scalar) -> type[Layer] | None:
        name = cls.value
        if name in catalogue.REFUSED:
            self.error(cls.span, "unsupported-layer", f"`{name}` cannot stand in a spec: {catalogue.REFUSED[name]}")
            return None
        kind = catalogue.layer(name)
        if kind is None:
            foreign = catalogue.FOREIGN.get(name)
            hint = f"did you mean `{foreign}`?" if foreign else did_you_mean(name, catalogue.layers())
            self.error(cls.span, "unknown-layer", f"unknown layer `{name}`", hint)
        return kind

    def node(self, cls: str, layer: Layer | None, span: Span, branch: str | None, prefix: str) -> Node:
        node = Node(len(self.graph.nodes), cls, layer, span, branch)
        self.graph.nodes.append(node)
        self.wires.append(None)
        self.prefixes.append(prefix + snake_case(cls))
        self.named.append(None)
        return node

    def options(self, tree: Tree, node: Node) -> None:
        if type(tree) is not Mapping:
            self.error(tree.span, "wrong-type", "`call` must be a mapping from call argument to value", "such as `call: {training: false}`")
            return
        known: dict[str, Argument] = node.layer.options if node.layer is not None else {"training": Truth(none=True)}
        for key, value in tree.entries:
            argument = known.get(key.value)
            if argument is None:
                if node.layer is not None:
                    hint = did_you_mean(str(key.value), known) or f"it takes {listed(known, 'and')}; tensors go under `from:`"
                    self.error(key.span, "unknown-argument", f"a call of `{node.cls}` takes no argument `{key.raw}`", hint)
                continue
            try:
                node.options[key.value] = argument.check(value.data())
            except ArgumentError as fault:
                self.fault(fault, f"{node.cls}.call.{key.value}", value, argument)

    # Objects and their arguments.

    def object(self, kind: type[Kind], tree: Tree | None, shown: str, span: Span) -> tuple[Kind | None, dict[str, Span]]:
        """A layer, regularizer, … from the tree of its arguments, with the places of their values; None when one is wrong."""
        values: dict[str, Any] = {}
        trees: dict[str, tuple[Scalar | None, Tree]] = {}
        before = len(self.diagnostics)
        if type(tree) is Mapping:
            for key, value in tree.entries:
                trees[str(key.value)] = (key, value)
        elif tree is not None and not (type(tree) is Scalar and tree.plain and tree.raw == ""):
            first = next((name for name in kind.arguments if name not in kind.common), None)
            if first is None:
                self.error(tree.span, "unknown-argument", f"`{shown}` takes no argument, found {describe(tree.data())}", f"write `{shown}` alone")
                return None, {}
            trees[first] = (None, tree)
        for name, (_, value) in trees.items():
            argument = kind.arguments.get(name)
            if argument is None:
                values[name] = None
            elif argument.role is not None and type(value) is not Scalar:
                values[name] = self.nested(argument, value, argument.role)
            elif argument.role == "layer" and not argument.names and type(value) is Scalar and isinstance(value.value, str):
                values[name] = self.nested(argument, value, "layer")
            else:
                values[name] = value.data()
        if len(self.diagnostics) > before:
            # An argument that is itself wrong is reported already; the others are still checked.
            values = {name: value for name, value in values.items() if value is not _WRONG}
        places = {name: value.span for name, (_, value) in trees.items()}
        try:
            made: Kind | None = kind(**values)
        except Faults as faults:
            made = None
            self.faults(faults.faults, kind, trees, shown, span, before)
        return (made if len(self.diagnostics) == before else None), places

    def nested(self, argument: Argument, tree: Tree, role: str) -> Any:
        """The value of an argument that takes objects."""
        if type(tree) is Sequence:
            items = [self.nested(argument, item, role) for item in tree.items]
            return _WRONG if _WRONG in items else items
        if type(tree) is Scalar:
            if not isinstance(tree.value, str):
                return tree.value
            key, inner = tree, None
        elif type(tree) is Mapping and len(tree.entries) == 1:
            key, inner = tree.entries[0]  # type: ignore[assignment]
        else:
            names = " and ".join(f"`{k.raw}`" for k, _ in tree.entries[:2])  # type: ignore[union-attr]
            hint = "write `{Class: {argument: value}}`"
            self.error(tree.span, "wrong-type", f"{argument.words} is written as one class with its arguments, found {names or 'nothing'}", hint)
            return _WRONG
        name = str(key.value)
        if role == "layer":
            kind: type[Kind] | None = self.kind(key)
            if kind is None:
                return _WRONG
        else:
            known = catalogue.things(role)
            kind = known.get(name)
            if kind is None:
                near = did_you_mean(name, known) or f"one of {listed(sorted({k.__name__ for k in known.values()}))}"
                self.error(key.span, "wrong-value", f"unknown {role} `{name}`", near)
                return _WRONG
        made, _ = self.object(kind, inner, name, key.span)
        return _WRONG if made is None else made

    def faults(self, faults: list[ArgumentError], kind: type[Kind], trees: dict[str, tuple[Scalar | None, Tree]], shown: str, span: Span, before: int) -> None:
        missing = {fault.argument for fault in faults if fault.code == "missing-argument"}
        wrong_inside = {name for name, (_, value) in trees.items() if any(_within(d.span, value.span) for d in self.diagnostics[before:])}
        explained: set[str | None] = set()
        for fault in faults:
            name = str(fault.argument)
            if fault.code == "unknown-argument":
                key = trees[name][0]
                near = nearest(name, [n for n in kind.arguments if n not in trees])
                hint: str | None = ELSEWHERE.get(name)
                if RENAMED.get(name) in kind.arguments:
                    hint = f"did you mean `{RENAMED[name]}`? Keras has renamed it"
                if near and hint is None:
                    hint = f"did you mean {listed(near)}?"
                    if near[0] in missing:
                        hint += " It is required and missing here"
                        explained.add(near[0])
                if hint is None:
                    own = [n for n in kind.arguments if n not in kind.common]
                    hint = f"it takes {listed(own, 'and')}" if 0 < len(own) <= 8 else f"see them: mergecli layers {kind.__name__}" if own else None
                self.error(key.span if key is not None else span, "unknown-argument", f"`{shown}` has no argument `{name}`", hint)
        for fault in faults:
            name = str(fault.argument)
            if fault.code == "missing-argument":
                if name not in explained and name not in wrong_inside:
                    words = kind.arguments[name].words
                    self.error(span, "missing-argument", f"`{shown}` needs `{name}`: {words}", fault.hint)
            elif fault.code != "unknown-argument":
                tree = trees[name][1] if name in trees else None
                self.fault(fault, f"{shown}.{name}", tree, kind.arguments[name], span)

    def fault(self, fault: ArgumentError, shown: str, tree: Tree | None, argument: Argument, span: Span | None = None) -> None:
        """One wrong value, at its place."""
        if tree is None:
            self.error(span, fault.code, f"`{shown}` {fault.message}", fault.hint)
            return
        guilty = tree
        for step in fault.path:
            if type(guilty) is Sequence and isinstance(step, int) and step < len(guilty.items):
                guilty = guilty.items[step]
            elif type(guilty) is Mapping:
                guilty = guilty.get(step) or guilty
        found = f", found {describe(guilty.data())}" if fault.words is not None else ""
        if fault.path and fault.words is not None and guilty is not tree:
            found += f" in {describe(tree.data())}" if type(guilty) is Scalar else ""
        hint = fault.hint or self.mend(shown.rsplit(".", 1)[1], tree, guilty, argument)
        self.error(guilty.span, fault.code, f"`{shown}` {fault.message}{found}", hint)

    def mend(self, name: str, tree: Tree, guilty: Tree, argument: Argument) -> str | None:
        """What to write instead, tried before it is offered."""
        value = guilty.data()
        if not isinstance(value, str):
            return None
        if argument.names:
            return did_you_mean(value, argument.names) or (f"one of {listed(argument.names)}" if len(argument.names) <= 8 else None)
        candidates: list[tuple[Any, str, str]] = []
        plain = resolve(value.strip()) if value.strip() else None
        if not isinstance(plain, str) and type(guilty) is Scalar and not guilty.plain:
            candidates.append((plain, "remove the quotes", value.strip()))
        inner = re.fullmatch(r"\(\s*(.*?),?\s*\)", value)
        if inner:
            items = [resolve(part.strip()) for part in inner[1].split(",")]
            written = "[" + ", ".join(part.strip() for part in inner[1].split(",")) + "]"
            candidates.append((items, "YAML writes a list in brackets", written))
        words = {"None": (None, "null"), "True": (True, "true"), "False": (False, "false"), "yes": (True, "true"), "on": (True, "true"), "no": (False, "false"), "off": (False, "false")}
        if value in words:
            candidates.append((words[value][0], "in YAML 1.2 that is a text", words[value][1]))
        for candidate, reason, written in candidates:
            try:
                argument.check(_replaced(tree, guilty, candidate))
            except ArgumentError:
                continue
            return f"{reason}: `{name}: {written}`" if guilty is tree else f"{reason}: `{written}`"
        return None

    # Wiring.

    def wiring(self, tree: Tree, previous: Start, entry: bool) -> Wires | None:
        """The value of a `from`."""
        ends: list[int | Pending] = []
        keywords: list[str] = []

        def add(item: Tree, keyword: str | None = None) -> bool:
            if type(item) is Scalar and isinstance(item.value, str):
                if item.value == "previous" and entry:
                    if not isinstance(previous, Wires) or len(previous.ends) != 1:
                        reason = "nothing comes before it" if previous is None else "it could be one of several"
                        self.error(item.span, "unknown-reference", f"there is no `previous` here: {reason}")
                        return False
                    ends.append(previous.ends[0])
                else:
                    ends.append(Pending(item.value, item.span))
                if keyword is not None:
                    keywords.append(keyword)
                return True
            what = "constants go only into operations" if type(item) is Scalar and isinstance(item.value, (int, float)) else "a reference is the name of a layer, an input or a branch"
            self.error(item.span, "wrong-type", f"`from` cannot take {describe(item.data())}: {what}")
            return False

        if type(tree) is Sequence:
            if not tree.items:
                self.error(tree.span, "wrong-value", "`from` names nothing")
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

    def name_nodes(self) -> None:
        """Check given names, then give the others theirs, in file order."""
        taken: dict[str, int] = {}
        for node in self.graph.nodes:
            if not node.name:
                continue
            first = taken.get(node.name)
            if first is None:
                taken[node.name] = node.index
                continue
            where = self.named[first] or self.graph.nodes[first].span
            self.error(self.named[node.index] or node.span, "duplicate-name", f"layer name `{node.name}` is used twice", "names are unique in the whole model, across branches", related=(Related(where, "first here"),))
        self.taken = taken
        counts: dict[str, int] = {}
        for node in self.graph.nodes:
            if node.name:
                continue
            base = self.prefixes[node.index]
            number = counts.get(base, 0)
            name = base if number == 0 else f"{base}_{number}"
            while name in taken:
                number += 1
                name = f"{base}_{number}"
            counts[base] = number + 1
            node.name = name
            taken[name] = node.index

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
            targets = [self.target(end) for end in ends]
            if None not in targets:
                node.sources = targets  # type: ignore[assignment]
                node.listed, node.keywords = wires.listed, wires.keywords

    def resolve_branch(self, name: str, wires: Wires | None) -> None:
        branch = self.graph.branches[name]
        if wires is None or len(wires.ends) != 1:
            return
        self.graph.branches[name] = branch._replace(end=self.target(wires.ends[0], {name}))

    def one(self, wires: Wires | None) -> Target | None:
        return self.target(wires.ends[0]) if wires is not None and len(wires.ends) == 1 else None

    def target(self, end: int | Pending, through: set[str] | None = None) -> Target | None:
        """What a reference stands for; None when that is wrong, which is reported once."""
        if isinstance(end, int):
            return Target(end)
        text, index = end.text, None
        if text not in self.taken and text not in self.ends:
            match = re.fullmatch(r"(.+)\[(\d+)\]", text)
            if match:
                text, index = match[1], int(match[2])
        found: dict[str, tuple[int | Target | None, Span]] = {}
        if not end.only and text in self.taken:
            node = self.taken[text]
            found["layer"] = (node, self.named[node] or self.graph.nodes[node].span)
        if end.only != "merge" and text in self.ends:
            found["branch"] = (self.branch_end(text, end, through), self.graph.branches[text].span)
        if end.only != "branch" and text == "merge" and self.graph.merge is not None:
            found["merge"] = (self.graph.merge, self.graph.nodes[self.graph.merge].span)
        if not found and text in self.input_keys:
            found["input"] = (self.input_keys[text], self.graph.nodes[self.input_keys[text]].span)
        targets = {t.node if isinstance(t, Target) else t for t, _ in found.values()}
        if len(targets) > 1 and None not in targets:
            related = tuple(Related(span, f"a {what} of that name") for what, (_, span) in found.items())
            self.error(end.span, "ambiguous-name", f"`{text}` could mean two things: {' or '.join('a ' + what for what in found)}", "rename one of them", related=related)
            return None
        if found:
            target = next((t for t, _ in found.values() if t is not None), None)
            if target is None:
                return None
            node_index = target.node if isinstance(target, Target) else target
            inner = target.result if isinstance(target, Target) else None
            return Target(node_index, index if index is not None else inner)
        if not end.only:
            if text in self.heads:
                self.error(end.span, "unknown-reference", f"`{text}` is a head, which names an output and no tensor", "refer to its last layer by name")
            else:
                known = [*self.taken, *self.ends, *(["merge"] if self.graph.merge is not None else []), "previous"]
                self.error(end.span, "unknown-reference", f"nothing is called `{text}`", did_you_mean(text, known) or (f"there are {listed(known[:-1], 'and')}" if 1 < len(known) <= 9 else None))
        return None

    def branch_end(self, name: str, end: Pending, through: set[str] | None) -> Target | None:
        """A branch's last result; a branch without layers passes on what it starts from."""
        seen = through or set()
        wires = self.ends[name]
        if wires is None or len(wires.ends) != 1:
            return None
        first = wires.ends[0]
        if isinstance(first, int):
            return Target(first)
        if name in seen and through is not None and end.text in seen:
            self.error(end.span, "cyclic-wiring", f"branch `{name}` starts from itself")
            return None
        return self.target(first, seen | {name})

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
                self.error(tree.span, "wrong-value", "`outputs` names nothing")
            return Outputs([t for t in targets if t is not None])
        target = self.output(tree)
        return Outputs([target] if target is not None else [], single=True)

    def output(self, tree: Tree) -> Target | None:
        wires = self.wiring(tree, None, False) if type(tree) is Scalar else None
        if type(tree) is not Scalar:
            self.error(tree.span, "wrong-type", f"an output is a reference, found {describe(tree.data())}")
        return self.one(wires)


#: Arguments that stand elsewhere in a spec, and those that have another name by now.
ELSEWHERE = {
    "input_shape": "the shape of the input stands under `input:`",
    "input_dim": "the shape of the input stands under `input:`",
    "batch_input_shape": "the shape of the input stands under `input:`, as `batch_shape`",
}
RENAMED = {"alpha": "negative_slope"}
_WRONG: Any = type("Wrong", (), {"role": None, "__repr__": lambda self: "wrong"})()


def key_text(tree: Tree) -> str:
    """A value as it might be written inline."""
    return tree.raw if type(tree) is Scalar else "…"


def _within(inner: Span | None, outer: Span) -> bool:
    return inner is not None and outer[:2] <= inner[:2] and inner[2:] <= outer[2:]


def _replaced(tree: Tree, guilty: Tree, value: Any) -> Any:
    """The plain value of a tree with one part exchanged."""
    if tree is guilty:
        return value
    if type(tree) is Sequence:
        return [_replaced(item, guilty, value) for item in tree.items]
    if type(tree) is Mapping:
        return {key.value: _replaced(item, guilty, value) for key, item in tree.entries}
    return tree.data()
