"""Values -> YAML: arguments as a spec has them, on one line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Callable, Sequence

from mergecli.catalog.arguments import Argument, ArgumentError
from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, spec_name
from mergecli.ir.graph import Call
from mergecli.ir.subgraph_layers import WrappedModel
from mergecli.syntax.formatter import key_order

if TYPE_CHECKING:
    from typing import TypeGuard

    from mergecli.catalog.json_values import Json
    from mergecli.catalog.operations.operation import Arguments, Operation, Values


class Inexpressible(Exception):
    """A spec has no words for a layer."""


def known(call: Call) -> Layer:
    """Return the layer of a call.

    Raises:
        Inexpressible: It is one of a saved model that mergecli cannot read. The message is the
            reason, without the name of the call.
    """
    if call.layer is None:
        reasons = call.saved.part.unread if call.saved is not None else ()
        prefix = f"`{call.name}`: "
        own = [reason.removeprefix(prefix) for reason in reasons if reason.startswith(prefix)]
        raise Inexpressible(own[0] if own else f"a `{call.cls}` that cannot be read")
    return call.layer


def is_operation(layer: Layer) -> TypeGuard[Operation]:
    """Whether a layer is a function of `keras.ops`."""
    return layer.module == "ops"


def function_call(
    operation: Operation, name: str, tensors: Sequence[object]
) -> tuple[Values, Arguments]:
    """Return how the function of an operation is called.

    Args:
        operation: The operation.
        name: Its name, for the message.
        tensors: What stands for its tensors.

    Returns:
        The values without names, and those with.

    Raises:
        Inexpressible: An argument depends on a shape that is not known.
    """
    calls: list[tuple[Values, Arguments]] = []

    def record(*values: object, **named: object) -> None:
        calls.append((values, named))

    try:
        operation.apply(record, tensors)
    except TypeError:
        raise Inexpressible(f"`{name}` depends on a shape that is not known") from None
    return calls[0]


#: Returns what stands for the model in a layer.
Models = Callable[[WrappedModel], object]


def no_model(model: WrappedModel) -> object:
    """Refuse a model in a layer.

    Raises:
        Inexpressible: always.
    """
    raise Inexpressible(f"it applies a model, `{model.network.graph.name}`")


def plain(value: object, models: Models = no_model) -> object:
    """An argument as a spec has it: layers, regularizers and the like as a class with its arguments.

    Args:
        value: The argument.
        models: Returns what stands for a model.

    Raises:
        Inexpressible: a spec has no words for it.
    """
    if isinstance(value, WrappedModel):
        return models(value)
    if isinstance(value, Custom) and value.config is not None:
        raise Inexpressible(
            f"only its saved model tells the arguments of a `{type(value).__name__}`"
        )
    if isinstance(value, KerasObject):
        name = spec_name(type(value))
        if not value.explicit and isinstance(value, Layer):
            return name
        return {name: {key: plain(value.explicit[key], models) for key in canonical_order(value)}}
    if isinstance(value, (list, tuple)):
        return [plain(item, models) for item in value]
    if isinstance(value, Mapping):
        return {key: plain(item, models) for key, item in value.items()}
    return value


def arguments(layer: Layer, models: Models = no_model) -> dict[str, object]:
    """The arguments that a layer is given, without its name, in the order that `fmt` gives them.

    Args:
        layer: The layer.
        models: Returns what stands for a model in it.

    Raises:
        Inexpressible: a spec has no words for one of them.
    """
    if isinstance(layer, Custom) and layer.config is not None:
        return _described(layer.config)
    return {
        name: _short(plain(layer.explicit[name], models), layer.arguments.get(name))
        for name in canonical_order(layer)
        if name != "name"
    }


def in_order(item: KerasObject) -> list[str]:
    """The arguments that are given, in the order that Keras has, the name last."""
    places = {
        name: place
        for place, name in enumerate([*(name for name in item.arguments if name != "name"), "name"])
    }
    return sorted(item.explicit, key=lambda name: places.get(name, len(places)))


def canonical_order(item: KerasObject) -> list[str]:
    """Return the arguments that are given, in the order that `fmt` gives them."""
    places = key_order.arguments(spec_name(type(item)))
    if places is None or not places.keys() >= item.explicit.keys():
        return in_order(item)
    return sorted(item.explicit, key=places.__getitem__)


def _short(value: object, argument: Argument | None) -> object:
    """A size that is the same along all axes, or along the only one, once, where that means the same.

    >>> from mergecli.catalog.layers.convolutional import Conv1D, Conv2D
    >>> _short([3, 3], Conv2D.arguments["kernel_size"]), _short([3, 3], None), _short([3, 2], Conv2D.arguments["kernel_size"])
    (3, [3, 3], [3, 2])
    >>> _short([3], Conv1D.arguments["kernel_size"])
    3
    """
    if (
        argument is None
        or not isinstance(value, list)
        or len({*map(repr, value)}) != 1
        or type(value[0]) is not int
    ):
        return value
    try:
        return value[0] if argument.check(value[0]) == argument.check(value) else value
    except ArgumentError:
        return value


def _described(data: Mapping[str, Json]) -> dict[str, object]:
    """What a saved model tells of a user's layer, as its constructor takes it.

    Raises:
        Inexpressible: there is an object in it.
    """
    found = {}
    config = data.get("config")
    for key, value in config.items() if isinstance(config, Mapping) else ():
        if key == "name" or (key == "trainable" and value is True):
            continue
        if key == "dtype" and isinstance(value, dict):
            policy = value.get("config")
            value = (
                policy.get("name")
                if value.get("class_name") == "DTypePolicy" and isinstance(policy, dict)
                else value
            )
        if key == "dtype" and value == "float32":
            continue
        found[key] = _value(value, key)
    return found


def _value(value: object, key: str) -> object:
    if isinstance(value, dict):
        if value.get("class_name") == "__tuple__":
            value = value.get("items")
        elif "class_name" in value:
            raise Inexpressible(
                f"its `{key}` is a `{value['class_name']}`, an object for which the spec of a layer of your own has no words"
            )
    if isinstance(value, dict):
        return {name: _value(item, key) for name, item in value.items()}
    return [_value(item, key) for item in value] if isinstance(value, list) else value
