"""Config quirks: where the config that Keras writes of a layer says more than its constructor takes, or in other words.

A quirk takes the config of a layer and returns one that names the constructor's arguments. It is declared in the body
of the layer's class, as `config_quirk = without(...)`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Callable, Dict

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json

Config = Dict[str, "Json"]


class Quirk:
    """Turns a config into one with the arguments of the constructor.

    Args:
        apply: The function that does so.
    """

    __slots__ = ("apply",)

    def __init__(self, apply: Callable[[Config], Config]) -> None:
        self.apply = apply


class UnsupportedConfig(Exception):
    """A config that no arguments of the class can express."""


def without(*names: str, **values: Json) -> Quirk:
    """Return a quirk that leaves out arguments.

    Args:
        *names: Arguments that are left out whatever their value.
        **values: Arguments that are left out if they have this value. A text that begins with `$` stands for the value
            of another argument.

    >>> without("build", strides="$size").apply({"build": 1, "size": 2, "strides": 2})
    {'size': 2}
    """

    def quirk(config: Config) -> Config:
        unneeded = {
            key: config.get(value[1:]) if isinstance(value, str) and value[:1] == "$" else value
            for key, value in values.items()
        }
        return {
            key: value
            for key, value in config.items()
            if key not in names and not (key in unneeded and unneeded[key] == value)
        }

    return Quirk(quirk)


def unless(argument: str, *names: str) -> Quirk:
    """Return a quirk that leaves out `names` where the config has a value for `argument`.

    >>> unless("vocabulary", "size").apply({"vocabulary": ["a"], "size": 1})
    {'vocabulary': ['a']}
    """
    quirk = without(*names)
    return Quirk(lambda config: quirk.apply(config) if config.get(argument) else config)
