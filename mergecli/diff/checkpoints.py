"""Which weights of a checkpoint of one model another one takes: by name, and as Keras's `load_weights` finds them.

A `.weights.h5` or `.keras` file knows no names. Keras calls a layer there by its class in snake case, with a number that counts the
layers of that class in the order of `model.layers`, which follows from the graph; within a layer, weights are counted. So another
layer of a class, put before others, shifts all of them: some then fit no more, and others take what was another layer's.
"""

from __future__ import annotations

from typing import NamedTuple, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.weights import Weight, parameters
from mergecli.diff.model import ComparedCall, Model


class Miss(NamedTuple):
    """A weight of the new model that finds none of its name, or (`old` is a shape) one of another shape.

    `was` is how the layer is called in the old model, when it is there under another name.
    """

    layer: str
    weight: str
    old: tuple[int | None, ...] | None
    new: tuple[int | None, ...]
    was: str | None = None


class Clash(NamedTuple):
    """A place in the file at which a layer finds no weights (`old` None), or those of another layer or shape."""

    place: str
    old: str | None
    new: str
    reason: str


class Loading(NamedTuple):
    """What comes of a checkpoint of the old model.

    `loaded` of the new model's `needed` parameters have a weight of the same layer name, weight name and shape in the old one, which has
    `there`. `whole` tells whether `new.load_weights("old.weights.h5")` succeeds, None when that is not known; `clashes` are why not, and
    `crossed` are the layers, new and old, that Keras would pair though they are not the same.
    """

    loaded: int
    needed: int
    there: int
    misses: list[Miss]
    unused: list[str]
    whole: bool | None
    clashes: list[Clash]
    crossed: list[tuple[str, str]]


def loading(old: Model, new: Model, pairs: list[tuple[ComparedCall, ComparedCall]]) -> Loading:
    """Find what the new model takes of a checkpoint of the old one.

    Args:
        old: The model that wrote the checkpoint.
        new: The model that reads it.
        pairs: The calls, old and new, that are the same.

    Returns:
        What loads by name, and the result of `load_weights`.
    """
    was = {new.root(b.index): old.calls[old.root(a.index)] for a, b in reversed(pairs)}
    olds = {call.name: call for call in old.calls if call.owner is None and call.weights}
    owners = [call for call in new.calls if call.owner is None and call.weights]
    loaded, used = 0, set()
    misses: list[Miss] = []
    for call in owners:
        source = olds.get(call.name)
        fitting, missing = _by_name(call, source, was.get(call.index))
        if fitting:
            loaded += parameters(fitting)
            used.add(call.name)
        misses += missing
    whole, clashes, crossed = _whole(old, new, was)
    needed = sum(parameters(call.weights) for call in owners)
    there = sum(parameters(call.weights) for call in olds.values())
    unused = [name for name in olds if name not in used]
    return Loading(loaded, needed, there, misses, unused, whole, clashes, crossed)


def _by_name(
    call: ComparedCall, source: ComparedCall | None, twin: ComparedCall | None
) -> tuple[list[Weight], list[Miss]]:
    """Return the weights of a call that load by name, and the others.

    Args:
        call: A call of the new model.
        source: The call of the old model with the same name.
        twin: The call of the old model that is the same, with any name.
    """
    shapes = {weight.name: weight.shape for weight in source.weights} if source else {}
    renamed = twin.name if source is None and twin is not None and twin.weights else None
    fitting: list[Weight] = []
    misses: list[Miss] = []
    for weight in call.weights:
        there = shapes.get(weight.name)
        if there == weight.shape:
            fitting.append(weight)
        else:
            misses.append(Miss(call.name, weight.name, there, weight.shape, renamed))
    return fitting, misses


def _whole(
    old: Model, new: Model, was: dict[int, ComparedCall]
) -> tuple[bool | None, list[Clash], list[tuple[str, str]]]:
    theirs = dict(places(old))
    clashes: list[Clash] = []
    crossed: list[tuple[str, str]] = []
    unsure = False
    for place, call in places(new):
        source = theirs.get(place)
        if source is None:
            unsure = unsure or _is_unknown(call)
            if call.weights:
                clashes.append(Clash(place, None, call.name, "the old model has no such layer"))
            continue
        if _peculiar(source) or _peculiar(call) or _parts(source) - _parts(call):
            if not _equal(source, call):
                unsure = True
                continue
        else:
            reason = _misfit(source.weights, call.weights)
            if reason:
                clashes.append(Clash(place, source.name, call.name, reason))
                continue
        if was.get(call.index) is not source and (call.weights or source.weights):
            crossed.append((call.name, source.name))
    return (False if clashes else None if unsure else True), clashes, crossed


def _is_unknown(call: ComparedCall) -> bool:
    return call.parameters is None or isinstance(call.layer, Custom)


def _equal(old: ComparedCall, new: ComparedCall) -> bool:
    known = old.parameters is not None and new.parameters is not None
    return known and [*old.weights] == [*new.weights] and old.arguments == new.arguments


def _peculiar(call: ComparedCall) -> bool:
    """Whether more than the number and the shapes of its weights decides what it can load."""
    layer = call.layer
    if layer is None or isinstance(layer, Custom) or call.parameters is None or layer.quantization:
        return True
    if any("/cells/" in weight.name for weight in call.weights):
        return True
    return any("lora" in weight.name for weight in call.weights)


def _parts(call: ComparedCall) -> set[str]:
    """The parts of a layer that have weights, but itself. One that has none any more may still be asked for them."""
    return {part for weight in call.weights if (part := weight.name.rpartition("/")[0])}


def _misfit(old: Sequence[Weight], new: Sequence[Weight]) -> str | None:
    """Why the weights of one layer cannot be loaded into another one: Keras counts them within each part of a layer."""
    sides: list[dict[str, list[Weight]]] = []
    for weights in (old, new):
        parts: dict[str, list[Weight]] = {}
        for weight in weights:
            parts.setdefault(weight.name.rpartition("/")[0], []).append(weight)
        sides.append(parts)
    for part in dict.fromkeys([*sides[1], *sides[0]]):
        theirs, ours = sides[0].get(part, []), sides[1].get(part, [])
        if len(theirs) != len(ours):
            return f"{len(theirs)} weights in the file, {len(ours)} needed"
        for a, b in zip(theirs, ours):
            if a.shape != b.shape:
                return f"{b.name} is {_shape(a.shape)} in the file, {_shape(b.shape)} needed"
    return None


def _shape(shape: tuple[int | None, ...]) -> str:
    return f"({', '.join(map(str, shape))}{',' * (len(shape) == 1)})"


def places(model: Model) -> list[tuple[str, ComparedCall]]:
    """Each layer that is applied in a model, with its place in a file of weights."""
    by_path = {call.path: call for call in model.calls}
    result: list[tuple[str, ComparedCall]] = []
    for place, path in model.slots:
        call = by_path.get(path)
        if call is not None and not call.is_input:
            result.append((place, call))
    return result
