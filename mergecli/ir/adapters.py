"""Hints for inputs of a wrong shape: a change that makes them fit, tried before it is suggested.

It is read only to explain an error.
"""

from __future__ import annotations

import re
from typing import Iterable, Iterator

from mergecli.catalog import registry
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layer import Layer
from mergecli.catalog.layers.core import InputLayer
from mergecli.catalog.shapes import Shape, ShapeError
from mergecli.catalog.tensors import Inputs
from mergecli.ir.graph import Call, Network, Value

#: A batch has rarely more samples; a larger first size is something else.
_LARGEST_BATCH = 4096
#: The most inputs for which each size is tried at each input.
_MOST_TRIED = 32


def hint(network: Network, call: Call, layer: Layer, code: str, inputs: Inputs) -> str | None:
    """Return what makes the inputs of a call fit; None if nothing is known.

    Args:
        network: The network so far.
        call: The call that cannot be applied.
        layer: Its layer.
        code: The code of the error.
        inputs: Its inputs.
    """
    sources = list(call.sources or ())
    if code == "input-rank" and len(inputs.tensors) == 1 and len(sources) == 1:
        found = _for_one(network, layer, inputs, sources[0]) or _sibling(layer, inputs)
        if found is not None:
            return found
    if code == "concat-shape" and (other := _other_axis(layer, inputs)) is not None:
        return other
    if code in ("concat-shape", "merge-shape", "input-rank"):
        found = _reduced(network, call, layer, inputs)
        if found is not None:
            return found
    if code == "merge-shape" and len(sources) == len(inputs.tensors):
        return _same_size(network, layer, inputs, sources)
    return None


def _fits(layer: Layer, inputs: Inputs, place: int, shape: Shape) -> bool:
    """Whether a layer can be applied to its inputs with another shape for one of them."""
    tensors = list(inputs.tensors)
    tensors[place] = tensors[place]._replace(shape=shape)
    changed = inputs._replace(tensors=tuple(tensors))
    try:
        layer.results(changed)
        layer.weights(changed)
    except ShapeError:
        return False
    return True


def _for_one(network: Network, layer: Layer, inputs: Inputs, source: Value) -> str | None:
    """Return the hint for a layer with one input of too few or too many dimensions."""
    graph = network.graph
    producer = graph.nodes[source.producer]
    shape = inputs.tensors[0].shape or ()
    label = graph.label(source)
    if isinstance(producer.layer, InputLayer):
        return _declared(layer, inputs, shape)
    sequence = _with_sequences(network, producer)
    if sequence is not None and _fits(layer, inputs, 0, sequence):
        inner = "the layer in " if _inner(producer) is not None else ""
        step = f"add `return_sequences: true` to {inner}`{producer.name}`"
        return f"{step}, which gives only its last step"
    before = _before(network, producer)
    if before is not None and _removes_axes(producer) and _fits(layer, inputs, 0, before):
        return f"apply it before `{producer.name}`, which removes the axes that it needs"
    if len(shape) > 3 and shape[1] is not None:
        flat = (*shape[:2], _product(shape[2:]))
        is_recurrent = getattr(producer.layer, "return_sequences", False)
        is_sequence = is_recurrent or _inner(producer) is not None
        if is_sequence and _fits(layer, inputs, 0, flat):
            return f"add `- TimeDistributed: {{layer: Flatten}}` after `{label}`"
        if len(shape) == 4 and _fits(layer, inputs, 0, (shape[0], None, shape[-1])):
            return f"add `- Reshape: [-1, {shape[-1]}]` after `{label}`, a sequence of its pixels"
    return None


def _other_axis(layer: Layer, inputs: Inputs) -> str | None:
    """Return the hint that names the axis on which tensors differ that are to be joined on another."""
    ranks = {len(shape) for shape in inputs.shapes}
    for axis in range(1, max(ranks, default=0) if len(ranks) == 1 else 0):
        candidate = type(layer)(**{**layer.explicit, "axis": axis})
        if _fits(candidate, inputs, 0, inputs.shapes[0]):
            return f"join them on the axis on which they differ: `axis: {axis}`"
    return None


def _sibling(layer: Layer, inputs: Inputs) -> str | None:
    """Return the hint that names the class for other dimensions, as `Conv1D` in place of `Conv2D`."""
    name = type(layer).__name__
    for dimensions in "123":
        other = re.sub("[123](?=D)", dimensions, name)
        cls = registry.layer(other) if other != name else None
        if cls is None:
            continue
        try:
            candidate = cls(**layer.explicit)
        except ArgumentErrors:
            continue
        if _fits(candidate, inputs, 0, inputs.shapes[0]):
            return f"use `{other}`, which takes {len(inputs.shapes[0])} dimensions"
    return None


def _declared(layer: Layer, inputs: Inputs, shape: Shape) -> str | None:
    """Return the hint for a layer that is applied to an input with a missing or additional axis."""
    sizes = list(shape[1:])
    if _fits(layer, inputs, 0, (*shape, 1)):
        return f"add an axis for the features to the shape of the input: `{_listed([*sizes, 1])}`"
    first = sizes[0] if sizes else 0
    is_batch = first is None or first <= _LARGEST_BATCH
    if len(sizes) > 1 and is_batch and _fits(layer, inputs, 0, shape[1:]):
        return (
            f"leave the batch size out of the shape of the input: `{_listed(sizes[1:])}`;"
            " for a sequence, wrap the layer in `TimeDistributed`"
        )
    return None


def _with_sequences(network: Network, call: Call) -> Shape | None:
    """Return the result of a recurrent layer if it gave every step; None for another layer."""
    cell = _inner(call) or call.layer
    if getattr(cell, "return_sequences", True) or not call.sources or len(call.sources) != 1:
        return None
    given = network.tensors(call.sources[0])[0].shape
    result = network.results[call.index][0].shape
    if given is None or result is None or len(given) < 2:
        return None
    return (result[0], given[1], *result[1:])


def _inner(call: Call) -> Layer | None:
    """Return the layer that a wrapper applies; None if the call is not one of a wrapper."""
    inner: Layer | None = getattr(call.layer, "layer", None)
    return inner


def _before(network: Network, call: Call) -> Shape | None:
    if not call.sources or len(call.sources) != 1:
        return None
    tensors = network.tensors(call.sources[0])
    return tensors[0].shape if len(tensors) == 1 else None


def _removes_axes(call: Call) -> bool:
    return call.layer is not None and (call.layer.flattens or call.cls.startswith("Global"))


def _reduced(network: Network, call: Call, layer: Layer, inputs: Inputs) -> str | None:
    """Return layers that reduce the input with the most dimensions until it fits."""
    ranks = [len(shape) for shape in inputs.shapes]
    if not ranks:
        return None
    place = max(range(len(ranks)), key=ranks.__getitem__)
    suggestions = []
    for reducing, name in _candidates(inputs.shapes[place]):
        try:
            (result,) = reducing.results(Inputs((inputs.tensors[place],)))
        except ShapeError:
            continue
        if result.shape is None or not _fits(layer, inputs, place, result.shape):
            continue
        size = result.shape[-1] if result.shape else None
        features = f" ({size} features)" if size is not None and len(result.shape) == 2 else ""
        suggestions.append(f"`- {name}`{features}")
    if not suggestions:
        return None
    sources = call.sources or []
    label = network.graph.label(sources[place]) if len(sources) == len(ranks) else "it"
    return f"end `{label}` with {' or '.join(suggestions)}"


def _candidates(shape: Shape) -> Iterator[tuple[Layer, str]]:
    layers = registry.layers()
    pool = {
        3: "GlobalAveragePooling1D",
        4: "GlobalAveragePooling2D",
        5: "GlobalAveragePooling3D",
    }.get(len(shape))
    if pool is not None:
        yield layers[pool](), pool
    if len(shape) > 2:
        yield layers["Flatten"](), "Flatten"


def _same_size(network: Network, layer: Layer, inputs: Inputs, sources: list[Value]) -> str | None:
    """Return the hint for tensors of one rank that differ in their last size."""
    shapes = inputs.shapes
    if len(shapes) > _MOST_TRIED or len({len(shape) for shape in shapes}) != 1:
        return None
    if len(shapes[0]) < 2:
        return None
    for place in range(len(shapes) - 1, -1, -1):
        for other in shapes:
            size, shape = other[-1], (*shapes[place][:-1], other[-1])
            target = sources[place]
            if size is None or target.constant is not None or shape == shapes[place]:
                continue
            if _fits(layer, inputs, place, shape):
                entry = f"- Dense: {size}"
                if len(shape) == 4:
                    entry = f"- Conv2D: {{filters: {size}, kernel_size: 1}}"
                text = f"give them one size, for example with `{entry}`"
                text += f" after `{network.graph.label(target)}`"
                joins = getattr(layer, "merging", None) is not None and _fits(
                    registry.layers()["Concatenate"](), inputs, 0, shapes[0]
                )
                return text + (", or join them with `Concatenate`" if joins else "")
    return None


def _product(sizes: Iterable[int | None]) -> int | None:
    result = 1
    for size in sizes:
        if size is None:
            return None
        result *= size
    return result


def _listed(sizes: list[int | None]) -> str:
    return f"[{', '.join('null' if size is None else str(size) for size in sizes)}]"
