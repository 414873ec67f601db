"""Branches that are an existing model: its inputs, where it ends, and its names."""

from __future__ import annotations

import re

from mergecli.catalog.layer import Layer
from mergecli.compiler.lowering.bodies import add_input
from mergecli.compiler.lowering.context import Lowering, Sources
from mergecli.compiler.lowering.embedding import embed, feed_input
from mergecli.compiler.lowering.includes import include
from mergecli.compiler.lowering.references import read_sources
from mergecli.diagnostics.source import Span
from mergecli.diagnostics.suggestions import did_you_mean, listed, with_parts
from mergecli.ir.graph import Call, EmbeddedModel, Graph, Location, Value
from mergecli.ir.subgraph_layers import SubgraphLayer
from mergecli.ir.subgraphs import cut, nest
from mergecli.syntax import ast, keys
from mergecli.syntax.quoting import describe
from mergecli.syntax.yaml_tree import Mapping, Scalar, Sequence, Tree

#: The most outputs of a model that a hint lists.
MOST_LISTED = 7


def lower_model(context: Lowering, key: Scalar, body: ast.Include) -> Sources | None:
    """Add the calls of the model of a branch.

    Args:
        context: The spec.
        key: The name of the branch.
        body: The model, and how it is used.

    Returns:
        Where the model ends; None if it is wrong, which is reported.
    """
    return _Embedding(context, key, body).lower()


class _Embedding:
    """Puts the model of a branch into the graph."""

    def __init__(self, context: Lowering, key: Scalar, body: ast.Include) -> None:
        self.context, self.key, self.body = context, key, body
        self.name = str(key.value)
        self.sink = context.sink

    def lower(self) -> Sources | None:
        """Add the calls of the model and return where it ends; None if it is wrong."""
        context, body = self.context, self.body
        target = context.fill(body.target)
        arguments = context.fill(body.arguments) if body.arguments is not None else None
        prefix = self.prefix()
        nested = self.is_nested()
        included = include(context, self.name, body.role, target, arguments)
        if included is None:
            return None
        sub, model = included
        context.graph.parts[self.name] = model
        every = {sub.nodes[index].name for index in sub.inputs}
        ends = sub.outputs.targets
        if body.output is not None:
            end = end_of(context, context.fill(body.output), sub, model.name, prefix)
            if end is None:
                return None
            ends = [end]
            sub = cut(sub, end)
        feeds = self.feeds(sub, model.name, every)
        if feeds is None or not ends:
            return None
        if nested:
            return self.nest(sub, model, prefix, feeds, target.span)
        if len(ends) > 1:
            self.report_several(sub, target.span)
            return None
        # Diagnostics about a spec are shown in its own text, others where the model is named.
        span = target.span if body.role.value != "spec" else None
        moved = embed(context, sub, self.name, prefix, feeds, span)
        context.names.starts[self.name] = Sources(tuple(moved[index] for index in sub.inputs))
        needed = sub.needed()
        idle = (moved[index] for index in sub.inputs if not needed[index])
        context.idle_inputs.update(idle)
        model.inputs = {sub.nodes[index].name: moved[index] for index in sub.inputs}
        model.end = Value(moved[ends[0].producer], ends[0].result)
        return Sources((model.end,))

    def prefix(self) -> str:
        if self.body.prefix is None:
            return ""
        tree = self.context.fill(self.body.prefix)
        prefix = keys.text(tree, "`prefix` must be a string", self.sink) or ""
        if "/" not in prefix:
            return prefix
        message = "a prefix must not contain `/`, since layer names begin with it"
        self.sink.error(tree.span, "wrong-value", message)
        return ""

    def is_nested(self) -> bool:
        if self.body.nested is None:
            return False
        tree = self.context.fill(self.body.nested)
        value = tree.data()
        if not isinstance(value, bool):
            message = f"`nested` must be true or false, found {describe(value)}"
            self.sink.error(tree.span, "wrong-type", message)
        return value is True

    def report_several(self, sub: Graph, span: Span) -> None:
        outputs = sub.outputs
        names = outputs.names or [sub.reference(target) for target in outputs.targets]
        hint = f"choose one: `output: {names[0]}`"
        if len(names) <= MOST_LISTED:
            hint += f", or {listed([f'output: {name}' for name in names[1:]])}"
        message = f"branch `{self.name}` ends in {len(outputs.targets)} tensors"
        self.sink.error(span, "input-count", message, hint)

    def nest(
        self,
        sub: Graph,
        model: EmbeddedModel,
        prefix: str,
        feeds: dict[int, Sources],
        span: Span,
    ) -> Sources | None:
        """Add the model as one layer."""
        graph, names = self.context.graph, self.context.names
        layer, problems = nest(sub, SubgraphLayer)
        self.sink += [p if p.span is not None else p._replace(span=span) for p in problems]
        starts: list[int] = []
        for index in sub.inputs:
            inner = sub.nodes[index]
            if inner.layer is None:
                message = f"`{model.name}` does not define the shape of its input"
                self.sink.error(span, "missing-key", message, "remove `nested`")
                return None
            new = self.add_call(inner.cls, inner.layer, span)
            new.name, new.origin, new.sources = prefix + inner.name, inner.name, []
            starts.append(new.index)
            if index in feeds:
                feed_input(self.context, new, inner.layer, feeds[index])
            else:
                graph.inputs.append(new.index)
        call = self.add_call("Functional", layer, span)
        call.name, call.origin = prefix + sub.name, sub.name
        names.sources[call.index] = Sources(tuple(starts), len(starts) > 1)
        names.starts[self.name] = Sources(tuple(starts))
        model.end = Value(call.index)
        return Sources((call.index,))

    def add_call(self, cls: str, layer: Layer, span: Span) -> Call:
        call = self.context.graph.call(cls, layer, Location(span), self.name)
        self.context.names.add("", span)
        return call

    # Its inputs.

    def feeds(self, sub: Graph, model: str, every: set[str]) -> dict[int, Sources] | None:
        """Return the tensors that replace the inputs of the model, by their indices.

        Args:
            sub: The model.
            model: Its name in messages.
            every: The names of its inputs before it was cut.

        Returns:
            The sources; None if they are wrong, which is reported.
        """
        feeds = self.body.feeds
        if not self.body.is_sound:
            return None
        if feeds.input is not None:
            return self.own_input(self.context.fill(feeds.input), sub, model)
        if feeds.sources is None:
            return {} if self.has_shapes(sub, model) else None
        tree = self.context.fill(feeds.sources)
        sources = read_sources(self.context, tree, None, False)
        if sources is None:
            return None
        if sources.keywords:
            return self.by_name(sources, _spans(tree), sub, model, every)
        return self.in_order(sources, tree, sub, model)

    def own_input(self, tree: Tree, sub: Graph, model: str) -> dict[int, Sources] | None:
        if len(sub.inputs) == 1:
            index = add_input(self.context, tree, None, self.name, self.name)
            return {sub.inputs[0]: Sources((index,), span=tree.span)}
        message = f"`{model}` has {len(sub.inputs)} inputs, not one"
        self.sink.error(tree.span, "input-count", message, f"feed them with {_named(sub)}")
        return None

    def has_shapes(self, sub: Graph, model: str) -> bool:
        """Whether the shapes of all inputs are known; if not, that is reported."""
        if all(sub.nodes[index].layer is not None for index in sub.inputs):
            return True
        message = f"`{model}` does not define the shape of its input"
        hint = "define the input: `input: [32, 32, 3]`"
        self.sink.error(self.key.span, "missing-key", message, hint)
        return False

    def by_name(
        self, sources: Sources, spans: list[Span], sub: Graph, model: str, every: set[str]
    ) -> dict[int, Sources] | None:
        inputs = {sub.nodes[index].name: index for index in sub.inputs}
        feeds: dict[int, Sources] = {}
        for name, end, span in zip(sources.keywords, sources.ends, spans):
            if name not in inputs:
                message = f"`{model}` has no input `{name}`"
                if name in every:
                    message = f"the part of `{model}` up to `output` has no input `{name}`"
                has = f"it has {listed(inputs, 'and')}"
                hint = did_you_mean(name, inputs, self.sink.searches) or has
                self.sink.error(span, "unknown-reference", message, hint)
                return None
            if inputs[name] in feeds:
                message = f"the input `{name}` of `{model}` takes one tensor"
                self.sink.error(span, "input-count", message, "join them first")
                return None
            feeds[inputs[name]] = Sources((end,), span=span)
        return feeds

    def in_order(
        self, sources: Sources, tree: Tree, sub: Graph, model: str
    ) -> dict[int, Sources] | None:
        many = len(sub.inputs)
        if len(sources.ends) == many:
            ends = zip(sub.inputs, sources.ends, _spans(tree))
            return {index: Sources((end,), span=span) for index, end, span in ends}
        message = f"`{model}` has {many} input{'s' * (many > 1)}, not {len(sources.ends)}"
        hint = f"name them: {_named(sub)}" if many > 1 else "write one reference"
        self.sink.error(tree.span, "input-count", message, hint)
        return None


def end_of(context: Lowering, tree: Tree, sub: Graph, model: str, prefix: str) -> Value | None:
    """Return the result of a model that `output` names; None if there is none, which is reported.

    Args:
        context: The spec.
        tree: The value of `output`.
        sub: The model.
        model: Its name in messages.
        prefix: What the names of its layers may begin with.
    """
    text = keys.text(tree, "`output` must be the name of a layer", context.sink)
    if text is None:
        return None
    match = re.fullmatch(r"(.+)\[(\d+)\]", text)
    target = _result_of(sub, text, None, prefix)
    if target is None and match:
        target = _result_of(sub, match[1], int(match[2]), prefix)
    if target is None:
        outputs = sub.outputs.names or ()
        known = [*outputs, *(call.name for call in sub.nodes), *sub.branches]
        last = [sub.reference(target) for target in sub.outputs.targets]
        ends = f"it ends with {listed(last, 'and')}"
        near = with_parts(text, known)
        similar = f"did you mean {listed(near)}?" if near else None
        hint = similar or did_you_mean(text, known, context.sink.searches) or ends
        message = f"`{model}` has no layer `{text}`"
        context.sink.error(tree.span, "unknown-reference", message, hint)
    return target


def _named(sub: Graph) -> str:
    """Return the `from` that feeds all inputs of a model by name."""
    return f"`from: {{{', '.join(f'{sub.nodes[index].name}: …' for index in sub.inputs)}}}`"


def _result_of(sub: Graph, name: str, result: int | None, prefix: str) -> Value | None:
    """Return the result of a model by the name of a layer, an output or a branch."""
    outputs = dict(zip(sub.outputs.names or (), sub.outputs.targets))
    layers = {call.name: call.index for call in sub.nodes}
    names = [name]
    if prefix and name.startswith(prefix):
        names.append(name[len(prefix) :])
    for own in names:
        if own in layers:
            return Value(layers[own], result)
        if result is not None:
            continue
        if own in outputs:
            return outputs[own]
        if own in sub.branches and sub.branches[own].end is not None:
            return sub.branches[own].end
    return None


def _spans(tree: Tree) -> list[Span]:
    """Return the place of each reference of a `from`."""
    if type(tree) is Sequence:
        return [item.span for item in tree.items]
    if type(tree) is not Mapping:
        return [tree.span]
    return [
        item.span
        for _, value in tree.entries
        for item in (value.items if type(value) is Sequence else [value])
    ]
