"""Masks that Keras hands from layer to layer, of which a spec says nothing: their shapes, and whether they fit."""

from __future__ import annotations

from typing import Callable, Dict, NamedTuple, Optional, Sequence, Tuple

from mergecli.catalog.layer import Layer, MaskBehaviour
from mergecli.catalog.shapes import Shape, ShapeError, broadcast, check_since, text
from mergecli.catalog.tensors import Inputs, Tensor
from mergecli.ir.graph import Call, Network


class Mask(NamedTuple):
    """The mask of a tensor.

    Attributes:
        shape: Its shape.
        maker: The call that has made it.
        is_lost: Whether the target cannot compute it when the model runs.
    """

    shape: Shape
    maker: int
    is_lost: bool = False


#: The masks of the results of calls, by the index of the call; further results have none.
Masks = Dict[int, Tuple[Optional[Mask], ...]]
#: A mask for each of the inputs of a call, None where there is none.
Given = Sequence[Optional[Mask]]


def hand_on(network: Network, call: Call, layer: Layer, inputs: Inputs, masks: Masks) -> None:
    """Check that a layer can use the masks of its inputs, and note the masks of its results.

    Masks are not followed through custom layers, nor into models in models and what wrappers apply.

    Args:
        network: The network, whose results are known up to this call.
        call: The call.
        layer: Its layer.
        inputs: What it is called on.
        masks: The masks so far, which get that of this call.

    Raises:
        ShapeError: A mask does not fit, which Keras finds out when it builds the model or runs it.
    """
    if any(tensor.shape is None for tensor in inputs.tensors):
        return
    given = _given(network, call, masks)
    if layer.keras_version < (3, 14):
        # Keras then loses the mask of a tensor that it casts.
        is_kept = [layer.cast(tensor.dtype) == tensor.dtype for tensor in inputs.tensors]
        given = [mask if kept else None for mask, kept in zip(given, is_kept)]
    masked = inputs
    try:
        if any(given):
            masked = _check(layer, inputs, given)
        if "mask" in inputs.keywords and layer.keras_version >= (3, 11):
            place = inputs.keywords.index("mask")
            written = Mask(inputs.shapes[place], (call.sources or ())[place].producer)
            given[inputs.keywords.index(layer.first_tensor)] = written
        shape = _COMPUTED[layer.mask](layer, inputs, given) if layer.keeps_mask else None
    except ShapeError as problem:
        problem.hint = problem.hint or _hint(network, call, given, problem.inputs)
        raise
    first: Mask | None = None
    if shape is not None:
        maker = call.index if layer.makes_mask else next(filter(None, given)).maker
        is_lost = not layer.makes_mask and any(mask.is_lost for mask in given if mask)
        first = Mask(shape, maker, is_lost or _loses(layer, inputs, given))
    of_scores = layer.scores_mask(masked)
    if of_scores is not None:
        masks[call.index] = first, Mask(of_scores, call.index)
    elif first is not None:
        masks[call.index] = (first,)


def _given(network: Network, call: Call, masks: Masks) -> list[Mask | None]:
    """Return the mask of each of the tensors that a call is applied to."""
    given: list[Mask | None] = []
    for source in call.sources or ():
        made = masks.get(source.producer, ()) if source.constant is None else ()
        if source.result is not None:
            made = made[source.result : source.result + 1]
        given += [*made, *[None] * (len(network.tensors(source)) - len(made))]
    return given


def _check(layer: Layer, inputs: Inputs, given: Given) -> Inputs:
    """Check that a layer can use the masks with which Keras calls it.

    Returns:
        What it is called on, with these masks.

    Raises:
        ShapeError: It cannot.
    """
    names = inputs.keywords or (layer.first_tensor,) * len(inputs.tensors)
    taken = {place: _taken_as(layer, names, place) for place in range(len(names))}
    places = [place for place, name in taken.items() if name == "mask" or (name and given[place])]
    own = [given[place] for place in places]
    if not any(own):
        return inputs
    for place, mask in zip(places, own):
        if mask and mask.is_lost:
            what = f"to use the mask of {{{place}}}, which is joined of tensors with unknown sizes"
            # Attention gets its masks anew with each batch since Keras 3.10.
            since = (3, 10) if layer.family == "attention" else (3, 12)
            check_since(since, layer.keras_version, what, inputs=(place,))
    # A tensor without a mask beside others is as one with a mask that always fits.
    shapes = [mask.shape if mask else () for mask in own]
    with_masks = Inputs(
        (*inputs.tensors, *(Tensor(shape, "bool") for shape in shapes)),
        keywords=(*names, *(taken[place] for place in places)),
        options=inputs.options,
        masks=len(own),
    )
    try:
        layer.results(layer.unnamed(with_masks))
    except ShapeError as problem:
        many = len(names)
        words = [f"{{{place}}}" for place in range(many)]
        words += [f"the mask of {{{place}}}" for place in places]
        message = problem.message.replace(" as a mask", "")
        raise ShapeError(
            message.format(*words),
            code=problem.code,
            inputs=[index if index < many else places[index - many] for index in problem.inputs],
            argument=problem.argument,
            hint=problem.hint,
        ) from None
    return with_masks


def _loses(layer: Layer, inputs: Inputs, given: Given) -> bool:
    """Whether the target gives a mask the shape of its tensor while it wires the model, and lacks sizes."""
    spreads_masks = layer.mask is MaskBehaviour.CONCATENATES and layer.keras_version < (3, 12)
    return spreads_masks and any(
        mask and len(mask.shape) < len(shape) and None in shape
        for shape, mask in zip(inputs.shapes, given)
    )


def _taken_as(layer: Layer, names: Sequence[str], place: int) -> str:
    """Return the keyword under which Keras hands on the mask of an input; "" if it does not.

    Only a call of a single argument gets a `mask`.
    """
    if layer.uses_mask:
        return "mask" if {*names} == {layer.first_tensor} else ""
    name = f"{names[place]}_mask"
    return name if name in layer.takes and name not in names else ""


def _hint(network: Network, call: Call, given: Given, places: Sequence[int]) -> str | None:
    """Return the hint that says how to drop the mask that does not fit."""
    sources = [source for source in call.sources or () for _ in network.tensors(source)]
    for place in places:
        mask = given[place]
        if mask is not None:
            maker, label = network.graph.nodes[mask.maker].name, network.graph.label(sources[place])
            return f"`{maker}` makes the mask; put `- ops.copy` after `{label}`, which drops it"
    return None


#: The shape of the mask that Keras computes for the first result of a layer; None if it has none.
Computed = Callable[[Layer, Inputs, Given], Optional[Shape]]


def _none(layer: Layer, inputs: Inputs, given: Given) -> Shape | None:
    return None


def _passed(layer: Layer, inputs: Inputs, given: Given) -> Shape | None:
    names, first = inputs.keywords, layer.first_tensor
    mask = given[names.index(first) if first in names else 0]
    return mask.shape if mask else None


def _nonzero(layer: Layer, inputs: Inputs, given: Given) -> Shape | None:
    return inputs.shapes[0] if layer.makes_mask else None


def _marked(layer: Layer, inputs: Inputs, given: Given) -> Shape | None:
    return inputs.shapes[0][:-1]


def _joined(layer: Layer, inputs: Inputs, given: Given) -> Shape | None:
    if not all(given):
        return None
    # Tensors with fewer axes than others get more first, and lose their mask.
    are_masked = len({*map(len, inputs.shapes)}) == 1
    joined: Shape = ()
    for place, (x, mask) in enumerate(zip(inputs.shapes, given)):
        own = mask.shape if mask else ()
        both = broadcast(joined, own)
        if both is None:
            what = f"the mask of {{{place}}} with the others: {text(own)} against {text(joined)}"
            raise ShapeError(f"cannot join {what}", inputs=(place,))
        if are_masked and not layer.masks(x, own):
            what = f"the mask of {{{place}}}: {text(own)} for {text(x)}"
            raise ShapeError(f"cannot use {what}", inputs=(place,))
        joined = both
    return joined


def _concatenated(layer: Layer, inputs: Inputs, given: Given) -> Shape | None:
    if not any(given):
        return None
    shapes: list[Shape] = []
    for place, (x, mask) in enumerate(zip(inputs.shapes, given)):
        own = mask.shape if mask else x
        # Keras gives a mask one more axis, and no further ones.
        spread = broadcast((*own, 1), x) if len(own) < len(x) else own
        if spread is None:
            raise ShapeError(
                f"cannot concatenate the mask of {{{place}}}: {text(own)} for {text(x)}",
                inputs=(place,),
            )
        shapes.append(spread)
    tensors = tuple(Tensor(shape, "bool") for shape in shapes)
    (result,) = layer.results(Inputs(tensors, listed=True))
    return result.shape[:-1] if result.shape else None


_COMPUTED: dict[MaskBehaviour, Computed] = {
    MaskBehaviour.NONE: _none,
    MaskBehaviour.PASSES: _passed,
    MaskBehaviour.CONVERTS: _passed,
    MaskBehaviour.NONZERO: _nonzero,
    MaskBehaviour.MARKS: _marked,
    MaskBehaviour.JOINS: _joined,
    MaskBehaviour.CONCATENATES: _concatenated,
}
