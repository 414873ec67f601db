"""Functions that several lint rules share."""

from __future__ import annotations

from enum import Enum
from typing import Iterator, Sequence

from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import Shape, axis
from mergecli.diagnostics.diagnostic import Related
from mergecli.diagnostics.record import Record
from mergecli.diagnostics.source import Span
from mergecli.ir.graph import Call, Graph, Network, Value

#: Activations whose values sum up to 1 along an axis, or the logarithms of such values.
SOFTMAXES = ("softmax", "log_softmax", "sparsemax")
#: Activations whose values are between 0 and 1.
PROBABILITIES = ("sigmoid", "hard_sigmoid", "sparse_sigmoid", "softmax", "sparsemax")
#: Activations with values below 0 or above 1.
UNBOUNDED = (
    "celu elu gelu hard_silu hard_swish leaky_relu log_softmax mish relu relu6 selu silu softplus"
    " softsign swish tanh"
).split()
#: The fewest pixels along a side of an image; a shorter axis may be something else.
LEAST_PIXELS = 8


class Stage(Enum):
    """When a rule runs.

    A `GRAPH` rule checks each graph whose spec has no errors so far, a `NETWORK` rule each network
    without errors, whose shapes are known.
    """

    GRAPH = "graph"
    NETWORK = "network"


#: Losses that compare probabilities, by their names without `_` and in lower case, and whether each
#: takes one distribution over classes.
PROBABILITY_LOSSES = {
    "bce": False,
    "binarycrossentropy": False,
    "binaryfocalcrossentropy": False,
    "categoricalcrossentropy": True,
    "categoricalfocalcrossentropy": True,
    "sparsecategoricalcrossentropy": True,
}


class LossOfOutput(Record):
    """A loss that compares probabilities, and the output that it is applied to.

    Attributes:
        call: The call that gives the output.
        shape: The shape of the output; None if it is not known.
        name: The name of the loss, as it is written or as that of its class.
        from_logits: Whether the loss applies the sigmoid or softmax itself.
        of_classes: Whether it takes one distribution over classes.
    """

    call: Call
    shape: Shape | None
    name: str
    from_logits: bool
    of_classes: bool


class TrainedOutput(Record):
    """An output, with its loss and its metrics.

    Attributes:
        call: The call that gives it.
        shape: Its shape; None if it is not known.
        loss: Its loss: a name or an object of the catalog; None if there is none.
        metrics: Its metrics, as the loss.
    """

    call: Call
    shape: Shape | None
    loss: object
    metrics: Sequence[object]


def trained_outputs(network: Network) -> Iterator[TrainedOutput]:
    """Yield each output of a layer of the spec itself that `compile` gives a loss or metrics."""
    training = network.training
    if training is None:
        return
    outputs = network.graph.outputs
    for place, target in enumerate(outputs.targets):
        call = network.graph.nodes[target.producer]
        if call.origin or call.layer is None:
            continue
        name = outputs.names[place] if outputs.names is not None else call.name
        is_single = len(outputs.targets) == 1
        metrics: list[object] = []
        for given in (training.metrics, training.weighted_metrics):
            own = given if is_single and isinstance(given, list) else _own(given, place, name)
            metrics += own if isinstance(own, list) else [] if own is None else [own]
        tensors = network.tensors(target)
        shape = tensors[0].shape if len(tensors) == 1 else None
        loss = training.loss
        if isinstance(loss, (dict, list)):
            loss = _own(loss, place, name)
        yield TrainedOutput(call, shape, loss, metrics)


def _own(values: object, place: int, name: str) -> object:
    """Return what an output has of a list or a mapping for all outputs."""
    if isinstance(values, dict):
        return values.get(name)
    if isinstance(values, list):
        return values[place] if place < len(values) else None
    return None


def name_of(value: object) -> str:
    """Return the name of a loss or a metric, as it is written or as that of its class."""
    return value if isinstance(value, str) else type(value).__name__


def folded(name: str) -> str:
    """Return a name as names are compared, without `_` and in lower case.

    >>> folded("binary_crossentropy") == folded("BinaryCrossentropy")
    True
    """
    return name.casefold().replace("_", "")


def probability_losses(network: Network) -> Iterator[LossOfOutput]:
    """Yield each loss of `compile` that compares probabilities, with its output.

    Outputs of included models are left out.
    """
    for output in trained_outputs(network):
        name = name_of(output.loss)
        if output.loss is not None and folded(name) in PROBABILITY_LOSSES:
            from_logits = getattr(output.loss, "from_logits", False) is True
            of_classes = PROBABILITY_LOSSES[folded(name)]
            yield LossOfOutput(output.call, output.shape, name, from_logits, of_classes)


def axes_of(layer: Layer, rank: int) -> Sequence[int]:
    """Return the axes of a softmax or a concatenation, counted from the front."""
    axes = getattr(layer, "axis", -1)
    if axes is None:
        return range(rank)
    listed = (axes,) if isinstance(axes, int) else axes
    # A scalar, which a softmax of Keras takes, has no axis.
    return [axis(index, rank) for index in listed] if rank else []


def image_origin(network: Network, sources: Sequence[Value]) -> Call | None:
    """Return the call that produced the image, before all layers that keep it an image."""
    while len(sources) == 1 and sources[0].constant is None:
        call = network.graph.nodes[sources[0].producer]
        if call.layer is None or call.layer.image != "keeps":
            return call
        sources = call.sources or ()
    return None


def labels(network: Network, sources: Sequence[Value]) -> list[str]:
    """Return the name in a message for each tensor that a call takes."""
    return [
        f"`{network.graph.label(target)}`" for target in sources for _ in network.tensors(target)
    ]


def related_sources(
    network: Network, sources: Sequence[Value], facts: Sequence[str]
) -> tuple[Related, ...]:
    """Return the place of each input of a call, with one fact for each tensor it takes."""
    result: dict[Span, Related] = {}
    remaining = iter(facts)
    for target in sources:
        for _ in network.tensors(target):
            fact = next(remaining)
            if target.constant is None:
                span = network.graph.nodes[target.producer].span
                result.setdefault(span, Related(span, f"`{network.graph.label(target)}` is {fact}"))
    return tuple(result.values())


def idle_branches(graph: Graph, needed: Sequence[bool]) -> list[str]:
    """Return the branches on which no output depends.

    Args:
        graph: The graph.
        needed: For each call, whether an output depends on it.
    """
    return [
        name
        for name, branch in graph.branches.items()
        if branch.end is not None
        and not needed[branch.end.producer]
        and not any(needed[index] for index in branch.nodes)
    ]
