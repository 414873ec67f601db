"""A branch that is a model: where it starts, where it ends, and what of it is trained."""

from __future__ import annotations

import re
from typing import Callable

from mergecli.compiler.lowering.embedding import embed, gate
from mergecli.compiler.lowering.entries import Bodies
from mergecli.compiler.lowering.includes import ROLES, Includes
from mergecli.compiler.lowering.references import Wires
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import did_you_mean, listed
from mergecli.ir.graph import Call, EmbeddedModel, Graph, Location, Target
from mergecli.ir.subgraph_layers import SubgraphLayer
from mergecli.ir.subgraphs import cut, freeze, nest
from mergecli.syntax.quoting import describe
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

#: The keys of a branch that is a model, beside those of every branch.
MODEL_KEYS = (*ROLES, "with", "output", "prefix", "nested")


class Models:
    """Puts models that exist already into the graph."""

    def __init__(
        self, bodies: Bodies, includes: Includes, new_input: Callable[[Tree, str], int]
    ) -> None:
        self.bodies, self.includes, self.new_input = bodies, includes, new_input
        self.findings, self.wiring = bodies.findings, bodies.wiring
        self.graph = bodies.graph

    def branch(self, name: str, key: Scalar, body: Mapping, parts: dict[str, Tree]) -> Wires | None:
        """The result of the model of a branch; `parts` are its keys, variables replaced."""
        roles = [k for k, _ in body.entries if k.value in ROLES]
        role = roles[0]
        for other in roles[1:]:
            self.findings.error(
                other.span,
                "unknown-key",
                f"branch `{name}` is a `{role.value}` already",
                "give each model a branch of its own",
            )
        prefix = (
            self.bodies.text(parts["prefix"], "`prefix` must be a text") or ""
            if "prefix" in parts
            else ""
        )
        if "/" in prefix:
            self.findings.error(
                parts["prefix"].span,
                "wrong-value",
                "a prefix may not hold `/`, as it begins layer names",
            )
            prefix = ""
        nested = self.flag(parts, "nested")
        found = self.includes.read(name, role, parts[role.value], parts.get("with"))
        if found is None:
            return None
        sub, part = found
        self.graph.parts[name] = part
        value = parts[role.value]
        # What stands in a text of its own is shown there, everything else where the model is named.
        span = value.span if role.value != "spec" else None
        ends = sub.outputs.targets
        every = {sub.nodes[index].name for index in sub.inputs}
        if "output" in parts:
            end = self.end(parts["output"], sub, part.name, prefix)
            if end is None:
                return None
            ends = [end]
            cut(sub, end)
        feeds = self.feeds(name, key, parts, sub, part.name, every)
        if feeds is None or not ends:
            return None
        if len(ends) > 1 and not nested:
            names = sub.outputs.names or [sub.reference(target) for target in ends]
            hint = f"choose one: `output: {names[0]}`" + (
                f", or {listed([f'output: {n}' for n in names[1:]])}" if len(names) < 8 else ""
            )
            self.findings.error(
                value.span, "input-count", f"branch `{name}` ends in {len(ends)} tensors", hint
            )
            return None
        if nested:
            return self.nested(name, sub, part, prefix, feeds, value.span)
        moved = embed(self.wiring, sub, name, prefix, feeds, span, self.findings.via)
        self.wiring.starts[name] = Wires(tuple(moved[index] for index in sub.inputs))
        part.inputs = {sub.nodes[index].name: moved[index] for index in sub.inputs}
        part.end = Target(moved[ends[0].node], ends[0].result)
        return Wires((part.end,))

    def nested(
        self,
        name: str,
        sub: Graph,
        part: EmbeddedModel,
        prefix: str,
        feeds: dict[int, Wires],
        span: Span,
    ) -> Wires | None:
        """The model as one layer."""
        layer, found = nest(sub)
        self.findings += [
            problem if problem.span is not None else problem._replace(span=span)
            for problem in found
        ]
        starts: list[int] = []
        for index in sub.inputs:
            inner = sub.nodes[index]
            if inner.layer is None:
                self.findings.error(
                    span,
                    "missing-key",
                    f"`{part.name}` does not tell the shape of its input",
                    "leave `nested` out",
                )
                return None
            new = Call(len(self.graph.nodes), inner.cls, inner.layer, Location(span), name)
            new.name, new.origin, new.sources = prefix + inner.name, inner.name, []
            self.graph.nodes.append(new)
            self.wiring.add(new, "", span)
            starts.append(new.index)
            if index in feeds:
                gate(self.wiring, new, inner.layer, feeds[index])
            else:
                self.graph.inputs.append(new.index)
        node = Call(len(self.graph.nodes), "Functional", layer, Location(span), name)
        node.name, node.origin = prefix + sub.name, sub.name
        self.graph.nodes.append(node)
        self.wiring.add(node, "", span)
        self.wiring.wires[node.index] = Wires(tuple(starts), len(starts) > 1)
        self.wiring.starts[name] = Wires(tuple(starts))
        part.end = Target(node.index)
        return Wires((node.index,))

    def end(self, tree: Tree, sub: Graph, model: str, prefix: str) -> Target | None:
        """The result of a model at which a branch ends."""
        text = self.bodies.text(tree, "`output` must be the name of a layer")
        if text is None:
            return None
        match = re.fullmatch(r"(.+)\[(\d+)\]", text)
        outputs = dict(zip(sub.outputs.names or (), sub.outputs.targets))
        layers = {node.name: node.index for node in sub.nodes}
        for name, result in ((text, None), (match[1], int(match[2])) if match else (text, None)):
            for given in (
                (name, name[len(prefix) :]) if prefix and name.startswith(prefix) else (name,)
            ):
                if given in layers:
                    return Target(layers[given], result)
                if given in outputs and result is None:
                    return outputs[given]
                if given in sub.branches and sub.branches[given].end is not None and result is None:
                    return sub.branches[given].end
        hint = did_you_mean(text, [*outputs, *layers, *sub.branches])
        last = [sub.reference(target) for target in sub.outputs.targets]
        hint = hint or f"it ends with {listed(last, 'and')}"
        self.findings.error(
            tree.span, "unknown-reference", f"`{model}` has no layer `{text}`", hint
        )
        return None

    def feeds(
        self,
        name: str,
        key: Scalar,
        parts: dict[str, Tree],
        sub: Graph,
        model: str,
        every: set[str],
    ) -> dict[int, Wires] | None:
        """What comes in instead of the model's own inputs, by their indices; None when it is wrong.

        `every` are the inputs of the model before it was cut.
        """
        inputs = {sub.nodes[index].name: index for index in sub.inputs}
        if "from" in parts and "input" in parts:
            self.findings.error(
                parts["input"].span,
                "unknown-key",
                f"branch `{name}` starts from `from` already; keep one of them",
            )
            return None
        if "inputs" in parts:
            self.findings.error(
                parts["inputs"].span,
                "unknown-key",
                "a model has inputs of its own; feed them with `from`",
            )
            return None
        if "input" in parts:
            if len(inputs) != 1:
                hint = f"feed them with `from: {{{', '.join(f'{n}: …' for n in inputs)}}}`"
                self.findings.error(
                    parts["input"].span,
                    "input-count",
                    f"`{model}` has {len(inputs)} inputs, not one",
                    hint,
                )
                return None
            return {
                sub.inputs[0]: Wires(
                    (self.new_input(parts["input"], name),), span=parts["input"].span
                )
            }
        if "from" not in parts:
            for index in sub.inputs:
                if sub.nodes[index].layer is None:
                    hint = "say what comes in: `input: [32, 32, 3]`"
                    self.findings.error(
                        key.span,
                        "missing-key",
                        f"`{model}` does not tell the shape of its input",
                        hint,
                    )
                    return None
            return {}
        tree = parts["from"]
        wires = self.bodies.reference(tree, None, False)
        if wires is None:
            return None
        spans = _spans(tree)
        if wires.keywords:
            found = {}
            for word, end, span in zip(wires.keywords, wires.ends, spans):
                if word not in inputs:
                    hint = did_you_mean(word, inputs) or f"it has {listed(inputs, 'and')}"
                    lacks = (
                        f"`{model}` has no input `{word}`"
                        if word not in every
                        else f"what `output` leaves of `{model}` needs no `{word}`"
                    )
                    self.findings.error(span, "unknown-reference", lacks, hint)
                    return None
                if inputs[word] in found:
                    self.findings.error(
                        span,
                        "input-count",
                        f"the input `{word}` of `{model}` takes one tensor",
                        "join them first",
                    )
                    return None
                found[inputs[word]] = Wires((end,), span=span)
            return found
        if len(wires.ends) != len(inputs):
            hint = (
                f"name them: `from: {{{', '.join(f'{n}: …' for n in inputs)}}}`"
                if len(inputs) > 1
                else "write one reference"
            )
            self.findings.error(
                tree.span,
                "input-count",
                f"`{model}` has {len(inputs)} input{'s' * (len(inputs) > 1)}, not {len(wires.ends)}",
                hint,
            )
            return None
        return {
            index: Wires((end,), span=span)
            for index, end, span in zip(sub.inputs, wires.ends, spans)
        }

    def flag(self, parts: dict[str, Tree], key: str) -> bool:
        tree = parts.get(key)
        if tree is None:
            return False
        value = tree.data()
        if not isinstance(value, bool):
            self.findings.error(
                tree.span, "wrong-type", f"`{key}` must be true or false, found {describe(value)}"
            )
        return value is True

    def trainable(self, tree: Tree, branch: str, nodes: list[Call]) -> None:
        """Freeze a branch, or those of its layers that are listed."""
        value = tree.data()
        if isinstance(value, bool):
            if not value:
                freeze(nodes)
            return
        if type(tree) is not Sequence:
            hint = (
                "list the layers that are frozen: `trainable: [conv1, conv2]`"
                if isinstance(value, str)
                else None
            )
            self.findings.error(
                tree.span,
                "wrong-type",
                f"`trainable` must be true, false or a list of layers to freeze, found {describe(value)}",
                hint,
            )
            return
        if not nodes:
            return  # the model could not be had, which is reported
        named = {node.origin: node for node in nodes if node.origin}
        named.update({node.name: node for node in nodes if node.name})
        for item in tree.items:
            name = item.data()
            node = named.get(name) if isinstance(name, str) else None
            if not isinstance(name, str):
                self.findings.error(
                    item.span,
                    "wrong-type",
                    f"`trainable` lists names of layers, found {describe(name)}",
                )
            elif inside := [other for other in nodes if other.origin.startswith(f"{name}.")]:
                freeze(inside)
            elif node is None:
                whole = any(isinstance(other.layer, SubgraphLayer) for other in nodes)
                hint = (
                    "what is `nested` is frozen as a whole: `trainable: false`"
                    if whole
                    else did_you_mean(name, named)
                )
                self.findings.error(
                    item.span, "unknown-reference", f"branch `{branch}` has no layer `{name}`", hint
                )
            else:
                freeze([node])


def _spans(tree: Tree) -> list[Span]:
    """Where each reference of a `from` stands."""
    if type(tree) is Sequence:
        return [item.span for item in tree.items]
    if type(tree) is Mapping:
        return [
            item.span
            for _, value in tree.entries
            for item in (value.items if type(value) is Sequence else [value])
        ]
    return [tree.span]
