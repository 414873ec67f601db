"""A config as Keras writes it -> our arguments and kinds."""

from __future__ import annotations

import struct
from typing import Any, Callable, Mapping

from mergecli.layers import catalogue
from mergecli.layers.arguments import Argument, ArgumentError, Factor
from mergecli.layers.base import Kind, Layer, snake_case
from mergecli.saved.safety import is_keras_s, is_registered


class Unknown(Exception):
    """A config says what no rule knows; `custom` is the class, when it is one of the user's."""

    def __init__(self, message: str, custom: str | None = None) -> None:
        super().__init__(message)
        self.custom = custom


#: What Keras writes for an argument whose default is null; that of a single kind stands under both names.
WRITTEN: dict[str, Any] = {
    "activation": "linear",
    "data_format": "channels_last",
    "dtype": "float32",
    "ragged": False,
    "sparse": False,
    "HashedCrossing.dtype": "int64",
    "Hashing.dtype": "int64",
}
#: Names of initializers that are not those of their classes.
SHORT = {"uniform": "RandomUniform", "normal": "RandomNormal"}


def arguments(kind: type[Kind], config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments that give a kind what a config of Keras says, without its name and what is the default.

    >>> from mergecli.layers.core import Dense
    >>> arguments(Dense, {"units": 3, "use_bias": True, "kernel_initializer": {"class_name": "HeNormal", "config": {"seed": None}}})
    {'units': 3, 'kernel_initializer': 'he_normal'}

    Raises:
        Unknown: there is an argument or a class that no rule knows.
        Faults: a kind inside does not accept its arguments.
    """
    tidy = _TIDY.get(kind.__name__)
    config = tidy(dict(config)) if tidy else config
    found: dict[str, Any] = {}
    for name, given in config.items():
        argument = kind.arguments.get(name)
        if name == "name" or (argument is None and given is None):
            continue
        if argument is None:
            raise Unknown(f"`{kind.__name__}` has no argument `{name}` that mergecli knows")
        value = plain(given, argument)
        if kind.role == "regularizer" and isinstance(value, float):
            value = _short(value)
        written = WRITTEN.get(f"{kind.__name__}.{name}", WRITTEN.get(name))
        if name not in kind.defaults or not _is_default(value, kind.defaults[name], written, argument):
            found[name] = value
    return found


def make(kind: type[Kind], config: Mapping[str, Any]) -> Kind:
    """An object of a kind from its config; raises as `arguments` does."""
    return kind(**arguments(kind, config))


def kind_of(data: Mapping[str, Any], role: str = "layer") -> type[Kind]:
    """The kind of an object in a config.

    Raises:
        Unknown: no rule knows its class.
    """
    cls, module = str(data.get("class_name")), data.get("module")
    registered = data.get("registered_name")
    kind: type[Kind] | None = None
    if is_registered(dict(data)) or (isinstance(registered, str) and ">" in registered):
        cls = str(registered or cls)
    elif isinstance(module, str) and module.startswith("keras.src.ops"):
        prefix = "ops.image" if module.endswith(".image") else "ops"
        kind = catalogue.layer(f"{prefix}.{snake_case(cls)}")
    elif (module is None or is_keras_s(dict(data))) and "." not in cls:
        kind = catalogue.thing(role, cls)
    if kind is None:
        raise Unknown(f"no rule knows the {role} `{cls}`", cls)
    return kind


def plain(value: Any, argument: Argument) -> Any:
    """A value of a config as an argument takes it: numbers, texts and lists; kinds, or their names where these say it all."""
    if isinstance(value, list):
        return [plain(item, argument) for item in value]
    if not isinstance(value, dict):
        return value
    cls, config = value.get("class_name"), value.get("config")
    if not isinstance(cls, str):
        return {key: plain(item, argument) for key, item in value.items()}
    if cls in ("__tuple__", "TensorShape"):
        return plain(value.get("items"), argument)
    if cls == "function":
        if not isinstance(config, str) or is_registered(value):
            raise Unknown(f"no rule knows the function `{config}`", str(config))
        return config
    if not isinstance(config, dict):
        raise Unknown(f"no rule knows a `{cls}` without a config")
    if cls in ("__numpy__", "__tensor__", "__bytes__"):
        return config.get("value")
    if cls.endswith("Policy") and not is_registered(value):
        return config.get("name")
    if cls == "SeedGenerator" and not is_registered(value):
        return config.get("seed")
    made = make(kind_of(value, argument.role or "layer"), config)
    return next((name for name in argument.names if not made.given and _names(name, made)), made)


def _names(name: str, made: Kind) -> bool:
    """Whether a name stands for an object with its defaults, and is written as Keras's documentation writes it."""
    return not isinstance(made, Layer) and name == name.lower() and _fold(SHORT.get(name, name)) == _fold(type(made).__name__)


def _fold(name: str) -> str:
    return name.replace("_", "").lower()


def _short(value: float) -> float:
    """The shortest number that is the same in 32 bits, as which Keras keeps some: 0.01, which comes as 0.009999999776482582."""
    packed = struct.pack("f", value)
    if struct.unpack("f", packed)[0] != value:
        return value
    return next(short for short in (float(f"{value:.{digits}g}") for digits in range(1, 18)) if struct.pack("f", short) == packed)


def _is_default(value: Any, default: Any, written: Any, argument: Argument) -> bool:
    """Whether a value is the default, or what Keras has written for it."""
    if value is None or default is None:
        return value is default or (value is not None and value == written)
    if isinstance(argument, Factor) and value == [0, default]:
        return True
    if isinstance(value, str) and isinstance(default, str) and argument.role:
        return _fold(SHORT.get(value, value)) == _fold(SHORT.get(default, default))
    try:
        return bool(argument.check(value) == argument.check(default))
    except ArgumentError:
        return False


def _bidirectional(config: dict[str, Any]) -> dict[str, Any]:
    # Keras writes the second layer even where it is the first turned round, and sets what both do about masks.
    layer, back = (dict(config.get(key) or {}) for key in ("layer", "backward_layer"))
    for side in (layer, back):
        side["config"] = {key: value for key, value in (side.get("config") or {}).items() if key not in ("name", "zero_output_for_mask")}
    turned = {**layer, "config": {**layer["config"], "go_backwards": True}, "build_config": back.get("build_config")}
    return {
        **config,
        "layer": layer,
        "backward_layer": None if {**back, "build_config": None} == {**turned, "build_config": None} else back,
    }


def _discretization(config: dict[str, Any]) -> dict[str, Any]:
    # One that is adapted tells both where its bins end and how many it was asked for.
    return {key: value for key, value in config.items() if key != "num_bins"} if config.get("bin_boundaries") else config


def _lookup(config: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in config.items() if key != "vocabulary_size"} if config.get("vocabulary") else config


def _shear(config: dict[str, Any]) -> dict[str, Any]:
    # Its constructor refuses the list that it makes of a number.
    return {
        key: value[1] if isinstance(value, list) and len(value) == 2 and value[0] == -value[1] else value for key, value in config.items()
    }


def _without(**left_out: Any) -> Callable[[dict[str, Any]], dict[str, Any]]:
    """Leave out arguments that have these values; a text that begins with `$` is the value of another argument."""

    def tidy(config: dict[str, Any]) -> dict[str, Any]:
        pairs = {name: config.get(value[1:]) if isinstance(value, str) and value[:1] == "$" else value for name, value in left_out.items()}
        return {name: value for name, value in config.items() if name not in pairs or value != pairs[name]}

    return tidy


#: Where a config says more, or other things, than the constructor takes.
_TIDY: dict[str, Callable[[dict[str, Any]], dict[str, Any]]] = {
    **dict.fromkeys((f"{mode}Pooling{rank}D" for mode in ("Average", "Max") for rank in (1, 2, 3)), _without(strides="$pool_size")),
    **dict.fromkeys(("IntegerLookup", "StringLookup", "TextVectorization"), _lookup),
    "BatchNormalization": _without(renorm_clipping={}),
    "Bidirectional": _bidirectional,
    "Discretization": _discretization,
    "LayerNormalization": _without(rms_scaling=False),
    "MelSpectrogram": _without(sequence_length="$fft_length"),
    "MultiHeadAttention": _without(value_dim="$key_dim"),
    "Normalization": _without(axis=[-1]),
    "RandomShear": _shear,
}
