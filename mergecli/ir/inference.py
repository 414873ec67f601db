"""Graph -> network: shapes and weights, node by node. Here alone a layer's complaint becomes a message with places."""

from __future__ import annotations

from typing import Container, Dict, Iterator, Sequence, Tuple

from mergecli.catalog import registry
from mergecli.catalog.layer import UNKNOWN, Inputs, Layer, Tensor, Weight
from mergecli.catalog.shapes import Shape, ShapeError, text
from mergecli.diagnostics.diagnostic import Diagnostic, Related, error
from mergecli.ir.graph import Call, Graph, Network, Value
from mergecli.ir.subgraph_layers import Placeholder

CHAIN = 6


#: What each layer that is applied several times was first applied to, and its weights then, by the
#: index of the call that owns it.
_Built = Dict[int, Tuple[Inputs, Sequence[Weight]]]


def infer(graph: Graph, feeds: dict[int, Tensor] | None = None) -> tuple[Network, list[Diagnostic]]:
    """Infer the tensors and weights of every call.

    Args:
        graph: The graph, in order.
        feeds: Tensors that come in instead of those that inputs declare, by the index of the input.

    Returns:
        The network, and what does not fit. What depends on an error is unknown and not reported. The
        weights of a layer that is applied several times belong to the call that owns it.
    """
    network = Network(graph)
    diagnostics: list[Diagnostic] = []
    built: _Built = {}
    shared = {node.owner for node in graph.nodes if node.owner is not None}
    for index in graph.order:
        node = graph.nodes[index]
        if feeds is not None and index in feeds:
            network.results[index] = (feeds[index],)
        elif node.layer is not None and node.sources is not None:
            try:
                _apply(network, node, node.layer, built, shared)
            except ShapeError as problem:
                network.results[index] = (UNKNOWN,)
                diagnostics.append(_diagnostic(network, node, problem))
    return network, [*diagnostics, *_missing_outputs(network)]


def _apply(
    network: Network, node: Call, layer: Layer, built: _Built, shared: Container[int]
) -> None:
    """Set the results, weights and MACs of a call, unless what it is applied to is unknown.

    Raises:
        ShapeError: The layer cannot be applied to its inputs.
    """
    inputs = gather(network, node)
    if any(tensor.shape is None for tensor in inputs.tensors):
        return
    inputs = layer.unnamed(inputs)
    network.results[node.index] = results = layer.results(inputs)
    weights = layer.weights(inputs)
    if layer.frozen:
        weights = _untrained(weights)
    owner = node.index if node.owner is None else node.owner
    if owner in shared:
        first, weights = built.setdefault(owner, (inputs, weights))
        if first is not inputs:
            check_again(network.graph.nodes[owner].name, layer, first, weights, inputs)
    # Keras trains none of the variables of a layer that is not trainable, nor of the layers in it.
    network.weights[owner] = weights if layer.trainable else _untrained(weights)
    network.macs[node.index] = layer.macs(inputs, results)


def _untrained(weights: Sequence[Weight]) -> list[Weight]:
    return [weight._replace(trainable=False) for weight in weights]


def _missing_outputs(network: Network) -> Iterator[Diagnostic]:
    """Yield an error for each output that names a result which its layer does not have."""
    graph = network.graph
    for target in graph.outputs.targets:
        results = network.results[target.producer]
        if target.result is not None and target.result >= len(results) and results != (UNKNOWN,):
            message = _no_result(graph, target, len(results))
            span = graph.output_spans.get(target)
            yield error(span, "unknown-reference", message, "results are numbered from 0")


def check_again(
    name: str, layer: Layer, first: Inputs, built: Sequence[Weight], inputs: Inputs
) -> None:
    """See that a layer which has its weights already can be applied to these inputs, too.

    Raises:
        ShapeError: Keras would refuse it.
    """
    shapes = [weight.shape for weight in built]
    fits = shapes == [weight.shape for weight in layer.weights(inputs)]
    if fits and first.shapes:
        then, now = layer.pinned(first.shapes[0]), layer.pinned(inputs.shapes[0])
        fits = len(then) == len(now) and all(
            None in pair or pair[0] == pair[1] for pair in zip(then, now)
        )
    if not fits:
        here = ", ".join(
            f"{{{place}}} is {text(shape)}" for place, shape in enumerate(inputs.shapes)
        )
        message = f"shares the weights of `{name}`, which is applied to {', '.join(map(text, first.shapes))}; here {here}"
        raise ShapeError(
            message,
            inputs=range(len(inputs.tensors)),
            hint="apply it to inputs of the same size, or use another layer",
        )


def _no_result(graph: Graph, target: Value, count: int) -> str:
    name = graph.nodes[target.producer].name
    return f"there is no `{name}[{target.result}]`: `{name}` gives {f'{count} results' if count > 1 else 'one result'}"


def gather(network: Network, node: Call) -> Inputs:
    """What a node is applied to.

    Raises:
        ShapeError: it names a result that there is not, or puts several results where one belongs.
    """
    tensors: list[Tensor] = []
    keywords: list[str] = []
    listed = node.listed
    sources = node.sources or []
    for place, target in enumerate(sources):
        results = network.tensors(target._replace(result=None))
        if target.result is not None:
            if target.result >= len(results) and results != (UNKNOWN,):
                raise ShapeError(
                    _no_result(network.graph, target, len(results)),
                    code="unknown-reference",
                    hint="results are numbered from 0",
                )
            results = network.tensors(target)
        elif len(results) > 1:
            if len(sources) > 1 and not node.keywords:
                name = network.graph.label(target)
                raise ShapeError(
                    f"takes one tensor from {{{place}}}, which gives {len(results)}",
                    code="input-count",
                    inputs=(place,),
                    hint=f"choose one: `{name}[0]`",
                )
            listed = True
        tensors.extend(results)
        if node.keywords:
            keywords.extend([node.keywords[place]] * len(results))
    return Inputs(tuple(tensors), listed and not keywords, tuple(keywords), node.options)


def _diagnostic(network: Network, node: Call, problem: ShapeError) -> Diagnostic:
    """Return the error of a layer as a diagnostic with names and places."""
    # A single source that gives several results stands for all of them.
    sources = [target for target in node.sources or () for _ in network.tensors(target)]
    span = node.place(problem.argument)
    if problem.code == "unknown-reference" and node.location.sources:
        span = node.location.sources
    wrong = [sources[index] for index in dict.fromkeys(problem.inputs) if index < len(sources)]
    chain = _chain(network, wrong[0]) if wrong and wrong[0].constant is None else None
    note = "; ".join(filter(None, (chain, node.context))) or None
    message = _message(network.graph, node, problem, sources)
    related = tuple(_related(network, wrong))
    hint = _hint(network, node, problem, sources)
    return error(span, problem.code, message, hint, note=note, related=related)


def _hint(network: Network, node: Call, problem: ShapeError, sources: list[Value]) -> str | None:
    if problem.code == "input-count" and len(node.sources or ()) == 1 and len(sources) > 1:
        return f"choose one: `from: {network.graph.nodes[sources[0].producer].name}[0]`"
    return problem.hint or _adapters(network, node, problem)


def _message(graph: Graph, node: Call, problem: ShapeError, sources: list[Value]) -> str:
    message = problem.message.format(*(f"`{graph.label(target)}`" for target in sources))
    if message.startswith(("cannot", "there is no")):
        return message
    return f"`{node.name}`{f' ({node.cls})' if node.name != node.cls else ''} {message}"


def _related(network: Network, targets: list[Value]) -> Iterator[Related]:
    """Yield the place and the shape of each result that is not a number."""
    graph = network.graph
    for target in dict.fromkeys(targets):
        if target.constant is None:
            label = graph.label(target)
            verb = "ends here as" if label in graph.branches else "is"
            shapes = ", ".join(text(tensor.shape) for tensor in network.tensors(target))
            yield Related(graph.nodes[target.producer].span, f"`{label}` {verb} {shapes}")


def _chain(network: Network, target: Value) -> str | None:
    """The shapes that led to a result, the last few of them."""
    steps: list[str] = []
    node = network.graph.nodes[target.producer]
    while True:
        shape = text(network.results[node.index][0].shape)
        sources = node.parents
        if not sources or len(steps) == CHAIN:
            steps.append(("… " if sources else "") + shape)
            break
        if not isinstance(node.layer, Placeholder):
            steps.append(f"{node.cls} {shape}")
        node = network.graph.nodes[sources[0]]
    return " -> ".join(reversed(steps)) if len(steps) > 1 else None


def _adapters(network: Network, node: Call, problem: ShapeError) -> str | None:
    """Return layers that would make an input fit, each tried before it is offered."""
    if (
        problem.code not in ("concat-shape", "merge-shape", "input-rank")
        or node.layer is None
        or node.keywords
    ):
        return None
    inputs = gather(network, node)
    ranks = [len(shape) for shape in inputs.shapes]
    place = max(range(len(ranks)), key=ranks.__getitem__)
    offers = []
    for layer, words in _candidates(inputs.shapes[place]):
        try:
            (result,) = layer.results(Inputs((inputs.tensors[place],)))
            tensors = list(inputs.tensors)
            tensors[place] = result
            changed = inputs._replace(tensors=tuple(tensors))
            node.layer.results(changed)
            node.layer.weights(changed)
        except ShapeError:
            continue
        size = result.shape[-1] if result.shape else None
        offers.append(
            f"`- {words}`"
            + (f" ({size} features)" if size is not None and len(result.shape or ()) == 2 else "")
        )
    if not offers:
        return None
    label = (
        network.graph.label((node.sources or [])[place])
        if len(node.sources or []) == len(ranks)
        else "it"
    )
    return f"end `{label}` with {' or '.join(offers)}"


def _candidates(shape: Shape) -> Iterator[tuple[Layer, str]]:
    kinds = registry.layers()
    pool = {
        3: "GlobalAveragePooling1D",
        4: "GlobalAveragePooling2D",
        5: "GlobalAveragePooling3D",
    }.get(len(shape))
    if pool is not None:
        yield kinds[pool](), pool
    if len(shape) > 2:
        yield kinds["Flatten"](), "Flatten"
