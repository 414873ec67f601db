"""Names that Keras gives to the functions with which it makes masks, and that a network also has.

Keras counts the names of these functions as those of layers, but does not see names that a layer is
given. Two operations of one name are refused, so what is exported must keep them different.
"""

from __future__ import annotations

import re

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import snake_case
from mergecli.ir.graph import Call, Network
from mergecli.ir.subgraph_layers import held_model

#: The names of the functions that Keras calls in `compute_mask` of its layers.
_FUNCTIONS = (
    "any broadcast_to concatenate expand_dims logical_and logical_or not_equal ones_like zeros_like"
)
_NAME = re.compile(rf"({'|'.join(_FUNCTIONS.split())})(?:_([1-9][0-9]{{0,3}}))?")


def makes_masks(network: Network) -> bool:
    """Whether a layer of a network, or of a model in it, may make a mask."""
    layers = [call.layer for call in network.parts()]
    return any(
        (layer is not None and layer.makes_mask)
        or isinstance(layer, Custom)
        or ((model := held_model(layer)) is not None and makes_masks(model.network))
        for layer in layers
    )


def taken_names(network: Network) -> dict[str, int]:
    """Return how many automatic names of each function a network and the models in it may have.

    >>> _NAME.fullmatch("any_2").groups(), _NAME.fullmatch("any_way")
    (('any', '2'), None)
    """
    counts: dict[str, int] = {}
    if not makes_masks(network):
        return counts
    for call in network.parts():
        result = {}
        if (model := held_model(call.layer)) is not None:
            result = taken_names(model.network)
        elif match := _NAME.fullmatch(call.name):
            result = {match[1]: int(match[2] or 0) + 1}
        for name, count in result.items():
            counts[name] = max(counts.get(name, 0), count)
    return counts


def automatic(network: Network, calls: list[Call]) -> set[int] | None:
    """Return which calls a reader of the network's JSON must name by itself.

    Keras makes all layers of a file before it calls the first one. A layer without a name takes
    the next automatic one, and the functions that make masks take those after it.

    Args:
        network: The network.
        calls: Its layers in the order of the file.

    Returns:
        The indices of the calls; None if they would have other names than in the network.
    """
    taken = taken_names(network)
    counts: dict[str, int] = {}
    result: set[int] = set()
    for call in calls:
        match = _NAME.fullmatch(call.name)
        if match is None or match[1] not in taken:
            continue
        number = counts[match[1]] = counts.get(match[1], -1) + 1
        automatic_name = f"{match[1]}_{number}" if number else match[1]
        if snake_case(call.cls.removeprefix("ops.")) != match[1] or call.name != automatic_name:
            return None
        result.add(call.index)
    return result
