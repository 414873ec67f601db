"""Masks that Keras computes by itself: a config has them as operations, as if somebody had asked for them."""

from __future__ import annotations

from typing import Callable, Dict, Tuple

from mergecli.catalog import registry
from mergecli.catalog.layer import MaskBehaviour
from mergecli.importers.keras.saved_model import Origin, SavedCall

#: Functions that masks have along the last axis.
LAST = ("ops.any", "ops.expand_dims")
#: So many joined tensors are followed to find out whose a mask is; a file that is made to do harm has any number of them, or cycles.
MOST = 100


class Calls(Dict[Tuple[str, int], SavedCall]):
    """Calls by their layer's name and their number, and how many steps may still be taken through them."""

    steps = 0


def unwritten(calls: list[SavedCall], ends: list[Origin]) -> list[SavedCall]:
    """The calls without the masks that Keras computes by itself, and without the operations that nothing needs then."""
    before = Calls({(call.name, call.number): call for call in calls})
    after = {place: _bare(call, before) for place, call in before.items()}
    stack = [(origin.name, origin.call) for origin in ends]
    stack += [place for place, call in after.items() if not is_operation(call)]
    reached: set[tuple[str, int]] = set()
    while stack:
        place = stack.pop()
        if place in after and place not in reached:
            reached.add(place)
            stack += [(origin.name, origin.call) for origin in after[place].sources]
    return [call for place, call in after.items() if place in reached]


def is_operation(call: SavedCall) -> bool:
    """Whether a call is one of a function."""
    return call.cls.startswith("ops.") or (
        call.data is not None and str(call.data.get("module")).startswith("keras.src.ops")
    )


def _bare(call: SavedCall, calls: Calls) -> SavedCall:
    """A call without its mask, if Keras would give it the same one."""
    if call.keywords.count("mask") != 1 or call.keywords[0] == "mask" or call.layer is None:
        return call
    place = call.keywords.index("mask")
    calls.steps = MOST
    if not _is_own(call.sources[0], call.sources[place], calls):
        return call
    sources, keywords = (
        call.sources[:place] + call.sources[place + 1 :],
        call.keywords[:place] + call.keywords[place + 1 :],
    )
    return call._replace(sources=sources, keywords=keywords if len(keywords) > 1 else ())


def _is_own(tensor: Origin, mask: Origin, calls: Calls) -> bool:
    """Whether Keras hands this mask on with that tensor."""
    calls.steps -= 1
    call = _masking_call(tensor, calls)
    if calls.steps < 0 or call is None:
        return False
    compares = _MASKS.get(_behaviour(call))
    return compares is not None and compares(call, mask, calls)


def _masking_call(tensor: Origin, calls: Calls) -> SavedCall | None:
    """Return the call from which a tensor has its mask: the first that does not only pass it on."""
    for _ in range(len(calls) + 1):
        call = calls.get((tensor.name, tensor.call))
        if call is None or not call.sources or tensor.result not in (None, 0):
            return None
        if _behaviour(call) is not MaskBehaviour.PASSES:
            return call if call.layer is not None else None
        tensor = call.sources[0]
    return None


def _is_nonzero(call: SavedCall, mask: Origin, calls: Calls) -> bool:
    return bool(call.layer.mask_zero) and _is_unequal(mask, call.sources[0], 0, calls)  # type: ignore[union-attr]


def _is_marked(call: SavedCall, mask: Origin, calls: Calls) -> bool:
    (any_,) = _operands(mask, "ops.any", calls) or (Origin(),)
    return _is_unequal(any_, call.sources[0], call.layer.mask_value, calls)  # type: ignore[union-attr]


def _is_converted(call: SavedCall, mask: Origin, calls: Calls) -> bool:
    (converted,) = _operands(mask, "ops.convert_to_tensor", calls) or (Origin(),)
    return _is_own(call.sources[0], converted, calls)


def _is_joined(call: SavedCall, mask: Origin, calls: Calls) -> bool:
    for source in reversed(call.sources[1:]):
        mask, last = _operands(mask, "ops.logical_or", calls) or (Origin(), Origin())
        if not _is_own(source, last, calls):
            return False
    return _is_own(call.sources[0], mask, calls)


def _is_concatenated(call: SavedCall, mask: Origin, calls: Calls) -> bool:
    (joined,) = _operands(mask, "ops.any", calls) or (Origin(),)
    parts = _operands(joined, "ops.concatenate", calls)
    return len(parts) == len(call.sources) and all(
        _is_spread(*pair, calls) for pair in zip(call.sources, parts)
    )


#: Whether a mask is the one that Keras computes for the result of a call, by what its layer does.
_MASKS: dict[MaskBehaviour, Callable[[SavedCall, Origin, Calls], bool]] = {
    MaskBehaviour.NONZERO: _is_nonzero,
    MaskBehaviour.MARKS: _is_marked,
    MaskBehaviour.CONVERTS: _is_converted,
    MaskBehaviour.JOINS: _is_joined,
    MaskBehaviour.CONCATENATES: _is_concatenated,
}


def _behaviour(call: SavedCall) -> MaskBehaviour:
    """Return which mask Keras computes for the result of a call."""
    cls = registry.layer(call.cls)
    return MaskBehaviour.NONE if cls is None else cls.mask


def _is_spread(tensor: Origin, mask: Origin, calls: Calls) -> bool:
    """Whether a mask is that of one of the tensors which `Concatenate` joins, of the tensor's shape."""
    if _operands(mask, "ops.ones_like", calls) == (tensor,):
        return True
    expanded, zeros = _operands(mask, "ops.logical_or", calls) or (Origin(), Origin())
    (own,) = _operands(expanded, "ops.expand_dims", calls) or (Origin(),)
    return _operands(zeros, "ops.zeros_like", calls) == (tensor,) and _is_own(tensor, own, calls)


def _is_unequal(mask: Origin, tensor: Origin, number: float, calls: Calls) -> bool:
    """Whether a mask tells where a tensor is not a number."""
    return _operands(mask, "ops.not_equal", calls) == (tensor, Origin(constant=number))


def _operands(result: Origin, function: str, calls: Calls) -> tuple[Origin, ...]:
    """What a function is applied to; nothing if the result is not one of this function."""
    call = calls.get((result.name, result.call))
    if (
        call is None
        or call.cls != function
        or (function in LAST and getattr(call.layer, "axis", None) != -1)
    ):
        return ()
    return call.sources


def joined_by_or(calls: list[SavedCall]) -> list[str]:
    """Return the layers of a model of Keras 2 that join masks by *and*, where Keras 3 does by *or*, to a mask that is used.

    Keras 2 gives a step to the layers after a merge if all branches have it, Keras 3 if one has it.
    """
    places = Calls({(call.name, call.number): call for call in calls})
    joins = (MaskBehaviour.JOINS, MaskBehaviour.CONCATENATES)
    merges = [
        call
        for call in calls
        if _behaviour(call) in joins
        and len(set(filter(None, (_origin(source, places) for source in call.sources)))) > 1
    ]
    users = [call for call in calls if call.layer is not None and call.layer.uses_mask]
    read = {_origin(source, places) for call in users for source in call.sources[:1]}
    return [call.name for call in merges if (call.name, call.number) in read]


def _origin(tensor: Origin, calls: Calls) -> tuple[str, int] | None:
    """Return the call that makes the mask of a tensor; None if the tensor has none."""
    call = _masking_call(tensor, calls)
    if call is None or call.layer is None or _behaviour(call) not in _MASKS:
        return None
    if _behaviour(call) is MaskBehaviour.NONZERO and not call.layer.makes_mask:
        return None
    return call.name, call.number
