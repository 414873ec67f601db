"""Network -> the JSON of `model.to_json()`, without Keras: `keras.models.model_from_json` makes the same model of it.

Arguments that have their default are left out, as a reader of such a file fills them in.
"""

from __future__ import annotations

import json
from types import EllipsisType
from typing import TYPE_CHECKING, Mapping

from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, snake_case
from mergecli.catalog.layers.core import InputLayer
from mergecli.catalog.tensors import Tensor
from mergecli.diagnostics.escaping import escaped_json
from mergecli.exporters.masks import automatic, taken_names
from mergecli.exporters.yaml.values import Inexpressible, function_call, is_operation, known
from mergecli.importers.modules import CustomLayers
from mergecli.ir.constants import ConstantArray, nested
from mergecli.ir.graph import Call, Network, Value
from mergecli.ir.naming import scope_name
from mergecli.ir.subgraph_layers import SubgraphLayer

if TYPE_CHECKING:
    from mergecli.catalog.operations.operation import Operation


def export(network: Network, custom_layers: CustomLayers) -> str:
    """Return the JSON of a whole model, which names the user's layers without their modules.

    Raises:
        Inexpressible: Keras has no such JSON for one of its layers, which the message names.
    """
    return keras_json(network)


def keras_json(network: Network) -> str:
    """The JSON of a whole model, on lines of their own where that helps to read it.

    Raises:
        Inexpressible: Keras has no such JSON for one of its layers, which the message names.
    """
    model = _model(network, scope_name(network.graph.name))
    if network.training is not None:
        training = network.training
        arguments = {
            name: value
            for name, value in training._asdict().items()
            if name not in ("optimizer", "options")
        }
        described = {
            "optimizer": _value(training.optimizer),
            **{name: _value(value) for name, value in arguments.items()},
        }
        model["compile_config"] = {
            **described,
            **{name: _value(value) for name, value in training.options.items()},
        }
    return _written(model) + "\n"


def _written(model: dict[str, object]) -> str:
    """JSON with a line for each layer."""
    config, mark = model["config"], "\0layers\0"
    assert isinstance(config, dict)
    dumped = [json.dumps(layer, ensure_ascii=False) for layer in config["layers"]]
    text = json.dumps({**model, "config": {**config, "layers": mark}}, ensure_ascii=False)
    return escaped_json(text.replace(json.dumps(mark), "[\n" + ",\n".join(dumped) + "\n]"))


def _model(network: Network, name: str) -> dict[str, object]:
    return _Model(network).described(name)


class _Model:
    """One model: how often each layer is called so far, and which call each node is."""

    def __init__(self, network: Network) -> None:
        self.network = network
        self.owners: dict[int, list[Call]] = {}
        self.places: dict[int, int] = {}
        for node in network.parts():
            calls = self.owners.setdefault(node.index if node.owner is None else node.owner, [])
            # A functional model that is called has been called before: when it was made.
            self.places[node.index] = len(calls) + isinstance(node.layer, SubgraphLayer)
            calls.append(node)
        nodes = network.graph.nodes
        unnamed = automatic(network, [nodes[owner] for owner in self.owners])
        if unnamed is None:
            names = ", ".join(f"`{name}`" for name in taken_names(network))
            raise Inexpressible(
                f"Keras makes masks with functions that it names {names}, as layers are named"
                " here; give those layers other names"
            )
        #: The layers that a reader names, so that masks have other names.
        self.unnamed = unnamed

    def described(self, name: str) -> dict[str, object]:
        graph = self.network.graph
        ends = [self.histories(target) for target in graph.outputs.targets]
        flat = [end for result in ends for end in result]
        outputs: object = flat
        if graph.outputs.names is not None:
            outputs = {
                key: result[0] if len(result) == 1 else result
                for key, result in zip(graph.outputs.names, ends)
            }
        elif graph.outputs.single and len(flat) == 1:
            outputs = flat[0]
        inputs = [[graph.nodes[index].name, 0, 0] for index in graph.inputs]
        config = {
            "name": name,
            "trainable": True,
            "layers": [self.layer(owner, calls) for owner, calls in self.owners.items()],
            "input_layers": inputs[0] if len(inputs) == 1 else inputs,
            "output_layers": outputs,
        }
        return {
            "module": "keras.src.models.functional",
            "class_name": "Functional",
            "config": config,
            "registered_name": "Functional",
        }

    def histories(self, target: Value) -> list[list[object]]:
        """The tensors for which a target stands, each as layer, call and result."""
        node = self.network.graph.nodes[target.producer]
        name = node.name if node.owner is None else self.network.graph.nodes[node.owner].name
        results = (
            range(len(self.network.results[target.producer]))
            if target.result is None
            else [target.result]
        )
        return [[name, self.places[target.producer], result] for result in results]

    def layer(self, owner: int, calls: list[Call]) -> dict[str, object]:
        """Return the config of a layer with its calls.

        Raises:
            Inexpressible: An argument has no form in JSON, or depends on an unknown shape.
        """
        first, name = calls[0], self.network.graph.nodes[owner].name
        try:
            layer = known(first)
        except Inexpressible as problem:
            raise Inexpressible(f"`{name}`: {problem}") from None
        inbound: list[object]
        if isinstance(layer, InputLayer):
            described, inbound = _input(layer, name), []
        elif is_operation(layer):
            described, node = self.operation(first, layer)
            inbound = [node]
        else:
            try:
                described = _layer(layer, first, name)
            except Inexpressible as problem:
                raise Inexpressible(f"`{name}`: {problem}") from None
            inbound = [self.call(node) for node in calls]
        config = described["config"]
        if owner in self.unnamed and isinstance(config, dict):
            config.pop("name", None)
        return {**described, "name": name, "inbound_nodes": inbound}

    def tensors(self, target: Value) -> list[object]:
        if isinstance(target.constant, ConstantArray):
            values, dtype = nested(target.constant.values), target.constant.dtype
            return [{"class_name": "__tensor__", "config": {"value": values, "dtype": dtype}}]
        if target.constant is not None:
            return [target.constant]
        return [
            _tensor(tensor, history)
            for tensor, history in zip(self.network.tensors(target), self.histories(target))
        ]

    def call(self, node: Call) -> dict[str, object]:
        result = [self.tensors(target) for target in node.sources or ()]
        options = {name: _value(value) for name, value in node.options.items()}
        if isinstance(node.layer, Custom) and node.keywords:
            arguments = {
                **{name: tensors[0] for name, tensors in zip(node.keywords, result)},
                **options,
            }
            places = [
                name for name in arguments if name == "inputs" or name.startswith("argument ")
            ]
            return {"args": [arguments.pop(name) for name in places], "kwargs": arguments}
        if node.keywords:
            grouped: dict[str, list[object]] = {}
            for name, tensors in zip(node.keywords, result):
                grouped.setdefault(name, []).extend(tensors)
            return {
                "args": [],
                "kwargs": {
                    **{name: t if len(t) > 1 else t[0] for name, t in grouped.items()},
                    **options,
                },
            }
        flat = [tensor for tensors in result for tensor in tensors]
        if not flat and not node.listed:
            return {"args": [], "kwargs": options}
        return {"args": [flat if node.listed or len(flat) > 1 else flat[0]], "kwargs": options}

    def operation(
        self, node: Call, layer: Operation
    ) -> tuple[dict[str, object], dict[str, object]]:
        """An operation, and its call: its class takes what is not a tensor, but for a few that take it when they are called.

        Raises:
            Inexpressible: An argument depends on a shape that is not known.
        """
        symbols = [
            _Symbol(tensor, dumped)
            for target in node.sources or ()
            for tensor, dumped in zip(self.network.tensors(target), self.tensors(target))
        ]
        values, named = function_call(layer, node.name, symbols)
        cls = type(layer).__name__
        own = {key: default for key, default in layer.defaults.items() if key != "name"}
        config: dict[str, object] = {**own, **named}
        values, config, kwargs = layer.as_class(values, config)
        described = {
            "module": f"keras.src.ops.{layer.home}",
            "class_name": cls,
            "config": {"name": node.name, **_values(config)},
        }
        return {**described, "registered_name": cls}, {
            "args": [_value(value) for value in values],
            "kwargs": _values(kwargs),
        }


class _Symbol:
    """A tensor as JSON, with its shape."""

    def __init__(self, tensor: Tensor, described: object) -> None:
        self.shape, self.described = tensor.shape, described


def _tensor(tensor: Tensor, history: list[object]) -> dict[str, object]:
    # A reader uses the history alone, but refuses a tensor without a shape.
    shape = list(tensor.shape) if tensor.shape is not None else []
    return {
        "class_name": "__keras_tensor__",
        "config": {"shape": shape, "dtype": tensor.dtype or "float32", "keras_history": history},
    }


def _input(layer: InputLayer, name: str) -> dict[str, object]:
    arguments = {
        key: value
        for key, value in layer.explicit.items()
        if key not in ("name", "shape", "batch_size", "batch_shape")
    }
    shape = [layer.batch_size, *layer.shape] if layer.shape is not None else list(layer.batch_shape)
    config = {
        "batch_shape": shape,
        "dtype": "float32",
        **{key: value for key, value in arguments.items() if value is not None},
        "name": name,
    }
    return {
        "module": "keras.layers",
        "class_name": "InputLayer",
        "config": config,
        "registered_name": None,
    }


def _layer(layer: Layer, node: Call, name: str) -> dict[str, object]:
    if isinstance(layer, SubgraphLayer):
        return _nested(layer, name)
    if isinstance(layer, Custom):
        if layer.config is not None:
            own = {
                key: value
                for key, value in layer.config.items()
                if key in ("class_name", "config", "registered_name", "module")
            }
            inner = own["config"]
            return {
                **own,
                "config": {**(inner if isinstance(inner, Mapping) else {}), "name": name},
            }
        registered = node.cls if ">" in node.cls else None
        config = {
            **_values({key: value for key, value in layer.explicit.items() if key != "name"}),
            "name": name,
        }
        if layer.frozen:
            config["trainable"] = False
        return {
            "module": None,
            "class_name": node.cls.rpartition(">")[2],
            "config": config,
            "registered_name": registered or node.cls,
        }
    return _object(layer, name)


def _nested(layer: SubgraphLayer, name: str) -> dict[str, object]:
    """A model that is one layer of another, or that a layer applies."""
    described = _model(layer.network, name)
    config = described["config"]
    if layer.frozen and isinstance(config, dict):
        config["trainable"] = False
    return described


def _object(layer: KerasObject, name: str | None) -> dict[str, object]:
    config = _values({key: value for key, value in layer.explicit.items() if key != "name"})
    if layer.role in ("initializer", "regularizer", "constraint"):
        # Keras reads some only with all their arguments; what is new in them an older one does not know.
        config = {
            **_values(
                {key: value for key, value in layer.defaults.items() if key not in layer.newer}
            ),
            **config,
        }
    if isinstance(layer, Layer):
        for argument in layer.needed_in_config:
            config.setdefault(argument, _value(layer.defaults[argument]))
    if name is not None:
        config = {"name": name, **config}
    return {
        "module": f"keras.{layer.module}",
        "class_name": type(layer).__name__,
        "config": config,
        "registered_name": None,
    }


def _values(arguments: Mapping[str, object]) -> dict[str, object]:
    return {key: _value(value) for key, value in arguments.items()}


def _value(value: object) -> object:
    if isinstance(value, _Symbol):
        return value.described
    if isinstance(value, SubgraphLayer):
        return _nested(value, scope_name(value.network.graph.name))
    if isinstance(value, Custom):
        raise Inexpressible(f"a `{type(value).__name__}` is an argument of another layer")
    if isinstance(value, KerasObject):
        # Without a name Keras counts over the whole process.
        named = "name" in value.arguments
        own: str | None = getattr(value, "name", None)
        return _object(value, (own or snake_case(type(value).__name__)) if named else None)
    if isinstance(value, (list, tuple)):
        return [_value(item) for item in value]
    if isinstance(value, Mapping):
        return {str(key): _value(item) for key, item in value.items()}
    if isinstance(value, slice):
        return {
            "class_name": "__slice__",
            "config": {"start": value.start, "stop": value.stop, "step": value.step},
        }
    if isinstance(value, EllipsisType):
        return {"class_name": "__ellipsis__", "config": {}}
    return value
