"""The config of a saved model -> its calls of layers."""

from __future__ import annotations

import marshal
import re
from typing import TYPE_CHECKING, Any, Callable, Mapping, Sequence, TypeVar

from mergecli.catalog.keras_object import ArgumentErrors
from mergecli.catalog.layer import Layer, spec_name
from mergecli.catalog.old_configs import replaced
from mergecli.catalog.versions import read_version
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.config_tensors import required
from mergecli.importers.keras.config_values import Unknown, layer_class, make
from mergecli.importers.keras.functional_reader import FunctionalReader
from mergecli.importers.keras.inlining import graph
from mergecli.importers.keras.safety import is_keras_s, name_of, refusals
from mergecli.importers.keras.saved_model import Origin, Saved, SavedCall, WrappedSaved
from mergecli.importers.keras.stand_ins import Place, stand_in
from mergecli.ir.subgraphs import nest

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json, JsonDict

T = TypeVar("T")
#: The version of `marshal` that writes equal values alike.
_WITHOUT_REFERENCES = 2
#: The classes of models that are what their config says.
MODELS = ("Functional", "Model", "Sequential")


def parse(config: JsonDict) -> Saved:
    """The model that a config describes, with all that prevents loading it.

    Args:
        config: The config, as `json_configs.loaded` returns it.

    Raises:
        Unreadable: it is no config of a functional or sequential model.
    """
    version = config.get("keras_version")
    refused = list(refusals(config))
    reader = _Reader(_is_old(config, version), _writes_lists(version))
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


def _is_old(config: Json, version: Json) -> bool:
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


def _writes_lists(version: Json) -> bool:
    """Whether the Keras that wrote a config writes one tensor as a list of one, as it did before 3.11."""
    written = read_version(version) if isinstance(version, str) else None
    return written is None or written < (3, 11)


def is_model(data: JsonDict) -> bool:
    """Whether a config is one of a functional or sequential model of Keras itself."""
    cls, config = data.get("class_name"), data.get("config")
    if cls == "Sequential" and isinstance(config, list):
        return True
    has_layers = isinstance(config, dict) and "layers" in config
    return has_layers and cls in MODELS and (data.get("module") is None or is_keras_s(data))


class _Reader:
    """Reads a model and those in it, and collects what no rule knows."""

    def __init__(self, is_old: bool, writes_lists: bool) -> None:
        self.is_old, self.writes_lists = is_old, writes_lists
        self.custom: dict[str, None] = {}
        self.unknown: list[str] = []
        self.notes: list[str] = []
        #: The layers that were read, by all that their configs say but their names.
        self._read: dict[tuple[type[Layer], bytes], Layer] = {}

    def model(self, data: JsonDict, where: str) -> Saved:
        """Return the model of a config.

        Raises:
            Unreadable: Its config does not describe its layers.
        """
        cls = required(data, "class_name", str)
        if cls == "Sequential" and isinstance(data.get("config"), list):
            # Before Keras 2.2.3 a sequential model had no name.
            data = {**data, "config": {"name": "sequential", "layers": data["config"]}}
        config = required(data, "config", dict)
        if cls not in MODELS:
            self.custom[str(data.get("registered_name") or cls)] = None
        if "layers" in config and "input_layers" in config:
            return FunctionalReader(self, config, where).read()
        if "layers" in config and cls == "Sequential":
            return self.sequential(config, where)
        raise Unreadable(
            "not-a-model",
            f"`{cls}` does not tell its layers in its config",
            "mergecli reads functional and sequential models; a class of your own shows only itself",
        )

    def sequential(self, config: JsonDict, where: str) -> Saved:
        """Return a chain of layers; its input is one of them, or known by a shape or by its first
        model.

        Raises:
            Unreadable: A layer has no name.
        """
        name, datas = required(config, "name", str), required(config, "layers", list)
        calls: list[SavedCall] = []
        counts: dict[str, int] = {}
        for data in datas:
            own = name_of(data) if isinstance(data, dict) else ""
            if not own:
                raise Unreadable("not-a-model", "its config has a layer without a name")
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
        self, config: JsonDict, datas: Sequence[JsonDict], calls: list[SavedCall]
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

    def part(self, data: JsonDict, where: str) -> tuple[str, Layer | None, Saved | None]:
        """The class, and the layer or the model, of one entry among a model's layers."""
        cls = required(data, "class_name", str)
        if is_model(data):
            return cls, None, self.model(data, f"{where}.")
        config = required(data, "config", dict)
        cls, config = replaced(cls, config)
        data = {**data, "class_name": cls, "config": config}
        kind = self.attempt(where, lambda: layer_class(data))
        if kind is None:
            return str(data.get("registered_name") or cls), None, None
        built = {**config, "build_config": data.get("build_config")}
        argument = kind.arguments.get("layer")
        if argument is not None and argument.models:
            layer = self.attempt(where, lambda: make(kind, self.with_model(kind, built, where)))
        else:
            layer = self.attempt(where, lambda: self.plain_layer(kind, built))
        return spec_name(kind), layer, None

    def plain_layer(self, cls: type[Layer], config: JsonDict) -> Layer:
        """Return a layer that applies no model; layers often differ in nothing but their names.

        Layers with equal configs are separate objects with the same values, and have the same `explicit`.

        Raises:
            Unknown: No rule knows an argument or a class in its config.
            ArgumentErrors: It does not accept its arguments.
        """
        # Its name is not among the arguments that are read.
        key = cls, marshal.dumps({**config, "name": None}, _WITHOUT_REFERENCES)
        known = self._read.get(key)
        if known is None:
            known = self._read[key] = make(cls, config)
            return known
        layer = cls.__new__(cls)
        layer.__dict__.update(known.__dict__)
        return layer

    def with_model(
        self, kind: type[Layer], config: Mapping[str, Any], where: str
    ) -> Mapping[str, Any]:
        """The config of a layer with the model that it applies read, if it does.

        Raises:
            Unknown: no layer applies such a model.
        """
        argument, data = kind.arguments.get("layer"), config.get("layer")
        if argument is None or not argument.models or not isinstance(data, dict):
            return config
        if is_model(data):
            return {**config, "layer": self.wrapped(data, where)}
        inner = data.get("config")
        if data.get("class_name") == kind.__name__ and isinstance(inner, dict):
            return {**config, "layer": {**data, "config": self.with_model(kind, inner, where)}}
        return config

    def wrapped(self, data: JsonDict, where: str) -> WrappedSaved:
        """A model in a layer.

        Raises:
            Unknown: no layer applies such a model.
        """
        saved = self.model(data, f"{where}.")
        is_one = self.writes_lists and len(saved.outputs) == 1 and saved.output_names is None
        saved = saved._replace(is_old=self.is_old, single=saved.single or is_one)
        if len(saved.inputs) != 1 or not saved.single:
            message = f"it applies `{saved.name}`, a model that does not take and give one tensor"
            raise Unknown(message)
        if saved.inputs[0].layer is None:
            message = (
                f"it applies `{saved.name}`, whose config does not give the shape of its input"
            )
            raise Unknown(message)
        layer, _ = nest(graph(saved, None, True), WrappedSaved)
        layer.saved = saved
        return layer

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
