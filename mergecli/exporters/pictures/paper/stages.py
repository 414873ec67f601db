"""Which layers of a convolutional network share a volume."""

from __future__ import annotations

from typing import Iterator, Sequence

from mergecli.exporters.pictures.folding import Group, models
from mergecli.ir.graph import Call, Network
from mergecli.ir.subgraph_layers import held_model

#: Families that are drawn also where they leave the shape as it is; of others without a volume of their own, one before them stands for both.
_DRAWN = ("rnn", "attention")
#: The most sizes of images in a stage: the one that enters it and its own.
MOST_SIZES = 2
#: Layers that change the shape only for the next one.
_PREPARING = ("ZeroPadding", "Cropping", "Flatten")


def is_convolutional(network: Network) -> bool:
    """Return whether volumes can show a network.

    It convolves images or videos; no layer is applied twice, and none applies a model.
    """
    calls = [call for call in network.parts() if call.parents]
    shapes = [results[0].shape for call in calls if (results := network.results[call.index])]
    images = sum(shape is not None and len(shape) >= 4 for shape in shapes)
    convolves = any(is_convolution(call) for call in calls)
    shared = any(call.owner is not None for call in calls)
    holds = any(held_model(call.layer) is not None for call in calls)
    return convolves and not shared and not holds and images > 0


def layers(network: Network) -> list[Group]:
    """Return a group for each layer that makes a tensor, with what only prepares it."""
    result: list[Group] = []
    homes: dict[int, Group] = {}
    for call in network.parts():
        group = homes.get(call.parents[0]) if _only_prepares(network, call) else None
        if group is None:
            group = Group([])
            result.append(group)
        group.rows.append([call.index])
        homes[call.index] = group
    return result


def is_convolution(call: Call) -> bool:
    """Return whether a call convolves."""
    return call.layer is not None and call.layer.family == "convolutional"


def volume(call: Call) -> str:
    """Return how a call changes the size of a volume; empty for layers without one."""
    return "" if call.layer is None else call.layer.volume


def _is_drawn(call: Call) -> bool:
    if call.layer is None:
        return False
    return (
        bool(call.layer.volume)
        or call.layer.family in _DRAWN
        or "output_dim" in call.layer.arguments
    )


def _only_prepares(network: Network, call: Call) -> bool:
    """Return whether a call is drawn with the call before it."""
    if len(set(call.parents)) != 1 or _is_drawn(call):
        return False
    before = network.graph.nodes[call.parents[0]]
    if (before.branch, models(before)) != (call.branch, models(call)):
        return False
    after, earlier = (network.results[index] for index in (call.index, before.index))
    if not after or not earlier:
        return False
    return after[0].shape == earlier[0].shape or call.cls.startswith(_PREPARING)


def shown(network: Network, indices: Sequence[int]) -> Call:
    """Return the last of some calls whose tensor is drawn."""
    calls = [network.graph.nodes[index] for index in indices]
    return next((call for call in reversed(calls) if not _only_prepares(network, call)), calls[0])


def stages(network: Network) -> list[Group]:
    """Return a group for all that follows one another with images of one size.

    Empty if that would hide images of other sizes, as in the middle of a U-Net, or if sizes are not
    known.
    """
    homes: dict[object, list[Call]] = {}
    for call in network.parts():
        homes.setdefault((call.branch, models(call)), []).append(call)
    result: list[Group] = []
    for calls in homes.values():
        before: object = None
        begun = False
        for section in _sections(calls):
            sizes = [_size(network, call) for call in section]
            size = sizes[-1]
            images = {one for one in sizes if len(one) > 1 and set(one) != {1}}
            unknown = len(section) > 1 and any(None in one for one in images)
            if unknown or len(images) > MOST_SIZES or any(_is_smaller(one, size) for one in sizes):
                return []
            only_prepares = all(_only_prepares(network, call) for call in section)
            if section[0].parents and ((only_prepares and begun) or size == before):
                result[-1].rows += [[call.index] for call in section]
                continue
            begun = True
            result.append(Group([[call.index] for call in section]))
            # Inputs, and vectors, are drawn one by one.
            before = size if section[0].parents and size else None
    order = {index: place for place, index in enumerate(network.graph.order)}
    return sorted(result, key=lambda group: order[group.rows[0][0]])


def _sections(calls: Sequence[Call]) -> Iterator[list[Call]]:
    """Yield the calls of a branch, cut where only the result of the last one is used afterwards."""
    place = {call.index: number for number, call in enumerate(calls)}
    last_use = list(range(len(calls)))
    for number, call in enumerate(calls):
        for parent in call.parents:
            if parent in place:
                last_use[place[parent]] = number
    section: list[Call] = []
    alive = 0
    for number, call in enumerate(calls):
        section.append(call)
        # What is used later than by the next call, other than the last result.
        if alive <= number:
            yield section
            section = []
        alive = max(alive, last_use[number])
    if section:
        yield section


def _size(network: Network, call: Call) -> tuple[int | None, ...]:
    """Return the size of a result without its batch and features."""
    results = network.results[call.index]
    shape = results[0].shape if results else None
    return () if shape is None else shape[1:-1]


def _is_smaller(size: tuple[int | None, ...], than: tuple[int | None, ...]) -> bool:
    """Return whether an image is smaller than another one, and not a point as weights are."""
    if len(size) != len(than):
        return False
    pairs = [
        (one, other) for one, other in zip(size, than) if one is not None and other is not None
    ]
    return any(1 < one < other for one, other in pairs)
