"""Tree -> graph. It never stops: it notes what is wrong, leaves the value out, and goes on."""

from __future__ import annotations

from typing import Any, Iterable

from mergecli.catalog.layers.core import InputLayer
from mergecli.compiler.lowering.arguments import Objects
from mergecli.compiler.lowering.branches import MODEL_KEYS, Models
from mergecli.compiler.lowering.entries import MOST_LAYERS, Bodies, Several, Start, TooLarge
from mergecli.compiler.lowering.includes import ROLES, Includes, Lowered, Project
from mergecli.compiler.lowering.references import Pending, Wires, Wiring
from mergecli.diagnostics.diagnostic import DiagnosticSink
from mergecli.diagnostics.source import Source, Span, Via
from mergecli.diagnostics.suggestions import did_you_mean, listed, nearest
from mergecli.importers.modules import CustomLayers
from mergecli.ir.graph import Branch, Budget, Graph, Limit, Location, Outputs, Target
from mergecli.syntax import parser
from mergecli.syntax.quoting import describe
from mergecli.syntax.variables import broken
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree, rejoined

BRANCH_KEYS = ("input", "inputs", "from", "layers", "trainable", "budget", *MODEL_KEYS)
PLAIN_KEYS = ("input", "inputs", "layers")
MERGED_KEYS = ("branches", "merge", "head", "heads")
#: Sections in which variables are replaced at once; in lists of layers that waits for each entry.
WHOLE = ("name", "description", "input", "inputs", "outputs", "merge", "compile")
TOP_KEYS = (
    "name",
    "description",
    "vars",
    "blocks",
    "budget",
    *PLAIN_KEYS,
    *MERGED_KEYS,
    "outputs",
    "compile",
)


def parse(
    source: Source,
    tree: Tree,
    settings: dict[str, Any] | None = None,
    customs: CustomLayers | None = None,
) -> Lowered:
    """The graph of a spec, as much of it as is right, and what is wrong with it.

    `settings` override its variables; `customs` are the user's own layers.
    """
    return _parse(source, tree, settings or {}, Project(source, customs), [])


def _parse(
    source: Source, tree: Tree, settings: dict[str, Any], project: Project, trail: list[Via]
) -> Lowered:
    """A spec, or one that it includes; `trail` is the way there."""
    reader = _Parser(source, project, trail)
    try:
        reader.document(tree, settings)
    except TooLarge as large:
        reader.graph, reader.training = Graph(source.stem), None
        del reader.findings.trail[len(trail) :]
        reader.findings.error(
            large.span,
            "too-large",
            f"blocks, repetitions and what is used again make more than {MOST_LAYERS:,} layers",
        )
    return Lowered(reader.graph, reader.training, reader.findings)


class _Parser:
    def __init__(self, source: Source, project: Project, trail: list[Via]) -> None:
        self.source = source
        self.graph = Graph(source.stem)
        #: What stands under `compile`, if anything.
        self.training: Tree | None = None
        self.findings = DiagnosticSink()
        self.findings.trail += trail
        self.objects = Objects(self.findings, project.customs)
        self.wiring = Wiring(self.graph, self.findings)
        self.bodies = Bodies(self.graph, self.findings, self.objects, self.wiring)
        includes = Includes(source, self.findings, self.objects, project, _parse)
        self.models = Models(
            self.bodies, includes, lambda tree, name: self.input(tree, None, name, name)
        )

    # The document.

    def document(self, tree: Tree, settings: dict[str, Any]) -> None:
        if type(tree) is not Mapping:
            self.findings.error(
                tree.span,
                "wrong-type",
                "a spec is a mapping with `input` and `layers`, or with `branches`",
            )
            return
        self.variables(tree, settings)
        keys = {
            key.value: (key, self.bodies.fill(value) if key.value in WHOLE else value)
            for key, value in tree.entries
        }
        plain = any(key in keys for key in PLAIN_KEYS)
        merged = [key for key in MERGED_KEYS if key in keys]
        if plain and merged:
            key = keys[merged[0]][0]
            other = next(k for k in PLAIN_KEYS if k in keys)
            hint = f"keep `{other}` for a plain model, or make it a branch: `branches: {{name: {{{other}: …}}}}`"
            self.findings.error(
                key.span,
                "unknown-key",
                f"a spec with `{other}` at the top is a plain model and has no `{key.value}`",
                hint,
            )
            return
        outputs: Tree | None = None
        plain_end: Wires | None = None
        head_end: Wires | None = None
        head_ends: list[tuple[str, Wires | None]] = []
        for key, value in keys.values():
            name = key.value
            if name == "branches":
                self.branches(key, value)
            elif name == "merge":
                self.merge(value)
            elif name == "head":
                head_end = self.bodies.body(value, self.head_start(keys, key.span), "", None, key)
            elif name == "heads":
                head_ends = self.head_sections(key, value, keys)
            elif name == "outputs":
                outputs = value
            elif name == "name":
                self.model_name(value)
            elif name == "description":
                self.bodies.text(value, "`description` must be a text")
            elif name == "compile":
                self.training = value
            elif name in PLAIN_KEYS or name in ("vars", "blocks", "budget"):
                pass
            elif not (isinstance(name, str) and name.startswith("x-")):
                self.bodies.unknown_key(key, TOP_KEYS, "a spec")
        if plain:
            plain_end = self.parts({k: v for k, (_, v) in keys.items()}, tree, "", None)
        elif "branches" not in keys and not self.misspelled(tree, TOP_KEYS, ("layers", "branches")):
            hint = "a plain model has `input:` and `layers:`, a merged one `branches:`"
            self.findings.error(
                tree.span.begin, "missing-key", "a spec needs `layers` or `branches`", hint
            )
        if not plain and "branches" not in keys:
            return
        self.wiring.name_nodes()
        self.bodies.uses.name()
        self.bodies.uses.find()
        self.wiring.resolve()
        self.bodies.uses.copy()
        self.end(outputs, keys, plain_end, head_end, head_ends)
        self.drop_inputs()
        if "budget" in keys:
            self.budget(self.bodies.fill(keys["budget"][1]), None, None)

    def drop_inputs(self) -> None:
        """Leave out inputs of models that only what was cut off has needed."""
        needed = self.graph.needed()
        self.graph.inputs = [
            index
            for index in self.graph.inputs
            if needed[index] or not self.graph.nodes[index].origin
        ]

    def budget(self, tree: Tree, branch: str | None, nodes: list[int] | None) -> None:
        limits = {name: Limit(*limit) for name, limit in parser.budget(tree, self.findings).items()}
        if limits:
            self.graph.budgets.append(Budget(limits, branch, nodes, self.findings.via))

    def variables(self, tree: Mapping, settings: dict[str, Any]) -> None:
        """Read `vars` and `blocks`; a variable may use those before it."""
        bodies = self.bodies
        bodies.dollars = "$" in self.source.text
        bodies.path = self.source.path
        declared = tree.get("vars")
        if declared is not None and type(declared) is not Mapping:
            self.findings.error(
                declared.span,
                "wrong-type",
                "`vars` must be a mapping from a variable's name to its value",
            )
        elif type(declared) is Mapping:
            for key, value in rejoined(declared).entries:
                name = str(key.value)
                if not name.isidentifier():
                    self.findings.error(
                        key.span,
                        "wrong-value",
                        f"a variable's name is letters, digits and `_`, found {describe(key.value)}",
                    )
                bodies.names[name] = (
                    settings[name] if name in settings else bodies.fill(value).data()
                )
        for name in settings:
            if name not in bodies.names:
                hint = did_you_mean(name, bodies.names) or (
                    f"there are {listed(bodies.names, 'and')}"
                    if bodies.names
                    else "it declares none"
                )
                self.findings.error(
                    None, "unknown-variable", f"the spec has no variable `{name}` to set", hint
                )
        bodies.globals = bodies.names
        blocks = tree.get("blocks")
        if blocks is not None:
            bodies.declare(blocks)

    def end(
        self,
        outputs: Tree | None,
        keys: dict[Any, Any],
        plain: Wires | None,
        head: Wires | None,
        heads: list[tuple[str, Wires | None]],
    ) -> None:
        """Say what the model gives."""
        graph = self.graph
        if outputs is not None:
            graph.outputs = self.outputs(outputs)
            return
        if heads:
            resolved = [(name, self.wiring.one(wires)) for name, wires in heads]
            known = [(name, target) for name, target in resolved if target is not None]
            graph.outputs = Outputs(
                [t for _, t in known], [n for n, _ in known], lacking=len(known) < len(heads)
            )
            return
        if "head" in keys:
            last = self.wiring.one(head)
        elif graph.merge is not None:
            last = Target(graph.merge)
        elif graph.branches:
            last = list(graph.branches.values())[-1].end
        else:
            last = self.wiring.one(plain)
        graph.outputs = Outputs(
            [last] if last is not None else [], single=True, lacking=last is None
        )

    def model_name(self, tree: Tree) -> None:
        value = self.bodies.text(tree, "`name` must be a text")
        if value is None:
            return
        if "/" in value or not value:
            self.findings.error(
                tree.span, "wrong-value", "a model's name may not be empty or hold `/`"
            )
        else:
            self.graph.name = value

    def misspelled(self, tree: Mapping, known: Iterable[str], wanted: tuple[str, ...]) -> bool:
        """Whether a missing key is there, but misspelled, which is reported already."""
        strange = [str(key.value) for key, _ in tree.entries if key.value not in known]
        return any(near in wanted for word in strange for near in nearest(word, known))

    # Branches, merge, heads.

    def branches(self, key: Scalar, tree: Tree) -> None:
        if type(tree) is not Mapping or not tree.entries:
            hint = (
                "put a name in front of each: `name: {input: …, layers: …}`"
                if type(tree) is Sequence
                else None
            )
            self.findings.error(
                tree.span,
                "wrong-type",
                "`branches` must be a mapping from a branch's name to its `input` and `layers`",
                hint,
            )
            return
        for name_key, value in tree.entries:
            body: Tree = rejoined(value)
            name = self.bodies.text(name_key, "a branch's name must be a text")
            if name is None:
                continue
            if "/" in name or not name:
                self.findings.error(
                    name_key.span,
                    "wrong-value",
                    "a branch's name may not be empty or hold `/`, as it begins layer names",
                )
                continue
            first = len(self.graph.nodes)
            end: Wires | None = None
            if type(body) is not Mapping:
                self.findings.error(
                    body.span,
                    "wrong-type",
                    f"branch `{name}` must be a mapping with `input` and `layers`, found {describe(body.data())}",
                )
            else:
                for inner, _ in body.entries:
                    if inner.value not in BRANCH_KEYS:
                        self.bodies.unknown_key(inner, BRANCH_KEYS, "a branch")
                parts = {
                    k.value: self.bodies.fill(v) if k.value != "layers" else v
                    for k, v in body.entries
                }
                end = self.branch(name, name_key, body, parts)
            nodes = self.graph.nodes[first:]
            indices = [node.index for node in nodes]
            self.wiring.ends[name] = end
            self.graph.branches[name] = Branch(name_key.span, indices, None)
            if type(body) is Mapping and "trainable" in parts:
                self.models.trainable(parts["trainable"], name, nodes)
            if type(body) is Mapping and "budget" in parts:
                self.budget(parts["budget"], name, indices)

    def branch(self, name: str, key: Scalar, body: Mapping, parts: dict[Any, Tree]) -> Wires | None:
        """The result of a branch: of a model with further layers behind it, or of a list of layers."""
        if not any(role in parts for role in ROLES):
            for inner, _ in body.entries:
                if inner.value in MODEL_KEYS:
                    hint = f"name the model: {listed([f'{role}: …' for role in ROLES])}"
                    self.findings.error(
                        inner.span,
                        "unknown-key",
                        f"`{inner.value}` goes with a model, and branch `{name}` is none",
                        hint,
                    )
            return self.lone(self.parts(parts, body, name, name, key), f"branch `{name}`", key.span)
        end = self.models.branch(name, key, body, parts)
        if "layers" in parts:
            end = self.bodies.body(parts["layers"], end, f"{name}_", name, key)
        return self.lone(end, f"branch `{name}`", key.span)

    def parts(
        self,
        keys: dict[Any, Tree],
        tree: Mapping,
        prefix: str,
        branch: str | None,
        key: Scalar | None = None,
    ) -> Wires | None:
        """A body with its inputs: a branch, or a plain model."""
        start: Start = None
        first = len(self.graph.inputs)
        given = [name for name in ("input", "inputs", "from") if name in keys]
        owner = f"branch `{branch}`" if branch is not None else "the model"
        if len(given) > 1:
            second = next(k for k, _ in tree.entries if k.value in given[1:])
            self.findings.error(
                second.span,
                "unknown-key",
                f"{owner} starts from `{given[0]}` already; keep one of {listed(given, 'and')}",
            )
        if "input" in keys:
            index = self.input(keys["input"], None, prefix, branch)
            start = Wires((index,))
        elif "inputs" in keys:
            start = self.inputs(keys["inputs"], prefix, branch)
        elif "from" in keys:
            start = self.bodies.reference(keys["from"], None, False)
        elif not self.misspelled(tree, BRANCH_KEYS, ("input", "inputs", "from")):
            span = key.span if key is not None else tree.span.begin
            hint = "say what comes in: `input: [32, 32, 3]`" + (
                ", or `from:` another branch" if branch is not None else ""
            )
            self.findings.error(span, "missing-key", f"{owner} has no `input`", hint)
        if branch is not None:
            made = tuple(self.graph.inputs[first:])
            self.wiring.starts[branch] = (
                Wires(made) if made else start if isinstance(start, Wires) else None
            )
        if "layers" in keys:
            return self.bodies.body(
                keys["layers"], start, f"{prefix}_" if prefix else "", branch, key
            )
        if branch is None and not self.misspelled(tree, TOP_KEYS, ("layers",)):
            self.findings.error(
                tree.span.begin,
                "missing-key",
                "the model has no `layers`",
                "list them: `layers: [Flatten, {Dense: 10}]`",
            )
        if isinstance(start, Several) and branch is not None:
            self.findings.error(
                key.span if key is not None else tree.span,
                "input-count",
                f"{owner} has {len(start.names)} inputs and no layer that joins them",
                "add `layers`",
            )
        return start if isinstance(start, Wires) else None

    def lone(self, wires: Wires | None, owner: str, span: Span) -> Wires | None:
        """What a body ends in, which must be one tensor."""
        if wires is None or len(wires.ends) == 1:
            return wires
        self.findings.error(
            span,
            "input-count",
            f"{owner} ends in {len(wires.ends)} tensors",
            "join them with a layer, such as `Concatenate`",
        )
        return None

    def inputs(self, tree: Tree, prefix: str, branch: str | None) -> Start:
        if type(tree) is not Mapping or not tree.entries:
            hint = "one input is written `input: …`" if type(tree) is Sequence else None
            self.findings.error(
                tree.span,
                "wrong-type",
                "`inputs` must be a mapping from an input's name to its shape",
                hint,
            )
            return None
        indices = []
        entries = rejoined(tree).entries
        for key, value in entries:
            name = self.bodies.text(key, "an input's name must be a text")
            if name is not None:
                indices.append(self.input(value, key, prefix, branch))
        if len(indices) == 1:
            return Wires((indices[0],))
        return Several(tuple(str(key.value) for key, _ in entries))

    def input(self, tree: Tree, key: Scalar | None, prefix: str, branch: str | None) -> int:
        span = key.span if key is not None else tree.span
        if type(tree) is Mapping:
            layer, places = self.objects.object(InputLayer, tree, "Input", span)
        else:
            wrapped = Mapping(tree.start)
            wrapped.entries.append((Scalar("shape", "shape", True, tree.start, tree.start), tree))
            layer, places = self.objects.object(InputLayer, wrapped, "Input", span)
        location = Location(span, places, via=self.findings.via)
        node = self.bodies.node("InputLayer", layer, location, branch, "")  # type: ignore[arg-type]
        node.sources = []
        self.graph.inputs.append(node.index)
        given = layer.name if layer is not None else None  # type: ignore[attr-defined]
        if given is not None:
            node.name = given
            self.wiring.named[node.index] = node.place("name")
        elif key is not None:
            node.name = str(key.value)
            self.wiring.named[node.index] = key.span
        else:
            self.wiring.prefixes[node.index] = f"{prefix}_input" if prefix else "input"
        if key is not None:
            self.wiring.input_keys.setdefault(str(key.value), node.index)
        return node.index

    def merge(self, tree: Tree) -> None:
        node = self.bodies.entry(tree, None, "", None, merge=True)
        if node is not None:
            self.graph.merge = node.index

    def head_start(self, keys: dict[Any, Any], span: Span) -> Wires | None:
        if "merge" in keys:
            return Wires((Pending("merge", span, "merge"),))
        branches = keys["branches"][1] if "branches" in keys else None
        if type(branches) is not Mapping or not branches.entries:
            return None
        return Wires((Pending(str(branches.entries[-1][0].value), span, "branch"),))

    def head_sections(
        self, key: Scalar, tree: Tree, keys: dict[Any, Any]
    ) -> list[tuple[str, Wires | None]]:
        if "head" in keys:
            self.findings.error(key.span, "unknown-key", "a spec has `head` or `heads`, not both")
        if type(tree) is not Mapping or not tree.entries:
            self.findings.error(
                tree.span,
                "wrong-type",
                "`heads` must be a mapping from an output's name to its `layers`",
            )
            return []
        ends = []
        for name_key, body in tree.entries:
            name = self.bodies.text(name_key, "a head's name must be a text")
            if name is None:
                continue
            self.wiring.heads[name] = name_key.span
            start: Start = self.head_start(keys, name_key.span)
            layers: Tree | None = body
            if type(body) is Mapping:
                for inner, _ in body.entries:
                    if inner.value not in ("from", "layers"):
                        self.bodies.unknown_key(inner, ("from", "layers"), "a head")
                came = body.get("from")
                if came is not None:
                    start = self.bodies.reference(self.bodies.fill(came), None, False)
                layers = body.get("layers")
            if "/" in name or not name:
                self.findings.error(
                    name_key.span,
                    "wrong-value",
                    "a head's name may not be empty or hold `/`, as it begins layer names",
                )
            if layers is None:
                end = start if isinstance(start, Wires) else None
            else:
                end = self.bodies.body(layers, start, f"{name}_", None, name_key)
            ends.append((name, self.lone(end, f"head `{name}`", name_key.span)))
        return ends

    def outputs(self, tree: Tree) -> Outputs:
        if type(tree) is Mapping:
            pairs = []
            for key, value in tree.entries:
                name = self.bodies.text(key, "an output's name must be a text")
                target = self.output(value)
                if name is not None and target is not None:
                    pairs.append((name, target))
            if not tree.entries:
                self.findings.error(tree.span, "wrong-value", "`outputs` names nothing")
            return Outputs(
                [t for _, t in pairs], [n for n, _ in pairs], lacking=len(pairs) < len(tree.entries)
            )
        if type(tree) is Sequence:
            targets = [self.output(item) for item in tree.items]
            if not targets:
                self.findings.error(tree.span, "wrong-value", "`outputs` names nothing")
            return Outputs([t for t in targets if t is not None], lacking=None in targets)
        target = self.output(tree)
        return Outputs([target] if target is not None else [], single=True, lacking=target is None)

    def output(self, tree: Tree) -> Target | None:
        if type(tree) is not Scalar or not isinstance(tree.value, str):
            if not broken(tree.data()):
                hint = f'quote it: "{tree.raw}"' if type(tree) is Scalar and tree.raw else None
                self.findings.error(
                    tree.span,
                    "wrong-type",
                    f"an output is a reference, found {describe(tree.data())}",
                    hint,
                )
            return None
        target = self.wiring.one(self.bodies.reference(tree, None, False))
        if target is not None:
            self.graph.output_spans[target] = tree.span
        return target
