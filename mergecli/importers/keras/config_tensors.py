"""Tensors and arguments of calls in the config of a functional model, in the forms of all versions of Keras."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator, NamedTuple, TypeVar

from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.safety import name_of
from mergecli.importers.keras.saved_model import Origin, Saved

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json, JsonDict

T = TypeVar("T")


class Ends(NamedTuple):
    """The inputs or outputs of a model.

    Attributes:
        origins: The tensors.
        names: Their names if they are a dictionary.
        single: Whether it is just one tensor.
    """

    origins: list[Origin]
    names: list[str] | None
    single: bool


class TensorReader:
    """Reads what refers to results of the layers of one functional model.

    Args:
        config: The config of the model.
        is_old: Whether Keras 1 or 2 wrote it.
        unknown: Collects what no rule knows.

    Attributes:
        datas: The configs of the layers by name.

    Raises:
        Unreadable: Its layers are not in a form of Keras.
    """

    def __init__(self, config: JsonDict, is_old: bool, unknown: list[str]) -> None:
        self.is_old, self.unknown = is_old, unknown
        self.datas: dict[str, JsonDict] = {}
        self._counts: dict[str, int] = {}
        for data in required(config, "layers", list):
            name = name_of(data) if isinstance(data, dict) else ""
            if not name or name in self.datas:
                raise Unreadable(
                    "not-a-model",
                    f"its config has two layers `{name}`"
                    if name
                    else "its config has a layer without a name",
                )
            self.datas[name] = data
            # An input has a result without being called.
            self._counts[name] = (
                1
                if data.get("class_name") == "InputLayer"
                else len(required(data, "inbound_nodes", list))
            )
        #: The models in a model of Keras 1 or 2 whose calls count from 1.
        self._from_one = {name for name, data in self.datas.items() if _is_model(data)}
        if is_old:
            self._from_one -= _called_zero([self.datas, config])

    def ends(self, key: str, value: Json) -> Ends:
        """Return the tensors of `input_layers` or `output_layers`.

        Args:
            key: The key of the config.
            value: Its value.

        Raises:
            Unreadable: It names none.
        """
        value = plain_lists(value)
        if is_history(value):
            return Ends([self.origin(value, 1)], None, True)
        if isinstance(value, dict) and value and all(map(is_history, value.values())):
            return Ends([self.origin(item, 1) for item in value.values()], list(value), False)
        found = list(histories(value))
        if not isinstance(value, list) or not all(map(is_history, value)):
            self.unknown.append(f"`{key}` are lists within lists, which are one list here")
        if not found:
            raise Unreadable("not-a-model", f"its config names no `{key}`")
        return Ends([self.origin(item, 1) for item in found], None, False)

    def origin(self, value: Json, first: int = 0) -> Origin:
        """Return the tensor that `[layer, call, result]` names.

        Up to Keras 2, calls of every model in the model count from 1, wherever they are named.

        Args:
            value: The list.
            first: The number from which calls of a functional model count.

        Raises:
            Unreadable: The model has no such tensor.
        """
        history = _history(value)
        if history is None:
            raise Unreadable("not-a-model", f"its config names no tensor by {str(value)[:60]}")
        name, index, result = history
        if name not in self.datas:
            raise Unreadable(
                "not-a-model", f"its config refers to a layer `{name}` that it does not have"
            )
        if self.is_old:
            index -= min(first, name in self._from_one)
        elif _is_functional(self.datas[name]):
            index -= first
        if not 0 <= index < self._counts[name] or result < 0:
            raise Unreadable(
                "not-a-model",
                f"its config refers to call {index} of `{name}`, which is called {self._counts[name]} times",
            )
        return Origin(name, index, result)

    def is_tensor(self, value: Json) -> bool:
        """Whether a value is a result of a layer, as Keras 2 writes it."""
        history = _history(value)
        return history is not None and history[0] in self.datas

    def modern(self, node: Json) -> tuple[list[Json], JsonDict]:
        """Return the arguments of a call, with its tensors as Keras 3 writes them.

        Raises:
            Unreadable: It is not a call in a form of Keras.
        """
        if isinstance(node, dict) and "args" in node:
            return required(node, "args", list), required(node, "kwargs", dict)
        items = list(node.values()) if isinstance(node, dict) else node
        if is_history(items):
            items = [items]
        if not isinstance(items, list) or not all(map(is_history, items)):
            raise not_a_call(node)
        found: list[Json] = [_tensor(self.origin(item, 1)) for item in items]
        last = items[-1] if items else None
        more = last[3] if isinstance(last, list) and len(last) == 4 else None
        kwargs = {
            key: self._modern_value(value)
            for key, value in (more if isinstance(more, dict) else {}).items()
        }
        if isinstance(node, dict):
            return [dict(zip(node, found))], kwargs
        return [found[0] if len(found) == 1 else found], kwargs

    def _modern_value(self, value: Json) -> Json:
        if self.is_tensor(value):
            return _tensor(self.origin(value, 1))
        return [self._modern_value(item) for item in value] if isinstance(value, list) else value

    def tensors(self, value: Json) -> tuple[list[Origin], bool]:
        """Return the tensors of an argument, and whether they are a list; none when it is something else.

        Raises:
            Unreadable: It is a tensor in no form of Keras.
        """
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            history = required(required(value, "config", dict), "keras_history", list)
            if not is_history(history):
                raise Unreadable(
                    "not-a-model",
                    f"its config has a tensor of no form of Keras: {str(history)[:80]}",
                )
            return [self.origin(history)], False
        if isinstance(value, list):
            found = [self.tensors(item) for item in value]
            if found and all(len(origins) == 1 and not many for origins, many in found):
                return [origins[0] for origins, _ in found], True
        return [], False

    def feeds(self, name: str, nested: Saved, value: Json) -> tuple[Origin, ...]:
        """Return the sources of the inputs of a model in the model.

        Args:
            name: The name of the model.
            nested: The model.
            value: What it is called on.

        Raises:
            Unreadable: It has another number of inputs.
        """
        if isinstance(value, dict) and "class_name" not in value:
            names = nested.input_names or [call.name for call in nested.inputs]
            value = [value.get(key) for key in names]
        found, _ = self.tensors(value)
        if len(found) != len(nested.inputs):
            raise Unreadable(
                "not-a-model",
                f"its config calls `{name}`, which has {len(nested.inputs)} inputs, with {len(found)} tensors",
            )
        return tuple(found)


def required(data: object, key: str, of: type[T]) -> T:
    """Return a part of a config.

    Raises:
        Unreadable: There is none of that type.
    """
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, of):
        words = {"dict": "mapping", "list": "list", "str": "text"}[of.__name__]
        raise Unreadable(
            "not-a-model",
            f"its config is in no form of Keras: the {words} `{key}` is missing in {str(data)[:80]}",
        )
    return value


def not_a_call(node: Json) -> Unreadable:
    """Return the error for a call that is written in no form of Keras."""
    return Unreadable("not-a-model", f"its config has a call in no form of Keras: {str(node)[:80]}")


def plain_lists(value: Json) -> Json:
    """Return lists where an `.h5` file has tuples."""
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value.get("items")
    if isinstance(value, dict):
        return {key: plain_lists(item) for key, item in value.items()}
    return [plain_lists(item) for item in value] if isinstance(value, list) else value


def _history(value: object) -> tuple[str, int, int] | None:
    """Return the layer, the call and the result of a tensor as Keras 2 writes it; None for other values."""
    if not isinstance(value, list) or len(value) not in (3, 4):
        return None
    name, call, result = value[:3]
    is_one = isinstance(name, str) and type(call) is type(result) is int
    return (name, call, result) if is_one else None


def is_history(value: object) -> bool:
    """Whether a value is `[layer, call, result]`, as Keras 2 writes a tensor."""
    return _history(value) is not None


def histories(value: Json) -> Iterator[Json]:
    """Yield each `[layer, call, result]` in a value."""
    if is_history(value):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from histories(item)


def is_constant(value: Json) -> bool:
    """Whether an argument is a number, as Keras 2 writes one in place of a tensor."""
    return isinstance(value, list) and len(value) in (3, 4) and value[0] == "_CONSTANT_VALUE"


def _tensor(origin: Origin) -> JsonDict:
    return {
        "class_name": "__keras_tensor__",
        "config": {"keras_history": [origin.name, origin.call, origin.result]},
    }


def _is_functional(data: JsonDict) -> bool:
    """Whether a layer is a functional model, of which Keras counts the calls from 1 where it names the outputs."""
    config = data.get("config")
    return isinstance(config, dict) and "layers" in config and "input_layers" in config


def _is_model(data: JsonDict) -> bool:
    """Whether a layer is a functional or sequential model."""
    config = data.get("config")
    return isinstance(config, list) or (isinstance(config, dict) and "layers" in config)


def _called_zero(value: Json) -> set[str]:
    """Return the layers whose call 0 is named somewhere in a config."""
    found: set[str] = set()
    stack: list[Json] = [value]
    while stack:
        item = stack.pop()
        history = _history(item)
        if history is not None and history[1] == 0:
            found.add(history[0])
        if isinstance(item, (dict, list)):
            stack += item.values() if isinstance(item, dict) else item
    return found
