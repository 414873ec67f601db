"""Graph -> network: shapes and weights, call by call; errors of layers become diagnostics here."""

from __future__ import annotations

from math import prod
from typing import TYPE_CHECKING, Container, Dict, Iterator, Sequence, Tuple

from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import ShapeError, text
from mergecli.catalog.tensors import UNKNOWN, Inputs, Tensor, as_run
from mergecli.catalog.versions import Backend
from mergecli.catalog.weights import Weight, check_trained
from mergecli.diagnostics.diagnostic import Diagnostic, Related, error
from mergecli.ir.graph import Call, Graph, Network, RunDtypes, Value
from mergecli.ir.subgraph_layers import Placeholder

if TYPE_CHECKING:
    from mergecli.ir.masks import Masks
    from mergecli.ir.remembered import Memory

#: The most steps of the chain of shapes in a note.
MOST_STEPS = 6

#: The first inputs of each layer that is applied several times, and its weights, by the index of the
#: call that owns it.
Built = Dict[int, Tuple[Inputs, Sequence[Weight]]]

#: The most elements of a tensor for one sample, which backends count in 64 bits.
MOST_ELEMENTS = 2**63 - 1
#: The most dimensions of a tensor.
MOST_DIMENSIONS = 1000
#: The most tensors that all calls together give, and that they are applied to.
MOST_MADE, MOST_TAKEN = 200_000, 2_000_000
_TOO_MANY_DIMENSIONS = f"gives a tensor of more than {MOST_DIMENSIONS:,} dimensions"
_TOO_MANY_TENSORS = f"gives, with the layers before it, more than {MOST_MADE:,} tensors"
_TOO_MANY_TAKEN = f"is, with the layers before it, applied to more than {MOST_TAKEN:,} tensors"
_TOO_LARGE = "gives a tensor of more than 2**63 - 1 elements, which no backend can have"


def infer(
    graph: Graph, feeds: dict[int, Tensor] | None = None, memory: Memory | None = None
) -> tuple[Network, list[Diagnostic]]:
    """Infer the tensors and weights of every call.

    Args:
        graph: The graph, in order.
        feeds: Tensors that replace those that inputs declare, by the index of the input.
        memory: What is remembered of calls of the same layers.

    Returns:
        The network, and the errors. Results that depend on an error are unknown and not reported.
        The weights of a layer that is applied several times belong to the call that owns it.
    """
    network = Network(graph)
    diagnostics: list[Diagnostic] = []
    built: Built = {}
    run_dtypes: RunDtypes = {}
    masks: Masks = {}
    shared = {call.owner for call in graph.nodes if call.owner is not None}
    made = taken = 0
    for index in graph.order:
        call = graph.nodes[index]
        taken += sum(_count(network, target) for target in call.sources or ())
        if taken > MOST_TAKEN:
            diagnostics.append(_too_many(graph, call, _TOO_MANY_TAKEN))
            break
        if feeds is not None and index in feeds:
            network.results[index] = (feeds[index],)
        elif call.layer is not None and call.sources is not None:
            try:
                if memory is None or call.owner is not None or index in shared:
                    infer_call(network, call, call.layer, built, shared, run_dtypes)
                else:
                    _infer_known(network, call, call.layer, run_dtypes, memory)
                follow_masks(network, call, call.layer, masks)
            except ShapeError as problem:
                network.results[index] = (UNKNOWN,)
                diagnostics.append(_diagnostic(network, call, problem))
            made += len(network.results[index])
            if made > len(graph.nodes) + MOST_MADE:
                diagnostics.append(_too_many(graph, call, _TOO_MANY_TENSORS))
                break
    return network, [*diagnostics, *_missing_outputs(network)]


def _infer_known(
    network: Network, call: Call, layer: Layer, run_dtypes: RunDtypes, memory: Memory
) -> None:
    """Infer a call of a layer that no other call shares, or take what is remembered of it.

    Raises:
        ShapeError: Keras would refuse it, or no backend can run it.
    """
    if not memory.recall(network, call, layer, run_dtypes):
        infer_call(network, call, layer, {}, (), run_dtypes)
        memory.note(network, call, layer, run_dtypes)


def _count(network: Network, target: Value) -> int:
    """Return the number of tensors that a target stands for."""
    if target.constant is not None or target.result is not None:
        return 1
    return len(network.results[target.producer])


def infer_call(
    network: Network,
    call: Call,
    layer: Layer,
    built: Built,
    shared: Container[int],
    run_dtypes: RunDtypes,
) -> None:
    """Infer one call, whose sources are inferred.

    Args:
        network: The network, which gets its results, weights and MACs.
        call: The call.
        layer: Its layer.
        built: The first inputs and the weights of layers that are applied several times.
        shared: The calls that own such layers.
        run_dtypes: The dtypes of results when the model runs, where they are not the declared ones.

    Raises:
        ShapeError: Keras would refuse it, or no backend can run it.
    """
    layer.check_policy()
    if layer.unsupported:
        layer.check_backend(_backend())
    dtypes = _dtypes(network, call, run_dtypes)
    _apply(network, call, layer, built, shared, dtypes)
    _run(network, call, layer, dtypes, run_dtypes)


def follow_masks(network: Network, call: Call, layer: Layer, masks: Masks) -> None:
    """Check that a call can use the masks of its inputs, and note those of its results.

    Args:
        network: The network, in which the call is inferred.
        call: The call.
        layer: Its layer.
        masks: The masks of the calls before it; most models have none.

    Raises:
        ShapeError: A mask does not fit.
    """
    if (
        masks
        or layer.makes_mask
        or "mask" in call.keywords
        or (layer.masks_scores and call.options)
    ):
        from mergecli.ir.masks import hand_on  # start-up

        hand_on(network, call, layer, gather(network, call), masks)


def _apply(
    network: Network,
    call: Call,
    layer: Layer,
    built: Built,
    shared: Container[int],
    dtypes: Sequence[str | None],
) -> None:
    """Set the results, weights and MACs of a call, unless what it is applied to is unknown.

    Raises:
        ShapeError: The layer cannot be applied to its inputs.
    """
    inputs = gather(network, call)
    for tensor in inputs.tensors:
        if tensor.shape is None:
            return
    inputs = layer.unnamed(inputs)
    if "string" in dtypes:
        layer.check_strings(as_run(inputs, dtypes))
    results = layer.results(inputs)
    layer.check_in_model(inputs)
    layer.check_activation(results)
    for tensor in results:
        if tensor.shape is None:
            continue
        if len(tensor.shape) > MOST_DIMENSIONS:
            raise ShapeError(_TOO_MANY_DIMENSIONS, code="too-large")
        if prod(filter(None, tensor.shape)) > MOST_ELEMENTS:
            raise ShapeError(_TOO_LARGE, code="too-large")
    network.results[call.index] = results
    owner = call.index if call.owner is None else call.owner
    if owner in built:
        first, weights = built[owner]
        check_again(network.graph.nodes[owner].name, layer, first, weights, inputs)
    else:
        weights = layer.weights(inputs)
        check_trained(weights)
        if layer.frozen:
            weights = _untrained(weights)
        if owner in shared:
            built[owner] = inputs, weights
    # Keras trains none of the variables of a layer that is not trainable, nor of the layers in it.
    network.weights[owner] = weights if layer.trainable else _untrained(weights)
    network.macs[call.index] = layer.macs(inputs, results)


def _backend() -> str:
    """Return Keras's name of the backend for which a model is checked."""
    from mergecli.diagnostics.backends import choose  # start-up

    return choose().name


Backend.choose = staticmethod(_backend)


def _run(
    network: Network,
    call: Call,
    layer: Layer,
    dtypes: list[str | None],
    run_dtypes: RunDtypes,
) -> None:
    """Check that a backend can run a call on the dtypes that it then gets, and note what it gives.

    Raises:
        ShapeError: It cannot.
    """
    results = network.results[call.index]
    if results == (UNKNOWN,) or not call.sources:
        return
    is_usual = (
        not layer.refuses_floats
        and getattr(layer, "dtype", None) is None
        and layer.activity_regularizer is None
    )
    # Of tensors with other dtypes when it runs, Keras declares another result.
    is_declared = not run_dtypes or run_dtypes.keys().isdisjoint(x.producer for x in call.sources)
    if is_usual and is_declared and dtypes.count("float32") == len(dtypes):
        return
    if isinstance(layer, Placeholder):
        dtype = dtypes[0]
    else:
        from mergecli.catalog.run_dtypes import run_dtype  # start-up

        try:
            dtype = run_dtype(layer, gather(network, call), dtypes, results[0].dtype, _backend())
            layer.check_penalty(results, dtypes, dtype)
        except ShapeError:
            network.results[call.index] = (UNKNOWN,)
            raise
    found = layer.run_dtypes(results, dtype)
    if found != tuple([tensor.dtype for tensor in results]):
        run_dtypes[call.index] = found


def _dtypes(network: Network, call: Call, run_dtypes: RunDtypes) -> list[str | None]:
    """Return the dtypes of what a call is applied to when the model runs; None where not known."""
    dtypes: list[str | None] = []
    for target in call.sources or ():
        if target.constant is not None or target.producer not in run_dtypes:
            dtypes += [tensor.dtype for tensor in network.tensors(target)]
        elif target.result is None:
            dtypes += run_dtypes[target.producer]
        else:
            dtypes.append(run_dtypes[target.producer][target.result])
    return dtypes


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
    """Check that a layer that already has weights can be applied to other inputs.

    Args:
        name: The name of the layer.
        layer: The layer.
        first: The inputs with which its weights were created.
        built: These weights.
        inputs: The other inputs.

    Raises:
        ShapeError: Keras would refuse it.
    """
    shapes = [weight.shape for weight in built]
    fits = shapes == [weight.shape for weight in layer.weights(_filled(inputs, first))]
    if fits and first.shapes and inputs.shapes:
        then, now = layer.pinned(first.shapes[0]), layer.pinned(inputs.shapes[0])
        fits = len(then) == len(now) and all(
            None in pair or pair[0] == pair[1] for pair in zip(then, now)
        )
    if not fits:
        here = ", ".join(
            f"{{{place}}} is {text(shape)}" for place, shape in enumerate(inputs.shapes)
        )
        there = ", ".join(map(text, first.shapes))
        message = f"shares the weights of `{name}`, which is applied to {there}; here {here}"
        raise ShapeError(
            message,
            inputs=range(len(inputs.tensors)),
            hint="apply it to inputs of the same size, or use another layer",
        )


def _filled(inputs: Inputs, first: Inputs) -> Inputs:
    """Return the inputs with the sizes of the first call where theirs are not known.

    Keras compares only sizes that are known with those for which a layer has its weights.
    """
    if len(inputs.tensors) != len(first.tensors):
        return inputs
    tensors = []
    for tensor, (shape, _) in zip(inputs.tensors, first.tensors):
        sizes = list(tensor.shape or ())
        for place in range(-1, -min(len(sizes), len(shape or ())) - 1, -1):
            if sizes[place] is None:
                sizes[place] = shape[place]  # type: ignore[index]
        tensors.append(tensor._replace(shape=tuple(sizes)))
    return inputs._replace(tensors=tuple(tensors))


def _no_result(graph: Graph, target: Value, count: int) -> str:
    name = graph.nodes[target.producer].name
    results = f"{count} results" if count > 1 else "one result"
    return f"there is no `{name}[{target.result}]`: `{name}` gives {results}"


def gather(network: Network, call: Call) -> Inputs:
    """Return the inputs of a call.

    Raises:
        ShapeError: It names a result that does not exist, or one of its sources has several.
    """
    tensors: list[Tensor] = []
    keywords: list[str] = []
    listed = call.listed
    sources = call.sources or []
    if len(sources) == 1 and not call.keywords:
        # As below, for most calls.
        source, results = sources[0], network.results[sources[0].producer]
        if source.result is None and source.constant is None and len(results) == 1:
            return Inputs(results, listed, (), call.options)
    for place, target in enumerate(sources):
        is_result = target.constant is None
        results = network.results[target.producer] if is_result else network.tensors(target)
        if target.result is not None:
            if target.result >= len(results) and results != (UNKNOWN,):
                raise ShapeError(
                    _no_result(network.graph, target, len(results)),
                    code="unknown-reference",
                    hint="results are numbered from 0",
                )
            results = network.tensors(target)
        elif len(results) > 1:
            if len(sources) > 1 and not call.keywords:
                name = network.graph.label(target)
                raise ShapeError(
                    f"takes one tensor from {{{place}}}, which gives {len(results)}",
                    code="input-count",
                    inputs=(place,),
                    hint=f"choose one: `{name}[0]`",
                )
            listed = True
        tensors.extend(results)
        if call.keywords:
            keywords.extend([call.keywords[place]] * len(results))
    return Inputs(tuple(tensors), listed and not keywords, tuple(keywords), call.options)


def _diagnostic(network: Network, call: Call, problem: ShapeError) -> Diagnostic:
    """Return the error of a layer as a diagnostic with names and places."""
    # A single source that gives several results stands for all of them.
    sources = [target for target in call.sources or () for _ in network.tensors(target)]
    span = call.place(problem.argument)
    if problem.code == "unknown-reference" and call.location.sources:
        span = call.location.sources
    wrong = [sources[index] for index in dict.fromkeys(problem.inputs) if index < len(sources)]
    chain = _chain(network, wrong[0]) if wrong and wrong[0].constant is None else None
    if chain and len(dict.fromkeys(sources)) > 1:
        chain = f"`{network.graph.label(wrong[0])}`: {chain}"
    note = "; ".join(filter(None, (chain, call.context))) or None
    message = _message(network.graph, call, problem, sources)
    related = tuple(_related(network, wrong))
    hint = _hint(network, call, problem, sources)
    return error(span, problem.code, message, hint, note=note, related=related)


def _too_many(graph: Graph, call: Call, message: str) -> Diagnostic:
    """Return the error of the call with which there are too many tensors."""
    problem = ShapeError(message, code="too-large")
    return error(call.span, problem.code, _message(graph, call, problem, []), note=call.context)


def _hint(network: Network, call: Call, problem: ShapeError, sources: list[Value]) -> str | None:
    if problem.code == "input-count" and len(call.sources or ()) == 1 and len(sources) > 1:
        return f"choose one: `from: {network.graph.nodes[sources[0].producer].name}[0]`"
    if problem.hint or call.layer is None or call.keywords:
        return problem.hint
    from mergecli.ir import adapters  # start-up

    return adapters.hint(network, call, call.layer, problem.code, gather(network, call))


def _message(graph: Graph, call: Call, problem: ShapeError, sources: list[Value]) -> str:
    message = problem.message.format(*(f"`{graph.label(target)}`" for target in sources))
    if message.startswith(("cannot", "there is no")):
        return message
    return f"`{call.name}`{f' ({call.cls})' if call.name != call.cls else ''} {message}"


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
    """Return the chain of shapes that leads to a result, at most the last few."""
    steps: list[str] = []
    while True:
        call = network.graph.nodes[target.producer]
        result = "" if target.result is None else f"[{target.result}]"
        shape = text(network.tensors(target)[0].shape)
        sources = [source for source in call.sources or () if source.constant is None]
        if not sources or len(steps) == MOST_STEPS:
            steps.append(("… " if sources else "") + shape)
            break
        if not isinstance(call.layer, Placeholder):
            steps.append(f"{call.cls}{result} {shape}")
        target = sources[0]
    return " -> ".join(reversed(steps)) if len(steps) > 1 else None
