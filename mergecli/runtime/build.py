"""Network -> keras.Model. Keras is imported by the functions here, never by the module."""

from __future__ import annotations

import contextlib
import re
from operator import attrgetter
from typing import TYPE_CHECKING, Container, Iterator, Mapping, NamedTuple, Sequence, TypeAlias

from mergecli.catalog.arguments import Argument
from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import ArgumentErrors, KerasObject
from mergecli.catalog.layer import snake_case
from mergecli.catalog.operations.operation import Operation
from mergecli.catalog.weights import parameters
from mergecli.diagnostics.installing import MissingDependencyError, install_command
from mergecli.importers.keras.config_values import Unknown, plain
from mergecli.ir.constants import ConstantArray, nested
from mergecli.ir.graph import Call, Network, Outputs, TrainingConfig, Value
from mergecli.ir.naming import scope_name, unique_name
from mergecli.ir.subgraph_layers import SubgraphLayer, held_model
from mergecli.runtime.keras_settings import (
    deep_graphs,
    no_weights,
    usual_defaults,
    zero_weights,
)
from mergecli.runtime.layer_weights import NoWeights
from mergecli.runtime.model_weights import Filled, load_weights

if TYPE_CHECKING:
    from types import ModuleType

    import keras
    from keras import KerasTensor, Layer

    from mergecli.catalog.json_values import Json, JsonDict

    #: What a layer is called on: a tensor or a plain number.
    Operand: TypeAlias = KerasTensor | float

#: What JSON can hold, as an argument of a loss or metric.
_PLAIN = (str, int, float, list, tuple, type(None))


class Disagreement(Exception):
    """Keras built something else than was inferred, or refused it: a bug of mergecli."""


class Refusal(Exception):
    """Keras refuses a call, or a class is not registered, which no check could know."""

    def __init__(self, node: Call, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.node, self.message, self.hint = node, message, hint


class _CallFailed(Exception):
    """Keras refused a call."""

    def __init__(self, node: Call, problem: Exception) -> None:
        super().__init__(str(problem))
        self.node, self.problem = node, problem


class Built(NamedTuple):
    """A Keras model, and the tensors and the layer of each of its nodes, by the nodes' indices."""

    model: keras.Model
    tensors: dict[int, list[keras.KerasTensor]]
    layers: dict[int, keras.Layer]


def build(
    network: Network, weightless: bool = False, customs: Mapping[str, object] | None = None
) -> keras.Model:
    """Return the Keras model of a network, as `construct` makes it."""
    return construct(network, weightless, customs).model


def construct(
    network: Network, weightless: bool = False, customs: Mapping[str, object] | None = None
) -> Built:
    """The Keras model of a network, compiled if the spec says how; `customs` are classes of the user's by name.

    With `weightless` no weight is allocated where Keras can do without: shapes, parameter counts and pictures are the
    same, but the model cannot be run or saved. Else it has the weights of the models of which it is made.

    Raises:
        Refusal: Keras refuses what no rule could have known, as it is the user's.
        Disagreement: Keras refuses it, or its shapes or parameter counts are not the inferred ones.
        NoWeights: a saved model does not have the weights that its config promises.
    """
    import keras  # optional

    with (
        deep_graphs(len(network.graph.nodes)),
        usual_defaults(keras),
        keras.saving.custom_object_scope(dict(customs or {})),
    ):
        built = None
        if weightless:
            # A layer that makes its state by hand, such as a stateful LSTM, cannot be built inside the scope; and an
            # error of Keras is clearer without it.
            with contextlib.suppress(Exception), no_weights(keras):
                built = _assemble(keras, network)
            if built is not None:
                _compare(network, built)
                return built
        try:
            built = _assemble(keras, network, Filled())
            if network.training is not None and not weightless:
                _compile(built.model, network.training)
        except (Refusal, NoWeights):
            raise
        except _CallFailed as failure:
            raise _blame(network, failure) from failure.problem
        except Exception as problem:
            raise Disagreement(f"{type(problem).__name__}: {problem}") from problem
        _compare(network, built)
        if any(node.saved or held_model(node.layer) is not None for node in network.parts()):
            load_weights(built.model, network)
        return built


def _blame(network: Network, failure: _CallFailed) -> Exception:
    """Return the error to raise when Keras refuses a call.

    It is a bug of mergecli, unless a package is missing, or the layer is the user's own or comes after one.
    """
    node, problem = failure.node, failure.problem
    message = f"{type(problem).__name__}: {problem}"
    # What a layer needs with every backend, such as TensorFlow for a lookup.
    needed = re.search(r"pip install ([\w-]+)", message)
    if isinstance(problem, ImportError) and needed:
        reason = f"`{node.name}` ({node.cls}) needs `{needed[1]}`, which is not installed"
        return MissingDependencyError(reason, install_command([needed[1]]))
    unknown = any(
        tensor.shape is None for target in node.sources or () for tensor in network.tensors(target)
    )
    if unknown or isinstance(node.layer, Custom):
        return Refusal(
            node, f"Keras refuses `{node.name}` ({node.cls}): {message.strip().splitlines()[0]}"
        )
    return Disagreement(message)


def _assemble(keras: ModuleType, network: Network, filled: Container[Call] = ()) -> Built:
    graph = network.graph
    tensors: dict[int, list[KerasTensor]] = {}
    layers: dict[int, Layer] = {}
    #: The Keras layers of nodes that own theirs.
    owned: dict[int, Layer] = {}

    def fetch(target: Value) -> list[Operand]:
        if isinstance(target.constant, ConstantArray):
            values, dtype = nested(target.constant.values), target.constant.dtype
            array: KerasTensor = keras.ops.convert_to_tensor(values, dtype=dtype)
            return [array]
        if target.constant is not None:
            return [target.constant]
        found = tensors[target.producer]
        return found if target.result is None else [found[target.result]]

    def apply(node: Call) -> tuple[Layer, object]:
        sources = [fetch(target) for target in node.sources or ()]
        try:
            if isinstance(node.layer, Operation):
                return _operation(keras, node.layer, node, sources)
            owner = node.index if node.owner is None else node.owner
            with zero_weights(keras) if node in filled else contextlib.nullcontext():
                if owner not in owned:
                    owned[owner] = _layer(keras, node, graph.nodes[owner].name)
                return owned[owner], _call(owned[owner], node, sources)
        except (Refusal, NoWeights, _CallFailed):
            raise
        except Exception as problem:
            raise _CallFailed(node, problem) from problem

    for node in network.parts():
        assert node.layer is not None
        if node.index in graph.inputs:
            tensors[node.index] = [keras.Input(**_arguments(node.layer, node.name))]
            continue
        layer, result = apply(node)
        if node.layer.frozen and node.owner is None:
            # Sublayers that are made when a layer is built learn only of a change that it is not to be trained.
            layer.trainable = True
            layer.trainable = False
        layers[node.index] = layer
        tensors[node.index] = list(keras.tree.flatten(result))
    outputs = [fetch(target) for target in graph.outputs.targets]
    inputs = [tensors[index][0] for index in graph.inputs]
    _rename_mask_functions([tensor for found in outputs for tensor in found], layers)
    # A list of one would make Keras warn a caller that feeds it a tensor.
    model = keras.Model(
        inputs[0] if len(inputs) == 1 else inputs,
        _structured(graph.outputs, outputs),
        name=scope_name(graph.name),
    )
    return Built(model, tensors, layers)


def _structured(
    outputs: Outputs, tensors: list[list[Operand]]
) -> Operand | list[Operand] | dict[str, Operand | list[Operand]]:
    """Return the outputs of a model as a spec has them: one tensor, a list, or a dictionary."""
    if outputs.names is not None:
        return {
            name: found[0] if len(found) == 1 else found
            for name, found in zip(outputs.names, tensors)
        }
    flat = [tensor for found in tensors for tensor in found]
    return flat[0] if outputs.single and len(flat) == 1 else flat


def _rename_mask_functions(
    outputs: list[keras.KerasTensor], layers: Mapping[int, keras.Layer]
) -> None:
    """Rename the functions with which Keras makes masks, where a layer of the spec has the name."""
    own = {id(layer) for layer in layers.values()}
    taken = {layer.name for layer in layers.values()}
    stack, seen = [*outputs], set[int]()
    while stack:
        operation = stack.pop()._keras_history.operation
        if id(operation) in seen:
            continue
        seen.add(id(operation))
        stack += [tensor for node in operation._inbound_nodes for tensor in node.input_tensors]
        if id(operation) not in own and operation._inbound_nodes[0].input_tensors:
            operation.name = unique_name(operation.name, taken.__contains__, 1)
            taken.add(operation.name)


def _layer(keras: ModuleType, node: Call, name: str) -> keras.Layer:
    """The Keras layer of a node that owns it."""
    kind = node.layer
    if isinstance(kind, SubgraphLayer):
        return _model(keras, kind, name)
    if isinstance(kind, Custom):
        return _custom(keras, kind, node, name)
    assert kind is not None
    return _object(keras, kind, name)


def _model(keras: ModuleType, layer: SubgraphLayer, name: str) -> keras.Model:
    """The Keras model that a layer is."""
    model = _assemble(keras, layer.network).model
    model.name = name
    return model


def _custom(keras: ModuleType, kind: Custom, node: Call, name: str) -> keras.Layer:
    """A layer of a class that the user has registered with Keras."""
    registered = keras.saving.get_custom_objects()
    cls = keras.saving.get_registered_object(node.cls) or registered.get(node.cls)
    if cls is None:
        cls = next(
            (value for key, value in registered.items() if key.rpartition(">")[2] == node.cls), None
        )
    if cls is None:
        raise Refusal(node, *_missing(node.cls))
    if kind.config is not None:
        return _from_config(cls, node, kind.config, name)
    return cls(
        **{**{key: keras_object(value) for key, value in kind.explicit.items()}, "name": name}
    )


def _from_config(
    cls: type[keras.Layer], node: Call, data: Mapping[str, Json], name: str
) -> keras.Layer:
    """Make a layer of a user's class from what a saved model says of it: by its own `from_config`, or by its constructor.

    Keras's `from_config` is not called: objects in the config are made by the catalog, which refuses what it does not know.

    Raises:
        Refusal: The config names a class that is neither Keras's nor registered.
    """
    import keras  # optional

    written = data.get("config")
    config: JsonDict = {**(written if isinstance(written, dict) else {}), "name": name}
    if cls.from_config.__func__ is not keras.layers.Layer.from_config.__func__:
        for other in _registered_names(config):
            if keras.saving.get_registered_object(other) is None:
                raise Refusal(node, *_missing(other))
        return cls.from_config(config)
    try:
        values = {key: plain(value, Argument()) for key, value in config.items()}
    except (Unknown, ArgumentErrors) as problem:
        raise Refusal(node, f"the config of `{node.name}` cannot be read: {problem}") from None
    return cls(**{key: keras_object(value) for key, value in values.items()})


def _registered_names(value: object) -> Iterator[str]:
    """Yield the names of classes and functions in a config that are not Keras's."""
    if isinstance(value, dict):
        module = value.get("module")
        if isinstance(value.get("class_name"), str) and not (
            module is None or str(module).split(".")[0] in ("keras", "builtins")
        ):
            yield str(value.get("registered_name") or value["class_name"])
        for item in value.values():
            yield from _registered_names(item)
    elif isinstance(value, list):
        for item in value:
            yield from _registered_names(item)


def _missing(cls: str) -> tuple[str, str]:
    return f"nobody has registered `{cls}` with Keras", "name the module that does: --import MODULE"


def _call(layer: keras.Layer, node: Call, sources: list[list[Operand]]) -> object:
    """Call a layer on the sources of a node."""
    flat = [tensor for found in sources for tensor in found]
    if isinstance(node.layer, Custom) and node.keywords:
        return _call_custom(layer, node, sources)
    if node.keywords:
        grouped: dict[str, list[Operand]] = {}
        for keyword, found in zip(node.keywords, sources):
            grouped.setdefault(keyword, []).extend(found)
        return layer(
            **{name: found if len(found) > 1 else found[0] for name, found in grouped.items()},
            **node.options,
        )
    return layer(flat if node.listed or len(flat) > 1 else flat[0], **node.options)


def _call_custom(layer: keras.Layer, node: Call, sources: list[list[Operand]]) -> object:
    """Call a layer of a user's class, of which a saved model names the first arguments by their places."""
    given = dict(zip(node.keywords, sources))
    given.update({name: [value] for name, value in node.options.items()})
    places = [name for name in given if name == "inputs" or name.startswith("argument ")]
    rest = {name: found[0] for name, found in given.items() if name not in places}
    return layer(*(given[name][0] for name in places), **rest)


def _compile(model: keras.Model, training: TrainingConfig) -> None:
    """Compile a model."""
    arguments = {
        name: keras_object(value)
        for name, value in training._asdict().items()
        if name != "options" and value is not None
    }
    model.compile(**arguments, **training.options)


def _operation(
    keras: ModuleType, operation: Operation, node: Call, sources: list[list[Operand]]
) -> tuple[keras.Operation, object]:
    """Call a function of `keras.ops`; the layer that Keras makes of the call gets the node's name."""
    function = attrgetter(operation.keras_name)(keras)
    result = operation.apply(function, [tensor for found in sources for tensor in found])
    made = keras.tree.flatten(result)[0]._keras_history.operation
    made.name = node.name
    return made, result


def keras_object(value: object) -> object:
    """Return an argument's value as Keras takes it, with objects of Keras for those of the catalog."""
    import keras  # optional

    if isinstance(value, SubgraphLayer):
        return _model(keras, value, scope_name(value.network.graph.name))
    if isinstance(value, KerasObject):
        # Without a name Keras counts over the whole process, and the same spec would give other bytes.
        named = "name" in value.arguments
        own: str | None = getattr(value, "name", None)
        name = (own or snake_case(type(value).__name__)) if named else None
        made = _object(keras, value, name)
        return _whole(made, value) if value.role in ("loss", "metric") else made
    if isinstance(value, list):
        return [keras_object(item) for item in value]
    if isinstance(value, dict):
        return {key: keras_object(item) for key, item in value.items()}
    return value


def _object(keras: ModuleType, kind: KerasObject, name: str | None) -> object:
    cls = attrgetter(f"{kind.module}.{type(kind).__name__}")(keras)
    return cls(**_arguments(kind, name))


def _whole(made: keras.Loss | keras.Metric, kind: KerasObject) -> keras.Loss | keras.Metric:
    """Have Keras save all arguments of a loss or metric so that it can read them.

    By itself it forgets some, such as `Huber.delta` and the dtype of losses, and cannot read `AUC.label_weights` again.
    """
    config = made.get_config()
    lost = {
        name: value
        for name, value in kind.explicit.items()
        if not isinstance(config.get(name, made), _PLAIN)
    }
    if lost:
        made.get_config = lambda: {**config, **lost}
    return made


def _arguments(kind: KerasObject, name: str | None) -> dict[str, object]:
    arguments = {key: keras_object(value) for key, value in kind.explicit.items()}
    if name is not None:
        arguments["name"] = name
    return arguments


def _compare(network: Network, built: Built) -> None:
    """Compare what was inferred with what Keras built.

    Raises:
        Disagreement: A shape or a number of parameters differs.
    """
    for index, layer in built.layers.items():
        node = network.graph.nodes[index]
        inferred = [tensor.shape for tensor in network.results[index]]
        made = [tuple(tensor.shape) for tensor in built.tensors[index]]
        if None not in inferred and inferred != made:
            raise Disagreement(
                f"`{node.name}` ({node.cls}) gives {_shapes_text(made)} in Keras, {_shapes_text(inferred)} was inferred"
            )
        count = parameters(network.weights[index])
        there = layer.count_params() if hasattr(layer, "count_params") else 0
        if None not in inferred and node.owner is None and count != there:
            raise Disagreement(
                f"`{node.name}` ({node.cls}) has {there:,} parameters in Keras, {count:,} were inferred"
            )


def _shapes_text(shapes: Sequence[object]) -> str:
    return ", ".join(str(shape) for shape in shapes)
