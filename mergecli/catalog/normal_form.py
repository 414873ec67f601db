"""The normal form of arguments: the same for all notations of one meaning, so that two models can be compared."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from mergecli.catalog import registry
from mergecli.catalog.aliases import activation_name, class_key
from mergecli.catalog.arguments import Argument, ArgumentError, Choice
from mergecli.catalog.custom import Custom
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import Layer, spec_name
from mergecli.catalog.list_arguments import Factor


def normal_arguments(item: KerasObject) -> dict[str, object]:
    """Return the arguments of a layer or another object that are not the defaults, in their normal form.

    >>> from mergecli.catalog.layers.convolutional import Conv2D
    >>> normal_arguments(Conv2D(filters=8, kernel_size=3, strides=[1, 1], activation="linear", kernel_initializer="GlorotUniform"))
    {'filters': 8, 'kernel_size': [3, 3]}
    """
    found: dict[str, object] = {}
    given = item.explicit
    if isinstance(item, Custom) and item.config is not None:
        config = item.config.get("config")
        given = (
            {key: value for key, value in config.items() if key != "dtype"}
            if isinstance(config, Mapping)
            else {}
        )
    known = type(item).arguments
    for name, value in given.items():
        if name == "name" and item.role not in ("loss", "metric"):
            continue
        argument = known.get(name)
        said = normal(value, argument, name)
        if name not in item.defaults or said != _default(type(item), name):
            found[name] = said
    if (
        "strides" in found
        and "pool_size" in known
        and found["strides"] == normal(getattr(item, "pool_size", None), known["pool_size"])
    ):
        del found["strides"]  # a window moves by its own size if nobody says how far
    if getattr(item, "frozen", False):
        found["trainable"] = False
    return found


#: Defaults in their normal form, by class and argument.
_defaults: dict[tuple[type[KerasObject], str], object] = {}


def _default(cls: type[KerasObject], name: str) -> object:
    if (cls, name) not in _defaults:
        _defaults[cls, name] = normal(cls.defaults[name], cls.arguments.get(name), name)
    return _defaults[cls, name]


def default(layer: Layer | None, name: str) -> object:
    """Return the default of an argument in its normal form; None where there is none."""
    return (
        _default(type(layer), name) if layer is not None and name in type(layer).defaults else None
    )


def normal(value: object, argument: Argument | None, name: str = "") -> object:
    """Return the normal form of a value: the same for all notations of one meaning, made of JSON types.

    Args:
        value: The value, as it is written or as an argument normalizes it.
        argument: What accepts it, if that is known.
        name: The name of the argument.
    """
    if isinstance(value, KerasObject):
        inside = normal_arguments(value)
        called = spec_name(type(value))
        return {called: inside} if inside else called
    role = argument.role if argument is not None else None
    if isinstance(value, str):
        if isinstance(argument, Choice):
            value = _spelled(value, argument)
        return _normal_string(value, role, name)
    if role is None and argument is not None and value is not None:
        try:
            value = argument.check(value)
        except ArgumentError:
            return value
    if value is False and name in ("ragged", "sparse"):
        return None
    if name == "axis" and isinstance(value, (list, tuple)) and len(value) == 1:
        return value[0]
    if isinstance(argument, Factor) and isinstance(value, (int, float)):
        return _normal_factor(value, argument)
    return plain(value, argument)


def _normal_factor(number: float, argument: Factor) -> object:
    """Return the least and the most of a factor that is a number, if that is what Keras makes of it."""
    if argument.strict:
        return number
    # A number goes from nothing to itself, or as far in both directions.
    return [argument.low, number] if argument.low >= 0 else [-abs(number), abs(number)]


def _spelled(value: str, choice: Choice) -> str:
    """Return a string as Keras spells it, where it takes it in any case."""
    try:
        checked = choice.check(value)
    except ArgumentError:
        return value
    return checked if isinstance(checked, str) else value


def _normal_string(value: str, role: str | None, name: str) -> str | None:
    """Return the normal form of a string: a name of an object of a role, or a plain value."""
    if role == "layer":
        return activation_name(value)
    if role is not None:
        return _class_names(role).get(class_key(value), value)
    is_default = KerasObject.written_defaults.get(name) == value
    return None if is_default and name != "activation" else value


def plain(value: object, argument: Argument | None = None) -> object:
    """Return a value in which tuples are lists, and objects are their classes with arguments.

    Slices and `...` are as a spec has them.
    """
    if isinstance(value, KerasObject) or (
        isinstance(value, str) and argument is not None and argument.role
    ):
        return normal(value, argument)
    if isinstance(value, (list, tuple)):
        return [plain(item, argument) for item in value]
    if isinstance(value, Mapping):
        return {str(key): plain(item, argument) for key, item in value.items()}
    if isinstance(value, slice):
        ends = {"start": value.start, "stop": value.stop, "step": value.step}
        return {name: end for name, end in ends.items() if end is not None} or None
    return "..." if value is ... else value


@cache
def _class_names(role: str) -> dict[str, str]:
    """The classes of a role by all their names, without case and underscores."""
    return {
        name.replace("_", "").lower(): spec_name(cls) for name, cls in registry.things(role).items()
    }
