"""The weights in files of models -> the layers of a model that Keras has built. The files are read as data, never by Keras's loader."""

from __future__ import annotations

import contextlib
import os
import pathlib
import tempfile
from math import prod
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, Sequence

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer
from mergecli.diagnostics.source import Unreadable
from mergecli.importers import keras as saved
from mergecli.importers.keras.containers import Container
from mergecli.importers.keras.hdf5 import Array, Hdf5
from mergecli.importers.keras.old_weights import converted, may_differ, scaled, uses_hard_sigmoid
from mergecli.importers.keras.weight_lists import Listed
from mergecli.importers.keras.weights import (
    Grouped,
    LayerWeights,
    WeightFile,
    expected,
    listed_arrays,
)
from mergecli.ir.graph import EmbeddedModel, Network
from mergecli.ir.naming import GroupNames
from mergecli.ir.subgraph_layers import SubgraphLayer, held_model, inner_layer

if TYPE_CHECKING:
    import h5py
    import keras
    import numpy as np

#: Bytes that variables in a file may have beside those of a layer, such as the state of a generator of random numbers.
SMALL = 1 << 20


class NoWeights(Exception):
    """A file lacks weights that its config describes."""


def load_weights(model: keras.Model, network: Network) -> None:
    """Give each layer that comes from a file the weights that it has there.

    Args:
        model: The model that Keras has built.
        network: The network of which it is built.

    Raises:
        NoWeights: A layer is not in the file, or its weights have other shapes.
    """
    with contextlib.ExitStack() as stack:
        _fill(model, network, _Files(stack))


class _Files:
    """The files and applications that are read for a model, each once."""

    def __init__(self, stack: contextlib.ExitStack) -> None:
        self._stack = stack
        self._files: dict[int, tuple[WeightFile, bool]] = {}
        self._applications: dict[int, keras.Model] = {}

    def file(self, part: EmbeddedModel) -> tuple[WeightFile, bool]:
        """Return the weights of a saved model, and whether Keras 1 or 2 wrote them.

        Raises:
            NoWeights: The file cannot be read.
        """
        if id(part) not in self._files:
            try:
                container = Container(part.name)
                model = saved.parse(container.config())
                weights = WeightFile(container, expected(model), part.weights_path)
                file = self._stack.enter_context(weights)
            except Unreadable as problem:
                raise NoWeights(f"{part.name} {problem.message}") from None
            self._files[id(part)] = file, model.is_old
        return self._files[id(part)]

    def application(self, part: EmbeddedModel) -> keras.Model:
        """Return an application with its weights."""
        if id(part) not in self._applications:
            self._applications[id(part)] = application(part)
        return self._applications[id(part)]


def _fill(model: keras.Model, network: Network, files: _Files) -> None:
    for node in network.parts():
        if node.owner is not None or node.index in network.graph.inputs or node.layer is None:
            continue
        if node.layer.module == "ops":
            continue
        inner = held_model(node.layer)
        if inner is not None:
            _fill(unwrapped(model.get_layer(node.name), node.layer), inner.network, files)
        elif node.saved is not None and node.saved.part.has_weights:
            part, path, _ = node.saved
            target = model.get_layer(node.name)
            if part.role == "application":
                copy_layer(find(files.application(part), path, part), target, _named(path, part))
            else:
                _fill_layer(target, node.layer, path, part, *files.file(part))


def _named(path: tuple[str, ...], part: EmbeddedModel) -> str:
    return f"`{'.'.join(path)}` of {part.name}"


def _fill_layer(
    target: keras.Layer,
    layer: Layer,
    path: tuple[str, ...],
    part: EmbeddedModel,
    file: WeightFile,
    is_old: bool,
) -> None:
    """Give a layer the weights that it has in a file."""
    what = _named(path, part)
    try:
        stored = file.layer(path)
        if stored is None:
            if target.weights and not file.is_empty:
                raise NoWeights(f"{part.name} has no weights for `{'.'.join(path)}`")
            return
        if not target.weights or not file.is_empty:
            set_weights(target, layer, stored, what)
    except Unreadable as problem:
        raise NoWeights(f"{what} {problem.message}") from None
    if is_old and uses_hard_sigmoid(layer) and target.weights:
        names = [weight.name for weight in file.expected[path].weights]
        target.set_weights(scaled(layer, names, target.get_weights()))


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
    sublayers = [found for _, found in _sublayers(target)]
    trained = {id(variable) for found in sublayers for variable in found._trainable_variables}
    split = sorted(usual, key=lambda variable: id(variable) not in trained)
    fits = [tuple(variable.shape) for variable in split] == shapes
    return split if fits else usual


def _set_groups(target: keras.Layer, stored: Grouped, what: str) -> None:
    done: set[int] = set()
    for path, sublayer in _sublayers(target):
        own = stored.own(path)
        mine = _own_variables(sublayer)
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


def _own_variables(layer: keras.Layer) -> list[keras.Variable]:
    """Return the variables of a layer that are not those of a layer in it, in the order of Keras's files."""
    return [*layer._trainable_variables, *layer._non_trainable_variables]


def differing_layer(model: keras.Model, path: str) -> str | None:
    """Return the name of a layer whose weights a `.keras` file does not have; None if it has those of all.

    One array is read at a time, so that a large model is not in memory twice.

    Raises:
        Unreadable: The file is damaged.
    """
    import keras  # optional
    import numpy  # optional

    container = Container(path)
    compared: set[int] = set()
    try:
        file = container.weights()
        stored = Grouped(file, file.file, None, "")
        for place, layer in _sublayers(model):
            mine = _own_variables(layer)
            own = stored.own(place) if mine else None
            if not own:
                continue
            compared |= {id(variable) for variable in mine}
            if list(own) != [str(number) for number in range(len(mine))]:
                continue  # a layer that writes its variables in a form of its own
            for variable, array in zip(mine, own.values()):
                value = variable.value
                if variable.dtype == "bfloat16":
                    value = keras.ops.cast(value, "float32")
                here, there = keras.ops.convert_to_numpy(value), array.read()
                if not numpy.array_equal(here, there, equal_nan=here.dtype.kind == "f"):
                    return str(layer.name)
        file.close()
    finally:
        container.close()
    left = [variable for variable in model.weights if id(variable) not in compared]
    return left[0].path if left else None


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


def _sublayers(
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
            stack += [((*here, "layers", name), inner) for name, inner in _numbered(found.layers)]
        for name, value in sorted(vars(found).items()):
            if name in common:
                continue
            if isinstance(value, keras.layers.Layer):
                stack.append(((*here, name), value))
            elif isinstance(value, (list, tuple)):
                inner_layers = [item for item in value if isinstance(item, keras.layers.Layer)]
                stack += [((*here, name, number), item) for number, item in _numbered(inner_layers)]


def _numbered(layers: Iterable[keras.Layer]) -> Iterator[tuple[str, keras.Layer]]:
    """Yield layers with the names that Keras gives them in a file: their class, and a number from the second on."""
    groups = GroupNames()
    for layer in layers:
        yield groups.name(type(layer).__name__), layer


def application(part: EmbeddedModel) -> keras.Model:
    """Return an application as Keras makes it, with the weights of the file that is given for it, if any.

    Raises:
        NoWeights: Keras cannot make it, or the weights are those of another model.
    """
    import keras  # optional

    given = {
        name: tuple(value) if isinstance(value, list) else value
        for name, value in part.given.items()
        if name != "weights"
    }
    try:
        with fresh_names():
            model = getattr(keras.applications, part.name)(weights=None, **given)
    except Exception as problem:
        reason = str(problem).strip().split("\n")[0]
        raise NoWeights(f"{part.name} cannot be made: {reason}") from problem
    path = part.weights_path
    if path is not None:
        try:
            _fill_application(model, path)
        except Unreadable as problem:
            raise NoWeights(f"{path} {problem.message}") from None
    return model


def _fill_from_groups(model: keras.Model, file: Hdf5, root: h5py.Group, path: str) -> None:
    """Give each layer of an application the weights of its group."""
    for name, layer in _numbered(model.layers):
        group = file.group(f"layers/{name}", root)
        if group is None and layer.weights:
            raise NoWeights(f"{path} has no weights for `{layer.name}`")
        if group is not None:
            set_weights(layer, None, Grouped(file, group, None, ""), f"`{layer.name}` of {path}")


def _fill_application(model: keras.Model, path: str) -> None:
    """Give an application the weights of a file of weights, or of a saved model."""
    with (
        contextlib.closing(Container(path)) as container,
        contextlib.closing(container.weights()) as file,
    ):
        root = file.group("model_weights") or file.file
        names = file.strings(root, "layer_names")
        layers = [layer for layer in model.layers if layer.weights]
        if names is None:
            _fill_from_groups(model, file, root, path)
            return
        lists = {name: listed_arrays(file, root, name) for name in names}
        lists = {name: arrays for name, arrays in lists.items() if arrays}
        # Names that Keras makes differ from one process to the next; the order does not.
        by_name = {layer.name for layer in layers} == set(lists)
        if len(lists) != len(layers):
            raise NoWeights(
                f"{path} has weights for {len(lists)} layers, the application has {len(layers)} with weights"
            )
        for layer, name in zip(layers, lists):
            listed = Listed(lists[layer.name if by_name else name])
            set_weights(layer, None, listed, f"`{layer.name}` of {path}")


@contextlib.contextmanager
def fresh_names() -> Iterator[None]:
    """Automatic names of layers as in a process that has made none; Keras counts them over the whole process."""
    from keras.src.backend.common import global_state  # optional

    key = "object_name_uids"
    before = global_state.get_global_attribute(key)
    global_state.set_global_attribute(key, None)
    try:
        yield
    finally:
        global_state.set_global_attribute(key, before)


def find(model: keras.Model, path: tuple[str, ...], part: EmbeddedModel) -> keras.Layer:
    """Return a layer of an application by the names of the models that contain it, and its own.

    Raises:
        NoWeights: There is no such layer.
    """
    for name in path:
        # Operations are not layers, but have names, too.
        operations = getattr(model, "operations", ())
        found = next((operation for operation in operations if operation.name == name), None)
        if found is None:
            raise NoWeights(f"{part.name} has no layer `{name}` when Keras makes it")
        model = found
    return model


def fill_application(
    network: Network, layers: dict[int, keras.Layer], part: EmbeddedModel, model: keras.Model
) -> None:
    """Give the layers of an application the weights that what was made of them has.

    Args:
        network: The merged network.
        layers: The layers of Keras by the indices of the network's nodes.
        part: The application.
        model: The application as Keras makes it.
    """
    for index, layer in layers.items():
        node = network.graph.nodes[index]
        held = held_model(node.layer)
        if held is not None:
            inner = held.network
            layers_of_inner = layers_by_index(inner, unwrapped(layer, node.layer))
            fill_application(inner, layers_of_inner, part, model)
        elif (
            node.saved is not None
            and node.saved.part is part
            and node.owner is None
            and getattr(layer, "weights", None)
        ):
            copy_layer(layer, find(model, node.saved.path, part), f"`{node.name}`")


def unwrapped(made: keras.Layer, layer: Layer | None) -> keras.Model:
    """Return the model that Keras has made of the model in a layer.

    Args:
        made: What Keras has made of the layer.
        layer: A model, or a wrapper of one.
    """
    while layer is not None and not isinstance(layer, SubgraphLayer):
        layer, made = inner_layer(layer), made.layer
    return made


def layers_by_index(network: Network, model: keras.Model) -> dict[int, keras.Layer]:
    """The layers of a model that was built of a network, by the indices of the nodes that own them."""
    nodes = [
        node
        for node in network.parts()
        if node.owner is None and node.layer is not None and node.layer.module != "ops"
    ]
    return {
        node.index: model.get_layer(node.name)
        for node in nodes
        if node.index not in network.graph.inputs
    }


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
