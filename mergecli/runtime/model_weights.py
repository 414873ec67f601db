"""The weights in files of models -> the layers of a model that Keras has built. The files are read as data, never by Keras's loader."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from mergecli.catalog.custom import Custom
from mergecli.catalog.layer import Layer
from mergecli.diagnostics.source import Unreadable
from mergecli.importers import keras as saved
from mergecli.importers.keras.containers import Container
from mergecli.importers.keras.hdf5 import Array, Hdf5
from mergecli.importers.keras.old_weights import scaled, uses_hard_sigmoid
from mergecli.importers.keras.weights import (
    Grouped,
    WeightFile,
    expected,
    holds_weights,
    listed_arrays,
)
from mergecli.ir.graph import Call, EmbeddedModel, Network
from mergecli.ir.subgraph_layers import held_model
from mergecli.runtime.application_weights import application, find, unwrapped
from mergecli.runtime.layer_weights import (
    NoWeights,
    copy_layer,
    own_variables,
    set_weights,
    sublayers,
)

if TYPE_CHECKING:
    import h5py
    import keras
    import numpy as np


class Filled:
    """Tells which layers of a network get all their weights from a file."""

    def __init__(self) -> None:
        self._files: dict[str, bool] = {}

    def __contains__(self, call: object) -> bool:
        """Whether the weights of the layer of a call are in the file of a saved model.

        Raises:
            NoWeights: The file cannot be read.
        """
        part = call.saved.part if isinstance(call, Call) and call.saved is not None else None
        if part is None or part.role != "model" or not part.has_weights:
            return False
        if isinstance(call, Call) and isinstance(call.layer, Custom):
            return False  # what else its initializers are for is not known
        path = str(part.given.get("weights") or part.name)
        if path not in self._files:
            try:
                self._files[path] = holds_weights(path)
            except Unreadable as problem:
                raise NoWeights(f"{path} {problem.message}") from None
        return self._files[path]


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


def differing_layer(model: keras.Model, path: str) -> str | None:
    """Return the name of a layer whose weights a saved file does not have; None if it has those of all.

    One array is read at a time, so that a large model is not in memory twice.

    Args:
        model: The model.
        path: The `.keras` or `.h5` file that it was saved to.

    Raises:
        Unreadable: The file is damaged.
    """
    with (
        contextlib.closing(Container(path)) as container,
        contextlib.closing(container.weights()) as file,
    ):
        root = file.group("model_weights")
        if root is not None:
            return _differing_in_lists(model, file, root)
        return _differing_in_groups(model, Grouped(file, file.file, None, ""))


def _differing_in_lists(model: keras.Model, file: Hdf5, root: h5py.Group) -> str | None:
    for layer in model.layers:
        # The order of `.h5` files: first what is trained.
        mine = [*layer.trainable_weights, *layer.non_trainable_weights]
        arrays = listed_arrays(file, root, layer.name)
        if len(mine) != len(arrays) or not all(map(_has_value, mine, arrays)):
            return str(layer.name)
    return None


def _differing_in_groups(model: keras.Model, stored: Grouped) -> str | None:
    compared: set[int] = set()
    for place, layer in sublayers(model):
        mine = own_variables(layer)
        own = stored.own(place) if mine else None
        if not own:
            continue
        compared |= {id(variable) for variable in mine}
        if list(own) != [str(number) for number in range(len(mine))]:
            continue  # a layer that writes its variables in a form of its own
        if not all(map(_has_value, mine, own.values())):
            return str(layer.name)
    left = [variable for variable in model.weights if id(variable) not in compared]
    return left[0].path if left else None


def _has_value(variable: keras.Variable, array: Array) -> bool:
    """Whether a variable has the numbers of an array."""
    import keras  # optional

    value = variable.value
    if variable.dtype == "bfloat16":
        value = keras.ops.cast(value, "float32")
    return _equal(keras.ops.convert_to_numpy(value), array.read())


def _equal(first: np.ndarray, second: np.ndarray) -> bool:
    """Whether two arrays are the same, compared in parts: NumPy copies both where there may be NaN."""
    import numpy  # optional

    if first.shape != second.shape:
        return False
    first, second = first.reshape(-1), second.reshape(-1)
    has_nan, step = first.dtype.kind == "f", 1 << 20
    return all(
        numpy.array_equal(first[start : start + step], second[start : start + step], has_nan)
        for start in range(0, first.size, step)
    )
