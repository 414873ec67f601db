"""Lists of layer entries -> nodes: each entry applied to the one before it, or to what it says."""

from __future__ import annotations

import re
import typing
from typing import Any, Iterable, NamedTuple, Union

from mergecli.catalog import registry
from mergecli.catalog.arguments import Argument, ArgumentError, Truth
from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer, snake_case
from mergecli.compiler.lowering.arguments import Objects
from mergecli.compiler.lowering.references import Constant, Pending, Wires, Wiring
from mergecli.compiler.lowering.reuse import USE, Use, Uses
from mergecli.diagnostics.diagnostic import DiagnosticSink, Edit
from mergecli.diagnostics.source import Span, Via
from mergecli.diagnostics.suggestions import did_you_mean, listed, nearest, slip
from mergecli.ir.graph import Call, Graph, Location, Target
from mergecli.ir.naming import NameAuthority
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken, substitute
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, rejoined

WIRING = ("from", "call", "as", "repeat", "use")
#: What blocks and repetitions may make; a file that writes its layers out may have more.
MOST_LAYERS = 10_000
#: How deep block instances may stand in one another.
DEEPEST = 64


class Several(NamedTuple):
    """The start of a body with several inputs: its first layer must choose."""

    names: tuple[str, ...]


class Block(NamedTuple):
    """A block as it is declared: its parameters with their defaults, and its layers."""

    name: str
    params: dict[str, Tree]
    layers: Sequence


class Scope(NamedTuple):
    """An instance of a block that is being read: what its names begin with, and what `input` means in it."""

    prefix: str
    input: Wires | None


class TooLarge(Exception):
    """Blocks and repetitions make more layers than any model has; `span` is the place that does."""

    def __init__(self, span: Span) -> None:
        self.span = span


Start = Union[Wires, Several, None]


class Bodies:
    """Turns entries into nodes; what is wrong goes to the findings."""

    def __init__(
        self, graph: Graph, findings: DiagnosticSink, objects: Objects, wiring: Wiring
    ) -> None:
        self.graph, self.findings, self.objects, self.wiring = graph, findings, objects, wiring
        #: The variables, and those of them that can be seen from where the reader stands.
        self.globals: dict[str, Any] = {}
        self.names: dict[str, Any] = {}
        self.dollars = False
        self.path = ""
        self.blocks: dict[str, Block] = {}
        self.scope: Scope | None = None
        self.open: list[str] = []
        #: Where a block holds itself, which is said once.
        self.circles: set[Span] = set()
        self.pending_names: set[str] = set()
        self.instance_names = NameAuthority(
            lambda name: name in self.wiring.instances or name in self.pending_names
        )
        #: How many layers, and how many entries, blocks and repetitions have made so far.
        self.made = self.read = 0
        self.least: dict[str, int] = {}
        self.uses = Uses(wiring, self.options, self.grow)

    def body(
        self, tree: Tree, start: Start, prefix: str, branch: str | None, key: Scalar | None
    ) -> Wires | None:
        """A list of entries, each applied to the one before it; gives the last one's result."""
        if type(tree) is not Sequence and not (type(tree) is Scalar and tree.value is None):
            what = (
                f"`{key.value}`"
                if key is not None and branch is None and key.value == "head"
                else "`layers`"
            )
            self.findings.error(
                tree.span,
                "wrong-type",
                f"{what} must be a list of layers, found {describe(tree.data())}",
                f"list it: `[{tree.raw.strip('()')}]`"
                if type(tree) is Scalar
                else "put `- ` in front of each layer, or list them in brackets",
            )
            return None
        last: Start = start
        for item in rejoined(tree).items if type(tree) is Sequence else ():
            # After an entry that is no layer at all nothing is known of what follows.
            last = self.item(item, last, prefix, branch)
        if isinstance(last, Several):
            span = key.span if key is not None else tree.span
            hint = "add a layer that joins them, such as `Concatenate`"
            self.findings.error(
                span,
                "input-count",
                f"{listed(last.names, 'and')} come in, and no layer takes them",
                hint,
            )
            return None
        return last

    def item(self, tree: Tree, previous: Start, prefix: str, branch: str | None) -> Start:
        """An entry, as often as its `repeat` says; gives the last one's result."""
        times = tree.get("repeat") if type(tree) is Mapping else None
        if times is None or type(tree) is not Mapping:
            return self.single(self.fill(tree), previous, prefix, branch)
        count = self.fill(times).data()
        if broken(count):
            return None
        if type(count) is not int or not 0 <= count <= MOST_LAYERS:
            self.findings.error(
                times.span,
                "wrong-type",
                f"`repeat` must be an integer of 0 or more, found {describe(count)}",
            )
            return None
        outer, last = self.names, previous
        self.bound(tree, times.span)
        for number in range(count):
            self.names = {**outer, "i": number}
            # Only the first of a row is applied to what `from` says.
            left_out = ("repeat", "from") if number else ("repeat",)
            once = Mapping(tree.start)
            once.entries = [
                (key, value) for key, value in tree.entries if key.value not in left_out
            ]
            once.end = tree.end
            last = self.single(self.fill(once), last, prefix, branch, number)
        self.names = outer
        return last

    def single(
        self,
        tree: Tree,
        previous: Start,
        prefix: str,
        branch: str | None,
        number: int | None = None,
    ) -> Wires | None:
        """A layer, or an instance of a block.

        Raises:
            TooLarge: blocks and repetitions have more entries than any model needs, even where these are wrong and make nothing.
        """
        if self.names is not self.globals:
            self.read += 1
            if self.read > 2 * MOST_LAYERS:
                raise TooLarge(tree.span)
        keys = (
            [(tree, None)]
            if type(tree) is Scalar
            else tree.entries
            if type(tree) is Mapping
            else []
        )
        for key, value in keys:
            if isinstance(key.value, str) and key.value in self.blocks:
                return self.instance(key, value, tree, previous, branch, number)
        node = self.entry(tree, previous, prefix, branch, number=number)
        return Wires((node.index,)) if node is not None else None

    def bound(self, tree: Tree, span: Span) -> None:
        """Stop before anything is made where an entry, with all that stands in its blocks, makes too much for certain.

        Raises:
            TooLarge: it does.
        """
        if self.made + self.makes(tree, DEEPEST) > MOST_LAYERS:
            raise TooLarge(span)

    def makes(self, tree: Tree, depth: int) -> int:
        """How many layers an entry makes at the least, with its repetitions, as far as these are plain numbers."""
        count = tree.get("repeat") if type(tree) is Mapping else None
        times = (
            1
            if count is None
            else count.value
            if type(count) is Scalar and type(count.value) is int
            else 0
        )
        for key in (
            [tree]
            if type(tree) is Scalar
            else [key for key, _ in tree.entries]
            if type(tree) is Mapping
            else []
        ):
            name = key.value
            if not isinstance(name, str) or name not in self.blocks or not depth:
                continue
            if name not in self.least:
                # A block that holds itself makes nothing, which is reported elsewhere.
                self.least[name] = 0
                self.least[name] = sum(
                    self.makes(item, depth - 1) for item in self.blocks[name].layers.items
                )
            return times * self.least[name]
        return times

    def fill(self, tree: Tree) -> Tree:
        """The tree with its variables replaced."""
        return substitute(tree, self.names, self.findings) if self.dollars else tree

    # Blocks.

    def declare(self, tree: Tree) -> None:
        """Read the `blocks` of a spec."""
        if type(tree) is not Mapping:
            self.findings.error(
                tree.span,
                "wrong-type",
                "`blocks` must be a mapping from a block's name to its `params` and `layers`",
            )
            return
        for key, value in tree.entries:
            name = key.value
            if (
                not isinstance(name, str)
                or not re.fullmatch("[a-z_][A-Za-z0-9_]*", name)
                or name in WIRING
            ):
                self.findings.error(
                    key.span,
                    "wrong-value",
                    f"a block's name begins with a lower-case letter, found {describe(name)}",
                )
                continue
            if type(value) is not Mapping or type(value.get("layers")) is not Sequence:
                self.findings.error(
                    key.span,
                    "missing-key",
                    f"block `{name}` needs `layers`",
                    "a list of layer entries",
                )
                continue
            for inner, _ in value.entries:
                if inner.value not in ("params", "layers"):
                    self.unknown_key(inner, ("params", "layers"), "a block")
            params = value.get("params")
            if params is not None and type(params) is not Mapping:
                self.findings.error(
                    params.span,
                    "wrong-type",
                    "`params` must be a mapping from a parameter's name to its default",
                )
                params = None
            defaults = (
                {str(k.value): v for k, v in params.entries} if type(params) is Mapping else {}
            )
            self.blocks[name] = Block(name, defaults, value.get("layers"))  # type: ignore[arg-type]

    def instance(
        self,
        key: Scalar,
        given: Tree | None,
        tree: Tree,
        previous: Start,
        branch: str | None,
        number: int | None,
    ) -> Wires | None:
        """The layers of a block, with its parameters as given, under the instance's name."""
        block = self.blocks[key.value]
        came = called = None
        for other, value in tree.entries if type(tree) is Mapping else []:
            if other.value == "from":
                came = value
            elif other.value == "as":
                called = self.text(value, "`as` must be a text")
            elif other is not key:
                self.unknown_key(other, ("from", "as", "repeat"), "an instance of a block")
        if block.name in self.open:
            if key.span in self.circles:
                return None
            self.circles.add(key.span)
            circle = " -> ".join(
                f"`{name}`" for name in [*self.open[self.open.index(block.name) :], block.name]
            )
            self.findings.error(key.span, "cyclic-block", f"{circle}: a block cannot hold itself")
            return None
        if len(self.open) == DEEPEST:
            self.findings.error(
                key.span, "too-deep", f"blocks stand in one another deeper than {DEEPEST} levels"
            )
            return None
        self.bound(key, key.span)
        names = {
            **self.globals,
            **{name: self.fill(default).data() for name, default in block.params.items()},
        }
        entries = given.entries if type(given) is Mapping else []
        if type(given) is Scalar and given.raw != "" and block.params:
            names[next(iter(block.params))] = given.value
        elif (
            given is not None
            and type(given) is not Mapping
            and not (type(given) is Scalar and given.raw == "")
        ):
            self.findings.error(
                given.span,
                "unknown-argument",
                f"block `{block.name}` takes no value here",
                "name its parameters: `{name: value}`",
            )
        for parameter, value in entries:
            if parameter.value in block.params:
                names[str(parameter.value)] = value.data()
            else:
                hint = did_you_mean(str(parameter.value), block.params) or (
                    f"it has {listed(block.params, 'and')}" if block.params else None
                )
                fix = parameter.respelled(slip(str(parameter.value), block.params))
                message = f"block `{block.name}` has no parameter `{parameter.raw}`"
                self.findings.error(parameter.span, "unknown-argument", message, hint, fix=fix)
        start: Start = self.reference(came, previous, True) if came is not None else previous
        if isinstance(start, Several):
            self.findings.error(
                key.span,
                "ambiguous-input",
                f"which of {listed(start.names)} does `{block.name}` take?",
                "say `from: …`",
            )
            start = None
        name = self.instance_name(block.name, called, number)
        at = key.span._replace(path=self.path)
        outer = self.names, self.scope
        self.names, self.scope = names, Scope(name, start)
        self.open.append(block.name)
        self.findings.trail.append(Via("block", block.name, name, at))
        end = self.body(block.layers, start, f"{name}_", branch, None)
        self.findings.trail.pop()
        self.open.pop()
        self.names, self.scope = outer
        # Of repeated instances the name alone means the last one.
        for known in (name, self.scoped(called)) if called is not None else (name,):
            self.wiring.instances[known], self.wiring.starts[known] = end, start
        return end

    def instance_name(self, block: str, called: str | None, number: int | None) -> str:
        if called is not None:
            return self.scoped(called if number is None else f"{called}_{number}")
        base = self.scoped(block)
        name = self.instance_names.name(base)
        self.pending_names.add(name)
        return name

    def scoped(self, name: str) -> str:
        """A name that is given inside of a block instance, as the whole model knows it."""
        return f"{self.scope.prefix}_{name}" if self.scope is not None else name

    # Entries.

    def entry(
        self,
        tree: Tree,
        previous: Start,
        prefix: str,
        branch: str | None,
        merge: bool = False,
        number: int | None = None,
    ) -> Call | None:
        """One layer entry, as a node; None when it names no layer."""
        if type(tree) is Mapping and tree.get("use") is not None:
            return self.use(tree, previous, branch, merge, number)
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
                elif name == "as":
                    self.findings.error(
                        key.span,
                        "unknown-key",
                        "`as` names an instance of a block, or what is used again; a layer has a `name`",
                        "write `name:` among its arguments",
                    )
                elif (
                    cls is None
                    and isinstance(name, str)
                    and (name[:1].isupper() or ">" in name or name.startswith("ops."))
                ):
                    cls, arguments = key, value
                else:
                    stray.append((key, value))
            for key, value in stray:
                self.stray_key(key, value, tree, cls)
            if cls is None:
                if not stray:
                    self.findings.error(
                        tree.span, "missing-key", "an entry needs a layer, such as `Dense: 64`"
                    )
                return None
        if cls is None or not isinstance(cls.value, str):
            self.findings.error(
                tree.span,
                "wrong-type",
                f"an entry is a layer, such as `Flatten` or `Dense: 64`, found {describe(tree.data())}",
            )
            return None
        kind = self.objects.kind(cls)
        layer: Any = None
        places: typing.Mapping[str, Span] = {}
        # Arguments that stand beside the class, not below it, are reported already; nothing is missing.
        if kind is not None and not any(key.value in kind.arguments for key, _ in stray):
            layer, places = self.objects.object(kind, arguments, cls.value, cls.span)
        location = Location(cls.span, places, _sources(came, previous, merge), self.findings.via)
        node = self.node(
            (kind.keras_name or kind.__name__) if kind is not None else cls.value,
            layer,
            location,
            branch,
            prefix,
        )
        if layer is not None and layer.name is not None:
            node.name = self.scoped(layer.name)
            self.wiring.named[node.index] = node.place("name")
        elif layer is None and type(arguments) is Mapping:
            # A layer with a wrong argument is still known by its name.
            given = arguments.get("name")
            if type(given) is Scalar and isinstance(given.value, str):
                node.name = self.scoped(given.value)
                self.wiring.named[node.index] = given.span
        self.feed(node, cls, came, previous, merge, kind is None or kind.module == "ops")
        if call is not None:
            self.options(call, node)
        return node

    def feed(
        self,
        node: Call,
        said: Scalar,
        came: Tree | None,
        previous: Start,
        merge: bool,
        constants: bool = False,
    ) -> None:
        """Note what a node is applied to: what `from` says, all branches, or what comes before it."""
        wires: Wires | None
        if came is not None:
            wires = self.reference(came, previous, True, constants)
        elif merge:
            wires = Wires((Pending("", said.span, "all"),), listed=True)
        elif isinstance(previous, Several):
            names = listed(previous.names)
            self.findings.error(
                said.span,
                "ambiguous-input",
                f"which of {names} does `{said.value}` take?",
                f"say `from: {previous.names[0]}`, or `from: [{', '.join(previous.names)}]` for a layer that joins them",
            )
            wires = None
        else:
            wires = previous
        self.wiring.wires[node.index] = wires

    def use(
        self, tree: Mapping, previous: Start, branch: str | None, merge: bool, number: int | None
    ) -> Call | None:
        """A layer, a branch or a block instance applied again."""
        came = call = named = None
        called: str | None = None
        what, text = None, None
        for key, value in tree.entries:
            if key.value == "use":
                what, text = (
                    value,
                    self.text(
                        value, "`use` must be the name of a layer, a branch or a block instance"
                    ),
                )
            elif key.value == "from":
                came = value
            elif key.value == "call":
                call = value
            elif key.value == "as":
                called, named = self.text(value, "`as` must be a text"), value.span
            else:
                self.unknown_key(key, ("use", "from", "call", "as", "repeat"), "a `use`")
        if text is None or type(what) is not Scalar:
            return None
        if called is not None and ("/" in called or not called):
            self.findings.error(
                named, "wrong-value", "`as` may not be empty or hold `/`, as it is a layer name"
            )
            called = None
        location = Location(what.span, {}, _sources(came, previous, merge), self.findings.via)
        node = self.node(USE, None, location, branch, "")
        self.wiring.later.add(node.index)
        if called is not None:
            node.name = self.scoped(called if number is None else f"{called}_{number}")
            self.wiring.named[node.index] = named
        self.feed(node, what, came, previous, merge)
        scope = self.scope.prefix if self.scope is not None else ""
        self.uses.found.append(Use(node, text, what.span, scope, call))
        return node

    def stray_key(self, key: Scalar, value: Tree, tree: Mapping, cls: Scalar | None) -> None:
        name = str(key.value)
        others = [
            k
            for k, _ in tree.entries
            if k is not key and isinstance(k.value, str) and k.value[:1].isupper()
        ]
        owner = cls or (others[0] if others else None)
        hint = None
        fix: tuple[Edit, ...] = ()
        if owner is not None and isinstance(key.value, str) and key.value[:1].isupper():
            self.findings.error(
                key.span,
                "unknown-key",
                f"one entry, two layers: `{owner.value}` and `{name}`",
                f"put `- ` in front of `{name}`",
            )
            return
        kind = registry.layer(owner.value) if owner is not None else None
        if kind is not None and name in kind.arguments and owner is not None:
            # One message for all the arguments that stand beside their class.
            beside = [(k, v) for k, v in tree.entries if k.value in kind.arguments]
            if key is not beside[0][0]:
                return
            given = next(v for k, v in tree.entries if k is owner)
            first = next(iter(kind.arguments))
            inside = given.entries if type(given) is Mapping else []
            texts = [f"{first}: {given.raw}"] if type(given) is Scalar and given.raw else []
            texts += [f"{k.raw}: {key_text(v)}" for k, v in [*inside, *beside]]
            hint = f"arguments stand below their layer: `{owner.value}: {{{', '.join(texts)}}}`"
        elif owner is None:
            near = nearest(name, registry.layers())
            hint = f"did you mean {listed(near)}?" if near else None
            fix = key.respelled(slip(name, registry.layers()))
        self.unknown_key(key, WIRING, "an entry", hint, fix)

    def options(self, tree: Tree, node: Call) -> None:
        if type(tree) is not Mapping:
            self.findings.error(
                tree.span,
                "wrong-type",
                "`call` must be a mapping from call argument to value",
                "such as `call: {training: false}`",
            )
            return
        known: Any = (
            node.layer.options if node.layer is not None else {"training": Truth(none=True)}
        )
        for key, value in tree.entries:
            argument = known.get(key.value)
            if argument is None and isinstance(node.layer, Custom):
                argument = Argument()
            if argument is None:
                if node.layer is not None:
                    hint = (
                        did_you_mean(str(key.value), known)
                        or f"it takes {listed(known, 'and')}; tensors go under `from:`"
                    )
                    fix = key.respelled(slip(str(key.value), known))
                    message = f"a call of `{node.cls}` takes no argument `{key.raw}`"
                    self.findings.error(key.span, "unknown-argument", message, hint, fix=fix)
                continue
            try:
                node.options[key.value] = argument.check(value.data())
            except ArgumentError as fault:
                self.objects.fault(fault, f"{node.cls}.call.{key.value}", value, argument)

    def grow(self, span: Span) -> None:
        """Count a node that the text does not write out.

        Raises:
            TooLarge: there are too many.
        """
        self.made += 1
        if self.made > MOST_LAYERS:
            raise TooLarge(span)

    def node(
        self, cls: str, layer: Layer | None, location: Location, branch: str | None, prefix: str
    ) -> Call:
        if self.names is not self.globals:
            self.grow(location.span)
        node = Call(len(self.graph.nodes), cls, layer, location, branch)
        self.graph.nodes.append(node)
        self.wiring.add(node, prefix + snake_case(cls.rsplit(".", 1)[-1]), None)
        return node

    def reference(
        self, tree: Tree, previous: Start, entry: bool, constants: bool = False
    ) -> Wires | None:
        """The value of a `from`."""
        ends: list[int | Target | Pending | Constant] = []
        keywords: list[str] = []

        def add(item: Tree, keyword: str | None = None) -> bool:
            if type(item) is Scalar and isinstance(item.value, str):
                if item.value == "previous" and entry:
                    if not isinstance(previous, Wires) or len(previous.ends) != 1:
                        reason = (
                            "nothing comes before it"
                            if previous is None
                            else "it could be one of several"
                        )
                        self.findings.error(
                            item.span, "unknown-reference", f"there is no `previous` here: {reason}"
                        )
                        return False
                    ends.append(previous.ends[0])
                elif self.scope is not None and entry and item.value.split("[")[0] == "input":
                    given = self.scope.input
                    place = (
                        int(item.value[6:-1]) if re.fullmatch(r"input\[\d+\]", item.value) else 0
                    )
                    if (
                        given is None
                        or place >= len(given.ends)
                        or (len(given.ends) > 1 and item.value == "input")
                    ):
                        many = len(given.ends) if given is not None else 0
                        self.findings.error(
                            item.span,
                            "unknown-reference",
                            f"there is no `{item.value}` here: the block is applied to {many} tensors",
                        )
                        return False
                    ends.append(given.ends[place])
                else:
                    scope = self.scope.prefix if self.scope is not None and entry else ""
                    ends.append(Pending(item.value, item.span, scope=scope, way=self.findings.way))
                if keyword is not None:
                    keywords.append(keyword)
                return True
            if broken(item.data()):
                return False
            if type(item) is Scalar and type(item.value) in (int, float):
                if entry and constants:
                    ends.append(Constant(item.value, item.span))
                    return True
                what = "a number goes only into an operation, such as `ops.add`"
            else:
                what = "a reference is the name of a layer, an input or a branch"
            self.findings.error(
                item.span, "wrong-type", f"`from` cannot take {describe(item.data())}: {what}"
            )
            return False

        if type(tree) is Sequence:
            if not tree.items:
                self.findings.error(tree.span, "wrong-value", "`from` names nothing")
                return None
            fine = [add(item) for item in tree.items]
            return Wires(tuple(ends), True, (), tree.span) if all(fine) else None
        if type(tree) is Mapping:
            fine = []
            # Masks stand behind what they mask.
            for key, value in sorted(tree.entries, key=lambda entry: "mask" in str(entry[0].value)):
                for item in value.items if type(value) is Sequence else [value]:
                    fine.append(add(item, str(key.value)))
            if not fine:
                self.findings.error(tree.span, "wrong-value", "`from` names nothing")
            return (
                Wires(tuple(ends), False, tuple(keywords), tree.span)
                if all(fine) and fine
                else None
            )
        return Wires(tuple(ends), False, (), tree.span) if add(tree) else None

    def text(self, tree: Tree, message: str) -> str | None:
        if type(tree) is Scalar and isinstance(tree.value, str):
            return tree.value
        if broken(tree.data()):
            return None
        value = describe(tree.data())
        hint = f'quote it: "{tree.raw}"' if type(tree) is Scalar and tree.raw else None
        self.findings.error(tree.span, "wrong-type", f"{message}, found {value}", hint)
        return None

    def unknown_key(
        self,
        key: Scalar,
        known: Iterable[str],
        owner: str,
        hint: str | None = None,
        fix: tuple[Edit, ...] = (),
    ) -> None:
        known = tuple(known)
        if hint is None:
            fix = key.respelled(slip(str(key.value), known))
        hint = (
            hint or did_you_mean(str(key.value), known) or f"{owner} knows {listed(known, 'and')}"
        )
        self.findings.error(
            key.span, "unknown-key", f"{owner} has no key `{key.raw}`", hint, fix=fix
        )


def key_text(tree: Tree) -> str:
    """A value as it might be written inline."""
    return tree.raw if type(tree) is Scalar else "…"


def _sources(came: Tree | None, previous: Start, merge: bool) -> Span | None:
    """Where it is written what a call is applied to, if it is: at its `from`, or that of its block."""
    if came is not None:
        return came.span
    return previous.span if isinstance(previous, Wires) and not merge else None
