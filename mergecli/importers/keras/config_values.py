"""A config as Keras writes it -> our arguments and kinds."""

from __future__ import annotations

import re
import struct
from typing import TYPE_CHECKING, Callable, Mapping, TypeVar

from mergecli.catalog import registry
from mergecli.catalog.aliases import class_key
from mergecli.catalog.arguments import Argument, ArgumentError
from mergecli.catalog.config_quirks import Quirk, UnsupportedConfig
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, snake_case
from mergecli.catalog.list_arguments import Factor
from mergecli.catalog.old_configs import CLASSES, modern, replaced
from mergecli.importers.keras.safety import is_keras_s, is_registered

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json, JsonDict

T = TypeVar("T", bound=KerasObject)


class Unknown(Exception):
    """A config says what no rule knows; `custom` is the class, when it is one of the user's."""

    def __init__(self, message: str, custom: str | None = None) -> None:
        super().__init__(message)
        self.custom = custom


#: Keys that are no arguments of the object in which they stand.
SKIPPED = ("name", "batch_input_shape", "build_config", "__passive_serialization__")
#: Names that are in use, but not in what Keras documents.
_UNDOCUMENTED = ("one", "zero")


#: Stands for the default of an argument that has none.
_NO_DEFAULT = object()
#: The types of values that are the default if they are equal to it and of its type.
_SIMPLE = frozenset((bool, float, int, str))


def arguments(kind: type[KerasObject], config: Mapping[str, Json]) -> dict[str, object]:
    """The arguments that give a kind what a config of Keras says, without its name and what is the default.

    >>> from mergecli.catalog.layers.core import Dense
    >>> arguments(Dense, {"units": 3, "use_bias": True, "kernel_initializer": {"class_name": "HeNormal", "config": {"seed": None}}})
    {'units': 3, 'kernel_initializer': 'he_normal'}

    Raises:
        Unknown: there is an argument or a class that no rule knows.
        ArgumentErrors: an object in it does not accept its arguments.
    """
    found: dict[str, object] = {}
    for name, given in _constructor_arguments(kind, config).items():
        argument = kind.arguments.get(name)
        if name in SKIPPED or (argument is None and given is None):
            continue
        default = kind.defaults.get(name, _NO_DEFAULT)
        if given is default or (
            type(given) is type(default) and type(given) in _SIMPLE and given == default
        ):
            continue
        if argument is None:
            raise Unknown(f"`{kind.__name__}` has no argument `{name}` that mergecli knows")
        value = plain(given, argument)
        if name == "axis" and isinstance(value, list) and len(value) == 1:
            value = value[0]
        if kind.role in ("regularizer", "optimizer") and isinstance(value, float):
            value = _short(value)
        written = kind.written_defaults.get(name)
        if name not in kind.defaults or not _is_default(
            value, kind.defaults[name], written, argument
        ):
            found[name] = value
    return found


def _constructor_arguments(
    cls: type[KerasObject], config: Mapping[str, Json]
) -> Mapping[str, Json]:
    """Return a config with the names and values that the constructor of a class takes.

    Raises:
        Unknown: no arguments express the config.
    """
    quirk: Quirk | None = getattr(cls, "config_quirk", None)
    config = modern(cls.arguments, config)
    if config.get("quantization_config") is not None:
        raise Unknown("it is quantized; save the model before `quantize()`")
    try:
        return config if quirk is None else quirk.apply(config)
    except UnsupportedConfig as error:
        raise Unknown(str(error)) from None


def make(kind: type[T], config: Mapping[str, Json]) -> T:
    """An object of a kind from its config; raises as `arguments` does."""
    return kind(**arguments(kind, config))


def kind_of(data: Mapping[str, Json], role: str = "layer") -> type[KerasObject]:
    """The kind of an object in a config.

    Raises:
        Unknown: no rule knows its class.
    """
    cls, module, registered = (
        str(data.get("class_name")),
        data.get("module"),
        data.get("registered_name"),
    )
    kind: type[KerasObject] | None = None
    custom = is_registered(data) or (isinstance(registered, str) and ">" in registered)
    if custom:
        cls = str(registered or cls)
    elif isinstance(module, str) and module.startswith("keras.src.ops"):
        prefix = "ops.image" if module.endswith(".image") else "ops"
        kind = registry.layer(f"{prefix}.{snake_case(cls)}") or _operation(cls)
    elif (module is None or is_keras_s(data)) and "." not in cls:
        kind = registry.thing(role, CLASSES.get(cls, cls))
    if kind is None:
        raise _unknown(cls, role, custom, is_keras_s(data))
    return kind


def _operation(cls: str) -> type[KerasObject] | None:
    """Return the operation of a class whose name is not that of its function, such as `AllClose`."""
    operations = (kind for name, kind in registry.layers().items() if name.startswith("ops."))
    return next((kind for kind in operations if kind.__name__ == cls), None)


def _unknown(cls: str, role: str, is_custom: bool, is_of_keras: bool) -> Unknown:
    """Return the error for a class that no rule knows."""
    from mergecli.catalog.former_names import GONE  # start-up

    gone = GONE.get(cls) if not is_custom else None
    if gone is not None:
        return Unknown(f"`{cls}` is gone since Keras {gone[0]}: {gone[1]}")
    message = f"no rule knows the {role} `{cls}`"
    return Unknown(message, cls if is_custom or not is_of_keras else None)


def layer_class(data: Mapping[str, Json]) -> type[Layer]:
    """Return the class of a layer or operation in a config.

    Raises:
        Unknown: No rule knows it.
    """
    cls = kind_of(data)
    assert issubclass(cls, Layer)
    return cls


def plain(value: Json, argument: Argument) -> object:
    """Return a value of a config as an argument takes it: objects, or their names where these say
    it all.

    Raises:
        Unknown: A class in it is not known, or has no config.
        ArgumentErrors: An object in it does not accept its arguments.
    """
    if isinstance(value, list):
        return [plain(item, argument) for item in value]
    if not isinstance(value, dict):
        return value
    value = _with_class(value, argument)
    cls, config = value.get("class_name"), value.get("config")
    if not isinstance(cls, str):
        return {key: plain(item, argument) for key, item in value.items()}
    if cls in ("__tuple__", "TensorShape"):
        return plain(value.get("items"), argument)
    if cls == "__ellipsis__":
        return "..."
    if cls == "function":
        return _function(value)
    if not isinstance(config, dict):
        raise Unknown(f"no rule knows a `{cls}` without a config")
    if cls in _DATA:
        return _DATA[cls](config)
    if cls in _SETTINGS and not is_registered(value):
        return _SETTINGS[cls](config)
    return _shared_object(value, config, argument)


#: Objects by their argument and their config, as a model has the same ones again and again.
_shared: dict[tuple[Argument, str], object] = {}
_SHARED_ROLES = frozenset(("initializer", "regularizer", "constraint"))
_MOST_SHARED = 1000


def _shared_object(value: Mapping[str, Json], config: JsonDict, argument: Argument) -> object:
    """Return an object of the catalog, or its name, the same one for the same config."""
    if argument.role not in _SHARED_ROLES:
        return _object(value, config, argument)
    key = argument, repr(value)
    if key not in _shared:
        if len(_shared) >= _MOST_SHARED:
            _shared.clear()
        _shared[key] = _object(value, config, argument)
    return _shared[key]


#: What Keras 1 calls regularizers and constraints.
_KERAS_1_CLASSES = {
    "ActivityRegularizer": "L1L2",
    "L1L2Regularizer": "L1L2",
    "WeightRegularizer": "L1L2",
}


def _with_class(value: JsonDict, argument: Argument) -> JsonDict:
    """Return the config of an object in today's form; Keras 1 has the class of some as the `name` among the arguments."""
    name = value.get("name")
    if argument.role not in ("regularizer", "constraint") or "class_name" in value or not name:
        return value
    config = {"max_value" if key == "m" else key: item for key, item in value.items()}
    del config["name"]
    return {"class_name": _KERAS_1_CLASSES.get(str(name), str(name)), "config": config}


def _function(value: Mapping[str, Json]) -> str:
    config = value.get("config")
    if not isinstance(config, str) or is_registered(value):
        raise Unknown(f"no rule knows the function `{config}`", str(config))
    return config


def _object(value: Mapping[str, Json], config: JsonDict, argument: Argument) -> object:
    """An object of the catalog, or its name where that says it all."""
    cls, config = replaced(str(value["class_name"]), config)
    kind = kind_of({**value, "class_name": cls}, argument.role or _role_of(value))
    made = make(kind, config)
    if isinstance(made, Layer) and _is_given(kind, config.get("name")):
        made = kind(**made.explicit, name=config["name"])
    return next(
        (name for name in argument.names if not made.explicit and _is_name_of(name, made)), made
    )


def _role_of(value: Mapping[str, Json]) -> str:
    """Return the role of an object of Keras by its module, where the argument does not say it."""
    parts = re.sub(r"^keras\.(src\.)?", "", str(value.get("module"))).split(".")
    roles = {
        "constraints": "constraint",
        "initializers": "initializer",
        "losses": "loss",
        "metrics": "metric",
        "regularizers": "regularizer",
    }
    return roles.get(parts[0], "layer")


#: What the configs of plain values say.
_DATA: dict[str, Callable[[JsonDict], Json]] = {
    **dict.fromkeys(("__numpy__", "__tensor__", "__bytes__"), lambda config: config.get("value")),
    "__slice__": lambda config: (
        {key: number for key, number in config.items() if number is not None} or None
    ),
}
#: What the configs of Keras's own policies and generators say.
_SETTINGS: dict[str, Callable[[JsonDict], Json]] = {
    **dict.fromkeys(
        ("DTypePolicy", "FloatDTypePolicy", "Policy"), lambda config: config.get("name")
    ),
    **dict.fromkeys(
        ("QuantizedDTypePolicy", "QuantizedFloat8DTypePolicy"),
        lambda config: f"{config.get('mode')}_from_{config.get('source_name')}",
    ),
    "SeedGenerator": lambda config: config.get("seed"),
}


def _is_given(kind: type[KerasObject], name: object) -> bool:
    """Whether the name of a layer in a layer is none that Keras makes up."""
    return (
        isinstance(name, str)
        and "/" not in name
        and not re.fullmatch(rf"((for|back)ward_)*{snake_case(kind.__name__)}(_\d+)?", name)
    )


def _is_name_of(name: str, made: KerasObject) -> bool:
    """Whether a name stands for an object with its defaults, and is written as Keras's documentation writes it."""
    return (
        not isinstance(made, Layer)
        and name == name.lower()
        and name not in _UNDOCUMENTED
        and class_key(name) == class_key(type(made).__name__)
    )


def _short(value: float) -> float:
    """The shortest number that is the same in 32 bits, as which Keras keeps some.

    >>> _short(0.009999999776482582), _short(0.1)
    (0.01, 0.1)
    """
    if not abs(value) < 1e38 or struct.unpack("f", packed := struct.pack("f", value))[0] != value:
        return value
    return next(
        short
        for short in (float(f"{value:.{digits}g}") for digits in range(1, 18))
        if struct.pack("f", short) == packed
    )


def _is_default(value: object, default: object, written: object, argument: Argument) -> bool:
    """Whether a value is the default, or what Keras has written for it."""
    if value is None or default is None:
        return value is default or (value is not None and value == written)
    if isinstance(argument, Factor) and value == [0, default]:
        return True
    if isinstance(value, str) and isinstance(default, str) and argument.role:
        return class_key(value) == class_key(default)
    try:
        return bool(argument.check(value) == argument.check(default))
    except ArgumentError:
        return False
