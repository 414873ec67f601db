"""What is taken for the wrong axis: the batch for features, pixels for samples, channels for rows."""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.catalog.layer import Layer
from mergecli.catalog.shapes import Shape, ShapeError, text
from mergecli.compiler.lint.activations import SOFTMAXES, axes_of
from mergecli.diagnostics.diagnostic import Diagnostic, Related, warning
from mergecli.diagnostics.source import Span
from mergecli.ir.graph import Call, CompleteCall, Network, Target
from mergecli.ir.inference import gather

#: How many channels pictures have.
CHANNELS = (1, 3, 4)
#: How many pixels a side of a picture has at least; fewer may be something else.
LEAST = 8


def batch_axis(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """Tensors joined along the batch, or a softmax over it: the samples of a batch get mixed."""
    for node, layer, _ in calls:
        if layer.merging != "joins" and layer.function not in SOFTMAXES:
            continue
        shape = network.results[node.index][0].shape
        if shape is None or 0 not in axes_of(layer, len(shape)):
            continue
        message = f"`{node.name}` ({node.cls}) joins along the batch axis: more samples, not more features"
        if layer.merging != "joins":
            message = f"`{node.name}` ({node.cls}) takes `{layer.function}` over the batch axis: samples of a batch depend on each other"
        yield warning(
            node.place("axis"),
            "batch-axis",
            message,
            _last_axis(network, node, layer),
            note=node.trail,
        )


def _last_axis(network: Network, node: Call, layer: Layer) -> str | None:
    """The way out, if it is one: the same layer along the last axis, or a second axis where there is only that of the batch."""
    inputs = gather(network, node)
    if all(len(shape) == 1 for shape in inputs.shapes):
        return "put `- Reshape: [1]` behind what it takes: there is no other axis yet"
    if "axis" not in layer.arguments:
        return None
    try:
        type(layer)(**{**layer.given, "axis": -1}).results(inputs)
    except ShapeError:
        return None
    return "write `axis: -1`"


def dense_image(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """A dense layer that comes straight from an image: it sees each pixel on its own."""
    graph = network.graph
    for node, layer, sources in calls:
        if not layer.last_axis_only or len(sources) != 1:
            continue
        (source,) = sources
        shape = network.tensors(source)[0].shape
        origin = _origin(network, sources)
        if origin is None or shape is None or len(shape) < 4:
            continue
        if (
            not _picture(shape)
            if origin.index in graph.inputs
            else origin.layer is None or origin.layer.image != "gives"
        ):
            continue
        label, result = graph.label(source), network.results[node.index][0].shape
        message = f"`{node.name}` ({node.cls}) sees each pixel of `{label}`, {text(shape)}, on its own, and gives {text(result)}"
        ways = [] if None in shape[1:] else ["`- Flatten`"]
        ways += [f"`- GlobalAveragePooling{len(shape) - 2}D`"] if len(shape) in (4, 5) else []
        hint = f"put {' or '.join(ways)} in front of it" if ways else None
        related = (Related(graph.nodes[source.node].span, f"`{label}` is {text(shape)}"),)
        yield warning(node.span, "dense-image", message, hint, note=node.trail, related=related)


def _origin(network: Network, sources: Sequence[Target]) -> Call | None:
    """Where the image comes from that a layer gets, behind the layers that keep it one."""
    while len(sources) == 1 and sources[0].constant is None:
        node = network.graph.nodes[sources[0].node]
        if node.layer is None or node.layer.image != "keeps":
            return node
        sources = node.sources or ()
    return None


def _picture(shape: Shape) -> bool:
    """Whether an input of this shape is one for pictures: by its channels, or as high as it is wide.

    >>> _picture((None, 32, 24, 3)), _picture((None, 7, 7, 512)), _picture((None, 10, 20, 300))
    (True, False, False)
    """
    return shape[-1] in CHANNELS or (shape[-3] == shape[-2] and (shape[-2] or LEAST) >= LEAST)


def channels_first(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """An image with its channels in front, as other frameworks have it, for a layer that takes the last axis for them."""
    for node, layer, sources in calls:
        if layer.image != "gives" or getattr(layer, "data_format", None) == "channels_first":
            continue
        origin = _origin(network, sources)
        if origin is None or origin.index not in network.graph.inputs:
            continue
        shape = network.results[origin.index][0].shape
        if (
            shape is None
            or len(shape) != 4
            or shape[1] not in (1, 3)
            or shape[2] != shape[3]
            or (shape[3] or 0) < LEAST
        ):
            continue
        message = f"`{node.name}` ({node.cls}) takes `{origin.name}` for an image of {shape[1]} by {shape[2]} pixels with {shape[3]} channels"
        hint = f"Keras has the channels last: `shape: [{shape[2]}, {shape[3]}, {shape[1]}]`"
        related = (Related(node.span, f"`{node.name}` takes the last axis for the channels"),)
        place = origin.place("batch_shape" if "batch_shape" in origin.places else "shape")
        yield warning(place, "channels-first", message, hint, related=related)


def idle_flatten(network: Network, calls: Sequence[CompleteCall]) -> Iterator[Diagnostic]:
    """A flatten of what is flat. In a block it is one only if every use of the block has it."""
    found: dict[Span, Diagnostic] = {}
    needed: set[Span] = set()
    for node, layer, sources in calls:
        if not layer.flattens or len(sources) != 1:
            continue
        shape = network.tensors(sources[0])[0].shape
        if shape is None or len(shape) != 2:
            needed.add(node.span)
        elif node.span not in found:
            label = network.graph.label(sources[0])
            message = (
                f"`{node.name}` ({node.cls}) does nothing: `{label}` is flat already, {text(shape)}"
            )
            found[node.span] = warning(
                node.span, "idle-flatten", message, "remove it", note=node.trail
            )
    yield from (diagnostic for span, diagnostic in found.items() if span not in needed)
