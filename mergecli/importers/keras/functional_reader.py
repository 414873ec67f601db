"""The config of a functional model -> its calls of layers, operations, functions of TensorFlow, and models."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any, Iterator, NamedTuple

from mergecli.catalog import registry
from mergecli.catalog.arguments import ArgumentError
from mergecli.catalog.layer import Layer, snake_case, spec_name
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras import tensorflow_ops
from mergecli.importers.keras.config_tensors import (
    TensorReader,
    histories,
    is_constant,
    is_history,
    not_a_call,
    plain_lists,
    required,
)
from mergecli.importers.keras.config_values import Unknown, layer_class, make
from mergecli.importers.keras.masks import joined_by_or, unwritten
from mergecli.importers.keras.saved_model import Origin, Saved, SavedCall
from mergecli.importers.keras.stand_ins import Parts, Place, stand_in
from mergecli.ir.constants import ARRAY_DTYPES, MOST_NUMBERS, ConstantArray, count

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json, JsonDict
    from mergecli.catalog.operations.operation import Operation


class FunctionalReader:
    """Reads one functional model.

    Args:
        reader: What reads its layers.
        config: The config of the model.
        where: What its names begin with in messages: the models in which it is.

    Raises:
        Unreadable: Its layers are not in a form of Keras.
    """

    def __init__(self, reader: Parts, config: JsonDict, where: str) -> None:
        self.reader, self.config, self.where = reader, config, where
        self.tensors = TensorReader(config, reader.is_old, reader.unknown)

    def read(self) -> Saved:
        """Return the model."""
        inputs: dict[str, SavedCall] = {}
        calls: list[SavedCall] = []
        for name, data in self.tensors.datas.items():
            if data.get("class_name") == "InputLayer":
                cls, layer, _ = self.reader.part(data, self.where + name)
                inputs[name] = SavedCall(name, cls, layer)
            else:
                calls += self._calls(name, data)
        starts = self.tensors.ends("input_layers", self.config.get("input_layers"))
        ends = self.tensors.ends("output_layers", self.config.get("output_layers"))
        needed = unwritten(calls, ends.origins)
        if self.reader.is_old:
            self.reader.notes += [
                f"`{self.where}{name}` joins masks by *and* in Keras 2, by *or* today: results differ where one branch is masked"
                for name in joined_by_or(needed)
            ]
        idle = tuple(
            {f"`{self.where}{call.name}`: " for call in calls}
            - {f"`{self.where}{call.name}`: " for call in needed}
        )
        self.reader.unknown[:] = [
            reason for reason in self.reader.unknown if not reason.startswith(idle)
        ]
        listed = [inputs.pop(origin.name) for origin in starts.origins if origin.name in inputs]
        name = required(self.config, "name", str)
        return Saved(
            name,
            [*listed, *inputs.values()],
            needed,
            ends.origins,
            starts.names,
            ends.names,
            ends.single,
        )

    def _calls(self, name: str, data: JsonDict) -> Iterator[SavedCall]:
        """Yield the calls of a layer."""
        where = self.where + name
        cls = required(data, "class_name", str)
        inbound = required(data, "inbound_nodes", list)
        if cls in tensorflow_ops.CLASSES:
            for number, node in enumerate(inbound):
                yield from self._function(name, number, data, node)
            return
        nodes = [self.tensors.modern(node) for node in inbound]
        replace = stand_in(data, self.reader.is_old)
        if replace is not None:
            for number, (args, _) in enumerate(nodes):
                yield from replace(self._place(name, number, data, args))
            return
        if _is_operation(data):
            for number, (args, kwargs) in enumerate(nodes):
                parts = self._new_axes(name, number, data, args)
                if parts is not None:
                    yield from parts
                else:
                    yield self._operation(name, number, data, args, kwargs, where)
            return
        cls, layer, nested = self.reader.part(data, where)
        for number, (args, kwargs) in enumerate(nodes):
            if nested is not None:
                training = kwargs.get("training")
                options: JsonDict = {} if training is None else {"training": training}
                feeds = self.tensors.feeds(name, nested, args[0] if args else kwargs.get("inputs"))
                yield SavedCall(name, cls, None, number, feeds, options=options, nested=nested)
            else:
                known = self.reader.attempt(where, partial(self._wires, layer, args, kwargs))
                wires = known or self._wires(None, args, kwargs)
                call = SavedCall(name, cls, layer if known else None, number, *wires)
                yield call._replace(data=data)

    def _place(self, name: str, number: int, data: JsonDict, args: list[Json]) -> Place:
        """Return the call of a layer that others replace."""
        sources = self.tensors.tensors(args[0])[0] if args else []
        if not sources:
            raise Unreadable("not-a-model", f"its config calls `{name}` without a tensor")
        tensor = args[0] if isinstance(args[0], dict) else {}
        config = tensor.get("config")
        shape = plain_lists(config.get("shape")) if isinstance(config, dict) else None
        where = self.where + name
        known = shape if isinstance(shape, list) else None
        return Place(self.reader, where, name, number, data, tuple(sources), known)

    def _function(self, name: str, number: int, data: JsonDict, node: Json) -> Iterator[SavedCall]:
        """Yield the calls that compute what a function of TensorFlow does."""
        where = self.where + name
        place = Place(self.reader, where, name, number, data, ())
        try:
            root = self._expression(data, node)
            yield from place.operations(root)
        except tensorflow_ops.Unsupported as problem:
            self.reader.unknown.append(f"`{where}`: {problem}")
            sources = tuple(
                self.tensors.origin(item, 1)
                for item in histories(node)
                if self.tensors.is_tensor(item)
            )
            yield SavedCall(name, str(data["class_name"]), None, number, sources, data=data)

    def _expression(self, data: JsonDict, node: Json) -> tensorflow_ops.Op:
        """Return what a call of a function of TensorFlow computes."""
        config = required(data, "config", dict)
        items = [node] if is_history(node) or is_constant(node) else node
        if (
            not isinstance(items, list)
            or not items
            or not all(isinstance(i, list) and i for i in items)
        ):
            raise not_a_call(node)
        if data["class_name"] == "TensorFlowOpLayer":
            return self._graph_operation(config, items)
        more = items[0][3] if len(items[0]) == 4 and isinstance(items[0][3], dict) else {}
        first = [item[2] if is_constant(item) else self.tensors.origin(item, 1) for item in items]
        arguments = {key: self._argument(value) for key, value in more.items()}
        arguments[""] = first[0] if items is not node else first
        return tensorflow_ops.expression(required(config, "function", str), arguments)

    def _graph_operation(self, config: JsonDict, items: list[Json]) -> tensorflow_ops.Op:
        """Return what an operation of a graph of TensorFlow computes.

        Raises:
            Unsupported: It is not in the config as JSON, or no rule knows it.
        """
        tensors = [self.tensors.origin(item, 1) for item in items]
        definition = config.get("node_def")
        if not isinstance(definition, dict):
            raise tensorflow_ops.Unsupported("its operation is not in its config as JSON")
        operands = tensorflow_ops.operands_of(tensors, config.get("constants"))
        return tensorflow_ops.expression(*tensorflow_ops.graph_operation(definition, operands))

    def _argument(self, value: Json) -> object:
        """Return an argument of a function, with tensors as what they come from."""
        if isinstance(value, list) and is_constant(value):
            return value[2]
        if self.tensors.is_tensor(value):
            return self.tensors.origin(value, 1)
        return [self._argument(item) for item in value] if isinstance(value, list) else value

    def _wires(self, layer: Layer | None, args: list[Json], kwargs: JsonDict) -> _Wires:
        """Return what a layer is called with.

        Raises:
            Unknown: No rule knows such a call of the layer.
        """
        names = _names(layer, len(args))
        if layer is not None and len(names) > 1 and layer.takes.get(names[0]) == (1, 1):
            args = _split_states(args)
        found: list[_Tensors] = []
        options: JsonDict = {}
        for name, value in [*zip(names, args), *kwargs.items()]:
            origins, many = self.tensors.tensors(value)
            if origins:
                found.append(_Tensors(name, origins, many))
            elif layer is None or not _is_idle(layer, name, value):
                options[name] = value
        if layer is not None:
            _check_call(layer, names[0], found, options)
        sources = tuple(origin for tensors in found for origin in tensors.origins)
        if len(found) == 1 and found[0].name == names[0]:
            return _Wires(sources, found[0].listed, (), options)
        keywords = tuple(tensors.name for tensors in found for _ in tensors.origins)
        return _Wires(sources, False, keywords, options)

    def _new_axes(
        self, name: str, number: int, data: JsonDict, args: list[Json]
    ) -> Iterator[SavedCall] | None:
        """Return the calls for what Python writes in brackets, if it makes a new axis, which no single operation here does."""
        key = args[1] if len(args) == 2 else None
        items = key.get("items") if isinstance(key, dict) else key
        if (
            snake_case(str(data["class_name"])) != "get_item"
            or not isinstance(items, list)
            or None not in items
        ):
            return None
        (x,), _ = self.tensors.tensors(args[0])
        place = Place(self.reader, self.where + name, name, number, data, (x,))
        try:
            return place.operations(tensorflow_ops.get_item(x, items))
        except tensorflow_ops.Unsupported:
            return None

    def _operation(
        self,
        name: str,
        number: int,
        data: JsonDict,
        args: list[Json],
        kwargs: JsonDict,
        where: str,
    ) -> SavedCall:
        """Return a call of a function: beside tensors and numbers it takes arguments that its config does not tell."""
        config = dict(required(data, "config", dict))
        cls: Any = self.reader.attempt(
            where,
            lambda: layer_class(
                {"module": "keras.src.ops", **{k: v for k, v in data.items() if v}}
            ),
        )
        pairs = [*((None, item) for item in args), *kwargs.items()]
        operands = [_Operand(key, value, *self._operand(value)) for key, value in pairs]
        listed = cls is not None and cls.arity is None
        listed = listed or any(operand.listed for operand in operands)
        sources, is_known = _bind(cls, config, operands)
        if cls is not None and not is_known:
            self.reader.unknown.append(f"`{where}`: it is called with an array of numbers")
            return SavedCall(name, str(data["class_name"]), None, number, sources, listed)
        layer = self.reader.attempt(where, lambda: make(cls, config)) if cls else None
        shown = str(data["class_name"]) if cls is None else spec_name(cls)
        return SavedCall(name, shown, layer, number, sources, listed, data=data)

    def _operand(self, value: Json) -> tuple[list[Origin], bool]:
        """Return the tensors and arrays of an argument of a function, and whether they are a list."""
        if not isinstance(value, list):
            array = _array(value)
            return self.tensors.tensors(value) if array is None else ([array], False)
        found = [self._operand(item) for item in value]
        if found and all(len(origins) == 1 and not many for origins, many in found):
            return [origins[0] for origins, _ in found], True
        return [], False


def _array(value: Json) -> Origin | None:
    """Return an array of numbers in a config, if it is one."""
    if not isinstance(value, dict) or value.get("class_name") not in ("__tensor__", "__numpy__"):
        return None
    config = value.get("config")
    values = config.get("value") if isinstance(config, dict) else None
    dtype = str(config.get("dtype")) if isinstance(config, dict) else ""
    return _constant(values, dtype) if dtype in ARRAY_DTYPES else None


def _constant(values: Json, dtype: str | None = None) -> Origin | None:
    """Return lists of numbers as what a function takes, unless they are something else."""
    if count(values) > MOST_NUMBERS:
        return None
    try:
        return Origin(constant=ConstantArray.of(values, dtype))
    except ArgumentError:
        return None


class _Wires(NamedTuple):
    """What a layer is called with: tensors, whether they are a list, their keywords, and other arguments."""

    sources: tuple[Origin, ...]
    listed: bool
    keywords: tuple[str, ...]
    options: JsonDict


class _Tensors(NamedTuple):
    """The tensors that a call takes under a name."""

    name: str
    origins: list[Origin]
    listed: bool


class _Operand(NamedTuple):
    """An argument of a function: its name, if it has one, its value, and the tensors in it."""

    key: str | None
    value: Json
    origins: list[Origin]
    listed: bool


def _names(layer: Layer | None, count: int) -> list[str]:
    """The names of the arguments of a call, of which `count` have none in the config."""
    names = [*layer.takes] or [layer.first] if layer is not None else ["inputs"]
    return names + [f"argument {number}" for number in range(len(names), count)]


def _split_states(args: list[Json]) -> list[Json]:
    """The arguments of a call, where Keras 2 writes the states after the tensor, in one list with it."""
    first = args[0] if len(args) == 1 else None
    return [first[0], first[1:]] if isinstance(first, list) and first else args


def _check_call(layer: Layer, first: str, found: list[_Tensors], options: JsonDict) -> None:
    """Check that a rule knows how a layer is called.

    Raises:
        Unknown: It takes something else, or no tensor.
    """
    known = {*layer.takes, first, *(["mask"] if layer.masked else [])}
    strange = [tensors.name for tensors in found if tensors.name not in known]
    strange += [
        name
        for name, value in options.items()
        if name not in layer.options or isinstance(value, (dict, list))
    ]
    if strange:
        raise Unknown(f"it is called with `{strange[0]}`, for which mergecli has no rule")
    if not found:
        raise Unknown("it is called without a tensor")


def _bind(
    cls: type[Operation] | None, config: JsonDict, operands: list[_Operand]
) -> tuple[tuple[Origin, ...], bool]:
    """Bind what a function is called with; values that are not tensors go to `config`.

    Returns:
        The tensors and numbers that it takes, and whether all the rest is known.
    """
    usual = dict.fromkeys([*cls.required, *cls.call_arguments]) if cls else {}
    free = [argument for argument in usual if argument not in config]
    sources: list[Origin] = []
    for place, (key, value, origins, _) in enumerate(operands):
        if cls is not None and origins and not _is_in_order(cls, key, place, len(sources)):
            cls = None
        sources += origins
        is_missing = value is None and cls is not None and (key or place >= (cls.arity or 1))
        if origins or cls is None or is_missing:
            continue
        is_operand = cls.numbers and len(sources) < (cls.arity or len(operands))
        array = (
            _constant(value) if isinstance(value, list) and _takes_list(cls, key, sources) else None
        )
        if is_operand and (type(value) is int or type(value) is float):
            sources.append(Origin(constant=value))
        elif array is not None:
            sources.append(array)
        elif key or free:
            config[key or free.pop(0)] = value
        else:
            cls = None
    return tuple(sources), cls is not None


def _takes_list(cls: type[Operation], key: str | None, sources: list[Origin]) -> bool:
    """Whether a list of numbers is an operand of a function, not an argument."""
    return cls.arity is not None and len(sources) < cls.arity and key not in cls.arguments


def _is_in_order(cls: type[Operation], key: str | None, place: int, count: int) -> bool:
    """Whether the tensors of a call follow each other as those of a function do that takes them in their order.

    Args:
        cls: The operation.
        key: The name of an argument, if it has one.
        place: Its place.
        count: The number of tensors before it.
    """
    if not cls.optional or cls.arity is None:
        return True
    wanted = cls.arity + cls.optional.index(key) if key in cls.optional else place
    return wanted == count


def _is_operation(data: JsonDict) -> bool:
    """Whether a layer is a call of a function; in an `.h5` file Keras does not tell, and cannot load what it has written."""
    if data.get("module") is not None:
        return str(data["module"]).startswith("keras.src.ops")
    without_arguments = all(
        isinstance(node, dict) for node in required(data, "inbound_nodes", list)
    ) and "trainable" not in required(data, "config", dict)
    name = f"ops.{snake_case(str(data['class_name']))}"
    return without_arguments and registry.layer(name) is not None


def _is_idle(layer: Layer, name: str, value: Json) -> bool:
    """Whether an option says what the layer would do without it."""
    if name == "training" and isinstance(value, bool):
        return value is layer.training_default
    return value is None or value is False
