"""Sequential models of Keras 1 that begin with a `Merge` of other models -> the config of a functional model.

Keras 1 wrote such a model as a list whose first layer holds the merged models, and kept its weights layer by layer, those of
the merged models first (`Sequential.get_config` and `flattened_layers` of Keras 1.2.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from mergecli.catalog import registry
from mergecli.diagnostics.source import Unreadable
from mergecli.importers.keras.config_tensors import required
from mergecli.importers.keras.safety import name_of
from mergecli.ir.naming import NameAuthority

if TYPE_CHECKING:
    from mergecli.catalog.json_values import Json, JsonDict


def functional(config: JsonDict) -> JsonDict:
    """Return the config of a model, as a functional one if it is a `Sequential` that begins with a `Merge`.

    Args:
        config: The config of a model of any version, with `class_name` and `config`.

    Returns:
        The same config if it is any other model.

    Raises:
        Unreadable: What is merged is not a model or a layer with an input shape.
    """
    layers = config.get("config")
    if not _begins_with_merge(config) or not isinstance(layers, list):
        return config
    model = _Functional()
    end = model.sequential(layers)
    inside: JsonDict = {
        "name": "sequential",
        "layers": [*model.inputs, *model.layers.values()],
        "input_layers": [[data["name"], 0, 0] for data in model.inputs],
        "output_layers": [end],
    }
    return {**config, "class_name": "Model", "config": inside}


def _begins_with_merge(config: JsonDict) -> bool:
    layers = config.get("config")
    return (
        config.get("class_name") == "Sequential"
        and isinstance(layers, list)
        and bool(layers)
        and isinstance(layers[0], dict)
        and layers[0].get("class_name") == "Merge"
        and isinstance(layers[0].get("config"), dict)
        and "layers" in layers[0]["config"]
    )


class _Functional:
    """The layers of a functional model that is put together.

    Attributes:
        inputs: Its inputs.
        layers: Its other layers, by name; one that several of the models contain is shared.
    """

    def __init__(self) -> None:
        self.inputs: list[JsonDict] = []
        self.layers: dict[str, JsonDict] = {}
        self._names = NameAuthority(lambda name: False)

    def sequential(self, datas: list[Json]) -> list[Json]:
        """Add the layers of a sequential model, and return its result.

        Raises:
            Unreadable: It has no layers, or its first one has no input shape.
        """
        end: list[Json] | None = None
        for data in datas:
            if not isinstance(data, dict) or not isinstance(data.get("config"), (dict, list)):
                raise Unreadable("not-a-model", "its config has a layer without a config")
            if end is not None:
                end = self._call(data, [end])
            elif _begins_with_merge({"class_name": "Sequential", "config": [data]}):
                config = dict(data["config"])
                merged = config.pop("layers")
                sources = [self._branch(model) for model in merged if isinstance(model, dict)]
                end = self._call({"class_name": "Merge", "config": config}, sources)
            else:
                end = self._call(data, [self._input(data)])
        if end is None:
            raise Unreadable("not-a-model", "its config has a model without layers")
        return end

    def _branch(self, data: JsonDict) -> list[Json]:
        """Add one of the models that are merged, or a single layer."""
        config = data.get("config")
        if data.get("class_name") == "Sequential" and isinstance(config, list):
            return self.sequential(config)
        outputs = config.get("output_layers") if isinstance(config, dict) else None
        if not isinstance(config, dict) or not isinstance(outputs, list) or not outputs:
            return self.sequential([data])
        for layer in config.get("layers") or []:
            is_input = isinstance(layer, dict) and layer.get("class_name") == "InputLayer"
            if is_input:
                self.inputs.append(layer)
            elif isinstance(layer, dict):
                self.layers[name_of(layer)] = layer
        return list(outputs[0])

    def _input(self, data: JsonDict) -> list[Json]:
        """Add the input of a sequential model, as its first layer describes it."""
        config = data["config"]
        shape = config.get("batch_input_shape") if isinstance(config, dict) else None
        if not isinstance(config, dict) or not isinstance(shape, list):
            raise Unreadable(
                "not-a-model", f"its layer `{name_of(data)}` begins a model and has no input shape"
            )
        dtype = config.get("input_dtype")
        cls = registry.layer(str(data.get("class_name")))
        if cls is not None and cls.looks_up:
            dtype = "int32"
        name = self._names.name(f"{name_of(data)}_input")
        inside = {"batch_input_shape": shape, "name": name, **({"dtype": dtype} if dtype else {})}
        self.inputs.append(
            {"class_name": "InputLayer", "config": inside, "name": name, "inbound_nodes": []}
        )
        return [name, 0, 0]

    def _call(self, data: JsonDict, sources: list[list[Json]]) -> list[Json]:
        """Call a layer, and return its result; a layer that is there already is called again."""
        name = name_of(data) or f"{str(data.get('class_name')).lower()}_{len(self.layers) + 1}"
        layer = self.layers.setdefault(name, {**data, "name": name, "inbound_nodes": []})
        nodes = required(layer, "inbound_nodes", list)
        nodes.append(sources)
        return [name, len(nodes) - 1, 0]
