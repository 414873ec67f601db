"""What a config says of how a model was compiled -> the same as a spec says it."""

from __future__ import annotations

from typing import Any, Mapping

from mergecli.catalog import registry
from mergecli.catalog.arguments import Object
from mergecli.catalog.layer import ArgumentErrors, KerasObject
from mergecli.compiler.lowering.training import LOSS, METRIC, OPTIMIZER
from mergecli.compiler.lowering.training import read as read_training
from mergecli.diagnostics.source import Source
from mergecli.importers.keras.config_values import Unknown, plain
from mergecli.ir.graph import Network, Training
from mergecli.syntax.yaml_reader import read
from mergecli.syntax.yaml_tree import Mapping as Tree

#: What Keras writes of an option that was not given; whether to compile it finds out anew.
USUAL = {
    "run_eagerly": False,
    "steps_per_execution": 1,
    "jit_compile": False,
    "auto_scale_loss": True,
}


def training(config: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of `keras.Model.compile` that are not the defaults, with kinds in place of objects.

    Raises:
        Unknown: there is an argument or a class that no rule knows.
        ArgumentErrors: an object in it does not accept its arguments.
    """
    found: dict[str, Any] = {"optimizer": _one(config.get("optimizer"), OPTIMIZER)}
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


def checked(config: Mapping[str, Any], network: Network) -> Training | None:
    """How a network was compiled; None where mergecli cannot say that."""
    from mergecli.exporters.yaml.values import Inexpressible
    from mergecli.exporters.yaml.writer import compiling

    try:
        text = "\n".join(compiling(training(config)))
    except (Unknown, ArgumentErrors, Inexpressible):
        return None
    tree, _ = read(Source(text, "<compile>"))
    found = tree.get("compile") if type(tree) is Tree else None
    return read_training(found, network)[0] if found is not None else None


def _each(value: Any, argument: Object | None) -> Any:
    """One object for each output, or for all."""
    if isinstance(value, list):
        return [_each(item, argument) for item in value]
    if isinstance(value, dict) and "class_name" not in value:
        return {key: _each(item, argument) for key, item in value.items()}
    return value if argument is None or value is None else _one(value, argument)


def _one(value: Any, argument: Object) -> Any:
    found = plain(value, argument)
    name = (
        value["config"].get("name")
        if isinstance(value, dict) and isinstance(value.get("config"), dict)
        else None
    )
    kind: Any = registry.thing("metric", str(value["class_name"])) if name is not None else None
    if argument is METRIC and kind is not None and name != kind.defaults.get("name"):
        # It is what the logs call it.
        given = found.given if isinstance(found, KerasObject) else {}
        return kind(**given, name=name)
    return found
