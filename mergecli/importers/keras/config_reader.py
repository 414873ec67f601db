"""The config of a saved model -> its calls of layers."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, Callable, Iterator, NamedTuple, TypeVar

from mergecli.catalog import registry
from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layer import Layer, snake_case
from mergecli.catalog.old_configs import replaced
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras import tensorflow_ops
from mergecli.importers.keras.config_values import Unknown, kind_of, make
from mergecli.importers.keras.safety import is_keras_s, name_of, refusals
from mergecli.importers.keras.saved_model import Origin, Saved, SavedCall
from mergecli.importers.keras.stand_ins import Place, stand_in

T = TypeVar("T")
#: The classes of models that are what their config says.
MODELS = ("Functional", "Model", "Sequential")


def parse(config: dict[str, Any]) -> Saved:
    """The model that a config describes, with all that prevents loading it.

    Raises:
        Unreadable: it is no config of a functional or sequential model.
    """
    config = _as_keras(config)
    version = config.get("keras_version")
    refused = list(refusals(config))
    reader = _Reader(_is_old(config, version))
    try:
        saved = reader.model(config, "")
    except Unreadable:
        if not refused:
            raise
        saved = Saved(name_of(config))
    training = config.get("compile_config")
    saved = saved._replace(
        training=training if isinstance(training, dict) and training.get("optimizer") else None
    )
    return saved._replace(
        custom=list(reader.custom),
        refusals=refused,
        unknown=_others(reader.unknown, refused),
        version=version if isinstance(version, str) else "",
        is_old=reader.is_old,
        notes=[] if refused else reader.notes,
    )


def _others(unknown: list[str], refused: list[str]) -> list[str]:
    """Return what is unknown of layers that are not refused anyway."""
    names = {reason.partition("`")[2].partition("`")[0] for reason in refused}
    return [reason for reason in unknown if reason.partition("`")[2].partition("`")[0] not in names]


def _as_keras(value: Any) -> Any:
    """Return a config in which the package of Keras 2 has the name that it had before, `keras`.

    Raises:
        Unreadable: It holds text or a number that no config of Keras does.
    """
    if isinstance(value, str) and not value.isascii() and re.search("[\ud800-\udfff]", value):
        raise Unreadable("not-a-model", "its config holds half a character of Unicode")
    if type(value) is int and abs(value) >= 1 << 64:
        raise Unreadable("not-a-model", "its config holds a number of more than 64 bits")
    if isinstance(value, dict):
        found = {key: _as_keras(item) for key, item in value.items()}
        module = found.get("module")
        if isinstance(module, str) and re.match(r"tf_keras(\.|$)", module):
            found["module"] = module[3:]
        return found
    return [_as_keras(item) for item in value] if isinstance(value, list) else value


def _is_old(config: Any, version: Any) -> bool:
    """Return whether Keras 1 or 2 wrote a config, by its version or else by how it writes calls and inputs."""
    if isinstance(version, str) and version[:1].isdigit():
        return int(re.match(r"\d+", version)[0]) < 3  # type: ignore[index]
    stack = [config]
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            nodes = value.get("inbound_nodes")
            if "batch_input_shape" in value or (
                isinstance(nodes, list) and any(isinstance(node, list) for node in nodes)
            ):
                return True
            stack += value.values()
        elif isinstance(value, list):
            stack += value
    return False


class _Reader:
    """Reads a model and those in it, and collects what no rule knows."""

    def __init__(self, is_old: bool) -> None:
        self.is_old = is_old
        self.custom: dict[str, None] = {}
        self.unknown: list[str] = []
        self.notes: list[str] = []

    def model(self, data: dict[str, Any], where: str) -> Saved:
        cls = _get(data, "class_name", str)
        if cls == "Sequential" and isinstance(data.get("config"), list):
            # Before Keras 2.2.3 a sequential model had no name.
            data = {**data, "config": {"name": "sequential", "layers": data["config"]}}
        config = _get(data, "config", dict)
        if cls not in MODELS:
            self.custom[str(data.get("registered_name") or cls)] = None
        if "layers" in config and "input_layers" in config:
            return _Functional(self, config, where).read()
        if "layers" in config and cls == "Sequential":
            return self.sequential(config, where)
        raise Unreadable(
            "not-a-model",
            f"`{cls}` does not tell its layers in its config",
            "mergecli reads functional and sequential models; a class of your own shows only itself",
        )

    def sequential(self, config: dict[str, Any], where: str) -> Saved:
        """A chain, whose input may be one of its layers, or be given by a shape or by the model that it begins with."""
        name, datas = _get(config, "name", str), _get(config, "layers", list)
        calls: list[SavedCall] = []
        counts: dict[str, int] = {}
        for data in datas:
            own = name_of(data) if isinstance(data, dict) else ""
            if not own:
                raise Unreadable("not-a-model", "its config has a layer without a name")
            if data.get("class_name") == "Merge":
                raise Unreadable(
                    "not-a-model",
                    "is a `Sequential` of Keras 1 that begins with a `Merge` of other models",
                    "write the merge as a spec, with each of them as a branch",
                )
            source = (Origin(calls[-1].name, calls[-1].number),) if calls else ()
            replace = stand_in(data, self.is_old)
            if replace is not None:
                if not calls:
                    name_in = f"{name}_input"
                    calls.append(SavedCall(name_in, "InputLayer", self.input_of(config, datas, [])))
                    source = (Origin(name_in),)
                number = counts.setdefault(own, 0)
                counts[own] += 1
                calls += replace(Place(self, where + own, own, number, data, source))
                continue
            cls, layer, nested = self.part(data, where + own)
            calls.append(
                SavedCall(
                    own, cls, layer, counts.setdefault(own, 0), source, nested=nested, data=data
                )
            )
            counts[own] += 1
        if not calls or calls[0].cls != "InputLayer":
            calls.insert(
                0, SavedCall(f"{name}_input", "InputLayer", self.input_of(config, datas, calls))
            )
            calls[1:2] = [call._replace(sources=(Origin(calls[0].name),)) for call in calls[1:2]]
        return Saved(
            name, calls[:1], calls[1:], [Origin(calls[-1].name, calls[-1].number)], single=True
        )

    def input_of(
        self, config: dict[str, Any], datas: list[Any], calls: list[SavedCall]
    ) -> Layer | None:
        if calls and calls[0].nested:
            return calls[0].nested.inputs[0].layer if calls[0].nested.inputs else None
        first = datas[0].get("config") if datas else None
        shape = config.get("build_input_shape") or (
            first.get("batch_input_shape") if isinstance(first, dict) else None
        )
        if not shape:
            return None
        return self.part(
            {"class_name": "InputLayer", "config": {"batch_shape": shape}}, str(config["name"])
        )[1]

    def part(self, data: Any, where: str) -> tuple[str, Layer | None, Saved | None]:
        """The class, and the layer or the model, of one entry among a model's layers."""
        cls = _get(data, "class_name", str)
        if cls == "Sequential" and isinstance(data.get("config"), list):
            return cls, None, self.model(data, f"{where}.")
        config = _get(data, "config", dict)
        if (
            cls in MODELS
            and "layers" in config
            and (data.get("module") is None or is_keras_s(data))
        ):
            return cls, None, self.model(data, f"{where}.")
        cls, config = replaced(cls, config)
        data = {**data, "class_name": cls, "config": config}
        kind: Any = self.attempt(where, lambda: kind_of(data))
        if kind is None:
            return str(data.get("registered_name") or cls), None, None
        built = {**config, "build_config": data.get("build_config")}
        return registry.spec_name(kind), self.attempt(where, lambda: make(kind, built)), None

    def attempt(self, where: str, try_it: Callable[[], T]) -> T | None:
        """What a function gives, or None, with the reason among what is unknown."""
        try:
            return try_it()
        except Unknown as problem:
            if problem.custom:
                self.custom[problem.custom] = None
            else:
                self.unknown.append(f"`{where}`: {problem}")
        except ArgumentErrors as problem:
            self.unknown += [
                f"`{where}`: `{error.argument}` {error.message}" for error in problem.errors
            ]
        return None


class _Functional:
    """Reads one functional model."""

    def __init__(self, reader: _Reader, config: dict[str, Any], where: str) -> None:
        self.reader, self.config, self.where = reader, config, where
        self.datas: dict[str, dict[str, Any]] = {}
        self.counts: dict[str, int] = {}
        for data in _get(config, "layers", list):
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
            self.counts[name] = (
                1
                if data.get("class_name") == "InputLayer"
                else len(_get(data, "inbound_nodes", list))
            )

        #: The models in a model of Keras 1 or 2 whose calls count from 1.
        self.from_one = {name for name, data in self.datas.items() if _is_model(data)}
        if self.reader.is_old:
            self.from_one -= _called_zero([self.datas, config])

    def read(self) -> Saved:
        from mergecli.importers.keras.masks import joined_by_or, unwritten  # start-up

        inputs: dict[str, SavedCall] = {}
        calls: list[SavedCall] = []
        for name, data in self.datas.items():
            if data.get("class_name") == "InputLayer":
                cls, layer, _ = self.reader.part(data, self.where + name)
                inputs[name] = SavedCall(name, cls, layer)
            else:
                calls += self.calls(name, data)
        starts, input_names, _ = self.ends("input_layers")
        ends, output_names, single = self.ends("output_layers")
        needed = unwritten(calls, ends)
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
        listed = [inputs.pop(origin.name) for origin in starts if origin.name in inputs]
        name = _get(self.config, "name", str)
        return Saved(
            name, [*listed, *inputs.values()], needed, ends, input_names, output_names, single
        )

    def ends(self, key: str) -> tuple[list[Origin], list[str] | None, bool]:
        """The tensors of `input_layers` or `output_layers`, their names if they are a dictionary, and whether it is just one."""
        value = _plain_lists(self.config.get(key))
        if _is_history(value):
            return [self.history(value, 1)], None, True
        if isinstance(value, dict) and value and all(map(_is_history, value.values())):
            return [self.history(item, 1) for item in value.values()], list(value), False
        found = list(_histories(value))
        if not isinstance(value, list) or not all(map(_is_history, value)):
            self.reader.unknown.append(f"`{key}` are lists within lists, which are one list here")
        if not found:
            raise Unreadable("not-a-model", f"its config names no `{key}`")
        return [self.history(item, 1) for item in found], None, False

    def history(self, value: list[Any], first: int = 0) -> Origin:
        """A tensor as `[layer, call, result]`; calls of a functional model count from `first`.

        Up to Keras 2, calls of every model in the model count from 1, wherever they are named.
        """
        if not _is_history(value):
            raise Unreadable("not-a-model", f"its config names no tensor by {str(value)[:60]}")
        name, index, result = value[:3]
        if name not in self.datas:
            raise Unreadable(
                "not-a-model", f"its config refers to a layer `{name}` that it does not have"
            )
        if self.reader.is_old:
            index -= min(first, name in self.from_one)
        elif _is_functional(self.datas[name]):
            index -= first
        if not 0 <= index < self.counts[name] or result < 0:
            raise Unreadable(
                "not-a-model",
                f"its config refers to call {index} of `{name}`, which is called {self.counts[name]} times",
            )
        return Origin(name, index, result)

    def calls(self, name: str, data: dict[str, Any]) -> Iterator[SavedCall]:
        where = self.where + name
        cls = _get(data, "class_name", str)
        if cls in tensorflow_ops.CLASSES:
            for number, node in enumerate(data["inbound_nodes"]):
                yield from self.function(name, number, data, node)
            return
        nodes = [self.modern(node) for node in data["inbound_nodes"]]
        replace = stand_in(data, self.reader.is_old)
        if replace is not None:
            for number, (args, _) in enumerate(nodes):
                yield from replace(self.place(name, number, data, args))
            return
        if _is_operation(data):
            for number, (args, kwargs) in enumerate(nodes):
                parts = self.new_axes(name, number, data, args)
                if parts is not None:
                    yield from parts
                else:
                    yield self.operation(name, number, data, args, kwargs, where)
            return
        cls, layer, nested = self.reader.part(data, where)
        for number, (args, kwargs) in enumerate(nodes):
            if nested is not None:
                options = {
                    key: value
                    for key, value in kwargs.items()
                    if key == "training" and value is not None
                }
                value = args[0] if args else kwargs.get("inputs")
                yield SavedCall(
                    name,
                    cls,
                    None,
                    number,
                    self.feeds(name, nested, value),
                    options=options,
                    nested=nested,
                )
            else:
                wires = self.reader.attempt(where, partial(self.wires, layer, args, kwargs))
                call = SavedCall(
                    name,
                    cls,
                    layer if wires else None,
                    number,
                    *(wires or self.wires(None, args, kwargs)),
                )
                yield call._replace(data=data)

    def place(self, name: str, number: int, data: dict[str, Any], args: list[Any]) -> Place:
        """The call of a layer for which others stand."""
        sources = self.tensors(args[0])[0] if args else []
        if not sources:
            raise Unreadable("not-a-model", f"its config calls `{name}` without a tensor")
        tensor = args[0] if isinstance(args[0], dict) else {}
        shape = _plain_lists(tensor.get("config", {}).get("shape"))
        where = self.where + name
        return Place(self.reader, where, name, number, data, tuple(sources), shape)

    def function(
        self, name: str, number: int, data: dict[str, Any], node: Any
    ) -> Iterator[SavedCall]:
        """The calls that compute what a function of TensorFlow does."""
        where = self.where + name
        place = Place(self.reader, where, name, number, data, ())
        try:
            root = self.expression(data, node)
            yield from place.operations(root)
        except tensorflow_ops.Unsupported as problem:
            self.reader.unknown.append(f"`{where}`: {problem}")
            sources = tuple(
                self.history(item, 1) for item in _histories(node) if self.is_tensor(item)
            )
            yield SavedCall(name, str(data["class_name"]), None, number, sources, data=data)

    def expression(self, data: dict[str, Any], node: Any) -> tensorflow_ops.Op:
        """What a call of a function of TensorFlow computes."""
        config = _get(data, "config", dict)
        items = [node] if _is_history(node) or _is_constant(node) else node
        if (
            not isinstance(items, list)
            or not items
            or not all(isinstance(i, list) and i for i in items)
        ):
            raise Unreadable(
                "not-a-model", f"its config has a call in no form of Keras: {str(node)[:80]}"
            )
        if data["class_name"] == "TensorFlowOpLayer":
            tensors = [self.history(item, 1) for item in items]
            definition, constants = config.get("node_def"), config.get("constants")
            if not isinstance(definition, dict):
                raise tensorflow_ops.Unsupported("its operation is not in its config as JSON")
            operands = tensorflow_ops.operands_of(definition, tensors, constants)
            return tensorflow_ops.expression(*tensorflow_ops.graph_operation(definition, operands))
        more = items[0][3] if len(items[0]) == 4 and isinstance(items[0][3], dict) else {}
        first = [item[2] if _is_constant(item) else self.history(item, 1) for item in items]
        arguments = {key: self.argument(value) for key, value in more.items()}
        arguments[""] = first[0] if items is not node else first
        return tensorflow_ops.expression(_get(config, "function", str), arguments)

    def argument(self, value: Any) -> Any:
        """An argument of a function, with tensors as what they come from."""
        if _is_constant(value):
            return value[2]
        if self.is_tensor(value):
            return self.history(value, 1)
        return [self.argument(item) for item in value] if isinstance(value, list) else value

    def modern(self, node: Any) -> tuple[list[Any], dict[str, Any]]:
        """The arguments of a call, with its tensors as Keras 3 writes them."""
        if isinstance(node, dict) and "args" in node:
            return _get(node, "args", list), _get(node, "kwargs", dict)
        items = list(node.values()) if isinstance(node, dict) else node
        if _is_history(items):
            items = [items]
        if not isinstance(items, list) or not all(map(_is_history, items)):
            raise Unreadable(
                "not-a-model", f"its config has a call in no form of Keras: {str(node)[:80]}"
            )
        found = [_tensor(self.history(item, 1)) for item in items]
        more = items[-1][3] if items and len(items[-1]) == 4 else None
        kwargs = {
            key: self.modern_value(value)
            for key, value in (more if isinstance(more, dict) else {}).items()
        }
        if isinstance(node, dict):
            return [dict(zip(node, found))], kwargs
        return [found[0] if len(found) == 1 else found], kwargs

    def modern_value(self, value: Any) -> Any:
        """An argument of a call, with its tensors as Keras 3 writes them."""
        if self.is_tensor(value):
            return _tensor(self.history(value, 1))
        return [self.modern_value(item) for item in value] if isinstance(value, list) else value

    def is_tensor(self, value: Any) -> bool:
        """Whether a value is a result of a layer, as Keras 2 writes it."""
        return _is_history(value) and value[0] in self.datas

    def tensors(self, value: Any) -> tuple[list[Origin], bool]:
        """The tensors of an argument, and whether they are a list; none when it is something else."""
        if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
            history = _get(_get(value, "config", dict), "keras_history", list)
            if not _is_history(history):
                raise Unreadable(
                    "not-a-model",
                    f"its config has a tensor of no form of Keras: {str(history)[:80]}",
                )
            return [self.history(history)], False
        if isinstance(value, list):
            found = [self.tensors(item) for item in value]
            if found and all(len(origins) == 1 and not many for origins, many in found):
                return [origins[0] for origins, _ in found], True
        return [], False

    def feeds(self, name: str, nested: Saved, value: Any) -> tuple[Origin, ...]:
        """The sources of a nested model's inputs."""
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

    def wires(
        self, layer: Layer | None, args: list[Any], kwargs: dict[str, Any]
    ) -> tuple[Any, ...]:
        """The sources, whether they are a list, their keywords, and the options of a layer's call."""
        names = _names(layer, len(args))
        if layer is not None and len(names) > 1 and layer.takes.get(names[0]) == (1, 1):
            args = _split_states(args)
        found: list[_Tensors] = []
        options: dict[str, Any] = {}
        for name, value in [*zip(names, args), *kwargs.items()]:
            origins, many = self.tensors(value)
            if origins:
                found.append(_Tensors(name, origins, many))
            elif layer is None or not _is_idle(layer, name, value):
                options[name] = value
        if layer is not None:
            _check_call(layer, names[0], found, options)
        sources = tuple(origin for tensors in found for origin in tensors.origins)
        if len(found) == 1 and found[0].name == names[0]:
            return sources, found[0].listed, (), options
        return sources, False, tuple(t.name for t in found for _ in t.origins), options

    def new_axes(
        self, name: str, number: int, data: dict[str, Any], args: list[Any]
    ) -> Iterator[SavedCall] | None:
        """The calls for what Python writes in brackets, if it makes a new axis, which no single operation here does."""
        key = args[1] if len(args) == 2 else None
        items = key.get("items") if isinstance(key, dict) else key
        if (
            snake_case(data["class_name"]) != "get_item"
            or not isinstance(items, list)
            or None not in items
        ):
            return None
        (x,), _ = self.tensors(args[0])
        place = Place(self.reader, self.where + name, name, number, data, (x,))
        try:
            return place.operations(tensorflow_ops.get_item(x, items))
        except tensorflow_ops.Unsupported:
            return None

    def operation(
        self,
        name: str,
        number: int,
        data: dict[str, Any],
        args: list[Any],
        kwargs: dict[str, Any],
        where: str,
    ) -> SavedCall:
        """A call of a function: beside tensors and numbers it takes arguments that its config does not tell."""
        config = dict(_get(data, "config", dict))
        kind: type[Any] | None = self.reader.attempt(
            where,
            lambda: kind_of({"module": "keras.src.ops", **{k: v for k, v in data.items() if v}}),
        )
        pairs = [*((None, item) for item in args), *kwargs.items()]
        operands = [(key, value, *self.tensors(value)) for key, value in pairs]
        listed = kind is not None and kind.arity is None
        listed = listed or any(many for *_, many in operands)
        sources, is_known = _bind(kind, config, [operand[:3] for operand in operands])
        if kind is not None and not is_known:
            self.reader.unknown.append(f"`{where}`: it is called with an array of numbers")
            return SavedCall(name, str(data["class_name"]), None, number, sources, listed)
        layer = self.reader.attempt(where, lambda: make(kind, config)) if kind else None
        cls = str(data["class_name"]) if kind is None else registry.spec_name(kind)
        return SavedCall(name, cls, layer, number, sources, listed, data=data)


class _Tensors(NamedTuple):
    """The tensors that a call takes under a name."""

    name: str
    origins: list[Origin]
    listed: bool


def _names(layer: Layer | None, count: int) -> list[str]:
    """The names of the arguments of a call, of which `count` have none in the config."""
    names = [*layer.takes] or [layer.first] if layer is not None else ["inputs"]
    return names + [f"argument {number}" for number in range(len(names), count)]


def _split_states(args: list[Any]) -> list[Any]:
    """The arguments of a call, where Keras 2 writes the states after the tensor, in one list with it."""
    if len(args) == 1 and isinstance(args[0], list) and args[0]:
        return [args[0][0], args[0][1:]]
    return args


def _check_call(layer: Layer, first: str, found: list[_Tensors], options: dict[str, Any]) -> None:
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
    cls: type[Any] | None,
    config: dict[str, Any],
    operands: list[tuple[str | None, Any, list[Origin]]],
) -> tuple[tuple[Origin, ...], bool]:
    """Bind what a function is called with; values that are not tensors go to `config`.

    Returns:
        The tensors and numbers that it takes, and whether all the rest is known.
    """
    free = [argument for argument in cls.required if argument not in config] if cls else []
    sources: list[Origin] = []
    for key, value, origins in operands:
        sources += origins
        if origins or cls is None or (key and value is None):
            continue
        if cls.numbers and type(value) in (int, float):
            sources.append(Origin(constant=value))
        elif key or free:
            config[key or free.pop(0)] = value
        else:
            cls = None
    return tuple(sources), cls is not None


def _get(data: Any, key: str, of: type[T]) -> T:
    """A part of a config.

    Raises:
        Unreadable: there is none of that type.
    """
    value = data.get(key) if isinstance(data, dict) else None
    if not isinstance(value, of):
        words = {"dict": "mapping", "list": "list", "str": "text"}[of.__name__]
        raise Unreadable(
            "not-a-model",
            f"its config is in no form of Keras: the {words} `{key}` is missing in {str(data)[:80]}",
        )
    return value


def _plain_lists(value: Any) -> Any:
    """Lists where an `.h5` file has tuples."""
    if isinstance(value, dict) and value.get("class_name") == "__tuple__":
        value = value.get("items")
    if isinstance(value, dict):
        return {key: _plain_lists(item) for key, item in value.items()}
    return [_plain_lists(item) for item in value] if isinstance(value, list) else value


def _is_history(value: Any) -> bool:
    return (
        isinstance(value, list)
        and len(value) in (3, 4)
        and isinstance(value[0], str)
        and type(value[1]) is type(value[2]) is int
    )


def _histories(value: Any) -> Iterator[list[Any]]:
    if _is_history(value):
        yield value
    elif isinstance(value, (dict, list)):
        for item in value.values() if isinstance(value, dict) else value:
            yield from _histories(item)


def _tensor(origin: Origin) -> dict[str, Any]:
    return {
        "class_name": "__keras_tensor__",
        "config": {"keras_history": [origin.name, origin.call, origin.result]},
    }


def _is_functional(data: dict[str, Any]) -> bool:
    """Whether a layer is a functional model, of which Keras counts the calls from 1 where it names the outputs."""
    config = data.get("config")
    return isinstance(config, dict) and "layers" in config and "input_layers" in config


def _called_zero(value: Any) -> set[str]:
    """Return the layers whose call 0 is named somewhere in a config."""
    found: set[str] = set()
    stack = [value]
    while stack:
        item = stack.pop()
        if _is_history(item) and item[1] == 0:
            found.add(item[0])
        if isinstance(item, (dict, list)):
            stack += item.values() if isinstance(item, dict) else item
    return found


def _is_model(data: dict[str, Any]) -> bool:
    """Whether a layer is a functional or sequential model."""
    config = data.get("config")
    return isinstance(config, list) or (isinstance(config, dict) and "layers" in config)


def _is_constant(value: Any) -> bool:
    """Whether an argument is a number, as Keras 2 writes one in place of a tensor."""
    return isinstance(value, list) and len(value) in (3, 4) and value[0] == "_CONSTANT_VALUE"


def _is_operation(data: dict[str, Any]) -> bool:
    """Whether a layer is a call of a function; in an `.h5` file Keras does not tell, and cannot load what it has written."""
    if data.get("module") is not None:
        return str(data["module"]).startswith("keras.src.ops")
    without_arguments = all(
        isinstance(node, dict) for node in data["inbound_nodes"]
    ) and "trainable" not in _get(data, "config", dict)
    return without_arguments and registry.layer(f"ops.{snake_case(data['class_name'])}") is not None


def _is_idle(layer: Layer, name: str, value: Any) -> bool:
    """Whether an option says what the layer would do without it."""
    if name == "training" and isinstance(value, bool):
        return value is layer.training_default
    return value is None or value is False
