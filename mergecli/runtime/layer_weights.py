"""The weights of one layer: set from a file or copied from another layer, in the forms of all versions of Keras."""

from __future__ import annotations

import os
import pathlib
import tempfile
from math import prod
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer
from mergecli.importers.keras.hdf5 import Array
from mergecli.importers.keras.old_weights import converted, may_differ
from mergecli.importers.keras.weight_lists import Listed
from mergecli.importers.keras.weights import (
    Grouped,
    LayerWeights,
)
from mergecli.ir.naming import GroupNames

if TYPE_CHECKING:
    import keras
    import numpy as np

#: Bytes that variables in a file may have beside those of a layer, such as the state of a generator of random numbers.
SMALL = 1 << 20


class NoWeights(Exception):
    """A file lacks weights that its config describes."""


def set_weights(target: keras.Layer, layer: Layer | None, stored: LayerWeights, what: str) -> None:
    """Give a layer of Keras the weights of a file.

    Args:
        target: The layer of Keras.
        layer: What is known of it; None for a layer of an application.
        stored: The weights.
        what: The layer and its file in messages.

    Raises:
        NoWeights: They have other shapes.
        Unreadable: The file is damaged or unsafe.
    """
    if isinstance(stored, Listed):
        _set_list(target, layer, stored, what)
    else:
        _set_groups(target, stored, what)
    if hasattr(target, "finalize_state") and target.built:
        target.finalize_state()


def _set_list(target: keras.Layer, layer: Layer | None, stored: Listed, what: str) -> None:
    variables = _in_order(target, [array.shape for array in stored.arrays], layer)
    shapes = [tuple(variable.shape) for variable in variables]
    given = [array.shape for array in stored.arrays]
    if shapes == given and (layer is None or not may_differ(layer, stored.writer)):
        for variable, array in zip(variables, stored.arrays):
            variable.assign(array.read())
        return
    size, most = sum(map(_bytes, stored.arrays)), sum(prod(shape) for shape in shapes) * 8
    if layer is None or isinstance(layer, Custom) or size > most + SMALL:
        raise _other_shapes(what, given, shapes)
    arrays = [array.read() for array in stored.arrays]
    values = converted(layer, stored.writer, shapes, arrays)
    if [tuple(value.shape) for value in values] != shapes:
        raise _other_shapes(what, given, shapes)
    for variable, value in zip(variables, values):
        variable.assign(value)


def _bytes(array: Array) -> int:
    return prod(array.shape) * 4


def _other_shapes(
    what: str, given: Sequence[tuple[int, ...]], needed: Sequence[tuple[int, ...]]
) -> NoWeights:
    there, here = (", ".join(map(str, shapes)) or "none" for shapes in (given, needed))
    return NoWeights(f"{what} has weights of the shapes {there}, needed are {here}")


def _in_order(
    target: keras.Layer, shapes: Sequence[tuple[int, ...]], layer: Layer | None
) -> list[keras.Variable]:
    """Return the variables of a layer in the order of a file, which has those that are trained first."""
    usual = list(target.weights)
    if layer is not None and not isinstance(layer, Custom):
        return usual
    inner = [found for _, found in sublayers(target)]
    trained = {id(variable) for found in inner for variable in found._trainable_variables}
    split = sorted(usual, key=lambda variable: id(variable) not in trained)
    fits = [tuple(variable.shape) for variable in split] == shapes
    return split if fits else usual


def _set_groups(target: keras.Layer, stored: Grouped, what: str) -> None:
    done: set[int] = set()
    for path, sublayer in sublayers(target):
        own = stored.own(path)
        mine = own_variables(sublayer)
        if own and not (mine and all(id(variable) in done for variable in mine)):
            _load_variables(sublayer, own, mine, what)
            done |= {id(variable) for variable in mine}
        # A vocabulary comes after the weights of its entries, as in Keras.
        assets = stored.assets(path) if hasattr(sublayer, "load_assets") else {}
        if assets:
            _load_assets(sublayer, assets)
    missing = [variable for variable in target.weights if id(variable) not in done]
    if missing:
        raise NoWeights(f"{what} has no weights for `{missing[0].path}` in the file")


def _load_variables(
    layer: keras.Layer, stored: Mapping[str, Array], mine: list[keras.Variable], what: str
) -> None:
    """Let a layer read its own variables.

    Args:
        layer: The layer of Keras, or one in it.
        stored: What the file has for it.
        mine: Its variables; a lookup keeps its numbers in none of these.
        what: The layer, in messages.

    Raises:
        NoWeights: They do not fit.
    """
    size = sum(map(_bytes, stored.values()))
    if size > 2 * sum(prod(variable.shape) * 4 for variable in mine) + SMALL:
        given = [array.shape for array in stored.values()]
        raise _other_shapes(what, given, [tuple(variable.shape) for variable in mine])
    try:
        layer.load_own_variables(_Store(stored))
    except (ValueError, KeyError, TypeError) as problem:
        reason = str(problem).strip().splitlines()[0]
        raise NoWeights(f"{what} has other weights than are needed: {reason}") from problem


def own_variables(layer: keras.Layer) -> list[keras.Variable]:
    """Return the variables of a layer that are not those of a layer in it, in the order of Keras's files."""
    return [*layer._trainable_variables, *layer._non_trainable_variables]


class _Store(Mapping[str, "np.ndarray"]):
    """The variables of a layer in a file, each read when it is asked for."""

    def __init__(self, arrays: Mapping[str, Array]) -> None:
        self._arrays = arrays

    def __getitem__(self, name: str) -> np.ndarray:
        return self._arrays[name].read()

    def __iter__(self) -> Iterator[str]:
        return iter(self._arrays)

    def __len__(self) -> int:
        return len(self._arrays)


def _load_assets(layer: keras.Layer, files: Mapping[str, bytes]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for name, data in files.items():
            pathlib.Path(folder, os.path.basename(name)).write_bytes(data)
        layer.load_assets(folder)


def sublayers(
    layer: keras.Layer, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], keras.Layer]]:
    """Yield a layer and those in it, with the attributes that lead to each, as Keras's files name them."""
    import keras  # optional

    common = set(vars(keras.layers.Layer()))
    stack: list[tuple[tuple[str, ...], keras.Layer]] = [(path, layer)]
    seen: set[tuple[int, tuple[str, ...]]] = set()
    while stack:
        here, found = stack.pop(0)
        if (id(found), here) in seen or len(here) > 20:
            continue
        seen.add((id(found), here))
        yield here, found
        if isinstance(found, keras.Model) and hasattr(found, "layers"):
            stack += [((*here, "layers", name), inner) for name, inner in numbered(found.layers)]
        for name, value in sorted(vars(found).items()):
            if name in common:
                continue
            if isinstance(value, keras.layers.Layer):
                stack.append(((*here, name), value))
            elif isinstance(value, (list, tuple)):
                inner_layers = [item for item in value if isinstance(item, keras.layers.Layer)]
                stack += [((*here, name, number), item) for number, item in numbered(inner_layers)]


def numbered(layers: Iterable[keras.Layer]) -> Iterator[tuple[str, keras.Layer]]:
    """Yield layers with the names that Keras gives them in a file: their class, and a number from the second on."""
    groups = GroupNames()
    for layer in layers:
        yield groups.name(type(layer).__name__), layer


def copy_layer(source: keras.Layer, target: keras.Layer, what: str) -> None:
    """Copy weights, vocabularies and statistics to a layer of the same class.

    Raises:
        NoWeights: The weights have other shapes.
    """
    if not source.built:
        return  # it has learnt nothing
    theirs, ours = source.get_weights(), target.get_weights()
    if [weight.shape for weight in theirs] != [weight.shape for weight in ours]:
        raise _other_shapes(
            what, [weight.shape for weight in theirs], [weight.shape for weight in ours]
        )
    if ours:
        target.set_weights(theirs)
    if hasattr(source, "save_assets") and hasattr(source, "get_vocabulary"):
        with tempfile.TemporaryDirectory() as folder:
            source.save_assets(folder)
            target.load_assets(folder)
    if hasattr(target, "finalize_state"):
        target.finalize_state()
