"""The config of how a saved model was compiled -> the arguments of `keras.Model.compile`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Mapping

from mergecli.catalog import registry
from mergecli.catalog.fields import Object
from mergecli.catalog.keras_object import KerasObject
from mergecli.catalog.layer import snake_case
from mergecli.catalog.training.compile import LOSS, METRIC, OPTIMIZER
from mergecli.importers.keras.config_values import plain

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json

#: What Keras writes of an option that was not given; whether to compile it finds out anew.
USUAL = {
    "run_eagerly": False,
    "steps_per_execution": 1,
    "jit_compile": False,
    "auto_scale_loss": True,
}


def compile_arguments(config: Mapping[str, Json]) -> dict[str, object]:
    """The arguments of `keras.Model.compile` that are not the defaults, with kinds in place of objects.

    Raises:
        Unknown: there is an argument or a class that no rule knows.
        ArgumentErrors: an object in it does not accept its arguments.
    """
    found: dict[str, object] = {"optimizer": _one(config.get("optimizer"), OPTIMIZER)}
    for key, argument in (
        ("loss", LOSS),
        ("loss_weights", None),
        ("metrics", METRIC),
        ("weighted_metrics", METRIC),
    ):
        value = _each(config.get(key), argument)
        if value is not None:
            found[key] = (
                [value] if argument is METRIC and not isinstance(value, (list, dict)) else value
            )
    found.update(
        {
            key: config[key]
            for key, usual in USUAL.items()
            if key in config and config[key] not in (None, usual)
        }
    )
    return found


def _each(value: Json, argument: Object | None) -> object:
    """One object for each output, or for all."""
    if isinstance(value, list):
        return [_each(item, argument) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _each(item, argument) for key, item in value.items()}
    return value if argument is None or value is None else _one(value, argument)


def _one(value: Json, argument: Object) -> object:
    found = plain(value, argument)
    config = value.get("config") if isinstance(value, dict) else None
    name = config.get("name") if isinstance(config, dict) else None
    if argument is not METRIC or not isinstance(value, dict) or name is None:
        return found
    cls = registry.thing("metric", str(value["class_name"]))
    if cls is None or name == (cls.defaults.get("name") or snake_case(cls.__name__)):
        return found
    # It is what the logs call it.
    given = found.explicit if isinstance(found, KerasObject) else {}
    return cls(**given, name=name)
